import { KEY_TAG } from "../aws/owned.ts";
import { unknownLive } from "../lib/unknown.ts";
import type { Recorded } from "../state/state.ts";
import { type Decision, isAsWanted } from "./decide.ts";
import type { Difference } from "./differences.ts";
import { formerNode, formerNodes, ownerOf, withoutReinstated } from "./former.ts";
import { extraNode, type Graph, type Node, recordedExtras } from "./graph.ts";
import { ABSENT, discardsData, evaluate, type Observation, observeOrClash, patiently, specOf } from "./observe.ts";
import { isRecordedReady } from "./record.ts";
import {
  type Dependents,
  dependentsIn,
  NO_DEPENDENTS,
  type Refusal,
  refusalOf,
  refusedDeletion,
  retainedRemedies,
  secretCommands,
} from "./refusal.ts";
import { type AnyType, type Identified, type Protection, type Remedy, removable, type Tags } from "./resource.ts";
import type { Run } from "./run.ts";
import type { Measured } from "./usual.ts";
import { inOrder } from "./walk.ts";

const NO_KEY = `it carries the stack's tag, but no ${KEY_TAG}: nobody can tell what it is, so it is left alone`;

/** One node, looked at. */
export interface Observed {
  readonly node: Node;
  readonly look: Observation;
  readonly recorded: Recorded | undefined;
  /** Undefined: it shall not be there. */
  readonly wanted: object | undefined;
  readonly decision: Decision;
  /** Where it is not as wanted. */
  readonly differences: readonly Difference[];
  /** What needs it, as far as that forbids something. */
  readonly dependents: Dependents;
  /** What a person should know before the decision is carried out. */
  readonly note: string | undefined;
  /** Why the decision is not carried out. */
  readonly refused: Refusal | undefined;
  /** What a person can do where the decision leaves it to them. */
  readonly remedies: readonly Remedy[];
  /** What protects it from being deleted, and is lifted before it is. */
  readonly lifted: readonly Protection[];
  /**
   * It is a former one, which is as wanted: the config was put back before that was gone. All that is said of it is of that one; what
   * had taken its place is another entry.
   */
  readonly reinstated?: boolean;
}

export interface Snapshot {
  readonly graph: Graph;
  /** The graph's nodes in order, then what nobody wants any more. */
  readonly entries: ReadonlyMap<string, Observed>;
  /** Times of earlier runs; undefined: none are known. */
  readonly measured?: Measured | undefined;
  /** When it was taken, milliseconds by the run's clock; undefined: nothing was looked at. */
  readonly at?: number;
}

/** Keys of what an object needs, by the config and by the record. */
export const needsOf = ({ node, recorded, decision }: Observed): readonly string[] =>
  decision.kind === "retain" ? node.needs : [...node.needs, ...(recorded?.needs ?? [])];

/** What a person should know of an object that is there and wanted, though nothing is wrong with it. */
export const notesOf = ({ node, look, wanted }: Observed): readonly string[] =>
  (look.live && wanted && look.health === "ready" && node.type.notes?.(look.live, wanted)) || [];

/** What an object is on its way to, or waits for, where that is not what its decision says already. */
export const doingOf = ({ node, look, wanted }: Observed): string | undefined => {
  const { live, health } = look;
  if (!live || !wanted) return undefined;
  return typeof health === "object" && "blocked" in health ? health.blocked : node.type.doing?.(live);
};

/** Keys of what needs one, for each: gone through once. */
export function dependentsOf(entries: Snapshot["entries"]): (key: string) => readonly string[] {
  const found = new Map<string, string[]>();
  for (const one of entries.values()) {
    const { key } = one.node;
    for (const need of new Set(needsOf(one))) {
      if (need === key) continue;
      const others = found.get(need);
      if (others) others.push(key);
      else found.set(need, [key]);
    }
  }
  return (key) => found.get(key) ?? [];
}

export interface SnapshotOptions {
  readonly stack: string;
  /**
   * Which types are asked for objects that carry the stack's tag but are neither wanted nor recorded: `all` of them, or
   * only the `known` ones that the stack has anyway, which costs no call more.
   */
  readonly sweep: "none" | "known" | "all";
  /** Only a part of the stack is looked at: what else is recorded is left alone. */
  readonly partial?: boolean;
  /** For `down`: nothing is wanted. */
  readonly removing?: boolean;
}

