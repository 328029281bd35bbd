import type { FileSystemAlreadyExists, FileSystemDescription, TransitionToIARules } from "@aws-sdk/client-efs";
import type { Health, Identified, Interruption, ResourceType, Tags } from "../../engine/resource.ts";
import { sameSet } from "../../lib/compare.ts";
import { list as words } from "../../lib/text.ts";
import type { Aws } from "../aws.ts";
import { copyToVault, ROLE_IS_NEW } from "../backup/backup-job.ts";
import { stackVault } from "../backup/names.ts";
import { copyObstacles } from "../backup/obstacles.ts";
import { hasCode, undefinedIf } from "../errors.ts";
import { type KeyChoice, keyNotes, otherKey, sameKey } from "../kms/choice.ts";
import { findOwned, KEY_TAG, STACK_TAG, tagList, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { partitionOf } from "../partition.ts";
import { fileSystemArn } from "./arn.ts";
import {
  backupStorage,
  efsBackupGB,
  efsIaAccessGB,
  efsIaGB,
  efsStandardGB,
  infrequentAccess,
  infrequentStorage,
  standardStorage,
} from "./prices.ts";

/** Where instances of one zone mount the file system: AWS allows one mount target per zone. */
export interface Mount {
  readonly subnetId: string;
  readonly groupId: string;
}
export interface FileSystemSpec extends KeyChoice {
  readonly encrypted: boolean;
  readonly performance: "generalPurpose" | "maxIO";
  readonly throughput: "bursting" | "elastic";
  /** Days without access after which a file moves to the Infrequent Access class; null: never. */
  readonly transitionToIaDays: number | null;
  /** Daily backups by AWS Backup. */
  readonly backup: boolean;
  readonly mounts: readonly Mount[];
}
interface MountTarget {
  readonly id: string;
  readonly subnetId: string;
  readonly state: string;
  readonly groupIds: readonly string[] | undefined;
}
export interface FileSystemLive extends FileSystemSpec, Identified {
  /** The ARN of the key that its files are encrypted with; empty: they are not. */
  readonly kmsKey: string;
  /** AWS does not know by which name it was chosen. */
  readonly kmsKeyName: "";
  readonly tags: Tags;
  readonly state: string;
  readonly targets: readonly MountTarget[];
  /** The name that instances mount; it resolves to the mount target of their own zone. */
  readonly dnsName: string;
}

const GONE = ["FileSystemNotFound"];

/** The security groups of network interfaces, all asked for in one call (DescribeMountTargetSecurityGroups takes one a call). */
const groupsOf = (aws: Aws, interfaceId: string) =>
  aws.batchById<readonly string[]>("ec2:interface-groups", interfaceId, async (ids) => {
    const interfaces = await allPages(
      (NextToken) =>
        aws.ec2.describeNetworkInterfaces({
          Filters: [{ Name: "network-interface-id", Values: [...ids] }],
          NextToken,
        }),
      (page) => page.NetworkInterfaces,
      (page) => page.NextToken,
    );
    return new Map(
      interfaces.map((one) => [
        one.NetworkInterfaceId ?? "",
        (one.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
      ]),
    );
  });

/** One that AWS could not make is no mount: it is removed and recreated. */
const works = ({ state }: MountTarget): boolean => state !== "error";

const ON_THE_MOVE = new Set(["creating", "updating", "deleting"]);

/** Those of a stack, or the one with that id. There is no filter by tag, but the tags are in the answer. */
const describe = (
  aws: Aws,
  { stack, id }: { readonly stack?: string; readonly id?: string },
): Promise<readonly FileSystemLive[]> =>
  aws.coalesce(`efs:file-systems:${stack ?? ""}:${id ?? ""}`, async () => {
    const all = await allPages(
      (Marker) => aws.efs.describeFileSystems({ Marker, FileSystemId: id }),
      (page) => page.FileSystems,
      (page) => page.NextMarker,
    );
    const wanted = all.filter((one) => stack === undefined || tagsFrom(one.Tags)[STACK_TAG] === stack);
    // One that vanishes between the reads is not there.
    const found = await Promise.all(wanted.map((one) => undefinedIf(GONE, () => live(aws, one))));
    return found.filter((one) => one !== undefined);
  });

async function live(aws: Aws, shown: FileSystemDescription): Promise<FileSystemLive> {
  const id = shown.FileSystemId as string;
  const state = shown.LifeCycleState ?? "";
  const described = await allPages(
    (Marker) => aws.efs.describeMountTargets({ FileSystemId: id, Marker }),
    (page) => page.MountTargets,
    (page) => page.NextMarker,
  );
  const there = described.filter(({ LifeCycleState }) => LifeCycleState !== "deleted");
  // What is on the move is not judged, so the rest need not be asked.
  const moving = [state, ...there.map((target) => target.LifeCycleState ?? "")].some((one) => ON_THE_MOVE.has(one));
  const [targets, transitionToIaDays, backup] = await Promise.all([
    Promise.all(
      there.map(async (target): Promise<MountTarget> => {
        const interfaceId = target.NetworkInterfaceId;
        return {
          id: target.MountTargetId ?? "",
          subnetId: target.SubnetId ?? "",
          state: target.LifeCycleState ?? "",
          groupIds: moving || interfaceId === undefined ? undefined : await groupsOf(aws, interfaceId),
        };
      }),
    ),
    moving ? null : lifecycle(aws, id),
    moving ? false : backups(aws, id),
  ]);
  return {
    id,
    tags: tagsFrom(shown.Tags),
    state,
    encrypted: shown.Encrypted ?? false,
    kmsKey: shown.KmsKeyId ?? "",
    kmsKeyName: "",
    performance: shown.PerformanceMode as FileSystemSpec["performance"],
    throughput: shown.ThroughputMode as FileSystemSpec["throughput"],
    transitionToIaDays,
    backup,
    targets,
    mounts: targets.filter(works).map(({ subnetId, groupIds = [] }) => ({ subnetId, groupId: groupIds.join(" ") })),
    dnsName: `${id}.efs.${aws.region}.${partitionOf(aws.region).dnsSuffix}`,
  };
}

async function lifecycle(aws: Aws, FileSystemId: string): Promise<number | null> {
  const { LifecyclePolicies = [] } = await aws.efs.describeLifecycleConfiguration({ FileSystemId });
  const rule = LifecyclePolicies.map((policy) => policy.TransitionToIA).find((one) => one !== undefined);
  const days = /^AFTER_(\d+)_DAYS?$/.exec(rule ?? "")?.[1];
  return days === undefined ? null : Number(days);
}

const rule = (days: number) => `AFTER_${days}_DAY${days === 1 ? "" : "S"}` as TransitionToIARules;

/** A file system that never had a policy answers PolicyNotFound. */
async function backups(aws: Aws, FileSystemId: string): Promise<boolean> {
  const answer = await undefinedIf(["PolicyNotFound"], () => aws.efs.describeBackupPolicy({ FileSystemId }));
  const status = answer?.BackupPolicy?.Status;
  return status === "ENABLED" || status === "ENABLING";
}

const list = (aws: Aws, stack: string) => describe(aws, { stack });

const byId = async (aws: Aws, id: string) => (await undefinedIf(GONE, () => describe(aws, { id })))?.[0];

function health({ state, targets }: FileSystemLive): Health {
  if (state === "deleting" || state === "deleted") return "deleting";
  if (state === "error") return { failed: "AWS could not make the file system (state error)" };
  if (ON_THE_MOVE.has(state) || targets.some((target) => ON_THE_MOVE.has(target.state))) return "pending";
  // The interface of a mount target may show later than itself.
  return targets.filter(works).some(({ groupIds }) => groupIds === undefined) ? "pending" : "ready";
}

/** User guide, "Encrypting data at rest"; AWS Backup developer guide, "Restore an Amazon EFS file system". */
const OTHER_KEY = {
  place: "efs.kmsKey",
  way: "To have the files under another key, restore a recovery point of them to a new file system that has it (aws backup start-restore-job, newFileSystem and KmsKeyId in its metadata).",
};

/** A file system and its mount targets, which have no identity of their own. */
export const fileSystem: ResourceType<FileSystemSpec, FileSystemLive> = {
  name: "efs:file-system",
  immutable: ["encrypted", "performance"],
  same: {
    ...sameKey,
    mounts: sameSet,
    // Somebody has turned them on: what the config never asked for it does not take back.
    backup: (wanted, found, _live, _spec, applied) => wanted === found || (found && applied.backup !== true),
  },
  // Nearly all of it is waiting for the mount targets.
  timing: { createSeconds: 80, timeoutSeconds: 900, deleteSeconds: 65, copySeconds: 240 },
  retryable: {
    update: [
      "IncorrectFileSystemLifeCycleState",
      "IncorrectMountTargetState",
      "SubnetNotFound",
      "SecurityGroupNotFound",
      // The target that is being replaced still holds the zone.
      "MountTargetConflict",
    ],
    copy: [ROLE_IS_NEW],
    delete: ["FileSystemInUse", "DependencyTimeout"],
  },
  holdsData: true,
  holdsFiles: true,
  finalCopy: (_live, { name, stack }) => `a recovery point of ${name} in the vault ${stackVault(stack)}`,
  uses: ({ targets }) => targets.flatMap(({ subnetId, groupIds = [] }) => [subnetId, ...groupIds]),
  byHand: {
    remove: ({ cli, region }, { id, targets }) => [
      ...targets.map((target) => `${cli} efs delete-mount-target --mount-target-id ${target.id} --region ${region}`),
      `${cli} efs delete-file-system --file-system-id ${id} --region ${region}${targets.length === 0 ? "" : "   (when its mount targets are gone, after about a minute)"}`,
    ],
    disown: ({ cli, region }, { id }) => [
      `${cli} efs untag-resource --resource-id ${id} --tag-keys ${STACK_TAG} ${KEY_TAG} --region ${region}`,
    ],
  },
  list,
  find: findOwned(list, { health, byId }),
  health,

  /** A file system that is replicated, or is where another is replicated to, is not deleted (API reference, DeleteFileSystem). */
  async protections(aws, { id, tags, state }, { discardData }) {
    const [answer, obstacles] = await Promise.all([
      undefinedIf(["ReplicationNotFound", ...GONE], () =>
        aws.efs.describeReplicationConfigurations({ FileSystemId: id }),
      ),
      discardData ? [] : copyObstacles(aws, tags[STACK_TAG] ?? ""),
    ]);
    // "The file system is in a failed state and is unrecoverable" (API reference, FileSystemDescription, LifeCycleState).
    const broken = {
      what: "AWS says that it is unrecoverable (state error), and no copy of it can be made",
      lift: { to: "remove it without one", commands: ["buddyverse down --discard-files"] },
    };
    const replications = (answer?.Replications ?? []).map(
      ({ SourceFileSystemId: source, SourceFileSystemRegion: home, Destinations = [] }) => {
        const others = source === id ? Destinations.map((one) => `${one.FileSystemId} in ${one.Region}`) : [];
        return {
          what: source === id ? `it is replicated to ${others.join(", ")}` : `${source} in ${home} is replicated to it`,
          lift: {
            to: `end the replication of ${source}`,
            commands: [
              `${aws.cli} efs delete-replication-configuration --source-file-system-id ${source} --region ${home}`,
            ],
          },
        };
      },
    );
    return [...replications, ...(state === "error" && !discardData ? [broken] : obstacles)];
  },

  interruption,
  // Of one that AWS could not make nothing is lost.
  impossible: (live, spec, applied) => (live.state === "error" ? undefined : otherKey(live, spec, applied, OTHER_KEY)),
  notes: (live, spec) => [
    ...(live.backup && !spec.backup
      ? [`automatic backups of ${live.id} are on, which the config does not ask for: they stay so`]
      : []),
    ...keyNotes(live, spec),
  ],

  async create(aws, { encrypted, kmsKeyName, performance, throughput, backup }, owner, token) {
    try {
      const { FileSystemId } = await aws.efs.createFileSystem({
        CreationToken: token,
        Encrypted: encrypted,
        ...(kmsKeyName === undefined ? {} : { KmsKeyId: kmsKeyName }),
        PerformanceMode: performance,
        ThroughputMode: throughput,
        Backup: backup,
        Tags: tagList(owner.tags),
      });
      return FileSystemId as string;
    } catch (error) {
      if (!hasCode(error, "FileSystemAlreadyExists")) throw error;
      const known = (error as FileSystemAlreadyExists).FileSystemId;
      if (known) return known;
      const { FileSystems = [] } = await aws.efs.describeFileSystems({ CreationToken: token });
      const id = FileSystems[0]?.FileSystemId;
      if (!id) throw error;
      return id;
    }
  },

  async update(aws, live, spec, changed, owner) {
    const FileSystemId = live.id;
    if (changed.has("tags")) {
      const { tags, obsoleteTags = [] } = owner;
      if (obsoleteTags.length > 0)
        await aws.efs.untagResource({ ResourceId: FileSystemId, TagKeys: [...obsoleteTags] });
      await aws.efs.tagResource({ ResourceId: FileSystemId, Tags: tagList(tags) });
    }
    if (changed.has("transitionToIaDays")) {
      // One transition per element; an empty list clears.
      const { transitionToIaDays: days } = spec;
      await aws.efs.putLifecycleConfiguration({
        FileSystemId,
        LifecyclePolicies: days === null ? [] : [{ TransitionToIA: rule(days) }],
      });
    }
    if (changed.has("backup")) {
      await aws.efs.putBackupPolicy({ FileSystemId, BackupPolicy: { Status: spec.backup ? "ENABLED" : "DISABLED" } });
    }
    if (changed.has("mounts")) await updateMounts(aws, live, spec.mounts);
    // Last: it puts the file system into the state updating, in which it refuses the others.
    if (changed.has("throughput")) await aws.efs.updateFileSystem({ FileSystemId, ThroughputMode: spec.throughput });
  },

  copy: (aws, { id }, owner, label, known) => copyToVault(aws, fileSystemArn(aws, id), owner, label, known),

  async delete(aws, { id, targets }) {
    for (const target of targets) await deleteTarget(aws, target);
    if (targets.length === 0) await undefinedIf(GONE, () => aws.efs.deleteFileSystem({ FileSystemId: id }));
  },

  charges({ transitionToIaDays, backup }, { use }) {
    const standard = { what: "standard storage", price: standardStorage };
    return [
      { ...standard, quantity: use(efsStandardGB) },
      ...(transitionToIaDays === null
        ? [{ ...standard, quantity: use(efsIaGB) }]
        : [
            { what: "infrequent access storage", price: infrequentStorage, quantity: use(efsIaGB) },
            { what: "infrequent access reads and writes", price: infrequentAccess, quantity: use(efsIaAccessGB) },
          ]),
      ...(backup ? [{ what: "recovery points", price: backupStorage, quantity: use(efsBackupGB) }] : []),
    ];
  },

  residual: ({ backup }, { use }, { discardData }) =>
    backup || !discardData
      ? [
          {
            what: "recovery points",
            price: backupStorage,
            quantity: use(efsBackupGB),
            note: discardData
              ? "kept by AWS Backup until they expire"
              : "the last copy, and those of each day until they expire",
          },
        ]
      : [],
};

/** Mount targets that are not wanted: somebody may have them for instances of their own. */
const strays = ({ targets }: Pick<FileSystemLive, "targets">, wanted: readonly Mount[]): readonly MountTarget[] =>
  targets.filter(({ subnetId }) => !wanted.some((mount) => mount.subnetId === subnetId));

function interruption(
  changed: ReadonlySet<string>,
  live: FileSystemLive,
  { mounts }: FileSystemSpec,
): Interruption | undefined {
  const used = changed.has("mounts") ? strays(live, mounts).filter(works) : [];
  if (used.length === 0) return undefined;
  const where = words(used.map(({ id, subnetId }) => `${id} in ${subnetId}`));
  return { what: `whoever mounts ${live.id} by ${where} is cut off: that mount target is removed`, seconds: 60 };
}

/** One call after the other: AWS answers parallel ones for the same file system with the same target. */
async function updateMounts(aws: Aws, { id, targets }: FileSystemLive, wanted: readonly Mount[]): Promise<void> {
  const unwanted = strays({ targets }, wanted);
  for (const target of targets) if (unwanted.includes(target) || !works(target)) await deleteTarget(aws, target);
  for (const { subnetId, groupId } of wanted) {
    const target = targets.find((one) => one.subnetId === subnetId && works(one));
    if (!target) {
      await aws.efs.createMountTarget({ FileSystemId: id, SubnetId: subnetId, SecurityGroups: [groupId] });
    } else if (!sameSet([groupId], target.groupIds)) {
      await aws.efs.modifyMountTargetSecurityGroups({ MountTargetId: target.id, SecurityGroups: [groupId] });
    }
  }
}

async function deleteTarget(aws: Aws, { id, state }: MountTarget): Promise<void> {
  if (state === "deleting") return;
  await undefinedIf(["MountTargetNotFound"], () => aws.efs.deleteMountTarget({ MountTargetId: id }));
}
