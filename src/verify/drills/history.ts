import * as z from "zod";
import { measured } from "../../lib/duration.ts";
import { grouped } from "../../lib/number.ts";
import type { KeptDrill } from "../../state/state.ts";
import type { DrillName, DrillResult, PastDrill } from "./result.ts";

/** How many of each drill are kept. */
const KEPT = 20;

const count = z.number().int().nonnegative();

/** How a drill ended, as the state keeps it. A time that was never reached is not written. */
const pastDrill = z
  .strictObject({
    drill: z.string(),
    at: z.iso.datetime(),
    ending: z.enum(["passed", "failed", "interrupted"]),
    detectSeconds: z.number().optional(),
    recoverSeconds: z.number().optional(),
    asked: count,
    failed: count,
    longestGapSeconds: z.number().nonnegative(),
  })
  .transform(
    (past): PastDrill => ({ ...past, detectSeconds: past.detectSeconds, recoverSeconds: past.recoverSeconds }),
  );

/** What is kept with these results at its end; of each drill the last 20 stay, interrupted ones too. */
export function remember(kept: readonly KeptDrill[], results: readonly DrillResult[]): readonly KeptDrill[] {
  const all = [...kept, ...results.map((result): KeptDrill => ({ ...pastOf(result) }))];
  return all.filter(({ drill }, index) => all.slice(index).filter((later) => later.drill === drill).length <= KEPT);
}

const pastOf = ({ drill, began, ending, detectSeconds, recoverSeconds, answers }: DrillResult): PastDrill => ({
  drill,
  at: new Date(began).toISOString(),
  ending,
  detectSeconds,
  recoverSeconds,
  asked: answers.asked,
  failed: answers.failed,
  longestGapSeconds: answers.longestGapSeconds,
});

/**
 * The newest one that ran to its end. What was interrupted says nothing about the stack; what another version wrote in a way
 * that this one cannot read is passed over.
 */
export const lastOf = (kept: readonly KeptDrill[], drill: DrillName): PastDrill | undefined =>
  kept
    .filter((past) => past.drill === drill)
    .flatMap((past) => pastDrill.safeParse(past).data ?? [])
    .findLast(({ ending }) => ending !== "interrupted");

/** "2026-11-20". */
const dayOf = (at: string): string => at.slice(0, 10);

export interface Comparison {
  /** As last time, by the rule of `comparedWith`. */
  readonly same: boolean;
  /** A whole line, without a full stop. */
  readonly words: string;
}

/**
 * How it went beside the last time. It is "as last time" when
 * - it ended in the same way,
 * - the recovery took between half and one and a half times as long as then, or differs by a minute at most (AWS's health
 *   checks, alarms and launches wait for the next minute more than once, so that two equal runs differ by that much), and
 * - not clearly more answers failed: at most half as many again as then, of as many asked, and five (at two a second a
 *   pause of two seconds and a half, as one connection that hangs makes).
 *
 * Fewer failed answers do not make a difference; a recovery in less than half the time does, and is called faster.
 * @param time how a number of seconds is written
 */
export function comparedWith(
  result: DrillResult,
  past: PastDrill | undefined,
  time: (seconds: number) => string = measured,
): Comparison {
  if (result.ending === "interrupted") return { same: false, words: "interrupted: not compared with the last time" };
  if (!past) return { same: false, words: "the first time" };
  const then = dayOf(past.at);
  const recovered = (took: number | undefined) =>
    took === undefined ? "it did not recover then" : `recovered in ${time(took)} then`;
  const said = (how: string, what: string): Comparison => ({ same: false, words: `${how} (${then}): ${what}` });

  if (result.ending !== past.ending)
    return past.ending === "passed"
      ? said("worse than last time", `passed, and ${recovered(past.recoverSeconds)}`)
      : said("better than last time", "failed then");
  const [now, before] = [result.recoverSeconds, past.recoverSeconds];
  if (now === undefined && before !== undefined) return said("worse than last time", recovered(before));
  if (now !== undefined && before === undefined) return said("better than last time", recovered(before));
  if (now !== undefined && before !== undefined && Math.abs(now - before) > 60) {
    if (now > before * 1.5) return said("slower than last time", recovered(before));
    if (now < before / 2) return said("faster than last time", recovered(before));
  }
  const { asked, failed } = result.answers;
  const asThen = past.asked === 0 ? 0 : (past.failed / past.asked) * asked;
  if (failed > asThen * 1.5 + 5)
    return said("more answers failed than last time", `${grouped(past.failed)} of ${grouped(past.asked)} then`);
  return { same: true, words: `as last time (${then}): ${recovered(before)}` };
}
