/** AWS's rules for databases and their groups, as the sandbox keeps them. */
import {
  CreateDBSnapshotCommand,
  ModifyDBInstanceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { fail, parseFailure } from "../../src/sandbox/failures.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { stranger } from "../stranger.ts";

const START = Date.UTC(2026, 10, 22);
const DAY = 24 * 3_600_000;
let clock: Clock;
let sandbox: Sandbox;
let rds: Aws["rds"];
let ec2: Aws["ec2"];
let subnets: string[];
let groupId: string;
beforeEach(async () => {
  clock = jumpingClock(START);
  sandbox = openSandbox({ world: freshWorld({ region: "ap-northeast-2", time: START, seed: 5 }), clock });
  const aws = await connect({ region: "ap-northeast-2", clock, wire: sandbox, network: sandbox.network });
  ({ rds, ec2 } = aws);
  await aws.iam.createServiceLinkedRole({ AWSServiceName: "rds.amazonaws.com" });
  const { Vpc } = await ec2.createVpc({ CidrBlock: "10.0.0.0/16" });
  await settle();
  subnets = [];
  for (const [CidrBlock, AvailabilityZone] of [
    ["10.0.1.0/24", "ap-northeast-2a"],
    ["10.0.2.0/24", "ap-northeast-2c"],
    ["10.0.3.0/24", "ap-northeast-2a"],
  ]) {
    const { Subnet } = await ec2.createSubnet({ VpcId: Vpc?.VpcId, CidrBlock, AvailabilityZone });
    subnets.push(Subnet?.SubnetId as string);
  }
  const { GroupId } = await ec2.createSecurityGroup({ VpcId: Vpc?.VpcId, GroupName: "db", Description: "db" });
  groupId = GroupId as string;
  await settle();
});

/** Longer than any read lags. */
const settle = () => clock.sleep(5_000);
const refused = (call: Promise<unknown>, name: string, message = /./) =>
  expect(call).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
const by = () => stranger(sandbox);
/** The interface that RDS keeps for its instance. */
async function ownInterface() {
  const { NetworkInterfaces = [] } = await ec2.describeNetworkInterfaces({});
  return NetworkInterfaces.find(({ RequesterId }) => RequesterId === "amazon-rds");
}

async function withGroups(): Promise<void> {
  await rds.createDBSubnetGroup({
    DBSubnetGroupName: "Buddy-DB",
    DBSubnetGroupDescription: "db",
    SubnetIds: subnets.slice(0, 2),
  });
  await rds.createDBParameterGroup({
    DBParameterGroupName: "UTF8encoding",
    DBParameterGroupFamily: "mysql8.4",
    Description: "utf8",
  });
  await settle();
}
const wanted = {
  DBInstanceIdentifier: "Database1",
  Engine: "mysql",
  EngineVersion: "8.4",
  DBInstanceClass: "db.t3.micro",
  AllocatedStorage: 20,
  AvailabilityZone: "ap-northeast-2a",
  DBName: "django_db",
  MasterUsername: "admin",
  MasterUserPassword: "abcdefgh12345678",
  DBSubnetGroupName: "buddy-db",
  DBParameterGroupName: "utf8encoding",
  CopyTagsToSnapshot: true,
  Tags: [{ Key: "team", Value: "play" }],
};
const create = (change: object = {}) =>
  rds.createDBInstance({ ...wanted, VpcSecurityGroupIds: [groupId], ...change } as never);
const replicate = (change: object = {}) =>
  rds.createDBInstanceReadReplica({
    DBInstanceIdentifier: "replica",
    SourceDBInstanceIdentifier: "database1",
    AvailabilityZone: "ap-northeast-2c",
    VpcSecurityGroupIds: [groupId],
    ...change,
  });
async function seen(id = "database1") {
  const { DBInstances = [] } = await rds.describeDBInstances({});
  return DBInstances.find((one) => one.DBInstanceIdentifier === id);
}
const status = async (id?: string) => (await seen(id))?.DBInstanceStatus;
async function until(wantedStatus: string, id = "database1"): Promise<void> {
  for (let look = 0; look < 200 && (await status(id)) !== wantedStatus; look++) await clock.sleep(10_000);
  expect(await status(id)).toBe(wantedStatus);
}

describe("groups", () => {
  test("a subnet group must cover two zones with known subnets, and has one name, in lower case", async () => {
    const group = (SubnetIds: string[]) =>
      rds.createDBSubnetGroup({ DBSubnetGroupName: "Buddy-DB", DBSubnetGroupDescription: "db", SubnetIds });
    await refused(group([subnets[0] as string, subnets[2] as string]), "DBSubnetGroupDoesNotCoverEnoughAZs");
    await refused(group(["subnet-00000000"]), "InvalidParameterValue", /input subnets .* are invalid/);
    await group(subnets.slice(0, 2));
    await expect(group(subnets.slice(0, 2))).rejects.toMatchObject({
      name: "DBSubnetGroupAlreadyExistsFault",
      Code: "DBSubnetGroupAlreadyExists",
    });
    await settle();
    const { DBSubnetGroups } = await rds.describeDBSubnetGroups({ DBSubnetGroupName: "BUDDY-db" });
    expect(DBSubnetGroups?.[0]?.DBSubnetGroupName).toBe("buddy-db");
  });

  test("a group just made may not show yet", async () => {
    await rds.createDBParameterGroup({
      DBParameterGroupName: "new",
      DBParameterGroupFamily: "mysql8.4",
      Description: "n",
    });
    await refused(rds.describeDBParameterGroups({ DBParameterGroupName: "new" }), "DBParameterGroupNotFoundFault");
  });

  test("parameters: unknown ones, bad values, too many, and static ones at once are refused", async () => {
    await withGroups();
    const modify = (
      ParameterName: string,
      ParameterValue: string,
      ApplyMethod: "immediate" | "pending-reboot",
      times = 1,
    ) =>
      rds.modifyDBParameterGroup({
        DBParameterGroupName: "utf8encoding",
        Parameters: Array.from({ length: times }, () => ({ ParameterName, ParameterValue, ApplyMethod })),
      });
    await refused(modify("no_such", "1", "pending-reboot"), "InvalidParameterValue");
    await refused(modify("character_set_server", "klingon", "pending-reboot"), "InvalidParameterValue");
    await refused(modify("innodb_buffer_pool_instances", "2", "immediate"), "InvalidParameterCombination");
    await refused(modify("max_connections", "9", "pending-reboot", 21), "InvalidParameterValue", /20/);
    await modify("Character_Set_Server", "utf8mb4", "pending-reboot");
    await settle();
    const { Parameters } = await rds.describeDBParameters({ DBParameterGroupName: "utf8encoding", Source: "user" });
    expect(Parameters?.map((one) => [one.ParameterName, one.ParameterValue])).toEqual([
      ["character_set_server", "utf8mb4"],
    ]);
  });

  test("a group in use is not deleted; a change of it waits for the instance's reboot", async () => {
    await withGroups();
    await create();
    await refused(rds.deleteDBSubnetGroup({ DBSubnetGroupName: "buddy-db" }), "InvalidDBSubnetGroupStateFault");
    await refused(
      rds.deleteDBParameterGroup({ DBParameterGroupName: "utf8encoding" }),
      "InvalidDBParameterGroupStateFault",
    );
    await until("available");
    await rds.modifyDBParameterGroup({
      DBParameterGroupName: "utf8encoding",
      Parameters: [{ ParameterName: "max_connections", ParameterValue: "50", ApplyMethod: "pending-reboot" }],
    });
    await settle();
    const applied = async () => (await seen())?.DBParameterGroups?.[0]?.ParameterApplyStatus;
    expect(await applied()).toBe("pending-reboot");
    await rds.rebootDBInstance({ DBInstanceIdentifier: "database1" });
    await settle();
    expect(await status()).toBe("rebooting");
    await until("available");
    expect(await applied()).toBe("in-sync");
  });
});

describe("an instance", () => {
  beforeEach(withGroups);

  test.each([
    ["a class without db.", { DBInstanceClass: "t3.micro" }, "InvalidParameterValue", /class/],
    [
      "a class that RDS does not offer",
      { DBInstanceClass: "db.t2.micro" },
      "InvalidParameterCombination",
      /does not support/,
    ],
    ["an unknown version", { EngineVersion: "8.4.99" }, "InvalidParameterCombination", /version/],
    ["less than 20 GiB", { AllocatedStorage: 10 }, "InvalidParameterValue", /storage size/],
    ["a short password", { MasterUserPassword: "Zq7-x" }, "InvalidParameterValue", /shorter/],
    ["a long password", { MasterUserPassword: "x".repeat(42) }, "InvalidParameterValue", /longer/],
    ["a password with @", { MasterUserPassword: "pass@word1" }, "InvalidParameterValue", /printable/],
    ["a reserved user", { MasterUsername: "rdsadmin" }, "InvalidParameterValue", /reserved/],
    ["a name with two hyphens", { DBInstanceIdentifier: "a--b" }, "InvalidParameterValue", /identifier/],
    ["retention beyond 35 days", { BackupRetentionPeriod: 36 }, "InvalidParameterValue", /retention/],
    ["a family of another version", { EngineVersion: "8.0" }, "InvalidParameterCombination", /Family/],
    ["a zone that the group has not", { AvailabilityZone: "ap-northeast-2b" }, "InvalidVPCNetworkStateFault", /zone/i],
    ["an unknown security group", { VpcSecurityGroupIds: ["sg-00000000"] }, "InvalidParameterValue", /security group/],
    ["an unknown subnet group", { DBSubnetGroupName: "none" }, "DBSubnetGroupNotFoundFault", /./],
  ])("is refused with %s", async (_what, change, name, message) => {
    await refused(create(change), name, message);
    expect((await rds.describeDBInstances({})).DBInstances).toEqual([]);
  });

  test("takes a recent minor version, backs itself up before it is available, and has an endpoint only then", async () => {
    await create();
    await refused(create({ DBInstanceIdentifier: "DATABASE1" }), "DBInstanceAlreadyExistsFault");
    await settle();
    expect(await seen()).toMatchObject({
      DBInstanceIdentifier: "database1",
      DBInstanceStatus: "creating",
      EngineVersion: "8.4.8",
    });
    expect((await seen())?.Endpoint).toBeUndefined();
    await until("backing-up");
    await until("available");
    expect((await seen())?.Endpoint?.Address).toMatch(/^database1\..*\.rds\.amazonaws\.com$/);
  });

  test("holds its subnet and its security group by an interface until it is gone", async () => {
    await create();
    await until("available");
    expect(await ownInterface()).toMatchObject({
      SubnetId: subnets[0],
      Groups: [{ GroupId: groupId }],
      Description: "RDSNetworkInterface",
    });
    await refused(ec2.deleteSubnet({ SubnetId: subnets[0] }), "DependencyViolation");
    await refused(ec2.deleteSecurityGroup({ GroupId: groupId }), "DependencyViolation");
    await rds.deleteDBInstance({ DBInstanceIdentifier: "database1", SkipFinalSnapshot: true });
    await settle();
    await refused(ec2.deleteSubnet({ SubnetId: subnets[0] }), "DependencyViolation");
    await clock.sleep(400_000);
    expect(await seen()).toBeUndefined();
    await ec2.deleteSubnet({ SubnetId: subnets[0] });
  });

  test("is modified with a lag, through modifying; storage only grows, by a tenth at least", async () => {
    await create();
    await until("available");
    const modify = (change: object) =>
      rds.modifyDBInstance({ DBInstanceIdentifier: "database1", ApplyImmediately: true, ...change });
    await refused(modify({ AllocatedStorage: 19 }), "InvalidParameterCombination", /less than/);
    await modify({ AllocatedStorage: 21, DBInstanceClass: "db.t3.small" });
    await clock.sleep(3_000);
    expect(await seen()).toMatchObject({
      DBInstanceStatus: "available",
      AllocatedStorage: 20,
      PendingModifiedValues: { AllocatedStorage: 22, DBInstanceClass: "db.t3.small" },
    });
    await until("modifying");
    await refused(modify({ AllocatedStorage: 30 }), "InvalidDBInstanceStateFault");
    await until("storage-optimization");
    expect(await seen()).toMatchObject({
      AllocatedStorage: 22,
      DBInstanceClass: "db.t3.small",
      PendingModifiedValues: {},
    });
  });

  test("changes its interface's groups with its own", async () => {
    await create();
    await until("available");
    const { Vpcs } = await ec2.describeVpcs({ Filters: [{ Name: "cidr", Values: ["10.0.0.0/16"] }] });
    const other = await ec2.createSecurityGroup({ VpcId: Vpcs?.[0]?.VpcId, GroupName: "other", Description: "other" });
    await settle();
    const VpcSecurityGroupIds = [other.GroupId as string];
    await rds.modifyDBInstance({ DBInstanceIdentifier: "database1", VpcSecurityGroupIds, ApplyImmediately: true });
    await settle();
    expect((await ownInterface())?.Groups?.map(({ GroupId }) => GroupId)).toEqual(VpcSecurityGroupIds);
    await ec2.deleteSecurityGroup({ GroupId: groupId });
    await refused(ec2.deleteSecurityGroup({ GroupId: other.GroupId }), "DependencyViolation");
  });

  test("waits with a change that is not to be applied at once until its window, or until one that is", async () => {
    await create();
    await until("available");
    const modify = (change: object) => rds.modifyDBInstance({ DBInstanceIdentifier: "database1", ...change });
    await modify({ DBInstanceClass: "db.t3.small" });
    await clock.sleep(3_600_000);
    const waiting = { DBInstanceStatus: "available", DBInstanceClass: "db.t3.micro" };
    expect(await seen()).toMatchObject({ ...waiting, PendingModifiedValues: { DBInstanceClass: "db.t3.small" } });
    // START is a Sunday, at midnight.
    expect((await seen())?.PreferredMaintenanceWindow).toBe("sun:17:00-sun:17:30");
    await clock.sleep(START + 17 * 3_600_000 + 600_000 - clock.now());
    expect(await seen()).toMatchObject({ DBInstanceClass: "db.t3.small", PendingModifiedValues: {} });

    await modify({ DBInstanceClass: "db.t3.micro" });
    // What needs no window takes nothing with it, unless it is told to.
    await modify({ CopyTagsToSnapshot: false });
    await clock.sleep(600_000);
    expect((await seen())?.DBInstanceClass).toBe("db.t3.small");
    await modify({ CopyTagsToSnapshot: true, ApplyImmediately: true });
    await clock.sleep(600_000);
    expect(await seen()).toMatchObject({ DBInstanceClass: "db.t3.micro", CopyTagsToSnapshot: true });
  });

  test("what waits is taken back by the value that there is, at once only, and nothing else with it", async () => {
    await create();
    await until("available");
    const modify = (change: object) =>
      by().rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "database1", ...change }));
    const waits = async () => (await seen())?.PendingModifiedValues;
    await modify({ DBInstanceClass: "db.t3.small", MultiAZ: true, AllocatedStorage: 400, Iops: 12_000 });
    // AWS says it of --apply-immediately; without it nobody knows.
    await modify({ DBInstanceClass: "db.t3.micro" });
    await settle();
    expect(await waits()).toEqual({
      DBInstanceClass: "db.t3.small",
      MultiAZ: true,
      AllocatedStorage: 400,
      Iops: 12_000,
    });
    await modify({ DBInstanceClass: "db.t3.micro", AllocatedStorage: 20, MultiAZ: false, ApplyImmediately: true });
    await settle();
    expect(await waits()).toEqual({});
    await modify({ DBInstanceClass: "db.t3.small", MultiAZ: true });
    await modify({ DBInstanceClass: "db.t3.micro", ApplyImmediately: true });
    await until("modifying");
    await until("available");
    expect(await seen()).toMatchObject({ DBInstanceClass: "db.t3.micro", MultiAZ: true, PendingModifiedValues: {} });
  });

  test("storage type, certificate and logins by IAM wait, too; windows, port and logs do not", async () => {
    await create();
    await until("available");
    const modify = (change: object) =>
      by().rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "database1", ...change }));
    await modify({
      StorageType: "gp2",
      CACertificateIdentifier: "rds-ca-ecc384-g1",
      EnableIAMDatabaseAuthentication: true,
      PreferredBackupWindow: "02:00-02:30",
      CloudwatchLogsExportConfiguration: { EnableLogTypes: ["slowquery", "error"] },
    });
    await settle();
    const before = await seen();
    expect(before).toMatchObject({
      StorageType: "gp3",
      CACertificateIdentifier: "rds-ca-rsa2048-g1",
      IAMDatabaseAuthenticationEnabled: false,
      PreferredBackupWindow: "02:00-02:30",
      EnabledCloudwatchLogsExports: ["error", "slowquery"],
      PendingModifiedValues: {
        StorageType: "gp2",
        CACertificateIdentifier: "rds-ca-ecc384-g1",
        IAMDatabaseAuthenticationEnabled: true,
      },
    });
    await modify({ DBPortNumber: 3307 });
    await until("rebooting");
    await until("available");
    expect((await seen())?.Endpoint?.Port).toBe(3307);
    await refused(modify({ DBPortNumber: 1000 }), "InvalidParameterValue");
    await refused(modify({ CACertificateIdentifier: "rds-ca-2015" }), "CertificateNotFoundFault");
    await refused(modify({ PreferredMaintenanceWindow: "sun:02:00-sun:03:00" }), "InvalidParameterValue", /overlap/);
    await refused(modify({ PreferredMaintenanceWindow: "sun:04:00-sun:04:10" }), "InvalidParameterValue", /30 minutes/);
    await refused(modify({ PreferredMaintenanceWindow: "sunday" }), "InvalidParameterValue", /format/);
    // START is a Sunday, at midnight. The window that it had brings nothing any more.
    await modify({ PreferredMaintenanceWindow: "Mon:04:00-Mon:05:00" });
    await clock.sleep(START + 18 * 3_600_000 - clock.now());
    expect((await seen())?.StorageType).toBe("gp3");
    await clock.sleep(START + 28.2 * 3_600_000 - clock.now());
    expect(await seen()).toMatchObject({
      DBInstanceStatus: "storage-optimization",
      StorageType: "gp2",
      CACertificateIdentifier: "rds-ca-ecc384-g1",
      IAMDatabaseAuthenticationEnabled: true,
      PendingModifiedValues: {},
    });
    expect((await seen())?.Iops).toBeUndefined();
    await refused(modify({ AllocatedStorage: 40, ApplyImmediately: true }), "InvalidParameterCombination", /optimized/);
  });

  test("a window that is moved to now brings what waits at once", async () => {
    await create();
    await until("available");
    const modify = (change: object) =>
      by().rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "database1", ...change }));
    await modify({ DBInstanceClass: "db.t3.small" });
    await modify({ PreferredMaintenanceWindow: "sat:23:00-sun:16:00" });
    await until("modifying");
    await until("available");
    expect((await seen())?.DBInstanceClass).toBe("db.t3.small");
  });

  test("gets another class late, or never, and then only its events say why", async () => {
    await create();
    await until("available");
    fail(simAt(sandbox.world, clock.now()), parseFailure("database-class", "db.t3.small"));
    await rds.modifyDBInstance({
      DBInstanceIdentifier: "database1",
      DBInstanceClass: "db.t3.small",
      ApplyImmediately: true,
    });
    const StartTime = new Date(clock.now());
    await until("modifying");
    await until("available");
    expect(await seen()).toMatchObject({ DBInstanceClass: "db.t3.micro", PendingModifiedValues: {} });
    const { Events } = await rds.describeEvents({
      SourceType: "db-instance",
      SourceIdentifier: "database1",
      StartTime,
    });
    expect(Events?.map(({ Message }) => Message)).toEqual([expect.stringMatching(/insufficient instance capacity/)]);
  });

  test("gp3 has IOPS of its own choice from 400 GiB, and must be told them when it grows", async () => {
    const big = { AllocatedStorage: 400 };
    await refused(create({ Iops: 3_000 }), "InvalidParameterCombination", /size less than 400/);
    await refused(create({ ...big, Iops: 3_000 }), "InvalidParameterCombination", /Invalid iops value/);
    await create();
    await until("available");
    expect(await seen()).toMatchObject({ Iops: 3_000, StorageThroughput: 125 });
    const modify = (change: object) =>
      rds.modifyDBInstance({ DBInstanceIdentifier: "database1", ApplyImmediately: true, ...change });
    await refused(modify({ AllocatedStorage: 100, Iops: 3_000 }), "InvalidParameterCombination", /less than 400/);
    await refused(modify(big), "InvalidParameterCombination", /requires `iops`/);
    await refused(modify({ ...big, Iops: 3_000 }), "InvalidParameterCombination", /Invalid iops value/);
    await refused(modify({ Iops: 12_000 }), "InvalidParameterCombination", /both the storage size and iops/);
    await modify({ ...big, Iops: 12_000 });
    await until("storage-optimization");
    expect(await seen()).toMatchObject({ AllocatedStorage: 400, Iops: 12_000, StorageThroughput: 500 });
  });

  test("may grow by itself up to a tenth more at least, until that is as much as it has", async () => {
    await refused(create({ MaxAllocatedStorage: 21 }), "InvalidParameterValue", /max storage size/);
    await create({ MaxAllocatedStorage: 22 });
    await until("available");
    expect((await seen())?.MaxAllocatedStorage).toBe(22);
    const modify = (MaxAllocatedStorage: number) =>
      rds.modifyDBInstance({ DBInstanceIdentifier: "database1", MaxAllocatedStorage });
    await refused(modify(19), "InvalidParameterValue", /max storage size/);
    await modify(100);
    await settle();
    expect((await seen())?.MaxAllocatedStorage).toBe(100);
    await modify(20);
    await settle();
    expect((await seen())?.MaxAllocatedStorage).toBeUndefined();
  });

  test("is upgraded after its replicas, and to a major version with consent and a parameter group of it", async () => {
    await rds.createDBParameterGroup({
      DBParameterGroupName: "old",
      DBParameterGroupFamily: "mysql8.0",
      Description: "8.0",
    });
    await settle();
    await create({ EngineVersion: "8.0.43", DBParameterGroupName: "old" });
    await until("available");
    await replicate();
    await until("available", "replica");
    const modify = (DBInstanceIdentifier: string, change: object) =>
      rds.modifyDBInstance({ DBInstanceIdentifier, ApplyImmediately: true, ...change });
    await expect(modify("database1", { EngineVersion: "8.0.44" })).rejects.toMatchObject({
      name: "DBUpgradeDependencyFailureFault",
      Code: "DBUpgradeDependencyFailure",
    });
    await modify("replica", { EngineVersion: "8.0.44" });
    await until("upgrading", "replica");
    await until("available", "replica");
    await modify("database1", { EngineVersion: "8.0.44" });
    await until("upgrading");
    await until("available");
    const eight4 = { EngineVersion: "8.4" };
    await refused(modify("replica", eight4), "InvalidParameterCombination", /AllowMajorVersionUpgrade/);
    const allowed = { ...eight4, AllowMajorVersionUpgrade: true };
    await refused(modify("replica", allowed), "InvalidParameterCombination", /DBParameterGroupFamily mysql8.4/);
    await modify("replica", { ...allowed, DBParameterGroupName: "utf8encoding" });
    await until("upgrading", "replica");
    await until("available", "replica");
    expect(await seen("replica")).toMatchObject({ EngineVersion: "8.4.8" });
    await refused(modify("replica", { EngineVersion: "8.0.44" }), "InvalidParameterCombination", /Cannot upgrade/);
  });

  test("gets another master password without a window, and never shows it; a replica has its source's", async () => {
    const set = (DBInstanceIdentifier: string, MasterUserPassword: string) =>
      rds.modifyDBInstance({ DBInstanceIdentifier, MasterUserPassword });
    await create();
    await until("available");
    await replicate();
    await until("available", "replica");
    await refused(set("database1", "with space and more"), "InvalidParameterValue");
    await refused(set("replica", "another-one"), "InvalidParameterCombination");
    const { DBInstance } = await set("database1", "another-one");
    expect(DBInstance?.PendingModifiedValues).toEqual({ MasterUserPassword: "****" });
    await until("resetting-master-credentials");
    await until("available");
    expect((await seen())?.PendingModifiedValues).toEqual({});
  });

  test("stopped: nothing of it is changed and no snapshot is made; it starts again, by itself after seven days", async () => {
    await create();
    await until("available");
    await replicate();
    await until("available", "replica");
    const stop = (DBInstanceIdentifier: string) => by().rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
    await refused(stop("database1"), "InvalidDBInstanceStateFault");
    await refused(stop("replica"), "InvalidDBInstanceStateFault");
    await rds.deleteDBInstance({ DBInstanceIdentifier: "replica", SkipFinalSnapshot: true });
    await clock.sleep(600_000);
    await stop("database1");
    await until("stopping");
    await until("stopped");
    const DBInstanceIdentifier = "database1";
    await refused(
      rds.modifyDBInstance({ DBInstanceIdentifier, DeletionProtection: true }),
      "InvalidDBInstanceStateFault",
    );
    await refused(
      rds.deleteDBInstance({ DBInstanceIdentifier, FinalDBSnapshotIdentifier: "last" }),
      "InvalidDBInstanceStateFault",
      /not currently in the available state/,
    );
    await by().rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
    await until("starting");
    await until("available");
    await stop("database1");
    await clock.sleep(6 * DAY);
    expect(await status()).toBe("stopped");
    await clock.sleep(2 * DAY);
    expect(await status()).toBe("available");
    await stop("database1");
    await until("stopped");
    // Without a snapshot it is deleted in any state.
    await rds.deleteDBInstance({ DBInstanceIdentifier, SkipFinalSnapshot: true });
    await settle();
    expect(await status()).toBe("deleting");
  });

  test("renamed: after some minutes, under the new name only, with its tags and replicas", async () => {
    await create();
    await until("available");
    await replicate();
    await until("available", "replica");
    const rename = (NewDBInstanceIdentifier: string) =>
      by().rds.send(
        new ModifyDBInstanceCommand({
          DBInstanceIdentifier: "database1",
          NewDBInstanceIdentifier,
          ApplyImmediately: true,
        }),
      );
    await refused(rename("replica"), "DBInstanceAlreadyExistsFault");
    const before = await seen();
    await rename("Database1-Old");
    await until("renaming");
    expect((await seen())?.PendingModifiedValues?.DBInstanceIdentifier).toBe("database1-old");
    await until("available", "database1-old");
    expect(await seen()).toBeUndefined();
    const after = await seen("database1-old");
    expect(after).toMatchObject({
      DbiResourceId: before?.DbiResourceId,
      TagList: before?.TagList,
      ReadReplicaDBInstanceIdentifiers: ["replica"],
    });
    expect(after?.Endpoint?.Address).toMatch(/^database1-old\./);
    expect((await seen("replica"))?.ReadReplicaSourceDBInstanceIdentifier).toBe("database1-old");
  });

  test("restored from a snapshot: as it was, with the tags of its source unless others are named", async () => {
    await create();
    await until("available");
    await by().rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "database1", DBSnapshotIdentifier: "s" }));
    const restore = (DBInstanceIdentifier: string, change: object = {}) =>
      by().rds.send(
        new RestoreDBInstanceFromDBSnapshotCommand({
          DBInstanceIdentifier,
          DBSnapshotIdentifier: "s",
          DBSubnetGroupName: "buddy-db",
          ...change,
        }),
      );
    await refused(restore("copy"), "InvalidDBSnapshotStateFault");
    await clock.sleep(300_000);
    await refused(restore("copy", { DBSnapshotIdentifier: "none" }), "DBSnapshotNotFoundFault");
    await refused(restore("database1"), "DBInstanceAlreadyExistsFault");
    await restore("copy");
    await restore("named", { Tags: [{ Key: "team", Value: "ours" }] });
    await until("available", "copy");
    expect(await seen("copy")).toMatchObject({
      AllocatedStorage: 20,
      MasterUsername: "admin",
      DBName: "django_db",
      TagList: [{ Key: "team", Value: "play" }],
      DBParameterGroups: [{ DBParameterGroupName: "default.mysql8.4" }],
    });
    expect((await seen("named"))?.TagList).toEqual([{ Key: "team", Value: "ours" }]);
    expect((await seen("copy"))?.DbiResourceId).not.toBe((await seen())?.DbiResourceId);
  });

  test("is deleted as AWS deletes: protection, snapshot rules, and the snapshot stays with its tags", async () => {
    await create({ DeletionProtection: true });
    const drop = (change: object) => rds.deleteDBInstance({ DBInstanceIdentifier: "database1", ...change });
    await refused(drop({ FinalDBSnapshotIdentifier: "last" }), "InvalidParameterCombination", /protected/);
    await until("available");
    await rds.modifyDBInstance({
      DBInstanceIdentifier: "database1",
      DeletionProtection: false,
      ApplyImmediately: true,
    });
    await refused(drop({}), "InvalidParameterCombination", /required/);
    await refused(drop({ SkipFinalSnapshot: true, FinalDBSnapshotIdentifier: "last" }), "InvalidParameterCombination");
    await drop({ FinalDBSnapshotIdentifier: "Last" });
    await refused(drop({ SkipFinalSnapshot: true }), "InvalidDBInstanceStateFault", /already being deleted/);
    await settle();
    expect(await status()).toBe("deleting");
    await clock.sleep(400_000);
    await refused(drop({ SkipFinalSnapshot: true }), "DBInstanceNotFoundFault");
    const kept = await rds.describeDBSnapshots({ SnapshotType: "manual" });
    expect(kept.DBSnapshots).toMatchObject([
      { DBSnapshotIdentifier: "last", Status: "available", TagList: [{ Key: "team", Value: "play" }] },
    ]);

    await create();
    await until("available");
    await refused(drop({ FinalDBSnapshotIdentifier: "last" }), "DBSnapshotAlreadyExistsFault");
    const { DBSnapshots } = await rds.describeDBSnapshots({ SnapshotType: "manual" });
    expect(DBSnapshots).toMatchObject([
      { DBSnapshotIdentifier: "last", DBInstanceIdentifier: "database1", TagList: [{ Key: "team", Value: "play" }] },
    ]);
  });

  test("says when it was created only once it is, and to when it can be restored only once it is backed up", async () => {
    await create();
    await settle();
    const early = await seen();
    for (const field of ["InstanceCreateTime", "LatestRestorableTime", "Endpoint"])
      expect(early, field).not.toHaveProperty(field);
    await until("backing-up");
    const created = (await seen())?.InstanceCreateTime;
    expect(created?.getTime()).toBeGreaterThan(START + 60_000);
    expect(await seen()).not.toHaveProperty("LatestRestorableTime");
    await until("available");
    await clock.sleep(3_600_000);
    const later = await seen();
    expect(later?.InstanceCreateTime).toEqual(created);
    const behind = clock.now() - (later?.LatestRestorableTime?.getTime() ?? 0);
    expect(behind).toBeGreaterThanOrEqual(300_000);
    expect(behind).toBeLessThan(301_000);
  });

  test("that failed while it was made takes no change, no replica and no final snapshot, only its deletion", async () => {
    await create();
    fail(simAt(sandbox.world, clock.now()), parseFailure("database", "database1"));
    await until("failed");
    expect(await seen()).not.toHaveProperty("InstanceCreateTime");
    const id = { DBInstanceIdentifier: "database1" };
    await refused(rds.modifyDBInstance({ ...id, DBInstanceClass: "db.t3.small" }), "InvalidDBInstanceStateFault");
    await refused(rds.rebootDBInstance(id), "InvalidDBInstanceStateFault");
    await refused(
      rds.createDBInstanceReadReplica({ DBInstanceIdentifier: "r", SourceDBInstanceIdentifier: "database1" }),
      "InvalidDBInstanceStateFault",
    );
    await refused(rds.deleteDBInstance({ ...id, FinalDBSnapshotIdentifier: "last" }), "InvalidDBInstanceStateFault");
    await rds.deleteDBInstance({ ...id, SkipFinalSnapshot: true, DeleteAutomatedBackups: false });
    await clock.sleep(600_000);
    expect(await seen()).toBeUndefined();
    const Filters = [{ Name: "status", Values: ["retained"] }];
    // There was none to keep.
    expect((await rds.describeDBInstanceAutomatedBackups({ Filters })).DBInstanceAutomatedBackups).toEqual([]);
  });
});

