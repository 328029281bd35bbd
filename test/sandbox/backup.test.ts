/** AWS Backup's rules for file systems, as the sandbox keeps them. */
import { beforeEach, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { fail, parseFailure } from "../../src/sandbox/failures.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { filesIn, writeFile } from "../../src/sandbox/outside.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";

const START = Date.UTC(2026, 10, 22, 3);
const REGION = "ap-northeast-2";
const ROLE = "arn:aws:iam::111122223333:role/Some-AWSBackup-role";
const POLICIES = ["Backup", "Restores"].map(
  (what) => `arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor${what}`,
);
const AUTOMATIC = "aws/efs/automatic-backup-vault";
const DAY_MS = 24 * 3_600_000;

let clock: Clock;
let sandbox: Sandbox;
let aws: Aws;
let id: string;
let ResourceArn: string;
beforeEach(async () => {
  clock = jumpingClock(START);
  sandbox = openSandbox({ world: freshWorld({ region: REGION, time: START, seed: 9 }), clock });
  aws = await connect({ region: REGION, clock, wire: sandbox, network: sandbox.network });
  const { FileSystemId = "" } = await aws.efs.createFileSystem({
    CreationToken: "token",
    Encrypted: true,
    Tags: [{ Key: "Name", Value: "files" }],
  });
  id = FileSystemId;
  ResourceArn = `arn:aws:elasticfilesystem:${REGION}:111122223333:file-system/${id}`;
  await aws.iam.createRole({
    RoleName: "Some-AWSBackup-role",
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "backup.amazonaws.com" }, Action: "sts:AssumeRole" }],
    }),
  });
  await aws.backup.createBackupVault({ BackupVaultName: "ours", BackupVaultTags: { a: "b" } });
  await clock.sleep(5_000);
  for (const PolicyArn of POLICIES) await aws.iam.attachRolePolicy({ RoleName: "Some-AWSBackup-role", PolicyArn });
  await clock.sleep(30_000);
  write("/media/photo.txt", "a photo");
});

const sim = () => simAt(sandbox.world, clock.now());
const write = (path: string, text: string) => writeFile(sim(), id, path, text);
const pathsIn = (fileSystem: string) => Object.entries(filesIn(sim(), fileSystem));
const start = (more: object = {}) =>
  aws.backup.startBackupJob({ BackupVaultName: "ours", ResourceArn, IamRoleArn: ROLE, ...more });
const stateOf = async (BackupJobId = "") => {
  const { State, StatusMessage } = await aws.backup.describeBackupJob({ BackupJobId });
  return StatusMessage === undefined ? State : [State, StatusMessage];
};
/** A recovery point in our vault. */
async function copied(): Promise<string> {
  const { RecoveryPointArn = "" } = await start();
  await clock.sleep(300_000);
  return RecoveryPointArn;
}
const restore = (RecoveryPointArn: string, Metadata: Record<string, string>, more: object = {}) =>
  aws.backup.startRestoreJob({ RecoveryPointArn, IamRoleArn: ROLE, Metadata, ...more });
const refused = (call: Promise<unknown>, name: string, message = "") =>
  expect(call).rejects.toMatchObject({ name, message: expect.stringContaining(message) });

test("a job is created, runs and completes; its recovery point has what was there when it ran, and the source's tags", async () => {
  const { BackupJobId, RecoveryPointArn = "" } = await start({ RecoveryPointTags: { why: "test" } });
  await clock.sleep(5_000);
  expect(await stateOf(BackupJobId)).toBe("CREATED");
  await clock.sleep(60_000);
  expect(await stateOf(BackupJobId)).toBe("RUNNING");
  write("/media/later.txt", "later");
  const listed = async () => (await aws.backup.listRecoveryPointsByResource({ ResourceArn })).RecoveryPoints ?? [];
  expect(await listed()).toMatchObject([{ RecoveryPointArn, Status: "CREATING", BackupVaultName: "ours" }]);
  await refused(
    restore(RecoveryPointArn, { newFileSystem: "false", "file-system-id": id }),
    "InvalidRequestException",
    "CREATING",
  );
  await clock.sleep(180_000);
  expect(await stateOf(BackupJobId)).toBe("COMPLETED");
  expect(await listed()).toMatchObject([{ Status: "COMPLETED", BackupSizeBytes: 7 }]);
  expect((await aws.backup.listTags({ ResourceArn: RecoveryPointArn })).Tags).toEqual({ Name: "files", why: "test" });

  // It never overwrites: beside what is there, in the source.
  const { RestoreJobId = "" } = await restore(RecoveryPointArn, { newFileSystem: "false", "file-system-id": id });
  await clock.sleep(5_000);
  expect(await aws.backup.describeRestoreJob({ RestoreJobId })).toMatchObject({ Status: "PENDING" });
  await clock.sleep(400_000);
  expect(await aws.backup.describeRestoreJob({ RestoreJobId })).toMatchObject({
    Status: "COMPLETED",
    CreatedResourceArn: ResourceArn,
  });
  expect(pathsIn(id)).toEqual([
    ["/media/photo.txt", "a photo"],
    ["/media/later.txt", "later"],
    [expect.stringMatching(/^\/aws-backup-restore_2026-11-22T03-0\d-\d\d-\d{3}Z\/media\/photo\.txt$/), "a photo"],
  ]);
});

