import { successorKey, usersOf } from "./former.ts";
import { keepersOf, type Node } from "./graph.ts";
import { type Later, laterChanges, withAllBefore } from "./later.ts";
import { dependentsOf, type Observed, type Snapshot } from "./snapshot.ts";
import type { Order } from "./walk.ts";

/** What `up` visits, and what each visit waits for: the same for the run and for how long a plan says that it takes. */
export interface UpOrder {
  readonly keys: readonly string[];
  readonly order: Order;
  /** By key of what is changed: its changes that come after others'. */
  readonly later: ReadonlyMap<string, Later>;
}

/**
 * One visit: of an object by its key, of the removal of something temporary, of the end of those that it has taken the place of in
 * this run, or of the later changes of an object.
 */
export interface Visit {
  readonly key: string;
  readonly part: "whole" | "removal" | "former" | "later";
}

/** In the walk's keys: the removal of something temporary, after what it was for is there. */
const REMOVAL = "removal of ";
/** In the walk's keys: the end of those that something has taken the place of in this run. */
const FORMER = "former ones of ";
/** In the walk's keys: changes of something that is there, after others were changed or removed. */
const LATER = "later changes of ";

/** What a key of the walk stands for. */
export function visitOf(key: string): Visit {
  if (key.startsWith(REMOVAL)) return { key: key.slice(REMOVAL.length), part: "removal" };
  if (key.startsWith(FORMER)) return { key: key.slice(FORMER.length), part: "former" };
  if (key.startsWith(LATER)) return { key: key.slice(LATER.length), part: "later" };
  return { key, part: "whole" };
}

/** Where nothing is recorded of what nobody wants any more, what uses others of its type may use it. */
const usersOfUnrecorded =
  ({ graph, entries }: Snapshot): Order =>
  (key) => {
    const { node, recorded } = entries.get(key) as Observed;
    if (node.resource || recorded) return [];
    const others = [...graph.nodes.values()].filter(({ type }) => type === node.type);
    return others.flatMap((one) => usersOf(graph, { key: one.key }));
  };

/** What `down` does before each object: what needs it goes first. */
export function downOrder(snapshot: Snapshot): Order {
  const dependents = dependentsOf(snapshot.entries);
  const usersOfItsType = usersOfUnrecorded(snapshot);
  return (key) => [...new Set([...dependents(key), ...usersOfItsType(key)])];
}

/**
 * Each object after what it needs; what nobody wants any more after what used it; something temporary goes when what it was for is
 * there.
 */
export function upOrder(snapshot: Snapshot): UpOrder {
  const { graph, entries } = snapshot;
  const dependents = dependentsOf(entries);
  const entry = (key: string) => entries.get(key) as Observed;
  const usersOfItsType = usersOfUnrecorded(snapshot);
  const purposesOf = ({ resource }: Node) => (resource?.temporaryFor() ?? []).map(({ key }) => key);
  const isWanted = (key: string) => entries.get(key)?.wanted !== undefined;
  const removals = [...graph.nodes.values()]
    .filter((node) => purposesOf(node).length > 0 && isWanted(node.key))
    .map(({ key }) => REMOVAL + key);

  const formers = [...graph.nodes.values()]
    .filter(({ key, resource }) => resource?.createBeforeDelete && isWanted(key))
    .map(({ key }) => FORMER + key);

  function firstOrder(key: string): readonly string[] {
    const visit = visitOf(key);
    if (visit.part === "removal") return [visit.key, ...purposesOf(entry(visit.key).node)];
    if (visit.part === "former") return [visit.key, ...usersOf(graph, entry(visit.key).node)];
    const { node, decision } = entry(key);
    const successor = successorKey(graph, node);
    if (successor !== undefined) return firstOrder(FORMER + successor);
    if (!node.resource) {
      // What uses the one that has come in its place used this, also where nothing is recorded of it.
      const keys = [key, ...keepersOf(graph, node.type).map((keeper) => keeper.key)];
      return [...new Set([...keys.flatMap(dependents), ...usersOfItsType(key)])];
    }
    // Something temporary that is not wanted goes after what needs it, which must not wait for it.
    if (!isWanted(key)) return purposesOf(node);
    const turns = decision.kind === "replace" ? node.resource.createBeforeDelete?.after?.() : undefined;
    return [...node.needs.filter(isWanted), ...(turns ?? []).map((one) => FORMER + one.key)];
  }

  const later = laterChanges(snapshot);
  /** What the later changes of a key wait for: it must not wait for them. */
  const aheadOf = new Map([...later].map(([key, { after }]) => [key, withAllBefore(after, firstOrder)]));
  function order(key: string): readonly string[] {
    const visit = visitOf(key);
    if (visit.part === "later") return [visit.key, ...(later.get(visit.key)?.after ?? [])];
    return firstOrder(key).map((before) =>
      later.has(before) && !aheadOf.get(before)?.has(key) ? LATER + before : before,
    );
  }

  return {
    keys: [...entries.keys(), ...removals, ...formers, ...[...later.keys()].map((key) => LATER + key)],
    order,
    later,
  };
}
