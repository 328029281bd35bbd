import { classify } from "../aws/classify.ts";
import { saysNotFound } from "../aws/errors.ts";
import { KEY_TAG } from "../aws/owned.ts";
import { BuddyError } from "../lib/errors.ts";
import { unknownLive } from "../lib/unknown.ts";
import type { Recorded } from "../state/state.ts";
import { DELETE_SHOWS_WITHIN_MS, type Decision, decide } from "./decide.ts";
import { type Difference, differences } from "./differences.ts";
import { ownerOf } from "./former.ts";
import type { Node } from "./graph.ts";
import type { AnyType, Health, Identified, Tags } from "./resource.ts";
import { type Interruptible, type Run, throwIfInterrupted } from "./run.ts";

/** What is there of a node, and what is wanted. */
export interface Observation {
  readonly live: Identified | undefined;
  readonly health: Health | "absent";
  /**
   * Where it is absent and would hold data: other objects that may hold it. They are of its type, carry the stack's tag, and
   * nothing else in the graph claims them.
   */
  readonly strays: readonly Identified[];
  /** The state, or where nothing is known the config, names what was found. */
  readonly claimed: boolean;
  /** Its name is somebody else's. */
  readonly clash?: Pick<BuddyError, "message" | "hint">;
}

/** For what is not there. */
export const ABSENT: Observation = { live: undefined, health: "absent", strays: [], claimed: true };

type Listed = Identified & { readonly tags: Tags };

/** What a node's resource wants, given what is there of its needs (undefined: not yet). */
export function specOf(node: Node, liveOf: (key: string) => Identified | undefined): object | undefined {
  if (!node.resource) return undefined;
  const orUnknown = ({ key }: { readonly key: string }) => liveOf(key) ?? unknownLive(key);
  const live = Object.fromEntries(
    Object.entries(node.resource.needs).map(([name, need]) => [
      name,
      Array.isArray(need) ? need.map(orUnknown) : orUnknown(need as { readonly key: string }),
    ]),
  );
  return node.resource.spec(live);
}

/** Looks at AWS. Trouble on the way there (throttling, outages) is waited out, ten minutes at most. */
export async function observe(run: Run, node: Node, recorded: Recorded | undefined): Promise<Observation> {
  const { type, onlyId } = node;
  return patiently(run, async () => {
    // Asked for at the same moment: they are mostly the same call.
    const [live, strays] = await Promise.all([
      onlyId === undefined
        ? (type.find(run.aws, ownerOf(run, node), recorded?.id) as Promise<Identified | undefined>)
        : listed(run, node).then((all) => all.find(({ id }) => id === onlyId)),
      straysOf(run, node),
    ]);
    if (live === undefined) return { ...ABSENT, strays };
    const claimed = isClaimed(run, node, live, recorded);
    return { live, health: type.health?.(live) ?? "ready", strays: [], claimed };
  });
}

/**
 * Whether what was found may be deleted as the node's. Tags alone do not say that it is: AWS copies them to what is restored
 * from a backup. Where there is a state, it knows the stack's data by id; where nothing is known (it was lost), the config's
 * key or name has to do.
 */
function isClaimed(
  { store, remove }: Run,
  { type, onlyId }: Node,
  live: Identified,
  recorded: Recorded | undefined,
): boolean {
  const { id } = live;
  if (remove.has(id)) return true;
  if (onlyId !== undefined || type.hasBecomeData?.(live)) return false;
  if (!type.holdsData) return true;
  if (recorded) return recorded.id === undefined || recorded.id === id;
  return Object.keys(store.resources).length === 0 && store.config === undefined;
}

const listed = async ({ aws }: Run, { type, owner }: Node): Promise<readonly Listed[]> =>
  (await type.list?.(aws, owner.stack)) ?? [];

/**
 * A database that was renamed or restored under another name is the stack's by its tags, though it is not found by its
 * name. (AWS's own recipe for a restore begins with renaming the original: RDS API, RestoreDBInstanceFromDBSnapshot.)
 */
async function straysOf(run: Run, node: Node): Promise<readonly Listed[]> {
  const { key, type, resource, siblings } = node;
  const isOthers = (of = "") => of !== key && siblings.has(of);
  if (!resource || !type.holdsData) return [];
  return (await listed(run, node)).filter(
    (live) => !isOthers(live.tags[KEY_TAG]) && type.health?.(live) !== "deleting",
  );
}

/** As `observe`; a name that is somebody else's is something to tell of, with all others, and no reason to look no further. */
export async function observeOrClash(run: Run, node: Node, recorded: Recorded | undefined): Promise<Observation> {
  try {
    return await observe(run, node, recorded);
  } catch (error) {
    if (!(error instanceof BuddyError) || error.code !== "not-ours") throw error;
    return { ...ABSENT, clash: { message: error.message, hint: error.hint } };
  }
}

