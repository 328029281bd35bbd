import { msOf } from "../../service.ts";

/**
 * Seconds, chosen: AWS names rates (100 MB or 500 files a second), and that a complete restore takes longer than the backup
 * (EFS user guide, "Backup performance").
 */
export const durations = {
  backupStarts: 60,
  backupCompleted: 180,
  restoreStarts: 60,
  restoreCompleted: 300,
  recoveryPointDeleted: 20,
  backupRoleUsable: 10,
} as const;
export const ms = msOf(durations);
