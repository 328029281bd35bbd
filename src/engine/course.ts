import { about } from "../lib/duration.ts";
import type { Recorded } from "../state/state.ts";
import type { Decision } from "./decide.ts";
import { type Difference, differences } from "./differences.ts";
import type { Node } from "./graph.ts";
import type { Visit } from "./order.ts";
import { type CreateBeforeDelete, type Identified, type Interruption, type Rollout, removable } from "./resource.ts";
import type { Observed, Snapshot } from "./snapshot.ts";
import { type Measured, usualSeconds } from "./usual.ts";

/** What the users of an object notice of what is planned: nothing, that it is away for a moment, or for longer. */
export interface PlannedInterruption {
  readonly kind: "none" | "brief" | "outage";
  /** "database1 is away for about 5 min: db.t3.micro → db.t3.small"; "" where there is nothing to say. */
  readonly what: string;
  /** How long they notice it at most, usually; 0: not at all. */
  readonly seconds: number;
}

const NONE: PlannedInterruption = { kind: "none", what: "", seconds: 0 };
/** What lasts no longer is brief, seconds. */
const BRIEF_SECONDS = 60;
/** A change in place of which nothing else is known, seconds. */
const UPDATE_SECONDS = 2;
/** What is late takes so much longer than it has taken so far: nobody knows, and it is not done. */
const LATE_PART = 0.1;

/** What by a run's clock is known of the times of its objects: what was measured before, and when they were looked at. */
export type Times = Pick<Snapshot, "measured" | "at">;

/**
 * How a change in place goes: what the users of the object notice of it, and what takes its time while it is in use. Empty
 * where neither is so, or it is no change in place. @param narrowed fields out of which only what nobody uses any more is taken
 */
export function courseOf(
  { type, resource }: Node,
  decision: Decision,
  live: Identified | undefined,
  wanted: object | undefined,
  narrowed: readonly string[],
): { readonly interruption?: Interruption | undefined; readonly rollout?: Rollout | undefined } {
  if (!live || !wanted) return {};
  if (decision.kind === "replace" && resource?.createBeforeDelete && decision.differences.length > 0)
    return { rollout: { what: besideText(resource.createBeforeDelete), seconds: 0 } };
  if (decision.kind !== "update") return {};
  const used = decision.differences.filter(({ field }) => !narrowed.includes(field));
  return courseOfFields({ type }, used, live, wanted);
}

/** The same of an object as it was looked at. */
export const courseIn = ({ node, decision, look, wanted, dependents }: Observed): ReturnType<typeof courseOf> =>
  courseOf(node, decision, look.live, wanted, dependents.narrowed);

/** A change that interrupts is one that a person answers for, but for what is only told. */
export const isAskedFor = (interruption: Interruption | undefined): interruption is Interruption =>
  interruption !== undefined && !interruption.unasked;

const besideText = ({ after }: CreateBeforeDelete): string => {
  const turn = after?.().map(({ name }) => name) ?? [];
  return `the new one is made beside it${turn.length > 0 ? `, after ${turn.join(", ")}` : ""}; it goes when the new one has taken its place`;
};

function courseOfFields(
  { type }: Pick<Node, "type">,
  differences: readonly Difference[],
  live: object,
  wanted: object,
) {
  const changed = new Set(differences.map(({ field }) => field));
  return {
    interruption: type.interruption?.(changed, live, wanted),
    rollout: type.rollout?.(changed, live, wanted),
  };
}

/** What the users of an object notice of what is decided about it. */
export function interruptionOf(entry: Observed, times: Times): PlannedInterruption {
  const { node, decision } = entry;
  if (decision.kind === "update") {
    const { interruption } = courseIn(entry);
    if (!interruption) return NONE;
    const { what, seconds } = interruption;
    return { kind: kindOf(seconds), what, seconds };
  }
  // What has failed is of no use to anybody.
  const used = decision.kind === "replace" && decision.differences.length > 0 && !node.resource?.createBeforeDelete;
  if (!used || node.type.unnoticed || node.type.disposable) return NONE;
  const seconds = secondsOf(entry, "whole", new Set(), times);
  return {
    kind: kindOf(seconds),
    what: `${node.name} is away for about ${about(seconds)}: it is deleted, then created again`,
    seconds,
  };
}

const kindOf = (seconds: number): PlannedInterruption["kind"] =>
  seconds === 0 ? "none" : seconds <= BRIEF_SECONDS ? "brief" : "outage";

/**
 * How long a visit of `up` usually takes, seconds: by what was measured here, else by what its type says.
 * @param later fields whose turn comes in a visit of their own
 */
