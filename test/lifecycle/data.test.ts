import { expect, test } from "vitest";
import { bringDown } from "../../src/engine/down.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { databaseTable, snapshotTable } from "../../src/sandbox/services/rds/tables.ts";
import { parameterValue } from "../../src/sandbox/services/ssm/parameters.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { dataStage } from "./data.ts";
import type { Stage } from "./stage.ts";

const sim = (on: Stage) => simAt(on.sandbox.world, on.clock.now());
const failures = (settled: readonly { outcome: string; reason: string | undefined; key: string }[]) =>
  settled.filter(({ outcome }) => outcome !== "created" && outcome !== "deleted" && outcome !== "unchanged");

test("up; in sync; up writes nothing; down leaves only the final snapshot", async () => {
  const on = await dataStage();
  const { settled } = await on.up();
  expect(failures(settled)).toEqual([]);
  on.writes();
  expect(isEmpty(planUp(await on.survey()))).toBe(true);
  await on.up();
  expect(on.writes()).toEqual([]);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);

  const primary = databaseTable(sim(on)).get("database1");
  expect(primary).toMatchObject({
    zone: "ap-northeast-2a",
    encrypted: true,
    publicAccess: false,
    engineVersion: "8.4.8",
  });
  expect(databaseTable(sim(on)).get("database1-replica")).toMatchObject({
    zone: "ap-northeast-2c",
    source: "database1",
  });
  expect(parameterValue(sim(on), "/buddyverse/buddyverse/database/primary")).toBe(`${primary?.address}:3306`);
  expect(parameterValue(sim(on), "/buddyverse/buddyverse/database/replica")).toMatch(/^database1-replica\..*:3306$/);

  expect(failures(await on.down())).toEqual([]);
  expect(await on.left()).toEqual([]);
  await on.clock.sleep(10_000);
  await on.survey();
  const snapshots = snapshotTable(sim(on)).all();
  expect(snapshots).toMatchObject([{ databaseId: "database1", status: "available" }]);
  expect(snapshots[0]?.id).toMatch(/^database1-final-\d+$/);
  expect(snapshots[0]?.tags["buddyverse:stack"]).toBe("buddyverse");
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
  const password = parameterValue(sim(on), "/buddyverse/buddyverse/database/password") ?? "";
  expect(password).toHaveLength(32);
  const said = JSON.stringify([on.text.text, on.events, on.calls]);
  expect(said).not.toContain(JSON.stringify(password).slice(1, -1));
});

test("discarded data leaves no snapshot", async () => {
  const on = await dataStage({ database: { replica: false } });
  await on.up();
  const run = { ...on.run, discardData: true };
  const found = await on.stack.refresh({ orphans: "all", removing: true });
  expect(failures(await bringDown(run, found))).toEqual([]);
  expect(snapshotTable(sim(on)).all()).toEqual([]);
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