test("of an empty file system the recovery directory is made, too", async () => {
  const { FileSystemId = "", FileSystemArn } = await aws.efs.createFileSystem({ CreationToken: "empty" });
  await clock.sleep(30_000);
  const { RecoveryPointArn = "" } = await start({ ResourceArn: FileSystemArn });
  await clock.sleep(300_000);
  await restore(RecoveryPointArn, { newFileSystem: "false", "file-system-id": FileSystemId });
  await clock.sleep(400_000);
  sandbox.settle();
  expect(pathsIn(FileSystemId)).toEqual([[expect.stringMatching(/^\/aws-backup-restore_[^/]+\/$/), ""]]);
});

test("a token makes one job of each sort, whatever becomes of it", async () => {
  const first = await start({ IdempotencyToken: "once" });
  await clock.sleep(300_000);
  expect((await start({ IdempotencyToken: "once" })).BackupJobId).toBe(first.BackupJobId);
  const target = { newFileSystem: "false", "file-system-id": id };
  const one = await restore(first.RecoveryPointArn as string, target, { IdempotencyToken: "again" });
  const two = await restore(first.RecoveryPointArn as string, target, { IdempotencyToken: "again" });
  expect(two.RestoreJobId).toBe(one.RestoreJobId);
  await clock.sleep(5_000);
  expect((await aws.backup.listBackupJobs({ ByResourceArn: ResourceArn })).BackupJobs).toHaveLength(1);
  expect((await aws.backup.listRestoreJobs({})).RestoreJobs).toHaveLength(1);
});

test("a deleted file system is restored to a new one, which needs a token; its tags are copied when that is asked for", async () => {
  const point = await copied();
  await aws.efs.deleteFileSystem({ FileSystemId: id });
  await clock.sleep(60_000);
  const { RestoreMetadata = {} } = await aws.backup.getRecoveryPointRestoreMetadata({
    BackupVaultName: "ours",
    RecoveryPointArn: point,
  });
  expect(RestoreMetadata).toMatchObject({ "file-system-id": id, Encrypted: "true" });
  const created = async (Metadata: Record<string, string>) => {
    const { RestoreJobId = "" } = await restore(point, Metadata, { CopySourceTagsToRestoredResource: true });
    await clock.sleep(400_000);
    return aws.backup.describeRestoreJob({ RestoreJobId });
  };
  expect(await created({ ...RestoreMetadata, newFileSystem: "false" })).toMatchObject({ Status: "FAILED" });
  expect(await created({ ...RestoreMetadata, newFileSystem: "true" })).toMatchObject({ Status: "FAILED" });
  const { Status, CreatedResourceArn = "" } = await created({
    ...RestoreMetadata,
    newFileSystem: "true",
    CreationToken: "new",
  });
  expect(Status).toBe("COMPLETED");
  const made = CreatedResourceArn.split("/").at(-1) as string;
  const { FileSystems = [] } = await aws.efs.describeFileSystems({ CreationToken: "new" });
  expect(FileSystems).toMatchObject([{ FileSystemId: made, Encrypted: true, Tags: [{ Key: "Name", Value: "files" }] }]);
  expect(pathsIn(made)).toEqual([[expect.stringMatching(/^\/aws-backup-restore_.*\/media\/photo\.txt$/), "a photo"]]);
});

test("one job at a time for a file system: another fails", async () => {
  await start();
  const { BackupJobId } = await start();
  await clock.sleep(90_000);
  expect(await stateOf(BackupJobId)).toEqual(["FAILED", expect.stringContaining("running job for the same resource")]);
});

