import { noise } from "../../noise.ts";
import { type Burstable, burstable } from "./burstable.ts";
import type { Instance } from "./tables.ts";

/*
 * How busy an instance's CPU is, and what that does to its CPU credits, by the equations of the EC2 user guide
 * (burstable-performance-instances-monitoring-cpu-credits): computed minute by minute from what is on the instance's row.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** CPU time that an instance has to spend from its start on, besides its load: its boot, and what its user data does. */
export interface Work {
  readonly cpuSeconds: number;
  /** How long it takes when nothing holds it back, seconds. */
  readonly seconds: number;
}

/** One minute of an instance's run, or a part of one. */
interface Minute {
  readonly at: number;
  /** Percent of all vCPUs, on the average of the part of the minute in which it ran. */
  readonly cpu: number;
  /** Credits spent in it. */
  readonly spent: number;
  /** At its end. */
  readonly balance: number;
  readonly surplus: number;
  /** Surplus credits that were billed in it. */
  readonly charged: number;
  /** When the instance's work was done, if that was in this minute. */
  readonly workDoneAt: number | undefined;
}

const STRESSED = 99.5;

const share = (from: number, until: number, begin: number, end: number): number =>
  Math.max(0, Math.min(until, end) - Math.max(from, begin)) / (until - from);

/** 0 to 1: what it would use of its vCPUs, without its work: little by itself, all of it while stress-ng runs. */
function loadOf({ id, stress }: Instance, from: number, until: number): number {
  const idle = 2 + 4 * noise(id, from);
  // Times of load may overlap.
  const busy = Math.min(
    1,
    stress.reduce((sum, { from: begin, until: end }) => sum + share(from, until, begin, end), 0),
  );
  return ((1 - busy) * idle + busy * (STRESSED + 0.4 * noise(id, until))) / 100;
}

type Mode = "standard" | "unlimited" | undefined;
const modeAt = ({ cpuCredits }: Instance, at: number): Mode => cpuCredits.findLast(({ from }) => from <= at)?.mode;

/** What an instance has and owes, credits. */
interface Account {
  readonly earned: number;
  readonly launch: number;
  readonly surplus: number;
}
/** What is carried over from one minute to the next. */
interface Carried extends Account {
  /** vCPU-minutes of work that are left. */
  readonly work: number;
}

/** A minute, or a part of one: what is carried on from it, and what CloudWatch shows of it. */
function step(instance: Instance, before: Carried, from: number, until: number): readonly [Carried, Minute] {
  const credits = burstable(instance.instanceType);
  // All other types that the sandbox offers have two.
  const vcpus = credits?.vcpus ?? 2;
  const minutes = (until - from) / MINUTE_MS;
  const load = loadOf(instance, from, until) * vcpus * minutes;
  const rate = instance.work ? instance.work.cpuSeconds / instance.work.seconds : 0;
  const most = Math.min(rate * minutes, Math.max(0, vcpus * minutes - load));
  const wants = load + Math.min(before.work, most);
  const earns = credits ? (credits.creditsPerHour * (until - from)) / HOUR_MS : 0;
  const mode = credits && modeAt(instance, from);
  const has = mode === "standard" ? before.launch + before.earned + earns : Number.POSITIVE_INFINITY;
  const spent = Math.min(wants, has);
  // Load and work are held back alike.
  const left = before.work - (wants - load) * (spent / wants);
  const work = left < 1e-9 ? 0 : left;
  const { charged, ...account } = settled(credits, mode, before, earns, spent);
  // How much of the minute the last of the work takes: as if there were more of it.
  const lastPart = Math.min(1, before.work / (most * Math.min(1, has / (load + most))));
  return [
    { ...account, work },
    {
      at: from,
      cpu: (100 * spent) / (vcpus * minutes),
      spent,
      balance: account.earned + account.launch,
      surplus: account.surplus,
      charged,
      workDoneAt: before.work > 0 && work === 0 ? from + lastPart * (until - from) : undefined,
    },
  ];
}

/** The account afterwards, and what is billed. Launch credits are spent first, and do not count towards the limit. */
function settled(
  credits: Burstable | undefined,
  mode: Mode,
  { earned, launch, surplus }: Account,
  earns: number,
  spent: number,
): Account & { readonly charged: number } {
  if (!credits || mode === undefined) return { earned: 0, launch: 0, surplus: 0, charged: 0 };
  const most = 24 * credits.creditsPerHour;
  if (mode === "standard") {
    const ofLaunch = Math.min(launch, spent);
    return {
      launch: launch - ofLaunch,
      earned: Math.min(most, Math.max(0, earned + earns - (spent - ofLaunch))),
      surplus: 0,
      // It was unlimited until now.
      charged: surplus,
    };
  }
  const adjusted = earned - surplus + earns - spent;
  return {
    launch: 0,
    earned: Math.min(most, Math.max(0, adjusted)),
    surplus: Math.min(most, Math.max(0, -adjusted)),
    charged: Math.max(-adjusted - most, 0),
  };
}

