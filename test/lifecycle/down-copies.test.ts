/** `down` stops what writes, copies what holds data, and only when the copies are complete deletes anything. */
import {
  SetInstanceProtectionCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import { CreateDBSnapshotCommand } from "@aws-sdk/client-rds";
import { beforeEach, expect, test } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import type { BuddyError } from "../../src/lib/errors.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import { accountIn } from "../sandbox/grown.ts";
import { stranger } from "../stranger.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

const GIVEN = { domain: null, web: { min: 2, desired: 3, max: 4 } };
const AutoScalingGroupName = "Buddy-AutoScaling-Group";

interface Seen {
  readonly call: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Names and states of the database's snapshots, and how many instances the web tier has, when the call was sent. */
  readonly snapshots: readonly string[];
  readonly instances: number;
}

/** A stack that stands, brought up once; each test works on a copy. */
let grown: { readonly world: World; readonly at: number; readonly state: string | undefined } | undefined;
let on: Stage;
/** The changing calls of the tool, and what there was when they came. */
let seen: Seen[];
/** Called before each of them. */
let before: (call: string) => unknown;

beforeEach(async () => {
  if (!grown) {
    const first = await stage(GIVEN);
    await first.up();
    first.sandbox.settle();
    grown = { world: copied(first.sandbox.world), at: first.clock.now(), state: first.text.text };
  }
  const clock = jumpingClock(grown.at);
  const inner = openSandbox({ world: copied(grown.world), clock });
  const config = parseConfig(GIVEN, "test.config.json");
  seen = [];
  before = () => {};
  const sandbox = {
    ...inner,
    async answer(service: string, operation: string, input: object) {
      const call = `${service}:${operation}`;
      if (!isRead(operation)) {
        seen.push({
          call,
          input: input as Seen["input"],
          snapshots: (await snapshots(inner)).map((one) => `${one.DBSnapshotIdentifier} ${one.Status}`),
          instances: (await group(inner))?.Instances?.length ?? 0,
        });
        before(call);
      }
      return inner.answer(service, operation, input);
    },
  };
  on = await stageOn(config, clock, sandbox, memoryText(grown.state));
});

/** The tool, started anew on what is there. */
const again = async (): Promise<Stage> => {
  on = await stageOn(on.config, on.clock, on.sandbox, on.text);
  seen = [];
  before = () => {};
  return on;
};
type Sandbox = Parameters<typeof stranger>[0];
const snapshots = async (sandbox: Sandbox) => {
  const { DBSnapshots } = (await sandbox.answer("rds", "DescribeDBSnapshots", { SnapshotType: "manual" })) as {
    DBSnapshots: { DBSnapshotIdentifier: string; Status: string }[];
  };
  return DBSnapshots;
};
const group = async (sandbox: Sandbox) => {
  const { AutoScalingGroups } = (await sandbox.answer("auto-scaling", "DescribeAutoScalingGroups", {})) as {
    AutoScalingGroups: {
      MinSize: number;
      MaxSize: number;
      DesiredCapacity: number;
      Instances: { InstanceId: string }[];
    }[];
  };
  return AutoScalingGroups[0];
};
const finals = async () => (await snapshots(on.sandbox)).map((one) => `${one.DBSnapshotIdentifier} ${one.Status}`);
const failed = async (work: Promise<unknown>) => (await work.catch((error: unknown) => error)) as BuddyError;
const deletes = () => seen.filter(({ call }) => /:(Delete|Terminate|Release|Deregister|Detach)/.test(call));
const interruptAt = (which: string, time = 1) => {
  let left = time;
  before = (call) => {
    if (call === which && --left === 0) on.interrupt();
  };
};

test("the web tier is stopped, then the snapshot is made, and nothing is deleted before it is complete", async () => {
  const settled = await on.down();
  expect(await on.left()).toEqual([]);
  const order = seen.map(({ call }) => call);
  expect(order.slice(0, 2)).toEqual(["auto-scaling:UpdateAutoScalingGroup", "rds:CreateDBSnapshot"]);
  expect(seen[1]).toMatchObject({ instances: 0, snapshots: [] });
  const [final] = await finals();
  expect(await finals()).toEqual([expect.stringMatching(/^database1-final-\d+ available$/)]);
  for (const one of deletes()) expect(one).toMatchObject({ snapshots: [final] });
  const deleted = seen.filter(({ call }) => call === "rds:DeleteDBInstance");
  expect(deleted.map(({ input }) => [input.DBInstanceIdentifier, input.SkipFinalSnapshot])).toEqual([
    ["database1-replica", true],
    ["database1", true],
  ]);
  expect(settled.find(({ key }) => key === "database")?.leaves).toBe(final?.split(" ")[0]);
});

test("what is protected from scale-in is stopped, too", async () => {
  const { autoScaling } = stranger(on.sandbox);
  const InstanceIds = (await group(on.sandbox))?.Instances.map(({ InstanceId }) => InstanceId);
  await autoScaling.send(
    new SetInstanceProtectionCommand({ AutoScalingGroupName, InstanceIds, ProtectedFromScaleIn: true }),
  );
  await on.clock.sleep(5_000);
  seen = [];
  await on.down();
  expect(seen.find(({ call }) => call === "rds:CreateDBSnapshot")).toMatchObject({ instances: 0 });
  expect(await on.left()).toEqual([]);
});

test("in the middle of an instance refresh it is stopped, too", async () => {
  const { autoScaling } = stranger(on.sandbox);
  await autoScaling.send(new StartInstanceRefreshCommand({ AutoScalingGroupName }));
  await on.clock.sleep(60_000);
  seen = [];
  const began = on.clock.now();
  await on.down();
  expect(seen.find(({ call }) => call === "rds:CreateDBSnapshot")).toMatchObject({ instances: 0 });
  expect((on.clock.now() - began) / 60_000).toBeLessThan(30);
  expect(await on.left()).toEqual([]);
});

test("a snapshot that fails leaves everything: said with what to do; up starts the site again, and the next down copies anew", async () => {
  const account = accountIn(on.sandbox, on.clock);
  account.fail("snapshot", "database1");
  const error = await failed(on.down());
  expect(error).toMatchObject({
    code: "failed",
    message: expect.stringMatching(/^DB snapshot database1-final-\d+ of database1 is failed\. Nothing was deleted$/),
    hint: expect.stringMatching(/describe-events(.|\n)*`buddyverse up` starts it again(.|\n)*--discard-data/),
  });
  expect(deletes()).toEqual([]);
  expect(await group(on.sandbox)).toMatchObject({ MinSize: 0, MaxSize: 0, DesiredCapacity: 0, Instances: [] });

  account.mend("snapshot");
  await (await again()).up();
  expect(await group(on.sandbox)).toMatchObject({ MinSize: 2, MaxSize: 4, DesiredCapacity: 3 });
  expect(isEmpty(planUp(await on.refresh()))).toBe(true);
  await (await again()).down();
  expect(await on.left()).toEqual([]);
  expect((await finals()).map((one) => one.split(" ")[1]).sort()).toEqual(["available", "failed"]);
});

test("no room for another snapshot is found before anything is stopped; or by the call, and then nothing is deleted", async () => {
  const { rds } = stranger(on.sandbox);
  for (let one = 0; one < 100; one++) {
    await rds.send(
      new CreateDBSnapshotCommand({ DBInstanceIdentifier: "database1", DBSnapshotIdentifier: `mine-${one}` }),
    );
    await on.clock.sleep(300_000);
  }
  seen = [];
  const found = await on.stack.refresh({ orphans: "all", removing: true });
  expect(await failed(on.stack.down(found))).toMatchObject({
    code: "refused",
    message: expect.stringMatching(/database1: the account has all 100 manual DB snapshots/),
    hint: expect.stringMatching(/ rds describe-db-snapshots --snapshot-type manual /),
  });
  expect(seen).toEqual([]);
  // The last one came after the look.
  const entries = [...found.entries].map(([key, one]) => [key, { ...one, refused: undefined }] as const);
  expect(await failed(on.stack.down({ ...found, entries: new Map(entries) }))).toMatchObject({
    code: "quota",
    message: expect.stringMatching(/Cannot create more than 100 manual snapshots.*Nothing was deleted$/),
  });
  expect(deletes()).toEqual([]);
});

test("interrupted while it copies, down continues with the same copy", async () => {
  interruptAt("rds:CreateDBSnapshot");
  expect(await failed(on.down())).toMatchObject({ code: "interrupted" });
  await on.clock.sleep(5_000);
  const [name] = (await finals())[0]?.split(" ") ?? [];
  expect(on.store.get("database")?.copy).toMatchObject({ since: expect.any(Number) });
  await (await again()).down();
  expect(await on.left()).toEqual([]);
  expect(await finals()).toEqual([`${name} available`]);
  expect(seen.map(({ call }) => call)).not.toContain("rds:CreateDBSnapshot");
});

test("with the state lost, too: what was copied since nobody writes any more is not copied again; what was before is", async () => {
  const points = async () => {
    const answer = await on.sandbox.answer("backup", "ListRecoveryPointsByBackupVault", {
      BackupVaultName: "buddyverse-buddyverse",
    });
    return (answer as { RecoveryPoints: { Status: string }[] }).RecoveryPoints.map(({ Status }) => Status);
  };
  const lost = async () => {
    on = await stageOn(on.config, on.clock, on.sandbox, memoryText(), undefined);
    before = () => {};
  };
  // While it copies, when it has, and when the group is gone, too.
  for (const call of ["rds:CreateDBSnapshot", "auto-scaling:DeletePolicy", "auto-scaling:DeleteAutoScalingGroup"]) {
    interruptAt(call);
    expect(await failed(on.down())).toBeDefined();
    await lost();
    await on.clock.sleep(180_000);
  }
  expect(await on.stack.find("auto-scaling-group")).toBeUndefined();
  interruptAt("rds:DeleteDBInstance");
  expect(await failed(on.down())).toBeDefined();
  await lost();
  expect([await finals(), await points()]).toMatchObject([[expect.stringMatching(/available$/)], ["COMPLETED"]]);
  // The site was up since then.
  await on.up();
  await on.clock.sleep(3_600_000);
  interruptAt("auto-scaling:DeletePolicy");
  await failed(on.down());
  expect([await finals(), await points()]).toMatchObject([{ length: 2 }, { length: 2 }]);
  await lost();
  await on.down();
  expect(await on.left()).toEqual([]);
  expect([await finals(), await points()]).toMatchObject([{ length: 2 }, { length: 2 }]);
});

test.each([
  [
    "up ran",
    async () => {
      await on.up();
      expect(on.store.get("database")?.copy).toBeUndefined();
    },
  ],
  [
    "somebody started the site",
    () =>
      stranger(on.sandbox).autoScaling.send(
        new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, MaxSize: 1, DesiredCapacity: 1 }),
      ),
  ],
  ["a day went by", () => on.clock.sleep(25 * 3_600_000)],
])("a copy of before is none of what was written since: %s", async (_what, meanwhile) => {
  interruptAt("auto-scaling:DeletePolicy");
  await failed(on.down());
  const [old] = await finals();
  await again();
  await meanwhile();
  await on.clock.sleep(300_000);
  await (await again()).down();
  expect(await on.left()).toEqual([]);
  expect(await finals()).toEqual([old, expect.stringMatching(/^database1-final-\d+ available$/)]);
  expect(deletes().find(({ call }) => call === "rds:DeleteDBInstance")?.snapshots).toHaveLength(2);
});

test("with the data discarded nothing is stopped first, and nothing copied", async () => {
  Object.assign(on.run, { discardData: true });
  await on.down();
  expect(seen.map(({ call }) => call)).not.toContain("auto-scaling:UpdateAutoScalingGroup");
  expect(await finals()).toEqual([]);
  expect(await on.left()).toEqual([]);
});
