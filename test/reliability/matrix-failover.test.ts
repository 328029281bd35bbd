/**
 * `failover`, killed at each call that changes something: whatever is run next, the site points at one database that takes
 * writes, no other takes any, none is made twice, and it ends in sync.
 */
import { expect, test } from "vitest";
import { isEmpty } from "../../src/engine/plan.ts";
import { BuddyError } from "../../src/lib/errors.ts";
import { type Stage, stage } from "../lifecycle/stage.ts";
import { copied, failover, groupsOf, next, pointsAt } from "../recovery/commands.ts";
import { FULL } from "./matrix.ts";
import { pointsOf } from "./points.ts";

const HOUR = 3_600_000;
/** In a short run, one of so many points is tried; which, is the same each time. */
const ONE_OF = FULL ? 1 : 28;
/** From here on there could be two that take writes. */
const OWN = /after PromoteReadReplica/;

/** Those that follow nobody, and whom the web instances can reach. */
async function open(on: Stage): Promise<readonly string[]> {
  const { DBInstances = [] } = await on.aws.rds.describeDBInstances({});
  const own = DBInstances.filter((one) => one.ReadReplicaSourceDBInstanceIdentifier === undefined);
  const names = own.map(({ DBInstanceIdentifier = "" }) => DBInstanceIdentifier);
  const groups = await Promise.all(names.map((name) => groupsOf(on, name)));
  return names.filter((_name, index) => groups[index]?.includes("Buddy-DB"));
}

async function ended(on: Stage): Promise<void> {
  await on.clock.sleep(HOUR);
  const now = await next(on);
  // One that had come to its end before it was killed is followed by another.
  const { DBInstances = [] } = await now.aws.rds.describeDBInstances({});
  const names = ["database1", "database1-replica", "database1-replica-2"];
  expect([names, [...names, "database1-replica-3"], names.slice(0, 2)]).toContainEqual(
    DBInstances.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier).sort(),
  );
  expect(await open(now)).toEqual([await pointsAt(now)]);
  const plan = await now.plan();
  expect(isEmpty(plan)).toBe(true);
  expect(plan.items.filter(({ action }) => action === "blocked")).toEqual([]);
}

const after: Readonly<Record<string, (on: Stage) => Promise<void>>> = {
  async failover(on) {
    await failover(on, true).catch((error: unknown) => {
      // All that is missing is the new replica, which `up` makes.
      if (!(error instanceof BuddyError) || !/no read replica|is creating/.test(error.message)) throw error;
      expect(error.hint).toContain("buddyverse up");
    });
    await (await next(on)).up();
  },
  async up(on) {
    await (await next(on)).up().catch((error: unknown) => {
      if (!(error instanceof BuddyError) || error.code !== "refused") throw error;
      expect(error.hint).toContain("buddyverse failover");
    });
    // Reads lag behind.
    await on.clock.sleep(60_000);
    expect((await open(on)).length).toBeLessThanOrEqual(1);
    const blocked = (await (await next(on)).plan()).items.find(({ key }) => key === "database");
    if (blocked?.action !== "blocked") return;
    // It has touched nothing; the way out is named, and leads out.
    expect(`${blocked.reason}${JSON.stringify(blocked.remedies)}`).toContain("buddyverse failover");
    await failover(on, true);
  },
};

test("failover: killed at each call that changes something, then the same again, or up", async () => {
  const on = await stage();
  await on.up();
  await on.clock.sleep(HOUR);
  const all = await pointsOf(on, failover);
  expect(all.length).toBeGreaterThan(15);
  const tried = all.flatMap((point, index) =>
    (["failover", "up"] as const).flatMap((command, which) =>
      [false, true].flatMap((lost, state) =>
        (index * 4 + which * 2 + state) % ONE_OF === 0 || (OWN.test(point.where) && command === "up")
          ? [{ ...point, command, lost }]
          : [],
      ),
    ),
  );
  const failures: string[] = [];
  for (const { where, world, state, time, command, lost } of tried) {
    try {
      const again = await copied(on, world, lost ? undefined : state, time);
      await after[command]?.(again);
      await ended(again);
    } catch (error) {
      failures.push(`${where}, then ${command}${lost ? " without the state" : ""}: ${error}`);
    }
  }
  console.log(
    `failover: ${all.length} points differ in what survives; tried ${tried.length} of ${all.length * 4}; ${failures.length} failures`,
  );
  expect(failures).toEqual([]);
});
