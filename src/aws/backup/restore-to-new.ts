import type { Foreseen, Owner } from "../../engine/resource.ts";
import { at } from "../../lib/duration.ts";
import type { Aws } from "../aws.ts";
import { fileSystemArn } from "../efs/arn.ts";
import { undefinedIf } from "../errors.ts";
import { backupRoleArn } from "./backup-job.ts";
import { recoveryPointsOf } from "./recovery-points.ts";
import { everyRestore, type RestoreJob } from "./restore-job.ts";
import { closeAgain, openCommand, policyOf, whileOpen } from "./vault-policy.ts";

/** A recovery point of the stack's files. */
interface Which {
  /** Its ARN. */
  readonly recoveryPoint: string;
  /** The id of the file system that it is a copy of, where its vault is not the stack's. */
  readonly copyOf: string | undefined;
  /** Its vault may be opened while the restore is started, where the vault's policy denies that. */
  readonly openVault?: boolean | undefined;
}

/** What the file system is to be that AWS Backup makes. */
export interface NewFileSystem extends Which {
  readonly encrypted: boolean;
  /** The ARN of its key; undefined: AWS's own. */
  readonly kmsKey: string | undefined;
  readonly performance: string;
}

/** What the creation tokens of an owner's file systems begin with that were made of recovery points. */
export const restoredTokens = ({ stack, key }: Pick<Owner, "stack" | "key">): string =>
  `buddyverse:${stack}:${key}:restored-`;

const pointOf = async (aws: Aws, { recoveryPoint, copyOf }: Which, stack: string) =>
  (await recoveryPointsOf(aws, stack, copyOf === undefined ? [] : [fileSystemArn(aws, copyOf)])).find(
    ({ arn }) => arn === recoveryPoint,
  );

const idOf = (arn: string): string => arn.split(":").at(-1) ?? "";

/**
 * Has AWS Backup make a file system of a recovery point. Answers the job's id: there is no file system yet. The token says which
 * attempt this is of the recovery point's, so that whoever was cut off, and knows nothing of it any more, asks for the same job.
 * The tags are those of the source (developer guide, "Copy tags during a restore"), which say whose it is.
 */
export async function restoreToNew(aws: Aws, wanted: NewFileSystem, owner: Owner): Promise<string> {
  const { recoveryPoint, encrypted, kmsKey, performance, openVault } = wanted;
  const jobs = (await everyRestore(aws)).filter(({ RecoveryPointArn }) => RecoveryPointArn === recoveryPoint);
  const ended = jobs.filter(({ Status }) => Status !== "PENDING" && Status !== "RUNNING").length;
  const point = await pointOf(aws, wanted, owner.stack);
  const token = `${restoredTokens(owner)}${idOf(recoveryPoint).slice(0, 8)}-${ended}`.slice(0, 64);
  const start = () =>
    aws.backup.startRestoreJob({
      RecoveryPointArn: recoveryPoint,
      IamRoleArn: backupRoleArn(aws, owner.stack),
      IdempotencyToken: token,
      ResourceType: "EFS",
      CopySourceTagsToRestoredResource: true,
      // All values that AWS's own console sends (aws/aws-cli#4467).
      Metadata: {
        "file-system-id": point?.resourceArn.split("/").at(-1) ?? "",
        newFileSystem: "true",
        CreationToken: token,
        Encrypted: String(encrypted),
        PerformanceMode: performance,
        ...(kmsKey === undefined ? {} : { KmsKeyId: kmsKey }),
      },
    });
  const { RestoreJobId = "" } = await (openVault && point ? whileOpen(aws, point.vault, start) : start());
  return RestoreJobId;
}

/** Closes a vault that a run opened for a restore, and was killed before it closed it again. */
export async function closeVaultOf(aws: Aws, which: Which, owner: Owner): Promise<void> {
  const point = await pointOf(aws, which, owner.stack);
  if (point) await closeAgain(aws, point.vault);
}

/** A restore job; undefined: AWS knows none, or none any more, by that id. */
export const restoreJob = (aws: Aws, RestoreJobId: string): Promise<RestoreJob | undefined> =>
  undefinedIf(["ResourceNotFoundException"], () => aws.backup.describeRestoreJob({ RestoreJobId }));

/**
 * The job that made a file system; undefined: AWS does not tell of one. When a job shows what it makes is not documented: until then
 * it is the one under way that does not.
 */
export async function restoreThatMade(aws: Aws, arn: string): Promise<RestoreJob | undefined> {
  const jobs = await everyRestore(aws);
  return (
    jobs.find(({ CreatedResourceArn }) => CreatedResourceArn === arn) ??
    jobs.find(
      ({ CreatedResourceArn, ResourceType, Status }) =>
        CreatedResourceArn === undefined && ResourceType === "EFS" && Status === "RUNNING",
    )
  );
}

const refused = (message: string, hint: string): Foreseen => ({ kind: "refused", message, hint });

/** Why no file system can be made of a recovery point, or what it will be. */
export async function foreseeRestoreToNew(aws: Aws, which: Which, owner: Owner): Promise<Foreseen> {
  const [arn, point] = [which.recoveryPoint, await pointOf(aws, which, owner.stack)];
  if (!point)
    return refused(
      `there is no recovery point ${arn} of the stack's files`,
      "See what there is: `buddyverse snapshots`",
    );
  const { vault, status, denied, createdAt, bytes } = point;
  if (status !== "COMPLETED")
    return refused(`recovery point ${arn} is ${status}`, "Choose another one: `buddyverse snapshots`");
  if (denied.has("backup:StartRestoreJob") && !which.openVault)
    return refused(
      `the access policy of ${vault} denies everybody to restore what is in it`,
      `The same command with --open-vault opens it while the restore is started, and closes it again. Or by hand, for good: ${openCommand(aws, vault, (await policyOf(aws, vault)) ?? "{}")}`,
    );
  const facts = [...(bytes === undefined ? [] : [`${bytes.toLocaleString("en-US")} bytes`]), `made ${at(createdAt)}`];
  return { kind: "note", note: `${owner.name} is restored from ${arn} (${facts.join(", ")})` };
}
