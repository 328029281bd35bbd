import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { quotaOf } from "../../quotas.ts";
import { type FailureKind, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { addInterface } from "../ec2/interfaces.ts";
import { zonesOf } from "../ec2/offerings.ts";
import { groupTable, interfaceTable, subnetTable } from "../ec2/tables.ts";
import { automatedSnapshots, backUp, dailyBackup, forgetBackups, restorable, restoreWindow } from "./backups.ts";
import { copyTo, cutOff, forgetContents, snapshotKey } from "./contents.ts";
import { ms } from "./durations.ts";
import { keyOf, keyShown } from "./encryption.ts";
import { parameterGroupFor, subnetGroupFor } from "./groups.ts";
import { statusInfos } from "./replication.ts";
import { checkGp3, checkMaxStorage, shownPerformance } from "./storage.ts";
import {
  arn,
  checkName,
  type Database,
  databaseTable,
  fault,
  invalidCombination,
  invalidValue,
  name,
  noSnapshot,
  page,
  paging,
  portOf,
  resourceId,
  retainedTable,
  type Snapshot,
  shownTags,
  snapshotTable,
  subnetGroupTable,
  type Tags,
  tagList,
  tagsFrom,
  textOf,
} from "./tables.ts";

import { familyOf, VERSIONS, versionFor } from "./versions.ts";
import { BACKUP_WINDOW, WINDOW } from "./window.ts";

const REPLICAS = 15;
/** Certificate authorities of the servers, AWS's default one first (user guide, "Using SSL/TLS to encrypt a connection"). */
export const CERTIFICATES = ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"] as const;
/** Of the time to become available, the first automatic backup takes this part at the end. */
export const FIRST_BACKUP_MS = 45_000;
export const REBOOT_MS = 30_000;

const BURSTABLE = ["micro", "small", "medium", "large", "xlarge", "2xlarge"];
const FIXED = ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"];
/**
 * Classes that RDS offers for MySQL 8, with the letters of their zones; t2, m3 and older are not among them. Which are missing
 * where is chosen.
 */
const CLASSES: ReadonlyMap<string, string> = new Map(
  [
    { families: ["t3", "t4g"], sizes: BURSTABLE, zones: "abcd" },
    { families: ["m5", "m6g", "m6i", "r5", "r6g", "r6i"], sizes: FIXED, zones: "abcd" },
    { families: ["m7g", "r7g"], sizes: FIXED, zones: "ab" },
  ].flatMap(({ families, sizes, zones }) =>
    families.flatMap((family) => sizes.map((size): [string, string] => [`db.${family}.${size}`, zones])),
  ),
);

/** The classes that RDS offers in the sandbox. */
export const databaseClasses = (): readonly string[] => [...CLASSES.keys()];
export const isOfferedIn = (instanceClass: string, zone: string): boolean =>
  CLASSES.get(instanceClass)?.includes(zone.slice(-1)) ?? false;

const notFound = (id: string) =>
  fault("DBInstanceNotFoundFault", "DBInstanceNotFound", `DBInstance ${id} not found.`, 404);
export const badState = (message: string) => fault("InvalidDBInstanceStateFault", "InvalidDBInstanceState", message);

/** "During storage optimization, the DB instance remains available" (user guide, "Viewing DB instance status"). */
export const OPERATIONAL: ReadonlySet<string> = new Set(["available", "storage-optimization"]);

export function databaseFor(sim: Sim, id: string): Database {
  const database = databaseTable(sim).get(id);
  if (!database) throw notFound(id);
  return database;
}

export function checkNewName(sim: Sim, id: string): void {
  checkName("DBInstanceIdentifier", id, 63);
  if (databaseTable(sim).get(id))
    throw fault("DBInstanceAlreadyExistsFault", "DBInstanceAlreadyExists", "DB instance already exists");
  if (databaseTable(sim).all().length >= quotaOf(sim, "rds/L-7B6409FD"))
    throw fault("InstanceQuotaExceededFault", "InstanceQuotaExceeded", "DB Instance quota exceeded");
}

export function checkClass(instanceClass: string, version: string): void {
  if (!instanceClass.startsWith("db.")) throw invalidValue(`Invalid DB Instance class: ${instanceClass}`);
  if (!CLASSES.has(instanceClass))
    throw invalidCombination(
      `RDS does not support creating a DB instance with the following combination: DBInstanceClass=${instanceClass}, Engine=mysql, EngineVersion=${version}, LicenseModel=general-public-license.`,
    );
}

export function checkOffered(instanceClass: string, zone: string): void {
  if (!isOfferedIn(instanceClass, zone))
    throw fault(
      "InsufficientDBInstanceCapacityFault",
      "InsufficientDBInstanceCapacity",
      `Cannot create a ${instanceClass} database instance because no subnets exist in availability zones with sufficient capacity for VPC and storage type : gp3 for this request.`,
    );
}

export function checkGroups(sim: Sim, ids: readonly string[], vpcId: string): void {
  for (const id of ids) {
    const group = groupTable(sim).visible(id) && groupTable(sim).get(id);
    if (!group || group.vpcId !== vpcId) throw invalidValue(`Invalid security group , groupId= ${id}, groupName=.`);
  }
}

export function checkPassword(password: string): void {
  if (!/^[!-~]+$/.test(password) || /[/"@]/.test(password))
    throw invalidValue(
      "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used.",
    );
  if (password.length < 8)
    throw invalidValue(
      "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.",
    );
  if (password.length > 41)
    throw invalidValue(
      "The parameter MasterUserPassword is not a valid password because it is longer than 41 characters.",
    );
}

const RESERVED = new Set(["rdsadmin", "root", "mysql", "user", "database", "table"]);

/** The interface of an instance, in the subnet that its group has in the zone. */
export function interfaceIn(sim: Sim, subnetIds: readonly string[], zone: string, groupIds: readonly string[]) {
  const subnet = subnetIds.map((id) => subnetTable(sim).get(id)).find((one) => one?.zone === zone);
  if (!subnet)
    throw fault(
      "InvalidVPCNetworkStateFault",
      "InvalidVPCNetworkStateFault",
      `The DB subnet group doesn't cover the Availability Zone ${zone}.`,
    );
  return addInterface(sim, subnet, {
    groupIds,
    publicIp: null,
    description: "RDSNetworkInterface",
    type: "interface",
    requester: "amazon-rds",
    instanceId: null,
  });
}

export const replicasOf = (sim: Sim, id: string) =>
  databaseTable(sim)
    .all()
    .filter((one) => one.source === id)
    .map((one) => one.id);

/** A change of groups is "asynchronously applied as soon as possible" (API reference, ModifyDBInstance). */
function shownGroups(sim: Sim, { groupIds, leaving }: Database) {
  const changing = leaving !== undefined && sim.now < leaving.until ? leaving.groupIds : undefined;
  return [
    ...groupIds.map((id) => ({
      VpcSecurityGroupId: id,
      Status: changing && !changing.includes(id) ? "adding" : "active",
    })),
    ...(changing ?? [])
      .filter((id) => !groupIds.includes(id))
      .map((id) => ({ VpcSecurityGroupId: id, Status: "removing" })),
  ].sort((one, other) => (one.VpcSecurityGroupId < other.VpcSecurityGroupId ? -1 : 1));
}
/** The groups whose rules count now. */
export const groupsInForce = (sim: Sim, { groupIds, leaving }: Database): readonly string[] =>
  leaving !== undefined && sim.now < leaving.until ? leaving.groupIds : groupIds;

export function describe(sim: Sim, database: Database) {
  const group = subnetGroupTable(sim).get(database.subnetGroup);
  const { pending } = database;
  const window = restoreWindow(sim, database);
  return {
    DBInstanceIdentifier: database.id,
    DBInstanceArn: arn(sim, "db", database.id),
    DbiResourceId: resourceId(database),
    DBInstanceStatus: database.status,
    Engine: "mysql",
    EngineVersion: database.engineVersion,
    DBInstanceClass: database.instanceClass,
    LicenseModel: "general-public-license",
    StorageType: database.storageType ?? "gp3",
    AllocatedStorage: database.storageGiB,
    ...shownPerformance(database),
    ...((database.maxStorageGiB ?? 0) > 0 ? { MaxAllocatedStorage: database.maxStorageGiB } : {}),
    PreferredMaintenanceWindow: database.maintenanceWindow ?? WINDOW,
    PreferredBackupWindow: database.backupWindow ?? BACKUP_WINDOW,
    CACertificateIdentifier: database.caCertificate ?? CERTIFICATES[0],
    IAMDatabaseAuthenticationEnabled: database.iamAuthentication ?? false,
    EnabledCloudwatchLogsExports: database.logExports ?? [],
    StorageEncrypted: database.encrypted,
    ...keyShown(sim, database),
    AvailabilityZone: database.zone,
    MultiAZ: database.multiAz ?? false,
    MasterUsername: database.user,
    ...(database.databaseName === null ? {} : { DBName: database.databaseName }),
    // There is none before the instance has an address.
    ...(database.servesFrom !== null && database.servesFrom <= sim.now
      ? { Endpoint: { Address: database.address, Port: portOf(database), HostedZoneId: "ZLA2NUCOLGUUR" } }
      : {}),
    // AWS has no time of creation before it is created, and none to restore to before the first backup.
    ...(database.servesFrom === null ? {} : { InstanceCreateTime: new Date(database.servesFrom) }),
    ...(window === undefined ? {} : { LatestRestorableTime: new Date(window.latest) }),
    BackupRetentionPeriod: database.backupRetentionDays,
    PubliclyAccessible: database.publicAccess,
    AutoMinorVersionUpgrade: database.minorUpgrades,
    CopyTagsToSnapshot: database.copyTagsToSnapshot,
    DeletionProtection: database.deletionProtection,
    VpcSecurityGroups: shownGroups(sim, database),
    DBParameterGroups: [{ DBParameterGroupName: database.parameterGroup, ParameterApplyStatus: database.applyStatus }],
    DBSubnetGroup: {
      DBSubnetGroupName: database.subnetGroup,
      DBSubnetGroupDescription: group?.description,
      VpcId: database.vpcId,
      SubnetGroupStatus: "Complete",
      Subnets: (group?.subnetIds ?? []).map((id) => ({
        SubnetIdentifier: id,
        SubnetAvailabilityZone: { Name: subnetTable(sim).get(id)?.zone },
        SubnetStatus: "Active",
      })),
    },
    PendingModifiedValues: {
      ...(pending.id === undefined ? {} : { DBInstanceIdentifier: pending.id }),
      ...(pending.engineVersion === undefined ? {} : { EngineVersion: pending.engineVersion }),
      ...(pending.instanceClass === undefined ? {} : { DBInstanceClass: pending.instanceClass }),
      ...(pending.storageGiB === undefined ? {} : { AllocatedStorage: pending.storageGiB }),
      ...(pending.backupRetentionDays === undefined ? {} : { BackupRetentionPeriod: pending.backupRetentionDays }),
      ...(pending.multiAz === undefined ? {} : { MultiAZ: pending.multiAz }),
      ...(pending.storageType === undefined ? {} : { StorageType: pending.storageType }),
      ...(pending.iops === undefined ? {} : { Iops: pending.iops }),
      ...(pending.throughput === undefined ? {} : { StorageThroughput: pending.throughput }),
      ...(pending.caCertificate === undefined ? {} : { CACertificateIdentifier: pending.caCertificate }),
      ...(pending.iamAuthentication === undefined
        ? {}
        : { IAMDatabaseAuthenticationEnabled: pending.iamAuthentication }),
      ...(pending.password === undefined ? {} : { MasterUserPassword: "****" }),
    },
    ...(database.source === null ? {} : { ReadReplicaSourceDBInstanceIdentifier: database.source }),
    ReadReplicaDBInstanceIdentifiers: replicasOf(sim, database.id),
    StatusInfos: statusInfos(sim, database),
    TagList: shownTags(database.tags),
  };
}

/** AWS's own changes of an instance, which show at once. */
export function become(sim: Sim, id: string, change: Partial<Database>): void {
  const database = databaseTable(sim).get(id);
  if (database) databaseTable(sim).putNow(id, { ...database, ...change });
}

type SnapshotType = "manual" | "awsbackup" | "automated";
/** RDS's own names have a colon, which nobody else's have (user guide, "Managing automated backups"). */
const typeOf = ({ id, byBackup }: { readonly id: string; readonly byBackup?: true | undefined }): SnapshotType =>
  byBackup ? "awsbackup" : id.startsWith("rds:") ? "automated" : "manual";

export const describeSnapshot = (
  sim: Sim,
  { id, databaseId, storageGiB, status, createdAt, tags, byBackup, source }: Snapshot,
) => ({
  DBSnapshotIdentifier: id,
  DBInstanceIdentifier: databaseId,
  DBSnapshotArn: arn(sim, "snapshot", id),
  SnapshotType: typeOf({ id, byBackup }),
  Engine: "mysql",
  EngineVersion: source.engineVersion,
  MasterUsername: source.user,
  Encrypted: source.encrypted,
  ...keyShown(sim, source),
  StorageType: "gp3",
  AllocatedStorage: storageGiB,
  Status: status,
  PercentProgress:
    status === "creating" ? Math.min(99, Math.floor((100 * (sim.now - createdAt)) / ms("finalSnapshot"))) : 100,
  // There is none while it is made.
  ...(status === "available" ? { SnapshotCreateTime: new Date(createdAt) } : {}),
  TagList: shownTags(tags),
});

/** In an account and region (user guide, "Quotas for Amazon RDS"). */
const MANUAL_SNAPSHOTS = 100;
const manualSnapshots = (sim: Sim) =>
  snapshotTable(sim)
    .all()
    .filter((one) => typeOf(one) === "manual").length;

/** Begins a manual snapshot. */
export function makeSnapshot(sim: Sim, database: Database, id: string, tags: Tags): Snapshot {
  if (snapshotTable(sim).get(id))
    throw fault(
      "DBSnapshotAlreadyExistsFault",
      "DBSnapshotAlreadyExists",
      `Cannot create the snapshot because a snapshot with the identifier ${id} already exists.`,
    );
  // Its words: radius-project/samples#842.
  if (manualSnapshots(sim) >= MANUAL_SNAPSHOTS)
    throw fault(
      "SnapshotQuotaExceededFault",
      "SnapshotQuotaExceeded",
      `Cannot create more than ${MANUAL_SNAPSHOTS} manual snapshots`,
    );
  const snapshot: Snapshot = {
    id,
    databaseId: database.id,
    storageGiB: database.storageGiB,
    status: "creating",
    createdAt: sim.now,
    tags,
    source: restorable(database),
  };
  snapshotTable(sim).put(id, snapshot);
  copyTo(sim, snapshotKey(id), database);
  sim.after(ms("finalSnapshot"), "rds:snapshot-made", id);
  return snapshot;
}

const databaseIds = (sim: Sim): readonly string[] =>
  databaseTable(sim)
    .all()
    .map(({ id }) => id);

export const instanceFailures: Readonly<Record<string, FailureKind>> = {
  database: {
    about: "a database, as database1: it fails, while it is made or afterwards",
    there: databaseIds,
    changed(id, sim) {
      const status = databaseTable(sim).get(id)?.status;
      // One that is being made fails when it would have been ready.
      if (sim.failing("database", id) !== undefined && status && status !== "creating" && status !== "deleting")
        become(sim, id, { status: "failed" });
    },
  },
  snapshot: { about: "a database, as database1: snapshots of it fail, in the end", there: databaseIds },
};

export const instances: SandboxService = {
  operations: {
    DescribeOrderableDBInstanceOptions: operation(
      {
        Engine: z.literal("mysql"),
        EngineVersion: z.string().optional(),
        DBInstanceClass: z.string().optional(),
        Vpc: z.boolean().optional(),
        ...paging,
      },
      (input, sim) => {
        // A class or version that is not offered is no error: the answer is empty.
        const found = VERSIONS.filter((version) => (input.EngineVersion ?? version) === version).flatMap((version) =>
          [...CLASSES.keys()]
            .filter((one) => (input.DBInstanceClass ?? one) === one)
            .map((DBInstanceClass) => ({
              Engine: "mysql",
              EngineVersion: version,
              DBInstanceClass,
              LicenseModel: "general-public-license",
              StorageType: "gp3",
              Vpc: true,
              ReadReplicaCapable: true,
              SupportsStorageEncryption: true,
              AvailabilityZones: zonesOf(sim)
                .filter((zone) => isOfferedIn(DBInstanceClass, zone))
                .map((Name) => ({ Name })),
            })),
        );
        const { items, Marker } = page(found, input);
        return { OrderableDBInstanceOptions: items, Marker };
      },
    ),

    CreateDBInstance: operation(
      {
        DBInstanceIdentifier: name,
        Engine: z.literal("mysql"),
        EngineVersion: z.string().optional(),
        DBInstanceClass: z.string(),
        StorageType: z.literal("gp3").optional(),
        AllocatedStorage: z.number().int(),
        MaxAllocatedStorage: z.number().int().optional(),
        Iops: z.number().int().optional(),
        StorageThroughput: z.number().int().optional(),
        StorageEncrypted: z.boolean().optional(),
        KmsKeyId: z.string().optional(),
        AvailabilityZone: z.string().optional(),
        MultiAZ: z.literal(false).optional(),
        DBName: z.string().optional(),
        MasterUsername: z.string(),
        MasterUserPassword: z.string(),
        DBSubnetGroupName: name,
        DBParameterGroupName: name,
        VpcSecurityGroupIds: z.array(z.string()).min(1),
        PubliclyAccessible: z.boolean().optional(),
        BackupRetentionPeriod: z.number().int().optional(),
        DeletionProtection: z.boolean().optional(),
        AutoMinorVersionUpgrade: z.boolean().optional(),
        CopyTagsToSnapshot: z.boolean().optional(),
        Tags: tagList.optional(),
      },
      (input, sim) => {
        const id = input.DBInstanceIdentifier;
        checkNewName(sim, id);
        const version = versionFor(input.EngineVersion ?? "8.4");
        checkClass(input.DBInstanceClass, version);
        if (input.AllocatedStorage < 20 || input.AllocatedStorage > 65_536)
          throw invalidValue(
            `Invalid storage size for engine name mysql and storage type gp3: ${input.AllocatedStorage}`,
          );
        checkGp3(input.AllocatedStorage, input);
        if (input.MaxAllocatedStorage !== undefined) checkMaxStorage(input.MaxAllocatedStorage, input.AllocatedStorage);
        if (!/^[a-zA-Z]\w{0,15}$/.test(input.MasterUsername) || RESERVED.has(input.MasterUsername.toLowerCase()))
          throw invalidValue(
            `MasterUsername ${input.MasterUsername} cannot be used as it is not valid or a reserved word`,
          );
        checkPassword(input.MasterUserPassword);
        if (input.DBName !== undefined && !/^[a-zA-Z]\w{0,63}$/.test(input.DBName))
          throw invalidValue(
            `DBName must begin with a letter and contain only alphanumeric characters and _: ${input.DBName}`,
          );
        const retention = input.BackupRetentionPeriod ?? 1;
        if (retention < 0 || retention > 35)
          throw invalidValue(`Invalid backup retention period: ${retention}. Must be between 0 and 35.`);
        const kmsKey = input.KmsKeyId === undefined ? undefined : keyOf(sim, input.KmsKeyId);
        if (kmsKey !== undefined && !input.StorageEncrypted)
          throw invalidCombination("A KMS key ID was specified for an instance whose storage is not encrypted.");
        const subnetGroup = subnetGroupFor(sim, input.DBSubnetGroupName);
        const parameterGroup = parameterGroupFor(sim, input.DBParameterGroupName);
        const family = familyOf(version);
        if (parameterGroup.family !== family)
          throw invalidCombination(
            `The Parameter Group ${parameterGroup.name} with DBParameterGroupFamily ${parameterGroup.family} cannot be used for this instance. Please use a Parameter Group with DBParameterGroupFamily ${family}`,
          );
        checkGroups(sim, input.VpcSecurityGroupIds, subnetGroup.vpcId);
        const zone = input.AvailabilityZone ?? subnetTable(sim).get(subnetGroup.subnetIds[0] ?? "")?.zone ?? "";
        checkOffered(input.DBInstanceClass, zone);
        const made = interfaceIn(sim, subnetGroup.subnetIds, zone, input.VpcSecurityGroupIds);
        const database: Database = {
          id,
          status: "creating",
          engineVersion: version,
          instanceClass: input.DBInstanceClass,
          storageGiB: input.AllocatedStorage,
          maxStorageGiB: input.MaxAllocatedStorage ?? 0,
          zone,
          databaseName: input.DBName ?? null,
          text: textOf(parameterGroup.values),
          user: input.MasterUsername,
          password: input.MasterUserPassword,
          subnetGroup: subnetGroup.name,
          vpcId: subnetGroup.vpcId,
          parameterGroup: parameterGroup.name,
          applyStatus: "in-sync",
          groupIds: input.VpcSecurityGroupIds,
          interfaceId: made.id,
          address: `${id}.c${sim.hex(11)}.${sim.region}.rds.${partitionOf(sim.region).dnsSuffix}`,
          encrypted: input.StorageEncrypted ?? false,
          ...(kmsKey === undefined ? {} : { kmsKey }),
          publicAccess: input.PubliclyAccessible ?? false,
          minorUpgrades: input.AutoMinorVersionUpgrade ?? true,
          copyTagsToSnapshot: input.CopyTagsToSnapshot ?? false,
          deletionProtection: input.DeletionProtection ?? false,
          backupRetentionDays: retention,
          pending: {},
          source: null,
          createdAt: sim.now,
          servesFrom: null,
          tags: tagsFrom(input.Tags),
        };
        databaseTable(sim).put(id, database);
        sim.after(ms("databaseAvailable") - (retention > 0 ? FIRST_BACKUP_MS : 0), "rds:created", id);
        return { DBInstance: describe(sim, database) };
      },
    ),

    CreateDBInstanceReadReplica: operation(
      {
        DBInstanceIdentifier: name,
        SourceDBInstanceIdentifier: name,
        DBInstanceClass: z.string().optional(),
        AvailabilityZone: z.string().optional(),
        MaxAllocatedStorage: z.number().int().optional(),
        DBSubnetGroupName: name.optional(),
        VpcSecurityGroupIds: z.array(z.string()).min(1).optional(),
        PubliclyAccessible: z.boolean().optional(),
        AutoMinorVersionUpgrade: z.boolean().optional(),
        CopyTagsToSnapshot: z.boolean().optional(),
        DeletionProtection: z.boolean().optional(),
        Tags: tagList.optional(),
      },
      (input, sim) => {
        const id = input.DBInstanceIdentifier;
        checkNewName(sim, id);
        const source = databaseFor(sim, input.SourceDBInstanceIdentifier);
        if (input.DBSubnetGroupName !== undefined)
          throw fault(
            "DBSubnetGroupNotAllowedFault",
            "DBSubnetGroupNotAllowedFault",
            "DbSubnetGroupName should not be specified for read replicas that are created in the same region as the master",
          );
        if (source.status !== "available")
          throw badState(`Database instance is not in available state: ${source.id} is ${source.status}.`);
        if (source.backupRetentionDays === 0)
          throw badState(
            "Automated backups are not enabled for this database instance. To enable automated backups, use ModifyDBInstance to set the backup retention period to a non-zero value.",
          );
        if (replicasOf(sim, source.id).length >= REPLICAS)
          throw invalidCombination(`The DB instance ${source.id} has ${REPLICAS} read replicas already`);
        const instanceClass = input.DBInstanceClass ?? source.instanceClass;
        checkClass(instanceClass, source.engineVersion);
        // Not inherited: without them the VPC's default group is used.
        const groupIds =
          input.VpcSecurityGroupIds ??
          groupTable(sim)
            .all()
            .filter((one) => one.vpcId === source.vpcId && one.name === "default")
            .map((one) => one.id);
        checkGroups(sim, groupIds, source.vpcId);
        const subnetIds = subnetGroupTable(sim).get(source.subnetGroup)?.subnetIds ?? [];
        const zone = input.AvailabilityZone ?? source.zone;
        checkOffered(instanceClass, zone);
        const made = interfaceIn(sim, subnetIds, zone, groupIds);
        // It has backups of its own, or none.
        const { backedUpAt: _, ...like } = source;
        const replica: Database = {
          ...like,
          id,
          status: "creating",
          instanceClass,
          zone,
          applyStatus: "in-sync",
          groupIds,
          interfaceId: made.id,
          address: source.address.replace(/^[^.]+/, id),
          publicAccess: input.PubliclyAccessible ?? false,
          minorUpgrades: input.AutoMinorVersionUpgrade ?? source.minorUpgrades,
          copyTagsToSnapshot: input.CopyTagsToSnapshot ?? false,
          deletionProtection: input.DeletionProtection ?? false,
          // Replicas are made with automated backups off.
          backupRetentionDays: 0,
          maxStorageGiB: input.MaxAllocatedStorage ?? 0,
          pending: {},
          source: source.id,
          createdAt: sim.now,
          servesFrom: null,
          tags: tagsFrom(input.Tags),
        };
        databaseTable(sim).put(id, replica);
        sim.after(ms("replicaAvailable"), "rds:created", id);
        return { DBInstance: describe(sim, replica) };
      },
    ),

    DescribeDBInstances: operation(
      { DBInstanceIdentifier: name.optional(), ...paging },
      ({ DBInstanceIdentifier: id, ...rest }, sim) => {
        if (id && !databaseTable(sim).visible(id)) throw notFound(id);
        const found = databaseTable(sim)
          .allVisible()
          .filter((one) => !id || one.id === id)
          .reverse();
        const { items, ...next } = page(found, rest);
        return { DBInstances: items.map((one) => describe(sim, one)), ...next };
      },
    ),

    RebootDBInstance: operation({ DBInstanceIdentifier: name }, ({ DBInstanceIdentifier: id }, sim) => {
      const database = databaseFor(sim, id);
      if (database.status !== "available")
        throw badState(`Database instance is not in available state: ${id} is ${database.status}.`);
      databaseTable(sim).put(id, { ...database, status: "rebooting" });
      sim.after(REBOOT_MS, "rds:rebooted", id);
      return { DBInstance: describe(sim, { ...database, status: "rebooting" }) };
    }),

    DeleteDBInstance: operation(
      {
        DBInstanceIdentifier: name,
        SkipFinalSnapshot: z.boolean().optional(),
        FinalDBSnapshotIdentifier: name.optional(),
        DeleteAutomatedBackups: z.boolean().optional(),
      },
      (input, sim) => {
        const {
          DBInstanceIdentifier: id,
          SkipFinalSnapshot: skip = false,
          FinalDBSnapshotIdentifier: snapshotId,
        } = input;
        const database = databaseFor(sim, id);
        if (database.status === "deleting") throw badState(`Instance ${id} is already being deleted.`);
        if (database.deletionProtection)
          throw invalidCombination(
            "Cannot delete protected DB Instance, please disable deletion protection and try again.",
          );
        if (skip && snapshotId !== undefined)
          throw invalidCombination(
            "FinalDBSnapshotIdentifier can not be specified when deleting an instance with SkipFinalSnapshot.",
          );
        if (!skip && database.source !== null)
          throw invalidCombination("A final snapshot cannot be made of a read replica: SkipFinalSnapshot is required.");
        if (!skip) {
          if (snapshotId === undefined)
            throw invalidCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
          // As CreateDBSnapshot asks for (API reference).
          if (!OPERATIONAL.has(database.status))
            throw badState(
              `Cannot create a snapshot because the database instance ${id} is not currently in the available state.`,
            );
          checkName("FinalDBSnapshotIdentifier", snapshotId, 255);
          makeSnapshot(sim, database, snapshotId, database.copyTagsToSnapshot ? database.tags : {});
        }
        const window = restoreWindow(sim, database);
        if (input.DeleteAutomatedBackups === false && database.backedUpAt !== undefined)
          retainedTable(sim).put(resourceId(database), {
            id: resourceId(database),
            databaseId: id,
            storageGiB: database.storageGiB,
            retentionDays: database.backupRetentionDays,
            zone: database.zone,
            createdAt: database.createdAt,
            source: restorable(database),
            ...(window ? { window } : {}),
          });
        else forgetBackups(sim, database);
        databaseTable(sim).put(id, { ...database, status: "deleting" });
        sim.after(ms("databaseDeleted") + (skip ? 0 : ms("finalSnapshot")), "rds:gone", id);
        return { DBInstance: describe(sim, { ...database, status: "deleting" }) };
      },
    ),

    // The quotas that the tool does not ask for are left out.
    DescribeAccountAttributes: operation({}, (_input, sim) => ({
      AccountQuotas: [{ AccountQuotaName: "ManualSnapshots", Used: manualSnapshots(sim), Max: MANUAL_SNAPSHOTS }],
    })),

    DescribeDBSnapshots: operation(
      {
        SnapshotType: z.enum(["manual", "awsbackup", "automated"]).optional(),
        DBSnapshotIdentifier: name.optional(),
        DBInstanceIdentifier: name.optional(),
        ...paging,
      },
      ({ DBSnapshotIdentifier: id, DBInstanceIdentifier: of, SnapshotType, ...input }, sim) => {
        // "If this identifier is for an automated snapshot, the SnapshotType parameter must also be specified"; without a type
        // there are the automated and the manual ones (API reference).
        const automated = SnapshotType === "automated" || (SnapshotType === undefined && id === undefined);
        const found = [...snapshotTable(sim).allVisible(), ...(automated ? automatedSnapshots(sim) : [])]
          .filter((one) => id === undefined || one.id === id)
          .filter((one) => of === undefined || one.databaseId === of)
          .filter((one) => (SnapshotType === undefined ? typeOf(one) !== "awsbackup" : typeOf(one) === SnapshotType));
        if (id !== undefined && found.length === 0) throw noSnapshot(id);
        const { items, ...next } = page(found, input);
        return {
          DBSnapshots: items.map((one) => describeSnapshot(sim, one)),
          ...next,
        };
      },
    ),

    DescribeDBInstanceAutomatedBackups: operation(
      {
        DBInstanceIdentifier: name.optional(),
        Filters: z
          .tuple([z.strictObject({ Name: z.literal("status"), Values: z.array(z.enum(["active", "retained"])) })])
          .optional(),
        ...paging,
      },
      ({ DBInstanceIdentifier: id, Filters, ...input }, sim) => {
        const shown = (window: { readonly earliest: number; readonly latest: number } | undefined) =>
          window && { EarliestTime: new Date(window.earliest), LatestTime: new Date(window.latest) };
        const active = databaseTable(sim)
          .allVisible()
          .flatMap((one) => {
            const window = restoreWindow(sim, one);
            const row = { id: resourceId(one), databaseId: one.id, retentionDays: one.backupRetentionDays };
            return window ? [{ ...one, ...row, Status: "active", window }] : [];
          });
        const retained = retainedTable(sim)
          .allVisible()
          .map((one) => ({ ...one, engineVersion: one.source?.engineVersion, Status: "retained" }));
        const found = [...active, ...retained].filter(
          ({ Status, databaseId }) =>
            (Filters?.[0].Values.some((one) => one === Status) ?? true) && (id === undefined || databaseId === id),
        );
        const { items, ...next } = page(found, input);
        return {
          DBInstanceAutomatedBackups: items.map((one) => ({
            DbiResourceId: one.id,
            DBInstanceIdentifier: one.databaseId,
            DBInstanceArn: arn(sim, "db", one.databaseId),
            Region: sim.region,
            Status: one.Status,
            Engine: "mysql",
            EngineVersion: one.engineVersion,
            AllocatedStorage: one.storageGiB,
            AvailabilityZone: one.zone,
            BackupRetentionPeriod: one.retentionDays,
            InstanceCreateTime: new Date(one.createdAt),
            RestoreWindow: shown(one.window),
          })),
          ...next,
        };
      },
    ),
  },

  timers: {
    created: (id, sim) => {
      const database = databaseTable(sim).get(id);
      if (database?.status !== "creating") return;
      if (sim.failing("database", id) !== undefined) {
        become(sim, id, { status: "failed" });
        return;
      }
      const backs = database.source === null && database.backupRetentionDays > 0;
      become(sim, id, { status: backs ? "backing-up" : "available", servesFrom: sim.now });
      if (backs) sim.after(FIRST_BACKUP_MS, "rds:backed-up", id);
    },
    "backed-up": (id, sim) => {
      if (databaseTable(sim).get(id)?.status !== "backing-up") return;
      become(sim, id, { status: "available", backedUpAt: sim.now });
      backUp(sim, databaseFor(sim, id));
    },
    "daily-backup": dailyBackup,
    rebooted: (id, sim) => {
      if (databaseTable(sim).get(id)?.status === "rebooting")
        become(sim, id, { status: "available", applyStatus: "in-sync" });
    },
    "snapshot-made": (id, sim) => {
      const snapshot = snapshotTable(sim).get(id);
      if (!snapshot) return;
      const failed = sim.failing("snapshot", snapshot.databaseId) !== undefined;
      snapshotTable(sim).putNow(id, { ...snapshot, status: failed ? "failed" : "available" });
      if (databaseTable(sim).get(snapshot.databaseId)?.status === "backing-up")
        become(sim, snapshot.databaseId, { status: "available" });
    },
    gone: (id, sim) => {
      const database = databaseTable(sim).get(id);
      if (!database) return;
      // Replicas of a source that goes become primaries of their own.
      for (const replica of replicasOf(sim, id)) {
        cutOff(sim, databaseFor(sim, replica));
        become(sim, replica, { source: null, backupRetentionDays: 1 });
      }
      if (retainedTable(sim).get(resourceId(database)) === undefined) forgetContents(sim, database);
      interfaceTable(sim).removeNow(database.interfaceId);
      databaseTable(sim).removeNow(id);
    },
  },
};
