/** What others do about the stack's data, as careful administrators would: it is not undone in passing. */
import { CreateSubnetCommand } from "@aws-sdk/client-ec2";
import { CreateMountTargetCommand, DescribeBackupPolicyCommand, PutBackupPolicyCommand } from "@aws-sdk/client-efs";
import {
  CreateDBInstanceReadReplicaCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { beforeAll, expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { preflight } from "../../src/doctor/preflight.ts";
import { isEmpty } from "../../src/engine/plan.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import type { BuddyError } from "../../src/lib/errors.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import { stranger } from "../stranger.ts";
import { dataStage, dataSteps } from "./data.ts";
import { type Stage, stageOn } from "./stage.ts";

const HOUR = 3_600_000;
const steps = dataSteps as Parameters<typeof stageOn>[4];

/** A stack with little protection, which each test has a copy of. */
const LITTLE = { database: { engineVersion: "8.4.4" }, efs: { backup: false } };
let grown: { readonly world: World; readonly at: number; readonly state: string | undefined };
beforeAll(async () => {
  const first = await dataStage(LITTLE);
  await first.up();
  first.sandbox.settle();
  grown = { world: first.sandbox.world, at: first.clock.now(), state: first.text.text };
});
async function standing() {
  const clock = jumpingClock(grown.at);
  const sandbox = openSandbox({ world: copied(grown.world), clock });
  const text = memoryText(grown.state);
  const on = (given: object = LITTLE, allowOutage = false): Promise<Stage> =>
    stageOn(parseConfig(given, "test.config.json"), clock, sandbox, text, steps, undefined, undefined, { allowOutage });
  const { rds, efs, ec2 } = stranger(sandbox);
  const modify = async (change: object) => {
    await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "database1", ...change }));
    await clock.sleep(HOUR);
  };
  const instance = async (DBInstanceIdentifier = "database1") =>
    (await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }))).DBInstances?.[0];
  const replicate = async (DBInstanceIdentifier: string, Tags: { Key: string; Value: string }[] = []) => {
    await rds.send(
      new CreateDBInstanceReadReplicaCommand({ DBInstanceIdentifier, SourceDBInstanceIdentifier: "database1", Tags }),
    );
    await clock.sleep(HOUR);
  };
  return { on, clock, rds, efs, ec2, modify, instance, replicate, text };
}
const notesOf = async (on: Stage, key: string) => (await on.plan()).items.find((item) => item.key === key)?.notes;
const refusal = async (on: Stage) => {
  const error = (await on.up().catch((one: unknown) => one)) as BuddyError;
  expect(error.code).toBe("refused");
  return error;
};

