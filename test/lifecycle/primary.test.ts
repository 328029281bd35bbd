/** Which instance is the primary: not the one that copied tags say, and never two. */
import {
  AddTagsToResourceCommand,
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  PromoteReadReplicaCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
} from "@aws-sdk/client-rds";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import { describe, expect, test } from "vitest";
import { isEmpty } from "../../src/engine/plan.ts";
import { type Databases, databasesOf, firstDatabases } from "../../steps/databases.ts";
import { stranger } from "../stranger.ts";
import { dataStage, dataSteps } from "./data.ts";
import { INPUTS, type Stage, stageOn } from "./stage.ts";

const HOUR = 3_600_000;
const ARN = "arn:aws:rds:ap-northeast-2:111122223333:db:";
const PARAMETER = "/buddyverse/buddyverse/database/primary";

async function standing(): Promise<Stage> {
  const on = await dataStage();
  await on.up();
  await on.clock.sleep(HOUR);
  return on;
}

async function promote(on: Stage): Promise<void> {
  await stranger(on.sandbox).rds.send(new PromoteReadReplicaCommand({ DBInstanceIdentifier: "database1-replica" }));
  await on.clock.sleep(HOUR);
}
async function point(on: Stage, id: string): Promise<void> {
  const { DBInstances = [] } = await on.aws.rds.describeDBInstances({});
  const { Address } = DBInstances.find((one) => one.DBInstanceIdentifier === id)?.Endpoint ?? {};
  await stranger(on.sandbox).ssm.send(
    new PutParameterCommand({ Name: PARAMETER, Value: `${Address}:3306`, Overwrite: true }),
  );
  await on.clock.sleep(HOUR);
}
async function remove(on: Stage, id: string): Promise<void> {
  await stranger(on.sandbox).rds.send(
    new DeleteDBInstanceCommand({ DBInstanceIdentifier: id, SkipFinalSnapshot: true }),
  );
  await on.clock.sleep(HOUR);
}
async function tag(on: Stage, id: string, Key: string, Value: string): Promise<void> {
  await stranger(on.sandbox).rds.send(
    new AddTagsToResourceCommand({ ResourceName: `${ARN}${id}`, Tags: [{ Key, Value }] }),
  );
  await on.clock.sleep(HOUR);
}
async function restore(on: Stage, source: string, id: string): Promise<void> {
  const { rds } = stranger(on.sandbox);
  await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: source, DBSnapshotIdentifier: `of-${source}` }));
  await on.clock.sleep(HOUR);
  await rds.send(
    new RestoreDBInstanceFromDBSnapshotCommand({
      DBInstanceIdentifier: id,
      DBSnapshotIdentifier: `of-${source}`,
      DBSubnetGroupName: "buddy-db",
    }),
  );
  await on.clock.sleep(HOUR);
}

const pointsAt = async (on: Stage) =>
  (await on.aws.ssm.getParameter({ Name: PARAMETER })).Parameter?.Value?.split(".")[0];
const found = (on: Stage): Promise<Databases> => databasesOf(on.aws, on.config, () => undefined);

describe.each([
  ["with the state", false],
  ["with the state lost", true],
])("a replica promoted by hand, %s", (_name, lost) => {
  /** The same stack, as the next command sees it. */
  async function next(on: Stage): Promise<Stage> {
    if (lost) for (const key of Object.keys(on.store.resources)) on.store.drop(key);
    const recorded = (key: string) => on.store.get(key)?.name;
    const databases = await databasesOf(on.aws, on.config, recorded);
    const steps = dataSteps as Parameters<typeof stageOn>[4];
    return stageOn(on.config, on.clock, on.sandbox, on.text, steps, undefined, { ...INPUTS, databases });
  }

  test("is not written against: up leaves both and where the site writes to, and names the two ways out", async () => {
    const first = await standing();
    await promote(first);
    for (const repointed of [false, true]) {
      if (repointed) await point(first, "database1-replica");
      const on = await next(first);
      const plan = await on.plan();
      expect(plan.items.find(({ key }) => key === "database")).toMatchObject({
        action: "blocked",
        reason: expect.stringMatching(
          /^database1-replica was promoted .*`buddyverse failover`.*delete-db-instance --db-instance-identifier database1-replica /,
        ),
      });
      expect(plan.items.filter(({ action }) => action !== "none").map(({ key, action }) => `${action} ${key}`)).toEqual(
        ["blocked database", ...(repointed ? ["blocked database-endpoint"] : []), "blocked replica"],
      );
      expect((await on.status()).find(({ key }) => key === "database")?.standing).toBe("blocked");
      on.writes();
      await on.up();
      expect(on.writes()).toEqual([]);
      expect(await pointsAt(on)).toBe(repointed ? "database1-replica" : "database1");
    }
  });

  test("with the old primary gone: no empty one is made, failover is the way out", async () => {
    const first = await standing();
    await promote(first);
    await point(first, "database1-replica");
    await remove(first, "database1");
    const on = await next(first);
    on.writes();
    await expect(on.up()).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("database1-replica carries the stack's tags"),
      hint: expect.stringContaining("to have database1-replica as the primary: buddyverse failover"),
    });
    expect(on.writes()).toEqual([]);
    expect(await pointsAt(on)).toBe("database1-replica");
  });
});

