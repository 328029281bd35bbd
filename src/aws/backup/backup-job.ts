import type { BackupJob } from "@aws-sdk/client-backup";
import type { CopyProgress, Owner, Right } from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { allPages } from "../pages.ts";
import { backupRoleName, stackVault } from "./names.ts";
import { optedOut } from "./opt-in.ts";
import { vaultNamed } from "./vault.ts";

/** A role that was just made cannot be assumed everywhere yet (hashicorp/terraform-provider-aws#9297). */
export const ROLE_IS_NEW = {
  code: "InvalidParameterValueException",
  message: /cannot be assumed by AWS Backup/,
} as const;

/** The least that AWS takes (API reference, StartBackupJob): a job that cannot start ends after it. */
const START_WINDOW_MINUTES = 60;
const UNDER_WAY = new Set(["CREATED", "PENDING", "RUNNING", "ABORTING"]);

const jobsOf = (aws: Aws, ByResourceArn: string) =>
  allPages(
    (NextToken) => aws.backup.listBackupJobs({ ByResourceArn, NextToken }),
    (page) => page.BackupJobs,
    (page) => page.NextToken,
  );

/** AWS tells times in whole seconds here and there. */
const TIME_OF_AWS_MS = 1_000;

/** The ARN of the role by which AWS Backup acts for a stack. */
export const backupRoleArn = ({ account, partition, region }: Aws, stack: string): string =>
  `arn:${partition}:iam::${account}:role/${backupRoleName(stack, region)}`;

/** What the caller needs for `copyToVault` (Service Authorization Reference, StartBackupJob). */
export const copyRights = (aws: Aws, _live: object, { stack }: Pick<Owner, "stack">): readonly Right[] => [
  {
    action: "backup:StartBackupJob",
    resources: [`arn:${aws.partition}:backup:${aws.region}:${aws.account}:backup-vault:${stackVault(stack)}`],
  },
  { action: "iam:PassRole", resources: [backupRoleArn(aws, stack)] },
];

/**
 * Copies what the ARN names into the stack's vault, or looks how far that is. Throws `failed` when AWS could not.
 * @param label when this copy was begun, milliseconds since 1970; the same for all attempts at it. AWS knows a repeat by it for an hour at least (Paws::Backup, of an older
 *   API reference: "Idempotency tokens time out after one hour").
 * @param known the recovery point's ARN, once that is known.
 */
export async function copyToVault(
  aws: Aws,
  ResourceArn: string,
  owner: Owner,
  label: string,
  known: string | undefined,
): Promise<CopyProgress> {
  const vault = stackVault(owner.stack);
  const jobs = await jobsOf(aws, ResourceArn);
  const ours = jobs.find(({ RecoveryPointArn }) => known !== undefined && RecoveryPointArn === known);
  if (ours) return progressOf(aws, ours);
  // A second one at the same time would fail (EFS user guide, "Concurrent backups"). One in our vault that is not older than this
  // copy is this one.
  const isOther = ({ BackupVaultName, CreationDate }: BackupJob) =>
    BackupVaultName !== vault || (CreationDate?.getTime() ?? 0) < Number(label) - TIME_OF_AWS_MS;
  const other = jobs.find((job) => UNDER_WAY.has(job.State ?? "") && isOther(job));
  if (other && known === undefined) return { id: "", complete: false, doing: `after ${other.BackupVaultName}'s` };
  if (!(await vaultNamed(aws, vault)))
    throw failed(
      `the backup vault ${vault} is not there, so ${ResourceArn} cannot be copied`,
      "`buddyverse up` makes it, with the role that AWS Backup acts by.",
    );
  const off = await optedOut(aws);
  if (off !== undefined) throw failed(`${ResourceArn} cannot be copied`, off);
  const { RecoveryPointArn = "" } = await aws.backup.startBackupJob({
    BackupVaultName: vault,
    ResourceArn,
    IamRoleArn: backupRoleArn(aws, owner.stack),
    IdempotencyToken: `${ResourceArn.split("/").at(-1)}-${label}`,
    StartWindowMinutes: START_WINDOW_MINUTES,
    RecoveryPointTags: { ...owner.tags },
  });
  return { id: RecoveryPointArn, complete: false };
}

/** A copy in the stack's vault that was begun since then. */
export async function copiedSince(aws: Aws, ResourceArn: string, { stack }: Owner, since: number) {
  const [newest] = (await jobsOf(aws, ResourceArn))
    .flatMap(({ BackupVaultName, State = "", CreationDate, RecoveryPointArn: id }) => {
      const begun = CreationDate?.getTime() ?? 0;
      const counts = BackupVaultName === stackVault(stack) && (State === "COMPLETED" || UNDER_WAY.has(State));
      return counts && id !== undefined && begun >= since ? [{ id, since: begun }] : [];
    })
    .sort((one, other) => other.since - one.since);
  return newest;
}

function progressOf({ cli, region }: Aws, job: BackupJob): CopyProgress {
  const { State = "", StatusMessage, PercentDone, BackupJobId, RecoveryPointArn: id = "", ResourceArn } = job;
  if (State === "COMPLETED") return { id, complete: true };
  if (UNDER_WAY.has(State))
    return {
      id,
      complete: false,
      doing: State === "RUNNING" && PercentDone ? `${Math.round(Number(PercentDone))} %` : undefined,
    };
  throw failed(
    `AWS Backup's job ${BackupJobId} of ${ResourceArn} is ${State}: ${StatusMessage ?? "it gives no reason"}`,
    `What AWS shows of it: ${cli} backup describe-backup-job --backup-job-id ${BackupJobId} --region ${region}`,
  );
}

const failed = (message: string, hint: string): BuddyError => new BuddyError({ code: "failed", message, hint });