/**
 * Looks at the whole stack at once, so that reads of one kind become one call, and judges every object. Sends nothing that
 * changes anything, writes nothing.
 */
export async function takeSnapshot(
  run: Run,
  graph: Graph,
  types: ReadonlyMap<string, AnyType>,
  options: SnapshotOptions,
): Promise<Snapshot> {
  const extras = options.partial
    ? []
    : recordedExtras(graph, withoutReinstated(run.store.resources), types, options.stack);
  const known = [...graph.nodes.values(), ...extras];
  const looks = new Map<string, Observation>();
  const swept = () => {
    if (options.sweep === "all") return [...types.values()];
    return [...new Set(known.map(({ type }) => type))].filter(({ listNeedsExtraCalls }) => !listNeedsExtraCalls);
  };
  const [unclaimed] = await Promise.all([
    options.sweep === "none" ? [] : sweep(run, swept(), options.stack),
    ...known.map(async (node) => {
      looks.set(node.key, await observeOrClash(run, node, run.store.get(node.key)));
    }),
  ]);

  leaveToOthers(run, known, looks);

  const seen = new Map<string, Observed>();
  /** As it will be once it is changed: what needs it is judged after it. */
  const liveOf = (key: string): Identified | undefined => {
    const entry = seen.get(key);
    return entry ? expected(run, entry) : looks.get(key)?.live;
  };
  const now = run.clock.now();
  const judged = (
    node: Node,
    wanted: object | undefined,
    look: Observation,
    recorded = run.store.get(node.key),
  ): Observed => {
    const { drift, ...decision } = evaluate(node, wanted, look, recorded, {
      now,
      deleteKept: run.deleteKept,
      removing: options.removing,
    });
    return {
      node,
      look,
      recorded,
      wanted,
      decision,
      differences: drift,
      dependents: NO_DEPENDENTS,
      note: undefined,
      refused: undefined,
      remedies: [],
      lifted: [],
    };
  };

  const byKey = new Map(known.map((node) => [node.key, node]));
  /** The former one that is as wanted, where what is there is not. */
  const formerAsWanted = (one: Observed): Observed | undefined => {
    const { node, wanted, decision } = one;
    if (wanted === undefined || isAsWanted(decision)) return undefined;
    return formerNodes(run, node)
      .map(
        ({ key }): Observed => ({
          // The state names it, as a former one.
          ...judged(node, wanted, { ...(looks.get(key) ?? ABSENT), claimed: true }, run.store.get(key)),
          reinstated: true,
        }),
      )
      .find(({ look, decision }) => look.live && isAsWanted(decision));
  };
  const others = new Map<string, Observed | undefined>();
  for (const key of inOrder(byKey.keys(), (one) => byKey.get(one)?.needs ?? [])) {
    const node = byKey.get(key) as Node;
    const wanted = node.resource && !options.removing ? specOf(node, liveOf) : undefined;
    const found = judged(node, wanted, looks.get(key) as Observation);
    const former = formerAsWanted(found);
    seen.set(key, former ?? found);
    if (!former) continue;
    others.set(formerNode(node, former.look.live as Identified).key, undefined);
    if (!found.look.live) continue;
    const successor = formerNode(node, found.look.live);
    others.set(successor.key, judged(successor, undefined, { ...found.look, claimed: true }));
  }
  const entries = new Map(known.map(({ key }) => [key, seen.get(key) as Observed]));
  for (const [key, one] of others) {
    if (one) entries.set(key, one);
    else entries.delete(key);
  }
  // What stays only for what goes with it goes, too.
  for (const [key, { node, look, wanted, decision }] of entries) {
    if (decision.kind !== "blocked" || wanted !== undefined || !look.live || !node.type.emptied) continue;
    const leaving = [...entries.values()].flatMap((one) =>
      one.decision.kind === "delete" && one.look.live && needsOf(one).includes(key) ? [one.look.live] : [],
    );
    entries.set(key, judged(node, undefined, { ...look, live: node.type.emptied(look.live, leaving) }));
  }
  // Something temporary is wanted only while something is still to be made with it.
  for (const node of graph.nodes.values()) {
    const purposes = node.resource?.temporaryFor() ?? [];
    if (purposes.length === 0) continue;
    const needed = purposes.some((purpose) => {
      const kind = entries.get(purpose.key)?.decision.kind;
      return kind === "create" || kind === "replace" || kind === "wait";
    });
    if (!needed) entries.set(node.key, judged(node, undefined, looks.get(node.key) as Observation));
  }
  const ids = new Set([...looks.values()].flatMap(({ live }) => (live ? [live.id] : [])));
  for (const { type, live } of unclaimed) {
    if (ids.has(live.id)) continue;
    const key = live.tags[KEY_TAG] ?? "";
    const name = live.tags.Name ?? live.id;
    const own = entries.has(key) || key === "" ? `${key || type.name}#${live.id}` : key;
    const node = { ...extraNode(options.stack, own, name, type, []), onlyId: live.id };
    const health = type.health?.(live) ?? "ready";
    const claimed = run.remove.has(live.id);
    const found = judged(node, undefined, { live, health, strays: [], claimed });
    // What it is nobody can tell: it may be what the config wants, and the state does not know any more.
    const nameless =
      key === "" && !type.tagsUnread && !claimed && !options.removing && found.decision.kind === "delete";
    entries.set(node.key, nameless ? { ...found, decision: { kind: "retain", reason: NO_KEY } } : found);
  }
  standUnclaimed(run, entries);
  if (!options.removing) keepEarlier(entries);
  const foreseen = await withForeseen(run, withDependents(run, entries));
  const protectedToo = await withProtections(run, foreseen, options.removing ?? false);
  return { graph, entries: withoutConsequences(protectedToo), measured: run.measured, at: now };
}

