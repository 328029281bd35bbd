import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { ms } from "./durations.ts";
import {
  badRequest,
  deleteAt,
  fileSystemArn,
  idIn,
  notFound,
  page,
  paging,
  pointArn,
  vaultArn,
  vaultFor,
  vaultName,
} from "./shared.ts";
import { pointTable, type RecoveryPoint } from "./tables.ts";

const ofResource = (sim: Sim, point: RecoveryPoint) => ({
  RecoveryPointArn: pointArn(sim, point.id),
  CreationDate: new Date(point.createdAt),
  Status: point.status,
  BackupSizeBytes: point.bytes,
  BackupVaultName: point.vault,
  IsParent: false,
  ResourceName: point.source.name,
  VaultType: "BACKUP_VAULT",
});
const inVault = (sim: Sim, point: RecoveryPoint) => ({
  RecoveryPointArn: pointArn(sim, point.id),
  BackupVaultName: point.vault,
  BackupVaultArn: vaultArn(sim, point.vault),
  ResourceArn: fileSystemArn(sim, point.fileSystemId),
  ResourceType: "EFS",
  ResourceName: point.source.name,
  IamRoleArn: point.roleArn,
  Status: point.status,
  CreationDate: new Date(point.createdAt),
  ...(point.completedAt === null ? {} : { CompletionDate: new Date(point.completedAt) }),
  BackupSizeInBytes: point.bytes,
  ...(point.deleteAfterDays === null
    ? {}
    : { CalculatedLifecycle: { DeleteAt: deleteAt(point) }, Lifecycle: { DeleteAfterDays: point.deleteAfterDays } }),
  IsEncrypted: true,
  VaultType: "BACKUP_VAULT",
});

/** The recovery point of that vault, for an action that the vault's policy does not deny. */
export function pointFor(sim: Sim, vault: string, arn: string, action: string): RecoveryPoint {
  vaultFor(sim, vault, action, arn);
  const point = pointTable(sim).visible(idIn(arn)) && pointTable(sim).get(idIn(arn));
  if (!point || point.vault !== vault || arn !== pointArn(sim, point.id))
    throw notFound(`Recovery point ${arn} not found in backup vault ${vault}.`);
  return point;
}

const named = { BackupVaultName: vaultName, RecoveryPointArn: z.string() };

export const recoveryPoints: SandboxService["operations"] = {
  ListRecoveryPointsByResource: operation(
    { ResourceArn: z.string(), ManagedByAWSBackupOnly: z.boolean().optional(), ...paging },
    ({ ResourceArn, ...rest }, sim) => {
      const found = pointTable(sim)
        .allVisible()
        .filter(({ fileSystemId }) => fileSystemArn(sim, fileSystemId) === ResourceArn);
      const { items, ...next } = page(found, rest);
      return { RecoveryPoints: items.map((point) => ofResource(sim, point)), ...next };
    },
  ),
  ListRecoveryPointsByBackupVault: operation(
    { BackupVaultName: vaultName, ByResourceArn: z.string().optional(), ...paging },
    ({ BackupVaultName, ByResourceArn, ...rest }, sim) => {
      vaultFor(sim, BackupVaultName, "ListRecoveryPointsByBackupVault");
      const found = pointTable(sim)
        .allVisible()
        .filter(({ vault }) => vault === BackupVaultName)
        .filter(({ fileSystemId }) => !ByResourceArn || fileSystemArn(sim, fileSystemId) === ByResourceArn);
      const { items, ...next } = page(found, rest);
      return { RecoveryPoints: items.map((point) => inVault(sim, point)), ...next };
    },
  ),
  DescribeRecoveryPoint: operation(named, ({ BackupVaultName, RecoveryPointArn }, sim) =>
    inVault(sim, pointFor(sim, BackupVaultName, RecoveryPointArn, "DescribeRecoveryPoint")),
  ),
  DeleteRecoveryPoint: operation(named, ({ BackupVaultName, RecoveryPointArn }, sim) => {
    const point = pointFor(sim, BackupVaultName, RecoveryPointArn, "DeleteRecoveryPoint");
    if (point.status === "CREATING") throw badRequest("Recovery point is being created and cannot be deleted.");
    pointTable(sim).put(point.id, { ...point, status: "DELETING" });
    sim.after(ms("recoveryPointDeleted"), "backup:point-gone", point.id);
    return {};
  }),
  GetRecoveryPointRestoreMetadata: operation(named, ({ BackupVaultName, RecoveryPointArn }, sim) => {
    const point = pointFor(sim, BackupVaultName, RecoveryPointArn, "GetRecoveryPointRestoreMetadata");
    return {
      BackupVaultArn: vaultArn(sim, point.vault),
      RecoveryPointArn,
      ResourceType: "EFS",
      RestoreMetadata: {
        "file-system-id": point.fileSystemId,
        Encrypted: String(point.source.encrypted),
        PerformanceMode: point.source.performance,
      },
    };
  }),
};

export const recoveryPointTimers: NonNullable<SandboxService["timers"]> = {
  "point-gone": (id, sim) => pointTable(sim).removeNow(id),
  /** Its retention is over. */
  "point-expired": (id, sim) => pointTable(sim).removeNow(id),
};
