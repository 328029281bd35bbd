import type { DBInstance } from "@aws-sdk/client-rds";
import type {
  Blocker,
  ByHand,
  CopyProgress,
  DeleteOptions,
  Health,
  Identified,
  NotYet,
  Owner,
  Protection,
  Tags,
} from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { assertOurs, KEY_TAG, STACK_TAG, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { snapshotOf } from "./snapshot.ts";
import { idOf, isFenced, NO_ROLE_YET, speaksForItself } from "./tags.ts";

/** What a primary and a replica have in common: both are DB instances. Its id is its name. */
export interface InstanceLive extends Identified {
  readonly tags: Tags;
  readonly arn: string;
  readonly status: string;
  readonly engineVersion: string;
  readonly instanceClass: string;
  readonly storageGiB: number;
  /** Up to this AWS lets its storage grow by itself; 0: it does not. */
  readonly maxStorageGiB: number;
  readonly iops: number;
  /** MiB/s. */
  readonly throughput: number;
  /** What AWS has accepted and not yet done: it works at it, or waits for the maintenance window. */
  readonly accepted: {
    readonly engineVersion?: string;
    readonly instanceClass?: string;
    readonly storageGiB?: number;
    readonly backupRetentionDays?: number;
  };
  /** The maintenance window, "sun:17:00-sun:17:30", in UTC. */
  readonly window: string;
  /** AWS does not know when changes are to be made. */
  readonly apply: "now" | "window";
  readonly zone: string;
  readonly groupIds: readonly string[];
  /** No change of groups is under way: the rules of these, and of no others, count. */
  readonly groupsSettled: boolean;
  readonly publicAccess: boolean;
  readonly encrypted: boolean;
  /** The ARN of the key that it is encrypted with; empty: it is not. */
  readonly kmsKey: string;
  readonly minorUpgrades: boolean;
  readonly copyTagsToSnapshot: boolean;
  /** AWS keeps a standby of it in another zone. */
  readonly multiAz: boolean;
  readonly backupRetentionDays: number;
  readonly deletionProtection: boolean;
  readonly databaseName: string;
  readonly user: string;
  readonly subnetGroup: string;
  readonly parameterGroup: string;
  /** False: the parameter group has changed, and the change waits for a reboot. */
  readonly parametersApplied: boolean;
  /** "host:port"; empty until there is one. */
  readonly endpoint: string;
  readonly vpcId: string;
  /** Those of its subnet group. */
  readonly subnetIds: readonly string[];
  /** The primary that it follows; empty: it is no replica. */
  readonly source: string;
  readonly replicas: readonly string[];
  /** Of a replica that does not follow its source: how AWS says so; empty: it does, or is none. */
  readonly replicationTrouble: string;
  /** AWS has accepted another master password, which is not in force yet. */
  readonly passwordComes: boolean;
  /** AWS has no time of its creation and none to which it could be restored. */
  readonly unborn: boolean;
}

const GONE = ["DBInstanceNotFoundFault"];

function live(instance: DBInstance): InstanceLive {
  const parameterGroup = instance.DBParameterGroups?.[0];
  const { Address, Port } = instance.Endpoint ?? {};
  return {
    id: instance.DBInstanceIdentifier as string,
    tags: tagsFrom(instance.TagList),
    arn: instance.DBInstanceArn ?? "",
    status: instance.DBInstanceStatus ?? "",
    engineVersion: instance.EngineVersion ?? "",
    instanceClass: instance.DBInstanceClass ?? "",
    storageGiB: instance.AllocatedStorage ?? 0,
    maxStorageGiB: maxStorage(instance),
    iops: instance.Iops ?? 0,
    throughput: instance.StorageThroughput ?? 0,
    accepted: acceptedOf(instance),
    window: instance.PreferredMaintenanceWindow ?? "",
    apply: "now",
    zone: instance.AvailabilityZone ?? "",
    groupIds: (instance.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId, Status }) =>
      VpcSecurityGroupId === undefined || Status === "removing" ? [] : [VpcSecurityGroupId],
    ),
    groupsSettled: (instance.VpcSecurityGroups ?? []).every(({ Status }) => Status === "active"),
    publicAccess: instance.PubliclyAccessible ?? false,
    encrypted: instance.StorageEncrypted ?? false,
    kmsKey: instance.KmsKeyId ?? "",
    minorUpgrades: instance.AutoMinorVersionUpgrade ?? false,
    copyTagsToSnapshot: instance.CopyTagsToSnapshot ?? false,
    multiAz: instance.MultiAZ ?? false,
    backupRetentionDays: instance.BackupRetentionPeriod ?? 0,
    deletionProtection: instance.DeletionProtection ?? false,
    databaseName: instance.DBName ?? "",
    user: instance.MasterUsername ?? "",
    subnetGroup: instance.DBSubnetGroup?.DBSubnetGroupName ?? "",
    parameterGroup: parameterGroup?.DBParameterGroupName ?? "",
    parametersApplied: parameterGroup?.ParameterApplyStatus !== "pending-reboot",
    endpoint: Address === undefined || Port === undefined ? "" : `${Address}:${Port}`,
    vpcId: instance.DBSubnetGroup?.VpcId ?? "",
    subnetIds: (instance.DBSubnetGroup?.Subnets ?? []).flatMap(({ SubnetIdentifier }) => SubnetIdentifier ?? []),
    source: instance.ReadReplicaSourceDBInstanceIdentifier ?? "",
    replicas: instance.ReadReplicaDBInstanceIdentifiers ?? [],
    replicationTrouble: replicationTrouble(instance),
    passwordComes: instance.PendingModifiedValues?.MasterUserPassword !== undefined,
    unborn: instance.InstanceCreateTime === undefined && instance.LatestRestorableTime === undefined,
  };
}

