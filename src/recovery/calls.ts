import type { Call } from "../aws/aws.ts";
import { commandCalls } from "../verify/aws/commands.ts";

/** What `restore files` sends besides what `up`, `status` and `down` do. */
export const restoreFilesCalls: readonly Call[] = [
  ...commandCalls,
  "backup.getBackupVaultAccessPolicy",
  "backup.getRecoveryPointRestoreMetadata",
  "backup.listRestoreJobs",
  "backup.putBackupVaultAccessPolicy",
  "backup.startRestoreJob",
];
