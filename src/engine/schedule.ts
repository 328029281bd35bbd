/** When to look again. Pure arithmetic. */

const LONGEST_PAUSE_S = 15;
/** All objects look again on the same beat, so that their reads of one kind become one call. */
const BEAT_MS = 1_000;

/** How long to sleep, milliseconds, so that at least `ms` pass and the look falls on a beat. */
export const untilBeat = (now: number, ms: number): number => Math.ceil((now + ms) / BEAT_MS) * BEAT_MS - now;

/** Pause before the next look, seconds: few looks before a thing can be ready, many when it is due, fewer when it is late. */
export function pauseSeconds(elapsedSeconds: number, usualSeconds: number): number {
  const due = usualSeconds * 0.7;
  const pause =
    elapsedSeconds < due ? due - elapsedSeconds : Math.max(usualSeconds * 0.025, (elapsedSeconds - usualSeconds) * 0.1);
  return Math.min(LONGEST_PAUSE_S, Math.max(1, pause));
}

/** Pause between a create call and the first look, milliseconds. Few things are there at once; a look right away is mostly wasted. */
export const firstPauseMs = (usualSeconds: number): number =>
  usualSeconds < 5 ? 1_000 : Math.min(usualSeconds * 700, LONGEST_PAUSE_S * 1_000);

/** Pause while an update that AWS accepted does not show yet, milliseconds. */
export const updatePauseMs = (elapsedMs: number): number => Math.min(10_000, 1_000 + elapsedMs / 4);
