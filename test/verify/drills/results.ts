import {
  answersOf,
  type DrillName,
  type DrillResult,
  type Ending,
  type PastDrill,
  type Probe,
  type TimelineEntry,
} from "../../../src/verify/drills/result.ts";

/** 2026-11-22 14:03:07 UTC. */
export const BEGAN = Date.UTC(2026, 10, 22, 14, 3, 7);

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What was at which second: [from second, value]. */
type Steps = readonly (readonly [from: number, value: number])[];
const at = (steps: Steps, second: number): number => steps.findLast(([from]) => from <= second)?.[1] ?? 0;

interface Story {
  readonly drill: DrillName;
  readonly requirement: DrillResult["requirement"];
  readonly title: string;
  readonly detected: string;
  readonly recovered: string;
  readonly seconds: number;
  readonly injectedAt: number;
  readonly detectedAt: number | undefined;
  readonly recoveredAt: number | undefined;
  readonly desired: Steps;
  readonly inService: Steps;
  readonly healthy: Steps;
  /** Percent. */
  readonly cpu: Steps;
  /** What part of the answers fails. */
  readonly failing: Steps;
  readonly timeline: readonly (readonly [second: number, who: TimelineEntry["who"], what: string])[];
  readonly ending?: Ending;
  readonly problem?: string;
  readonly notAsBefore?: readonly string[];
}

/** What such a drill brings: looked at every five seconds, asked twice a second. */
function told(story: Story, seed: number): DrillResult {
  const random = randomOf(seed);
  const {
    drill,
    requirement,
    title,
    detected,
    recovered,
    injectedAt,
    ending = "passed",
    problem,
    notAsBefore = [],
  } = story;
  const ended = BEGAN + story.seconds * 1_000;
  const samples = Array.from({ length: Math.floor(story.seconds / 5) + 1 }, (_, index) => ({
    at: BEGAN + index * 5_000,
    desired: at(story.desired, index * 5),
    inService: at(story.inService, index * 5),
    healthy: at(story.healthy, index * 5),
  }));
  const probes = Array.from({ length: story.seconds * 2 }, (_, index): Probe => {
    const sent = BEGAN + index * 500 + Math.floor(random() * 20);
    if (random() < at(story.failing, index / 2)) {
      return random() < 0.6
        ? { at: sent, ms: Math.round(4 + random() * 30), status: random() < 0.7 ? 502 : 504, error: undefined }
        : { at: sent, ms: 5_000, status: undefined, error: "no answer within 5 s" };
    }
    const load = 1 + at(story.cpu, index / 2) / 40;
    return { at: sent, ms: Math.round((14 + random() ** 6 * 160) * load), status: 200, error: undefined };
  });
  const cpu = Array.from({ length: Math.ceil(story.seconds / 60) }, (_, index) => ({
    at: Math.floor(BEGAN / 60_000) * 60_000 + index * 60_000,
    percent: Math.round((at(story.cpu, index * 60) + random() * 3) * 100) / 100,
  }));
  const since = (second: number | undefined) => (second === undefined ? undefined : second - injectedAt);
  return {
    drill,
    requirement,
    title,
    ending,
    problem,
    began: BEGAN,
    ended,
    detectSeconds: since(story.detectedAt),
    recoverSeconds: since(story.recoveredAt),
    detected,
    recovered,
    answers: answersOf(probes, ended),
    timeline: story.timeline.map(([second, who, what]) => ({ at: BEGAN + second * 1_000, who, what })),
    samples,
    cpu,
    probes,
    notAsBefore,
  };
}

const A = "i-0a51c7e2f9b3d4861 (ap-northeast-2a)";
const C = "i-0c93e1b7d5a2f6047 (ap-northeast-2c)";
const NEW = "i-0f27b8d1c4e6a9350 (ap-northeast-2a)";

