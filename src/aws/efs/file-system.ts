import type { FileSystemAlreadyExists, TransitionToIARules } from "@aws-sdk/client-efs";
import type { Interruption, ResourceType, Rollout } from "../../engine/resource.ts";
import { both, createOnly, inOtherZones, sameSet } from "../../lib/compare.ts";
import { about } from "../../lib/duration.ts";
import { counted, list as words } from "../../lib/text.ts";
import type { Aws } from "../aws.ts";
import { copiedSince, copyRights, copyToVault, ROLE_IS_NEW } from "../backup/backup-job.ts";
import { stackVault } from "../backup/names.ts";
import { copyObstacles } from "../backup/obstacles.ts";
import { closeVaultOf, foreseeRestoreToNew, restoreToNew } from "../backup/restore-to-new.ts";
import { AT_BIRTH, COUNTER, MARK, STATE } from "../coverage.ts";
import { hasCode, undefinedIf } from "../errors.ts";
import { keyNotes, otherKey, sameKey } from "../kms/choice.ts";
import { KEY_TAG, STACK_TAG, tagList } from "../owned.ts";
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
import {
  type FileSystemLive,
  type FileSystemSpec,
  fileSystemHealth,
  fileSystemNamesake,
  findFileSystem,
  GONE,
  isOnTheMove,
  listFileSystems,
  type Mount,
  type MountTarget,
  works,
} from "./read-file-systems.ts";
import { doingOf, isWhole, RESTORED_TAG, troubleOf, wholeTag } from "./restored.ts";

export type { FileSystemLive, FileSystemSpec } from "./read-file-systems.ts";

/** "The maximum duration for a backup operation is seven days", and a restore takes longer (EFS user guide): a run waits for a day. */
const RESTORE_SECONDS = 24 * 3600;
/** Until a mount target can be used, seconds. */
const MOUNT_SECONDS = 80;

const rule = (days: number) => `AFTER_${days}_DAY${days === 1 ? "" : "S"}` as TransitionToIARules;

/** User guide, "Encrypting data at rest"; AWS Backup developer guide, "Restore an Amazon EFS file system". */
const OTHER_KEY = {
  place: "efs.kmsKey",
  way: "To have the files under another key, take the stack down, and have `buddyverse up --files latest` make a new file system of its copy, which gets the config's key.",
};

