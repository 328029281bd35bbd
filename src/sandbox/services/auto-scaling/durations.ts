import { msOf } from "../../service.ts";

/** Seconds: typical values of the field reports behind docs/internals/sandbox.md. */
export const durations = {
  /** From a change of a group until it acts. */
  groupActivity: 20,
} as const;
export const ms = msOf(durations);