/** No more than what it has is none: so it is turned off. */
const maxStorage = ({ AllocatedStorage = 0, MaxAllocatedStorage = 0 }: DBInstance): number =>
  MaxAllocatedStorage > AllocatedStorage ? MaxAllocatedStorage : 0;

function acceptedOf({ PendingModifiedValues: coming = {} }: DBInstance): InstanceLive["accepted"] {
  const { EngineVersion, DBInstanceClass, AllocatedStorage, BackupRetentionPeriod } = coming;
  return {
    ...(EngineVersion === undefined ? {} : { engineVersion: EngineVersion }),
    ...(DBInstanceClass === undefined ? {} : { instanceClass: DBInstanceClass }),
    ...(AllocatedStorage === undefined ? {} : { storageGiB: AllocatedStorage }),
    ...(BackupRetentionPeriod === undefined ? {} : { backupRetentionDays: BackupRetentionPeriod }),
  };
}

/** The state of the instance stays "available" whatever becomes of its replication (API reference, DBInstanceStatusInfo). */
function replicationTrouble({ StatusInfos = [] }: DBInstance): string {
  const trouble = StatusInfos.find(({ StatusType, Normal }) => StatusType === "read replication" && Normal === false);
  return trouble ? [trouble.Status, trouble.Message].filter(Boolean).join(": ") : "";
}

/** All DB instances of the region, one call for all who ask; their tags are in the answer. */
const instances = (aws: Aws): Promise<readonly InstanceLive[]> =>
  aws.coalesce("rds:instances", async () => {
    const found = await allPages(
      (Marker) => aws.rds.describeDBInstances({ Marker }),
      (page) => page.DBInstances,
      (page) => page.Marker,
    );
    return found.map(live);
  });

/**
 * The instance of the owner's name. Throws `not-ours` when it is somebody else's. One that is recorded, or that says of itself
 * that it is the stack's, is so under whatever key: a replica that becomes the primary keeps its name.
 */
export async function findInstance(aws: Aws, owner: Owner, recorded?: string): Promise<InstanceLive | undefined> {
  const found = (await instances(aws)).find(({ id }) => id === idOf(owner));
  if (!found) return undefined;
  const { id, tags } = found;
  const known = id === recorded || isFenced(found) || (speaksForItself(found) && tags[KEY_TAG] !== undefined);
  if (!(known && tags[STACK_TAG] === owner.stack)) assertOurs(owner, `DB instance ${id}`, tags);
  return found;
}

