import * as z from "zod";
import { linkedPrincipal } from "../../../aws/partition.ts";
import { contentsOf } from "../../guests/files.ts";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { systemTable } from "../efs/tables.ts";
import { roleOf } from "../iam/iam.ts";
import { useLinkedRole } from "../iam/linked-roles.ts";
import { ms } from "./durations.ts";
import { isOptedIn } from "./settings.ts";
import {
  badValue,
  fileSystemArn,
  idIn,
  notFound,
  page,
  paging,
  pointArn,
  tags,
  uuid,
  vaultArn,
  vaultFor,
  vaultName,
} from "./shared.ts";
import { type BackupJob, backupJobTable, pointTable, vaultTable } from "./tables.ts";

const DAY_MS = 24 * 3_600_000;
const KEPT_MS = 30 * DAY_MS;
/** AWS's default of StartWindowMinutes: 8 hours. */
const START_WINDOW_MINUTES = 8 * 60;

const shown = (sim: Sim, job: BackupJob) => ({
  AccountId: sim.account,
  BackupJobId: job.id,
  BackupVaultName: job.vault,
  BackupVaultArn: vaultArn(sim, job.vault),
  RecoveryPointArn: pointArn(sim, job.recoveryPointId),
  ResourceArn: fileSystemArn(sim, job.fileSystemId),
  ResourceType: "EFS",
  IamRoleArn: job.roleArn,
  State: job.state,
  ...(job.message === null ? {} : { StatusMessage: job.message }),
  CreationDate: new Date(job.createdAt),
  StartBy: new Date(job.startBy),
  ...(job.completedAt === null ? {} : { CompletionDate: new Date(job.completedAt) }),
  PercentDone: job.state === "COMPLETED" ? "100.0" : "0.0",
  BackupSizeInBytes: pointTable(sim).get(job.recoveryPointId)?.bytes ?? 0,
});

/** The role as AWS Backup takes it: IAM shows it some seconds before it can be assumed (hashicorp/terraform-provider-aws#9297). */
export function assumable(sim: Sim, arn: string) {
  const role = roleOf(sim, arn);
  if (!role?.trusts(linkedPrincipal("backup")) || sim.now < role.createdAt + ms("backupRoleUsable"))
    throw badValue(`IAM Role ${arn} cannot be assumed by AWS Backup`);
  return role;
}

/** A job of the file system, now or when it is scheduled. */
export function createJob(
  sim: Sim,
  fields: Pick<BackupJob, "token" | "vault" | "fileSystemId" | "roleArn" | "deleteAfterDays" | "tags"> & {
    readonly startWindowMinutes?: number | undefined;
  },
): BackupJob {
  const { startWindowMinutes = START_WINDOW_MINUTES, ...rest } = fields;
  const job: BackupJob = {
    id: uuid(sim),
    ...rest,
    recoveryPointId: uuid(sim).toLowerCase(),
    state: "CREATED",
    message: null,
    createdAt: sim.now,
    startBy: sim.now + startWindowMinutes * 60_000,
    completedAt: null,
  };
  backupJobTable(sim).put(job.id, job);
  sim.after(ms("backupStarts"), "backup:job-starts", job.id);
  return job;
}

const end = (sim: Sim, job: BackupJob, state: BackupJob["state"], message: string | null = null) =>
  backupJobTable(sim).putNow(job.id, { ...job, state, message, completedAt: sim.now });

