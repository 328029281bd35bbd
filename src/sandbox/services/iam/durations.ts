import { msOf } from "../../service.ts";

/** Seconds: typical values of the field reports behind docs/internals/sandbox.md. */
export const durations = {
  /** From the role in an instance profile until EC2 takes the profile. */
  profileUsable: 12,
  /** From a service-linked role until its service can act by it (in pelias-deprecated/kubernetes#32 and others, about a minute). */
  linkedRoleUsable: 60,
} as const;
export const ms = msOf(durations);
