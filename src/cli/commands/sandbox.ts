import { existsSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { types } from "../../aws/services.ts";
import { BuddyError } from "../../lib/errors.ts";
import { counted, list } from "../../lib/text.ts";
import { checkMend, checkWanted, failureWords, parseFailure, type Wanted } from "../../sandbox/failures.ts";
import { carryOutOrders, dropOrders, leaveOrder, type Order } from "../../sandbox/fault-requests.ts";
import { openSandboxFile, readStateText, readWorld, stateBeside } from "../../sandbox/file.ts";
import { servedAt } from "../../sandbox/http/served-file.ts";
import { inventory } from "../../sandbox/inventory.ts";
import { type Errand, runErrand } from "../../sandbox/outside.ts";
import { simAt } from "../../sandbox/sim.ts";
import { removeIfThere } from "../../state/file.ts";
import { historyFile } from "../../state/history.ts";
import { takeLock } from "../../state/lock.ts";
import type { StackState } from "../../state/state.ts";
import { readState } from "../../state/store.ts";
import { canAsk, confirm } from "../ask.ts";
import { privateKeyFile } from "../inputs.ts";
import { beforeAnyChange, onInterrupt } from "../interrupt.ts";
import type { CommonOptions } from "../options.ts";
import { fitTo, printResult } from "../output.ts";
import { configOf, type Paths, pathsOf } from "../paths.ts";
import { newWorld } from "../sandbox-backend.ts";
import type { ServeOptions } from "./sandbox-serve.ts";

export interface SandboxOptions extends ServeOptions {
  readonly yes?: boolean;
}

/** Shows what is in the embedded AWS, empties it, breaks things in it, or does what only a person can do. */
export async function sandbox(action: string, words: readonly string[], given: SandboxOptions): Promise<number> {
  const options = { ...given, sandbox: true };
  const paths = pathsOf(options);
  checkWords(action, words);
  const print = (text: string, value: object) => {
    printResult(options, text, value);
    return 0;
  };
  switch (action) {
    case "show":
      return print(...show(paths));
    case "reset":
      return print(...(await reset(paths, options)));
    case "fail":
      return print(...(await carriedOut(paths, options, { fail: parseFailure(words[0] ?? "", words[1]) })));
    case "mend":
      return print(...(await carriedOut(paths, options, { mend: words[0] ?? null })));
    case "delegate":
    case "confirm":
      return print(...(await done(paths, options, { errand: action, about: words[0] ?? "" })));
    case "serve":
      return (await import("./sandbox-serve.ts")).serve(paths, options);
    default:
      return print(...(await import("./sandbox-serve.ts")).env(paths, options));
  }
}

/** What may follow an action, in the words of its refusal; what `fail` takes depends on its first word. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  fail: ["what shall fail", "which"],
  mend: ["what shall no longer fail"],
  delegate: ["the domain"],
  confirm: ["the e-mail address"],
};

function checkWords(action: string, words: readonly string[]): void {
  const taken = WORDS[action] ?? [];
  const isMissing = (action === "delegate" || action === "confirm") && !words[0];
  if (!isMissing && words.length <= taken.length) return;
  const only = ["buddyverse sandbox", action, ...words.slice(0, taken.length)].join(" ");
  throw new BuddyError({
    code: "usage",
    message: isMissing
      ? `sandbox ${action} needs ${taken[0]}`
      : `sandbox ${action} takes ${taken.length === 0 ? "nothing more" : `only ${list(taken)}`}, not ${list(words.slice(taken.length).map((word) => `"${word}"`))}`,
    hint: isMissing ? "See `buddyverse sandbox --help`." : `Say only: ${only}`,
  });
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

/** Empties it. On a terminal it asks first where a stack stands in it: a rehearsal can take an hour to come to where it is. */
async function reset(paths: Paths, { yes = false }: SandboxOptions): Promise<Said> {
  const standing = stackIn(paths);
  const held = standing && `stack ${standing.stack} with ${counted(ownIn(standing), "resource")}`;
  if (held !== undefined && canAsk() && !yes) {
    process.stderr.write(`${fitTo(process.stderr, `In ${paths.state} stands ${held}.`)}\n`);
    const interrupt = onInterrupt();
    const goes = await confirm(false, interrupt.signal)
      .catch((error: unknown) => {
        throw beforeAnyChange(error);
      })
      .finally(interrupt.stop);
    if (!goes) return ["Nothing was changed.", { reset: false }];
  }
  const there = locked(paths, "sandbox reset", () => emptied(paths));
  if (!there) return ["The sandbox was empty already.", { reset: false }];
  return [
    `The sandbox is empty: ${paths.state} is gone${held === undefined ? "" : `, and with it ${held}`}.`,
    { reset: true, ...(standing ? { stack: standing.stack } : {}) },
  ];
}

/** As `status` counts: what was there before is not the stack's. */
const ownIn = ({ resources }: StackState): number =>
  Object.values(resources).filter(({ type }) => !types.get(type)?.external).length;

/** The stack that stands in it, by its state. Undefined also where that cannot be read: then it is to be emptied. */
function stackIn(paths: Paths): StackState | undefined {
  try {
    const state = readState({ path: paths.state, read: () => readStateText(paths.state) });
    return state && Object.keys(state.resources).length > 0 ? state : undefined;
  } catch {
    return undefined;
  }
}

function emptied(paths: Paths): boolean {
  throwIfServed(paths, "emptied");
  const there = existsSync(paths.state);
  const key = privateKeyFile(paths);
  const files = [paths.state, stateBeside(paths.state), historyFile(paths.state), key, `${key}.pub`];
  for (const file of files) rmSync(file, { force: true });
  if (there) dropOrders(paths.state);
  return there;
}

function throwIfServed(paths: Paths, done: string): void {
  const url = servedAt(paths.state);
  if (url === undefined) return;
  throw new BuddyError({
    code: "locked",
    message: `the sandbox cannot be ${done} while it is served at ${url}`,
    hint: "End that with Ctrl-C first.",
  });
}

/** How long a command at work in another terminal may take to carry out an order, and how often that is looked at, milliseconds. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 50;

/**
 * Changes the sandbox's world: between commands here (an empty one is made first), while a command works in it there.
 * Throws `locked` when that command does not take the order.
 */
async function carryOut(paths: Paths, options: CommonOptions, command: string, order: Order): Promise<void> {
  const config = configOf(options);
  const file = leaveOrder(paths.state, order);
  const now = () => {
    // Its server looks for orders, as a command at work does.
    throwIfServed(paths, "changed");
    const wall = Date.now();
    const sandbox = openSandboxFile(paths.state, wall, () => newWorld(config, wall));
    carryOutOrders(paths.state, () => simAt(sandbox.world, sandbox.time), sandbox.save);
  };
  try {
    const until = performance.now() + PATIENCE_MS;
    while (existsSync(file)) {
      try {
        locked(paths, command, now);
      } catch (error) {
        if (!(error instanceof BuddyError && error.code === "locked") || performance.now() > until) throw error;
        await sleep(LOOK_MS);
      }
    }
  } finally {
    removeIfThere(file);
  }
}

async function carriedOut(
  paths: Paths,
  options: CommonOptions,
  order: { readonly fail: Wanted } | { readonly mend: string | null },
): Promise<Said> {
  const world = readWorld(paths.state) ?? newWorld(configOf(options), Date.now());
  if ("mend" in order && order.mend !== null) checkMend(world.failures ?? [], order.mend);
  const note = "fail" in order ? checkWanted(simAt(world, world.time), order.fail) : undefined;
  await carryOut(paths, options, "fail" in order ? "sandbox fail" : "sandbox mend", order);
  const failures = (readWorld(paths.state)?.failures ?? []).map(({ kind, about }) => ({ kind, about }));
  const text = failures.map(({ kind, about }) => `Fails on purpose: ${kind} ${about}`.trimEnd()).join("\n");
  return [[text || "Nothing fails on purpose any more.", note ?? ""].join("\n").trimEnd(), { failures }];
}

/** Does what a person would, at the registrar or in a mailbox. Throws `usage` when nothing there waits for it. */
async function done(paths: Paths, options: CommonOptions, order: Errand): Promise<Said> {
  const { errand, about } = order;
  await carryOut(paths, options, `sandbox ${errand}`, order);
  const world = readWorld(paths.state);
  // Done once more on the copy that was read: it changes nothing, and tells what is so.
  const said = world && runErrand(simAt(world, world.time), order);
  if (said === undefined)
    throw new BuddyError({
      code: "usage",
      message:
        errand === "delegate"
          ? `the sandbox has no hosted zone "${about}"`
          : `nothing in the sandbox waits for the e-mail address "${about}"`,
      hint: "`buddyverse up --sandbox` says what waits for a person.",
    });
  return [said, order];
}

/** What can stand next, after an action of `sandbox` and what was said to it already. */
export function sandboxWords(
  options: CommonOptions,
  action: string | undefined,
  [kind, ...more]: readonly string[],
): readonly string[] {
  const config = configOf(options);
  if (more.length > 0) return [];
  if (action === "delegate" && kind === undefined) return config.domain === null ? [] : [config.domain.name];
  if (action === "confirm" && kind === undefined)
    return config.monitoring.email === null ? [] : [config.monitoring.email];
  if (action !== "fail" && action !== "mend") return [];
  const world = readWorld(pathsOf(options).state) ?? newWorld(config, Date.now());
  if (action === "fail") return failureWords(simAt(world, world.time), kind);
  return kind === undefined ? [...new Set((world.failures ?? []).map((one) => one.kind))] : [];
}