export const jobs: SandboxService["operations"] = {
  StartBackupJob: operation(
    {
      BackupVaultName: vaultName,
      ResourceArn: z.string(),
      IamRoleArn: z.string(),
      IdempotencyToken: z.string().optional(),
      // "It must be at least 60 minutes to avoid errors" (API reference).
      StartWindowMinutes: z.number().int().min(60).optional(),
      Lifecycle: z.strictObject({ DeleteAfterDays: z.number().int().min(1).optional() }).optional(),
      RecoveryPointTags: tags.optional(),
    },
    (input, sim) => {
      const { name: vault } = vaultFor(sim, input.BackupVaultName, "StartBackupJob");
      useLinkedRole(sim, linkedPrincipal("backup"));
      const token = input.IdempotencyToken ?? null;
      const known = backupJobTable(sim)
        .all()
        .find((job) => token !== null && job.token === token);
      const answer = (job: BackupJob) => ({
        BackupJobId: job.id,
        RecoveryPointArn: pointArn(sim, job.recoveryPointId),
        CreationDate: new Date(job.createdAt),
        IsParent: false,
      });
      if (known) return answer(known);
      const fileSystemId = idIn(input.ResourceArn);
      if (input.ResourceArn !== fileSystemArn(sim, fileSystemId) || !systemTable(sim).get(fileSystemId))
        throw notFound(`Resource ${input.ResourceArn} not found.`);
      // By which words AWS refuses it is not documented.
      if (!isOptedIn(sim)) throw badValue("Resource type EFS is not enabled in this region.");
      assumable(sim, input.IamRoleArn);
      return answer(
        createJob(sim, {
          token,
          vault,
          fileSystemId,
          roleArn: input.IamRoleArn,
          deleteAfterDays: input.Lifecycle?.DeleteAfterDays ?? null,
          tags: input.RecoveryPointTags ?? {},
          startWindowMinutes: input.StartWindowMinutes,
        }),
      );
    },
  ),
  DescribeBackupJob: operation({ BackupJobId: z.string() }, ({ BackupJobId }, sim) => {
    const job = backupJobTable(sim).visible(BackupJobId);
    if (!job) throw notFound(`Backup job ${BackupJobId} not found.`);
    return shown(sim, job);
  }),
  ListBackupJobs: operation(
    {
      ByResourceArn: z.string().optional(),
      ByBackupVaultName: vaultName.optional(),
      ByState: z.string().optional(),
      ByCreatedAfter: z.date().optional(),
      ...paging,
    },
    ({ ByResourceArn, ByBackupVaultName, ByState, ByCreatedAfter, ...rest }, sim) => {
      const found = backupJobTable(sim)
        .allVisible()
        .filter((job) => sim.now - job.createdAt < KEPT_MS)
        .filter((job) => !ByResourceArn || fileSystemArn(sim, job.fileSystemId) === ByResourceArn)
        .filter((job) => !ByBackupVaultName || job.vault === ByBackupVaultName)
        .filter((job) => !ByState || job.state === ByState)
        .filter((job) => !ByCreatedAfter || job.createdAt > ByCreatedAfter.getTime())
        .reverse();
      const { items, ...next } = page(found, rest);
      return { BackupJobs: items.map((job) => shown(sim, job)), ...next };
    },
  ),
};

export const jobTimers: NonNullable<SandboxService["timers"]> = {
  "job-starts"(id, sim) {
    const job = backupJobTable(sim).get(id);
    if (job?.state !== "CREATED") return;
    const system = systemTable(sim).get(job.fileSystemId);
    if (!system) return end(sim, job, "FAILED", `Resource ${fileSystemArn(sim, job.fileSystemId)} not found.`);
    // One at a time for each resource: others fail (EFS user guide, "Concurrent backups").
    const running = backupJobTable(sim)
      .all()
      .some((other) => other.state === "RUNNING" && other.fileSystemId === job.fileSystemId);
    if (running)
      return end(sim, job, "FAILED", "Backup job failed because there was a running job for the same resource.");
    const own = roleOf(sim, job.roleArn);
    const onSystem = fileSystemArn(sim, job.fileSystemId);
    // EFS's own plan acts by the linked role, which may.
    if (own && !own.allows("elasticfilesystem:Backup", onSystem))
      return end(
        sim,
        job,
        "FAILED",
        `Your backup job failed as AWS Backup does not have permission to describe resource ${onSystem}. Please review your IAM policies to ensure AWS Backup can protect your resources.`,
      );
    if (sim.failing("backup-job") !== undefined)
      return end(sim, job, "FAILED", "The backup job encountered an internal error.");
    const files = contentsOf(sim, system.id);
    backupJobTable(sim).putNow(id, { ...job, state: "RUNNING" });
    pointTable(sim).putNow(job.recoveryPointId, {
      id: job.recoveryPointId,
      vault: job.vault,
      fileSystemId: system.id,
      source: { name: system.tags.Name, encrypted: system.encrypted, performance: system.performance },
      files,
      bytes: files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
      status: "CREATING",
      roleArn: job.roleArn,
      // The source's tags, and those of the job over them (developer guide, "Copy tags permissions").
      tags: { ...system.tags, ...job.tags },
      createdAt: job.createdAt,
      completedAt: null,
      deleteAfterDays: job.deleteAfterDays,
    });
    sim.after(ms("backupCompleted"), "backup:job-completed", id);
  },
  "job-completed"(id, sim) {
    const job = backupJobTable(sim).get(id);
    const point = job && pointTable(sim).get(job.recoveryPointId);
    if (!job || !point || job.state !== "RUNNING") return;
    if (!systemTable(sim).get(job.fileSystemId) || !vaultTable(sim).get(job.vault)) {
      pointTable(sim).removeNow(point.id);
      return end(sim, job, "FAILED", `Resource ${fileSystemArn(sim, job.fileSystemId)} was deleted.`);
    }
    pointTable(sim).putNow(point.id, { ...point, status: "COMPLETED", completedAt: sim.now });
    end(sim, job, "COMPLETED");
    if (point.deleteAfterDays !== null)
      sim.after(point.createdAt + point.deleteAfterDays * DAY_MS - sim.now, "backup:point-expired", point.id);
  },
};