/** A file system and its mount targets, which have no identity of their own. */
export const fileSystem: ResourceType<FileSystemSpec, FileSystemLive> = {
  name: "efs:file-system",
  matters: ["performance", "throughput"],
  immutable: ["encrypted", "performance"],
  coverage: {
    covers: {
      encrypted: ["Encrypted"],
      performance: ["PerformanceMode"],
      throughput: ["ThroughputMode"],
      transitionToIaDays: ["LifecyclePolicies.TransitionToIA"],
      backup: ["BackupPolicy.Status"],
      // Whole ones: what AWS gives to each is another when it was made again.
      mounts: ["MountTargets[]"],
      zones: "unshown",
      recoveryPoint: "unshown",
      copyOf: "unshown",
      restoring: "unshown",
      openVault: "unshown",
      kmsKey: ["KmsKeyId"],
      kmsKeyName: "watched",
    },
    ignores: {
      LifeCycleState: STATE,
      [`Tags[${RESTORED_TAG}]`]: MARK,
      NumberOfMountTargets: COUNTER,
      SizeInBytes: COUNTER,
      BackupPolicy: "as the spec has it, or not read while the file system changes",
    },
    unshown: {
      zones: "its mount targets say them",
      recoveryPoint: AT_BIRTH,
      copyOf: AT_BIRTH,
      openVault: AT_BIRTH,
      restoring: "AWS Backup tells of it, where it is restored",
      replication: "another call",
    },
    dangers: [
      { at: ["mounts"], danger: "opened to the world" },
      { at: ["backup"], danger: "less protected", when: (text) => text === "false" },
      { at: ["encrypted"], danger: "not encrypted" },
      // A replication may overwrite all that is in it.
      {
        at: ["FileSystemProtection.ReplicationOverwriteProtection"],
        danger: "less protected",
        when: (text) => text !== "ENABLED",
      },
    ],
  },
  same: {
    ...sameKey,
    mounts: sameSet,
    zones: createOnly,
    recoveryPoint: createOnly,
    copyOf: createOnly,
    openVault: createOnly,
    // Somebody has turned them on: what the config never asked for it does not take back.
    backup: (wanted, found, _live, _spec, applied) => wanted === found || (found && applied.backup !== true),
  },
  // In a zone that stays another mount target takes the place of the one that is there.
  widened: (live, { mounts, zones }) => ({
    mounts: both(mounts, inOtherZones(live.mounts, live.zones, zones), ({ subnetId }) => subnetId),
  }),
  // Nearly all of it is waiting for the mount targets.
  timing: { createSeconds: 80, timeoutSeconds: 900, deleteSeconds: 65, copySeconds: 240 },
  retryable: {
    create: [ROLE_IS_NEW],
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
  // Of one that is not whole the recovery point stays that it is made of.
  finalCopy: ({ restoring }, { name, stack }) =>
    restoring ? undefined : `a recovery point of ${name} in the vault ${stackVault(stack)}`,
  copyRights,
  failedBeforeReady: ({ restore }) => restore !== undefined && troubleOf(restore) !== undefined,
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
  mend({ cli, region }, { id }, { path, before }) {
    return path === "FileSystemProtection.ReplicationOverwriteProtection" && before !== undefined
      ? {
          command: `${cli} efs update-file-system-protection --file-system-id ${id} --replication-overwrite-protection ${before} --region ${region}`,
        }
      : undefined;
  },
  list: listFileSystems,
  find: findFileSystem,
  health: fileSystemHealth,
  stillPending: isOnTheMove,
  doing: ({ restore }) => restore && doingOf(restore),
  stuck: (_aws, { id, restore }) =>
    restore?.job === ""
      ? `AWS Backup tells of no job that made ${id}, so nobody can say whether all files are in it`
      : undefined,
  limitSeconds: ({ restore }) => (restore && restore.job !== "" && !isWhole(restore) ? RESTORE_SECONDS : undefined),

  /** A file system that is replicated, or is where another is replicated to, is not deleted (API reference, DeleteFileSystem). */
  async protections(aws, { id, state, restoring }, { discardData }, { stack }) {
    if (restoring) return [];
    const [answer, obstacles] = await Promise.all([
      undefinedIf(["ReplicationNotFound", ...GONE], () =>
        aws.efs.describeReplicationConfigurations({ FileSystemId: id }),
      ),
      discardData ? [] : copyObstacles(aws, stack),
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
  rollout,
  // Of one that AWS could not make nothing is lost.
  impossible: (live, spec, applied) => (live.state === "error" ? undefined : otherKey(live, spec, applied, OTHER_KEY)),
  notes: (live, spec) => [
    ...(live.backup && !spec.backup
      ? [`automatic backups of ${live.id} are on, which the config does not ask for: they stay so`]
      : []),
    ...keyNotes(live, spec),
  ],

  foresee: async (aws, { recoveryPoint, copyOf, openVault }, owner, live) =>
    live
      ? undefined
      : recoveryPoint === undefined
        ? fileSystemNamesake(aws, owner)
        : foreseeRestoreToNew(aws, { recoveryPoint, copyOf, openVault }, owner),

  async create(aws, spec, owner, token) {
    const { encrypted, kmsKey, kmsKeyName, performance, throughput, backup, recoveryPoint, copyOf, openVault } = spec;
    if (recoveryPoint !== undefined)
      return restoreToNew(aws, { recoveryPoint, copyOf, openVault, encrypted, kmsKey, performance }, owner);
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
    const { made, restore, id: FileSystemId } = live;
    if (made !== undefined && restore) {
      const { openVault, copyOf } = spec;
      if (openVault) await closeVaultOf(aws, { recoveryPoint: restore.from, copyOf }, owner);
      return void (await aws.efs.tagResource({
        ResourceId: made,
        Tags: tagList({ ...owner.tags, ...wholeTag(made, restore) }),
      }));
    }
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

  copiedSince: (aws, { id }, owner, since) => copiedSince(aws, fileSystemArn(aws, id), owner, since),

  async delete(aws, { id, made, targets, restore }) {
    for (const target of targets) await deleteTarget(aws, target);
    const FileSystemId = made ?? id;
    if (FileSystemId.startsWith("fs-")) {
      if (targets.length === 0) await undefinedIf(GONE, () => aws.efs.deleteFileSystem({ FileSystemId }));
      // A restore that made nothing leaves nothing. Of another one the file system is waited for: no call ends a restore.
    } else if (restore && troubleOf(restore) !== undefined) return id;
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

function rollout(
  changed: ReadonlySet<string>,
  { targets }: FileSystemLive,
  { mounts }: FileSystemSpec,
): Rollout | undefined {
  const more = mounts.filter(({ subnetId }) => !targets.some((one) => one.subnetId === subnetId && works(one)));
  if (!changed.has("mounts") || more.length === 0) return undefined;
  return {
    what: `${counted(more.length, "mount target")} more, about ${about(MOUNT_SECONDS)}; the files stay where they are`,
    seconds: MOUNT_SECONDS,
  };
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
