import { counted } from "../../lib/text.ts";
import type { ScalingGroup, Target } from "../aws/scaling.ts";
import { CheckFailed } from "../check.ts";
import type { CpuPoint, Moment, Probe, Sample } from "./result.ts";
import type { DrillWorld } from "./world.ts";

/** How often the group and the targets are looked at, its activities and CPU are read, and the site is asked, milliseconds. */
const LOOK_MS = 5_000;
const ACTIVITIES_MS = 20_000;
const CPU_MS = 60_000;
/** CloudWatch has the CPU of the last five minutes some minutes later. */
const CPU_BEFORE_MS = 900_000;
const VISIT_MS = 500;
/** Requests without an answer yet: enough for ten seconds of silence. */
const MOST_VISITS = 20;

/** The group and its targets at one moment. */
export interface Look {
  readonly at: number;
  readonly group: ScalingGroup;
  readonly targets: readonly Target[];
}

/** What goes on while a drill runs, told as it happens. */
export interface Told {
  moment(moment: Moment): void;
  sample(sample: Sample): void;
  probe(probe: Probe): void;
  /** The newest that CloudWatch has. */
  cpu(point: CpuPoint): void;
}

export interface Watch {
  readonly moments: readonly Moment[];
  readonly samples: readonly Sample[];
  readonly probes: readonly Probe[];
  /** Notes what the drill itself does. Answers the time. */
  note(what: string): number;
  /**
   * The first look that is as wanted. Throws `Overdue` after so many seconds, the signal's reason when it aborts, and what a
   * look throws.
   * @param what what is waited for, as a sentence that is true then
   */
  until(what: string, seconds: number, wanted: (look: Look) => boolean, signal?: AbortSignal): Promise<Look>;
  /** Ends all that it does, when the requests under way have their answers. */
  stop(): Promise<void>;
}

/** Something that should have happened by then. */
export class Overdue extends CheckFailed {}

const healthyOf = (targets: readonly Target[]) => targets.filter(({ state }) => state === "healthy");
const servingOf = ({ instances }: ScalingGroup) => instances.filter(({ inService }) => inService);

/** Exactly as many as desired, all in service and healthy, and nothing on its way in or out. */
export function isWhole({ group, targets }: Look): boolean {
  const healthy = new Set(healthyOf(targets).map(({ instanceId }) => instanceId));
  return (
    group.instances.length === group.desired &&
    targets.length === group.desired &&
    group.instances.every(({ id, inService }) => inService && healthy.has(id))
  );
}

/** What is different between two looks, in words. */
export function changesBetween(before: Look, now: Look): string[] {
  const zone = (id: string) =>
    [...now.group.instances, ...before.group.instances].find((one) => one.id === id)?.zone ?? "zone unknown";
  const named = (id: string) => `${id} (${zone(id)})`;
  const changes: string[] = [];
  if (before.group.desired !== now.group.desired)
    changes.push(`desired capacity: ${before.group.desired} → ${now.group.desired}`);
  for (const { id, inService } of now.group.instances) {
    const was = before.group.instances.find((one) => one.id === id);
    if (inService && !was?.inService) changes.push(`${named(id)} is in service`);
    if (!inService && was?.inService) changes.push(`${named(id)} is taken out of service`);
    if (!inService && !was) changes.push(`${named(id)} is started`);
  }
  for (const { id } of before.group.instances)
    if (!now.group.instances.some((one) => one.id === id)) changes.push(`${named(id)} is gone`);
  for (const { instanceId, state, reason } of now.targets) {
    const was = before.targets.find((one) => one.instanceId === instanceId);
    if (was?.state !== state)
      changes.push(`the load balancer calls ${named(instanceId)} ${state}${reason ? `: ${reason}` : ""}`);
  }
  return changes;
}

