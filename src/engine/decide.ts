import type { Recorded } from "../state/state.ts";
import type { Difference } from "./differences.ts";
import type { Health } from "./resource.ts";

/** How long after its create call an object may stay invisible before it counts as not made, milliseconds. */
export const VISIBLE_WITHIN_MS = 90_000;
/** How long a deleted object may still look as if nothing had happened to it, milliseconds. */
export const DELETE_SHOWS_WITHIN_MS = 20_000;

export interface Situation {
  readonly health: Health | "absent";
  readonly wanted: boolean;
  readonly recorded: Recorded | undefined;
  readonly differences: readonly Difference[];
  readonly now: number;
  /** It was made, or recreated, in this run: then a failure is reported, not repaired again. */
  readonly tried: boolean;
  readonly holdsData: boolean;
  readonly mayBeOthers: boolean;
  /** The config or the state names it; false: the stack's tags are all that speaks for it. */
  readonly claimed: boolean;
  /** Why it is not deleted where nobody wants it; undefined: it is. */
  readonly kept?: string | undefined;
  /** Why it is not deleted yet; undefined: it is. */
  readonly stays?: string | undefined;
  /** Somebody else wrote over a value that nobody can make up again: what is there now, and what was. */
  readonly overwritten: string | undefined;
  /** It has been looked at for so long that a delete call of an earlier run, if there was one, would show. */
  readonly deleteWouldShow: boolean;
  /** What differs is changed although it is pending, or waits for a person (`ResourceType.mayChange`). */
  readonly mayChange: boolean;
}

export type Decision =
  | { readonly kind: "none" }
  | { readonly kind: "wait"; readonly why: "creating" | "pending" | "deleting" }
  | { readonly kind: "create" }
  /** It is not what was written, and is kept as it is: only the record of it changes. */
  | { readonly kind: "accept"; readonly reason: string }
  | { readonly kind: "update"; readonly differences: readonly Difference[] }
  | { readonly kind: "replace"; readonly differences: readonly Difference[]; readonly reason: string }
  | { readonly kind: "delete" }
  /** Nobody wants it, and it stays on purpose: only the record of it goes. */
  | { readonly kind: "keep"; readonly reason: string }
  /** It holds data, or may be others', and nobody claims it: it is left alone. */
  | { readonly kind: "retain"; readonly reason: string }
  /** The config asked for it before, and it stays to go back to, with the record of it. */
  | { readonly kind: "earlier" }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "blocked"; readonly reason: string };

/** It stays, changed in place at most. */
export const isAsWanted = ({ kind }: Pick<Decision, "kind">): boolean => kind === "none" || kind === "update";

const unclaimed = (why: string): Decision => ({
  kind: "retain",
  reason: `${why}, and neither the config nor the state names it: left alone`,
});

/** What must happen to an object: the one place where that is decided. Pure. `plan`, `status`, `up` and `down` read its answer. */
export function decide({
  health,
  wanted,
  recorded,
  differences,
  now,
  tried,
  holdsData,
  mayBeOthers,
  claimed,
  kept,
  stays,
  overwritten,
  deleteWouldShow,
  mayChange,
}: Situation): Decision {
  if (health === "absent") {
    const underWay = recorded !== undefined && (recorded.status === "creating" || recorded.status === "created");
    if (underWay && now - recorded.since < VISIBLE_WITHIN_MS) return { kind: "wait", why: "creating" };
    return wanted ? { kind: "create" } : { kind: "none" };
  }
  if (health === "deleting") return { kind: "wait", why: "deleting" };
  if (!wanted && stays !== undefined) return { kind: "blocked", reason: stays };
  if (!wanted && kept !== undefined) return { kind: "keep", reason: kept };
  if (!wanted && !claimed && holdsData) return unclaimed("it holds data");
  if (!wanted && !claimed && mayBeOthers) return unclaimed("others may use it");
  if (!wanted) return { kind: "delete" };
  // A `down` was interrupted at it: reads may lag behind its delete call, and what is shown as ready is gone in a moment.
  if (recorded?.status === "deleting" && !deleteWouldShow) return { kind: "wait", why: "deleting" };
  const inPlace = differences.length > 0 && differences.every(({ replaces }) => !replaces);
  const waits = health === "pending" || (health !== "ready" && "blocked" in health);
  if (mayChange && inPlace && waits) return { kind: "update", differences };
  if (health === "pending") return { kind: "wait", why: "pending" };
  if (health !== "ready") {
    if ("blocked" in health) return { kind: "blocked", reason: health.blocked };
    if (tried || holdsData) return { kind: "failed", reason: health.failed };
    return { kind: "replace", differences: [], reason: health.failed };
  }
  if (overwritten !== undefined) return { kind: "accept", reason: overwritten };
  const replacing = differences.filter((difference) => difference.replaces);
  if (replacing.length > 0) {
    return {
      kind: "replace",
      differences,
      reason: `${replacing.map((difference) => difference.field).join(", ")} cannot be changed in place`,
    };
  }
  return differences.length > 0 ? { kind: "update", differences } : { kind: "none" };
}
