import { composed, type SandboxService } from "../../service.ts";
import { automatic } from "./automatic.ts";
import { durations } from "./durations.ts";
import { jobs, jobTimers } from "./jobs.ts";
import { recoveryPoints, recoveryPointTimers } from "./recovery-points.ts";
import { restores, restoreTimers } from "./restores.ts";
import { settings } from "./settings.ts";
import { vaults } from "./vaults.ts";

/** AWS Backup, as far as it copies file systems. */
export const backup: SandboxService = composed(automatic, {
  durations,
  errors: {
    missingParameter: "MissingParameterValueException",
    malformedParameter: "InvalidParameterValueException",
    throttled: "ThrottlingException",
    internal: "ServiceUnavailableException",
  },
  failures: { "backup-job": {}, "restore-job": {} },
  inventory: {
    "backup.vaults": "backup vaults",
    "backup.points": "recovery points",
    "backup.jobs": "backup jobs",
    "backup.restores": "restore jobs",
  },
  operations: { ...vaults, ...settings, ...jobs, ...recoveryPoints, ...restores },
  timers: { ...jobTimers, ...recoveryPointTimers, ...restoreTimers },
});
