import type { Aws } from "../aws.ts";
import type { CopyReader } from "../copy.ts";
import { fileSystemArn } from "../efs/arn.ts";
import { backupStorage } from "../efs/prices.ts";
import { undefinedIf } from "../errors.ts";
import { backupRoleArn } from "./backup-job.ts";
import { stackVault } from "./names.ts";
import { recoveryPointsOf } from "./recovery-points.ts";
import { openCommand, policyOf } from "./vault-policy.ts";

const GIB = 2 ** 30;

const idOf = (resourceArn: string): string => resourceArn.split("/").at(-1) ?? "";

/** Restores into a new file system, which is the only way once the one that was copied is gone. */
const toNewFileSystem = (aws: Aws, stack: string, arn: string): string => {
  const metadata = `newFileSystem=true,Encrypted=true,PerformanceMode=generalPurpose,CreationToken=restored-${arn.split(":").at(-1)?.slice(0, 8)}`;
  return `${aws.cli} backup start-restore-job --recovery-point-arn ${arn} --iam-role-arn ${backupRoleArn(aws, stack)} --resource-type EFS --metadata ${metadata} --region ${aws.region}`;
};

/** Of the stack's file systems: those that `down` made, EFS's own of each day, and others'. */
export const recoveryPointCopies: CopyReader = {
  what: "AWS Backup recovery points",
  async read(aws, stack, names) {
    const known = [...names].filter((name) => /^fs-[0-9a-f]+$/.test(name)).map((id) => fileSystemArn(aws, id));
    const points = await recoveryPointsOf(aws, stack, known);
    const there = new Set(
      await Promise.all(
        [...new Set(points.map(({ resourceArn }) => idOf(resourceArn)))].map(async (id) =>
          (await undefinedIf(["FileSystemNotFound"], () => aws.efs.describeFileSystems({ FileSystemId: id })))
            ? id
            : "",
        ),
      ),
    );
    const closed = points.filter(({ denied }) => denied.has("backup:StartRestoreJob")).map(({ vault }) => vault);
    const opens = new Map(
      await Promise.all(
        [...new Set(closed)].map(
          async (vault) => [vault, openCommand(aws, vault, (await policyOf(aws, vault)) ?? "{}")] as const,
        ),
      ),
    );
    return {
      windows: [],
      copies: points.map(({ arn, vault, resourceArn, createdAt, bytes, status, expiresAt }) => ({
        of: "files",
        what: vault === stackVault(stack) ? "recovery point" : `recovery point in ${vault}`,
        id: arn,
        source: idOf(resourceArn),
        madeAt: status === "CREATING" ? undefined : createdAt,
        state: status === "COMPLETED" ? "available" : status,
        gib: bytes === undefined ? undefined : Math.ceil((bytes / GIB) * 100) / 100,
        price: backupStorage.item,
        passing: expiresAt !== undefined,
        ...(opens.has(vault) ? { needs: ["--open-vault"], opens: opens.get(vault) } : {}),
        ...(there.has(idOf(resourceArn)) ? {} : { commands: [toNewFileSystem(aws, stack, arn)] }),
      })),
    };
  },
};