/**
 * What bears no tags is known by what it hangs on (the policies of a group, the subscriptions of a topic). Where that is
 * somebody else's, so is this.
 */
function leaveToOthers({ store }: Run, known: readonly Node[], looks: Map<string, Observation>): void {
  const others = new Set([...looks].flatMap(([key, { clash }]) => (clash ? [key] : [])));
  const hangsOnOthers = ({ key, needs }: Node): boolean =>
    !others.has(key) && !store.get(key) && !looks.get(key)?.live?.tags && needs.some((need) => others.has(need));
  for (let next = known.find(hangsOnOthers); next; next = known.find(hangsOnOthers)) {
    others.add(next.key);
    looks.set(next.key, ABSENT);
  }
}

/**
 * What the config asked for before and something goes back to (`Resource.keeps`): the newest stay, and one that is in use by
 * something that stays as it is. What is half made, or has failed, does not; what came to nothing goes first.
 */
function keepEarlier(entries: Map<string, Observed>): void {
  const all = [...entries.values()];
  const used = new Set(
    all.flatMap(({ node, look, wanted, decision }) =>
      wanted && look.live && decision.kind !== "update" && decision.kind !== "replace"
        ? (node.type.uses?.(look.live) ?? [])
        : [],
    ),
  );
  const spent = new Set(all.flatMap(({ node, look }) => (look.live && node.type.spent?.(look.live)) ?? []));
  for (const current of all) {
    const keeps = current.node.resource?.keeps;
    if (keeps === undefined) continue;
    const age = ({ node, look: { live } }: Observed) =>
      (live && !spent.has(live.id) && node.type.createdAt?.(live)) || 0;
    const earlier = all
      .filter(
        ({ node, decision, look }) =>
          node.type === current.node.type && decision.kind === "delete" && look.health === "ready",
      )
      .toSorted((one, other) => age(other) - age(one));
    for (const [rank, one] of earlier.entries()) {
      // The one that is wanted counts, too.
      if (rank < keeps - 1 || used.has(one.look.live?.id ?? ""))
        entries.set(one.node.key, { ...one, decision: { kind: "earlier" } });
    }
  }
}

