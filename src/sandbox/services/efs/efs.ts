import * as z from "zod";
import { linkedPrincipal, partitionOf } from "../../../aws/partition.ts";
import { awsError, composed, operation, type SandboxService, untagged } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { addInterface, defaultGroupOf } from "../ec2/interfaces.ts";
import { groupTable, interfaceTable, subnetTable } from "../ec2/tables.ts";
import { useLinkedRole } from "../iam/linked-roles.ts";
import { usableKey } from "../kms/keys.ts";
import { managedKey } from "../kms/tables.ts";
import { durations, ms } from "./durations.ts";
import { metrics } from "./metrics.ts";
import { dropPolicies, policies } from "./policies.ts";
import { type FileSystem, type MountTarget, systemTable, targetTable } from "./tables.ts";

const notFound = (id: string) => awsError("FileSystemNotFound", `File system '${id}' does not exist.`, { status: 404 });
const targetNotFound = (id: string) =>
  awsError("MountTargetNotFound", `Mount target '${id}' does not exist.`, { status: 404 });
const badRequest = (message: string) => awsError("BadRequest", message);

/** The file system as another call may refer to it: it must be visible already. */
function systemFor(sim: Sim, id: string): FileSystem {
  const system = systemTable(sim).visible(id) && systemTable(sim).get(id);
  if (!system) throw notFound(id);
  return system;
}

/** The same, for calls that are refused while it is on the move. */
function availableSystem(sim: Sim, id: string): FileSystem {
  const system = systemFor(sim, id);
  if (system.state !== "available")
    throw awsError(
      "IncorrectFileSystemLifeCycleState",
      `File system '${id}' is in life cycle state ${system.state}, not available.`,
      { status: 409 },
    );
  return system;
}

/** The groups as they may be given to an interface in that VPC; AWS takes five. */
function checkGroups(sim: Sim, ids: readonly string[], vpcId: string): void {
  if (ids.length > 5)
    throw awsError(
      "SecurityGroupLimitExceeded",
      "The maximum number of security groups per interface has been reached.",
    );
  for (const id of ids) {
    const group = groupTable(sim).visible(id) && groupTable(sim).get(id);
    if (!group || group.vpcId !== vpcId)
      throw awsError("SecurityGroupNotFound", `The security group ID '${id}' does not exist.`);
  }
}

const tags = z
  .array(
    z.strictObject({
      Key: z
        .string()
        .min(1)
        .max(128)
        .regex(/^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/iu),
      Value: z
        .string()
        .max(256)
        .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u),
    }),
  )
  .max(50);
const tagsFrom = (given: z.infer<typeof tags> = []) => Object.fromEntries(given.map(({ Key, Value }) => [Key, Value]));

const systemId = z.string().regex(/^fs-[0-9a-f]{8,40}$/);
const targetId = z.string().regex(/^fsmt-[0-9a-f]{8,40}$/);
const securityGroups = z
  .array(
    z
      .string()
      .min(11)
      .max(43)
      .regex(/^sg-[0-9a-f]{8,40}$/),
  )
  .max(100);
const paging = { Marker: z.string().min(1).max(128).optional(), MaxItems: z.number().int().min(1).optional() };

/** EFS gives small pages unless told otherwise. */
function page<T>(
  items: readonly T[],
  { Marker, MaxItems = 10 }: { Marker?: string | undefined; MaxItems?: number | undefined },
) {
  const from = Number(Marker ?? 0);
  const to = from + MaxItems;
  return { items: items.slice(from, to), ...(to < items.length ? { NextMarker: String(to) } : {}) };
}

const numberOfTargets = (sim: Sim, id: string) =>
  targetTable(sim)
    .all()
    .filter((one) => one.fileSystemId === id).length;

/** What AWS Backup's switch leaves on the file system: a tag of AWS's own, which is not the caller's. */
const shownTags = ({ tags: own, backup }: FileSystem) =>
  Object.entries({ ...(backup ? { "aws:elasticfilesystem:default-backup": "enabled" } : {}), ...own }).map(
    ([Key, Value]) => ({ Key, Value }),
  );

