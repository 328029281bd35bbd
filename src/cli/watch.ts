import { setTimeout as pause } from "node:timers/promises";
import { at } from "../lib/duration.ts";
import { BuddyError } from "../lib/errors.ts";
import { canBeLive } from "../report/reporter.ts";
import { onInterrupt } from "./interrupt.ts";
import type { CommonOptions } from "./options.ts";
import { fitTo, printResult, printView } from "./output.ts";
import { staged } from "./staged.ts";

/** What one look has found. */
export interface Look {
  readonly text: string;
  readonly value: object;
  readonly code: number;
  /** What of it counts as news. */
  readonly news: unknown;
}

/** To the top left, and all below is empty. */
const CLEARED = "\u001b[H\u001b[2J\u001b[3J";

/**
 * Looks again and again until Ctrl-C, and answers the exit code of the last look. A terminal is drawn anew; elsewhere a look that
 * has found the same as the one before is one line. Each look is made from the start: the state and the login may be others by then.
 */
export async function repeated(options: CommonOptions, seconds: number, look: () => Promise<Look>): Promise<number> {
  const interrupt = onInterrupt();
  const live = !options.jsonLines && canBeLive(process.stdout, process.env);
  const onStage = staged(options);
  let before: string | undefined;
  let code = 0;
  try {
    while (!interrupt.signal.aborted) {
      const { text, ...found } = await look();
      ({ code } = found);
      const news = JSON.stringify(found.news);
      const when = at(Date.now());
      const every = `looks again every ${seconds} s; Ctrl-C ends it`;
      if (live) process.stdout.write(`${CLEARED}${fitTo(process.stdout, `${onStage(text)}\n\n${when}: ${every}.`)}\n`);
      else if (options.jsonLines || news !== before) printView(options, `${when}: ${every}.\n${text}\n`, found.value);
      else printResult(options, `${when}: as before.`, {});
      before = news;
      await pause(seconds * 1_000, undefined, { signal: interrupt.signal }).catch(() => {});
    }
  } catch (error) {
    if (!(error instanceof BuddyError) || error.code !== "interrupted") throw error;
  } finally {
    interrupt.stop();
  }
  return code;
}
