import type { Config } from "../../config/schema.ts";
import { spelled } from "../../lib/duration.ts";
import { BuddyError } from "../../lib/errors.ts";
import { percent } from "../../lib/number.ts";
import type { ScalingGroup } from "../aws/scaling.ts";
import { messageOf, type Requirement } from "../check.ts";
import type { DrillStack } from "./drill-stack.ts";
import { differsFrom, type GroupState, isWhole, serving } from "./group-state.ts";
import { type Answers, answersOf, type DrillName, type DrillResult, type Ending } from "./result.ts";
import { type DrillListener, Overdue, type Watch, watch } from "./watch.ts";

/** What a drill will do, printed before the user is asked. */
export interface Announcement {
  readonly does: string;
  /** How long it usually takes, and when it gives up, minutes. */
  readonly minutes: number;
  readonly limitMinutes: number;
  /** Hours of web instances that it costs beyond those that run anyway. */
  readonly instanceHours: number;
  /** Hours of a database that it costs besides. */
  readonly databaseHours?: number;
  /** What it costs that has no price here, in words. */
  readonly charged?: string;
}

/** What a drill works with. */
export interface DrillContext extends Pick<Watch, "note"> {
  readonly stack: DrillStack;
  /** The group as it was when the drill began: whole. */
  readonly before: ScalingGroup;
  /** As `Watch.until`, and ends when the drill is interrupted. */
  until(what: string, seconds: number, wanted: (state: GroupState) => boolean): Promise<GroupState>;
  /** Says what is done to the stack now, before anything else is noted. From here on it is timed. */
  inject(what: string): void;
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
  /** What its two times mean. */
  readonly detected: string;
  readonly recovered: string;
  /** It is not among `--drill all`: what it does cannot be undone. */
  readonly onlyByName?: true;
  /** How many answers of the site may fail meanwhile. */
  readonly tolerates: { readonly failedPercent: number; readonly gapSeconds: number };
  announce(group: ScalingGroup, config: Config): Announcement;
  /** Why it would prove nothing here; undefined: it can be done. */
  refuses(group: ScalingGroup, stack: DrillStack): Promise<string | undefined>;
  /** Injects the failure and waits for what should follow. Ends when everything is as before, or throws. */
  run(context: DrillContext): Promise<void>;
  /** After a failure or an interrupt: restores what was changed. What heals without help it may leave. */
  putBack(context: Pick<DrillContext, "stack" | "before" | "note">): Promise<void>;
}

/** Why the site would be down meanwhile; undefined: another instance serves. */
export const onlyInstance = (group: ScalingGroup): string | undefined =>
  serving(group).length < 2 ? "only one web instance is in service" : undefined;

/** How long a group may take to be whole again after a drill was interrupted, seconds. */
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

/**
 * Does one drill and watches it. It ends within its time, however it ends, with everything put back, or says what is not.
 * Throws only what keeps it from beginning.
 */
export async function runDrill(drill: Drill, stack: DrillStack, listener: DrillListener): Promise<DrillResult> {
  const { clock } = stack;
  const began = clock.now();
  const watching = watch(stack, listener);
  const { before, injectedAt, detectedAt, recoveredAt, error, notPutBack } = await attempt(drill, stack, watching);
  const notAsBefore = [...notPutBack, ...(before ? await changedSince(before, stack, watching) : [])];
  await watching.stop();
  const ended = clock.now();
  const answers = answersOf(watching.probes, ended);
  const since = (at: number | undefined) =>
    at === undefined || injectedAt === undefined ? undefined : Math.round((at - injectedAt) / 1_000);
  return {
    drill: drill.name,
    requirement: drill.requirement,
    title: drill.title,
    ...endingOf(error, () => (notAsBefore.length > 0 ? "not everything is as before" : siteProblem(drill, answers))),
    began,
    ended,
    detectSeconds: since(detectedAt),
    recoverSeconds: since(recoveredAt),
    detected: drill.detected,
    recovered: drill.recovered,
    answers,
    timeline: watching.timeline,
    samples: watching.samples,
    cpu: await stack.cpu(began).catch(() => []),
    probes: watching.probes,
    notAsBefore,
  };
}

/** How far a drill came, milliseconds since 1970. */
interface Attempt {
  /** The group as it was; undefined: the drill never began. */
  before?: ScalingGroup;
  injectedAt?: number;
  detectedAt?: number;
  recoveredAt?: number;
  /** Why it ended early. */
  error?: unknown;
  readonly notPutBack: string[];
}

const isInterrupt = (error: unknown): boolean => error instanceof BuddyError && error.code === "interrupted";

/** Runs the drill, and when that fails or is interrupted puts everything back. */
async function attempt(drill: Drill, stack: DrillStack, watching: Watch): Promise<Attempt> {
  const { clock, interrupted } = stack;
  const { note } = watching;
  const made: Attempt = { notPutBack: [] };
  try {
    const { group: before } = await watching.until("the group is whole", WHOLE_S, isWhole, interrupted);
    made.before = before;
    await drill.run({
      stack,
      before,
      note,
      until: (what, seconds, wanted) => watching.until(what, seconds, wanted, interrupted),
      inject(what) {
        made.injectedAt = note(what);
      },
      detected() {
        made.detectedAt ??= clock.now();
      },
      recovered() {
        made.recoveredAt ??= clock.now();
      },
    });
  } catch (error) {
    made.error = error;
    const { before } = made;
    if (before) {
      note(`${isInterrupt(error) ? "interrupted" : "failed"}: puts everything back`);
      await drill.putBack({ stack, before, note }).catch((thrown: unknown) => {
        made.notPutBack.push(`not put back: ${messageOf(thrown)}`);
      });
    }
  }
  return made;
}

/** What is still not as it was after some time. A drill is judged by what is there, not by what it believes. */
async function changedSince(before: ScalingGroup, stack: DrillStack, watching: Watch): Promise<readonly string[]> {
  const isAsBefore = (state: GroupState) => differsFrom(before, state).length === 0;
  try {
    await watching.until("everything is as before", PUT_BACK_S, isAsBefore);
    return [];
  } catch (error) {
    if (!(error instanceof Overdue)) return [`could not be looked at: ${messageOf(error)}`];
    const [group, targets] = await Promise.all([stack.group(), stack.targets()]);
    return differsFrom(before, { at: stack.clock.now(), group, targets });
  }
}

/** @param error why the drill ended early, if it did @param problemAfter what is wrong though it ran to its end */
function endingOf(
  error: unknown,
  problemAfter: () => string | undefined,
): { readonly ending: Ending; readonly problem: string | undefined } {
  if (isInterrupt(error)) return { ending: "interrupted", problem: undefined };
  const problem = error === undefined ? problemAfter() : messageOf(error);
  return { ending: problem === undefined ? "passed" : "failed", problem };
}
