import { linkedPrincipal } from "../../../aws/partition.ts";
import type { SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { systemTable } from "../efs/tables.ts";
import { linkedRoleArn, useLinkedRole } from "../iam/linked-roles.ts";
import { createJob } from "./jobs.ts";
import { vaultTable } from "./tables.ts";

/** EFS's own vault and plan: each day from 5:00 UTC, kept for 35 days (EFS user guide, "Automatic backups"). */
const VAULT = "aws/efs/automatic-backup-vault";
const HOUR_UTC = 5;
const KEPT_DAYS = 35;
const DAY_MS = 24 * 3_600_000;

/** The access policy that the vault is made with, word by word (rebuy-de/aws-nuke#1110). */
const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Deny",
      Principal: { AWS: "*" },
      Action: [
        "backup:DeleteBackupVault",
        "backup:DeleteBackupVaultAccessPolicy",
        "backup:DeleteRecoveryPoint",
        "backup:StartCopyJob",
        "backup:StartRestoreJob",
        "backup:UpdateRecoveryPointLifecycle",
      ],
      Resource: "*",
    },
  ],
});

/** File systems whose next day is on its way. */
const table = (sim: Sim) => sim.table<{ readonly id: string }>("backup.daily");

const msToNext = (now: number): number => {
  const today = Math.floor(now / DAY_MS) * DAY_MS + HOUR_UTC * 3_600_000;
  return (today > now ? today : today + DAY_MS) - now;
};

/** Automatic backups were switched on for a file system. */
function begin(id: string, sim: Sim): void {
  if (!vaultTable(sim).get(VAULT))
    vaultTable(sim).putNow(VAULT, { name: VAULT, requestId: null, policy: POLICY, tags: {}, createdAt: sim.now });
  if (table(sim).get(id)) return;
  table(sim).putNow(id, { id });
  sim.after(msToNext(sim.now), "backup:daily", id);
}

export const automatic: Partial<SandboxService> = {
  hooks: { fileSystemBackedUp: begin },
  timers: {
    daily(id, sim) {
      const system = systemTable(sim).get(id);
      table(sim).removeNow(id);
      if (!system?.backup) return;
      useLinkedRole(sim, linkedPrincipal("backup"));
      createJob(sim, {
        token: null,
        vault: VAULT,
        fileSystemId: id,
        roleArn: linkedRoleArn(sim, linkedPrincipal("backup")),
        deleteAfterDays: KEPT_DAYS,
        tags: {},
      });
      begin(id, sim);
    },
  },
};