const describe = (sim: Sim, system: FileSystem) => ({
  OwnerId: sim.account,
  CreationToken: system.token,
  FileSystemId: system.id,
  FileSystemArn: `arn:${partitionOf(sim.region).name}:elasticfilesystem:${sim.region}:${sim.account}:file-system/${system.id}`,
  CreationTime: new Date(system.createdAt),
  LifeCycleState: system.state,
  Name: system.tags.Name,
  NumberOfMountTargets: numberOfTargets(sim, system.id),
  SizeInBytes: { Value: 6144, ValueInIA: 0, ValueInStandard: 6144 },
  PerformanceMode: system.performance,
  Encrypted: system.encrypted,
  ...(system.encrypted ? { KmsKeyId: system.kmsKey ?? managedKey(sim, "elasticfilesystem") } : {}),
  ThroughputMode: system.throughput,
  FileSystemProtection: { ReplicationOverwriteProtection: system.overwriteProtection ?? "ENABLED" },
  Tags: shownTags(system),
});

const describeTarget = (sim: Sim, target: MountTarget) => ({
  OwnerId: sim.account,
  MountTargetId: target.id,
  FileSystemId: target.fileSystemId,
  SubnetId: target.subnetId,
  LifeCycleState: target.state,
  IpAddress: target.address,
  NetworkInterfaceId: target.interfaceId,
  AvailabilityZoneName: target.zone,
  VpcId: target.vpcId,
});

// The model's pattern (API reference, CreateFileSystem, KmsKeyId).
const kmsKeyId = z
  .string()
  .max(2048)
  .regex(
    /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}|alias\/[a-zA-Z0-9/_-]+|arn:[-a-z]+:kms:[a-z0-9-]+:\d{12}:(key\/([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})|alias\/[a-zA-Z0-9/_-]+))$/,
  );

/** The ARN of a key that files can be encrypted with. EFS hands on what KMS says (aws/aws-cdk#7641). */
function keyOf(sim: Sim, name: string): string {
  const key = usableKey(sim, name);
  if (!key)
    throw badRequest(
      "The request was rejected because the specified key could not be found. [error=NotFoundException]",
    );
  return key.arn;
}

const IA = /^AFTER_(1_DAY|(7|14|30|60|90|180|270|365)_DAYS)$/;

/** A file system that AWS Backup makes of a recovery point. Answers its id; undefined: EFS refuses it. */
export function restoredSystem(
  sim: Sim,
  made: Pick<FileSystem, "token" | "encrypted" | "performance" | "tags"> & { readonly keyName: string | undefined },
): string | undefined {
  const { keyName, ...rest } = made;
  const key = keyName === undefined ? undefined : usableKey(sim, keyName);
  const isTaken = systemTable(sim)
    .all()
    .some(({ token }) => token === made.token);
  if (isTaken || (keyName !== undefined && !(key && made.encrypted))) return undefined;
  return newSystem(sim, { ...rest, ...(key ? { kmsKey: key.arn } : {}), throughput: "bursting", backup: false }).id;
}

function newSystem(sim: Sim, made: Omit<FileSystem, "id" | "state" | "toIa" | "createdAt">): FileSystem {
  const system: FileSystem = { id: sim.id("fs"), ...made, state: "creating", toIa: null, createdAt: sim.now };
  systemTable(sim).put(system.id, system);
  sim.after(ms("fileSystemAvailable"), "efs:system-available", system.id);
  if (made.backup) sim.tell("fileSystemBackedUp", system.id);
  return system;
}