export const lostInstance = (seed = 1, changes: Partial<Story> = {}): DrillResult =>
  told(
    {
      drill: "lost-instance",
      requirement: "R3",
      title: "An instance that is shut down is replaced, and the site answers meanwhile",
      detected: "the group takes the instance out of service",
      recovered: "two instances in service and healthy again",
      seconds: 372,
      injectedAt: 9,
      detectedAt: 74,
      recoveredAt: 262,
      desired: [[0, 2]],
      inService: [
        [0, 2],
        [74, 1],
        [255, 2],
      ],
      healthy: [
        [0, 2],
        [31, 1],
        [262, 2],
      ],
      cpu: [
        [0, 4],
        [60, 7],
        [240, 22],
        [300, 5],
      ],
      failing: [
        [0, 0],
        [12, 0.5],
        [31, 0],
      ],
      timeline: [
        [9, "drill", `Ran \`init 0\` on ${A}`],
        [31, "seen", `the load balancer calls ${A} unhealthy: Target.Timeout`],
        [
          70,
          "aws",
          "Terminating EC2 instance: i-0a51c7e2f9b3d4861. Cause: an instance was taken out of service in response to an EC2 health check that indicated it had been terminated or stopped.",
        ],
        [74, "seen", `${A} is taken out of service`],
        [80, "aws", "Launching a new EC2 instance: i-0f27b8d1c4e6a9350"],
        [85, "seen", `${NEW} is started`],
        [110, "seen", `${A} is gone`],
        [255, "seen", `${NEW} is in service`],
        [262, "seen", `the load balancer calls ${NEW} healthy`],
      ],
      ...changes,
    },
    seed,
  );

export const deadWeb = (seed = 2): DrillResult =>
  told(
    {
      drill: "dead-web",
      requirement: "R3",
      title: "An instance whose web server is stopped is called unhealthy and replaced",
      detected: "the load balancer calls the instance unhealthy",
      recovered: "two instances in service and healthy again",
      seconds: 401,
      injectedAt: 6,
      detectedAt: 36,
      recoveredAt: 341,
      desired: [[0, 2]],
      inService: [
        [0, 2],
        [96, 1],
        [330, 2],
      ],
      healthy: [
        [0, 2],
        [36, 1],
        [341, 2],
      ],
      cpu: [[0, 4]],
      failing: [[0, 0]],
      timeline: [
        [6, "drill", `Stopped apache2 on ${C}`],
        [36, "seen", `the load balancer calls ${C} unhealthy: Target.FailedHealthChecks`],
        [91, "aws", "Terminating EC2 instance: i-0c93e1b7d5a2f6047"],
        [96, "seen", `${C} is taken out of service`],
        [330, "seen", `${NEW} is in service`],
        [341, "seen", `the load balancer calls ${NEW} healthy`],
      ],
    },
    seed,
  );

/** 45 minutes: 5,400 requests, 541 samples. */
export const scaleOut = (seed = 3): DrillResult =>
  told(
    {
      drill: "scale-out",
      requirement: "R1",
      title: "Load makes the group grow from 2 to 4 instances, and it shrinks to 2 when the load is gone",
      detected: "the alarm of the tracking policy, which makes the group grow",
      recovered: "back to 2 instances after the load",
      seconds: 2_700,
      injectedAt: 12,
      detectedAt: 222,
      recoveredAt: 2_610,
      desired: [
        [0, 2],
        [222, 3],
        [402, 4],
        [2_300, 3],
        [2_420, 2],
      ],
      inService: [
        [0, 2],
        [410, 3],
        [600, 4],
        [2_320, 3],
        [2_440, 2],
      ],
      healthy: [
        [0, 2],
        [425, 3],
        [615, 4],
        [2_310, 3],
        [2_430, 2],
      ],
      cpu: [
        [0, 4],
        [60, 61],
        [120, 98],
        [480, 71],
        [660, 52],
        [900, 9],
        [1_200, 4],
      ],
      failing: [
        [0, 0.0005],
        [2_300, 0.004],
        [2_500, 0],
      ],
      timeline: [
        [12, "drill", `Loads ${A}, ${C} for 14 minutes`],
        [222, "seen", "desired capacity: 2 → 3"],
        [225, "aws", "Launching a new EC2 instance: i-0f27b8d1c4e6a9350"],
        [230, "seen", `${NEW} is started`],
        [402, "seen", "desired capacity: 3 → 4"],
        [405, "aws", "Launching a new EC2 instance: i-0d68a3f5e1b7c9204"],
        [410, "seen", `${NEW} is in service`],
        [425, "seen", `the load balancer calls ${NEW} healthy`],
        [600, "seen", "i-0d68a3f5e1b7c9204 (ap-northeast-2c) is in service"],
        [615, "seen", "the load balancer calls i-0d68a3f5e1b7c9204 (ap-northeast-2c) healthy"],
        [852, "drill", "Ended the load"],
        [2_300, "seen", "desired capacity: 4 → 3"],
        [2_303, "aws", "Terminating EC2 instance: i-0a51c7e2f9b3d4861"],
        [2_310, "seen", `the load balancer calls ${A} draining`],
        [2_320, "seen", `${A} is taken out of service`],
        [2_420, "seen", "desired capacity: 3 → 2"],
        [2_423, "aws", "Terminating EC2 instance: i-0d68a3f5e1b7c9204"],
        [2_440, "seen", "i-0d68a3f5e1b7c9204 (ap-northeast-2c) is taken out of service"],
        [2_610, "seen", "i-0d68a3f5e1b7c9204 (ap-northeast-2c) is gone"],
      ],
    },
    seed,
  );