/** Watches group, targets, activities and the site until it is stopped. */
export function watch(world: DrillWorld, told: Told): Watch {
  const { clock } = world;
  const began = clock.now();
  const moments: Moment[] = [];
  const samples: Sample[] = [];
  const probes: Probe[] = [];
  const seen = new Set<string>();
  const waiting = new Set<(look: Look) => void>();
  const ended = new AbortController();
  let failure: unknown;
  let fail: (error: unknown) => void = () => {};
  let last: Look | undefined;

  function tell(moment: Moment): void {
    moments.push(moment);
    told.moment(moment);
  }

  async function look(): Promise<void> {
    const [group, targets] = await Promise.all([world.group(), world.targets()]);
    const now: Look = { at: clock.now(), group, targets };
    if (last) for (const what of changesBetween(last, now)) tell({ at: now.at, who: "seen", what });
    last = now;
    const sample = {
      at: now.at,
      desired: group.desired,
      inService: servingOf(group).length,
      healthy: healthyOf(targets).length,
    };
    samples.push(sample);
    told.sample(sample);
    for (const wake of [...waiting]) wake(now);
  }

  async function readActivities(): Promise<void> {
    const found = await world.activities(began);
    for (const { id, at, what } of found.toSorted((one, other) => one.at - other.at)) {
      if (seen.has(id)) continue;
      seen.add(id);
      tell({ at, who: "aws", what });
    }
  }

  async function readCpu(): Promise<void> {
    // Nice to know while it runs, and nothing depends on it.
    const newest = (await world.cpu(clock.now() - CPU_BEFORE_MS).catch(() => [])).at(-1);
    if (newest) told.cpu(newest);
  }

  async function visit(): Promise<void> {
    const at = clock.now();
    const found = await world.visit();
    const probe = {
      at,
      ms: Math.round(clock.now() - at),
      status: "status" in found ? found.status : undefined,
      error: "error" in found ? found.error : undefined,
    };
    probes.push(probe);
    told.probe(probe);
  }

  /** Until it is stopped; what `act` throws ends whoever waits. */
  async function repeat(every: number, act: () => Promise<void> | void): Promise<void> {
    try {
      for (;;) {
        await act();
        await clock.sleep(every, ended.signal);
      }
    } catch (error) {
      if (ended.signal.aborted) return;
      failure ??= error;
      fail(error);
    }
  }

  const visits = new Set<Promise<void>>();
  const loops = [
    repeat(LOOK_MS, look),
    repeat(ACTIVITIES_MS, readActivities),
    repeat(CPU_MS, readCpu),
    repeat(VISIT_MS, () => {
      if (visits.size >= MOST_VISITS) return;
      const one: Promise<void> = visit().finally(() => visits.delete(one));
      visits.add(one);
    }),
  ];

  return {
    moments,
    samples,
    probes,
    note(what) {
      const at = clock.now();
      tell({ at, who: "drill", what });
      return at;
    },
    async until(what, seconds, wanted, signal) {
      if (failure) throw failure;
      const over = new AbortController();
      const stops = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
      let wake: (look: Look) => void = () => {};
      try {
        return await Promise.race([
          new Promise<Look>((done, no) => {
            fail = no;
            wake = (now) => wanted(now) && done(now);
            waiting.add(wake);
          }),
          clock.sleep(seconds * 1_000, stops).then((): never => {
            const seenLast = last
              ? `: ${counted(servingOf(last.group).length, "instance")} in service of ${last.group.desired} desired, ${counted(healthyOf(last.targets).length, "target")} healthy`
              : "";
            throw new Overdue(`not so after ${Math.round(seconds / 60)} min: ${what}${seenLast}`);
          }),
        ]);
      } finally {
        waiting.delete(wake);
        over.abort();
      }
    },
    async stop() {
      // What the group did in the last seconds belongs to it too.
      if (!failure) await readActivities().catch(() => {});
      ended.abort();
      await Promise.all([...loops, ...visits]);
      moments.sort((one, other) => one.at - other.at);
      probes.sort((one, other) => one.at - other.at);
    },
  };
}
