/** When to look again. Pure arithmetic. */

const LONGEST_PAUSE_S = 60;
/** All objects look again on the same beat, so that their reads of one kind become one call. */
const BEAT_MS = 500;

/** How long to sleep, milliseconds, so that at least `ms` pass and the look falls on a beat. */
export const untilBeat = (now: number, ms: number): number => Math.ceil((now + ms) / BEAT_MS) * BEAT_MS - now;

/**
 * Pause before the next look, seconds: some looks soon, as what fails early is then seen early, and what is there at once, too; few
 * before it can be ready; many when it is due; fewer when it is late.
 */
export function pauseSeconds(elapsedSeconds: number, usualSeconds: number): number {
  const [early, due] = [usualSeconds * 0.4, usualSeconds * 0.85];
  const soon = Math.max(2, elapsedSeconds * 2);
  const pause =
    elapsedSeconds < early
      ? Math.min(soon, early - elapsedSeconds)
      : elapsedSeconds < due
        ? Math.min(usualSeconds * 0.06, due - elapsedSeconds)
        : Math.max(usualSeconds * 0.025, (elapsedSeconds - usualSeconds) * 0.1);
  return Math.min(LONGEST_PAUSE_S, Math.max(1, pause));
}

/** How far a service's reads lag behind writes, learnt from each first look after a change. */
export interface ReadLag {
  /** Pause between a change and the first look, milliseconds. @param service the part of a type's name before the colon */
  pauseMs(service: string): number;
  /** A first look did not show the change. */
  missed(service: string): void;
}

const PROMPT_MS = 500;
const LAGGING_MS = 1_500;

/** Most reads show a write at once; where one has not, the next looks come later, as another one would be wasted. */
export function readLag(): ReadLag {
  const lagging = new Set<string>();
  return {
    pauseMs: (service) => (lagging.has(service) ? LAGGING_MS : PROMPT_MS),
    missed: (service) => void lagging.add(service),
  };
}

/** Pause while an update that AWS accepted does not show yet, milliseconds. */
export const updatePauseMs = (elapsedMs: number): number => Math.min(10_000, 1_000 + elapsedMs / 4);
