import type { Sim } from "./world.ts";

/*
 * What services send to CloudWatch: computed for any minute from what is in the world, so that nothing is kept minute by
 * minute. Only what happened by itself is looked up: changes of sizes, times of load, requests by the minute.
 */

export const MINUTE_MS = 60_000;

/** A metric's dimensions: values by name. */
export type Dimensions = Readonly<Record<string, string>>;

/** One metric of one thing. */
export interface Source {
  readonly unit: string;
  /** What is sent for the minute that begins at `at`; nothing: there is no data. */
  samples(at: number): readonly number[];
}

/** What a service sends in one namespace. */
export interface Metrics {
  /** Who sends that metric; undefined: nobody does, and CloudWatch has nothing. */
  source(sim: Sim, metric: string, dimensions: Dimensions): Source | undefined;
  /** What ListMetrics finds: every metric that is sent now. Absent: the sandbox does not list the namespace. */
  list?(sim: Sim): readonly { readonly metric: string; readonly dimensions: Dimensions }[];
}

/** The last change at or before that time. */
export function lastChange<C extends { readonly at: number }>(changes: readonly C[], at: number): C | undefined {
  let found: C | undefined;
  for (const change of changes) if (change.at <= at) found = change;
  return found;
}
