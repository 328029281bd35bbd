import { about } from "../lib/duration.ts";

/** AWS refuses requests whose time is more than five minutes off (IAM user guide, Signature Version 4); the SDK corrects from four on. */
const MOST_MS = 4 * 60_000;

/** Whether a clock is so far off that AWS would not take its time. @param ahead how far AWS's is ahead, milliseconds */
export const isFarOff = (ahead: number): boolean => Math.abs(ahead) >= MOST_MS;

/** "this machine's clock is 20 min slow". @param ahead of AWS's clock, milliseconds */
export const clockWords = (ahead: number): string =>
  `this machine's clock is ${about(Math.abs(ahead) / 1_000)} ${ahead > 0 ? "slow" : "fast"}`;
