import * as z from "zod";
import { arnIn } from "../../../aws/partition.ts";
import { awsError, operation, type SandboxService, untagged } from "../../service.ts";
import type { Sim } from "../../world.ts";
import {
  badRequest,
  badValue,
  idIn,
  notFound,
  page,
  paging,
  pointArn,
  statementsOf,
  tags,
  vaultArn,
  vaultFor,
  vaultName,
} from "./shared.ts";
import { pointTable, type Vault, vaultTable } from "./tables.ts";

const pointsIn = (sim: Sim, name: string) =>
  pointTable(sim)
    .all()
    .filter(({ vault }) => vault === name);

const shown = (sim: Sim, { name, requestId, createdAt }: Vault) => ({
  BackupVaultName: name,
  BackupVaultArn: vaultArn(sim, name),
  VaultType: "BACKUP_VAULT",
  VaultState: "AVAILABLE",
  CreationDate: new Date(createdAt),
  EncryptionKeyArn: arnIn(sim.region, `kms:${sim.region}:${sim.account}:key/aws-backup`),
  ...(requestId === null ? {} : { CreatorRequestId: requestId }),
  NumberOfRecoveryPoints: pointsIn(sim, name).length,
  Locked: false,
});

/** A vault's or a recovery point's tags, and how to set them. */
function tagged(sim: Sim, arn: string) {
  const id = idIn(arn);
  const vault = arn === vaultArn(sim, id) ? vaultTable(sim).get(id) : undefined;
  if (vault) return { tags: vault.tags, set: (tags: Vault["tags"]) => vaultTable(sim).put(id, { ...vault, tags }) };
  const point = arn === pointArn(sim, id) ? pointTable(sim).get(id) : undefined;
  if (point) return { tags: point.tags, set: (tags: Vault["tags"]) => pointTable(sim).put(id, { ...point, tags }) };
  throw notFound(`Resource ${arn} not found.`);
}

/** Whoever may be anybody of another account: AWS refuses such a policy (rebuy-de/aws-nuke#1110 and #1150). */
const opensToOthers = (policy: string): boolean =>
  statementsOf(policy).some(
    ({ Effect, Principal }) =>
      Effect === "Allow" && [typeof Principal === "string" ? Principal : (Principal.AWS ?? [])].flat().includes("*"),
  );

export const vaults: SandboxService["operations"] = {
  CreateBackupVault: operation(
    {
      BackupVaultName: vaultName.regex(/^[^/]+$/),
      BackupVaultTags: tags.optional(),
      CreatorRequestId: z
        .string()
        .regex(/^[\w.-]{1,50}$/)
        .optional(),
    },
    ({ BackupVaultName: name, BackupVaultTags = {}, CreatorRequestId }, sim) => {
      const there = vaultTable(sim).get(name);
      if (there && (CreatorRequestId === undefined || there.requestId !== CreatorRequestId))
        throw awsError("AlreadyExistsException", `Backup vault with the same name already exists: ${name}`, {
          fields: { Arn: vaultArn(sim, name), Type: "VAULT" },
        });
      const vault: Vault = there ?? {
        name,
        requestId: CreatorRequestId ?? null,
        policy: null,
        tags: BackupVaultTags,
        createdAt: sim.now,
      };
      if (!there) vaultTable(sim).put(name, vault);
      return { BackupVaultName: name, BackupVaultArn: vaultArn(sim, name), CreationDate: new Date(vault.createdAt) };
    },
  ),
  ListBackupVaults: operation(paging, (input, sim) => {
    const { items, ...next } = page(vaultTable(sim).allVisible(), input);
    return { BackupVaultList: items.map((vault) => shown(sim, vault)), ...next };
  }),
  DescribeBackupVault: operation({ BackupVaultName: vaultName }, ({ BackupVaultName }, sim) =>
    shown(sim, vaultFor(sim, BackupVaultName, "DescribeBackupVault")),
  ),
  DeleteBackupVault: operation({ BackupVaultName: vaultName }, ({ BackupVaultName }, sim) => {
    const { name } = vaultFor(sim, BackupVaultName, "DeleteBackupVault");
    if (pointsIn(sim, name).length > 0)
      throw badRequest("Backup vault cannot be deleted because it contains recovery points.");
    vaultTable(sim).remove(name);
    return {};
  }),
  GetBackupVaultAccessPolicy: operation({ BackupVaultName: vaultName }, ({ BackupVaultName }, sim) => {
    const { name, policy } = vaultFor(sim, BackupVaultName, "GetBackupVaultAccessPolicy");
    if (policy === null) throw notFound(`Backup vault ${name} has no access policy.`);
    return { BackupVaultName: name, BackupVaultArn: vaultArn(sim, name), Policy: policy };
  }),
  PutBackupVaultAccessPolicy: operation(
    { BackupVaultName: vaultName, Policy: z.string().min(2) },
    ({ BackupVaultName, Policy }, sim) => {
      const vault = vaultFor(sim, BackupVaultName, "PutBackupVaultAccessPolicy");
      if (opensToOthers(Policy))
        throw badValue(
          "The specified policy cannot be added to the vault due to cross-account sharing restrictions. Amend the policy or the vault's settings, then retry request",
        );
      vaultTable(sim).put(vault.name, { ...vault, policy: Policy });
      return {};
    },
  ),
  DeleteBackupVaultAccessPolicy: operation({ BackupVaultName: vaultName }, ({ BackupVaultName }, sim) => {
    const vault = vaultFor(sim, BackupVaultName, "DeleteBackupVaultAccessPolicy");
    vaultTable(sim).put(vault.name, { ...vault, policy: null });
    return {};
  }),

  ListTags: operation({ ResourceArn: z.string(), ...paging }, ({ ResourceArn }, sim) => ({
    Tags: tagged(sim, ResourceArn).tags,
  })),
  TagResource: operation({ ResourceArn: z.string(), Tags: tags }, ({ ResourceArn, Tags }, sim) => {
    const { tags: before, set } = tagged(sim, ResourceArn);
    set({ ...before, ...Tags });
    return {};
  }),
  UntagResource: operation(
    { ResourceArn: z.string(), TagKeyList: z.array(z.string()).min(1).max(50) },
    ({ ResourceArn, TagKeyList }, sim) => {
      const { tags: before, set } = tagged(sim, ResourceArn);
      set(untagged(before, TagKeyList));
      return {};
    },
  ),
};
