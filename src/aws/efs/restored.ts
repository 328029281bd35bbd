import type { FileSystemDescription } from "@aws-sdk/client-efs";
import type { Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import type { RestoreJob } from "../backup/restore-job.ts";
import { restoreThatMade } from "../backup/restore-to-new.ts";
import { tagsFrom } from "../owned.ts";
import { fileSystemArn } from "./arn.ts";

/** How far AWS Backup is with a file system that it makes. */
export interface Restore {
  /** The job's id; "": AWS tells of no job that made it. */
  readonly job: string;
  /** In AWS's word. */
  readonly status: string;
  readonly message: string | undefined;
  /** "40.00%". */
  readonly percent: string | undefined;
  /** The recovery point's ARN. */
  readonly from: string;
}

/**
 * Says of a file system that AWS Backup has made that all files are in it. The value begins with its own id, as copies of it, which
 * are made of its recovery points with all its tags, are not meant.
 */
export const RESTORED_TAG = "buddyverse:restored";
export const isMarkedWhole = (id: string, tags: Tags): boolean => tags[RESTORED_TAG]?.startsWith(`${id}/`) ?? false;
export const wholeTag = (id: string, { from }: Restore): Tags => ({
  [RESTORED_TAG]: `${id}/${from.split(":").at(-1)}`,
});
/** Whether a file system was made of that recovery point. */
export const isRestoredFrom = (tags: Tags, recoveryPoint: string): boolean =>
  tags[RESTORED_TAG]?.split("/")[1] === recoveryPoint.split(":").at(-1);

export const progressOf = (job: RestoreJob): Restore => ({
  job: job.RestoreJobId ?? "",
  status: job.Status ?? "",
  message: job.StatusMessage,
  percent: job.PercentDone,
  from: job.RecoveryPointArn ?? "",
});

export const isWhole = ({ status }: Restore): boolean => status === "COMPLETED";

/** Why it will never be whole; undefined: it is, or may be yet. */
export const troubleOf = ({ job, status, message }: Restore): string | undefined =>
  status === "FAILED" || status === "ABORTED"
    ? `AWS Backup's restore job ${job} is ${status}: ${message ?? "it gives no reason"}`
    : undefined;

/** What it is doing, in words. */
export const doingOf = ({ status, percent }: Restore): string =>
  status === "RUNNING" && Number.parseFloat(percent ?? "0") > 0
    ? `restoring files, ${Math.round(Number.parseFloat(percent ?? "0"))} %`
    : "restoring files";

/** The creation tokens of `restoreToNew`. */
const OF_A_RESTORE = /^buddyverse:[^:]+:[^:]+:restored-/;

/** The restore that makes a file system; undefined: none does, or it is known to be over. */
export async function restoreOf(aws: Aws, shown: FileSystemDescription): Promise<Restore | undefined> {
  const { FileSystemId: id = "", CreationToken = "", Tags } = shown;
  if (!OF_A_RESTORE.test(CreationToken) || isMarkedWhole(id, tagsFrom(Tags))) return undefined;
  const job = await restoreThatMade(aws, fileSystemArn(aws, id));
  return job ? progressOf(job) : { job: "", status: "", message: undefined, percent: undefined, from: "" };
}
