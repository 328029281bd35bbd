import { about } from "../lib/duration.ts";
import type { Decision } from "./decide.ts";
import type { Difference } from "./differences.ts";
import type { Node } from "./graph.ts";
import type { Visit } from "./order.ts";
import { type CreateBeforeDelete, type Identified, type Interruption, type Rollout, removable } from "./resource.ts";
import type { Observed } from "./snapshot.ts";
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
export function interruptionOf(entry: Observed, measured: Measured | undefined): PlannedInterruption {
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
  const seconds = secondsOf(entry, "whole", new Set(), measured);
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
export function secondsOf(
  { node, decision, look, wanted, refused }: Observed,
  part: Visit["part"],
  later: ReadonlySet<string>,
  measured: Measured | undefined,
): number {
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
    case "wait":
      if (decision.why !== "deleting") return creation();
      return wanted === undefined ? deletion() : deletion() + creation();
    case "update": {
      const own = decision.differences.filter(({ field }) => later.has(field) === (part === "later"));
      if (refused || own.length === 0 || !look.live || !wanted) return 0;
      const { interruption, rollout } = courseOfFields(node, own, look.live, wanted);
      const fields = own.map(({ field }) => field);
      const told = Math.max(UPDATE_SECONDS, interruption?.seconds ?? 0, rollout?.seconds ?? 0);
      return usualSeconds(type, "update", measured, { fields }) ?? told;
    }
    default:
      return 0;
  }
}

const createSeconds = ({ type }: Node, spec: object | undefined, measured: Measured | undefined): number =>
  usualSeconds(type, "create", measured, { spec }) as number;

const deleteSeconds = ({ type }: Node, measured: Measured | undefined): number =>
  usualSeconds(type, "delete", measured) ?? Math.min(type.timing?.createSeconds ?? 3, 3);
