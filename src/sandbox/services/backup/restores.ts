import * as z from "zod";
import { putFile } from "../../guests/files.ts";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { restoredSystem } from "../efs/efs.ts";
import { systemTable } from "../efs/tables.ts";
import { roleOf } from "../iam/iam.ts";
import { ms } from "./durations.ts";
import { assumable } from "./jobs.ts";
import { pointFor } from "./recovery-points.ts";
import {
  badRequest,
  badValue,
  fileSystemArn,
  idIn,
  notFound,
  page,
  paging,
  pointArn,
  uuid,
  vaultArn,
} from "./shared.ts";
import { pointTable, type RestoreJob, restoreJobTable } from "./tables.ts";

const shown = (sim: Sim, job: RestoreJob) => {
  const point = pointTable(sim).get(job.recoveryPointId);
  return {
    AccountId: sim.account,
    RestoreJobId: job.id,
    RecoveryPointArn: pointArn(sim, job.recoveryPointId),
    ...(point
      ? { SourceResourceArn: fileSystemArn(sim, point.fileSystemId), BackupVaultArn: vaultArn(sim, point.vault) }
      : {}),
    CreationDate: new Date(job.createdAt),
    ...(job.completedAt === null ? {} : { CompletionDate: new Date(job.completedAt) }),
    Status: job.state,
    ...(job.message === null ? {} : { StatusMessage: job.message }),
    PercentDone: job.state === "COMPLETED" ? "100.00%" : "0.00%",
    IamRoleArn: job.roleArn,
    ResourceType: "EFS",
    ...(job.fileSystemId === null ? {} : { CreatedResourceArn: fileSystemArn(sim, job.fileSystemId) }),
  };
};

const KNOWN = new Set(["file-system-id", "newFileSystem", "CreationToken", "Encrypted", "KmsKeyId", "PerformanceMode"]);

/** As AWS names it: `aws-backup-restore_2022-09-06T00-03-13-832Z` (a public ECS stack mounts one of that name). */
const directoryAt = (ms: number) => `/aws-backup-restore_${new Date(ms).toISOString().replace(/[:.]/g, "-")}`;

export const restores: SandboxService["operations"] = {
  StartRestoreJob: operation(
    {
      RecoveryPointArn: z.string(),
      Metadata: z.record(z.string(), z.string()),
      IamRoleArn: z.string(),
      IdempotencyToken: z.string().optional(),
      ResourceType: z.literal("EFS").optional(),
      CopySourceTagsToRestoredResource: z.boolean().optional(),
    },
    (input, sim) => {
      const token = input.IdempotencyToken ?? null;
      const known = restoreJobTable(sim)
        .all()
        .find((job) => token !== null && job.token === token);
      if (known) return { RestoreJobId: known.id };
      const there = pointTable(sim).get(idIn(input.RecoveryPointArn));
      if (!there) throw notFound(`Recovery point ${input.RecoveryPointArn} not found.`);
      const point = pointFor(sim, there.vault, input.RecoveryPointArn, "StartRestoreJob");
      if (point.status !== "COMPLETED")
        throw badRequest(`Recovery point ${input.RecoveryPointArn} is ${point.status}.`);
      assumable(sim, input.IamRoleArn);
      const { newFileSystem, "file-system-id": target, ...rest } = input.Metadata;
      const unknown = Object.keys(rest).find((key) => !KNOWN.has(key));
      if (unknown !== undefined) throw badValue(`Invalid restore metadata: ${unknown}`);
      if (newFileSystem !== "true" && newFileSystem !== "false")
        throw badValue("Invalid restore metadata: newFileSystem must be true or false");
      // The developer guide offers the source file system, or a new one.
      if (newFileSystem === "false" && target !== point.fileSystemId)
        throw badValue("Invalid restore metadata: file-system-id is not the file system that was backed up");
      const job: RestoreJob = {
        id: uuid(sim),
        token,
        recoveryPointId: point.id,
        roleArn: input.IamRoleArn,
        metadata: input.Metadata,
        copyTags: input.CopySourceTagsToRestoredResource ?? false,
        state: "PENDING",
        message: null,
        fileSystemId: null,
        createdAt: sim.now,
        completedAt: null,
      };
      restoreJobTable(sim).put(job.id, job);
      sim.after(ms("restoreStarts"), "backup:restore-starts", job.id);
      return { RestoreJobId: job.id };
    },
  ),
  DescribeRestoreJob: operation({ RestoreJobId: z.string() }, ({ RestoreJobId }, sim) => {
    const job = restoreJobTable(sim).visible(RestoreJobId);
    if (!job) throw notFound(`Restore job ${RestoreJobId} not found.`);
    return shown(sim, job);
  }),
  ListRestoreJobs: operation(
    { ByCreatedAfter: z.date().optional(), ByResourceType: z.literal("EFS").optional(), ...paging },
    ({ ByCreatedAfter, ByResourceType: _, ...rest }, sim) => {
      const found = restoreJobTable(sim)
        .allVisible()
        .filter((job) => !ByCreatedAfter || job.createdAt > ByCreatedAfter.getTime())
        .reverse();
      const { items, ...next } = page(found, rest);
      return { RestoreJobs: items.map((job) => shown(sim, job)), ...next };
    },
  ),
};