/** It failed: the site was away for over a minute, and not everything could be put back. */
export const failedZone = (seed = 4): DrillResult => ({
  ...told(
    {
      drill: "lost-zone",
      requirement: "R3",
      title: "Without one zone the group serves from the others",
      detected: "the group launches in the zones that are left",
      recovered: "two instances in service and healthy in the zones that are left",
      seconds: 905,
      injectedAt: 11,
      detectedAt: 42,
      recoveredAt: undefined,
      desired: [[0, 2]],
      inService: [
        [0, 2],
        [42, 1],
        [300, 0],
        [420, 1],
      ],
      healthy: [
        [0, 2],
        [40, 1],
        [290, 0],
        [440, 1],
      ],
      cpu: [
        [0, 5],
        [120, 34],
      ],
      failing: [
        [0, 0],
        [290, 1],
        [440, 0.01],
      ],
      timeline: [
        [11, "drill", "Took ap-northeast-2a from the group's zones"],
        [40, "aws", "Terminating EC2 instance: i-0a51c7e2f9b3d4861"],
        [42, "seen", `${A} is taken out of service`],
        [290, "seen", `the load balancer calls ${C} unhealthy: Target.FailedHealthChecks`],
        [440, "seen", `the load balancer calls ${NEW} healthy`],
        [611, "drill", "failed: puts everything back"],
      ],
      ending: "failed",
      problem:
        "not so after 10 min: two instances serve in ap-northeast-2c: 1 instance in service of 2 desired, 1 target healthy",
      notAsBefore: ["the group launches in ap-northeast-2c, before in ap-northeast-2a, ap-northeast-2c"],
    },
    seed,
  ),
});

export const interruptedNat = (seed = 5): DrillResult =>
  told(
    {
      drill: "lost-nat",
      requirement: "R3",
      title: "A lost NAT instance is seen by its alarm, and `up` replaces it; visitors notice nothing",
      detected: "the alarm of the NAT instance",
      recovered: "the NAT instance is there again",
      seconds: 95,
      injectedAt: 8,
      detectedAt: undefined,
      recoveredAt: undefined,
      desired: [[0, 2]],
      inService: [[0, 2]],
      healthy: [[0, 2]],
      cpu: [[0, 4]],
      failing: [[0, 0]],
      timeline: [
        [8, "drill", "Terminated the NAT instance Buddy-NAT-A (i-07e4c2a9b1d8f3650)"],
        [63, "drill", "interrupted: puts everything back"],
        [90, "seen", "Buddy-NAT-A is there again"],
      ],
      ending: "interrupted",
    },
    seed,
  );

export const pastOf = (result: DrillResult, changes: Partial<PastDrill> = {}): PastDrill => ({
  drill: result.drill,
  at: "2026-11-20T09:12:44.000Z",
  ending: "passed",
  detectSeconds: result.detectSeconds,
  recoverSeconds: result.recoverSeconds,
  asked: result.answers.asked,
  failed: result.answers.failed,
  longestGapSeconds: result.answers.longestGapSeconds,
  ...changes,
});
