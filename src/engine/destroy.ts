import { converge } from "./converge.ts";
import { copyLate, isCopied, makeCopies, secondsToCopy } from "./copies.ts";
import { secondsToDelete } from "./course.ts";
import { type Forecast, secondsIn } from "./forecast.ts";
import { type NodeResult, resultOf, resultOfError, skip } from "./node-result.ts";
import { downOrder } from "./order.ts";
import { throwIfRefused } from "./refusal.ts";
import { type Identified, removedByDown } from "./resource.ts";
import type { Run } from "./run.ts";
import { dependentsOf, needsOf, type Observed, recordClaims, type Snapshot } from "./snapshot.ts";
import { unprotect } from "./unprotect.ts";
import { walk } from "./walk.ts";

const isThere = ({ node, look, recorded, decision }: Observed): boolean =>
  removedByDown(node.type) && decision.kind !== "keep" && (look.live !== undefined || recorded !== undefined);

/** What `down` leaves alone, and what has to stay because that uses it. */
export interface Retained {
  readonly entry: Observed;
  readonly holds: readonly Observed[];
}

/** What holds data and is claimed by nobody, each with what of the stack it stands on. */
export function retainedIn(entries: Snapshot["entries"]): Retained[] {
  return [...entries.values()]
    .filter(({ decision }) => decision.kind === "retain")
    .map((entry) => {
      const held = new Map<string, Observed>();
      const hold = (key: string) => {
        const needed = entries.get(key);
        if (!needed || held.has(key)) return;
        held.set(key, needed);
        needsOf(needed).forEach(hold);
      };
      needsOf(entry).forEach(hold);
      return { entry, holds: [...held.values()].filter(isThere) };
    });
}

/** What is kept or said of an object by a `down` that makes its copies. */
function farewellIn(run: Run, entries: Snapshot["entries"]) {
  const dependents = dependentsOf(entries);
  return ({ node, look: { live } }: Observed) => {
    const { farewell } = node.type;
    if (!farewell || !live) return undefined;
    const filled = dependents(node.key).some((key) => isCopied(run, entries.get(key) as Observed));
    return farewell(live, { deleteKept: run.deleteKept, filled });
  };
}

/** What a `down` is said to remove: without what stays with the copies that it makes. */
export function leaving(run: Run, entries: Snapshot["entries"]): Observed[] {
  const farewellOf = farewellIn(run, entries);
  return deletable(entries).filter((one) => farewellOf(one)?.kept === undefined);
}

/** What a `down` would remove, in the order of the stack: what is there, and what may still appear. */
export function deletable(entries: Snapshot["entries"]): Observed[] {
  const staying = new Set(retainedIn(entries).flatMap(({ entry, holds }) => [entry, ...holds]));
  return [...entries.values()].filter((one) => isThere(one) && !staying.has(one));
}

/** How a `down` goes, by how long deletes and copies usually take. */
export function forecastDown(run: Run, snapshot: Snapshot): Forecast {
  const { entries } = snapshot;
  const all = deletable(entries);
  const farewellOf = farewellIn(run, entries);
  const kept = new Set(all.filter((one) => farewellOf(one)?.kept !== undefined));
  const order = downOrder(snapshot);
  const visits = all.map((one) => {
    const { key } = one.node;
    return {
      key,
      id: key,
      part: "whole" as const,
      seconds: kept.has(one) ? 0 : secondsToDelete(one, snapshot),
      after: order(key),
    };
  });
  return { beforehandSeconds: secondsToCopy(run, all), visits };
}

/** How long a `down` usually takes, seconds. */
export const secondsToDestroy = (run: Run, snapshot: Snapshot): number => secondsIn(forecastDown(run, snapshot));

/**
 * Removes the stack: first the copies of what holds data, then each object after all that needs it is gone. What an object
 * that stays still uses is left too. Throws before anything is removed: `refused` where something is protected, and what else
 * happened where a protection could not be lifted, or a copy not be made. @param snapshot taken for `removing`.
 */
export async function destroy(given: Run, snapshot: Snapshot): Promise<readonly NodeResult[]> {
  const run = { ...given, removing: true };
  throwIfRefused(snapshot);
  recordClaims(run, snapshot);
  const { entries } = snapshot;
  await unprotect(run, deletable(entries));
  const copies = await makeCopies(run, deletable(entries), [...entries.values()]);
  async function remove(entry: Observed): Promise<NodeResult> {
    const { node, look, decision, recorded } = entry;
    const id = look.live?.id;
    if (decision.kind === "retain")
      return resultOf(node, "skipped", { id, reason: `${node.name}, which is left alone, uses it` });
    try {
      if (node.type.external && !removedByDown(node.type)) {
        run.store.drop(node.key);
        return resultOf(node, "unchanged", { id });
      }
      const fresh = look.live === undefined && run.store.get(node.key) === undefined ? look : undefined;
      const saved = copies.get(node.key) ?? (await copyLate(run, entry));
      const { outcome, leaves, reason } = await converge(
        saved === undefined ? run : { ...run, discardData: true },
        node,
        undefined,
        fresh,
      );
      const copy = outcome === "deleted" ? (saved ?? recorded?.copy?.id) : undefined;
      return resultOf(node, outcome, { id, leaves: copy ?? leaves, reason });
    } catch (error) {
      return resultOfError(run, node, id, error);
    }
  }

  const results = await walk<NodeResult>(entries.keys(), downOrder(snapshot), async (key, before) => {
    const entry = entries.get(key) as Observed;
    const left = before.find(
      ({ outcome }) => outcome === "failed" || outcome === "skipped" || outcome === "interrupted",
    );
    if (!left || (entry.node.type.external && !removedByDown(entry.node.type))) return remove(entry);
    const reason = left.outcome === "skipped" ? (left.reason ?? "") : `${left.name} is still there`;
    return skip(run, entry.node, reason, entry.look.live?.id);
  });
  return [...results.values()];
}

/** What `down` keeps on purpose, and what else it does or leaves to a person, as sentences. @param snapshot taken for `removing`. */
export function farewells(run: Run, { entries }: Snapshot): Farewells {
  const farewellOf = farewellIn(run, entries);
  const said = [...entries.values()].flatMap((one) => farewellOf(one) ?? []);
  return { kept: said.flatMap(({ kept }) => kept ?? []), notes: [...new Set(said.flatMap(({ note }) => note ?? []))] };
}
export interface Farewells {
  readonly kept: readonly string[];
  readonly notes: readonly string[];
}

export interface Leftover {
  readonly object: string;
  readonly id: string;
  readonly name: string;
}

/** What of the stack is still there and is not kept on purpose. @param after a look at everything, for `removing`, after a `down`. */
export const leftovers = ({ entries }: Snapshot): Leftover[] =>
  [...entries.values()]
    .filter(
      ({ node, look, decision }) => removedByDown(node.type) && decision.kind !== "keep" && look.live !== undefined,
    )
    .map(({ node, look }) => ({ object: node.type.name, id: (look.live as Identified).id, name: node.name }));
