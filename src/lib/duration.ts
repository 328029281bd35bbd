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

/** What is expected: "~45s", "~1m20s", "~9m", "~2h". */
export function roughly(seconds: number): string {
  if (Math.round(seconds) < 60) return `~${Math.max(1, Math.round(seconds))}s`;
  if (seconds < 175) {
    const tens = Math.round(seconds / 10);
    return `~${Math.floor(tens / 6)}m${tens % 6 === 0 ? "" : `${(tens % 6) * 10}s`}`;
  }
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

/** A moment as people read it: "2026-11-22 09:14 UTC", and before it the time of this machine where that is another. @param ms since 1970 */
export function at(ms: number): string {
  const utc = `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  if (zoneAt(ms) === "UTC") return utc;
  const local = `${dayAt(ms)} ${clockMinute(ms)}`;
  return `${local} ${zoneAt(ms)} (${utc.startsWith(local.slice(0, 10)) ? utc.slice(11) : utc})`;
}

/** The day on this machine's calendar: "2026-11-22". @param ms since 1970 */
export function dayAt(ms: number): string {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** What this machine's clock shows: "13:24:05". @param ms since 1970 */
export const clockSecond = (ms: number): string => new Date(ms).toTimeString().slice(0, 8);
/** What this machine's clock shows: "13:24". @param ms since 1970 */
export const clockMinute = (ms: number): string => clockSecond(ms).slice(0, 5);

/** How far this machine's clock is ahead: "UTC+9", "UTC-3:30", "UTC". @param ms since 1970 */
export function zoneAt(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "-" : "+"}${hours}${rest === 0 ? "" : `:${two(rest)}`}`;
}
