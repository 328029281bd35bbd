/** A database that is made of a snapshot: what is in it, whose password it has, and that a kill changes nothing of that. */
import { CreateDBSnapshotCommand } from "@aws-sdk/client-rds";
import { expect, test } from "vitest";
import { mysql } from "../../src/sandbox/outside.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { stranger } from "../stranger.ts";
import { dataStage, dataSteps } from "./data.ts";
import { INPUTS, type Stage, stageOn } from "./stage.ts";

const PATH = "/buddyverse/buddyverse/database/";
const HOUR = 3_600_000;

function clientOf({ sandbox, clock }: Stage, id = "database1") {
  sandbox.settle();
  return mysql(simAt(sandbox.world, clock.now()), id);
}
const orders = (on: Stage) => clientOf(on).rows("orders");
const passwordIn = async ({ aws }: Stage) =>
  (await aws.ssm.getParameter({ Name: `${PATH}password`, WithDecryption: true })).Parameter?.Value;
const seen = async ({ aws, clock }: Stage) => {
  await clock.sleep(60_000);
  return (await aws.rds.describeDBInstances({ DBInstanceIdentifier: "database1" })).DBInstances?.[0];
};

/** A stack that was up, had a row written, and went down; its final snapshot. */
async function gone(given: object = {}): Promise<{ on: Stage; snapshot: string }> {
  const on = await dataStage(given);
  await on.up();
  clientOf(on).insert("orders", "one");
  await on.clock.sleep(HOUR);
  const settled = await on.down();
  await on.clock.sleep(HOUR);
  const [snapshot = ""] = settled.flatMap(({ leaves }) => leaves ?? []).filter((id) => id.includes("-final-"));
  return { on, snapshot };
}
const restoring = (on: Stage, snapshot: string, given: object = {}) =>
  stageOn({ ...on.config, ...given } as Stage["config"], on.clock, on.sandbox, on.text, dataSteps as never, undefined, {
    ...INPUTS,
    from: { snapshot },
  });

test("up makes it of the final snapshot, with the new password in force before the site is told where it is", async () => {
  const { on, snapshot } = await gone();
  const next = await restoring(on, snapshot);
  const plan = await next.plan();
  expect(plan.items.find(({ key }) => key === "database")?.note).toMatch(
    new RegExp(`^database1 is restored from ${snapshot} \\(20 GiB, MySQL 8\\.4\\.8, made 2026-11-22 .* UTC\\)$`),
  );
  next.writes();
  const { settled } = await next.up();
  expect(settled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  const writes = next.calls.filter(({ service }) => service === "rds" || service === "ssm");
  const order = writes
    .map(({ operation, input }) =>
      operation === "PutParameter" ? `${operation} ${(input as { Name: string }).Name.replace(PATH, "")}` : operation,
    )
    .filter((one) => /^(Put|Restore|Modify|Create|Remove)/.test(one) && !/Group|secret-key/.test(one));
  expect(order).toEqual([
    "PutParameter password",
    "RestoreDBInstanceFromDBSnapshot",
    "ModifyDBInstance",
    "RemoveTagsFromResource",
    "PutParameter primary",
    "CreateDBInstanceReadReplica",
    "PutParameter replica",
  ]);
  // Four seconds until RDS begins, twenty until it is in force.
  const calledAt = (operation: string, name = "") =>
    next.calls.find((call) => call.operation === operation && JSON.stringify(call.input).includes(name))?.at ?? "";
  const wait = Date.parse(calledAt("PutParameter", `${PATH}primary`)) - Date.parse(calledAt("ModifyDBInstance"));
  expect(wait).toBeGreaterThan(24_000);
  expect(orders(next)).toEqual(["one"]);
  expect(clientOf(next).login(await passwordIn(next))).toBe(true);
  expect(await seen(next)).toMatchObject({
    DBInstanceStatus: "available",
    BackupRetentionPeriod: 1,
    CopyTagsToSnapshot: true,
    DBParameterGroups: [{ DBParameterGroupName: "utf8encoding" }],
    TagList: [
      { Key: "Name", Value: "database1" },
      { Key: "buddyverse:key", Value: "database" },
      { Key: "buddyverse:stack", Value: "buddyverse" },
    ],
  });
  // In sync, with and without that option.
  expect((await next.status()).every(({ standing }) => standing === "in-sync")).toBe(true);
  const after = await stageOn(on.config, on.clock, on.sandbox, on.text, dataSteps as never);
  after.writes();
  await after.up();
  expect(after.writes()).toEqual([]);
});

test("what the config cannot have of a snapshot is refused before anything is made", async () => {
  const { on, snapshot } = await gone({ database: { storageGiB: 40, replica: false } });
  const refusals: readonly [object, RegExp, RegExp, string?][] = [
    [{ storageGiB: 20 }, /needs 40 GiB, and database.storageGiB is 20/, /Set database.storageGiB to 40/],
    [{ engineVersion: "8.0" }, /is of MySQL 8\.4\.\d, and database.engineVersion is 8\.0/, /Set .* to "8\.4"/],
    [{}, /there is no snapshot nothing/, /buddyverse snapshots/, "nothing"],
  ];
  for (const [database, message, hint, id = snapshot] of refusals) {
    const next = await restoring(on, id, { database: { ...on.config.database, ...database } });
    next.writes();
    await expect(next.up()).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
    expect(next.writes()).toEqual([]);
  }
  // It may grow to that size by itself, so that is lived with.
  const grows = await restoring(on, snapshot, {
    database: { ...on.config.database, storageGiB: 20, maxStorageGiB: 100 },
  });
  expect((await grows.plan()).items.find(({ key }) => key === "database")).toMatchObject({ action: "create" });
});

test("a snapshot that is smaller, and of an older minor version, grows and is upgraded in the same run", async () => {
  const on = await dataStage({ database: { engineVersion: "8.4.4", replica: false } });
  await on.up();
  clientOf(on).insert("orders", "one");
  const { rds } = stranger(on.sandbox);
  await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "database1", DBSnapshotIdentifier: "mine" }));
  await on.clock.sleep(HOUR);
  await on.down();
  await on.clock.sleep(HOUR);
  const database = { ...on.config.database, engineVersion: "8.4.8", storageGiB: 30, maxStorageGiB: 100 };
  const next = await restoring(on, "mine", { database });
  const { settled } = await next.up();
  expect(settled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  expect(await seen(next)).toMatchObject({
    EngineVersion: "8.4.8",
    AllocatedStorage: 30,
    MaxAllocatedStorage: 100,
  });
  expect(orders(next)).toEqual(["one"]);
});
