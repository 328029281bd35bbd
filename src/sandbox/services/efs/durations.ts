import { msOf } from "../../service.ts";

/** Seconds: typical values of the field reports behind docs/internals/sandbox.md. */
export const durations = {
  fileSystemAvailable: 12,
  fileSystemDeleted: 5,
  mountTargetAvailable: 80,
  mountTargetDeleted: 60,
} as const;
export const ms = msOf(durations);