describe("a replica", () => {
  beforeEach(withGroups);

  test("needs an available source with backups, and takes no subnet group in its region", async () => {
    await create({ BackupRetentionPeriod: 0 });
    await refused(replicate(), "InvalidDBInstanceStateFault", /available/);
    await until("available");
    await refused(replicate(), "InvalidDBInstanceStateFault", /backups/);
    await rds.modifyDBInstance({ DBInstanceIdentifier: "database1", BackupRetentionPeriod: 1, ApplyImmediately: true });
    await until("modifying");
    await until("available");
    await refused(replicate({ DBSubnetGroupName: "buddy-db" }), "DBSubnetGroupNotAllowedFault");
    await replicate();
    await until("available", "replica");
    expect(await seen("replica")).toMatchObject({
      ReadReplicaSourceDBInstanceIdentifier: "database1",
      BackupRetentionPeriod: 0,
      AvailabilityZone: "ap-northeast-2c",
    });
    expect((await seen())?.ReadReplicaDBInstanceIdentifiers).toEqual(["replica"]);
    await refused(
      rds.modifyDBInstance({ DBInstanceIdentifier: "database1", BackupRetentionPeriod: 0, ApplyImmediately: true }),
      "InvalidParameterCombination",
    );
  });

  test("leaves no snapshot, and is promoted when its source goes first", async () => {
    await create();
    await until("available");
    await replicate();
    await until("available", "replica");
    await refused(
      rds.deleteDBInstance({ DBInstanceIdentifier: "replica", FinalDBSnapshotIdentifier: "r" }),
      "InvalidParameterCombination",
      /replica/,
    );
    await rds.deleteDBInstance({ DBInstanceIdentifier: "database1", SkipFinalSnapshot: true });
    await clock.sleep(400_000);
    const promoted = await seen("replica");
    expect(promoted?.DBInstanceStatus).toBe("available");
    expect(promoted?.ReadReplicaSourceDBInstanceIdentifier).toBeUndefined();
  });
});
