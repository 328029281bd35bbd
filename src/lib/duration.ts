/** Lengths of time as people read them. Exact ones by whole units, rough ones rounded; each also with its units spelled. */

const two = (part: number): string => String(part).padStart(2, "0");

/** What has passed, by whole seconds: "2s", "6m12s", "1h02m". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  return `${Math.floor(seconds / 3_600)}h${two(Math.floor((seconds % 3_600) / 60))}m`;
}

/** Below ten seconds a tenth matters. */
const tenths = (seconds: number): string | undefined =>
  seconds < 10 && !Number.isInteger(seconds) ? seconds.toFixed(1) : undefined;

/** What was measured: "1.5s", "42s", "3m10s". */
export function measured(seconds: number): string {
  const short = tenths(seconds);
  return short === undefined ? duration(Math.round(seconds) * 1_000) : `${short}s`;
}

/** What was measured, for a page: "0.5 s", "42 s", "5 min 35 s", "1 h 02 min". */
export function spelled(seconds: number): string {
  const short = tenths(seconds);
  if (short !== undefined) return `${short} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (whole < 3_600) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** How far a moment is from another, by whole seconds: "+1m05s", "−8s". */
export function offset(zero: number, at: number): string {
  const past = Math.round((at - zero) / 1_000);
  return `${past < 0 ? "−" : "+"}${duration(Math.abs(past) * 1_000)}`;
}

/** What is expected: "~45s", "~9m", "~2h". */
export function roughly(seconds: number): string {
  if (seconds < 90) return `~${Math.max(1, Math.round(seconds))}s`;
  if (seconds < 5_400) return `~${Math.round(seconds / 60)}m`;
  return `~${Math.round(seconds / 3_600)}h`;
}

/** What is expected, in a sentence: "45 s", "18 min", "1.6 h". */
export function about(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}

/** How old something is, in a sentence: "45 s", "18 min", "5 h", "3 days". */
export function age(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 5_400) return about(seconds);
  const hours = Math.round(seconds / 3_600);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/** A moment as people read it: "2026-11-22 09:14 UTC". @param ms since 1970 */
export const at = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
