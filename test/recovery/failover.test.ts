import { DeleteDBInstanceCommand, PromoteReadReplicaCommand } from "@aws-sdk/client-rds";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import { beforeAll, describe, expect, test } from "vitest";
import { fail, mend, parseFailure } from "../../src/sandbox/failures.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { type Stage, stage } from "../lifecycle/stage.ts";
import { stranger } from "../stranger.ts";
import { copied, databases, failover, groupsOf, next, pointsAt, situation, toDo } from "./commands.ts";

const HOUR = 3_600_000;
const sim = (on: Stage) => simAt(on.sandbox.world, on.clock.now());

let standing: { readonly on: Stage; readonly world: string; readonly state: string | undefined };
beforeAll(async () => {
  const on = await stage();
  await on.up();
  await on.clock.sleep(HOUR);
  standing = { on, world: JSON.stringify(on.sandbox.world), state: on.text.text };
});
/** A stack of an hour ago, for each test its own. */
const aStack = (): Promise<Stage> => copied(standing.on, standing.world, standing.state, standing.on.clock.now());

async function promoteByHand(on: Stage): Promise<void> {
  await stranger(on.sandbox).rds.send(new PromoteReadReplicaCommand({ DBInstanceIdentifier: "database1-replica" }));
  await on.clock.sleep(HOUR);
}

test("planned: shut off, caught up, promoted, re-pointed; then up has nothing to do, and it goes back the same way", async () => {
  const on = await aStack();
  const { situation: found, said, awaySeconds, after } = await failover(on);
  expect(found).toMatchObject({ stage: "fresh", planned: true, alive: true });
  expect(said.join("\n")).toMatch(
    /shuts database1 off.*\n.*reboots database1.*\n.*has all.*\n.*promotes database1-replica/s,
  );
  expect(awaySeconds).toBeGreaterThan(180);
  expect(awaySeconds).toBeLessThan(360);
  expect(await databases(after)).toEqual([
    "database1 a",
    "database1-replica c",
    "database1-replica-2 a ← database1-replica",
  ]);
  expect(await pointsAt(after)).toBe("database1-replica");
  expect(await groupsOf(after, "database1")).toEqual(["Buddy-DB-Fence"]);
  expect(await groupsOf(after, "database1-replica")).toEqual(["Buddy-DB"]);
  expect(toDo(await after.plan())).toEqual(["retain database1"]);
  after.writes();
  await after.up();
  expect(after.writes()).toEqual([]);
  expect((await after.status()).filter(({ standing: how }) => how !== "in-sync").map(({ id }) => id)).toEqual([
    "database1",
  ]);
  // What watches it has followed.
  const { MetricAlarms = [] } = await after.aws.cloudWatch.describeAlarms({});
  const watched = new Set(
    MetricAlarms.flatMap(({ Dimensions = [] }) => Dimensions)
      .filter(({ Name }) => Name === "DBInstanceIdentifier")
      .map(({ Value }) => Value),
  );
  expect([...watched].sort()).toEqual(["database1-replica", "database1-replica-2"]);

  const back = await failover(after);
  expect(back.situation.planned).toBe(true);
  expect(await databases(back.after)).toEqual([
    "database1 a",
    "database1-replica c",
    "database1-replica-2 a",
    "database1-replica-3 c ← database1-replica-2",
  ]);
  expect(toDo(await back.after.plan())).toEqual(["retain database1-replica", "retain database1"]);
  // With the state lost, the same is found.
  for (const key of Object.keys(back.after.store.resources)) back.after.store.drop(key);
  const lost = await next(back.after);
  lost.writes();
  await lost.up();
  expect(lost.writes()).toEqual([]);
  expect(await pointsAt(lost)).toBe("database1-replica-2");
});

test("unplanned: the zone of the primary is lost; what may be lost is known, the replica takes over without waiting", async () => {
  const on = await aStack();
  fail(sim(on), parseFailure("az", "ap-northeast-2a"));
  await on.clock.sleep(5 * 60_000);
  const { situation: found, after } = await failover(on, true);
  expect(found).toMatchObject({ stage: "fresh", planned: false, alive: false, replication: { primaryError: 2003 } });
  expect(await pointsAt(after)).toBe("database1-replica");
  mend(sim(after));
  await after.clock.sleep(HOUR);
  const later = await next(after);
  await later.up();
  expect(toDo(await later.plan())).toEqual(["retain database1"]);
  expect(await groupsOf(later, "database1")).toEqual(["Buddy-DB-Fence"]);
});

