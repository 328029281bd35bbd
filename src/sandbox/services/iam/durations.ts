import { msOf } from "../../service.ts";

/** Seconds: typical values of the field reports behind docs/sandbox.md. */
export const durations = {
  /** From the role in an instance profile until EC2 takes the profile. */
  profileUsable: 12,
} as const;
export const ms = msOf(durations);