/** The stack's instances. */
export const listInstances = async (aws: Aws, stack: string): Promise<readonly InstanceLive[]> =>
  (await instances(aws)).filter(({ tags }) => tags[STACK_TAG] === stack);

/** The instance of that name, whoever's it is. */
export const instanceNamed = async (aws: Aws, name: string): Promise<InstanceLive | undefined> =>
  (await instances(aws)).find(({ id }) => id === name);

/** Names of all instances of the account's region. */
export const instanceNames = async (aws: Aws): Promise<ReadonlySet<string>> =>
  new Set((await instances(aws)).map(({ id }) => id));

/** Those that may have an interface in a subnet: it is one of their subnet group. Not those that are being deleted. */
export const instancesInSubnet = async (aws: Aws, subnetId: string): Promise<readonly string[]> =>
  (await instances(aws))
    .filter(({ subnetIds, status }) => subnetIds.includes(subnetId) && status !== "deleting")
    .map(({ id }) => id);

/** Fully operational, says AWS ("Viewing Amazon RDS DB instance status"); some changes are refused meanwhile. */
const READY = new Set(["available", "storage-optimization", "storage-initialization"]);
/** What does not pass by itself. All others are on their way: AWS has many, and adds to them. */
const FAILED =
  /^(failed|stopped|storage-full|restore-error|insufficient-capacity|inaccessible-encryption-credentials.*|incompatible-.*)$/;

export function instanceHealth({ id, status, passwordComes }: InstanceLive): Health {
  // For some seconds it is still "available", then "resetting-master-credentials".
  if (READY.has(status)) return passwordComes ? "pending" : "ready";
  if (status === "deleting") return "deleting";
  if (status === "stopped")
    return {
      failed: `${id} is stopped. Start it (aws rds start-db-instance --db-instance-identifier ${id}), or wait: AWS starts it by itself seven days after it was stopped`,
    };
  if (/^inaccessible-encryption-credentials/.test(status)) return { failed: withoutKey(status, id) };
  return FAILED.test(status) ? { failed: `AWS says that ${id} is ${status}` } : "pending";
}

/**
 * AWS cannot use its key. For seven days a start brings it back once the key can be used again, then only a backup does
 * (re:Post, knowledge-center/rds-aurora-inaccessible-state; user guide, "AWS KMS key management").
 */
const withoutKey = (status: string, id: string): string =>
  `AWS cannot use the KMS key that ${id} is encrypted with (${status}). Have the key enabled again (aws kms enable-key; where it is to be deleted, aws kms cancel-key-deletion first); ${
    status.endsWith("-recoverable")
      ? `then start it (aws rds start-db-instance --db-instance-identifier ${id}), within seven days of when it stopped`
      : "then restore the database from its latest backup: this instance does not come back"
  }`;

/**
 * It failed before it was ever there. Without `InstanceCreateTime` AWS shows an instance that is still being made (its answers
 * in boto/boto3#805, gruntwork-io/cloud-nuke#100), without `LatestRestorableTime` one that was never backed up.
 */
export const failedBeforeReady = ({ status, unborn }: InstanceLive): boolean => unborn && FAILED.test(status);

/** "The instance is in a state that does not allow this", such as a backup just now. */
export const BUSY: NotYet = "InvalidDBInstanceStateFault";

export const CREATE_AGAIN: readonly NotYet[] = [
  NO_ROLE_YET,
  // Our own, made by a call whose answer was lost, or somebody else's: the next look tells.
  "DBInstanceAlreadyExistsFault",
  // What a new instance refers to may not show everywhere yet.
  "DBSubnetGroupNotFoundFault",
  "DBParameterGroupNotFoundFault",
  { code: "InvalidParameterValue", message: /security group/i },
];

/**
 * The command that gives a primary a new master password; a replica has its primary's. It needs no --apply-immediately, which
 * would bring forward what else waits for the maintenance window (API reference, ModifyDBInstance, MasterUserPassword).
 */
export const setPassword = (aws: Aws, { id, source }: InstanceLive): string | undefined =>
  source === ""
    ? `${aws.cli} rds modify-db-instance --region ${aws.region} --db-instance-identifier ${id} --query DBInstance.DBInstanceStatus --master-user-password file:///dev/stdin`
    : undefined;

