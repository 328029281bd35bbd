/** What is in the sandbox's databases: who reads what, and what copies of them have. */
import { expect, test } from "vitest";
import { scriptFor } from "../../src/verify/scripts.ts";
import { type Account, grown } from "./grown.ts";

const write = (account: Account, row: string) => account.mysql("database1").insert("orders", row);
const rows = (account: Account, id: string) => account.mysql(id).rows("orders");

test("a replica has what its source had when it last followed; promoted, it keeps that and gets no more", async () => {
  const account = await grown();
  write(account, "one");
  expect(rows(account, "database1")).toEqual(["one"]);
  expect(rows(account, "database1-replica")).toBeUndefined();
  await account.sleep(1);
  expect(rows(account, "database1-replica")).toEqual(["one"]);
  account.fail("replication", "database1-replica");
  await account.sleep(10);
  write(account, "two");
  await account.sleep(10);
  expect(rows(account, "database1-replica")).toEqual(["one"]);
  account.mend("replication");
  await account.sleep(1);
  expect(rows(account, "database1-replica")).toEqual(["one", "two"]);
  account.fail("replication", "database1-replica");
  await account.sleep(10);
  write(account, "three");
  await account.ask("rds", "PromoteReadReplica", { DBInstanceIdentifier: "database1-replica" });
  account.mend("replication");
  await account.sleep(600);
  write(account, "four");
  expect(rows(account, "database1-replica")).toEqual(["one", "two"]);
  expect(rows(account, "database1")).toEqual(["one", "two", "three", "four"]);
});

test("a snapshot has what was there when it was begun, and outlives its instance; so has what is restored from it", async () => {
  const account = await grown();
  write(account, "one");
  await account.ask("rds", "CreateDBSnapshot", { DBInstanceIdentifier: "database1", DBSnapshotIdentifier: "mine" });
  await account.sleep(1);
  write(account, "two");
  account.mysql("database1").drop("orders");
  expect(rows(account, "database1")).toBeUndefined();
  await account.sleep(600);
  const { DBSubnetGroups } = await account.ask<{ DBSubnetGroups: { DBSubnetGroupName: string }[] }>(
    "rds",
    "DescribeDBSubnetGroups",
  );
  await account.ask("rds", "RestoreDBInstanceFromDBSnapshot", {
    DBInstanceIdentifier: "second",
    DBSnapshotIdentifier: "mine",
    DBSubnetGroupName: DBSubnetGroups[0]?.DBSubnetGroupName,
  });
  await account.sleep(600);
  expect(rows(account, "second")).toEqual(["one"]);
});

test("verify's row is written, seen on the replica and gone again; a replica of another primary never has it", async () => {
  const account = await grown();
  const [{ id = "" } = {}] = await account.members();
  expect((await account.run(scriptFor("database", "a1"), id))[0]).toBe(0);
  await account.sleep(1);
  expect(account.mysql("database1").tables()).toEqual([]);
  await account.ask("rds", "PromoteReadReplica", { DBInstanceIdentifier: "database1-replica" });
  await account.sleep(600);
  expect((await account.run(scriptFor("database", "a2"), id))[0]).not.toBe(0);
  // It gives up after a minute, and leaves nothing.
  expect(account.mysql("database1").tables()).toEqual(["buddyverse_verify_a2"]);
  await account.sleep(65);
  expect(account.mysql("database1").tables()).toEqual([]);
});

const BACK = {
  SourceDBInstanceIdentifier: "database1",
  TargetDBInstanceIdentifier: "back",
  DBSubnetGroupName: "buddy-db",
};
interface Backup {
  readonly DbiResourceId: string;
  readonly Status: string;
  readonly RestoreWindow: { readonly EarliestTime: Date; readonly LatestTime: Date };
}
async function backups(account: Account): Promise<readonly Backup[]> {
  const { DBInstanceAutomatedBackups } = await account.ask<{ DBInstanceAutomatedBackups: Backup[] }>(
    "rds",
    "DescribeDBInstanceAutomatedBackups",
  );
  return DBInstanceAutomatedBackups;
}
const restoring = (account: Account, change: object = {}) =>
  account.ask("rds", "RestoreDBInstanceToPointInTime", { ...BACK, ...change });

test("to a point in time: what was there then, the password too; the window is five minutes behind, and refuses other times", async () => {
  const account = await grown();
  write(account, "one");
  await account.sleep(60);
  const then = new Date(account.clock.now());
  const { Parameter } = await account.ask<{ Parameter: { Value: string } }>("ssm", "GetParameter", {
    Name: "/buddyverse/buddyverse/database/password",
    WithDecryption: true,
  });
  await account.ask("rds", "ModifyDBInstance", {
    DBInstanceIdentifier: "database1",
    MasterUserPassword: "another-password",
  });
  await account.sleep(60);
  account.mysql("database1").drop("orders");
  const late = { name: "InvalidParameterValue", message: expect.stringMatching(/cannot be restored to a time later/) };
  await expect(restoring(account, { RestoreTime: then })).rejects.toMatchObject(late);
  await account.sleep(600);
  const [{ RestoreWindow } = {}] = await backups(account);
  expect(RestoreWindow?.LatestTime.getTime()).toBe(account.clock.now() - 60 - 300_000);
  const early = new Date((RestoreWindow?.EarliestTime.getTime() ?? 0) - 60_000);
  const tooEarly = { name: "InvalidParameterValue", message: expect.stringMatching(/earlier than .*set to 1 days/) };
  await expect(restoring(account, { RestoreTime: early })).rejects.toMatchObject(tooEarly);
  const both = { name: "InvalidParameterCombination" };
  await expect(restoring(account)).rejects.toMatchObject(both);
  await expect(restoring(account, { RestoreTime: then, UseLatestRestorableTime: true })).rejects.toMatchObject(both);
  await restoring(account, { RestoreTime: then });
  await account.sleep(700);
  expect(rows(account, "back")).toEqual(["one"]);
  expect(account.mysql("back").login(Parameter.Value)).toBe(true);
  expect(account.mysql("database1").login("another-password")).toBe(true);
  const { DBInstances } = await account.ask<{ DBInstances: object[] }>("rds", "DescribeDBInstances", {
    DBInstanceIdentifier: "back",
  });
  expect(DBInstances).toMatchObject([{ DBInstanceStatus: "available", TagList: [] }]);
});