test("a promoted one is nothing that goes in passing: up without a replica in the config, and down, leave it", async () => {
  const first = await standing();
  await promote(first);
  await point(first, "database1-replica");
  const steps = dataSteps as Parameters<typeof stageOn>[4];
  const config = { ...first.config, database: { ...first.config.database, replica: false } };
  const on = await stageOn(config, first.clock, first.sandbox, first.text, steps);
  const databases = async () =>
    ((await on.aws.rds.describeDBInstances({})).DBInstances ?? []).map((one) => one.DBInstanceIdentifier).sort();
  expect((await on.plan()).items.find(({ id }) => id === "database1-replica")).toMatchObject({
    action: "retain",
    remedies: [
      {
        to: "remove it",
        commands: [expect.stringContaining(" --final-db-snapshot-identifier database1-replica-final")],
      },
      {},
    ],
  });
  await on.up();
  expect(await databases()).toEqual(["database1", "database1-replica"]);
  await on.down();
  expect(await databases()).toEqual(["database1-replica"]);
});

test("removing the promoted one is the other way out: a new replica is made", async () => {
  const on = await standing();
  await promote(on);
  await remove(on, "database1-replica");
  await on.up();
  expect(isEmpty(await on.plan())).toBe(true);
  expect(await pointsAt(on)).toBe("database1");
});

test("who a lost state finds: by tags of its own, not by copied ones, nor one that is fenced", async () => {
  const on = await standing();
  expect(await found(on)).toEqual(firstDatabases(on.config));
  // The replica in the primary's place, as a failover leaves it, the old one kept.
  await promote(on);
  await tag(on, "database1-replica", "buddyverse:key", "database");
  await tag(on, "database1", "buddyverse:fenced", "database1");
  const after = { primary: "database1-replica", replica: "database1-replica-2" };
  expect(await found(on)).toEqual(after);
  // Copies carry all of it: they speak of their source.
  await restore(on, "database1-replica", "a-copy");
  expect(await found(on)).toEqual(after);
  await remove(on, "a-copy");
  await restore(on, "database1", "database1-replica-2");
  expect(await found(on)).toEqual({ ...after, replica: "database1-replica-3" });

  // What is recorded is not asked for, and a fenced primary is no primary to `up`.
  expect(await databasesOf(undefined, on.config, (key) => `recorded-${key}`)).toEqual({
    primary: "recorded-database",
    replica: "recorded-replica",
  });
  on.writes();
  await on.up();
  expect(on.writes()).toEqual([]);
  expect((await on.status()).find(({ key }) => key === "database")).toMatchObject({ standing: "blocked" });

  // Two that say so of themselves: neither is picked.
  await tag(on, "database1-replica-2", "Name", "database1-replica-2");
  await tag(on, "database1-replica-2", "buddyverse:fenced", "no");
  await expect(found(on)).rejects.toMatchObject({
    code: "ambiguous",
    message: expect.stringMatching(/database1-replica-2, database1-replica$/),
  });
});

test("under its other name it is managed as the first was, in whichever zone, and its replica is made in another one", async () => {
  const first = await standing();
  await promote(first);
  await tag(first, "database1-replica", "buddyverse:key", "database");
  await tag(first, "database1", "buddyverse:fenced", "database1");
  await point(first, "database1-replica");
  for (const key of Object.keys(first.store.resources)) first.store.drop(key);
  const steps = dataSteps as Parameters<typeof stageOn>[4];
  const inputs = { ...INPUTS, databases: await found(first) };
  const on = await stageOn(first.config, first.clock, first.sandbox, first.text, steps, undefined, inputs);
  await on.up();
  const { DBInstances = [] } = await on.aws.rds.describeDBInstances({});
  expect(
    DBInstances.map(
      (one) => `${one.DBInstanceIdentifier} ${one.AvailabilityZone} ${one.ReadReplicaSourceDBInstanceIdentifier ?? ""}`,
    ).sort(),
  ).toEqual([
    "database1 ap-northeast-2a ",
    "database1-replica ap-northeast-2c ",
    "database1-replica-2 ap-northeast-2a database1-replica",
  ]);
  expect(await pointsAt(on)).toBe("database1-replica");
  const plan = await on.plan();
  expect(isEmpty(plan)).toBe(true);
  expect(plan.items.filter(({ notes }) => notes.length > 0)).toEqual([]);
  // The old one is nobody's: shown, and not touched.
  expect(plan.items.filter(({ action }) => action === "retain").map(({ id }) => id)).toEqual(["database1"]);
  expect(on.store.get("database")).toMatchObject({ id: "database1-replica", name: "database1-replica" });
});
