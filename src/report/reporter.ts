import type { Event } from "../engine/events.ts";

/** Takes the engine's events and shows them. `stop` leaves the last word on the screen; it may be called twice. */
export interface Reporter {
  emit(event: Event): void;
  stop(): void;
}

/** Where a reporter writes. */
export interface Sink {
  write(text: string): unknown;
}

/** For `--json`, whose one document is printed at the end. */
export const silentReporter: Reporter = { emit() {}, stop() {} };

/** True when the stream can show a block that rewrites itself: a terminal that moves its cursor, and nobody's log. */
export function canBeLive(
  stream: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && env.TERM !== "dumb" && !env.CI;
}
