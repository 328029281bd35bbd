import { isDeepStrictEqual } from "node:util";
import { configTags } from "../aws/owned.ts";
import { dangerIn, rank, type WatchedChange } from "./baseline.ts";
import { courseIn } from "./course.ts";
import { type Difference, differences, showable } from "./differences.ts";
import { type NodeName, nameOf } from "./graph.ts";
import { type Danger, type Identified, type Remedy, removable } from "./resource.ts";
import { doingOf, notesOf, type Snapshot } from "./snapshot.ts";
import { watchedOf } from "./watching.ts";

/** How an object stands against what was recorded of it and against the config. */
export type SyncStatus =
  | "in-sync"
  /** AWS has something else than was last applied. */
  | "drift"
  /** AWS has something else than it had, in what the config leaves open. */
  | "watched"
  /** The config asks for something else than was last applied. */
  | "pending-change"
  | "missing"
  | "unhealthy"
  | "under-way"
  | "blocked"
  /** It carries the stack's tag, nobody claims it, and it holds data: it is left alone. */
  | "retained"
  /** It carries the stack's tag but nobody wants it. */
  | "extra";

/** A property that AWS has otherwise than it was last applied. */
export interface Drifted extends Difference {
  readonly danger: Danger | undefined;
}

export interface StatusItem extends NodeName {
  readonly id: string | undefined;
  readonly standing: SyncStatus;
  /** Live against recorded, what matters for safety first. */
  readonly drift: readonly Drifted[];
  /** What the config leaves open and somebody has changed, what matters for safety first. */
  readonly watched: readonly WatchedChange[];
  /** Wanted against live, where it is not drift. */
  readonly pending: readonly Difference[];
  readonly reason: string | undefined;
  /** What a person should know of it although it is as wanted. */
  readonly notes: readonly string[];
  /** What a person can do about it, where it is left to them. */
  readonly remedies: readonly Remedy[];
}

/**
 * Every object against what was recorded and against the config, property by property. Pure.
 * @param changesOf what is watched and has changed of an object, which takes most of the time: `NOT_WATCHED` for who does not need it
 */
export function statusOf({ entries }: Snapshot, changesOf: typeof watchedOf = watchedOf): StatusItem[] {
  const items: StatusItem[] = [];
  for (const entry of entries.values()) {
    const { node, look, recorded, wanted, decision, differences: notAsWanted } = entry;
    const untouched = look.live === undefined || decision.kind === "none" || decision.kind === "update";
    const refused = untouched ? entry.refused : undefined;
    const temporary = (node.resource?.temporaryFor().length ?? 0) > 0;
    if (look.live === undefined && wanted === undefined) {
      if (!recorded || temporary) continue;
    }
    if (decision.kind === "earlier" || (decision.kind === "keep" && !removable(node.type))) continue;
    // What is only looked up is worth a word only when it is not there.
    if (node.type.external && decision.kind === "none") continue;
    // What keeps it from coming right is more than on its way, but a roll-out that is under way.
    const isUnderWay = look.health !== "ready" && (decision.kind !== "update" || !!courseIn(entry).rollout);
    const drift =
      recorded && look.live && !isUnderWay
        ? differences(node.type, recorded.spec, look.live as Identified, undefined, undefined, recorded.spec)
        : [];
    // Tags are no part of the recorded spec. They have drifted where the config gives the same ones as before.
    const sameTags = isDeepStrictEqual(recorded?.tags ?? {}, configTags(node.owner.tags));
    const isTagDrift = ({ field }: Difference) => field === "tags" && sameTags;
    const drifted = new Set(drift.map((difference) => difference.field));
    const pending = notAsWanted.filter((difference) => !drifted.has(difference.field));
    const watched = wanted === undefined ? [] : changesOf(entry);
    items.push({
      ...nameOf(node),
      id: look.live?.id ?? recorded?.id,
      standing: standingOf(
        refused && decision.kind !== "update" ? "blocked" : decision.kind,
        isUnderWay ? look.health : look.live ? "ready" : "absent",
        wanted !== undefined,
        drift.length > 0 || decision.kind === "accept" || pending.some(isTagDrift),
        watched.length > 0,
        pending.length > 0,
        node.type.external ?? false,
      ),
      drift: showable(node.type, drift)
        .map((one, index) => ({ ...one, danger: dangerIn(node.type, drift[index] ?? one) }))
        .toSorted((one, other) => rank(one.danger) - rank(other.danger)),
      watched,
      pending: showable(node.type, pending),
      reason: refused?.message ?? ("reason" in decision ? decision.reason : doingOf(entry)),
      notes: notesOf(entry),
      remedies: entry.remedies,
    });
  }
  return items;
}

export const NOT_WATCHED: typeof watchedOf = () => [];

function standingOf(
  kind: string,
  health: unknown,
  wanted: boolean,
  drift: boolean,
  watched: boolean,
  pending: boolean,
  external: boolean,
): SyncStatus {
  if (kind === "retain" || kind === "keep") return "retained";
  if (health === "absent") return external || kind === "blocked" ? "blocked" : "missing";
  if (!wanted && kind === "blocked") return "blocked";
  if (!wanted) return external ? "in-sync" : "extra";
  if (health === "pending" || health === "deleting") return "under-way";
  if (kind === "blocked" || (typeof health === "object" && health !== null && "blocked" in health)) return "blocked";
  if (health !== "ready") return "unhealthy";
  if (drift) return "drift";
  if (watched) return "watched";
  return pending ? "pending-change" : "in-sync";
}
