import { isDeepStrictEqual } from "node:util";
import { configTags } from "../aws/owned.ts";
import { BuddyError } from "../lib/errors.ts";
import type { Recorded } from "../state/state.ts";
import { aboutNode, type Node } from "./graph.ts";
import type { AnyType, Identified, Tags } from "./resource.ts";
import type { Run } from "./run.ts";

/** What of a spec may stand in the state file. */
const recordableSpec = (type: AnyType, spec: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(spec).filter(([field, value]) => value !== undefined && !type.unrecorded?.includes(field)),
  );

const tagsField = (tags: Tags | undefined) => (tags && Object.keys(tags).length > 0 ? { tags } : {});

/** What it needs, and what it may still stand on: what it needed when it was last as wanted. */
const neededSoFar = ({ needs }: Node, before: Recorded | undefined): string[] => [
  ...new Set([...needs, ...(before?.needs ?? [])]),
];

/** Writes a change of the node's record. Throws `state` with the new id when it cannot be written: nothing else knows it. */
export function record(run: Run, node: Node, { tags, ...change }: Partial<Recorded>): void {
  const before = run.store.get(node.key);
  const same = change.id === undefined || change.id === before?.id;
  try {
    run.store.put(node.key, {
      type: node.type.name,
      name: node.name,
      token: before?.token ?? run.token(),
      spec: before?.spec ?? {},
      needs: neededSoFar(node, before),
      ...(before?.id ? { id: before.id } : {}),
      ...(before?.revision === undefined ? {} : { revision: before.revision }),
      ...tagsField(tags ?? before?.tags),
      ...(before?.copy ? { copy: before.copy } : {}),
      ...(before?.generation ? { generation: before.generation } : {}),
      ...(before?.baseline && same ? { baseline: before.baseline } : {}),
      ...(before?.attributes && same ? { attributes: before.attributes } : {}),
      ...(before?.neverReady && change.status !== "ready" ? { neverReady: true } : {}),
      status: "created",
      since: Math.round(run.clock.now()),
      ...change,
    });
  } catch (error) {
    throw change.id === undefined || same ? error : unrecorded(node, change.id, error);
  }
}

/** Writes that the object is about to be created, and forgets whatever was recorded of an earlier one. */
export function recordIntent(run: Run, node: Node, spec: object, token: string): void {
  run.store.put(node.key, {
    type: node.type.name,
    name: node.name,
    token,
    spec: recordableSpec(node.type, spec),
    needs: [...node.needs],
    ...tagsField(configTags(node.owner.tags)),
    ...(node.type.failedBeforeReady ? { neverReady: true } : {}),
    status: "creating",
    since: Math.round(run.clock.now()),
  });
}

/** What is recorded of an object that is ready and as wanted. */
function recordOfReady({ type, owner }: Node, live: Identified, wanted: object | undefined): Partial<Recorded> {
  const revision = type.irreplaceable?.revision(live);
  return {
    id: live.id,
    status: "ready",
    spec: recordableSpec(type, wanted ?? {}),
    tags: live.tags || type.tagsUnread ? configTags(owner.tags) : {},
    ...(revision === undefined ? {} : { revision }),
  };
}

/** True where the record says already that the object is ready and as wanted. */
export function isRecordedReady(
  node: Node,
  before: Recorded | undefined,
  live: Identified,
  wanted: object | undefined,
): boolean {
  const { id, status, spec, tags, revision } = recordOfReady(node, live, wanted);
  return (
    before?.status === status &&
    before?.id === id &&
    before?.revision === revision &&
    JSON.stringify(before?.spec) === JSON.stringify(spec) &&
    isDeepStrictEqual(before?.tags ?? {}, tags)
  );
}

/**
 * Writes that the object is ready and as wanted, unless that stands there already.
 * @param whole false: some of it is still as it was before
 */
export function recordReady(
  run: Run,
  node: Node,
  live: Identified,
  wanted: object | undefined,
  { whole }: { readonly whole: boolean },
): void {
  const before = run.store.get(node.key);
  if (isRecordedReady(node, before, live, wanted)) return;
  // What the config left open, and what it asks for, may be others now: what was watched before says nothing of the rest.
  const baseline = before?.baseline && before.id === live.id ? { baseline: { ...before.baseline, by: "" } } : {};
  const needs = whole ? { needs: [...node.needs] } : {};
  record(run, node, { ...recordOfReady(node, live, wanted), ...needs, ...baseline });
}

/** Writes what is known of the copy of its data that is being made; undefined: it is no longer one of what is there. */
export function recordCopy(run: Run, node: Node, live: Identified, copy: Recorded["copy"]): void {
  const before = run.store.get(node.key);
  if (!before) record(run, node, { id: live.id });
  const { copy: _old, ...rest } = run.store.get(node.key) as Recorded;
  run.store.put(node.key, copy === undefined ? rest : { ...rest, copy });
}

/** Rows may be written from now on: no copy that an unfinished `down` has made is one of what is there. */
export function forgetCopies({ store }: Run): void {
  for (const [key, { copy, ...rest }] of Object.entries(store.resources)) if (copy) store.put(key, rest);
}

const unrecorded = (node: Node, id: string, cause: unknown): BuddyError =>
  new BuddyError({
    code: "state",
    message: `${node.type.name} ${node.name} is there as ${id}, which could not be recorded: ${cause instanceof Error ? cause.message : String(cause)}`,
    about: aboutNode(node, id),
    hint: "It may cost. Make room or make the folder writable, then run the same command again: it finds the object by its tags or its name, and continues.",
    cause,
  });