export function secondsOf(entry: Observed, part: Visit["part"], later: ReadonlySet<string>, times: Times): number {
  const { node, decision, look, wanted, refused } = entry;
  const { measured } = times;
  const { type } = node;
  const creation = () => createSeconds(node, wanted, measured);
  const deletion = () => deleteSeconds(node, measured);
  const beside = node.resource?.createBeforeDelete !== undefined;
  if (part === "removal") return deletion();
  if (part === "former") return decision.kind === "replace" && beside ? deletion() : 0;
  switch (decision.kind) {
    case "create":
      return refused || type.external ? 0 : creation();
    case "replace":
      return beside ? creation() : deletion() + creation();
    case "delete":
      return removable(type) ? deletion() : 0;
    case "wait": {
      const rest = restSeconds(entry, look.live, decision.why, times);
      if (decision.why === "deleting") return wanted === undefined ? rest : rest + creation();
      // What it is on its way to is taken back then.
      return (
        rest +
        updateSeconds(
          entry,
          entry.differences.filter(({ when }) => when !== undefined),
          measured,
        )
      );
    }
    case "update": {
      const own = decision.differences.filter(({ field }) => later.has(field) === (part === "later"));
      return refused ? 0 : updateSeconds(entry, own, measured);
    }
    default:
      return 0;
  }
}

/** How long it usually takes to close these differences in place, seconds. */
function updateSeconds(
  { node: { type }, look: { live }, wanted }: Observed,
  own: readonly Difference[],
  measured: Measured | undefined,
): number {
  if (own.length === 0 || !live || !wanted) return 0;
  const { interruption, rollout } = courseOfFields({ type }, own, live, wanted);
  const told = Math.max(UPDATE_SECONDS, interruption?.seconds ?? 0, rollout?.seconds ?? 0);
  return usualSeconds(type, "update", measured, { fields: own.map(({ field }) => field) }) ?? told;
}

/** How long the deletion of an object usually takes, or, where it is under way, what is left of it, seconds. */
export const secondsToDelete = (entry: Observed, times: Times): number =>
  entry.look.health === "deleting"
    ? restSeconds(entry, entry.look.live, "deleting", times)
    : deleteSeconds(entry.node, times.measured);

/** How long what is on its way usually still takes, seconds: by when the state says that it was begun, else by AWS. */
export function restSeconds(
  { node, recorded, wanted }: Pick<Observed, "node" | "recorded" | "wanted">,
  live: Identified | undefined,
  why: Extract<Decision, { kind: "wait" }>["why"],
  { measured, at = 0 }: Times,
): number {
  const { status, since, sent = since } = recorded ?? {};
  if (why === "deleting") return left(deleteSeconds(node, measured), status === "deleting" ? sent : undefined, at);
  const noted = status === "creating" || status === "created" ? since : undefined;
  const change = live && wanted && recorded ? changeSeconds(node, live, recorded, wanted, measured) : undefined;
  if (change !== undefined) return left(change, noted, at);
  const made = live && node.type.createdAt?.(live);
  return left(createSeconds(node, wanted, measured), noted ?? (made || undefined), at);
}

/** What is left of a usual time, seconds; of one that is over some, as it is not done. */
function left(usualSeconds: number, since: number | undefined, now: number): number {
  const passed = Math.max(0, now - (since ?? now)) / 1_000;
  return Math.ceil(Math.min(usualSeconds, Math.max(usualSeconds - passed, passed * LATE_PART, 1)));
}

/** What is pending was ready before, and is changed from what was applied then: how long that usually takes, seconds. */
function changeSeconds(
  { type }: Node,
  live: Identified,
  { status, since, madeAt = since, spec }: Recorded,
  wanted: object,
  measured: Measured | undefined,
): number | undefined {
  if (status !== "ready" && since <= madeAt) return undefined;
  const before = { ...live, ...spec };
  const changed = differences(type, wanted, before, undefined, undefined, spec);
  const { interruption, rollout } = courseOfFields({ type }, changed, before, wanted);
  const told = Math.max(interruption?.seconds ?? 0, rollout?.seconds ?? 0) || undefined;
  return usualSeconds(type, "update", measured, { fields: changed.map(({ field }) => field) }) ?? told;
}

const createSeconds = ({ type }: Node, spec: object | undefined, measured: Measured | undefined): number =>
  usualSeconds(type, "create", measured, { spec }) as number;

const deleteSeconds = ({ type }: Node, measured: Measured | undefined): number =>
  usualSeconds(type, "delete", measured) ?? Math.min(type.timing?.createSeconds ?? 3, 3);