test("longer backups, protection and backups of files that somebody has turned on stay, and are said; the config can take them back", async () => {
  const { on, clock, efs, modify, instance } = await standing();
  await modify({ BackupRetentionPeriod: 14, DeletionProtection: true });
  const mine = await on();
  const FileSystemId = mine.store.get("file-system")?.id as string;
  await efs.send(new PutBackupPolicyCommand({ FileSystemId, BackupPolicy: { Status: "ENABLED" } }));
  await clock.sleep(HOUR);
  expect(isEmpty(await mine.plan())).toBe(true);
  expect(await notesOf(mine, "database")).toEqual([
    "automated backups of database1 are kept for 14 days, 1 in the config: somebody wants more, and it stays so",
    "deletion protection of database1 is on, which the config does not ask for: it stays so",
  ]);
  expect(await notesOf(mine, "file-system")).toEqual([
    `automatic backups of ${FileSystemId} are on, which the config does not ask for: they stay so`,
  ]);
  expect((await mine.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
  await mine.up();
  expect(mine.writes()).toEqual([]);

  // What the config has asked for once it takes back; older backups are deleted with that, which is asked for.
  const more = {
    database: { ...LITTLE.database, backupRetentionDays: 14, deletionProtection: true },
    efs: { backup: true },
  };
  await (await on(more)).up();
  const less = await on(LITTLE);
  expect((await refusal(less)).message).toBe(
    "AWS deletes the automated backups of database1 that are older than 1 day, at once",
  );
  await (await on(LITTLE, true)).up();
  expect(await instance()).toMatchObject({ BackupRetentionPeriod: 1, DeletionProtection: false });
  await expect(efs.send(new DescribeBackupPolicyCommand({ FileSystemId }))).rejects.toMatchObject({
    name: "PolicyNotFound",
  });
});

test("a replica that carries the stack's tags, as blue/green deployments leave, is nobody's to delete", async () => {
  const { on, instance, replicate } = await standing();
  const mine = await on();
  const tags = (await instance("database1-replica"))?.TagList as { Key: string; Value: string }[];
  await replicate("database1-green-a1b2c3", tags);
  mine.writes();
  expect((await mine.plan()).items.filter(({ action }) => action !== "none")).toMatchObject([
    {
      id: "database1-green-a1b2c3",
      action: "retain",
      reason: expect.stringContaining("neither the config nor the state names it"),
      remedies: [{ to: "remove it", commands: [expect.stringContaining("--skip-final-snapshot")] }, {}],
    },
  ]);
  await mine.up();
  expect(mine.writes()).toEqual([]);
});

test("a version that somebody else's replica keeps the primary from is refused before the outage, with what to do", async () => {
  const { on, replicate } = await standing();
  await replicate("reports");
  const problems = async (database: object) => {
    const mine = await on({ ...LITTLE, database }, true);
    const found = await preflight(mine.aws, (await mine.refresh()).entries.values());
    expect(mine.writes()).toEqual([]);
    return found;
  };
  expect(await problems({ engineVersion: "8.4.8" })).toMatchObject([
    {
      verdict: "problem",
      message: expect.stringContaining("database1 cannot get MySQL 8.4.8 before its replica reports"),
      hint: expect.stringContaining(
        "rds modify-db-instance --db-instance-identifier reports --engine-version 8.4.8 --apply-immediately",
      ),
    },
  ]);
  expect(await problems({ ...LITTLE.database, replica: false, backupRetentionDays: 0 })).toMatchObject([
    {
      verdict: "problem",
      message: expect.stringContaining("database1 cannot be without automated backups: it has the replica reports"),
    },
  ]);
  expect(await problems({ ...LITTLE.database, instanceClass: "db.t3.small" })).toEqual([]);
});

test("a mount target that somebody has made for instances of theirs is not removed before that is allowed", async () => {
  const { on, clock, efs, ec2 } = await standing();
  const mine = await on();
  const id = (key: string) => mine.store.get(key)?.id as string;
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({ VpcId: id("vpc"), CidrBlock: "172.31.200.0/24", AvailabilityZone: "ap-northeast-2b" }),
  );
  await clock.sleep(HOUR);
  const { MountTargetId } = await efs.send(
    new CreateMountTargetCommand({
      FileSystemId: id("file-system"),
      SubnetId: Subnet?.SubnetId,
      SecurityGroups: [id("group-efs")],
    }),
  );
  await clock.sleep(HOUR);
  mine.writes();
  expect((await refusal(mine)).message).toBe(
    `whoever mounts ${id("file-system")} by ${MountTargetId} in ${Subnet?.SubnetId} is cut off: that mount target is removed`,
  );
  expect(mine.writes()).toEqual([]);
  const allowed = await on(LITTLE, true);
  await allowed.up();
  expect(allowed.writes()).toEqual(["efs:DeleteMountTarget"]);
});

test("another class that somebody has given the primary is asked about before it is taken back", async () => {
  const { on, modify } = await standing();
  await modify({ DBInstanceClass: "db.t3.medium", ApplyImmediately: true });
  const mine = await on();
  mine.writes();
  expect((await refusal(mine)).message).toBe("database1 is away for about 5 min: db.t3.medium → db.t3.micro");
  expect(mine.writes()).toEqual([]);
});

test("a standby in another zone that somebody has asked for is lived with, and said, as it doubles the bill", async () => {
  const { on, modify, instance } = await standing();
  await modify({ MultiAZ: true, ApplyImmediately: true });
  expect((await instance())?.MultiAZ).toBe(true);
  const mine = await on();
  expect(isEmpty(await mine.plan())).toBe(true);
  expect(await notesOf(mine, "database")).toEqual([
    "database1 has a standby in another zone (Multi-AZ), which somebody has asked for: it stays, and AWS bills the instance and its storage twice, which cost does not count",
  ]);
});
