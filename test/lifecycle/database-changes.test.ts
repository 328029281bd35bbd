/** Changes of databases: told before, done one after the other, waited for until AWS shows the value. */
import {
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  ModifyDBInstanceCommand,
  ModifyDBParameterGroupCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { beforeEach, describe, expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { isEmpty, type Plan, planUp } from "../../src/engine/plan.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import type { BuddyError } from "../../src/lib/errors.ts";
import { fail, parseFailure } from "../../src/sandbox/failures.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import { type Stranger, stranger } from "../stranger.ts";
import { dataStage, dataSteps } from "./data.ts";
import { type Stage, stageOn } from "./stage.ts";

type Allowed = { readonly allowOutage?: boolean; readonly upgrade?: readonly string[] };
interface Standing {
  readonly world: World;
  readonly at: number;
  readonly state: string | undefined;
}
const steps = dataSteps as Parameters<typeof stageOn>[4];
const YES: Allowed = { allowOutage: true };

/** Stacks that stand, by their config: brought up once, each test works on a copy. */
const grown = new Map<string, Standing>();
async function standing(database: object): Promise<Standing> {
  const key = JSON.stringify(database);
  const known = grown.get(key);
  if (known) return known;
  const first = await dataStage({ database });
  await first.up();
  first.sandbox.settle();
  const made = { world: copied(first.sandbox.world), at: first.clock.now(), state: first.text.text };
  grown.set(key, made);
  return made;
}
async function opened({ world, at, state }: Standing, database: object, allowed: Allowed = {}): Promise<Stage> {
  const clock = jumpingClock(at);
  const sandbox = openSandbox({ world: copied(world), clock });
  const config = parseConfig({ database }, "test.config.json");
  return stageOn(config, clock, sandbox, memoryText(state), steps, undefined, undefined, allowed);
}
/** The config is changed to this, and the command run anew. */
const changed = (on: Stage, database: object, allowed: Allowed = {}): Promise<Stage> =>
  stageOn(
    parseConfig({ database }, "test.config.json"),
    on.clock,
    on.sandbox,
    on.text,
    steps,
    undefined,
    undefined,
    allowed,
  );
/** A stack of the first config, whose config is the second by now. */
const from = async (before: object, after: object, allowed: Allowed = {}) =>
  opened(await standing(before), after, allowed);

const PRIMARY = "database1";
const REPLICA = "database1-replica";
const instance = async (on: Stage, DBInstanceIdentifier = PRIMARY) =>
  (await on.aws.rds.describeDBInstances({ DBInstanceIdentifier })).DBInstances?.[0];
const planned = (plan: Plan, key: string) => plan.items.find((item) => item.key === key);
const outcomes = (settled: readonly { readonly key: string; readonly outcome: string }[]) =>
  Object.fromEntries(
    settled.filter(({ outcome }) => outcome !== "unchanged").map(({ key, outcome }) => [key, outcome]),
  );
const refusalOf = async (walk: () => Promise<unknown>): Promise<BuddyError> => {
  const error = (await walk().catch((one: unknown) => one)) as BuddyError;
  expect(error.code).toBe("refused");
  return error;
};
/** The changing calls on databases, in order, each with what it asks for. */
const modifications = (on: Stage) =>
  on.calls
    .filter(({ operation }) =>
      /^(ModifyDBInstance|RebootDBInstance|CreateDBSnapshot|DeleteDBInstance)$/.test(operation),
    )
    .map(({ operation, input, at }) => ({
      operation,
      at: Date.parse(at),
      ...(input as { DBInstanceIdentifier: string }),
    }));
async function expectSettled(on: Stage): Promise<void> {
  on.writes();
  expect(isEmpty(await on.plan())).toBe(true);
  await on.up();
  expect(on.writes()).toEqual([]);
}
/** Longer than reads lag. */
const settle = (on: Stage) => on.clock.sleep(5_000);

test("a replica that comes with more storage is made first: RDS makes none while it optimizes the primary's storage", async () => {
  const on = await from({ storageGiB: 20, replica: false }, { storageGiB: 40, replica: true });
  const { settled } = await on.up();
  expect(settled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  expect([(await instance(on))?.AllocatedStorage, (await instance(on, REPLICA))?.AllocatedStorage]).toEqual([40, 40]);
  expect(isEmpty(await on.plan())).toBe(true);
});

describe("another class", () => {
  const SMALL = { instanceClass: "db.t3.small" };

  test("is told with its outage, and refused under --yes before anything is changed", async () => {
    const on = await from({}, SMALL);
    on.writes();
    const plan = planUp(await (await changed(on, SMALL, YES)).refresh());
    expect(planned(plan, "database")).toMatchObject({
      action: "update",
      interruption: {
        kind: "outage",
        what: "database1 is away for about 5 min: db.t3.micro → db.t3.small",
        seconds: 300,
      },
    });
    expect(planned(plan, "replica")?.interruption.what).toMatch(/^database1-replica is away for about 5 min/);
    expect(plan.seconds).toBe(600);
    const error = await refusalOf(() => on.up());
    expect(error.message).toContain("database1 is away for about 5 min: db.t3.micro → db.t3.small");
    expect(error.hint).toMatch(/--allow-outage[\s\S]*Nothing was changed/);
    expect(planned(await on.plan(), "database")?.refused).toContain("--allow-outage");
    expect(on.writes()).toEqual([]);
  });

  test("comes to the replica first, then to the primary, each waited for until AWS shows it", async () => {
    const on = await from({}, SMALL, YES);
    const { settled } = await on.up();
    expect(outcomes(settled)).toEqual({ replica: "updated", database: "updated" });
    expect((await instance(on))?.DBInstanceClass).toBe("db.t3.small");
    expect((await instance(on, REPLICA))?.DBInstanceClass).toBe("db.t3.small");
    const [first, second, ...more] = modifications(on);
    expect([first?.DBInstanceIdentifier, second?.DBInstanceIdentifier, more]).toEqual([REPLICA, PRIMARY, []]);
    // What an instance takes for it.
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(300_000);
    await expectSettled(await changed(on, SMALL));
  });

  test("that RDS cannot give in the end is said with its reason, and the primary left alone", async () => {
    const on = await from({}, SMALL, YES);
    fail(simAt(on.sandbox.world, on.clock.now()), parseFailure("database-class", "db.t3.small"));
    const { settled } = await on.up();
    const waiting = { "replica-endpoint": "skipped", "database-endpoint": "skipped" };
    expect(outcomes(settled)).toEqual({ replica: "failed", database: "skipped", ...waiting });
    const replica = settled.find(({ key }) => key === "replica");
    expect(replica?.reason).toMatch(
      /is as it was before: RDS accepted instanceClass db.t3.small: .*insufficient instance capacity/,
    );
    // It is not tried again at the cost of another outage.
    expect(modifications(on)).toHaveLength(1);
    expect((await instance(on))?.DBInstanceClass).toBe("db.t3.micro");
  });

  test("killed at any changing call is brought to its end by the next run, one after the other", async () => {
    const base = await standing({});
    for (const killedAt of [1, 2]) {
      const on = await opened(base, SMALL, YES);
      const { answer } = on.sandbox;
      let modified = 0;
      on.sandbox.answer = (service, operation, input) => {
        if (operation === "ModifyDBInstance" && ++modified === killedAt) queueMicrotask(() => on.interrupt());
        return answer.call(on.sandbox, service, operation, input);
      };
      const { settled } = await on.up();
      expect(settled.some(({ outcome }) => outcome === "interrupted")).toBe(true);
      on.sandbox.answer = answer;
      const next = await changed(on, SMALL, YES);
      await next.up();
      const order = [...modifications(on), ...modifications(next)].map((one) => one.DBInstanceIdentifier);
      expect(order.lastIndexOf(REPLICA)).toBeLessThan(order.indexOf(PRIMARY));
      await expectSettled(await changed(on, SMALL));
    }
  });

  test("waits for the maintenance window where that is chosen: shown, no drift, not waited for, no consent", async () => {
    const later = { ...SMALL, apply: "window" };
    const on = await from({}, later);
    expect(planned(await on.plan(), "database")).toMatchObject({ interruption: { kind: "none" }, refused: undefined });
    const began = on.clock.now();
    expect(outcomes((await on.up()).settled)).toEqual({ replica: "updated", database: "updated" });
    expect(on.clock.now() - began).toBeLessThan(60_000);
    expect(modifications(on).some((call) => "ApplyImmediately" in call)).toBe(false);
    await settle(on);
    const note = "instanceClass db.t3.small: waits for the maintenance window of database1 (sun:17:00-sun:17:30 UTC)";
    expect(planned(await on.plan(), "database")).toMatchObject({ action: "none", notes: [note] });
    expect((await on.status()).find(({ key }) => key === "database")).toMatchObject({
      standing: "in-sync",
      notes: [note],
    });
    expect((await instance(on))?.DBInstanceClass).toBe("db.t3.micro");
    await expectSettled(await changed(on, later));
    await on.clock.sleep(8 * 24 * 3_600_000);
    expect((await instance(on))?.DBInstanceClass).toBe("db.t3.small");
    expect(planned(await on.plan(), "database")).toMatchObject({ action: "none", notes: [] });
  });
});

/** Strangers' changes without ApplyImmediately, which are there only in the maintenance window. */
describe("what others have waiting for the maintenance window", () => {
  const later = async (on: Stage, change: object, DBInstanceIdentifier = PRIMARY) => {
    await stranger(on.sandbox).rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, ...change }));
    await settle(on);
  };
  const itemOf = async (on: Stage, key = "database") => (await on.status()).find((item) => item.key === key);
  const WEEK_MS = 7 * 24 * 3_600_000;
  const WINDOW = "in the maintenance window (sun:17:00-sun:17:30 UTC)";
  /** `up` asks for no consent, leaves nothing waiting, and the window brings nothing. */
  async function expectTakenBack(on: Stage, DBInstanceIdentifier = PRIMARY): Promise<void> {
    const before = await instance(on, DBInstanceIdentifier);
    const plan = await on.plan();
    expect(plan.items.filter(({ refused }) => refused !== undefined)).toEqual([]);
    expect(plan.items.flatMap(({ interruption }) => interruption.what || [])).toEqual([]);
    const { settled } = await on.up();
    expect(settled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    await settle(on);
    expect((await instance(on, DBInstanceIdentifier))?.PendingModifiedValues).toEqual({});
    expect(await itemOf(on, DBInstanceIdentifier === PRIMARY ? "database" : "replica")).toMatchObject({
      standing: "in-sync",
    });
    await expectSettled(on);
    await on.clock.sleep(WEEK_MS);
    const { LatestRestorableTime: _then, ...after } = (await instance(on, DBInstanceIdentifier)) ?? {};
    const { LatestRestorableTime: _now, PendingModifiedValues: _waited, ...asBefore } = before ?? {};
    expect(after).toMatchObject(asBefore);
  }

  test.each([
    ["instanceClass", { DBInstanceClass: "db.m5.large" }, "db.t3.micro", "db.m5.large", undefined],
    ["storageGiB", { AllocatedStorage: 60 }, 20, "60", undefined],
    ["backupRetentionDays", { BackupRetentionPeriod: 0 }, 1, "0", "less protected"],
    ["engineVersion", { EngineVersion: "8.4.8", AllowMajorVersionUpgrade: true }, "8.0", "8.4.8", undefined],
  ])("%s is drift, with what is coming and when; up takes it back", async (field, change, wanted, coming, danger) => {
    const config = { replica: false, ...(field === "engineVersion" ? { engineVersion: "8.0" } : {}) };
    const on = await from(config, config);
    if (field === "engineVersion") {
      await on.aws.rds.createDBParameterGroup({
        DBParameterGroupName: "theirs",
        DBParameterGroupFamily: "mysql8.4",
        Description: "theirs",
      });
      await settle(on);
    }
    await later(on, field === "engineVersion" ? { ...change, DBParameterGroupName: "theirs" } : change);
    expect(await itemOf(on)).toMatchObject({
      standing: "drift",
      drift: [{ field, wanted, found: `${coming} ${WINDOW}`, danger }],
      watched: [],
      notes: [],
    });
    expect(planned(await on.plan(), "database")).toMatchObject({
      action: "update",
      differences: [{ field, wanted, found: `${coming} ${WINDOW}` }],
    });
    await expectTakenBack(on);
  });

  test("on the replica, too", async () => {
    const on = await from({}, {});
    await later(on, { DBInstanceClass: "db.m5.large", AllocatedStorage: 60 }, REPLICA);
    expect((await itemOf(on, "replica"))?.drift.map(({ field }) => field).sort()).toEqual([
      "instanceClass",
      "storageGiB",
    ]);
    await expectTakenBack(on, REPLICA);
  });

  test("several are taken back in one call, with the values that are in force", async () => {
    const config = { replica: false, engineVersion: "8.4.6" };
    const on = await from(config, config);
    await later(on, { DBInstanceClass: "db.m5.large", AllocatedStorage: 60, BackupRetentionPeriod: 0 });
    const known = modifications(on).length;
    await on.up();
    expect(modifications(on).slice(known)).toEqual([
      expect.objectContaining({
        DBInstanceClass: "db.t3.micro",
        AllocatedStorage: 20,
        BackupRetentionPeriod: 1,
        ApplyImmediately: true,
      }),
    ]);
    await expectSettled(on);
  });

  test("backups that somebody turns off are drift also where somebody keeps them for longer, and stay so long", async () => {
    const config = { replica: false };
    const on = await from(config, config);
    await later(on, { BackupRetentionPeriod: 7 });
    await later(on, { BackupRetentionPeriod: 0 });
    await expectTakenBack(on);
    expect((await instance(on))?.BackupRetentionPeriod).toBe(7);
  });

  test("a minor version is left, and said: AWS upgrades by itself, and does not say who has asked for it", async () => {
    const config = { engineVersion: "8.4.6", replica: false };
    const on = await from(config, config);
    await later(on, { EngineVersion: "8.4.8" });
    const notes = ["engineVersion 8.4.8: waits for the maintenance window of database1 (sun:17:00-sun:17:30 UTC)"];
    expect(await itemOf(on)).toMatchObject({ standing: "in-sync", notes });
    await expectSettled(on);
  });

  test("what the config leaves open is told, left, and needs consent where a change of the stack's brings it", async () => {
    const on = await from({}, { deletionProtection: true });
    await later(on, { MultiAZ: true });
    expect(await itemOf(await changed(on, {}))).toMatchObject({
      standing: "watched",
      watched: [{ path: "PendingModifiedValues.MultiAZ", before: undefined, now: "true" }],
      notes: ["MultiAZ true: waits for the maintenance window of database1 (sun:17:00-sun:17:30 UTC)"],
    });
    // It needs no ApplyImmediately.
    await on.up();
    await on.clock.sleep(900_000);
    expect((await instance(on))?.PendingModifiedValues).toEqual({ MultiAZ: true });
    const words =
      "database1 is away for about 5 min: MultiAZ true, which waits for its maintenance window, comes with it";
    const growing = await changed(on, { deletionProtection: true, storageGiB: 40 });
    expect((await refusalOf(() => growing.up())).message).toBe(words);
    // So does a call that takes something back.
    await later(on, { DBInstanceClass: "db.m5.large" });
    const same = await changed(on, { deletionProtection: true });
    expect((await refusalOf(() => same.up())).message).toBe(words);
    const allowed = await changed(on, { deletionProtection: true }, YES);
    expect(outcomes((await allowed.up()).settled)).toEqual({ database: "updated" });
    await on.clock.sleep(900_000);
    expect(await instance(on)).toMatchObject({
      MultiAZ: true,
      DBInstanceClass: "db.t3.micro",
      PendingModifiedValues: {},
    });
  });

  test("another name is never brought about by a change of the stack's: that is refused, with what to do", async () => {
    const on = await from({}, {});
    await later(on, { NewDBInstanceIdentifier: "theirs" });
    expect((await on.up()).settled.filter(({ outcome }) => outcome !== "unchanged")).toEqual([]);
    await later(on, { AllocatedStorage: 60 });
    on.writes();
    const error = await refusalOf(async () => (await changed(on, {}, YES)).up());
    expect(error.message).toContain("database1 is to be called theirs in its maintenance window");
    expect(error.hint).toContain("--db-instance-identifier theirs --new-db-instance-identifier database1");
    expect(await itemOf(on)).toMatchObject({ standing: "drift" });
    expect(on.writes()).toEqual([]);
  });

  describe("beside what the stack has waiting", () => {
    const LATER = { apply: "window", instanceClass: "db.t3.small", replica: false };

    test("only theirs is drift, and only theirs is taken back; the stack's own comes in the window, not before", async () => {
      const on = await from({ replica: false }, LATER);
      await on.up();
      await settle(on);
      await later(on, { AllocatedStorage: 60 });
      expect(await itemOf(on)).toMatchObject({
        standing: "drift",
        drift: [{ field: "storageGiB", found: `60 ${WINDOW}` }],
        watched: [],
        notes: [expect.stringContaining("instanceClass db.t3.small: waits")],
      });
      expect(planned(await on.plan(), "database")).toMatchObject({
        interruption: { kind: "none" },
        refused: undefined,
      });
      await on.up();
      await on.clock.sleep(3_600_000);
      expect(await instance(on)).toMatchObject({
        DBInstanceClass: "db.t3.micro",
        PendingModifiedValues: { DBInstanceClass: "db.t3.small" },
      });
      expect(await itemOf(on)).toMatchObject({ standing: "in-sync" });
      await expectSettled(on);
      await on.clock.sleep(WEEK_MS);
      expect(await instance(on)).toMatchObject({ DBInstanceClass: "db.t3.small", AllocatedStorage: 20 });
    });

    test("what was asked for and is not any more is taken back, too", async () => {
      const on = await from({ replica: false }, LATER);
      await on.up();
      await settle(on);
      const back = await changed(on, { apply: "window", replica: false });
      expect(await itemOf(back)).toMatchObject({
        standing: "pending-change",
        drift: [],
        pending: [{ field: "instanceClass", wanted: "db.t3.micro", found: `db.t3.small ${WINDOW}` }],
      });
      await expectTakenBack(back);
    });

    test("the performance of storage that the stack lets grow in the window is no drift, while it waits and when it is there", async () => {
      const config = { apply: "window", storageGiB: 400, replica: false };
      const on = await from({ replica: false }, config);
      await on.up();
      await settle(on);
      expect((await instance(on))?.PendingModifiedValues).toEqual({
        AllocatedStorage: 400,
        Iops: 12_000,
        StorageThroughput: 500,
      });
      expect(await itemOf(on)).toMatchObject({ standing: "in-sync", watched: [] });
      await expectSettled(on);
      await on.clock.sleep(WEEK_MS);
      expect(await instance(on)).toMatchObject({ AllocatedStorage: 400, Iops: 12_000, StorageThroughput: 500 });
      expect(await itemOf(on)).toMatchObject({ standing: "in-sync", watched: [] });
      await later(on, { AllocatedStorage: 400, Iops: 20_000, ApplyImmediately: true });
      await on.clock.sleep(3_600_000);
      expect(await itemOf(on)).toMatchObject({ standing: "watched", watched: [{ path: "Iops", now: "20000" }] });
    });
  });
});

describe("storage", () => {
  test("grows on the replica first, without an outage; its bill and alarm follow", async () => {
    const on = await from({}, { storageGiB: 40 });
    await on.up();
    expect(modifications(on).map((one) => one.DBInstanceIdentifier)).toEqual([REPLICA, PRIMARY]);
    expect((await instance(on, REPLICA))?.AllocatedStorage).toBe(40);
    expect((await instance(on))?.AllocatedStorage).toBe(40);
    await expectSettled(await changed(on, { storageGiB: 40 }));
  });

  test("of 400 GiB and more has its IOPS, at birth and when it grows", async () => {
    const on = await from({}, { storageGiB: 400 });
    await on.up();
    expect(await instance(on)).toMatchObject({ AllocatedStorage: 400, Iops: 12_000, StorageThroughput: 500 });
    await expectSettled(await changed(on, { storageGiB: 400 }));
    const born = await from({ storageGiB: 400 }, { storageGiB: 400 });
    expect(await instance(born)).toMatchObject({ AllocatedStorage: 400, Iops: 12_000 });
    await expectSettled(born);
  });

  test("never shrinks: that is refused with its reason, by plan, status and up", async () => {
    const on = await from({ storageGiB: 40 }, { storageGiB: 20 });
    on.writes();
    const words = /database1 cannot shrink from 40 to 20 GiB/;
    expect(planned(await on.plan(), "database")).toMatchObject({
      action: "blocked",
      reason: expect.stringMatching(words),
      refused: expect.stringContaining("Put database.storageGiB back to 40"),
    });
    expect((await on.status()).find(({ key }) => key === "database")).toMatchObject({
      standing: "blocked",
      reason: expect.stringMatching(words),
    });
    expect((await refusalOf(() => on.up())).message).toMatch(words);
    expect(on.writes()).toEqual([]);
  });

  test("that somebody let grow, or AWS within database.maxStorageGiB, is lived with, and only the first is said", async () => {
    const on = await from({}, {});
    const who = stranger(on.sandbox);
    await who.rds.send(
      new ModifyDBInstanceCommand({ DBInstanceIdentifier: PRIMARY, AllocatedStorage: 60, ApplyImmediately: true }),
    );
    await on.clock.sleep(300_000);
    expect(planned(await on.plan(), "database")).toMatchObject({
      action: "none",
      notes: [expect.stringContaining("60 GiB of storage, 20 in the config: storage never shrinks")],
    });
    const auto = await changed(on, { maxStorageGiB: 100 });
    await auto.up();
    expect(await instance(auto)).toMatchObject({ AllocatedStorage: 60, MaxAllocatedStorage: 100 });
    expect(await instance(auto, REPLICA)).toMatchObject({ MaxAllocatedStorage: 100 });
    expect(planned(await auto.plan(), "database")).toMatchObject({ action: "none", notes: [] });
    await expectSettled(auto);
    const off = await changed(on, {});
    await off.up();
    expect((await instance(off))?.MaxAllocatedStorage).toBeUndefined();
    await expectSettled(off);
  });
});

describe("backups and the replica", () => {
  test("both are turned off in one change: the replica goes before its primary is without backups", async () => {
    const none = { replica: false, backupRetentionDays: 0 };
    const on = await from({}, none, YES);
    const plan = planUp(await on.refresh());
    expect(planned(plan, "database")?.interruption.what).toMatch(/does not answer for some seconds.*turned off/);
    const { settled } = await on.up();
    expect(settled.filter(({ outcome }) => outcome === "failed" || outcome === "skipped")).toEqual([]);
    expect(modifications(on).map(({ operation }) => operation)).toEqual(["DeleteDBInstance", "ModifyDBInstance"]);
    expect((await instance(on))?.BackupRetentionPeriod).toBe(0);
    await expectSettled(await changed(on, none));
  });

  test("both are turned on in one change: backups come first", async () => {
    const on = await from({ replica: false, backupRetentionDays: 0 }, {}, YES);
    const { settled } = await on.up();
    expect(outcomes(settled)).toEqual({ database: "updated", replica: "created", "replica-endpoint": "created" });
    await expectSettled(await changed(on, {}));
  });
});

describe("versions", () => {
  test("a newer minor one that the config names is upgraded to, the replica first", async () => {
    const on = await from({ engineVersion: "8.4.4" }, { engineVersion: "8.4.8" }, YES);
    expect(planned(await on.plan(), "database")?.interruption.what).toBe(
      "database1 is away for about 5 min: MySQL 8.4.4 → 8.4.8",
    );
    await on.up();
    expect(modifications(on).map((one) => one.DBInstanceIdentifier)).toEqual([REPLICA, PRIMARY]);
    expect((await instance(on))?.EngineVersion).toBe("8.4.8");
    await expectSettled(await changed(on, { engineVersion: "8.4.8" }));
  });

  test("one that AWS is ahead of is lived with, and said", async () => {
    const on = await from({ engineVersion: "8.4.8" }, { engineVersion: "8.4.6" });
    expect(planned(await on.plan(), "database")).toMatchObject({
      action: "none",
      notes: ["database1 runs MySQL 8.4.8, newer than 8.4.6 of the config: AWS does not go back"],
    });
    await expectSettled(on);
  });

  test("another class comes with another version, in one outage", async () => {
    const both = { engineVersion: "8.4.8", instanceClass: "db.t3.small", replica: false };
    const on = await from({ engineVersion: "8.4.4", replica: false }, both, YES);
    expect(planned(await on.plan(), "database")?.interruption.what).toBe(
      "database1 is away for about 10 min: MySQL 8.4.4 → 8.4.8, db.t3.micro → db.t3.small",
    );
    await on.up();
    expect(modifications(on)).toHaveLength(1);
    await expectSettled(await changed(on, both));
  });

  describe("8.0 to 8.4", () => {
    const OLD = { engineVersion: "8.0" };

    test("is asked for by name, whatever else is allowed", async () => {
      const on = await from(OLD, {}, YES);
      on.writes();
      const error = await refusalOf(() => on.up());
      expect(error.message).toMatch(/database1 is away for about 15 min: MySQL 8.0.44 → 8.4. AWS never goes back/);
      expect(error.hint).toContain("--upgrade database1");
      expect(planned(await on.plan(), "database")?.refused).toContain("--upgrade database1");
      expect(on.writes()).toEqual([]);
      await refusalOf(async () => (await changed(on, {}, { upgrade: ["database1-replica"], allowOutage: true })).up());
      await refusalOf(async () => (await changed(on, {}, { upgrade: ["database1"] })).up());
    });

    test("keeps a snapshot that is complete first, goes through the replica, and changes the parameter group with it", async () => {
      const on = await from(OLD, {}, { allowOutage: true, upgrade: ["database1"] });
      const { settled } = await on.up();
      expect(settled.filter(({ outcome }) => outcome === "failed" || outcome === "skipped")).toEqual([]);
      const calls = modifications(on);
      expect(calls.map((call) => [call.operation, call.DBInstanceIdentifier])).toEqual([
        ["ModifyDBInstance", REPLICA],
        ["CreateDBSnapshot", PRIMARY],
        ["ModifyDBInstance", PRIMARY],
      ]);
      // As long as a snapshot takes.
      expect((calls[2]?.at ?? 0) - (calls[1]?.at ?? 0)).toBeGreaterThanOrEqual(120_000);
      const { DBSnapshots } = await on.aws.rds.describeDBSnapshots({ SnapshotType: "manual" });
      expect(DBSnapshots).toMatchObject([{ Status: "available", DBInstanceIdentifier: PRIMARY }]);
      expect(DBSnapshots?.[0]?.DBSnapshotIdentifier).toMatch(/^database1-before-8-4-\d{8}$/);
      for (const id of [PRIMARY, REPLICA])
        expect(await instance(on, id)).toMatchObject({
          EngineVersion: "8.4.8",
          DBParameterGroups: [{ DBParameterGroupName: "utf8encoding", ParameterApplyStatus: "in-sync" }],
        });
      const { DBParameterGroups } = await on.aws.rds.describeDBParameterGroups({});
      expect(DBParameterGroups?.map(({ DBParameterGroupName }) => DBParameterGroupName)).toEqual(["utf8encoding"]);
      await expectSettled(await changed(on, {}));
    });

    test("done by hand is lived with; the way back is refused", async () => {
      const old = { ...OLD, replica: false };
      const on = await from(old, old);
      await on.aws.rds.createDBParameterGroup({
        DBParameterGroupName: "theirs",
        DBParameterGroupFamily: "mysql8.4",
        Description: "theirs",
      });
      await settle(on);
      await stranger(on.sandbox).rds.send(
        new ModifyDBInstanceCommand({
          DBInstanceIdentifier: PRIMARY,
          EngineVersion: "8.4",
          AllowMajorVersionUpgrade: true,
          DBParameterGroupName: "theirs",
          ApplyImmediately: true,
        }),
      );
      await on.clock.sleep(3_600_000);
      expect(planned(await on.plan(), "database")).toMatchObject({
        action: "none",
        notes: ["database1 runs MySQL 8.4.8, newer than 8.0 of the config: AWS does not go back"],
      });
      await expectSettled(on);

      const back = await from({}, OLD, { allowOutage: true, upgrade: ["database1"] });
      back.writes();
      const error = await refusalOf(() => back.up());
      expect(error.message).toContain("database1 runs MySQL 8.4.8 and cannot get 8.0");
      expect(error.hint).toContain("Put database.engineVersion back to 8.4");
      expect(back.writes()).toEqual([]);
    });
  });
});

describe("what others do", () => {
  let on: Stage;
  let who: Stranger;
  beforeEach(async () => {
    on = await from({}, {});
    who = stranger(on.sandbox);
    on.writes();
  });

  test("a parameter that waits for a reboot that somebody planned is reported, and no database rebooted", async () => {
    await who.rds.send(
      new ModifyDBParameterGroupCommand({
        DBParameterGroupName: "utf8encoding",
        Parameters: [
          { ParameterName: "innodb_buffer_pool_instances", ParameterValue: "2", ApplyMethod: "pending-reboot" },
        ],
      }),
    );
    await settle(on);
    for (const key of ["database", "replica"])
      expect(planned(await on.plan(), key)).toMatchObject({
        action: "none",
        notes: [expect.stringMatching(/^parameters wait for a reboot of database1/)],
      });
    await on.up();
    expect(on.writes()).toEqual([]);
    expect((await on.status()).find(({ key }) => key === "database")).toMatchObject({ standing: "in-sync" });
  });

  test("the stack's own parameters are put back without a reboot, its own group with one that is told", async () => {
    await who.rds.send(
      new ModifyDBParameterGroupCommand({
        DBParameterGroupName: "utf8encoding",
        Parameters: [{ ParameterName: "character_set_server", ParameterValue: "latin1", ApplyMethod: "immediate" }],
      }),
    );
    await settle(on);
    expect(outcomes((await on.up()).settled)).toEqual({ "db-parameter-group": "updated" });

    await on.aws.rds.createDBParameterGroup({
      DBParameterGroupName: "theirs",
      DBParameterGroupFamily: "mysql8.4",
      Description: "theirs",
    });
    await settle(on);
    await who.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: PRIMARY, DBParameterGroupName: "theirs" }));
    await settle(on);
    expect((await refusalOf(() => on.up())).message).toBe("reboots database1, which is away for about a minute");
    const next = await changed(on, {}, YES);
    await next.up();
    expect(modifications(next).map(({ operation }) => operation)).toEqual(["ModifyDBInstance", "RebootDBInstance"]);
    await expectSettled(await changed(on, {}));
  });

  test("a primary that is in another zone than the config's first is lived with", async () => {
    const alone = { replica: false };
    const moved = await from(alone, alone, YES);
    const { rds } = stranger(moved.sandbox);
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: PRIMARY, DBSnapshotIdentifier: "good" }));
    await moved.clock.sleep(600_000);
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: PRIMARY, SkipFinalSnapshot: true }));
    await moved.clock.sleep(600_000);
    await rds.send(
      new RestoreDBInstanceFromDBSnapshotCommand({
        DBInstanceIdentifier: PRIMARY,
        DBSnapshotIdentifier: "good",
        DBSubnetGroupName: "buddy-db",
        AvailabilityZone: "ap-northeast-2c",
      }),
    );
    await moved.clock.sleep(1_200_000);
    const { settled } = await moved.up();
    expect(settled.filter(({ outcome }) => outcome === "failed" || outcome === "blocked")).toEqual([]);
    expect((await instance(moved))?.AvailabilityZone).toBe("ap-northeast-2c");
    expect(planned(await moved.plan(), "database")).toMatchObject({
      action: "none",
      notes: ["database1 is in ap-northeast-2c, not in ap-northeast-2a, where it would be created: it stays there"],
    });
    await expectSettled(moved);
  });

  test("a replica that follows no more waits for a person, with RDS's own reason", async () => {
    fail(simAt(on.sandbox.world, on.clock.now()), parseFailure("replication", REPLICA));
    const words = /database1-replica does not follow database1, and serves old data: error: .*SQLError: 1062/;
    expect((await on.status()).find(({ key }) => key === "replica")).toMatchObject({
      standing: "blocked",
      reason: expect.stringMatching(words),
    });
    const { settled } = await on.up();
    expect(settled.find(({ key }) => key === "replica")).toMatchObject({
      outcome: "blocked",
      reason: expect.stringMatching(words),
    });
    expect(on.writes()).toEqual([]);
  });
});

test("a stopped database is said to be started, not removed", async () => {
  const on = await from({ replica: false }, { replica: false });
  await stranger(on.sandbox).rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: PRIMARY }));
  await on.clock.sleep(300_000);
  const { settled } = await on.up();
  const error = settled.find(({ key }) => key === "database")?.error;
  expect(error?.message).toContain("aws rds start-db-instance --db-instance-identifier database1");
  expect(error?.hint).not.toContain("remove it");
});
