import { setMaxListeners } from "node:events";
import { BuddyError } from "../lib/errors.ts";

/** How long calls under way may take to finish after Ctrl-C, milliseconds. */
const GRACE_MS = 4_500;

/**
 * Ctrl-C and SIGTERM: the first ends the run cleanly (nothing new is sent, calls under way are finished and recorded),
 * the second leaves at once. Both exit with 5.
 */
export function onInterrupt(): { readonly signal: AbortSignal; onFirst(act: () => void): void; stop(): void } {
  const controller = new AbortController();
  // Each of the many waits listens for it.
  setMaxListeners(0, controller.signal);
  const acts: (() => void)[] = [];
  const leave = () => {
    process.stderr.write("\nLeft at once. Run the same command again: it goes on where reality stands.\n");
    process.exit(5);
  };
  const act = () => {
    if (controller.signal.aborted) leave();
    for (const one of acts) one();
    controller.abort(
      new BuddyError({
        code: "interrupted",
        message: "interrupted",
        hint: "Run the same command again: it goes on where it stopped.",
      }),
    );
    setTimeout(leave, GRACE_MS).unref();
  };
  process.on("SIGINT", act);
  process.on("SIGTERM", act);
  return {
    signal: controller.signal,
    onFirst: (one) => acts.push(one),
    stop() {
      process.off("SIGINT", act);
      process.off("SIGTERM", act);
    },
  };
}
