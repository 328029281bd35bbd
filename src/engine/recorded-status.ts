import { isDeepStrictEqual } from "node:util";
import { holdsUnknown, unknownLive } from "../lib/unknown.ts";
import type { Recorded } from "../state/state.ts";
import { type Graph, type Node, type NodeName, nameOf } from "./graph.ts";
import { specOf } from "./observe.ts";
import type { Identified } from "./resource.ts";
import type { SyncStatus } from "./status.ts";

/** How an object stands, as far as the state alone tells. */
export interface RecordedStatus extends NodeName {
  readonly id: string | undefined;
  /** `recorded`: it was made, and the config asks for nothing else. Whether it is still so only AWS knows. */
  readonly standing:
    | Extract<SyncStatus, "missing" | "under-way" | "pending-change" | "extra" | "retained">
    | "recorded";
  /** What the config says differently than it was last applied. */
  readonly fields: readonly string[];
}

/** Every object by the state and the config, without a call. Pure. What is only looked up, and what is temporary and gone, is left out. */
export function recordedStatus(graph: Graph, resources: Readonly<Record<string, Recorded>>): readonly RecordedStatus[] {
  const live = (key: string) => recordedLive(key, resources[key]);
  const ofGraph = [...graph.nodes.values()].flatMap((node): readonly RecordedStatus[] => {
    const recorded = resources[node.key];
    if (node.type.external) return [];
    if (!recorded && (node.resource?.temporaryFor().length ?? 0) > 0) return [];
    if (!recorded) return [{ ...nameOf(node), id: undefined, standing: "missing", fields: [] }];
    const fields = recorded.status === "ready" ? changedFields(node, recorded, live) : [];
    const standing = recorded.status !== "ready" ? "under-way" : fields.length > 0 ? "pending-change" : "recorded";
    return [{ ...nameOf(node), id: recorded.id, standing, fields }];
  });
  const keeping = new Set(
    [...graph.nodes.values()].filter(({ resource }) => resource?.keeps).map(({ type }) => type.name),
  );
  const others = Object.entries(resources).filter(([key]) => !graph.nodes.has(key));
  return [
    ...ofGraph,
    ...others.map(([key, { name, type, id }]) => ({
      key,
      name,
      object: type,
      step: undefined,
      id,
      // An earlier one may stay, to go back to.
      standing: keeping.has(type) ? ("retained" as const) : ("extra" as const),
      fields: [],
    })),
  ];
}

/** What the state says of an object; what it does not say is unknown. Undefined: it is not there. */
export const recordedLive = (key: string, recorded: Recorded | undefined): Identified | undefined =>
  recorded?.id === undefined || recorded.status === "creating" || recorded.status === "deleting"
    ? undefined
    : unknownLive(key, { ...recorded.spec, ...recorded.attributes, id: recorded.id });

/** What is wanted now and was not when it was last applied; what is not known yet may be what it was. */
const changedFields = (
  node: Node,
  { spec }: Recorded,
  live: (key: string) => Identified | undefined,
): readonly string[] =>
  Object.entries(specOf(node, live) ?? {})
    .filter(([field, value]) => field in spec && value !== undefined && !holdsUnknown(value))
    .filter(([field, value]) => !isDeepStrictEqual(asRecorded(value), spec[field]))
    .map(([field]) => field);

/** As the state's file gives it back. */
const asRecorded = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
