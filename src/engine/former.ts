import { GENERATION_TAG, generationOf } from "../aws/owned.ts";
import type { Recorded } from "../state/state.ts";
import type { StateStore } from "../state/store.ts";
import { extraNode, type Graph, type Node } from "./graph.ts";
import type { AnyResource, Identified, Owner } from "./resource.ts";
import type { Run } from "./run.ts";

/*
 * Create before delete. What is replaced so is recorded under "KEY#ID", as a former one of its key, before the new one is made:
 * from then on KEY is the new one, which bears a generation among its tags, so that it is known without the state, too. A former
 * one goes when what used it has moved, in this run or in a later one.
 */

const formerKey = (key: string, id: string): string => `${key}#${id}`;

/** What is recorded of the former ones of a key. One whose place nothing has taken yet is none. */
const formersIn = (store: Pick<StateStore, "get" | "beside">, key: string): readonly Recorded[] =>
  store
    .beside(key)
    .filter((one) => one.id && store.get(formerKey(key, one.id)) === one && store.get(key)?.id !== one.id);

/** A node's owner, as `find` and `create` see it. */
export function ownerOf({ store }: Pick<Run, "store">, { key, owner }: Node): Owner {
  const former = formersIn(store, key);
  if (former.length === 0) return owner;
  const generation = 1 + Math.max(...former.map((one) => one.generation ?? 1));
  return {
    ...owner,
    former: former.map(({ id }) => id as string),
    generation,
    tags: { ...owner.tags, [GENERATION_TAG]: String(generation) },
  };
}

/** True for what goes when another one is there: not beside a former one, where it has failed and that one may be in use still. */
export const makesSuccessor = ({ store }: Run, { key, resource }: Node, failed: boolean): boolean =>
  resource?.createBeforeDelete !== undefined && !(failed && formersIn(store, key).length > 0);

/** What is there becomes a former one: the next look does not find it, and another one is made. */
export function setAside({ store, clock, token }: Run, { key, name, type, needs }: Node, live: Identified): void {
  const before = store.get(key);
  const former: Recorded = before ?? {
    type: type.name,
    name,
    status: "created",
    since: Math.round(clock.now()),
    token: token(),
    spec: {},
    needs: [...needs],
  };
  store.put(formerKey(key, live.id), { ...former, id: live.id, generation: generationOf(live) });
  const { type: typeName, spec } = former;
  // Long enough ago for it to show: it is made at once.
  store.put(key, { type: typeName, name, spec, needs: [...needs], token: token(), status: "creating", since: 0 });
}

/** A former one, the last unless it is said, is what it was again. False: there is none. */
export function reinstate({ store }: Run, { key }: Node, id?: string): boolean {
  const former = formersIn(store, key)
    .filter((one) => id === undefined || one.id === id)
    .toSorted((one, other) => (other.generation ?? 1) - (one.generation ?? 1))[0];
  if (former?.id === undefined) return false;
  const { generation: _generation, ...recorded } = former;
  store.put(key, recorded);
  store.drop(formerKey(key, former.id));
  return true;
}

/** A former one is what it was again, and a run has ended before its record as a former one was gone. */
const isReinstated = (resources: StateStore["resources"], key: string, { id }: Recorded): boolean =>
  id !== undefined && key.endsWith(`#${id}`) && resources[key.slice(0, -id.length - 1)]?.id === id;

/** What is recorded, without what is recorded twice. */
export const withoutReinstated = (resources: StateStore["resources"]): StateStore["resources"] =>
  Object.fromEntries(Object.entries(resources).filter(([key, recorded]) => !isReinstated(resources, key, recorded)));

/** Drops what is recorded twice. */
export function forgetReinstated({ store }: Run): void {
  for (const [key, recorded] of Object.entries(store.resources))
    if (isReinstated(store.resources, key, recorded)) store.drop(key);
}

/** A former one of a node, or one that becomes it, as what nobody wants any more. */
export const formerNode = (
  { key, name, type, owner, needs }: Node,
  { id, needs: recorded = needs }: { readonly id: string; readonly needs?: readonly string[] },
): Node => ({ ...extraNode(owner.stack, formerKey(key, id), name, type, recorded), onlyId: id });

/** The former ones of a node. */
export const formerNodes = ({ store }: Run, node: Node): readonly Node[] =>
  formersIn(store, node.key).map(({ id = "", needs }) => formerNode(node, { id, needs }));

/** Key of what took the place of a former one; undefined: it is none. */
export const successorKey = ({ nodes }: Graph, { key, resource }: Node): string | undefined => {
  const [successor = key] = key.split("#");
  return resource === undefined && successor !== key && nodes.get(successor)?.resource?.createBeforeDelete
    ? successor
    : undefined;
};

/** Keys of what must have moved to the new one before a former one goes. */
export function usersOf(
  graph: Graph,
  { key, resource }: Pick<Node, "key"> & Partial<Pick<Node, "resource">>,
): readonly string[] {
  const users: (() => readonly AnyResource[]) | undefined = resource?.createBeforeDelete?.users;
  if (users) return users().map((user) => user.key);
  const found = new Set<string>([key]);
  // In the order of the graph what is needed comes first.
  for (const node of graph.nodes.values()) if (node.needs.some((need) => found.has(need))) found.add(node.key);
  found.delete(key);
  return [...found];
}
