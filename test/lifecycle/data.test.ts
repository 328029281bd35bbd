import { expect, test } from "vitest";
import { destroy } from "../../src/engine/destroy.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { accountIn } from "../sandbox/grown.ts";
import { dataStage } from "./data.ts";
import type { Stage } from "./stage.ts";

/** As RDS describes it. */
const database = async (on: Stage, DBInstanceIdentifier: string) =>
  (await on.aws.rds.describeDBInstances({ DBInstanceIdentifier })).DBInstances?.[0];
const snapshots = async (on: Stage) =>
  (await on.aws.rds.describeDBSnapshots({ SnapshotType: "manual" })).DBSnapshots ?? [];
/** What the stack's parameter says. */
async function setting(on: Stage, name: string): Promise<string> {
  const { Parameters } = await on.aws.ssm.getParameters({
    Names: [`/buddyverse/buddyverse/database/${name}`],
    WithDecryption: true,
  });
  return Parameters?.[0]?.Value ?? "";
}
const failures = (settled: readonly { outcome: string; reason: string | undefined; key: string }[]) =>
  settled.filter(({ outcome }) => outcome !== "created" && outcome !== "deleted" && outcome !== "unchanged");

test("up; in sync; up writes nothing; down leaves only the final snapshot", async () => {
  const on = await dataStage();
  const { settled } = await on.up();
  expect(failures(settled)).toEqual([]);
  on.writes();
  expect(isEmpty(planUp(await on.refresh()))).toBe(true);
  await on.up();
  expect(on.writes()).toEqual([]);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);

  const primary = await database(on, "database1");
  expect(primary).toMatchObject({
    AvailabilityZone: "ap-northeast-2a",
    StorageEncrypted: true,
    PubliclyAccessible: false,
    EngineVersion: "8.4.8",
  });
  expect(await database(on, "database1-replica")).toMatchObject({
    AvailabilityZone: "ap-northeast-2c",
    ReadReplicaSourceDBInstanceIdentifier: "database1",
  });
  expect(await setting(on, "primary")).toBe(`${primary?.Endpoint?.Address}:3306`);
  expect(await setting(on, "replica")).toMatch(/^database1-replica\..*:3306$/);

  expect(failures(await on.down())).toEqual([]);
  expect(await on.left()).toEqual([]);
  await on.clock.sleep(10_000);
  const kept = await snapshots(on);
  expect(kept).toMatchObject([{ DBInstanceIdentifier: "database1", Status: "available" }]);
  expect(kept[0]?.DBSnapshotIdentifier).toMatch(/^database1-final-\d+$/);
  expect(kept[0]?.TagList).toContainEqual({ Key: "buddyverse:stack", Value: "buddyverse" });
});

test("a stack from before TLS was wanted is given it at once, without a reboot", async () => {
  const on = await dataStage();
  await on.up();
  await on.aws.rds.modifyDBParameterGroup({
    DBParameterGroupName: "utf8encoding",
    Parameters: [{ ParameterName: "require_secure_transport", ParameterValue: "0", ApplyMethod: "immediate" }],
  });
  await on.clock.sleep(10_000);
  on.writes();
  await on.up();
  expect(on.writes()).toEqual(["rds:ModifyDBParameterGroup"]);
  expect(isEmpty(planUp(await on.refresh()))).toBe(true);
});

test("looking at the file system, the databases and the parameters takes 5, 4 and 1 calls", async () => {
  const on = await dataStage();
  await on.up();
  on.calls.length = 0;
  await on.status();
  const made = (service: string) => on.calls.filter((call) => call.service === service).map((call) => call.operation);
  expect(made("efs")).toHaveLength(4);
  expect(on.calls.filter((call) => call.operation === "DescribeNetworkInterfaces")).toHaveLength(1);
  expect(made("rds")).toHaveLength(4);
  expect(made("ssm")).toEqual(["GetParameters"]);
});

test("the password is in no state, no event and no trace", async () => {
  const on = await dataStage();
  await on.up();
  const password = await setting(on, "password");
  expect(password).toHaveLength(32);
  const said = JSON.stringify([on.text.text, on.events, on.calls]);
  expect(said).not.toContain(JSON.stringify(password).slice(1, -1));
});

test("discarded data leaves no snapshot", async () => {
  const on = await dataStage({ database: { replica: false } });
  await on.up();
  const run = { ...on.run, discardData: true };
  const found = await on.stack.refresh({ orphans: "all", removing: true });
  expect(failures(await destroy(run, found))).toEqual([]);
  expect(await snapshots(on)).toEqual([]);
});

test("a lost state file is found again, by name and by tag", async () => {
  const on = await dataStage();
  await on.up();
  for (const key of Object.keys(on.store.resources)) on.store.drop(key);
  on.writes();
  const { settled } = await on.up();
  expect(failures(settled)).toEqual([]);
  expect(on.writes()).toEqual([]);
});

test("a replica that does not follow is told with AWS's reason, and waits for a person; it still goes with down", async () => {
  const on = await dataStage();
  await on.up();
  const account = accountIn(on.sandbox, on.clock);
  account.fail("replication", "database1-replica");
  const off = async () => (await on.status()).filter(({ standing }) => standing !== "in-sync");
  expect(await off()).toMatchObject([
    {
      key: "replica",
      standing: "blocked",
      reason: expect.stringMatching(/does not follow database1.*error: Read Replica/),
    },
  ]);
  account.mend("replication");
  expect(await off()).toEqual([]);
  account.fail("replication", "database1-replica");
  expect(failures(await on.down())).toEqual([]);
});
