import type { Clock } from "../../lib/clock.ts";
import { counted } from "../../lib/text.ts";
import { CheckFailed } from "../check.ts";
import type { DrillStack } from "./drill-stack.ts";
import { changesBetween, type GroupState, healthy, serving } from "./group-state.ts";
import type { CpuPoint, Probe, Sample, TimelineEntry } from "./result.ts";

/** How often the group and its targets, its activities and its CPU are read, and how often the site is asked, milliseconds. */
const LOOK_MS = 5_000;
const ACTIVITIES_MS = 20_000;
const CPU_MS = 60_000;
/** CloudWatch has the CPU of the last five minutes some minutes later. */
const CPU_BEFORE_MS = 900_000;
const VISIT_MS = 500;
/** Requests without an answer yet: enough for ten seconds of silence. */
const MOST_VISITS = 20;

/** Told what happens while a drill runs, as it happens. */
export interface DrillListener {
  entry(entry: TimelineEntry): void;
  sample(sample: Sample): void;
  probe(probe: Probe): void;
  /** The newest that CloudWatch has. */
  cpu(point: CpuPoint): void;
}

export interface Watch {
  readonly timeline: readonly TimelineEntry[];
  readonly samples: readonly Sample[];
  readonly probes: readonly Probe[];
  /** Notes what the drill itself does. Answers the time. */
  note(what: string): number;
  /**
   * The first state that is as wanted. Throws `Overdue` after that many seconds, the signal's reason when it aborts, and what
   * reading the group throws.
   * @param what what is waited for, as a sentence that is true then
   */
  until(
    what: string,
    seconds: number,
    wanted: (state: GroupState) => boolean,
    signal?: AbortSignal,
  ): Promise<GroupState>;
  /** Ends all that it does, when the requests under way have their answers. */
  stop(): Promise<void>;
}

/** Something that should have happened by then. */
export class Overdue extends CheckFailed {}

/** Watches group, targets, activities and the site until it is stopped. */
export function watch(stack: DrillStack, listener: DrillListener): Watch {
  const { clock } = stack;
  const timeline: TimelineEntry[] = [];
  const note = (entry: TimelineEntry): void => {
    timeline.push(entry);
    listener.entry(entry);
  };
  const group = groupWatch(stack, listener, note);
  const site = siteWatch(stack, listener);
  const readActivities = activitiesReader(stack, clock.now(), note);
  const work = repeating(clock);
  work.every(LOOK_MS, group.look);
  work.every(ACTIVITIES_MS, readActivities);
  work.every(CPU_MS, async () => {
    // Only shown while the drill runs: nothing depends on it.
    const newest = (await stack.cpu(clock.now() - CPU_BEFORE_MS).catch(() => [])).at(-1);
    if (newest) listener.cpu(newest);
  });
  work.every(VISIT_MS, site.visit);

  return {
    timeline,
    samples: group.samples,
    probes: site.probes,
    note(what) {
      const at = clock.now();
      note({ at, who: "drill", what });
      return at;
    },
    until: (what, seconds, wanted, signal) =>
      group.until(what, seconds, wanted, signal ? AbortSignal.any([signal, work.broken]) : work.broken),
    async stop() {
      // What the group did in the last seconds belongs to it too.
      if (!work.broken.aborted) await readActivities().catch(() => {});
      await work.stop();
      await site.answered();
      timeline.sort((a, b) => a.at - b.at);
      site.probes.sort((a, b) => a.at - b.at);
    },
  };
}

/** Looks at the group and its targets, notes what has changed, and wakes who waits for a state. */
function groupWatch(stack: DrillStack, listener: DrillListener, note: (entry: TimelineEntry) => void) {
  const { clock } = stack;
  const samples: Sample[] = [];
  const waiting = new Set<(state: GroupState) => void>();
  let last: GroupState | undefined;

  async function look(): Promise<void> {
    const [group, targets] = await Promise.all([stack.group(), stack.targets()]);
    const now: GroupState = { at: clock.now(), group, targets };
    if (last) for (const what of changesBetween(last, now)) note({ at: now.at, who: "seen", what });
    last = now;
    const sample = sampleOf(now);
    samples.push(sample);
    listener.sample(sample);
    for (const wake of [...waiting]) wake(now);
  }

  async function until(
    what: string,
    seconds: number,
    wanted: (state: GroupState) => boolean,
    signal: AbortSignal,
  ): Promise<GroupState> {
    signal.throwIfAborted();
    const over = new AbortController();
    let wake: (state: GroupState) => void = () => {};
    const reached = new Promise<GroupState>((done) => {
      wake = (now) => wanted(now) && done(now);
      waiting.add(wake);
    });
    const late = clock.sleep(seconds * 1_000, AbortSignal.any([signal, over.signal])).then((): never => {
      throw new Overdue(`not so after ${Math.round(seconds / 60)} min: ${what}${last ? `: ${inWords(last)}` : ""}`);
    });
    try {
      return await Promise.race([reached, late]);
    } finally {
      waiting.delete(wake);
      over.abort();
    }
  }

  return { samples, look, until };
}

const sampleOf = ({ at, group, targets }: GroupState): Sample => ({
  at,
  desired: group.desired,
  inService: serving(group).length,
  healthy: healthy(targets).length,
});

const inWords = ({ group, targets }: GroupState): string =>
  `${counted(serving(group).length, "instance")} in service of ${group.desired} desired, ${counted(healthy(targets).length, "target")} healthy`;

/** Notes what the group has done since then, each activity once. */
function activitiesReader(stack: DrillStack, since: number, note: (entry: TimelineEntry) => void) {
  const noted = new Set<string>();
  return async (): Promise<void> => {
    for (const { id, at, what } of (await stack.activities(since)).toSorted((a, b) => a.at - b.at)) {
      if (noted.has(id)) continue;
      noted.add(id);
      note({ at, who: "aws", what });
    }
  };
}

/** Asks the site as visitors do, who do not wait for each other. */
function siteWatch(stack: DrillStack, listener: DrillListener) {
  const { clock } = stack;
  const probes: Probe[] = [];
  const underWay = new Set<Promise<void>>();

  async function ask(): Promise<void> {
    const at = clock.now();
    // By the wall's clock, as a visitor waits: the run's may go faster, and a request does not.
    const sent = performance.now();
    const found = await stack.visit();
    const probe = {
      at,
      ms: Math.round(performance.now() - sent),
      status: "status" in found ? found.status : undefined,
      error: "error" in found ? found.error : undefined,
    };
    probes.push(probe);
    listener.probe(probe);
  }

  return {
    probes,
    visit(): void {
      if (underWay.size >= MOST_VISITS) return;
      const request: Promise<void> = ask().finally(() => underWay.delete(request));
      underWay.add(request);
    },
    async answered(): Promise<void> {
      await Promise.all(underWay);
    },
  };
}

/** Work that is done again and again until it is stopped. */
function repeating(clock: Clock) {
  const ended = new AbortController();
  const broken = new AbortController();
  const loops: Promise<void>[] = [];

  async function repeat(ms: number, act: () => Promise<void> | void): Promise<void> {
    try {
      for (;;) {
        await act();
        await clock.sleep(ms, ended.signal);
      }
    } catch (error) {
      if (!ended.signal.aborted) broken.abort(error);
    }
  }

  return {
    /** Aborts with what the work threw: what depends on it would wait in vain. */
    broken: broken.signal,
    every(ms: number, act: () => Promise<void> | void): void {
      loops.push(repeat(ms, act));
    },
    async stop(): Promise<void> {
      ended.abort();
      await Promise.all(loops);
    },
  };
}
