import { setMaxListeners } from "node:events";
import { BuddyError } from "../lib/errors.ts";
import { onOutputLost, tell } from "./output.ts";

/** How long calls under way may take to finish after Ctrl-C, milliseconds. */
const GRACE_MS = 4_500;

/** What Ctrl-C ends. */
export const interrupted = (hint?: string): BuddyError =>
  new BuddyError({ code: "interrupted", message: "interrupted", hint });

/** An interruption of a command that would change things, and has changed none yet; any other error, and one that says more, as it is. */
export const beforeAnyChange = (error: unknown): unknown =>
  error instanceof BuddyError && error.code === "interrupted" && error.message === "interrupted"
    ? new BuddyError({
        code: "interrupted",
        message: "interrupted before anything was changed",
        hint: "Run the same command again when you want it done.",
      })
    : error;

export interface Interrupts {
  readonly signal: AbortSignal;
  onFirst(act: () => void): void;
  stop(): void;
}

/**
 * Ctrl-C and SIGTERM: the first ends the run cleanly (nothing new is sent, calls under way are finished and recorded),
 * the second leaves at once. Both exit with 5. A run that nobody listens to any more, or whose terminal was closed, ends as at the first.
 * @param putsBack the first one starts work of its own, which has no time limit
 */
export function onInterrupt(putsBack = false): Interrupts {
  const controller = new AbortController();
  // Each of the many waits listens for it.
  setMaxListeners(0, controller.signal);
  const acts: (() => void)[] = [];
  const leave = () => {
    tell(
      putsBack
        ? "\nLeft at once. What is not as the config says, `buddyverse status` shows and `buddyverse up` puts back."
        : "\nLeft at once. Run the same command again: it continues where reality stands.",
    );
    process.exit(5);
  };
  const act = () => {
    if (controller.signal.aborted) leave();
    for (const one of acts) one();
    controller.abort(interrupted(putsBack ? "Run it again when you like." : undefined));
    if (!putsBack) setTimeout(leave, GRACE_MS).unref();
  };
  const listenNoMore = onOutputLost(() => {
    if (!controller.signal.aborted) act();
  });
  // The kernel and the shell may both say it. Without a terminal the run goes on: so nohup leaves it, and Node takes back that
  // nohup had it ignored (PlatformInit in node.cc).
  const seen = process.stdout.isTTY || process.stderr.isTTY;
  const hangUp = () => {
    if (seen && !controller.signal.aborted) act();
  };
  process.on("SIGINT", act);
  process.on("SIGTERM", act);
  process.on("SIGHUP", hangUp);
  return {
    signal: controller.signal,
    onFirst: (one) => acts.push(one),
    stop() {
      listenNoMore();
      process.off("SIGINT", act);
      process.off("SIGTERM", act);
      process.off("SIGHUP", hangUp);
    },
  };
}