const fileSystems: SandboxService = {
  durations,
  metrics,
  errors: {
    missingParameter: "BadRequest",
    malformedParameter: "BadRequest",
    throttled: "ThrottlingException",
    throttledStatus: 429,
  },
  failures: {
    "mount-target": {
      // Those that were not finished meanwhile are finished.
      changed(_about, sim) {
        if (sim.failing("mount-target") === undefined)
          for (const { id, state } of targetTable(sim).all())
            if (state === "creating") sim.after(ms("mountTargetAvailable"), "efs:target-available", id);
      },
    },
  },
  inventory: { "efs.systems": "file systems", "efs.targets": "mount targets" },
  operations: {
    CreateFileSystem: operation(
      {
        CreationToken: z.string().min(1).max(64),
        Encrypted: z.boolean().optional(),
        KmsKeyId: kmsKeyId.optional(),
        PerformanceMode: z.enum(["generalPurpose", "maxIO"]).optional(),
        ThroughputMode: z.enum(["bursting", "elastic"]).optional(),
        Backup: z.boolean().optional(),
        Tags: tags.optional(),
      },
      (input, sim) => {
        useLinkedRole(sim, linkedPrincipal("elasticfilesystem"));
        const known = systemTable(sim)
          .all()
          .find((one) => one.token === input.CreationToken);
        if (known)
          throw awsError(
            "FileSystemAlreadyExists",
            `File system '${known.id}' already exists with creation token '${input.CreationToken}'`,
            { status: 409, fields: { FileSystemId: known.id, ErrorCode: "FileSystemAlreadyExists" } },
          );
        const throughput = input.ThroughputMode ?? "bursting";
        if (throughput === "elastic" && input.PerformanceMode === "maxIO")
          throw badRequest("Elastic throughput is not supported with the performance mode maxIO.");
        if (input.KmsKeyId !== undefined && !input.Encrypted)
          throw badRequest("KmsKeyId is only allowed for an encrypted file system.");
        const kmsKey = input.KmsKeyId === undefined ? undefined : keyOf(sim, input.KmsKeyId);
        return describe(
          sim,
          newSystem(sim, {
            token: input.CreationToken,
            encrypted: input.Encrypted ?? false,
            ...(kmsKey === undefined ? {} : { kmsKey }),
            performance: input.PerformanceMode ?? "generalPurpose",
            throughput,
            backup: input.Backup ?? false,
            tags: tagsFrom(input.Tags),
          }),
        );
      },
    ),

    DescribeFileSystems: operation(
      { ...paging, FileSystemId: systemId.optional(), CreationToken: z.string().min(1).max(64).optional() },
      ({ FileSystemId, CreationToken, ...rest }, sim) => {
        if (FileSystemId && CreationToken) throw badRequest("Give a file system ID or a creation token, not both.");
        if (FileSystemId && !systemTable(sim).visible(FileSystemId)) throw notFound(FileSystemId);
        const found = systemTable(sim)
          .allVisible()
          .filter((one) => !FileSystemId || one.id === FileSystemId)
          .filter((one) => !CreationToken || one.token === CreationToken)
          .reverse();
        const { items, ...next } = page(found, rest);
        return { FileSystems: items.map((one) => describe(sim, one)), ...next };
      },
    ),

    UpdateFileSystem: operation(
      { FileSystemId: systemId, ThroughputMode: z.enum(["bursting", "elastic"]) },
      ({ FileSystemId, ThroughputMode }, sim) => {
        const system: FileSystem = {
          ...availableSystem(sim, FileSystemId),
          throughput: ThroughputMode,
          state: "updating",
        };
        systemTable(sim).put(FileSystemId, system);
        sim.after(ms("fileSystemAvailable"), "efs:system-available", FileSystemId);
        return describe(sim, system);
      },
    ),

    UpdateFileSystemProtection: operation(
      { FileSystemId: systemId, ReplicationOverwriteProtection: z.enum(["ENABLED", "DISABLED"]) },
      ({ FileSystemId, ReplicationOverwriteProtection: overwriteProtection }, sim) => {
        systemTable(sim).put(FileSystemId, { ...availableSystem(sim, FileSystemId), overwriteProtection });
        return { ReplicationOverwriteProtection: overwriteProtection };
      },
    ),

    DeleteFileSystem: operation({ FileSystemId: systemId }, ({ FileSystemId }, sim) => {
      const system = systemFor(sim, FileSystemId);
      if (numberOfTargets(sim, FileSystemId) > 0)
        throw awsError("FileSystemInUse", `File system '${FileSystemId}' has mount targets.`, { status: 409 });
      // Documented; by which error, is not.
      if (system.replicatedTo)
        throw awsError("FileSystemInUse", `File system '${FileSystemId}' is part of a replication.`, { status: 409 });
      if (system.state !== "deleting") {
        systemTable(sim).put(FileSystemId, { ...system, state: "deleting" });
        sim.after(ms("fileSystemDeleted"), "efs:system-gone", FileSystemId);
      }
      return {};
    }),

    CreateReplicationConfiguration: operation(
      { SourceFileSystemId: systemId, Destinations: z.array(z.strictObject({ Region: z.string() })).length(1) },
      ({ SourceFileSystemId, Destinations: [to] }, sim) => {
        const system = systemFor(sim, SourceFileSystemId);
        const replicatedTo = { region: to?.Region ?? "", id: sim.id("fs") };
        systemTable(sim).put(system.id, { ...system, replicatedTo });
        return {};
      },
    ),
    DescribeReplicationConfigurations: operation({ FileSystemId: systemId }, ({ FileSystemId }, sim) => {
      const { id, replicatedTo } = systemFor(sim, FileSystemId);
      if (!replicatedTo)
        throw awsError("ReplicationNotFound", `No replication configuration was found for ${id}.`, { status: 404 });
      return {
        Replications: [
          {
            SourceFileSystemId: id,
            SourceFileSystemRegion: sim.region,
            Destinations: [{ Status: "ENABLED", FileSystemId: replicatedTo.id, Region: replicatedTo.region }],
          },
        ],
      };
    }),
    DeleteReplicationConfiguration: operation({ SourceFileSystemId: systemId }, ({ SourceFileSystemId }, sim) => {
      const { replicatedTo: _, ...system } = systemFor(sim, SourceFileSystemId);
      systemTable(sim).put(system.id, system);
      return {};
    }),

    PutLifecycleConfiguration: operation(
      {
        FileSystemId: systemId,
        LifecyclePolicies: z.array(z.strictObject({ TransitionToIA: z.string().regex(IA).optional() })).max(3),
      },
      ({ FileSystemId, LifecyclePolicies }, sim) => {
        const system = availableSystem(sim, FileSystemId);
        if (LifecyclePolicies.length > 1 || LifecyclePolicies.some((one) => one.TransitionToIA === undefined))
          throw badRequest("One or more LifecyclePolicy objects specified are malformed.");
        systemTable(sim).put(FileSystemId, { ...system, toIa: LifecyclePolicies[0]?.TransitionToIA ?? null });
        return { LifecyclePolicies };
      },
    ),

    DescribeLifecycleConfiguration: operation({ FileSystemId: systemId }, ({ FileSystemId }, sim) => {
      const system = systemTable(sim).visible(FileSystemId);
      if (!system) throw notFound(FileSystemId);
      return { LifecyclePolicies: system.toIa ? [{ TransitionToIA: system.toIa }] : [] };
    }),

    PutBackupPolicy: operation(
      { FileSystemId: systemId, BackupPolicy: z.strictObject({ Status: z.enum(["ENABLED", "DISABLED"]) }) },
      ({ FileSystemId, BackupPolicy }, sim) => {
        const system = availableSystem(sim, FileSystemId);
        systemTable(sim).put(FileSystemId, { ...system, backup: BackupPolicy.Status === "ENABLED" });
        if (BackupPolicy.Status === "ENABLED") sim.tell("fileSystemBackedUp", FileSystemId);
        return { BackupPolicy: { Status: BackupPolicy.Status === "ENABLED" ? "ENABLING" : "DISABLING" } };
      },
    ),

    DescribeBackupPolicy: operation({ FileSystemId: systemId }, ({ FileSystemId }, sim) => {
      const system = systemTable(sim).visible(FileSystemId);
      if (!system) throw notFound(FileSystemId);
      // A file system that never had one.
      if (!system.backup) throw awsError("PolicyNotFound", "The backup policy was not found.", { status: 404 });
      return { BackupPolicy: { Status: system.state === "creating" ? "ENABLING" : "ENABLED" } };
    }),

    CreateMountTarget: operation(
      {
        FileSystemId: systemId,
        SubnetId: z.string().regex(/^subnet-[0-9a-f]{8,40}$/),
        SecurityGroups: securityGroups.optional(),
      },
      ({ FileSystemId, SubnetId, SecurityGroups }, sim) => {
        availableSystem(sim, FileSystemId);
        const subnet = subnetTable(sim).visible(SubnetId) && subnetTable(sim).get(SubnetId);
        if (!subnet) throw awsError("SubnetNotFound", `The subnet ID '${SubnetId}' does not exist.`);
        const targets = targetTable(sim)
          .all()
          .filter((one) => one.fileSystemId === FileSystemId);
        if (targets.some((one) => one.zone === subnet.zone))
          throw awsError("MountTargetConflict", "mount target already exists in this AZ", { status: 409 });
        if (targets.some((one) => one.vpcId !== subnet.vpcId))
          throw awsError(
            "MountTargetConflict",
            "requested subnet for new mount target is not in the same VPC as existing mount targets",
            { status: 409 },
          );
        // None named: the VPC's default one (API reference, CreateMountTarget).
        const groupIds = SecurityGroups?.length ? SecurityGroups : defaultGroupOf(sim, subnet.vpcId);
        checkGroups(sim, groupIds, subnet.vpcId);
        const id = sim.id("fsmt");
        const made = addInterface(sim, subnet, {
          groupIds,
          publicIp: null,
          description: `Mount target ${id} for file system ${FileSystemId}`,
          type: "efs",
          requester: "amazon-elasticfilesystem",
          instanceId: null,
        });
        const target: MountTarget = {
          id,
          fileSystemId: FileSystemId,
          subnetId: SubnetId,
          zone: subnet.zone,
          vpcId: subnet.vpcId,
          interfaceId: made.id,
          address: made.privateIp,
          state: "creating",
        };
        targetTable(sim).put(id, target);
        sim.after(ms("mountTargetAvailable"), "efs:target-available", id);
        return describeTarget(sim, target);
      },
    ),

    DescribeMountTargets: operation(
      { ...paging, FileSystemId: systemId.optional(), MountTargetId: targetId.optional() },
      ({ FileSystemId, MountTargetId, ...rest }, sim) => {
        if ((FileSystemId === undefined) === (MountTargetId === undefined))
          throw badRequest("Give exactly one of file system ID and mount target ID.");
        if (FileSystemId && !systemTable(sim).visible(FileSystemId)) throw notFound(FileSystemId);
        if (MountTargetId && !targetTable(sim).visible(MountTargetId)) throw targetNotFound(MountTargetId);
        const found = targetTable(sim)
          .allVisible()
          .filter((one) => one.fileSystemId === FileSystemId || one.id === MountTargetId)
          .reverse();
        const { items, ...next } = page(found, rest);
        return { MountTargets: items.map((one) => describeTarget(sim, one)), ...next };
      },
    ),

    ModifyMountTargetSecurityGroups: operation(
      { MountTargetId: targetId, SecurityGroups: securityGroups },
      ({ MountTargetId, SecurityGroups }, sim) => {
        const target = targetTable(sim).visible(MountTargetId) && targetTable(sim).get(MountTargetId);
        if (!target) throw targetNotFound(MountTargetId);
        if (target.state !== "available")
          throw awsError("IncorrectMountTargetState", `Mount target '${MountTargetId}' is in state ${target.state}.`, {
            status: 409,
          });
        checkGroups(sim, SecurityGroups, target.vpcId);
        const made = interfaceTable(sim).get(target.interfaceId);
        if (made) interfaceTable(sim).put(made.id, { ...made, groupIds: SecurityGroups });
        return {};
      },
    ),

    DeleteMountTarget: operation({ MountTargetId: targetId }, ({ MountTargetId }, sim) => {
      const target = targetTable(sim).get(MountTargetId);
      if (!target) throw targetNotFound(MountTargetId);
      if (target.state !== "deleting") {
        targetTable(sim).put(MountTargetId, { ...target, state: "deleting" });
        sim.after(ms("mountTargetDeleted"), "efs:target-gone", MountTargetId);
      }
      return {};
    }),

    TagResource: operation({ ResourceId: systemId, Tags: tags }, ({ ResourceId, Tags }, sim) => {
      const system = systemFor(sim, ResourceId);
      systemTable(sim).put(ResourceId, { ...system, tags: { ...system.tags, ...tagsFrom(Tags) } });
      return {};
    }),

    UntagResource: operation(
      { ResourceId: systemId, TagKeys: z.array(z.string()).min(1).max(50) },
      ({ ResourceId, TagKeys }, sim) => {
        const system = systemFor(sim, ResourceId);
        systemTable(sim).put(ResourceId, { ...system, tags: untagged(system.tags, TagKeys) });
        return {};
      },
    ),
  },

  timers: {
    "system-available": (id, sim) => {
      const system = systemTable(sim).get(id);
      if (system && (system.state === "creating" || system.state === "updating"))
        systemTable(sim).putNow(id, { ...system, state: "available" });
    },
    "system-gone": (id, sim) => {
      systemTable(sim).removeNow(id);
      dropPolicies(sim, id);
      sim.tell("fileSystemDeleted", id);
    },
    "target-available": (id, sim) => {
      if (sim.failing("mount-target") !== undefined) return;
      const target = targetTable(sim).get(id);
      if (target?.state === "creating") targetTable(sim).putNow(id, { ...target, state: "available" });
    },
    "target-gone": (id, sim) => {
      const target = targetTable(sim).get(id);
      if (target) interfaceTable(sim).removeNow(target.interfaceId);
      targetTable(sim).removeNow(id);
    },
  },
};

export const efs: SandboxService = composed(fileSystems, policies);
