import type { Aws } from "../aws.ts";
import { allPages } from "../pages.ts";
import { stackVault } from "./names.ts";
import { vaults } from "./vault.ts";
import { deniedBy } from "./vault-policy.ts";

/** A copy that AWS Backup keeps. */
export interface RecoveryPoint {
  readonly arn: string;
  readonly vault: string;
  readonly resourceArn: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly bytes: number | undefined;
  /** In AWS's word: "COMPLETED" is one that can be restored. */
  readonly status: string;
  /** When AWS deletes it, milliseconds since 1970; undefined: never by itself. */
  readonly expiresAt: number | undefined;
  /** What the vault's access policy denies everybody: "backup:StartRestoreJob". */
  readonly denied: ReadonlySet<string>;
}

const inVault = (aws: Aws, BackupVaultName: string, ByResourceArn?: string) =>
  allPages(
    (NextToken) => aws.backup.listRecoveryPointsByBackupVault({ BackupVaultName, ByResourceArn, NextToken }),
    (page) => page.RecoveryPoints,
    (page) => page.NextToken,
  );

/** The vaults that the region's copies of something are in: the list works for what is deleted, too. */
async function vaultsOf(aws: Aws, ResourceArn: string): Promise<readonly string[]> {
  const points = await allPages(
    (NextToken) => aws.backup.listRecoveryPointsByResource({ ResourceArn, NextToken }),
    (page) => page.RecoveryPoints,
    (page) => page.NextToken,
  );
  return points.flatMap(({ BackupVaultName }) => BackupVaultName ?? []);
}

/**
 * The recovery points of a stack's file systems, the newest first: all that are in its own vault, whatever they are of, and in other
 * vaults those of the file systems that are named or that its own vault knows.
 */
export async function recoveryPointsOf(
  aws: Aws,
  stack: string,
  resourceArns: Iterable<string>,
): Promise<readonly RecoveryPoint[]> {
  const own = stackVault(stack);
  const isThere = (await vaults(aws)).some(({ BackupVaultName }) => BackupVaultName === own);
  const ours = isThere ? await inVault(aws, own) : [];
  const arns = new Set([...resourceArns, ...ours.flatMap(({ ResourceArn }) => ResourceArn ?? [])]);
  const others = await Promise.all(
    [...arns].map(async (arn) => {
      const names = new Set((await vaultsOf(aws, arn)).filter((name) => name !== own));
      return (await Promise.all([...names].map((name) => inVault(aws, name, arn)))).flat();
    }),
  );
  const all = [...ours, ...others.flat()];
  const policies = new Map(
    await Promise.all(
      [...new Set(all.flatMap(({ BackupVaultName }) => BackupVaultName ?? []))].map(
        async (name) => [name, await deniedBy(aws, name)] as const,
      ),
    ),
  );
  return all
    .map((point) => ({
      arn: point.RecoveryPointArn ?? "",
      vault: point.BackupVaultName ?? "",
      resourceArn: point.ResourceArn ?? "",
      createdAt: point.CreationDate?.getTime() ?? 0,
      // "The value returned may show a value of 0, which may differ from the anticipated value" (API reference, BackupJob).
      bytes: point.BackupSizeInBytes || undefined,
      status: point.Status ?? "",
      expiresAt: point.CalculatedLifecycle?.DeleteAt?.getTime(),
      denied: policies.get(point.BackupVaultName ?? "") ?? new Set<string>(),
    }))
    .sort((one, other) => other.createdAt - one.createdAt);
}
