import { invalidValue } from "./tables.ts";

/** Each instance has its own on AWS, of half an hour, at random in the region's night; here all have these. */
export const WINDOW = "sun:17:00-sun:17:30";
export const BACKUP_WINDOW = "18:00-18:30";

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const LEAST_MINUTES = 30;

const TIME = "([01]\\d|2[0-3]):([0-5]\\d)";
const WEEKLY = new RegExp(`^(${DAYS.join("|")}):${TIME}-(${DAYS.join("|")}):${TIME}$`);
const DAILY = new RegExp(`^${TIME}-${TIME}$`);

interface Span {
  /** Minutes since Sunday, or midnight. */
  readonly from: number;
  readonly minutes: number;
}
const spanOf = (from: number, to: number, period: number): Span => ({ from, minutes: (to - from + period) % period });

function weekly(window: string): Span {
  const [, day = "", hour, minute, lastDay = "", lastHour, lastMinute] = WEEKLY.exec(window.toLowerCase()) ?? [];
  if (hour === undefined)
    throw invalidValue(
      `Invalid maintenance window format: ${window}. Should be specified as a range ddd:hh24:mi-ddd:hh24:mi (24H Clock UTC).`,
    );
  const at = (name: string, hours: unknown, minutes: unknown) =>
    DAYS.indexOf(name) * DAY_MINUTES + Number(hours) * 60 + Number(minutes);
  return spanOf(at(day, hour, minute), at(lastDay, lastHour, lastMinute), WEEK_MINUTES);
}
function daily(window: string): Span {
  const [, hour, minute, lastHour, lastMinute] = DAILY.exec(window) ?? [];
  if (hour === undefined)
    throw invalidValue(
      `Invalid backup window format: ${window}. Should be specified as a range hh24:mi-hh24:mi (24H Clock UTC).`,
    );
  const at = (hours: unknown, minutes: unknown) => Number(hours) * 60 + Number(minutes);
  return spanOf(at(hour, minute), at(lastHour, lastMinute), DAY_MINUTES);
}

/** "Must be at least 30 minutes", and one must not conflict with the other (API reference, ModifyDBInstance). */
export function checkWindows(maintenance: string, backup: string): void {
  const [week, day] = [weekly(maintenance), daily(backup)];
  if (week.minutes < LEAST_MINUTES || day.minutes < LEAST_MINUTES)
    throw invalidValue(`The window must be at least ${LEAST_MINUTES} minutes.`);
  const apart = (day.from - (week.from % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
  if (apart < week.minutes || DAY_MINUTES - apart < day.minutes)
    throw invalidValue("The backup window and maintenance window must not overlap.");
}

/** Since the window opened, the last time. */
function sinceOpen(now: number, window: string): number {
  const date = new Date(now);
  const minute = date.getUTCDay() * DAY_MINUTES + date.getUTCHours() * 60 + date.getUTCMinutes();
  const whole = ((minute - weekly(window).from + WEEK_MINUTES) % WEEK_MINUTES) * MINUTE_MS;
  return whole + (now % MINUTE_MS);
}

/** From now until the window opens. */
export const msToWindow = (now: number, window = WINDOW): number => WEEK_MINUTES * MINUTE_MS - sinceOpen(now, window);

export const isInWindow = (now: number, window = WINDOW): boolean =>
  sinceOpen(now, window) < weekly(window).minutes * MINUTE_MS;