test("a role that is new, or of another service, or may not, makes no copy", async () => {
  const RoleName = "New-AWSBackup-role";
  const trust = (Service: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }],
    });
  await aws.iam.createRole({ RoleName, AssumeRolePolicyDocument: trust("backup.amazonaws.com") });
  const asNew = { IamRoleArn: `arn:aws:iam::111122223333:role/${RoleName}` };
  await refused(start(asNew), "InvalidParameterValueException", "cannot be assumed by AWS Backup");
  await clock.sleep(20_000);
  const { BackupJobId } = await start(asNew);
  await clock.sleep(90_000);
  expect(await stateOf(BackupJobId)).toEqual(["FAILED", expect.stringContaining("does not have permission")]);
  await aws.iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: trust("ec2.amazonaws.com") });
  await refused(start(asNew), "InvalidParameterValueException", "cannot be assumed by AWS Backup");
});

test("automatic backups: one each day, kept 35 days, in a vault that denies to restore and to delete until its policy is replaced", async () => {
  await aws.efs.putBackupPolicy({ FileSystemId: id, BackupPolicy: { Status: "ENABLED" } });
  await clock.sleep(3 * DAY_MS);
  const inVault = async () =>
    (await aws.backup.listRecoveryPointsByBackupVault({ BackupVaultName: AUTOMATIC })).RecoveryPoints ?? [];
  const points = await inVault();
  expect(points.map(({ Status, Lifecycle }) => [Status, Lifecycle?.DeleteAfterDays])).toEqual(
    Array(3).fill(["COMPLETED", 35]),
  );
  const RecoveryPointArn = points[0]?.RecoveryPointArn as string;
  const target = { newFileSystem: "false", "file-system-id": id };
  await refused(restore(RecoveryPointArn, target), "AccessDeniedException", "explicit deny in a resource-based policy");
  await refused(
    sandbox.answer("backup", "DeleteRecoveryPoint", { BackupVaultName: AUTOMATIC, RecoveryPointArn }),
    "AccessDeniedException",
  );
  const { Policy = "" } = await aws.backup.getBackupVaultAccessPolicy({ BackupVaultName: AUTOMATIC });
  await refused(
    aws.backup.putBackupVaultAccessPolicy({ BackupVaultName: AUTOMATIC, Policy: Policy.replace("Deny", "Allow") }),
    "InvalidParameterValueException",
    "cross-account sharing restrictions",
  );
  await aws.backup.putBackupVaultAccessPolicy({
    BackupVaultName: AUTOMATIC,
    Policy: Policy.replace('"backup:StartRestoreJob",', ""),
  });
  await restore(RecoveryPointArn, target);

  await aws.efs.putBackupPolicy({ FileSystemId: id, BackupPolicy: { Status: "DISABLED" } });
  await clock.sleep(40 * DAY_MS);
  expect(await inVault()).toEqual([]);
});

test("a vault is made once, goes when nothing is in it, and what is not there is as good as forbidden", async () => {
  await refused(aws.backup.createBackupVault({ BackupVaultName: "ours" }), "AlreadyExistsException");
  const RecoveryPointArn = await copied();
  await refused(
    aws.backup.deleteBackupVault({ BackupVaultName: "ours" }),
    "InvalidRequestException",
    "contains recovery points",
  );
  await sandbox.answer("backup", "DeleteRecoveryPoint", { BackupVaultName: "ours", RecoveryPointArn });
  await clock.sleep(60_000);
  await aws.backup.deleteBackupVault({ BackupVaultName: "ours" });
  await clock.sleep(5_000);
  expect((await aws.backup.listBackupVaults({})).BackupVaultList).toEqual([]);
  await refused(
    aws.backup.getBackupVaultAccessPolicy({ BackupVaultName: "ours" }),
    "AccessDeniedException",
    "Insufficient privileges",
  );
});

test("switched off for EFS, no copy is made; nor while jobs are made to fail", async () => {
  await sandbox.answer("backup", "UpdateRegionSettings", { ResourceTypeOptInPreference: { EFS: false } });
  await refused(start(), "InvalidParameterValueException", "not enabled");
  await sandbox.answer("backup", "UpdateRegionSettings", { ResourceTypeOptInPreference: { EFS: true } });
  fail(sim(), parseFailure("backup-job", undefined));
  const { BackupJobId } = await start();
  await clock.sleep(90_000);
  expect(await stateOf(BackupJobId)).toEqual(["FAILED", expect.any(String)]);
});