/** What is retained, or removed though nobody claims it, needs what it stands on, which only itself tells. */
function standUnclaimed({ remove }: Run, entries: Map<string, Observed>): void {
  const all = [...entries.values()];
  for (const one of all.filter(({ decision, look }) => decision.kind === "retain" || remove.has(look.live?.id ?? ""))) {
    const uses = new Set(one.node.type.uses?.(one.look.live));
    const needs = all.filter(({ look }) => uses.has(look.live?.id ?? "")).map(({ node }) => node.key);
    entries.set(one.node.key, { ...one, node: { ...one.node, needs } });
  }
}

const taken = ({ message, hint }: Pick<Refusal, "message" | "hint">): Refusal => ({
  message,
  hint,
  remedies: [],
  clash: true,
});

/** What is to be made or changed is asked what it would meet: only that costs calls. */
async function withForeseen(run: Run, entries: ReadonlyMap<string, Observed>): Promise<ReadonlyMap<string, Observed>> {
  const whole = await Promise.all(
    [...entries.values()].map(async (one): Promise<Observed> => {
      const { node, look, wanted, decision, refused } = one;
      const comes = decision.kind === "create" || decision.kind === "update" || decision.kind === "replace";
      if (!comes || refused || !wanted || !node.type.foresee) return one;
      const foreseen = await patiently(run, async () => node.type.foresee?.(run.aws, wanted, node.owner, look.live));
      switch (foreseen?.kind) {
        case undefined:
          return one;
        case "note":
          return { ...one, note: foreseen.note };
        case "waits":
          return { ...one, decision: { kind: "blocked", reason: foreseen.reason } };
        case "clash":
          return { ...one, refused: taken(foreseen) };
        case "refused":
          return { ...one, refused: { message: foreseen.message, hint: foreseen.hint, remedies: [] } };
      }
    }),
  );
  return new Map(whole.map((one) => [one.node.key, one]));
}

/** What protects an object from being deleted. Only reads. */
export const protectionsOf = (
  run: Run,
  { type, owner }: Node,
  live: Identified | undefined,
  recorded: Recorded | undefined,
): Promise<readonly Protection[]> =>
  patiently(run, async () => {
    const discardData = discardsData(run, type, live, recorded);
    return live === undefined ? [] : ((await type.protections?.(run.aws, live, { discardData }, owner)) ?? []);
  });

/** What is to go is asked what protects it: only that costs calls. */
async function withProtections(
  run: Run,
  entries: ReadonlyMap<string, Observed>,
  removing: boolean,
): Promise<Snapshot["entries"]> {
  const whole = await Promise.all(
    [...entries.values()].map(async (one): Promise<Observed> => {
      const { node, look, recorded, decision } = one;
      const goes = decision.kind === "delete" || decision.kind === "replace";
      if (!goes || one.refused || !removable(node.type)) return one;
      const protections = await protectionsOf(run, node, look.live, recorded);
      const lifted = removing && run.unprotect ? protections.filter(({ unprotect }) => unprotect !== undefined) : [];
      const staying = protections.filter((protection) => !lifted.includes(protection));
      const refused = refusedDeletion(node, staying, removing && !run.unprotect);
      return refused ? { ...one, refused, remedies: refused.remedies, lifted } : { ...one, lifted };
    }),
  );
  return new Map(whole.map((one) => [one.node.key, one]));
}

/** What will be there of an entry, as far as that is known: what is made or changed has what is wanted of it. */
function expected(run: Run, entry: Observed): Identified | undefined {
  const { node, look, wanted, decision } = entry;
  const { live } = look;
  if (!wanted || node.type.external) return live;
  if (decision.kind === "update" && live) {
    const changed = new Set(decision.differences.map(({ field }) => field));
    const after = node.type.afterUpdate?.(live, wanted, changed, node.owner) ?? {};
    const unknown = unknownLive(node.key) as unknown as Record<string, unknown>;
    const known = Object.entries(after).map(([field, value]) => [field, value ?? unknown[field]]);
    return { ...live, ...only(wanted, (field) => changed.has(field)), ...Object.fromEntries(known) };
  }
  if (decision.kind === "wait" && decision.why === "pending" && live)
    return { ...live, ...node.type.afterWait?.(live) } as Identified;
  const isNew =
    decision.kind === "create" ||
    decision.kind === "replace" ||
    (decision.kind === "wait" && (decision.why === "deleting" || !live));
  if (!isNew) return live;
  return unknownLive(node.key, {
    ...only(wanted, (_field, value) => value !== undefined),
    ...node.type.knownBefore?.(run.aws, ownerOf(run, node), live),
  });
}

