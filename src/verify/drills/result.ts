import type { Requirement } from "../check.ts";

/** All drills, in the order in which `--drill all` does them: the short ones first. */
export const DRILLS = [
  "dead-web",
  "lost-instance",
  "lost-nat",
  "lost-zone",
  "restore",
  "restore-files",
  "lost-primary",
  "scale-out",
] as const;
export type DrillName = (typeof DRILLS)[number];

/** All times are milliseconds since 1970, by the run's clock. */
export interface Sample {
  readonly at: number;
  readonly desired: number;
  /** Instances in service and healthy, says the group. */
  readonly inService: number;
  /** Targets to which the load balancer sends requests. */
  readonly healthy: number;
}

/** Average CPU of the group, as CloudWatch has it: of each minute with detailed monitoring, else of every five. */
export interface CpuPoint {
  readonly at: number;
  readonly percent: number;
}

/** One request to the site, as a visitor's. */
export interface Probe {
  /** When it was sent. */
  readonly at: number;
  /** How long the answer took, milliseconds. */
  readonly ms: number;
  /** HTTP status; undefined: no answer. */
  readonly status: number | undefined;
  /** Why there was no answer. */
  readonly error: string | undefined;
}

/** Something that happened, in words. `who`: this drill, AWS, or a change that was seen from outside. */
export interface TimelineEntry {
  readonly at: number;
  readonly who: "drill" | "aws" | "seen";
  readonly what: string;
}

/** What the probes say, in numbers. */
export interface Answers {
  readonly asked: number;
  /** No answer, or a 5xx. */
  readonly failed: number;
  /** Of all, 0 to 100. */
  readonly failedPercent: number;
  /** The longest time in which no request was answered well; 0: none failed. */
  readonly longestGapSeconds: number;
}

/** No answer, or the load balancer's or the application's own failure. */
export const isFailed = ({ status }: Pick<Probe, "status">): boolean => status === undefined || status >= 500;

/** What the probes say, in numbers. @param probes in order of time; @param ended when the last could have been sent */
export function answersOf(probes: readonly Probe[], ended: number): Answers {
  const failed = probes.filter(isFailed).length;
  let longest = 0;
  let since: number | undefined;
  for (const probe of probes) {
    if (isFailed(probe)) since ??= probe.at;
    else if (since !== undefined) {
      longest = Math.max(longest, probe.at - since);
      since = undefined;
    }
  }
  if (since !== undefined) longest = Math.max(longest, ended - since);
  return {
    asked: probes.length,
    failed,
    failedPercent: probes.length === 0 ? 0 : (failed / probes.length) * 100,
    longestGapSeconds: longest / 1_000,
  };
}

/** How a drill ended. `interrupted`: by Ctrl-C, everything put back. */
export type Ending = "passed" | "failed" | "interrupted";

export interface DrillResult {
  readonly drill: DrillName;
  readonly requirement: Requirement;
  /** What it proves, as a sentence that is true when it passes. */
  readonly title: string;
  readonly ending: Ending;
  /** Why it did not pass. */
  readonly problem: string | undefined;
  readonly began: number;
  readonly ended: number;
  /** From the injected failure until AWS (or an alarm) saw it; undefined: it never did. */
  readonly detectSeconds: number | undefined;
  /** From the injected failure until everything was whole again; undefined: it never was. */
  readonly recoverSeconds: number | undefined;
  /** What `detectSeconds` and `recoverSeconds` mean in this drill: "its alarm is in ALARM", … */
  readonly detected: string;
  readonly recovered: string;
  readonly answers: Answers;
  readonly timeline: readonly TimelineEntry[];
  readonly samples: readonly Sample[];
  readonly cpu: readonly CpuPoint[];
  readonly probes: readonly Probe[];
  /** What is not as it was before the drill; empty: all is. */
  readonly notAsBefore: readonly string[];
}

/** What the stack's history keeps of a drill. */
export type PastDrill = {
  readonly drill: string;
  /** ISO 8601. */
  readonly at: string;
  readonly ending: Ending;
  readonly detectSeconds: number | undefined;
  readonly recoverSeconds: number | undefined;
  readonly asked: number;
  readonly failed: number;
  readonly longestGapSeconds: number;
};
