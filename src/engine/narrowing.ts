import { differences } from "./differences.ts";
import type { Node } from "./graph.ts";
import type { Observed } from "./snapshot.ts";

/*
 * What is taken out of an object's list (a subnet of the load balancer, a mount target) is in use until those that use it have moved:
 * until then the object has what it has and what it is to have.
 */

type Entries = ReadonlyMap<string, Observed>;

/** Keys of those that are still to move before anything is taken out of a node's lists. */
export const movingFirst = (entries: Entries, { resource }: Node): readonly string[] =>
  (resource?.narrowsAfter ?? []).filter((key) => {
    const one = entries.get(key);
    return one?.look.live !== undefined && ["update", "replace", "delete", "wait"].includes(one.decision.kind);
  });

/** Fields of an object out of which something is taken when those have moved. */
export function narrowedFields(entries: Entries, { node, look, wanted, decision }: Observed): readonly string[] {
  const { type } = node;
  if (!look.live || !wanted || decision.kind !== "update" || movingFirst(entries, node).length === 0) return [];
  const wide = type.widened?.(look.live, wanted) ?? {};
  const narrow = Object.fromEntries(Object.entries(wanted).filter(([field]) => field in wide));
  return differences(type, narrow, { ...look.live, ...wide }).map(({ field }) => field);
}
