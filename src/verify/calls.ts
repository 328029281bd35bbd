import type { Call } from "../aws/aws.ts";
import { commandCalls } from "./aws/commands.ts";
import { monitoringCalls } from "./aws/monitoring.ts";

/** What `verify` sends besides what `up`, `status` and `down` do: its readers say it. */
export const verifyCalls: readonly Call[] = [...commandCalls, ...monitoringCalls];

/** What drills send (for the stack in `steps/drills.ts`) besides what `verify`, `up`, `status` and `down` do. */
export const drillCalls = [
  "autoScaling.setDesiredCapacity",
  "backup.getRecoveryPointRestoreMetadata",
  "backup.putBackupVaultAccessPolicy",
] as const satisfies readonly Call[];