const OUTAGE_MS = 10 * 60_000;
/**
 * `find` answers undefined for what is not there; where AWS's "not found" comes through nevertheless, an object went between
 * the call that listed it and the one that asked for more of it (its tags, its attributes).
 */
const VANISHED_MS = 30_000;

/** Repeats a call that reads, or is safe to repeat, while AWS or the way to it is in trouble. */
export async function patiently<T>(run: Interruptible & Pick<Run, "clock">, call: () => Promise<T>): Promise<T> {
  const since = run.clock.now();
  for (let pause = 2_000; ; pause = Math.min(pause * 2, 30_000)) {
    throwIfInterrupted(run);
    try {
      return await call();
    } catch (error) {
      const kind = classify(error);
      const outage = kind === "throttled" || kind === "transient" || kind === "network";
      const vanished = saysNotFound(error);
      if (!outage && !vanished) throw error;
      if (run.clock.now() - since > (outage ? OUTAGE_MS : VANISHED_MS)) throw error;
      await run.clock.sleep(pause, run.signal).catch(() => throwIfInterrupted(run));
    }
  }
}

/** True when an object of this sort may hold data: always, unless AWS and the record both say that it was never ready. */
export function mayHoldData(type: AnyType, live: Identified | undefined, recorded: Recorded | undefined): boolean {
  if (!type.holdsData) return false;
  // What is recorded of one says nothing of another that has its key.
  const own = recorded && live && (recorded.id ?? live.id) === live.id;
  return !(own && recorded.neverReady && type.failedBeforeReady?.(live));
}

/** True when nothing of its data is to be kept: it is not wanted, or there is none. */
export const discardsData = (
  run: Run,
  type: AnyType,
  live: Identified | undefined,
  recorded: Recorded | undefined,
): boolean =>
  run.discardData ||
  (run.discardFiles && type.holdsFiles === true) ||
  (type.holdsData === true && !mayHoldData(type, live, recorded));

/** What was written over by somebody else, of a type whose value must not be lost: as it is now, and as it was. */
function overwritten({ type }: Node, live: Identified | undefined, recorded: Recorded | undefined): string | undefined {
  if (!live || !type.irreplaceable || recorded?.revision === undefined) return undefined;
  const now = type.irreplaceable.revision(live);
  return now === recorded.revision
    ? undefined
    : `somebody else wrote over it: it is ${now}, and was ${recorded.revision}. It is kept and recorded; what was given the old value must have the new one too`;
}

/** What a decision depends on besides the node. */
export interface Circumstances {
  readonly now: number;
  readonly deleteKept: boolean;
  /** The stack is taken down. */
  readonly removing?: boolean | undefined;
  /** It was made, or recreated, in this run. */
  readonly tried?: boolean;
  readonly deleteWouldShow?: boolean;
  /** This run has sent an update, so what a look shows of the tags is what counts. */
  readonly updated?: boolean;
  /** Fields that are not judged yet. */
  readonly later?: ReadonlySet<string>;
}

/** The decision on a node, as `plan`, `status`, `up` and `down` all see it. */
export function evaluate(
  node: Node,
  wanted: object | undefined,
  { live, health, claimed }: Observation,
  recorded: Recorded | undefined,
  {
    now,
    deleteKept,
    removing = false,
    tried = false,
    deleteWouldShow = false,
    updated = false,
    later = new Set(),
  }: Circumstances,
): Decision & { readonly drift: readonly Difference[] } {
  const given = recorded && { tags: recorded.tags ?? {}, certain: updated || recorded.status === "ready" };
  const all = wanted && live ? differences(node.type, wanted, live, node.owner.tags, given, recorded?.spec) : [];
  const drift = all.filter(({ field }) => !later.has(field));
  return {
    ...decide({
      health,
      wanted: wanted !== undefined,
      recorded,
      differences: drift,
      now,
      tried,
      holdsData: mayHoldData(node.type, live, recorded),
      mayBeOthers: (live && node.type.mayBeOthers?.(live)) ?? false,
      claimed,
      ...(live && wanted === undefined ? node.type.farewell?.(live, { deleteKept, unwanted: !removing }) : {}),
      overwritten: overwritten(node, live, recorded),
      deleteWouldShow:
        deleteWouldShow || (recorded?.sent !== undefined && now - recorded.sent > DELETE_SHOWS_WITHIN_MS),
      mayChange: (wanted && live && node.type.mayChange?.(live, wanted)) ?? false,
    }),
    drift,
  };
}
