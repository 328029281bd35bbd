import { BuddyError } from "../lib/errors.ts";
import { describeError } from "./failure.ts";
import { nameOf } from "./graph.ts";
import type { Run } from "./run.ts";
import type { Observed } from "./snapshot.ts";

/**
 * Work on several objects before anything is deleted: all at once, each to its end. What failed is thrown together, and nothing
 * was deleted. @param then what a person should know and can do when it has failed.
 */
export async function together<T>(
  run: Run,
  all: readonly Observed[],
  work: (one: Observed) => Promise<T>,
  then: string,
): Promise<T[]> {
  const done = await Promise.allSettled(all.map(work));
  const failures = done.flatMap((one, index) => {
    if (one.status === "fulfilled") return [];
    const { node, look } = all[index] as Observed;
    const failure = describeError(one.reason, node, look.live?.id, run.aws.cli);
    const outcome = failure.code === "interrupted" ? ("interrupted" as const) : ("failed" as const);
    const told = { ...nameOf(node), at: run.clock.now(), ms: 0, reason: failure.message, code: failure.code };
    run.emit({ ...told, type: "resource.settled", outcome });
    return [failure];
  });
  const [first] = failures;
  if (first) throw nothingDeleted(first, failures, then);
  return done.map((one) => (one as PromiseFulfilledResult<T>).value);
}

function nothingDeleted(first: BuddyError, failures: readonly BuddyError[], then: string): BuddyError {
  const worst = failures.find(({ code }) => code !== "interrupted") ?? first;
  const said = (texts: readonly (string | undefined)[]) => [...new Set(texts.filter((one) => one))];
  return new BuddyError({
    code: worst.code,
    message: `${said(failures.map(({ message }) => message)).join("; ")}. Nothing was deleted`,
    about: worst.about,
    hint: [...said(failures.map(({ hint }) => hint)), then].join("\n"),
    cause: worst.cause ?? worst,
  });
}
