import { classify, isNotVisible } from "../aws/classify.ts";
import { isExplicitDenial } from "../aws/denial.ts";
import { AmbiguousOutcome, isOneOf, saysExists } from "../aws/errors.ts";
import { BuddyError } from "../lib/errors.ts";
import { aboutNode, type Node, nameOf } from "./graph.ts";
import type { Blocker, Identified, Verb } from "./resource.ts";
import { type Run, throwIfInterrupted } from "./run.ts";

/**
 * How long a change is retried, seconds: while an error that its type names, an object not visible yet, trouble on the way
 * lasts; and while the tags of what was just made may be unknown to IAM.
 */
const RETRY_SECONDS = { named: 20 * 60, notVisible: 120, trouble: 10 * 60, tagsUnknown: 60 };
/** What blocks a delete for so long, and does not pass by itself, is somebody else's and stays. */
const FOREIGN_BLOCKER_MS = 2 * 60_000;

/**
 * Runs a change. True: done. False: not yet, for something named; look again. Throws what is no "not yet", what lasts too
 * long, and `blocked` when something of somebody else's blocks a delete: to wait longer would change nothing.
 */
export type Attempt = (verb: Verb, live: Identified | undefined, change: () => Promise<void>) => Promise<boolean>;

/** @param sleep milliseconds */
export function attempter(run: Run, node: Node, sleep: (ms: number) => Promise<void>): Attempt {
  const { clock } = run;
  let retry: { readonly since: number; pauseMs: number } | undefined;
  let blocking: { readonly ids: ReadonlySet<string>; readonly since: number } | undefined;

  async function explain(verb: Verb, live: Identified | undefined, error: unknown): Promise<void> {
    const text = error instanceof Error ? error.message : String(error);
    const asked = verb === "delete" && live && node.type.blockers ? node.type.blockers(run.aws, live) : [];
    const blockers = await Promise.resolve(asked).catch((): readonly Blocker[] => []);
    const note = blockers.length > 0 ? `in use by ${named(blockers)}` : text;
    run.emit({ ...nameOf(node), at: clock.now(), type: "resource.note", note });
    const staying = blockers.filter(({ passing }) => !passing);
    if (!staying.some(({ id }) => blocking?.ids.has(id)))
      blocking = staying.length > 0 ? { ids: new Set(staying.map(({ id }) => id)), since: clock.now() } : undefined;
    if (blocking && clock.now() - blocking.since >= FOREIGN_BLOCKER_MS) throw blockedBy(node, live, staying, error);
  }

  return async (verb, live, change) => {
    try {
      await change();
      retry = undefined;
      return true;
    } catch (error) {
      if (error instanceof BuddyError && error.code === "state") throw error;
      throwIfInterrupted(run);
      const seconds = retrySeconds(node, verb, error) ?? secondsForTags(run, node, verb, error);
      if (seconds === undefined) throw error;
      retry ??= { since: clock.now(), pauseMs: 1_000 };
      if (clock.now() - retry.since > seconds * 1000) throw error;
      await explain(verb, live, error);
      await sleep(retry.pauseMs);
      retry.pauseMs = Math.min(retry.pauseMs * 1.5, 15_000);
      return false;
    }
  };
}

/** For how long a change that ended with this error may be retried; undefined: not at all. */
function retrySeconds({ type }: Node, verb: Verb, error: unknown): number | undefined {
  if (isOneOf(error, type.retryable?.[verb])) return RETRY_SECONDS.named;
  // "Exists already" is an earlier attempt of ours that does not show yet; what is somebody else's, `find` refuses.
  if ((verb !== "delete" && isNotVisible(error)) || (verb === "create" && saysExists(error)))
    return RETRY_SECONDS.notVisible;
  const kind = classify(error);
  const trouble =
    error instanceof AmbiguousOutcome || kind === "throttled" || kind === "transient" || kind === "network";
  return trouble ? RETRY_SECONDS.trouble : undefined;
}

/**
 * IAM learns an object's tags a moment after the object is there: a policy that goes by them denies until then what is done
 * to it, or in it (terraform-provider-aws#6055, #27028).
 */
function secondsForTags({ store, clock }: Run, node: Node, verb: Verb, error: unknown): number | undefined {
  if (verb === "delete" || classify(error) !== "denied" || isExplicitDenial(error)) return undefined;
  const since = clock.now() - RETRY_SECONDS.tagsUnknown * 1000;
  const isYoung = [node.key, ...node.needs].some((key) => (store.get(key)?.madeAt ?? 0) > since);
  return isYoung ? RETRY_SECONDS.tagsUnknown : undefined;
}

/** True when AWS certainly did not act: it answered the first and only attempt with an error of the caller's. */
export function isDefinitelyRefused(error: unknown): boolean {
  if (error instanceof AmbiguousOutcome) return false;
  const attempts = (error as { $metadata?: { attempts?: number } }).$metadata?.attempts ?? 1;
  const kind = classify(error);
  return attempts === 1 && kind !== "throttled" && kind !== "transient" && kind !== "network";
}

const named = (blockers: readonly Blocker[]) => blockers.map(({ id, what }) => `${id} (${what})`).join(", ");

const blockedBy = (node: Node, live: Identified | undefined, blockers: readonly Blocker[], cause: unknown) =>
  new BuddyError({
    code: "blocked",
    message: `${node.type.name} ${live?.id} cannot be removed: it is in use by ${named(blockers)}`,
    about: aboutNode(node, live?.id),
    hint: [
      "This is not the stack's, so it is left alone. Remove it, or take it out of there; then run the same command again.",
      ...blockers.flatMap(({ id, commands }) =>
        commands.length > 0 ? [`to remove ${id}: ${commands.join(" && ")}`] : [],
      ),
    ].join("\n"),
    cause,
  });
