import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { BuddyError } from "../lib/errors.ts";
import { readIfThere, removeIfThere, writeAtomically } from "../state/file.ts";
import { fail, mend, parseFailure, type Wanted } from "./failures.ts";
import { type Errand, isErrand, runErrand } from "./outside.ts";
import type { Sim } from "./world.ts";

/**
 * What shall fail, be mended, or be done by a person, ordered while another process works in the sandbox: a file of its own beside the sandbox's,
 * whole or not there. Only who holds the lock reads orders, and writes the world.
 */
export type Order = { readonly fail: Wanted } | { readonly mend: string | null } | Errand;

let orders = 0;

/** Leaves an order beside the sandbox's file. Answers its file, which is gone when it is carried out. */
export function leaveOrder(path: string, order: Order): string {
  // The names sort by time.
  const file = `${path}.order-${Date.now()}-${process.pid}-${++orders}`;
  writeAtomically(file, `${JSON.stringify(order)}\n`, { synced: false });
  return file;
}

/** The orders that wait, the oldest first. */
function waiting(path: string): string[] {
  const folder = dirname(path);
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(path)}.order-`) && /-\d+-\d+-\d+$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Carries out the orders that wait. Whoever holds the lock calls it.
 * @param sim of the moment; asked for only when there is an order.
 * @param save writes the world: only then is an order gone. Killed in between, it is carried out again, which changes nothing.
 */
export function carryOutOrders(path: string, sim: () => Sim, save: () => void): void {
  const files = waiting(path);
  if (files.length === 0) return;
  for (const file of files) {
    const order = parsed(file);
    if (order === undefined) continue;
    const now = sim();
    if ("errand" in order) runErrand(now, order);
    else if ("fail" in order) fail(now, order.fail);
    else mend(now, order.mend ?? undefined);
  }
  save();
  for (const file of files) removeIfThere(file);
}

/** Drops the orders that wait: the sandbox is emptied. */
export function dropOrders(path: string): void {
  for (const file of waiting(path)) removeIfThere(file);
}

/** Undefined: taken back in the meantime, or not an order of this version. */
function parsed(file: string): Order | undefined {
  try {
    const order = JSON.parse(readIfThere(file) ?? "") as {
      fail?: { kind: string; about: string };
      mend?: string | null;
      errand?: string;
      about?: string;
    };
    if (order.errand !== undefined)
      return isErrand(order.errand) ? { errand: order.errand, about: order.about ?? "" } : undefined;
    if (order.fail) return { fail: parseFailure(order.fail.kind, order.fail.about) };
    return order.mend === undefined ? undefined : { mend: order.mend };
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof BuddyError && error.code === "usage")) return undefined;
    throw error;
  }
}
