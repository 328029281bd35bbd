import { msOf } from "../../service.ts";

/** Seconds: typical values of the field reports behind docs/internals/sandbox.md. */
export const durations = {
  certificateIssued: 120,
  certificateRecordShown: 10,
  /** A certificate counts as in use after its listener is gone. */
  certificateHeld: 20,
} as const;
export const ms = msOf(durations);
