import type { DrillStack } from "../drill-stack.ts";

/* What the drills share that restore something beside what runs. */

const LOOK_AGAIN_MS = 10_000;

/** "1 table", "1,200 rows". */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;

/** Looks until it is so. Ends when the drill is interrupted, unless it puts back. */
export async function until(
  { clock }: Pick<DrillStack, "clock">,
  what: string,
  seconds: number,
  look: () => Promise<boolean>,
  interrupted?: AbortSignal,
): Promise<void> {
  const began = clock.now();
  while (!(await look())) {
    if (clock.now() - began > seconds * 1_000) throw new Error(`${what}: not within ${Math.round(seconds / 60)} min`);
    await clock.sleep(LOOK_AGAIN_MS, interrupted);
  }
}
