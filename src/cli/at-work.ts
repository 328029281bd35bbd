import type { Aws } from "../aws/aws.ts";
import { failureOf } from "../aws/failure.ts";
import { runLock } from "../aws/logs/run-lock.ts";
import { BuddyError } from "../lib/errors.ts";
import { isProvablyDead, isThisProcess } from "../state/holder.ts";
import { type Held, heldBy } from "../state/stack-lock.ts";

/** The run that is at work on a stack, or why that could not be read; neither: none is. */
export interface AtWork {
  readonly lock?: Held | undefined;
  readonly reason?: string;
}

/** Asks for the stack's lock, of who holds none. What only looks does not fail for it. */
export async function atWork(aws: Aws, stack: string, region = aws.region): Promise<AtWork> {
  try {
    const held = await heldBy(runLock(aws, stack, region));
    return held && !isProvablyDead(held) && !isThisProcess(held) ? { lock: held } : {};
  } catch (error) {
    if (error instanceof BuddyError && error.code === "interrupted") throw error;
    return { reason: `its lock could not be read: ${failureOf(error, aws.cli).message}` };
  }
}
