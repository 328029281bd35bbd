import type { DBInstance, PendingModifiedValues } from "@aws-sdk/client-rds";
import type { Blocker, ByHand, Health, Identified, NotYet, Owner, Tags } from "../../engine/resource.ts";
import { propertiesOf } from "../../lib/properties.ts";
import type { Aws } from "../aws.ts";
import { assertOurs, KEY_TAG, STACK_TAG, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { command, noProtection, start } from "./commands.ts";
import { withoutGiven } from "./storage.ts";
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
  /** What else it has accepted, as texts: "MultiAZ true". */
  readonly alsoAccepted: readonly string[];
  /** The name that it will have; empty: its own. */
  readonly comingName: string;
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

export const GONE = ["DBInstanceNotFoundFault"];

function live(instance: DBInstance): InstanceLive {
  const parameterGroup = instance.DBParameterGroups?.[0];
  const { Address, Port } = instance.Endpoint ?? {};
  const waiting = waitingOf(instance);
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
    alsoAccepted: alsoAccepted(waiting),
    comingName: waiting?.DBInstanceIdentifier ?? "",
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
    // Those in another region are ARNs; an Aurora cluster may follow it, too.
    replicas: [
      ...(instance.ReadReplicaDBInstanceIdentifiers ?? []),
      ...(instance.ReadReplicaDBClusterIdentifiers ?? []),
    ],
    replicationTrouble: replicationTrouble(instance),
    passwordComes: instance.PendingModifiedValues?.MasterUserPassword !== undefined,
    described: describedOf(instance, waiting),
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

/** What AWS tells of it, except for the performance that the size of its storage gives. */
function describedOf(instance: DBInstance, waiting: PendingModifiedValues | undefined): DBInstance {
  const { StorageType, AllocatedStorage = 0 } = instance;
  const told = StorageType === "gp3" ? withoutGiven(instance, AllocatedStorage) : instance;
  return { ...told, PendingModifiedValues: waiting };
}
const waitingOf = ({ PendingModifiedValues: waiting }: DBInstance): PendingModifiedValues | undefined =>
  waiting?.AllocatedStorage === undefined ? waiting : withoutGiven(waiting, waiting.AllocatedStorage);

/** Log exports wait for nothing: they are being turned on or off (user guide, "Available settings", Log exports). */
const alsoAccepted = ({
  EngineVersion: _version,
  DBInstanceClass: _class,
  AllocatedStorage: _storage,
  BackupRetentionPeriod: _backups,
  MasterUserPassword: _password,
  PendingCloudwatchLogsExports: _logs,
  ...others
}: PendingModifiedValues = {}): readonly string[] =>
  [...propertiesOf(others)].map(([path, { text }]) => `${path} ${text}`);

/** The state of the instance stays "available" whatever becomes of its replication (API reference, DBInstanceStatusInfo). */
function replicationTrouble({ StatusInfos = [] }: DBInstance): string {
  const trouble = StatusInfos.find(({ StatusType, Normal }) => StatusType === "read replication" && Normal === false);
  return trouble ? [trouble.Status, trouble.Message].filter(Boolean).join(": ") : "";
}

/** All DB instances of the region, one call for all who ask; their tags are in the answer. */
export const instances = (aws: Aws): Promise<readonly InstanceLive[]> =>
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
  if (!(known && tags[STACK_TAG] === owner.stack))
    assertOurs(owner, `DB instance ${id}`, tags, id === recorded && "name");
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
export const FAILED =
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

/** What an instance stands on; by name or id. */
export const uses = ({ subnetGroup, parameterGroup, groupIds, subnetIds }: InstanceLive): readonly string[] => [
  subnetGroup,
  parameterGroup,
  ...groupIds,
  ...subnetIds,
];

export const removeReplica: ByHand<InstanceLive>["remove"] = (aws, { id, deletionProtection }) => [
  ...(deletionProtection ? noProtection(aws, id) : []),
  command(aws, "delete-db-instance", id, " --skip-final-snapshot"),
];

export const byHand: ByHand<InstanceLive> = {
  remove: (aws, { id, status, deletionProtection }) => [
    ...(status === "stopped" ? start(aws, id) : []),
    ...(deletionProtection ? noProtection(aws, id) : []),
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
