import type { Config } from "../../config/schema.ts";
import { spelled } from "../../lib/duration.ts";
import { BuddyError } from "../../lib/errors.ts";
import { percent } from "../../lib/number.ts";
import type { Member, ScalingGroup } from "../aws/scaling.ts";
import { messageOf, type Requirement } from "../check.ts";
import { type Answers, answersOf, type DrillName, type DrillResult, type Ending } from "./result.ts";
import { isWhole, type Look, Overdue, type Told, type Watch, watch } from "./watch.ts";
import type { DrillWorld } from "./world.ts";

/** What a drill will do, said before anybody is asked. */
export interface Announcement {
  readonly does: string;
  /** How long it usually takes, and when it gives up, minutes. */
  readonly minutes: number;
  readonly limitMinutes: number;
  /** Hours of web instances that it costs beyond those that run anyway. */
  readonly instanceHours: number;
}

/** What is at hand while a drill runs. */
export interface Scene extends Pick<Watch, "note"> {
  readonly world: DrillWorld;
  /** The group as it was when the drill began: whole. */
  readonly before: ScalingGroup;
  /** As `Watch.until`, and ends when the drill is interrupted. */
  until(what: string, seconds: number, wanted: (look: Look) => boolean): Promise<Look>;
  /** Says what is done to the stack now, before anything else is noted. From here on it is timed. */
  blow(what: string): void;
  /** The stack has seen it. */
  detected(): void;
  /** The stack is whole again. */
  recovered(): void;
}

export interface Drill {
  readonly name: DrillName;
  readonly requirement: Requirement;
  /** A sentence that is true when it passes. */
  readonly title: string;
  /** What its two times stand for. */
  readonly detected: string;
  readonly recovered: string;
  /** What the site may lose of its answers meanwhile. */
  readonly tolerates: { readonly failedPercent: number; readonly gapSeconds: number };
  announce(group: ScalingGroup, config: Config): Announcement;
  /** Why it would prove nothing here; undefined: it can be done. */
  refuses(group: ScalingGroup, world: DrillWorld): Promise<string | undefined>;
  /** The blow, and what should follow. Ends when everything is as before, or throws. */
  run(scene: Scene): Promise<void>;
  /** After a failure or an interrupt: everything as before. What goes by itself it may leave. */
  putBack(scene: Pick<Scene, "world" | "before" | "note">): Promise<void>;
}

/** The members that serve; there is at least one in a group that is whole. */
export const serving = (group: ScalingGroup): readonly Member[] => group.instances.filter(({ inService }) => inService);

/** The group is whole without that instance: another one serves in its place. */
export const isReplaced = (look: Look, id: string): boolean =>
  isWhole(look) && look.group.instances.every((one) => one.id !== id);

/** Why nobody would serve meanwhile; undefined: another instance does. */
export const onlyInstance = (group: ScalingGroup): string | undefined =>
  serving(group).length < 2 ? "only one web instance is in service" : undefined;

/** In which time a group is whole again after a drill was broken off, seconds. */
const PUT_BACK_S = 20 * 60;
/** How long a group may take to be whole before a drill begins. */
const WHOLE_S = 10 * 60;

/** Why the site was not available enough; undefined: it was. */
function siteProblem(
  { tolerates }: Drill,
  { asked, failed, failedPercent, longestGapSeconds }: Answers,
): string | undefined {
  if (asked === 0) return "the site was never asked";
  if (longestGapSeconds > tolerates.gapSeconds)
    return `nobody had an answer of the site for ${spelled(longestGapSeconds)} (at most ${tolerates.gapSeconds} s is good)`;
  if (failedPercent > tolerates.failedPercent)
    return `${failed} of ${asked} answers failed, ${percent(failedPercent)} (at most ${tolerates.failedPercent} % is good)`;
  return undefined;
}

/** What of the group is not as it was. Which instances run does not count: they come and go. */
export function differsFrom(before: ScalingGroup, now: Look): string[] {
  const { group } = now;
  const changed = (["min", "max", "desired"] as const)
    .filter((field) => group[field] !== before[field])
    .map((field) => `${field} is ${group[field]}, was ${before[field]}`);
  const zones = (one: ScalingGroup) => one.zones.toSorted().join(", ");
  if (zones(group) !== zones(before)) changed.push(`the group launches in ${zones(group)}, before in ${zones(before)}`);
  if (!isWhole(now)) changed.push("not every instance is in service and healthy");
  return changed;
}

/**
 * Does one drill and watches it. It ends within its time, however it ends, with everything put back, or says what is not.
 * Throws only what keeps it from beginning.
 */
export async function runDrill(drill: Drill, world: DrillWorld, told: Told): Promise<DrillResult> {
  const { clock, interrupted } = world;
  const began = clock.now();
  const watching = watch(world, told);
  let before: ScalingGroup | undefined;
  let struck: number | undefined;
  let detectedAt: number | undefined;
  let recoveredAt: number | undefined;
  let ending: Ending = "passed";
  let problem: string | undefined;
  const notAsBefore: string[] = [];

  try {
    ({ group: before } = await watching.until("the group is whole", WHOLE_S, isWhole, interrupted));
    const scene: Scene = {
      world,
      before,
      note: watching.note,
      until: (what, seconds, wanted) => watching.until(what, seconds, wanted, interrupted),
      blow(what) {
        struck = watching.note(what);
      },
      detected() {
        detectedAt ??= clock.now();
      },
      recovered() {
        recoveredAt ??= clock.now();
      },
    };
    await drill.run(scene);
  } catch (error) {
    ending = error instanceof BuddyError && error.code === "interrupted" ? "interrupted" : "failed";
    problem = ending === "interrupted" ? undefined : messageOf(error);
    if (before) {
      watching.note(ending === "interrupted" ? "interrupted: puts everything back" : "failed: puts everything back");
      await drill.putBack({ world, before, note: watching.note }).catch((thrown: unknown) => {
        notAsBefore.push(`not put back: ${messageOf(thrown)}`);
      });
    }
  }

  if (before) {
    const was = before;
    // What it did is judged by what is there, not by what it believes.
    await watching
      .until("everything is as before", PUT_BACK_S, (look) => differsFrom(was, look).length === 0)
      .catch(async (error: unknown) => {
        if (!(error instanceof Overdue)) return void notAsBefore.push(`could not be looked at: ${messageOf(error)}`);
        const [group, targets] = await Promise.all([world.group(), world.targets()]);
        notAsBefore.push(...differsFrom(was, { at: clock.now(), group, targets }));
      });
  }
  await watching.stop();
  const ended = clock.now();
  const answers = answersOf(watching.probes, ended);
  if (ending === "passed")
    problem = notAsBefore.length > 0 ? "not everything is as before" : siteProblem(drill, answers);
  if (ending === "passed" && problem !== undefined) ending = "failed";

  const since = (at: number | undefined) =>
    at === undefined || struck === undefined ? undefined : Math.round((at - struck) / 1_000);
  return {
    drill: drill.name,
    requirement: drill.requirement,
    title: drill.title,
    ending,
    problem,
    began,
    ended,
    detectSeconds: since(detectedAt),
    recoverSeconds: since(recoveredAt),
    detected: drill.detected,
    recovered: drill.recovered,
    answers,
    moments: watching.moments,
    samples: watching.samples,
    cpu: await world.cpu(began).catch(() => []),
    probes: watching.probes,
    notAsBefore,
  };
}