test("a primary that has failed: AWS shuts it off no more, which is said; the replica takes over", async () => {
  const on = await aStack();
  fail(sim(on), parseFailure("database", "database1"));
  await on.clock.sleep(60_000);
  await expect(situation(on)).rejects.toMatchObject({
    code: "refused",
    message: expect.stringContaining("does not follow its primary"),
    hint: expect.stringContaining("--allow-data-loss"),
  });
  const { said, after } = await failover(on, true);
  expect(said.join("\n")).toMatch(/! AWS does not shut database1 off/);
  expect(await pointsAt(after)).toBe("database1-replica");
  expect(toDo(await after.plan())).toEqual(["retain database1"]);
});

describe("promoted by hand", () => {
  const remove = async (on: Stage): Promise<void> => {
    await stranger(on.sandbox).rds.send(
      new DeleteDBInstanceCommand({ DBInstanceIdentifier: "database1", SkipFinalSnapshot: true }),
    );
    await on.clock.sleep(HOUR);
  };
  const point = async (on: Stage): Promise<void> => {
    const { DBInstances = [] } = await on.aws.rds.describeDBInstances({ DBInstanceIdentifier: "database1-replica" });
    await stranger(on.sandbox).ssm.send(
      new PutParameterCommand({
        Name: "/buddyverse/buddyverse/database/primary",
        Value: `${DBInstances[0]?.Endpoint?.Address}:3306`,
        Overwrite: true,
      }),
    );
    await on.clock.sleep(HOUR);
  };
  test.each([
    ["only that", []],
    ["and pointed at", [point]],
    ["and the old one deleted", [remove]],
    ["pointed at, and the old one deleted", [point, remove]],
  ])("%s: failover makes it the primary for good", async (_name, others) => {
    const on = await aStack();
    await promoteByHand(on);
    for (const other of others) await other(on);
    const gone = others.includes(remove);
    const { situation: found, after } = await failover(on);
    expect(found).toMatchObject({ stage: "promoted", planned: false });
    expect(await pointsAt(after)).toBe("database1-replica");
    expect(toDo(await after.plan())).toEqual(gone ? [] : ["retain database1"]);
    if (!gone) expect(await groupsOf(after, "database1")).toEqual(["Buddy-DB-Fence"]);
    expect(await databases(after)).toEqual([
      ...(gone ? [] : ["database1 a"]),
      "database1-replica c",
      "database1-replica-2 a ← database1-replica",
    ]);
  });
});

test("what is not fit to take over is refused, with the reason, and nothing is changed", async () => {
  const on = await aStack();
  fail(sim(on), parseFailure("replication", "database1-replica"));
  await on.clock.sleep(60_000);
  await expect(situation(on)).rejects.toMatchObject({
    code: "refused",
    message: expect.stringMatching(/SQLError: 1062/),
  });
  // It is alive, so that it can be shut off; what the replica lacks is not waited for.
  expect(await situation(on, true)).toMatchObject({ planned: false, alive: true });
  mend(sim(on));
  await on.clock.sleep(60_000);
  // Nobody can be asked whether the primary answers: that it is well is no reason to lose anything.
  const { sandbox } = on;
  const deaf = {
    ...sandbox,
    answer: (service: string, operation: string, input: object) =>
      operation === "DescribeInstanceInformation"
        ? { InstanceInformationList: [] }
        : sandbox.answer(service, operation, input),
  } as typeof sandbox;
  await expect(situation({ ...on, sandbox: deaf })).rejects.toMatchObject({
    code: "refused",
    message: expect.stringMatching(/^whether database1 answers is not known \(no web instance is in service/),
    hint: expect.stringContaining("--allow-data-loss"),
  });

  await stranger(on.sandbox).rds.send(
    new DeleteDBInstanceCommand({ DBInstanceIdentifier: "database1-replica", SkipFinalSnapshot: true }),
  );
  await on.clock.sleep(HOUR);
  await expect(situation(on)).rejects.toMatchObject({
    code: "refused",
    message: expect.stringMatching(/no read replica/),
  });
  const repairing = (await next(on)).up();
  await on.clock.sleep(120_000);
  await expect(situation(on)).rejects.toMatchObject({
    code: "refused",
    message: "database1-replica is creating: AWS promotes a replica only while it is available",
  });
  await repairing;
  expect(await pointsAt(on)).toBe("database1");
  expect(await groupsOf(on, "database1")).toEqual(["Buddy-DB"]);
});

test("a replica that does not catch up: the primary is opened again, and up finds all as it was", async () => {
  const on = await aStack();
  const failing = failover(on);
  // Once the primary reboots, replication breaks.
  await on.clock.sleep(20_000);
  fail(sim(on), parseFailure("replication", "database1-replica"));
  await expect(failing).rejects.toMatchObject({
    code: "failed",
    message: expect.stringContaining("database1 is open again"),
  });
  mend(sim(on));
  await on.clock.sleep(HOUR);
  expect(await groupsOf(on, "database1")).toEqual(["Buddy-DB"]);
  expect(toDo(await (await next(on)).plan())).toEqual([]);
});
