import { secondsOf } from "./course.ts";
import { upOrder, type Visit, visitOf } from "./order.ts";
import type { Observed, Snapshot } from "./snapshot.ts";
import { longestPath } from "./walk.ts";

/** One stretch of a run's work on an object, as it is foreseen. */
export interface ForeseenVisit extends Visit {
  readonly id: string;
  /** How long it usually takes; 0: nothing is to be done. */
  readonly seconds: number;
  /** Ids of the visits before it. */
  readonly after: readonly string[];
}

/** How a run will go, as far as that is known before it. */
export interface Forecast {
  /** What is done before any of the visits, seconds. */
  readonly beforehandSeconds: number;
  readonly visits: readonly ForeseenVisit[];
}

/** How `up` goes with what is decided. Pure. @param blocked keys of what waits for a person */
export function forecastUp(snapshot: Snapshot, blocked: ReadonlySet<string> = new Set()): Forecast {
  const { entries } = snapshot;
  const { keys, order, later } = upOrder(snapshot);
  const visits = keys.map((id): ForeseenVisit => {
    const visit = visitOf(id);
    const fields = later.get(visit.key)?.fields ?? new Set<string>();
    const seconds = blocked.has(visit.key)
      ? 0
      : secondsOf(entries.get(visit.key) as Observed, visit.part, fields, snapshot);
    return { ...visit, id, seconds, after: order(id) };
  });
  return { beforehandSeconds: 0, visits };
}

/** How long the whole run takes, seconds: the longest chain of what waits for each other. */
export function secondsIn({ beforehandSeconds, visits }: Forecast): number {
  const byId = new Map(visits.map((visit) => [visit.id, visit]));
  const chain = longestPath(
    byId.keys(),
    (id) => byId.get(id)?.after ?? [],
    (id) => byId.get(id)?.seconds ?? 0,
  );
  return beforehandSeconds + chain;
}