const only = (values: object, which: (field: string, value: unknown) => boolean): object =>
  Object.fromEntries(Object.entries(values).filter(([field, value]) => which(field, value)));

/**
 * True when something is as the config says, and the state does not say so: it was lost, or somebody else has brought it
 * about. Without a record of what is there `down` would not know the stack's data from a copy of it.
 */
export const isUnrecorded = ({ entries }: Snapshot): boolean =>
  [...entries.values()].some(
    ({ node, look: { live }, recorded, wanted, decision }) =>
      wanted && live && decision.kind === "none" && !isRecordedReady(node, recorded, live, wanted),
  );

/**
 * Records the data of the stack that the state does not know, before anything else is written to it: an interrupted run
 * would leave a state that knows of other things, and no longer of these.
 */
export function recordClaims(run: Run, { entries }: Snapshot): void {
  for (const { node, look, recorded, decision } of entries.values()) {
    if (!node.resource || !node.type.holdsData || !look.live || recorded || decision.kind === "retain") continue;
    run.store.put(node.key, {
      type: node.type.name,
      name: node.name,
      id: look.live.id,
      status: "created",
      since: Math.round(run.clock.now()),
      token: run.token(),
      spec: {},
      needs: [...node.needs],
    });
  }
}

/** What users will notice of a value that is lost and made up again. */
const madeAnew = ({ node, recorded, wanted, decision }: Observed): string | undefined =>
  decision.kind === "create" && recorded?.id !== undefined && wanted
    ? node.type.irreplaceable?.madeAnew?.(wanted)
    : undefined;

/** The snapshot's second half: what depends on what, and what is therefore refused. */
function withDependents(run: Run, entries: ReadonlyMap<string, Observed>): ReadonlyMap<string, Observed> {
  const dependentsOf = dependentsIn(run, entries);
  const whole = [...entries.values()].map((one): Observed => {
    const { node, look, recorded, wanted, decision } = one;
    const dependents = dependentsOf(one);
    const clash = (wanted ?? recorded) && look.clash;
    const refused = clash ? taken(clash) : refusalOf(run, node, decision, { ...look, dependents, wanted, recorded });
    const accepted =
      decision.kind === "accept"
        ? node.type.irreplaceable?.remedies(run.aws, node.owner, secretCommands(dependents.copies), {
            live: look.live,
            recorded: recorded?.revision ?? "",
          })
        : undefined;
    const retained = decision.kind === "retain" && look.live ? retainedRemedies(run, node, look.live) : undefined;
    const remedies = refused?.remedies ?? accepted ?? retained ?? [];
    return { ...one, dependents, note: madeAnew(one), refused, remedies };
  });
  return new Map(whole.map((one) => [one.node.key, one]));
}

/** What would be recreated only because something that it needs is refused: the refusal of that says it all. */
function withoutConsequences(entries: Snapshot["entries"]): Snapshot["entries"] {
  const missing = (key: string): boolean => {
    const needed = entries.get(key);
    return needed?.refused !== undefined && needed.decision.kind === "create";
  };
  return new Map(
    [...entries].map(([key, one]) => {
      const follows = one.decision.kind === "replace" && one.node.needs.some(missing);
      return [key, follows ? { ...one, refused: undefined, remedies: [] } : one];
    }),
  );
}

/** All objects that carry the stack's tag, of all types that can be listed by it. */
async function sweep(
  run: Run,
  types: readonly AnyType[],
  stack: string,
): Promise<{ readonly type: AnyType; readonly live: Identified & { readonly tags: Tags } }[]> {
  const lists = await Promise.all(
    types.map(async (type) => {
      const list = type.list;
      if (!list) return [];
      const found = (await patiently(run, () => list(run.aws, stack))) as readonly (Identified & {
        readonly tags: Tags;
      })[];
      return found.map((live) => ({ type, live }));
    }),
  );
  return lists.flat();
}
