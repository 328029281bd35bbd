import type { Graph, Node } from "../engine/graph.ts";
import { ABSENT, evaluate, specOf } from "../engine/observe.ts";
import type { Identified } from "../engine/resource.ts";
import type { Run } from "../engine/run.ts";
import type { Decided } from "./preflight.ts";

/** One object, looked at: what is there, or why that cannot be said. */
export interface Looked {
  readonly node: Node;
  readonly live: Identified | undefined;
  readonly error: unknown;
}

/** Looks every object up; one that cannot be looked at does not keep the others from it. */
export const lookAtAll = ({ aws, store }: Run, { nodes }: Graph): Promise<readonly Looked[]> =>
  Promise.all(
    [...nodes.values()].map(async (node): Promise<Looked> => {
      try {
        return { node, live: await node.type.find(aws, node.owner, store.get(node.key)?.id), error: undefined };
      } catch (error) {
        return { node, live: undefined, error };
      }
    }),
  );

/** What `up` would do with each of them, as far as can be said. */
export function decidedOf({ clock, store, deleteKept }: Run, looks: readonly Looked[]): readonly Decided[] {
  const lives = new Map(looks.map(({ node, live }) => [node.key, live]));
  return looks.map(({ node, live }) => {
    const purposes = node.resource?.temporaryFor() ?? [];
    const served = purposes.length > 0 && purposes.every(({ key }) => lives.get(key) !== undefined);
    const wanted = served ? undefined : specOf(node, (key) => lives.get(key));
    const look = { ...ABSENT, live, health: live ? (node.type.health?.(live) ?? "ready") : ("absent" as const) };
    const { drift: _drift, ...decision } = evaluate(node, wanted, look, store.get(node.key), {
      now: clock.now(),
      deleteKept,
    });
    return { node, wanted, look, decision };
  });
}
