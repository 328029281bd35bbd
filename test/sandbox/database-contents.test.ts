/** What is in the sandbox's databases: who reads what, and what copies of them have. */
import { expect, test } from "vitest";
import { dropTable, insertRow, tablesIn } from "../../src/sandbox/services/rds/contents.ts";
import { databaseTable } from "../../src/sandbox/services/rds/tables.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { type Account, grown } from "./grown.ts";

const simOf = ({ sandbox, clock }: Account) => {
  sandbox.settle();
  return simAt(sandbox.world, clock.now());
};
function databaseOf(account: Account, id: string) {
  const database = databaseTable(simOf(account)).get(id);
  if (!database) throw new Error(`there is no ${id}`);
  return database;
}
const write = (account: Account, row: string) =>
  insertRow(simOf(account), databaseOf(account, "database1"), "orders", row);
const rows = (account: Account, id: string) => tablesIn(simOf(account), databaseOf(account, id)).get("orders");

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
  dropTable(simOf(account), databaseOf(account, "database1"), "orders");
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
  const primary = databaseOf(account, "database1");
  const asked = account.run(scriptFor("database", "a1"), id);
  expect((await asked)[0]).toBe(0);
  const logs = account.sandbox.world.tables["rds.contents"] ?? {};
  expect(JSON.stringify(Object.values(logs))).toContain("buddyverse_verify_a1");
  expect([...tablesIn(simOf(account), primary).keys()]).toEqual([]);
  await account.ask("rds", "PromoteReadReplica", { DBInstanceIdentifier: "database1-replica" });
  await account.sleep(600);
  expect((await account.run(scriptFor("database", "a2"), id, 65))[2]).toMatch(/not on the replica within 60 s/);
});
