import type { Action, Event, Outcome } from "../../engine/events.ts";

/** One call of AWS. Times are seconds since the run began. */
export interface TimelineCall {
  readonly from: number;
  readonly to: number;
  /** "ec2:CreateVpc". */
  readonly name: string;
  readonly error: string | undefined;
}

/** What a run did to one object, from its first touch until it was settled. */
export interface TimelineBar {
  /** The object's key; with a number when it is not the first that was done with it. */
  readonly id: string;
  readonly name: string;
  /** The type's name, "ec2:vpc". */
  readonly object: string;
  readonly action: Action;
  readonly outcome: Outcome | Extract<Event, { readonly type: "resource.prepared" }>["did"];
  readonly from: number;
  readonly to: number;
  /** How long that usually takes, seconds; undefined: nobody knows. */
  readonly usual: number | undefined;
  /** Ids of the bars that it waited for. */
  readonly after: readonly string[];
  readonly calls: readonly TimelineCall[];
}

/** A run, as far as it was seen. */
export interface Timeline {
  readonly command: string;
  /** When it began, ISO 8601. */
  readonly at: string;
  /** How long it took. */
  readonly seconds: number;
  readonly result: "done" | "failed" | "refused" | "interrupted" | "unfinished";
  readonly error: string | undefined;
  readonly bars: readonly TimelineBar[];
  /** Those that were for no object in particular: looking at the whole, asking for names. Undefined: calls were not kept. */
  readonly otherCalls: readonly TimelineCall[] | undefined;
}

/**
 * The chain that took the run's time, from its first bar to its last: the one that ended last, before it of those that it waited for
 * the one that ended last, and so on.
 */
export function criticalPath({ bars }: Timeline): readonly TimelineBar[] {
  const byId = new Map(bars.map((bar) => [bar.id, bar]));
  const latest = (some: readonly TimelineBar[]) =>
    some.reduce<TimelineBar | undefined>((last, bar) => (last && last.to >= bar.to ? last : bar), undefined);
  const path: TimelineBar[] = [];
  for (let bar = latest(bars); bar && !path.includes(bar); ) {
    path.unshift(bar);
    bar = latest(bar.after.flatMap((id) => byId.get(id) ?? []));
  }
  return path;
}

/** It took a quarter longer than usual, and so much longer that a look at AWS does not explain it, seconds. */
const LATE_SECONDS = 15;

/** It took longer than usual, and that can be felt. */
export const isLate = ({ from, to, usual }: TimelineBar): boolean =>
  usual !== undefined && to - from > usual * 1.25 && to - from - usual > LATE_SECONDS;

/** Seconds in which at least one of the calls was under way. */
export function callingSeconds(calls: readonly TimelineCall[]): number {
  let [sum, end] = [0, Number.NEGATIVE_INFINITY];
  for (const { from, to } of calls.toSorted((one, other) => one.from - other.from)) {
    sum += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return sum;
}
