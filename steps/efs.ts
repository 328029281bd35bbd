import { backupRoleName, stackVault } from "../src/aws/backup/names.ts";
import { vault as vaultType } from "../src/aws/backup/vault.ts";
import { fileSystem as fileSystemType } from "../src/aws/efs/file-system.ts";
import { role as roleType } from "../src/aws/iam/role.ts";
import { chosen } from "../src/aws/kms/choice.ts";
import { encryptionKey } from "../src/aws/kms/key.ts";
import { nameFor } from "../src/aws/names.ts";
import { arnIn, linkedPrincipal } from "../src/aws/partition.ts";
import type { Config } from "../src/config/schema.ts";
import { resource, step } from "../src/engine/resource.ts";
import { GROUP_KEY } from "./auto-scaling.ts";
import { FILE_SYSTEM, type Inputs } from "./inputs.ts";
import type { SecurityGroupsStep } from "./security-groups.ts";
import type { SubnetsStep } from "./subnets.ts";

/** What AWS Backup may do by its role (developer guide, "Managed policies for AWS Backup"). */
const BACKUP_POLICIES = ["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"];

/** The files that all web instances share, with a mount target in each zone, and where their copies are kept. */
export function efsStep(
  config: Config,
  { web }: Pick<SubnetsStep, "web">,
  { efs: group }: Pick<SecurityGroupsStep, "efs">,
  inputs: Pick<Inputs, "from"> = {},
) {
  const { stack, region } = config;
  const { kmsKey, transitionToIaDays, backup } = config.efs;
  const keys = kmsKey === null ? [] : [resource(encryptionKey, "file-system-key", kmsKey, {}, () => ({}))];
  const backupRole = resource(roleType, "role-backup", backupRoleName(stack, region), {}, () => ({
    service: linkedPrincipal("backup"),
    statements: [],
    managedPolicies: BACKUP_POLICIES.map((name) => arnIn(region, `iam::aws:policy/service-role/${name}`)),
  }));
  const vault = resource(vaultType, "backup-vault", stackVault(stack), {}, () => ({}));
  const fileSystem = resource(
    fileSystemType,
    FILE_SYSTEM,
    nameFor(config, fileSystemType, "Buddy-EFS"),
    { web, group, keys, vault, backupRole },
    ({ web, group, keys: [key] }) => ({
      encrypted: true,
      ...chosen(key, kmsKey),
      performance: "generalPurpose" as const,
      throughput: "bursting" as const,
      transitionToIaDays,
      backup,
      mounts: web.map((subnet) => ({ subnetId: subnet.id, groupId: group.id })),
      zones: web.map((subnet) => subnet.zone),
      recoveryPoint: inputs.from?.recoveryPoint,
      copyOf: inputs.from?.copyOf,
      openVault: inputs.from?.openVault,
      restoring: false,
    }),
    {
      configured: { kmsKey: "efs.kmsKey", backup: "efs.backup", transitionToIaDays: "efs.transitionToIaDays" },
      narrowsAfter: [GROUP_KEY],
    },
  );
  return step("efs", { keys, backupRole, vault, fileSystem });
}
export type EfsStep = ReturnType<typeof efsStep>["resources"];
