import type { Event } from "../engine/events.ts";
import type { Forecast } from "../engine/forecast.ts";
import type { Clock } from "../lib/clock.ts";
import type { Direction, ShownStep } from "./progress.ts";

/** Takes the engine's events and shows them. `stop` leaves the last word on the screen; it may be called twice. */
export interface Reporter {
  emit(event: Event): void;
  stop(): void;
}

/** What of a run is shown, to people. */
export interface RunOptions {
  readonly steps: readonly ShownStep[];
  readonly direction?: Direction | undefined;
  /** Undefined: nobody knows how long it takes. */
  readonly forecast?: Forecast | undefined;
  /** Written once, before all else. */
  readonly title?: readonly string[];
  /** The run's clock, and how many times faster than the wall's it goes. */
  readonly clock: Pick<Clock, "now">;
  readonly speed?: number | undefined;
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
