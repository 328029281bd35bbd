import { randomBytes } from "node:crypto";
import { runLock } from "../aws/logs/run-lock.ts";
import type { Config } from "../config/schema.ts";
import { ourselves } from "../state/holder.ts";
import { takeLock } from "../state/lock.ts";
import { takeStackLock } from "../state/stack-lock.ts";
import { type Connected, withConnection } from "./connection.ts";
import type { CommonOptions } from "./options.ts";
import { tell } from "./output.ts";
import type { Paths } from "./paths.ts";

/** Connects, and holds the locks of the files and of the stack for as long as the work takes. */
export async function withLocks<T>(
  work: { readonly options: CommonOptions; readonly paths: Paths; readonly config: Config; readonly command: string },
  act: (connected: Connected) => Promise<T>,
): Promise<T> {
  const mine = ourselves(work.command, randomBytes(4).toString("hex"), new Date());
  const files = takeLock(work.paths.lock, mine.command, mine.token, new Date(mine.since));
  try {
    return await withConnection({ ...work, writes: true }, async (connected) => {
      const { aws, clock, signal } = connected;
      const lock = await takeStackLock(runLock(aws, work.config.stack), mine, {
        clock,
        signal,
        now: Date.now,
        notice: tell,
      });
      try {
        return await act(connected);
      } finally {
        await lock.release();
      }
    });
  } finally {
    files.release();
  }
}
