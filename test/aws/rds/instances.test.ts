import {
  AddTagsToResourceCommand,
  CreateDBInstanceCommand,
  CreateDBInstanceReadReplicaCommand,
  type DBInstance,
  DBInstanceAlreadyExistsFault,
  DBInstanceNotFoundFault,
  DBSnapshotAlreadyExistsFault,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  InvalidDBInstanceStateFault,
  ModifyDBInstanceCommand,
  RDSClient,
  RDSServiceException,
  RebootDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { isOneOf } from "../../../src/aws/errors.ts";
import { type DatabaseLive, type DatabaseSpec, database } from "../../../src/aws/rds/database.ts";
import { type ReplicaLive, type ReplicaSpec, replica } from "../../../src/aws/rds/replica.ts";
import { baselineOf, classify, dangerIn, watchedChanges } from "../../../src/engine/baseline.ts";
import { differences, showable } from "../../../src/engine/differences.ts";
import type { AnyType } from "../../../src/engine/resource.ts";
import { propertiesOf } from "../../../src/lib/properties.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

const owner = ownerOf("database", "Database1");
const replicaOwner = ownerOf("replica", "database1-replica");
const metadata = { $metadata: { httpStatusCode: 400, attempts: 1 }, message: "no" };
const failure = (name: string, message: string) =>
  new RDSServiceException({ name, $fault: "client", ...metadata, message });
const KEEP = { discardData: false, label: "1795000000000" };

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const rds = mocked(RDSClient);
const ssm = mocked(SSMClient);
beforeEach(() => {
  rds.reset();
  ssm.reset();
});

const spec: DatabaseSpec = {
  engineVersion: "8.4",
  instanceClass: "db.t3.micro",
  storageGiB: 20,
  maxStorageGiB: 0,
  apply: "now",
  zone: "ap-northeast-2a",
  databaseName: "django_db",
  user: "admin",
  passwordParameter: "/buddyverse/test/database/password",
  passwordFrom: "parameter",
  subnetGroup: "buddy-db",
  parameterGroup: "utf8encoding",
  parametersApplied: true,
  groupIds: ["sg-1"],
  backupRetentionDays: 1,
  deletionProtection: false,
  encrypted: true,
  publicAccess: false,
  minorUpgrades: true,
  copyTagsToSnapshot: true,
};
const replicaSpec: ReplicaSpec = {
  source: "database1",
  engineVersion: "8.4",
  instanceClass: "db.t3.micro",
  storageGiB: 20,
  maxStorageGiB: 0,
  parameterGroup: "utf8encoding",
  apply: "now",
  zone: "ap-northeast-2c",
  groupIds: ["sg-1"],
  publicAccess: false,
  minorUpgrades: true,
  copyTagsToSnapshot: true,
  deletionProtection: false,
  parametersApplied: true,
};
const primary = (change: Partial<DBInstance> = {}): DBInstance => ({
  DBInstanceIdentifier: "database1",
  DBInstanceArn: "arn:aws:rds:ap-northeast-2:111122223333:db:database1",
  DBInstanceStatus: "available",
  Engine: "mysql",
  EngineVersion: "8.4.7",
  DBInstanceClass: "db.t3.micro",
  AllocatedStorage: 20,
  AvailabilityZone: "ap-northeast-2a",
  DBName: "django_db",
  MasterUsername: "admin",
  Endpoint: { Address: "database1.x.rds.amazonaws.com", Port: 3306 },
  BackupRetentionPeriod: 1,
  StorageEncrypted: true,
  PubliclyAccessible: false,
  AutoMinorVersionUpgrade: true,
  CopyTagsToSnapshot: true,
  DeletionProtection: false,
  DBSubnetGroup: { DBSubnetGroupName: "buddy-db", VpcId: "vpc-1" },
  DBParameterGroups: [{ DBParameterGroupName: "utf8encoding", ParameterApplyStatus: "in-sync" }],
  VpcSecurityGroups: [{ VpcSecurityGroupId: "sg-1", Status: "active" }],
  TagList: awsTags(owner.key, owner.name),
  ...change,
});
const copy = (change: Partial<DBInstance> = {}): DBInstance =>
  primary({
    DBInstanceIdentifier: "database1-replica",
    DBInstanceArn: "arn:aws:rds:ap-northeast-2:111122223333:db:database1-replica",
    AvailabilityZone: "ap-northeast-2c",
    ReadReplicaSourceDBInstanceIdentifier: "database1",
    TagList: awsTags(replicaOwner.key, replicaOwner.name),
    ...change,
  });
const shown = (...DBInstances: DBInstance[]) => rds.on(DescribeDBInstancesCommand).resolves({ DBInstances });
async function find(change: Partial<DBInstance> = {}): Promise<DatabaseLive> {
  shown(primary(change));
  return (await database.find(aws, owner)) as DatabaseLive;
}
async function findCopy(change: Partial<DBInstance> = {}): Promise<ReplicaLive> {
  shown(copy(change));
  return (await replica.find(aws, replicaOwner)) as ReplicaLive;
}
const changed = async (change: Partial<DBInstance>) =>
  differences(database, spec, await find(change), owner.tags).map(({ field }) => field);

describe("finding the primary", () => {
  test("as it shall be has no difference; its id is in lower case; one call shows the replica too", async () => {
    shown(copy(), primary());
    const [found, other] = await Promise.all([database.find(aws, owner), replica.find(aws, replicaOwner)]);
    expect(differences(database, spec, found as DatabaseLive, owner.tags)).toEqual([]);
    expect(differences(replica, replicaSpec, other as ReplicaLive, replicaOwner.tags)).toEqual([]);
    expect(found).toMatchObject({ id: "database1", endpoint: "database1.x.rds.amazonaws.com:3306", vpcId: "vpc-1" });
    expect(rds.calls()).toHaveLength(1);
  });

  test("AWS's own minor upgrades, storage growth and groups on their way out are no differences", async () => {
    expect(await changed({ EngineVersion: "8.4.9" })).toEqual([]);
    expect(await changed({ AllocatedStorage: 22 })).toEqual([]);
    expect(
      await changed({
        VpcSecurityGroups: [
          { VpcSecurityGroupId: "sg-0", Status: "removing" },
          { VpcSecurityGroupId: "sg-1", Status: "adding" },
        ],
      }),
    ).toEqual([]);
  });

  test("what is accepted and pending counts as there only where the maintenance window is chosen", async () => {
    const live = await find({
      AllocatedStorage: 10,
      DBInstanceClass: "db.t3.small",
      EngineVersion: "8.4.6",
      BackupRetentionPeriod: 0,
      PendingModifiedValues: {
        AllocatedStorage: 20,
        DBInstanceClass: "db.t3.micro",
        EngineVersion: "8.4.7",
        BackupRetentionPeriod: 1,
      },
    });
    const wanted: DatabaseSpec = { ...spec, engineVersion: "8.4.7" };
    expect(
      differences(database, wanted, live, owner.tags)
        .map(({ field }) => field)
        .sort(),
    ).toEqual(["backupRetentionDays", "engineVersion", "instanceClass", "storageGiB"]);
    expect(differences(database, { ...wanted, apply: "window" }, live, owner.tags)).toEqual([]);
    const more: DatabaseSpec = { ...wanted, apply: "window", storageGiB: 30, instanceClass: "db.t3.medium" };
    expect(differences(database, more, live, owner.tags)).toHaveLength(2);
  });

  test("another major version, which waits for no window, is not done while it is pending; a minor one is", async () => {
    const pending = async (found: string, coming: string) =>
      differences(
        database,
        { ...spec, engineVersion: coming, apply: "window" },
        await find({ EngineVersion: found, PendingModifiedValues: { EngineVersion: coming } }),
        owner.tags,
      ).map(({ field }) => field);
    expect(await pending("8.0.44", "8.4.7")).toContain("engineVersion");
    expect(await pending("8.4.5", "8.4.7")).toEqual([]);
  });

  test("another major version or size is an update; another zone is lived with", async () => {
    const live = await find({ EngineVersion: "8.0.44", AvailabilityZone: "ap-northeast-2c", AllocatedStorage: 10 });
    const found = differences(database, spec, live, owner.tags);
    expect(Object.fromEntries(found.map(({ field, replaces }) => [field, replaces]))).toEqual({
      engineVersion: false,
      storageGiB: false,
    });
    expect(database.notes?.(live, spec)).toEqual([
      expect.stringMatching(/is in ap-northeast-2c, not in ap-northeast-2a/),
    ]);
  });

  test.each([
    ["8.4", "8.4.4", true],
    ["8.4.4", "8.4.4", true],
    ["8.4.10", "8.4.9", false],
    ["8.4.9", "8.4.10", true],
    ["8.0", "8.4.1", true],
    ["8.4", "8.0.99", false],
  ])("a config of %s is %s: %s", async (engineVersion, EngineVersion, isEnough) => {
    const found = differences(database, { ...spec, engineVersion }, await find({ EngineVersion }), owner.tags);
    expect(found.every(({ field }) => field !== "engineVersion")).toBe(isEnough);
  });

  test("absent is undefined, somebody else's is not ours, denied is neither", async () => {
    shown();
    expect(await database.find(aws, owner)).toBeUndefined();
    shown(primary({ TagList: [] }));
    await expect(database.find(aws, owner)).rejects.toMatchObject({ code: "not-ours" });
    rds.on(DescribeDBInstancesCommand).rejects(failure("AccessDenied", "no"));
    await expect(database.find(aws, owner)).rejects.toMatchObject({ name: "AccessDenied" });
  });

  test("is read over all pages", async () => {
    rds.on(DescribeDBInstancesCommand).resolvesOnce({ DBInstances: [copy()], Marker: "2" });
    rds.on(DescribeDBInstancesCommand, { Marker: "2" }).resolves({ DBInstances: [primary()] });
    expect(await database.find(aws, owner)).toMatchObject({ id: "database1" });
  });
});

describe("what waits for the maintenance window", () => {
  const MONDAY = { PreferredMaintenanceWindow: "mon:18:00-mon:18:30" };
  const waiting = (PendingModifiedValues: NonNullable<DBInstance["PendingModifiedValues"]>) => ({
    ...MONDAY,
    PendingModifiedValues,
  });
  const comes = async (
    pending: NonNullable<DBInstance["PendingModifiedValues"]>,
    wanted: Partial<DatabaseSpec> = {},
    change: Partial<DBInstance> = {},
    applied: Partial<DatabaseSpec> = {},
  ) =>
    differences(
      database,
      { ...spec, ...wanted },
      await find({ ...waiting(pending), ...change }),
      owner.tags,
      undefined,
      applied,
    ).map(({ field, found }) => `${field} ${found}`);

  test("and nobody of the stack asked for is a difference, shown with when it comes", async () => {
    const live = await find(
      waiting({ DBInstanceClass: "db.m5.large", AllocatedStorage: 60, BackupRetentionPeriod: 0 }),
    );
    const found = differences(database, spec, live, owner.tags);
    expect(showable(database, found)).toEqual(
      [
        ["instanceClass", "db.t3.micro", "db.m5.large"],
        ["storageGiB", 20, "60"],
        ["backupRetentionDays", 1, "0"],
      ].map(([field, wanted, coming]) => ({
        field,
        wanted,
        found: `${coming} in the maintenance window (mon:18:00-mon:18:30 UTC)`,
        replaces: false,
      })),
    );
    expect(found.map((one) => dangerIn(database, one))).toEqual([undefined, undefined, "less protected"]);
  });

  test.each<[string, Parameters<typeof comes>, readonly string[]]>([
    ["a newer major version", [{ EngineVersion: "9.7.1" }], ["engineVersion 9.7.1"]],
    [
      "a newer major version beside a full one",
      [{ EngineVersion: "9.7.1" }, { engineVersion: "8.4.7" }],
      ["engineVersion 9.7.1"],
    ],
    ["a newer minor version", [{ EngineVersion: "8.4.8" }, { engineVersion: "8.4.7" }], []],
    [
      "a newer minor version of a major one that is lived with",
      [{ EngineVersion: "8.4.8" }, { engineVersion: "8.0" }],
      [],
    ],
    [
      "growth that AWS may do by itself",
      [{ AllocatedStorage: 60 }, { maxStorageGiB: 100 }, { MaxAllocatedStorage: 100 }],
      [],
    ],
    [
      "growth beyond that",
      [{ AllocatedStorage: 120 }, { maxStorageGiB: 100 }, { MaxAllocatedStorage: 100 }],
      ["storageGiB 120"],
    ],
    ["growth of the stack's, rounded up", [{ AllocatedStorage: 22 }, { storageGiB: 21, apply: "window" }], []],
    [
      "more growth than the stack's",
      [{ AllocatedStorage: 60 }, { storageGiB: 40, apply: "window" }],
      ["storageGiB 60"],
    ],
    ["the stack's class", [{ DBInstanceClass: "db.m5.large" }, { instanceClass: "db.m5.large", apply: "window" }], []],
    [
      "backups that somebody turns on",
      [
        { BackupRetentionPeriod: 7 },
        { backupRetentionDays: 0 },
        { BackupRetentionPeriod: 0 },
        { backupRetentionDays: 0 },
      ],
      [],
    ],
    [
      "backups that the config had turned on and does not want any more",
      [
        { BackupRetentionPeriod: 7 },
        { backupRetentionDays: 0 },
        { BackupRetentionPeriod: 0 },
        { backupRetentionDays: 7 },
      ],
      ["backupRetentionDays 7"],
    ],
    ["a password", [{ MasterUserPassword: "****" }], []],
    ["a standby", [{ MultiAZ: true }], []],
  ])("%s", async (_name, given, expected) => {
    expect(await comes(...given)).toEqual(expected);
  });

  test("of a replica its backups are nobody's of the config", async () => {
    const live = await findCopy(waiting({ BackupRetentionPeriod: 7, DBInstanceClass: "db.m5.large" }));
    expect(differences(replica, replicaSpec, live, replicaOwner.tags).map(({ field }) => field)).toEqual([
      "instanceClass",
    ]);
  });

  test("all that the SDK tells of it is managed or watched, but for a password and what goes with a size", async () => {
    const pending: Required<NonNullable<DBInstance["PendingModifiedValues"]>> = {
      DBInstanceClass: "db.m5.large",
      AllocatedStorage: 400,
      MasterUserPassword: "****",
      Port: 3307,
      BackupRetentionPeriod: 0,
      MultiAZ: true,
      EngineVersion: "9.7.1",
      LicenseModel: "general-public-license",
      Iops: 12_000,
      StorageThroughput: 1_000,
      DBInstanceIdentifier: "theirs",
      StorageType: "io2",
      CACertificateIdentifier: "rds-ca-rsa4096-g1",
      DBSubnetGroupName: "theirs",
      PendingCloudwatchLogsExports: { LogTypesToEnable: ["general"], LogTypesToDisable: ["error"] },
      ProcessorFeatures: [{ Name: "coreCount", Value: "2" }],
      ResumeFullAutomationModeTime: new Date(0),
      AutomationMode: "full",
      MultiTenant: true,
      IAMDatabaseAuthenticationEnabled: true,
      DedicatedLogVolume: true,
      DBCapacityReservationIdentifier: "theirs",
      Engine: "mariadb",
      AdditionalStorageVolumes: [{ VolumeName: "rdsdbdata2", AllocatedStorage: 200 }],
    };
    const live = await find(waiting({ ...pending, SomethingNew: "theirs" } as typeof pending));
    const standing = new Map<string, string[]>();
    for (const path of propertiesOf(live.described).keys()) {
      const [, name] = /^PendingModifiedValues\.(.*)/.exec(path) ?? [];
      if (name === undefined) continue;
      const kind = classify(database, spec, owner.tags, path).standing;
      standing.set(kind, [...(standing.get(kind) ?? []), name]);
    }
    expect(standing.get("managed")?.sort()).toEqual([
      "AllocatedStorage",
      "BackupRetentionPeriod",
      "DBInstanceClass",
      "EngineVersion",
    ]);
    expect(standing.get("ignored")).toEqual(["MasterUserPassword"]);
    const watched = standing.get("watched") ?? [];
    const top = [...new Set(watched.map((name) => name.replace(/[.[].*/, "")))].sort();
    expect(top).toEqual(
      [
        ...Object.keys(pending).filter(
          (name) =>
            !standing.get("managed")?.includes(name) &&
            !["MasterUserPassword", "Iops", "ResumeFullAutomationModeTime"].includes(name),
        ),
        "SomethingNew",
      ].sort(),
    );
    expect(live.alsoAccepted).toEqual(expect.arrayContaining(["Port 3307", "MultiAZ true", "SomethingNew theirs"]));
    expect(live.alsoAccepted.join()).not.toMatch(/Password|LogTypes/);
  });

  test.each<[string, string | undefined, Partial<DBInstance>, string | undefined]>([
    ["MultiAZ", "false", {}, "--no-multi-az --apply-immediately"],
    ["StorageType", "gp3", {}, "--storage-type gp3 --apply-immediately"],
    [
      "CACertificateIdentifier",
      "rds-ca-rsa2048-g1",
      {},
      "--ca-certificate-identifier rds-ca-rsa2048-g1 --apply-immediately",
    ],
    ["IAMDatabaseAuthenticationEnabled", "true", {}, "--enable-iam-database-authentication --apply-immediately"],
    ["PreferredBackupWindow", "18:00-18:30", {}, "--preferred-backup-window 18:00-18:30"],
    [
      "EnabledCloudwatchLogsExports[error]",
      undefined,
      {},
      `--cloudwatch-logs-export-configuration '{"DisableLogTypes":["error"]}'`,
    ],
    [
      "EnabledCloudwatchLogsExports[error]",
      "yes",
      {},
      `--cloudwatch-logs-export-configuration '{"EnableLogTypes":["error"]}'`,
    ],
    [
      "PendingModifiedValues.MultiAZ",
      undefined,
      { MultiAZ: false, ...waiting({ MultiAZ: true }) },
      "--no-multi-az --apply-immediately",
    ],
    [
      "PendingModifiedValues.StorageType",
      undefined,
      { StorageType: "gp3", ...waiting({ StorageType: "gp2" }) },
      "--storage-type gp3 --apply-immediately",
    ],
    ["PendingModifiedValues.MultiAZ", undefined, waiting({ MultiAZ: true, DBInstanceIdentifier: "theirs" }), undefined],
    ["StorageType", "gp3", waiting({ DBInstanceClass: "db.m5.large" }), undefined],
    ["PreferredBackupWindow", "18:00-18:30", waiting({ MultiAZ: true }), "--preferred-backup-window 18:00-18:30"],
    ["PendingModifiedValues.DBInstanceIdentifier", undefined, waiting({ DBInstanceIdentifier: "theirs" }), undefined],
    ["Endpoint.Port", "3306", {}, undefined],
  ])(
    "%s, which was %s, is put back by a command, where that brings nothing else: %o",
    async (path, before, change, options) => {
      expect(database.mend?.(aws, await find(change), { path, before })?.command).toBe(
        options && `aws rds modify-db-instance --db-instance-identifier database1 ${options} --region ap-northeast-2`,
      );
    },
  );

  test("is taken back by the values that are in force, at once; the stack's own that waits is asked for anew", async () => {
    rds.onAnyCommand().resolves({});
    const live = await find({
      ...waiting({ EngineVersion: "9.7.1", AllocatedStorage: 600, DBInstanceClass: "db.t3.small" }),
      AllocatedStorage: 400,
      Iops: 15_000,
      StorageThroughput: 500,
    });
    const wanted: DatabaseSpec = { ...spec, storageGiB: 400, instanceClass: "db.t3.small", apply: "window" };
    const fields = differences(database, wanted, live, owner.tags).map(({ field }) => field);
    expect(fields).toEqual(["engineVersion", "storageGiB"]);
    const changed = new Set(fields as (keyof DatabaseSpec)[]);
    expect(database.interruption?.(changed, live, wanted)).toBeUndefined();
    expect(database.rollout?.(changed, live, wanted)).toBeUndefined();
    expect(database.afterUpdate?.(live, wanted, changed, owner)).toEqual({
      engineVersion: "8.4.7",
      instanceClass: "db.t3.micro",
      storageGiB: 400,
    });
    expect(await database.prepare?.(aws, live, wanted, changed, owner, "x")).toBe(true);
    await database.update?.(aws, live, wanted, changed, owner);
    const DBInstanceIdentifier = "database1";
    expect(rds.commandCalls(ModifyDBInstanceCommand).map(({ args }) => args[0].input)).toEqual([
      {
        DBInstanceIdentifier,
        EngineVersion: "8.4.7",
        DBInstanceClass: "db.t3.micro",
        AllocatedStorage: 400,
        Iops: 15_000,
        StorageThroughput: 500,
        ApplyImmediately: true,
      },
      { DBInstanceIdentifier, DBInstanceClass: "db.t3.small" },
    ]);
  });

  test("a change of the stack's at once takes back what others have waiting, in the same call", async () => {
    rds.onAnyCommand().resolves({});
    const live = await find(waiting({ AllocatedStorage: 60, MultiAZ: true, StorageType: "gp2" }));
    const wanted: DatabaseSpec = { ...spec, instanceClass: "db.t3.small" };
    const changed = new Set(differences(database, wanted, live).map(({ field }) => field as keyof DatabaseSpec));
    await database.update?.(aws, live, wanted, changed, owner);
    expect(rds.commandCalls(ModifyDBInstanceCommand).map(({ args }) => args[0].input)).toEqual([
      {
        DBInstanceIdentifier: "database1",
        AllocatedStorage: 20,
        DBInstanceClass: "db.t3.small",
        ApplyImmediately: true,
      },
    ]);
    expect(database.interruption?.(changed, live, wanted)?.what).toBe(
      "database1 is away for about 10 min: db.t3.micro → db.t3.small, MultiAZ true and StorageType gp2, which wait for its maintenance window, come with it",
    );
  });
});

test.each([
  ["available", "ready"],
  ["storage-optimization", "ready"],
  ["creating", "pending"],
  ["backing-up", "pending"],
  ["configuring-enhanced-monitoring", "pending"],
  ["modifying", "pending"],
  ["upgrading", "pending"],
  ["rebooting", "pending"],
  ["deleting", "deleting"],
  ["failed", { failed: "AWS says that database1 is failed" }],
  ["incompatible-network", { failed: expect.any(String) }],
  ["storage-full", { failed: expect.any(String) }],
  ["inaccessible-encryption-credentials-recoverable", { failed: expect.any(String) }],
  ["restore-error", { failed: expect.any(String) }],
  ["stopped", { failed: expect.any(String) }],
])("an instance that is %s is so in the engine's words", async (DBInstanceStatus, health) => {
  expect(database.health?.(await find({ DBInstanceStatus }))).toEqual(health);
});

describe("making the primary", () => {
  test("sends all that AWS would else choose itself, and the password from its parameter", async () => {
    ssm.on(GetParameterCommand).resolves({ Parameter: { Value: "s3cret-s3cret" } });
    rds.on(CreateDBInstanceCommand).resolves({});
    expect(await database.create?.(aws, spec, owner, "token")).toBe("database1");
    expect(ssm.commandCalls(GetParameterCommand)[0]?.args[0].input).toEqual({
      Name: spec.passwordParameter,
      WithDecryption: true,
    });
    const { input } = rds.commandCalls(CreateDBInstanceCommand)[0]?.args[0] ?? {};
    expect(input).toMatchObject({
      DBInstanceIdentifier: "database1",
      Engine: "mysql",
      EngineVersion: "8.4",
      StorageType: "gp3",
      StorageEncrypted: true,
      PubliclyAccessible: false,
      MultiAZ: false,
      AvailabilityZone: "ap-northeast-2a",
      MasterUserPassword: "s3cret-s3cret",
      VpcSecurityGroupIds: ["sg-1"],
      DBSubnetGroupName: "buddy-db",
      DBParameterGroupName: "utf8encoding",
      Tags: expect.arrayContaining([{ Key: "buddyverse:key", Value: "database" }]),
    });
    for (const refused of ["Iops", "StorageThroughput", "ManageMasterUserPassword"])
      expect(input).not.toHaveProperty(refused);
  });

  test("a taken name, a role that is not there yet and a group that does not show are waited out; a bad value is not", () => {
    const again = (error: Error) => isOneOf(error, database.retryable?.create);
    expect(again(new DBInstanceAlreadyExistsFault(metadata))).toBe(true);
    const role =
      "Unable to create the resource. Verify that you have permission to create service linked role. Otherwise wait and try again later";
    expect(again(failure("InvalidParameterValue", role))).toBe(true);
    expect(again(failure("InvalidParameterValue", "Invalid security group , groupId= sg-1, groupName=."))).toBe(true);
    expect(again(failure("InvalidParameterValue", "The parameter MasterUserPassword is not a valid password"))).toBe(
      false,
    );
    expect(again(failure("FreeTierRestrictionError", "no"))).toBe(false);
  });
});

describe("changing the primary", () => {
  const update = async (live: DatabaseLive, wanted: DatabaseSpec) => {
    const fields = differences(database, wanted, live, owner.tags).map(({ field }) => field);
    rds.onAnyCommand().resolves({});
    await database.update?.(aws, live, wanted, new Set(fields as (keyof DatabaseSpec)[]), owner);
  };

  test("is done at once, in one call, with only what changes", async () => {
    await update(await find(), { ...spec, instanceClass: "db.t3.small", storageGiB: 30, deletionProtection: true });
    expect(rds.commandCalls(ModifyDBInstanceCommand).map(({ args }) => args[0].input)).toEqual([
      {
        DBInstanceIdentifier: "database1",
        DBInstanceClass: "db.t3.small",
        AllocatedStorage: 30,
        DeletionProtection: true,
        ApplyImmediately: true,
      },
    ]);
    expect(rds.commandCalls(AddTagsToResourceCommand)).toHaveLength(0);
  });

  test("parameters that wait for a reboot are brought into force by one", async () => {
    const DBParameterGroups = [{ DBParameterGroupName: "utf8encoding", ParameterApplyStatus: "pending-reboot" }];
    await update(await find({ DBParameterGroups }), spec);
    expect(rds.commandCalls(RebootDBInstanceCommand)).toHaveLength(1);
    expect(rds.commandCalls(ModifyDBInstanceCommand)).toHaveLength(0);
  });

  test("missing tags are put back", async () => {
    const live = await find({ TagList: awsTags(owner.key, owner.name).filter(({ Key }) => Key !== "Name") });
    await update(live, spec);
    expect(rds.commandCalls(AddTagsToResourceCommand)[0]?.args[0].input).toMatchObject({
      ResourceName: live.arn,
      Tags: expect.arrayContaining([{ Key: "Name", Value: "Database1" }]),
    });
  });
});

describe("deleting the primary", () => {
  const deletes = () => rds.commandCalls(DeleteDBInstanceCommand).map(({ args }) => args[0].input);

  test("leaves a final snapshot, named for this deletion", async () => {
    await database.delete?.(aws, await find(), KEEP);
    expect(deletes()).toEqual([
      {
        DBInstanceIdentifier: "database1",
        SkipFinalSnapshot: false,
        FinalDBSnapshotIdentifier: "database1-final-1795000000000",
        DeleteAutomatedBackups: true,
      },
    ]);
  });

  test("leaves none when data is discarded: AWS takes no snapshot name then", async () => {
    await database.delete?.(aws, await find(), { ...KEEP, discardData: true });
    expect(deletes()).toEqual([
      { DBInstanceIdentifier: "database1", SkipFinalSnapshot: true, DeleteAutomatedBackups: true },
    ]);
  });

  test.each([
    [{ DeletionProtection: true }, "--no-deletion-protection"],
    [{ DBInstanceStatus: "stopped" }, "aws rds start-db-instance"],
    [{ ReadReplicaDBInstanceIdentifiers: ["theirs"] }, "promote it"],
    [{ DBInstanceStatus: "failed" }, "--discard-data"],
    [{ DBInstanceStatus: "incompatible-network" }, "--discard-data"],
  ])("is refused rather than lose something: %o", async (change, hint) => {
    await expect(database.delete?.(aws, await find(change), KEEP)).rejects.toMatchObject({
      code: "blocked",
      hint: expect.stringContaining(hint),
    });
    expect(deletes()).toEqual([]);
  });

  test.each<[Partial<DBInstance>, boolean]>([
    [{ DBInstanceStatus: "failed" }, true],
    [{ DBInstanceStatus: "insufficient-capacity" }, true],
    [{ DBInstanceStatus: "failed", InstanceCreateTime: new Date(0) }, false],
    [{ DBInstanceStatus: "storage-full", InstanceCreateTime: new Date(0) }, false],
    [{ DBInstanceStatus: "failed", LatestRestorableTime: new Date(0) }, false],
    [{ DBInstanceStatus: "creating" }, false],
    [{ DBInstanceStatus: "available" }, false],
  ])("AWS shows that it never was: %o: %s", async (change, never) => {
    expect(database.failedBeforeReady?.(await find(change))).toBe(never);
  });

  test("one that failed takes no snapshot where there is nothing to save; its protection the config cannot lift", async () => {
    const live = await find({ DBInstanceStatus: "failed" });
    await database.delete?.(aws, live, { ...KEEP, discardData: true });
    expect(deletes()).toEqual([
      { DBInstanceIdentifier: "database1", SkipFinalSnapshot: true, DeleteAutomatedBackups: true },
    ]);
    const guarded = await find({ DBInstanceStatus: "failed", DeletionProtection: true });
    await expect(database.delete?.(aws, guarded, { ...KEEP, discardData: true })).rejects.toMatchObject({
      hint: expect.stringContaining(
        "aws rds modify-db-instance --db-instance-identifier database1 --no-deletion-protection --region ap-northeast-2",
      ),
    });
  });

  test("is waited for while its replica still shows, and while it is busy", async () => {
    const error = await database
      .delete?.(aws, await find({ ReadReplicaDBInstanceIdentifiers: ["r"] }), KEEP)
      .catch((e) => e);
    expect(isOneOf(error, database.retryable?.delete)).toBe(true);
    expect(isOneOf(new InvalidDBInstanceStateFault(metadata), database.retryable?.delete)).toBe(true);
    const guarded = await database.delete?.(aws, await find({ DeletionProtection: true }), KEEP).catch((e) => e);
    expect(isOneOf(guarded, database.retryable?.delete)).toBe(false);
  });

  test("what an earlier attempt did is fine: gone already, or its snapshot under way", async () => {
    const live = await find();
    rds.on(DeleteDBInstanceCommand).rejectsOnce(new DBInstanceNotFoundFault(metadata));
    await database.delete?.(aws, live, KEEP);
    rds.on(DeleteDBInstanceCommand).rejectsOnce(new DBSnapshotAlreadyExistsFault(metadata));
    await database.delete?.(aws, live, KEEP);
    expect(deletes()).toHaveLength(2);
  });
});

describe("the replica", () => {
  test("is made of its source with its groups, and without what AWS refuses", async () => {
    rds.on(CreateDBInstanceReadReplicaCommand).resolves({});
    expect(await replica.create?.(aws, replicaSpec, replicaOwner, "token")).toBe("database1-replica");
    expect(rds.commandCalls(CreateDBInstanceReadReplicaCommand)[0]?.args[0].input).toEqual({
      DBInstanceIdentifier: "database1-replica",
      SourceDBInstanceIdentifier: "database1",
      DBInstanceClass: "db.t3.micro",
      AvailabilityZone: "ap-northeast-2c",
      VpcSecurityGroupIds: ["sg-1"],
      PubliclyAccessible: false,
      AutoMinorVersionUpgrade: true,
      CopyTagsToSnapshot: true,
      DeletionProtection: false,
      Tags: expect.arrayContaining([{ Key: "buddyverse:key", Value: "replica" }]),
    });
  });

  test("waits for a source that is busy", () => {
    expect(isOneOf(new InvalidDBInstanceStateFault(metadata), replica.retryable?.create)).toBe(true);
  });

  test("leaves no snapshot", async () => {
    await replica.delete?.(aws, await findCopy(), KEEP);
    expect(rds.commandCalls(DeleteDBInstanceCommand)[0]?.args[0].input).toEqual({
      DBInstanceIdentifier: "database1-replica",
      SkipFinalSnapshot: true,
      DeleteAutomatedBackups: true,
    });
  });

  test("that was promoted is a database of its own: not recreated, and deleted only with a snapshot", async () => {
    const promoted = await findCopy({ ReadReplicaSourceDBInstanceIdentifier: undefined });
    expect(replica.health?.(promoted)).toEqual({ blocked: expect.stringContaining("was promoted") });
    await replica.delete?.(aws, promoted, KEEP);
    expect(rds.commandCalls(DeleteDBInstanceCommand)[0]?.args[0].input).toMatchObject({
      SkipFinalSnapshot: false,
      FinalDBSnapshotIdentifier: "database1-replica-final-1795000000000",
    });
  });

  test("and the primary are told apart in the list of the stack", async () => {
    shown(copy(), primary(), primary({ DBInstanceIdentifier: "theirs", TagList: [] }));
    expect((await database.list?.(aws, "test"))?.map(({ id }) => id)).toEqual(["database1"]);
    expect((await replica.list?.(aws, "test"))?.map(({ id }) => id)).toEqual(["database1-replica"]);
  });
});

test.each([database, replica])(
  "marks of a restore, which $name's come and go with it, are no drift: reads show them late",
  (type) => {
    const subject = { type: type as AnyType, spec: {}, tags: owner.tags };
    const marked = (...tags: readonly string[]) => ({
      id: "database1",
      described: { TagList: tags.map((Key) => ({ Key, Value: "x" })) },
    });
    const baseline = baselineOf(subject, marked("buddyverse:restored", "buddyverse:restored-from", "theirs"));
    expect(watchedChanges(subject, baseline, marked("buddyverse:fenced")).map(({ path }) => path)).toEqual([
      "TagList[theirs]",
    ]);
  },
);
