import { msOf } from "../../service.ts";

/** Seconds: typical values of the field reports behind docs/internals/sandbox.md. */
export const durations = {
  databaseAvailable: 480,
  replicaAvailable: 480,
  /** From a snapshot, or to a point in time. */
  databaseRestored: 600,
  /** "Several minutes or longer" (user guide, "Promoting a read replica"), the reboot at its end not counted. */
  replicaPromoted: 180,
  databaseModify: 60,
  databaseClass: 300,
  databaseMinorUpgrade: 300,
  databaseMajorUpgrade: 900,
  /** After its storage has grown; it can be used meanwhile. */
  storageOptimization: 1_800,
  databaseDeleted: 240,
  finalSnapshot: 120,
} as const;
export const ms = msOf(durations);