/** In these states AWS makes no final snapshot (API reference, DeleteDBInstance). */
const NO_SNAPSHOT = new Set(["failed", "incompatible-restore", "incompatible-network"]);

const command = ({ cli, region }: Aws, verb: string, id: string, options = ""): string =>
  `${cli} rds ${verb} --db-instance-identifier ${id}${options} --region ${region}`;
const start = (aws: Aws, id: string) => [
  command(aws, "start-db-instance", id),
  command(aws, "wait db-instance-available", id),
];
const unprotect = (aws: Aws, id: string) => [command(aws, "modify-db-instance", id, " --no-deletion-protection")];

/** What makes AWS refuse to delete an instance as it is now. */
function protectionsOf(
  aws: Aws,
  { id, status, deletionProtection, source }: InstanceLive,
  { discardData }: Pick<DeleteOptions, "discardData">,
): Protection[] {
  const snapshot = !discardData && source === "";
  const found: Protection[] = [];
  // Neither is a stopped instance changed, nor is a snapshot made of it (mattclay/aws-terminator#319; DeleteDBInstance answers
  // "not currently in the available state"). AWS starts it by itself after seven days (API reference, StopDBInstance).
  if (status === "stopped" && (snapshot || deletionProtection))
    found.push({
      what: "it is stopped, and AWS makes no final snapshot of it, and changes nothing of it, before it is started",
      lift: { to: `start ${id}`, commands: start(aws, id) },
    });
  // AWS makes no snapshot of what it cannot decrypt; which error says so, is not documented.
  if (snapshot && status.startsWith("inaccessible-encryption-credentials"))
    found.push({
      what: `AWS cannot use its KMS key (${status}), and makes no final snapshot`,
      lift: status.endsWith("-recoverable")
        ? { to: `bring ${id} back, once its key is enabled again`, commands: start(aws, id) }
        : {
            to: "remove the stack without one, once what you need was restored from its backups",
            commands: ["buddyverse down --discard-data"],
          },
    });
  // That is what it is for: it is lifted by a person, never in passing.
  if (deletionProtection)
    found.push({
      what: "deletion protection is on (the next up puts it back where database.deletionProtection is true)",
      lift: { to: `lift the deletion protection of ${id}`, commands: unprotect(aws, id) },
    });
  if (snapshot && NO_SNAPSHOT.has(status))
    found.push({
      what: `it is ${status}, and AWS can delete it only without a final snapshot`,
      lift: {
        to: "remove the stack without one, once what you need was restored from its automated backups",
        commands: ["buddyverse down --discard-data"],
      },
    });
  return found;
}

export const protections = async (
  aws: Aws,
  instance: InstanceLive,
  options: Pick<DeleteOptions, "discardData">,
): Promise<readonly Protection[]> => protectionsOf(aws, instance, options);

/** What an instance stands on; by name or id. */
export const uses = ({ subnetGroup, parameterGroup, groupIds, subnetIds }: InstanceLive): readonly string[] => [
  subnetGroup,
  parameterGroup,
  ...groupIds,
  ...subnetIds,
];

export const removeReplica: ByHand<InstanceLive>["remove"] = (aws, { id, deletionProtection }) => [
  ...(deletionProtection ? unprotect(aws, id) : []),
  command(aws, "delete-db-instance", id, " --skip-final-snapshot"),
];

export const byHand: ByHand<InstanceLive> = {
  remove: (aws, { id, status, deletionProtection }) => [
    ...(status === "stopped" ? start(aws, id) : []),
    ...(deletionProtection ? unprotect(aws, id) : []),
    command(aws, "delete-db-instance", id, ` --final-db-snapshot-identifier ${id}-final`),
  ],
  disown: ({ cli, region }, { arn }) => [
    `${cli} rds remove-tags-from-resource --resource-name ${arn} --tag-keys ${STACK_TAG} ${KEY_TAG} --region ${region}`,
  ],
  // The tags stay with a renamed instance, its replicas too (user guide, "Renaming a DB instance").
  adopt: (aws, { id }, owner) => ({
    to: `have ${id} as ${owner.name}`,
    commands: [
      command(aws, "modify-db-instance", id, ` --new-db-instance-identifier ${idOf(owner)} --apply-immediately`),
    ],
  }),
};

