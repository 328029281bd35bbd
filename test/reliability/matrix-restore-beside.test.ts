/**
 * `restore database`, killed at each call that changes something: whatever is run next, the site writes to one database, which has
 * what was restored and the stack's password; no other takes writes from the site, and none is made twice.
 */
import { expect, test } from "vitest";
import type { Origin } from "../../src/aws/rds/beside.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { BuddyError } from "../../src/lib/errors.ts";
import { ended, restorationOf, restored, takePlace } from "../../src/recovery/restore-database.ts";
import { wholeAgain } from "../../src/recovery/whole-again.ts";
import { mysql } from "../../src/sandbox/outside.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import type { World } from "../../src/sandbox/world.ts";
import { type Databases, databasesOf } from "../../steps/databases.ts";
import { dataStage, dataSteps } from "../lifecycle/data.ts";
import { INPUTS, type Stage, stageOn } from "../lifecycle/stage.ts";
import { amiss, FULL } from "./matrix.ts";
import { pointsOf } from "./points.ts";

const HOUR = 3_600_000;
const PATH = "/buddyverse/buddyverse/database/";
/** In a short run, one of so many points is tried. */
const ONE_OF = FULL ? 1 : 6;

/** The stack as a command opens it: with the names that the state, or AWS, has. */
async function opened({ config, clock, sandbox, text }: Stage, given?: Databases, replace = false): Promise<Stage> {
  const open = (databases?: Databases) =>
    stageOn(
      config,
      clock,
      sandbox,
      text,
      dataSteps as never,
      undefined,
      { ...INPUTS, ...(databases ? { databases } : {}) },
      { replace },
    );
  const looking = await open();
  return open(given ?? (await databasesOf(looking.aws, config, (key) => looking.store.get(key)?.name)));
}

/** What `buddyverse restore database --yes` does. */
async function restoreDatabase(on: Stage, origin: Origin): Promise<void> {
  const { stack } = await opened(on);
  const succession = { stack, say: () => {} };
  const restoration = await restorationOf(stack, origin);
  const heir =
    restoration.switched && restoration.restored
      ? restoration.restored
      : await restored(succession, restoration, { retentionDays: 1 });
  const after = await opened(on, await takePlace(succession, restoration, heir), true);
  const { seen } = await wholeAgain(after.stack);
  const wrong = amiss((await after.stack.up(seen)).settled);
  if (wrong.length > 0) throw new Error(wrong.join("; "));
  await ended(after.stack, heir);
}

async function wrongIn(on: Stage): Promise<string[]> {
  await on.clock.sleep(HOUR);
  on.sandbox.settle();
  const { DBInstances = [] } = await on.aws.rds.describeDBInstances({});
  const names = DBInstances.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier ?? "").sort();
  const parameterOf = async (name: string) =>
    (await on.aws.ssm.getParameter({ Name: `${PATH}${name}`, WithDecryption: true })).Parameter?.Value;
  const primary = (await parameterOf("primary"))?.split(".")[0] ?? "";
  const { SecurityGroups = [] } = await on.aws.ec2.describeSecurityGroups({});
  const open = SecurityGroups.find(({ GroupName }) => GroupName === "Buddy-DB")?.GroupId;
  const reachable = DBInstances.filter(
    (one) =>
      one.ReadReplicaSourceDBInstanceIdentifier === undefined &&
      one.VpcSecurityGroups?.some(({ VpcSecurityGroupId }) => VpcSecurityGroupId === open),
  ).map(({ DBInstanceIdentifier }) => DBInstanceIdentifier);
  const client = mysql(simAt(on.sandbox.world, on.clock.now()), primary);
  return [
    ...(/^database1,database1-replica(-2)?,database1-restored-\d+-\d+$/.test(names.join())
      ? []
      : [`there is ${names}`]),
    ...(primary.startsWith("database1-restored-") ? [] : [`the site writes to ${primary}`]),
    ...(reachable.join() === primary ? [] : [`reachable: ${reachable}`]),
    ...(client.rows("orders")?.join() === "one" ? [] : [`it has ${client.rows("orders")}`]),
    ...(client.login(await parameterOf("password")) ? [] : ["its password is another one"]),
  ];
}

test("killed at any call, then up or nothing, then the same command: one writer, with what was restored", {
  timeout: 1_200_000,
}, async () => {
  const on = await dataStage();
  await on.up();
  await on.clock.sleep(HOUR);
  const client = () => {
    on.sandbox.settle();
    return mysql(simAt(on.sandbox.world, on.clock.now()), "database1");
  };
  client().insert("orders", "one");
  await on.clock.sleep(60_000);
  const origin: Origin = { kind: "time", at: Math.floor(on.clock.now() / 1000) * 1000 };
  await on.clock.sleep(60_000);
  client().drop("orders");
  await on.clock.sleep(HOUR);
  on.sandbox.settle();
  const all = await pointsOf(on, (stage) => restoreDatabase(stage, origin));
  expect(await wrongIn(on)).toEqual([]);
  expect(all.length).toBeGreaterThan(15);
  const failures: string[] = [];
  let tried = 0;
  for (const [index, { where, world, state, time }] of all.entries())
    for (const [which, [upFirst, lost]] of [
      [false, false],
      [true, false],
      [false, true],
    ].entries()) {
      if ((index * 3 + which) % ONE_OF !== 0) continue;
      tried++;
      const clock = jumpingClock(time + (lost ? 5_000 : 200));
      const again = await stageOn(
        on.config,
        clock,
        openSandbox({ world: JSON.parse(world) as World, clock }),
        memoryText(lost ? undefined : state),
        dataSteps as never,
      );
      try {
        if (upFirst)
          await (await opened(again)).up().catch((error: unknown) => {
            if (!(error instanceof BuddyError) || error.code !== "refused") throw error;
          });
        await restoreDatabase(again, origin).catch((error: unknown) => {
          // It had come to its end: there is nothing to go back to any more.
          if (!(error instanceof BuddyError) || !/can be restored to any second/.test(error.message)) throw error;
        });
        const wrong = await wrongIn(await opened(again));
        if (wrong.length > 0)
          failures.push(`${where}, ${upFirst ? "up first" : ""}${lost ? "state lost" : ""}: ${wrong.join("; ")}`);
      } catch (error) {
        failures.push(
          `${where}, ${upFirst ? "up first" : ""}${lost ? "state lost" : ""}: ${error instanceof Error ? error.stack?.slice(0, 500) : error}`,
        );
      }
    }
  console.log(
    `restore database: ${all.length} points differ in what survives; tried ${tried} of ${all.length * 3}; ${failures.length} failures`,
  );
  expect(failures).toEqual([]);
});