/** The minutes computed so far. Rows are never changed, only replaced: so a row's own past stays as it is. */
const histories = new WeakMap<Instance, { carried: Carried; until: number; readonly minutes: Minute[] }>();

const startOf = (instance: Instance): Carried => ({
  earned: 0,
  // Only of one that starts in standard mode.
  launch:
    modeAt(instance, instance.runningFrom ?? 0) === "standard"
      ? (burstable(instance.instanceType)?.launchCredits ?? 0)
      : 0,
  surplus: 0,
  work: (instance.work?.cpuSeconds ?? 0) / 60,
});

/** Its minutes from its start until that time. */
function historyOf(instance: Instance, until: number): readonly Minute[] {
  const { runningFrom, runningUntil } = instance;
  if (runningFrom === null) return [];
  const found = histories.get(instance) ?? { carried: startOf(instance), until: runningFrom, minutes: [] };
  histories.set(instance, found);
  const end = runningUntil ?? Number.POSITIVE_INFINITY;
  while (found.until < Math.min(until, end)) {
    const next = Math.min((Math.floor(found.until / MINUTE_MS) + 1) * MINUTE_MS, end);
    const [carried, minute] = step(instance, found.carried, found.until, next);
    // What is owed is charged when the instance stops.
    found.minutes.push(next === end ? { ...minute, charged: minute.charged + minute.surplus } : minute);
    found.carried = carried;
    found.until = next;
  }
  return found.minutes;
}

/** Those of its minutes that begin in that time. */
function between(instance: Instance, from: number, until: number): readonly Minute[] {
  const minutes = historyOf(instance, until);
  const first = minutes[0]?.at;
  if (first === undefined) return [];
  const index = (at: number) => Math.max(0, Math.floor(at / MINUTE_MS) - Math.floor(first / MINUTE_MS));
  return minutes.slice(index(from), index(until - 1) + 1).filter(({ at }) => at < until);
}

/** Percent of its vCPUs, on the average of the whole minutes of that time in which it ran. */
export function cpuOf(instance: Instance, from: number, until: number): number {
  const minutes = between(instance, from, until);
  return minutes.reduce((sum, { cpu }) => sum + cpu, 0) / Math.max(1, minutes.length);
}

const CREDIT_METRICS: Readonly<Record<string, (minutes: readonly Minute[]) => number>> = {
  CPUCreditUsage: (minutes) => minutes.reduce((sum, { spent }) => sum + spent, 0),
  CPUCreditBalance: (minutes) => minutes.at(-1)?.balance ?? 0,
  CPUSurplusCreditBalance: (minutes) => minutes.at(-1)?.surplus ?? 0,
  CPUSurplusCreditsCharged: (minutes) => minutes.reduce((sum, { charged }) => sum + charged, 0),
};

/** The credit metrics that the instance sends at that time: those of surplus only in unlimited mode. */
export function creditMetricsOf(instance: Instance, at: number): readonly string[] {
  if (!burstable(instance.instanceType)) return [];
  const all = Object.keys(CREDIT_METRICS);
  return modeAt(instance, at) === "unlimited" ? all : all.filter((name) => !name.startsWith("CPUSurplus"));
}

/** What a credit metric says of that time, credits; undefined: it is not sent. */
export function creditsOf(instance: Instance, metric: string, from: number, until: number): number | undefined {
  const minutes = between(instance, from, until);
  return minutes.length > 0 && creditMetricsOf(instance, until).includes(metric)
    ? CREDIT_METRICS[metric]?.(minutes)
    : undefined;
}

/** No work is looked at for longer: the smallest baseline, 5 % of one vCPU, spends 72 CPU minutes in that time. */
const LONGEST_MS = 24 * HOUR_MS;

/** How long the work of a running instance takes from its start on, longer where its credits are spent, milliseconds. */
export function workTakes(instance: Instance): number {
  const { work, runningFrom } = instance;
  if (!work || runningFrom === null) return 0;
  // Into the future: as if it ran on as now.
  const ahead = { ...instance, runningUntil: null };
  for (let ms = HOUR_MS; ms <= LONGEST_MS; ms += HOUR_MS) {
    const done = historyOf(ahead, runningFrom + ms).find(({ workDoneAt }) => workDoneAt !== undefined);
    if (done?.workDoneAt !== undefined) return Math.round(done.workDoneAt - runningFrom);
  }
  return LONGEST_MS;
}
