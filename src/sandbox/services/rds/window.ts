/** Each instance has its own on AWS, of half an hour, at random in the region's night; here all have this one. */
export const WINDOW = "sun:17:00-sun:17:30";
const SUNDAY = 0;
const HOUR = 17;
const WEEK_MS = 7 * 24 * 3_600_000;

/** From now until the window opens. */
export function msToWindow(now: number): number {
  const date = new Date(now);
  const opens = Date.UTC(
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate() + ((SUNDAY - date.getUTCDay() + 7) % 7),
    HOUR,
  );
  return opens > now ? opens - now : opens + WEEK_MS - now;
}