const end = (sim: Sim, job: RestoreJob, state: RestoreJob["state"], message: string | null = null) =>
  restoreJobTable(sim).putNow(job.id, { ...job, state, message, completedAt: sim.now });

export const restoreTimers: NonNullable<SandboxService["timers"]> = {
  "restore-starts"(id, sim) {
    const job = restoreJobTable(sim).get(id);
    const point = job && pointTable(sim).get(job.recoveryPointId);
    if (job?.state !== "PENDING") return;
    if (!point) return end(sim, job, "FAILED", "The recovery point is gone.");
    const { newFileSystem, CreationToken, Encrypted, KmsKeyId, PerformanceMode } = job.metadata;
    if (sim.failing("restore-job") !== undefined)
      return end(sim, job, "FAILED", "The restore job encountered an internal error.");
    if (!roleOf(sim, job.roleArn)?.allows("elasticfilesystem:Restore", fileSystemArn(sim, point.fileSystemId)))
      return end(sim, job, "FAILED", "Access Denied: the role may not restore to Amazon EFS.");
    if (newFileSystem === "false" && !systemTable(sim).get(point.fileSystemId))
      return end(sim, job, "FAILED", `File system '${point.fileSystemId}' does not exist.`);
    // Without one a job fails that makes a file system (aws/aws-cli#4467).
    if (newFileSystem === "true" && CreationToken === undefined)
      return end(sim, job, "FAILED", "Restore metadata lacks CreationToken.");
    const fileSystemId =
      newFileSystem === "false"
        ? point.fileSystemId
        : restoredSystem(sim, {
            token: CreationToken as string,
            encrypted: (Encrypted ?? "false") === "true",
            keyName: KmsKeyId,
            performance: PerformanceMode ?? "generalPurpose",
            tags: job.copyTags ? point.tags : {},
          });
    // By which words it says so is not documented.
    if (fileSystemId === undefined) return end(sim, job, "FAILED", "Amazon EFS could not create the file system.");
    restoreJobTable(sim).putNow(id, { ...job, state: "RUNNING", fileSystemId });
    sim.after(ms("restoreCompleted"), "backup:restore-completed", id);
  },
  "restore-completed"(id, sim) {
    const job = restoreJobTable(sim).get(id);
    const point = job && pointTable(sim).get(job.recoveryPointId);
    if (job?.state !== "RUNNING" || job.fileSystemId === null) return;
    if (!point || !systemTable(sim).get(job.fileSystemId))
      return end(sim, job, "FAILED", `File system '${job.fileSystemId}' does not exist.`);
    const into = directoryAt(job.createdAt);
    if (point.files.length === 0) putFile(sim, job.fileSystemId, `${into}/`, "");
    for (const { path, text } of point.files) putFile(sim, job.fileSystemId, `${into}${path}`, text);
    end(sim, job, "COMPLETED");
  },
};