test("a replica has no window of its own; without backups nothing is restored", async () => {
  const account = await grown({ database: { replica: true } });
  const of = (SourceDBInstanceIdentifier: string) =>
    restoring(account, { SourceDBInstanceIdentifier, UseLatestRestorableTime: true });
  await expect(of("database1-replica")).rejects.toMatchObject({ name: "PointInTimeRestoreNotEnabledFault" });
  await expect(of("nobody")).rejects.toMatchObject({ name: "DBInstanceNotFoundFault" });
  const { DBInstances } = await account.ask<{ DBInstances: { DBInstanceIdentifier: string }[] }>(
    "rds",
    "DescribeDBInstances",
    { DBInstanceIdentifier: "database1-replica" },
  );
  expect(DBInstances[0]).not.toHaveProperty("LatestRestorableTime");
});

test("automated snapshots come daily, go after the days of retention, and with the instance; what was told to stay can be restored", async () => {
  const account = await grown({ database: { replica: false, backupRetentionDays: 2 } });
  const automated = async () =>
    (
      await account.ask<{ DBSnapshots: { DBSnapshotIdentifier: string; SnapshotCreateTime: Date }[] }>(
        "rds",
        "DescribeDBSnapshots",
        { SnapshotType: "automated" },
      )
    ).DBSnapshots;
  expect(await automated()).toMatchObject([
    { DBSnapshotIdentifier: expect.stringMatching(/^rds:database1-2026-11-22-/), SnapshotType: "automated" },
  ]);
  write(account, "one");
  await account.sleep(4 * 86_400 + 3_600);
  expect(await automated()).toHaveLength(2);
  const [{ RestoreWindow, DbiResourceId } = {}] = await backups(account);
  expect(account.clock.now() - (RestoreWindow?.EarliestTime.getTime() ?? 0)).toBeLessThan(2 * 86_400_000);
  await account.ask("rds", "DeleteDBInstance", {
    DBInstanceIdentifier: "database1",
    SkipFinalSnapshot: true,
    DeleteAutomatedBackups: false,
  });
  await account.sleep(600);
  expect(await backups(account)).toMatchObject([
    { Status: "retained", RestoreWindow: { EarliestTime: RestoreWindow?.EarliestTime } },
  ]);
  await account.ask("rds", "RestoreDBInstanceToPointInTime", {
    SourceDbiResourceId: DbiResourceId,
    TargetDBInstanceIdentifier: "back",
    DBSubnetGroupName: "buddy-db",
    UseLatestRestorableTime: true,
  });
  await account.sleep(700);
  expect(rows(account, "back")).toEqual(["one"]);
  await account.ask("rds", "DeleteDBInstance", { DBInstanceIdentifier: "back", SkipFinalSnapshot: true });
  await account.sleep(600);
  expect((await automated()).map((one) => one.DBSnapshotIdentifier.startsWith("rds:back"))).not.toContain(true);
});

test("a snapshot that is not there, or not complete, and a parameter group of another family are refused", async () => {
  const account = await grown();
  const restore = (change: object) =>
    account.ask("rds", "RestoreDBInstanceFromDBSnapshot", {
      DBInstanceIdentifier: "back",
      DBSnapshotIdentifier: "mine",
      DBSubnetGroupName: "buddy-db",
      ...change,
    });
  await expect(restore({})).rejects.toMatchObject({ name: "DBSnapshotNotFoundFault" });
  await account.ask("rds", "CreateDBSnapshot", { DBInstanceIdentifier: "database1", DBSnapshotIdentifier: "mine" });
  await expect(restore({})).rejects.toMatchObject({ name: "InvalidDBSnapshotStateFault" });
  await account.sleep(600);
  await account.ask("rds", "CreateDBParameterGroup", {
    DBParameterGroupName: "old",
    DBParameterGroupFamily: "mysql8.0",
    Description: "old",
  });
  await account.sleep(5);
  await expect(restore({ DBParameterGroupName: "old" })).rejects.toMatchObject({ name: "InvalidParameterCombination" });
  await expect(restore({ DBInstanceIdentifier: "database1" })).rejects.toMatchObject({
    name: "DBInstanceAlreadyExistsFault",
  });
  // An automated one is no less a snapshot.
  const { DBSnapshots } = await account.ask<{ DBSnapshots: { DBSnapshotIdentifier: string }[] }>(
    "rds",
    "DescribeDBSnapshots",
    {},
  );
  const automated = DBSnapshots.find(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier.startsWith("rds:"));
  await restore({ DBSnapshotIdentifier: automated?.DBSnapshotIdentifier });
});
