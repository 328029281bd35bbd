import { existsSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { BuddyError } from "../../lib/errors.ts";
import { parseFailure } from "../../sandbox/failures.ts";
import { carryOutOrders, dropOrders, leaveOrder, type Order } from "../../sandbox/fault-requests.ts";
import { openSandboxFile, readWorld } from "../../sandbox/file.ts";
import { inventory } from "../../sandbox/inventory.ts";
import { simAt } from "../../sandbox/sim.ts";
import { removeIfThere } from "../../state/file.ts";
import { takeLock } from "../../state/lock.ts";
import { privateKeyFile } from "../inputs.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";
import { configOf, type Paths, pathsOf } from "../paths.ts";
import { newWorld } from "../sandbox-backend.ts";

/** Shows what is in the embedded AWS, empties it, or breaks things in it. */
export async function sandbox(action: string, words: readonly string[], options: CommonOptions): Promise<number> {
  const paths = pathsOf({ ...options, sandbox: true });
  const print = (text: string, value: object) => {
    printResult(options, text, value);
    return 0;
  };
  switch (action) {
    case "show":
      return print(...show(paths));
    case "reset":
      return print(...locked(paths, "sandbox reset", () => reset(paths)));
    case "fail":
      return print(...(await carriedOut(paths, options, { fail: parseFailure(words[0] ?? "", words[1]) })));
    case "mend":
      return print(...(await carriedOut(paths, options, { mend: words[0] ?? null })));
    default:
      throw new BuddyError({
        code: "usage",
        message: `sandbox cannot "${action}"`,
        hint: "It can show, reset, fail and mend.",
      });
  }
}

type Said = readonly [text: string, value: object];

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
  if (there) dropOrders(paths.state);
  return [there ? `The sandbox is empty: ${paths.state} is gone.` : "The sandbox was empty already.", { reset: there }];
}

/** How long a command at work in another terminal may take to carry out an order, and how often that is looked at, milliseconds. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 50;

/**
 * Changes the sandbox's world: between commands here (an empty one is made first), while a command works in it there.
 * Throws `locked` when that command does not take the order.
 */
async function carriedOut(paths: Paths, options: CommonOptions, order: Order): Promise<Said> {
  const config = configOf(options);
  const file = leaveOrder(paths.state, order);
  const carryOut = () => {
    const now = Date.now();
    const sandbox = openSandboxFile(paths.state, now, () => newWorld(config, now));
    carryOutOrders(paths.state, () => simAt(sandbox.world, sandbox.time), sandbox.save);
  };
  try {
    const until = performance.now() + PATIENCE_MS;
    while (existsSync(file)) {
      try {
        locked(paths, "fail" in order ? "sandbox fail" : "sandbox mend", carryOut);
      } catch (error) {
        if (!(error instanceof BuddyError && error.code === "locked") || performance.now() > until) throw error;
        await sleep(LOOK_MS);
      }
    }
  } finally {
    removeIfThere(file);
  }
  const failures = (readWorld(paths.state)?.failures ?? []).map(({ kind, about }) => ({ kind, about }));
  const text = failures.map(({ kind, about }) => `Fails on purpose: ${kind} ${about}`.trimEnd()).join("\n");
  return [text || "Nothing fails on purpose any more.", { failures }];
}
