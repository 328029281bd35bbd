import type { TracedCall } from "../aws/connect.ts";
import type { Action, Event } from "../engine/events.ts";
import { workedOn } from "../lib/working.ts";
import type { Timeline, TimelineBar, TimelineCall } from "../report/timeline/model.ts";
import type { PastRun } from "../state/history.ts";

/** What a run has seen of itself: when it was at work on what, for whom it called, who waited for whom. */
export interface TimelineRecorder {
  call(call: Pick<TracedCall, "service" | "operation" | "error" | "ms">): void;
  event(event: Event): void;
  /** What must be done before a key: known when the run begins to work. */
  follows(order: (key: string) => readonly string[]): void;
  /** What was begun with an object, so far; undefined: nothing. */
  bar(key: string): TimelineBar | undefined;
  /** When a bar ended, seconds; it may be under way. */
  endOf(id: string): number;
  timeline(ended: Pick<Timeline, "command" | "at" | "result" | "error">): Timeline;
}

/** What is known of a bar before the run ends. */
type Open = Omit<TimelineBar, "id" | "outcome" | "to" | "after" | "calls"> & {
  ended?: Pick<TimelineBar, "outcome" | "to">;
};

/** What follows at once begins within so many seconds of what it waited for, by rounded times. */
const MOMENT = 0.2;

/** The one that is done with an object for the second time is another bar. */
const idOf = (key: string, index: number): string => (index === 0 ? key : `${key}#${index + 1}`);

/** @param now the run's clock, milliseconds */
export function recordTimeline(now: () => number): TimelineRecorder {
  const began = now();
  const seconds = (at: number) => Math.round((at - began) / 10) / 100;
  const done = new Map<string, Open[]>();
  const calls = new Map<string | undefined, TimelineCall[]>();
  let order: (key: string) => readonly string[] = () => [];

  /** Those before a key with which something was done; what was as wanted stands for those before it. */
  function before(key: string, seen = new Set<string>([key])): readonly string[] {
    return order(key).flatMap((one) => {
      if (seen.has(one)) return [];
      seen.add(one);
      return done.has(one) ? [one] : before(one, seen);
    });
  }
  /** What of it was done by then. */
  const endedBy = (key: string, from: number): readonly string[] =>
    (done.get(key) ?? []).flatMap(({ ended }, index) => (ended && ended.to <= from + MOMENT ? [idOf(key, index)] : []));
  function barsOf(key: string): readonly TimelineBar[] {
    const own = done.get(key) ?? [];
    return own.map(({ ended, ...bar }, index) => ({
      ...bar,
      ...(ended ?? { outcome: "interrupted" as const, to: seconds(now()) }),
      id: idOf(key, index),
      after: [...before(key).flatMap((one) => endedBy(one, bar.from)), ...(index === 0 ? [] : [idOf(key, index - 1)])],
      calls: (calls.get(key) ?? []).filter(
        ({ to }) => (index === 0 || to >= bar.from) && to < (own[index + 1]?.from ?? Number.POSITIVE_INFINITY),
      ),
    }));
  }
  return {
    call({ service, operation, error, ms }) {
      const to = seconds(now());
      const key = workedOn();
      const call = { from: Math.max(0, to - ms / 1_000), to, name: `${service}:${operation}`, error };
      const own = calls.get(key) ?? [];
      calls.set(key, own);
      own.push(call);
    },
    event(event) {
      if (!("key" in event) || event.type === "resource.note") return;
      const own = done.get(event.key) ?? [];
      const last = own.at(-1);
      // Its deletion waits until all others are prepared, too: that is a bar of its own.
      if (event.type === "resource.prepared") {
        if (last && !last.ended) last.ended = { outcome: event.did, to: seconds(event.at) };
        return;
      }
      if (event.type === "resource.settled") {
        const { key, name, object, outcome, at, ms } = event;
        const ended = { outcome, to: seconds(at) };
        if (last && !last.ended) last.ended = ended;
        // It failed before anything was begun with it.
        else if (outcome === "failed" || outcome === "interrupted") {
          done.set(key, own);
          own.push({ name, object, action: "wait", usual: undefined, from: seconds(at - ms), ended });
        }
        return;
      }
      const { key, name, object, action, usual, at } = event;
      done.set(key, own);
      if (last && !last.ended) own[own.length - 1] = { ...last, action, usual: sum(last.usual, usual) };
      else own.push({ name, object, action, usual, from: seconds(at) });
    },
    follows(given) {
      order = given;
    },
    bar: (key) => barsOf(key).at(-1),
    endOf: (id) => [...barsOf(id.replace(/#\d+$/, ""))].find((one) => one.id === id)?.to ?? 0,
    timeline: (end) => ({
      ...end,
      seconds: seconds(now()),
      bars: [...done.keys()].flatMap(barsOf),
      otherCalls: [...calls].flatMap(([key, own]) => (key !== undefined && done.has(key) ? [] : own)),
    }),
  };
}

/** What was deleted and then created took both times. */
const sum = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : one + other;

/** What writes the timeline that `--timeline` asks for. Throws `usage` where it cannot be written. */
export const drawnTo = async (path: string | undefined): Promise<((timeline: Timeline) => void) | undefined> =>
  path === undefined ? undefined : (await import("./timeline.ts")).timelineFile(path);

/** What the history keeps of a run; undefined: an older version wrote it, which kept no times. */
export function timelineOf({ command, at, seconds, result, error, changes }: PastRun): Timeline | undefined {
  const counts = new Map<string, number>();
  const seen = changes.flatMap((change) => {
    const { key, name, object, action, outcome, seconds: took, from, usual, after = [] } = change;
    if (from === undefined) return [];
    const index = counts.get(key) ?? 0;
    counts.set(key, index + 1);
    const done = { action: (action ?? "wait") as Action, outcome, from, to: from + took, usual, after, calls: [] };
    return [{ key, id: idOf(key, index), name, object, ...done }];
  });
  const bars = seen.map(({ key: _, ...bar }): TimelineBar => {
    const before = seen.filter(({ key, to }) => bar.after.includes(key) && to <= bar.from + MOMENT);
    return { ...bar, after: before.map(({ id }) => id) };
  });
  if (bars.length < changes.length) return undefined;
  return {
    command,
    at,
    seconds: seconds ?? Math.max(0, ...bars.map(({ to }) => to)),
    result,
    error: error?.message,
    bars,
    otherCalls: undefined,
  };
}
