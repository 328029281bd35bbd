import type { RestoreJobsListMember } from "@aws-sdk/client-backup";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { allPages } from "../pages.ts";
import { backupRoleArn } from "./backup-job.ts";
import type { RecoveryPoint } from "./recovery-points.ts";

export type RestoreJob = RestoreJobsListMember;

/** How far a restore is. */
export interface RestoreProgress {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly complete: boolean;
  /** "40 %". */
  readonly doing: string | undefined;
}

/** All restores of the account in the region; AWS tells of the last 30 days' at least. */
export const everyRestore = (aws: Aws): Promise<readonly RestoreJob[]> =>
  aws.coalesce("backup:restore-jobs", () =>
    allPages(
      (NextToken) => aws.backup.listRestoreJobs({ NextToken }),
      (page) => page.RestoreJobs,
      (page) => page.NextToken,
    ),
  );

/** Restores of a recovery point into that file system, the oldest first. */
export async function restoresOf(aws: Aws, point: RecoveryPoint): Promise<readonly RestoreJob[]> {
  return [...(await everyRestore(aws))]
    .filter(
      ({ RecoveryPointArn, CreatedResourceArn = point.resourceArn }) =>
        RecoveryPointArn === point.arn && CreatedResourceArn === point.resourceArn,
    )
    .sort((one, other) => (one.CreationDate?.getTime() ?? 0) - (other.CreationDate?.getTime() ?? 0));
}

/**
 * Starts a restore of all files into the file system that they were copied of, where AWS puts them into a directory of their own.
 * @param attempt how many there were of this recovery point: AWS answers a repeat with the same one
 */
export async function startRestore(aws: Aws, stack: string, point: RecoveryPoint, attempt: number): Promise<string> {
  const { RestoreMetadata = {} } = await aws.backup.getRecoveryPointRestoreMetadata({
    BackupVaultName: point.vault,
    RecoveryPointArn: point.arn,
  });
  const token = `${point.arn.split(":").at(-1)}-${attempt}`;
  const { RestoreJobId = "" } = await aws.backup.startRestoreJob({
    RecoveryPointArn: point.arn,
    IamRoleArn: backupRoleArn(aws, stack),
    IdempotencyToken: token,
    ResourceType: "EFS",
    // All values that AWS's own console sends (aws/aws-cli#4467).
    Metadata: { ...RestoreMetadata, newFileSystem: "false", CreationToken: token.slice(0, 64) },
  });
  return RestoreJobId;
}

/** How far the job is. Throws `failed` when it has failed; undefined: it is not shown yet. */
export function progressOfRestore({ cli, region }: Aws, job: RestoreJob): RestoreProgress {
  const { RestoreJobId: id = "", Status = "", StatusMessage, PercentDone, CreationDate } = job;
  if (Status === "FAILED" || Status === "ABORTED")
    throw new BuddyError({
      code: "failed",
      message: `AWS Backup's restore job ${id} is ${Status}: ${StatusMessage ?? "it gives no reason"}`,
      hint: `What AWS shows of it: ${cli} backup describe-restore-job --restore-job-id ${id} --region ${region}. The same command tries another one.`,
    });
  return {
    id,
    createdAt: CreationDate?.getTime() ?? 0,
    complete: Status === "COMPLETED",
    doing: Status === "RUNNING" && PercentDone ? `${Math.round(Number.parseFloat(PercentDone))} %` : undefined,
  };
}
