import { existsSync, rmSync } from "node:fs";
import { BuddyError } from "../../lib/errors.ts";
import { fail, mend, parseFailure } from "../../sandbox/failures.ts";
import { openSandboxFile, readWorld } from "../../sandbox/file.ts";
import { inventory } from "../../sandbox/inventory.ts";
import { simAt } from "../../sandbox/world.ts";
import { takeLock } from "../../state/lock.ts";
import { privateKeyFile } from "../inputs.ts";
import type { CommonOptions } from "../program.ts";
import { configOf, newWorld, type Paths, pathsOf } from "../session.ts";

/** Shows what is in the embedded AWS, empties it, or breaks things in it. */
export async function sandbox(action: string, words: readonly string[], options: CommonOptions): Promise<number> {
  const paths = pathsOf({ ...options, sandbox: true });
  const print = (text: string, value: unknown) => {
    process.stdout.write(options.json ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`);
    return 0;
  };
  switch (action) {
    case "show":
      return print(...show(paths));
    case "reset":
      return print(...locked(paths, "sandbox reset", () => reset(paths)));
    case "fail": {
      const failure = parseFailure(words[0] ?? "", words[1]);
      return print(...locked(paths, "sandbox fail", () => withWorld(paths, options, (sim) => fail(sim, failure))));
    }
    case "mend":
      return print(
        ...locked(paths, "sandbox mend", () => withWorld(paths, options, ({ world }) => mend(world, words[0]))),
      );
    default:
      throw new BuddyError({
        code: "usage",
        message: `sandbox cannot "${action}"`,
        hint: "It can show, reset, fail and mend.",
      });
  }
}

type Said = readonly [text: string, value: unknown];

function show(paths: Paths): Said {
  const world = readWorld(paths.state);
  if (!world)
    return ["The sandbox is empty. `buddyverse up --sandbox --yes` brings the stack up in it.", { objects: [] }];
  const found = inventory(world);
  const lines = [`Account ${world.account}, ${world.region}, ${new Date(world.time).toISOString()} of sandbox time.`];
  for (const { kind, ids, over } of found) {
    const some = `${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ", …" : ""}`;
    const gone = over > 0 ? `${some === "" ? "" : " "}(${over} more terminated, still shown for an hour)` : "";
    lines.push(`  ${kind.padEnd(22)} ${String(ids.length).padStart(3)}  ${some}${gone}`);
  }
  for (const { kind, about } of world.failures ?? []) lines.push(`  fails on purpose: ${kind} ${about}`.trimEnd());
  const time = new Date(world.time).toISOString();
  return [lines.join("\n"), { time, objects: found, failures: world.failures ?? [] }];
}

function locked<T>(paths: Paths, command: string, act: () => T): T {
  const lock = takeLock(paths.lock, command, String(process.pid), new Date());
  try {
    return act();
  } finally {
    lock.release();
  }
}

function reset(paths: Paths): Said {
  const there = existsSync(paths.state);
  const key = privateKeyFile(paths, true);
  for (const file of [paths.state, key, `${key}.pub`]) rmSync(file, { force: true });
  return [there ? `The sandbox is empty: ${paths.state} is gone.` : "The sandbox was empty already.", { reset: there }];
}

/** Changes the sandbox's world between commands; an empty one is made first. */
function withWorld(paths: Paths, options: CommonOptions, change: (sim: ReturnType<typeof simAt>) => void): Said {
  const config = configOf(options);
  const now = Date.now();
  const file = openSandboxFile(paths.state, now, () => newWorld(config, now));
  change(simAt(file.world, file.time));
  file.save();
  const failures = file.world.failures ?? [];
  const text = failures.map(({ kind, about }) => `Fails on purpose: ${kind} ${about}`.trimEnd()).join("\n");
  return [text || "Nothing fails on purpose any more.", { failures }];
}
