import { type Graph, keepersOf } from "../engine/graph.ts";
import { specOf } from "../engine/observe.ts";
import type { AnyType } from "../engine/resource.ts";
import type { Observed, Snapshot } from "../engine/snapshot.ts";
import type { Recorded } from "../state/state.ts";

/** An object whose cost is asked for. */
export interface PricedObject {
  readonly key: string;
  /** Undefined: the config no longer wants it. */
  readonly step: string | undefined;
  readonly name: string;
  readonly type: AnyType;
  readonly spec: object;
  /** AWS's id; undefined: it is not there yet. */
  readonly id: string | undefined;
}

/** A stack as its steps describe it, none of it there yet. Asks nobody. Pure. */
export const plannedObjects = ({ nodes }: Graph): readonly PricedObject[] =>
  [...nodes.values()].flatMap((node) => {
    const { key, step, name, type } = node;
    const spec = specOf(node, () => undefined);
    return spec === undefined ? [] : [{ key, step, name, type, spec, id: undefined }];
  });

/** What is recorded of a stack, as it was last applied. Asks nobody. Pure. */
export function standingObjects(
  recorded: Readonly<Record<string, Recorded>>,
  types: ReadonlyMap<string, AnyType>,
  graph: Graph,
): readonly PricedObject[] {
  const planned = new Map(plannedObjects(graph).map((object) => [object.key, object]));
  return Object.entries(recorded).flatMap(([key, record]) => {
    const type = types.get(record.type);
    if (type === undefined || record.id === undefined) return [];
    // An earlier one, which stays to go back to, costs what the one that is wanted does.
    const [keeper] = keepersOf(graph, type);
    const spec = applied(record, (planned.get(key) ?? planned.get(keeper?.key ?? ""))?.spec);
    if (spec === undefined) return [];
    return [{ key, step: planned.get(key)?.step, name: record.name, type, spec, id: record.id }];
  });
}

/**
 * A stack before and after what `up` would do with it. An object that `up` leaves as it is costs what it did, whatever the
 * config says of it. What nobody claims is not of the stack.
 */
export function observedObjects({ entries }: Snapshot): {
  readonly before: readonly PricedObject[];
  readonly after: readonly PricedObject[];
} {
  const before: PricedObject[] = [];
  const after: PricedObject[] = [];
  for (const one of entries.values()) {
    const { node, look, wanted, decision } = one;
    if (decision.kind === "retain") continue;
    const object = { key: node.key, step: node.step, name: node.name, type: node.type, id: look.live?.id };
    const spec = standing(one);
    if (spec) before.push({ ...object, spec });
    if (wanted) after.push({ ...object, spec: spec ? changed(one, spec, wanted) : wanted });
    else if (spec && decision.kind === "earlier") after.push({ ...object, spec });
  }
  return { before, after };
}

/** What is to be applied, of what is: where `up` changes nothing, what there is stays. */
function changed({ decision, refused }: Observed, spec: object, wanted: object): object {
  if (decision.kind === "none" || (refused && decision.kind === "update")) return spec;
  if (decision.kind !== "update") return wanted;
  const fields = new Set(decision.differences.map(({ field }) => field));
  return { ...spec, ...Object.fromEntries(Object.entries(wanted).filter(([field]) => fields.has(field))) };
}

const standing = ({ look: { live }, recorded, wanted }: Observed): object | undefined =>
  live && ((recorded && applied(recorded, wanted)) ?? wanted ?? live);

/**
 * What was last applied to an object. A record leaves out what is undefined or may not be written, and is empty until an
 * object that was found again is seen ready: there it is taken as it is wanted.
 */
function applied({ spec }: Recorded, wanted: object | undefined): object | undefined {
  return wanted === undefined && Object.keys(spec).length === 0 ? undefined : { ...wanted, ...spec };
}