/** Its replicas that are there, whoever made them. */
export const replicasOf = async (aws: Aws, { id }: InstanceLive): Promise<readonly InstanceLive[]> =>
  (await instances(aws)).filter(({ source, status }) => source === id && status !== "deleting");

/** The command that gives an instance another version. */
export const upgrade = (aws: Aws, id: string, version: string): string =>
  command(aws, "modify-db-instance", id, ` --engine-version ${version} --apply-immediately`);

export const HAS_REPLICAS: NotYet = { code: "BuddyError", message: /still has the replica/ };

/** Its replicas: those of the stack go before it, so what stays is somebody else's. */
export async function replicaBlockers(aws: Aws, { replicas }: InstanceLive): Promise<readonly Blocker[]> {
  const known = await instances(aws);
  return replicas.map((id) => ({
    id,
    what: "a read replica of it",
    passing: known.find((one) => one.id === id)?.status === "deleting",
    // It keeps its data, as a database of its own.
    commands: [command(aws, "promote-read-replica", id)],
  }));
}

/** The instances that use a DB subnet group, or parameter group. */
export async function userBlockers(
  aws: Aws,
  uses: (instance: Pick<InstanceLive, "subnetGroup" | "parameterGroup">) => boolean,
): Promise<readonly Blocker[]> {
  return (await instances(aws)).filter(uses).map(({ id, status }) => ({
    id,
    what: `DB instance, ${status}`,
    passing: status === "deleting",
    commands: [command(aws, "delete-db-instance", id, ` --final-db-snapshot-identifier ${id}-final`)],
  }));
}

const finalName = (id: string, label: string) => `${id}-final-${label}`;

/** The copy that stays of an instance's data. */
export const finalSnapshot = (aws: Aws, { id }: InstanceLive, owner: Owner, label: string): Promise<CopyProgress> =>
  snapshotOf(aws, id, finalName(id, label), owner);

const blocked = (id: string, message: string, hint: string) =>
  new BuddyError({
    code: "blocked",
    message: `DB instance ${id} ${message}`,
    about: { id, operation: "DeleteDBInstance" },
    hint,
  });

/** Deletes an instance that may hold data: unless that is to be discarded, a snapshot of it stays. */
export async function deleteWithSnapshot(
  aws: Aws,
  instance: InstanceLive,
  { discardData, label }: DeleteOptions,
): Promise<string | undefined> {
  const snapshot = discardData ? undefined : finalName(instance.id, label);
  await deleteInstance(aws, instance, snapshot);
  return snapshot;
}

/** @param snapshot the name of the snapshot that stays; undefined: none. */
export async function deleteInstance(aws: Aws, instance: InstanceLive, snapshot?: string): Promise<void> {
  const { id, replicas } = instance;
  // Looked at before the run, too; it may have come since.
  const [protection] = protectionsOf(aws, instance, { discardData: snapshot === undefined });
  if (protection) {
    const { to, commands } = protection.lift;
    const hint = `To ${to}: ${commands.join(" && ")}; then run the same command again.`;
    throw blocked(id, `cannot be deleted: ${protection.what}`, hint);
  }
  // Without its source a replica would become a primary of its own, and cost as one.
  if (replicas.length > 0)
    throw blocked(
      id,
      `still has the replica ${replicas.join(", ")}`,
      "Delete that replica, or promote it, then run the same command again.",
    );
  // The snapshot is there when an earlier call was accepted and its answer lost: the next look shows the instance deleting.
  await undefinedIf([...GONE, "DBSnapshotAlreadyExistsFault"], () =>
    aws.rds.deleteDBInstance({
      DBInstanceIdentifier: id,
      ...(snapshot === undefined
        ? { SkipFinalSnapshot: true }
        : { SkipFinalSnapshot: false, FinalDBSnapshotIdentifier: snapshot }),
      DeleteAutomatedBackups: true,
    }),
  );
}
