/** Data that nobody claims: it carries the stack's tags, and is in neither the config nor the state. It is never deleted. */
import { CreateFileSystemCommand, DeleteFileSystemCommand, UntagResourceCommand } from "@aws-sdk/client-efs";
import {
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  ModifyDBInstanceCommand,
  PromoteReadReplicaCommand,
  RemoveTagsFromResourceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
} from "@aws-sdk/client-rds";
import { expect, test } from "vitest";
import { types } from "../../src/aws/services.ts";
import { deletable, retainedIn } from "../../src/engine/destroy.ts";
import { isEmpty } from "../../src/engine/plan.ts";
import { stranger } from "../stranger.ts";
import { dataStage, dataSteps } from "./data.ts";
import { type Stage, stageOn } from "./stage.ts";

const HOUR = 3_600_000;
const NO_REPLICA = { database: { replica: false } };

async function standing(given: object = NO_REPLICA): Promise<Stage> {
  const on = await dataStage(given);
  await on.up();
  await on.clock.sleep(HOUR);
  return on;
}

/** As the console and the CLI do it: no tags are named, so RDS takes those of the source. */
async function restore(on: Stage, DBInstanceIdentifier: string, snapshot = "before-release"): Promise<void> {
  const { rds } = stranger(on.sandbox);
  await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "database1", DBSnapshotIdentifier: snapshot }));
  await on.clock.sleep(HOUR);
  await restoreFrom(on, snapshot, DBInstanceIdentifier);
}
async function restoreFrom(on: Stage, DBSnapshotIdentifier: string, DBInstanceIdentifier: string): Promise<void> {
  const DBSubnetGroupName = "buddy-db";
  await stranger(on.sandbox).rds.send(
    new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier, DBSubnetGroupName }),
  );
  await on.clock.sleep(HOUR);
}

async function rename(on: Stage, from: string, to: string): Promise<void> {
  await stranger(on.sandbox).rds.send(
    new ModifyDBInstanceCommand({ DBInstanceIdentifier: from, NewDBInstanceIdentifier: to, ApplyImmediately: true }),
  );
  await on.clock.sleep(HOUR);
}

/** A file system as AWS Backup restores it, with the tags of the source and no mount target. */
async function restoreFiles(on: Stage): Promise<string> {
  const { efs } = stranger(on.sandbox);
  const tags = { "buddyverse:stack": "buddyverse", "buddyverse:key": "file-system", Name: "Buddy-EFS" };
  const { FileSystemId } = await efs.send(
    new CreateFileSystemCommand({
      CreationToken: "restored",
      Encrypted: true,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  await on.clock.sleep(HOUR);
  return FileSystemId as string;
}

const loseState = (on: Stage) => {
  for (const key of Object.keys(on.store.resources)) on.store.drop(key);
};
const databases = async (on: Stage) =>
  ((await on.aws.rds.describeDBInstances({})).DBInstances ?? [])
    .map((one) => `${one.DBInstanceIdentifier} ${one.DBInstanceStatus}`)
    .sort();
const retained = async (on: Stage) => (await on.plan()).items.filter(({ action }) => action === "retain");
const removing = async (on: Stage) => (await on.stack.refresh({ orphans: "all", removing: true })).entries;

test("a database restored beside the primary is shown with what removes it, and survives up and down", async () => {
  const on = await standing({});
  await restore(on, "database1-restored");
  const plan = await on.plan();
  expect(isEmpty(plan)).toBe(true);
  expect(plan.items.filter(({ action }) => action !== "none")).toMatchObject([
    {
      action: "retain",
      object: "rds:database",
      id: "database1-restored",
      holdsData: true,
      reason: expect.stringContaining("neither the config nor the state names it"),
      remedies: [
        {
          to: "remove it",
          commands: [
            "aws --endpoint-url SANDBOX rds delete-db-instance --db-instance-identifier database1-restored --final-db-snapshot-identifier database1-restored-final --region ap-northeast-2",
          ],
        },
        {
          commands: [
            expect.stringContaining(
              "aws --endpoint-url SANDBOX rds remove-tags-from-resource --resource-name arn:aws:rds:",
            ),
          ],
        },
      ],
    },
  ]);
  on.writes();
  await on.up();
  expect(on.writes()).toEqual([]);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toMatchObject([
    { id: "database1-restored", standing: "retained", remedies: [{ to: "remove it" }, {}] },
  ]);

  // What it stands on is known before the first delete, and is left without waiting for AWS to refuse.
  const before = await removing(on);
  expect(retainedIn(before).map(({ holds }) => holds.map(({ node }) => node.key).sort())).toEqual([
    ["db-subnet-group", "subnet-db-1", "subnet-db-2", "vpc"],
  ]);
  const began = on.clock.now();
  const settled = await on.down();
  expect((on.clock.now() - began) / 60_000).toBeLessThan(20);
  expect(settled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  const goes = new Set(deletable(before).map(({ node }) => node.key));
  const stayed = settled.filter(({ key, outcome }) => goes.has(key) && outcome !== "deleted");
  // It holds the files' backup by now.
  expect(stayed.map(({ key }) => key)).toEqual(["backup-vault"]);
  expect(await databases(on)).toEqual(["database1-restored available"]);
  expect((await on.left()).map(({ object }) => object).sort()).toEqual([
    "ec2:subnet",
    "ec2:subnet",
    "ec2:vpc",
    "rds:database",
    "rds:subnet-group",
  ]);

  // Removed by hand, as it was told, the rest goes.
  await stranger(on.sandbox).rds.send(
    new DeleteDBInstanceCommand({
      DBInstanceIdentifier: "database1-restored",
      FinalDBSnapshotIdentifier: "database1-restored-final",
    }),
  );
  await on.clock.sleep(HOUR);
  await on.down();
  expect(await on.left()).toEqual([]);
});

test("with the state lost the config's database is found and managed, the restored one is left alone", async () => {
  const on = await standing();
  await restore(on, "database1-restored");
  loseState(on);
  expect((await retained(on)).map(({ id }) => id)).toEqual(["database1-restored"]);
  on.writes();
  await on.up();
  expect(on.writes()).toEqual([]);
  loseState(on);
  await on.down();
  expect(await databases(on)).toEqual(["database1-restored available"]);
});

test("a renamed primary: up makes no empty one in its place, says how to go on, and goes on", async () => {
  const on = await standing();
  await rename(on, "database1", "database1-old");
  const plan = await on.plan();
  expect(plan.items.find(({ key }) => key === "database")).toMatchObject({
    action: "blocked",
    reason: expect.stringMatching(
      /^database1 is not there, but database1-old carries the stack's tags and may hold its data/,
    ),
    remedies: [
      {
        to: "have database1-old as database1",
        commands: [
          "aws --endpoint-url SANDBOX rds modify-db-instance --db-instance-identifier database1-old --new-db-instance-identifier database1 --apply-immediately --region ap-northeast-2",
        ],
      },
      { to: "have a new, empty database1, and keep database1-old apart from the stack" },
    ],
  });
  expect((await on.status()).find(({ key }) => key === "database")?.standing).toBe("blocked");
  on.writes();
  await expect(on.up()).rejects.toMatchObject({
    code: "refused",
    message: expect.stringMatching(/^database1 is not there, but database1-old /),
    hint: expect.stringContaining("--new-db-instance-identifier database1"),
  });
  expect(on.writes()).toEqual([]);
  expect(await databases(on)).toEqual(["database1-old available"]);

  await rename(on, "database1-old", "database1");
  expect(await retained(on)).toEqual([]);
  await on.up();
  expect(await databases(on)).toEqual(["database1 available"]);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
});

test.each([
  ["with its replica", {}],
  ["without a replica", NO_REPLICA],
])("a renamed primary %s survives down, too, with the state and without it", async (_name, given) => {
  const on = await standing(given);
  await rename(on, "database1", "database1-old");
  await on.down();
  expect(await databases(on)).toEqual(["database1-old available"]);
  loseState(on);
  await on.down();
  expect(await databases(on)).toEqual(["database1-old available"]);
});

test("AWS's recipe for a restore, carried to its end: the restored one is managed, the renamed one left alone", async () => {
  const on = await standing();
  await stranger(on.sandbox).rds.send(
    new CreateDBSnapshotCommand({ DBInstanceIdentifier: "database1", DBSnapshotIdentifier: "good" }),
  );
  await on.clock.sleep(HOUR);
  await rename(on, "database1", "database1-old");
  await expect(on.up()).rejects.toMatchObject({ code: "refused" });
  await stranger(on.sandbox).rds.send(
    new RestoreDBInstanceFromDBSnapshotCommand({
      DBInstanceIdentifier: "database1",
      DBSnapshotIdentifier: "good",
      DBSubnetGroupName: "buddy-db",
      AvailabilityZone: "ap-northeast-2a",
    }),
  );
  await on.clock.sleep(HOUR);
  expect((await retained(on)).map(({ id }) => id)).toEqual(["database1-old"]);
  // It was restored with the default parameter group.
  await expect(on.up()).rejects.toMatchObject({ code: "refused", message: expect.stringMatching(/reboots database1/) });
  const steps = dataSteps as Parameters<typeof stageOn>[4];
  await (
    await stageOn(on.config, on.clock, on.sandbox, on.text, steps, undefined, undefined, { allowOutage: true })
  ).up();
  expect(await databases(on)).toEqual(["database1 available", "database1-old available"]);
  expect((await retained(on)).map(({ id }) => id)).toEqual(["database1-old"]);
});

test("apart from the stack: once the tags are taken away, up makes a new one and speaks of the old no more", async () => {
  const on = await standing();
  await rename(on, "database1", "database1-old");
  await stranger(on.sandbox).rds.send(
    new RemoveTagsFromResourceCommand({
      ResourceName: "arn:aws:rds:ap-northeast-2:111122223333:db:database1-old",
      TagKeys: ["buddyverse:stack", "buddyverse:key"],
    }),
  );
  await on.clock.sleep(HOUR);
  await on.up();
  expect(await databases(on)).toEqual(["database1 available", "database1-old available"]);
  expect(await retained(on)).toEqual([]);
});

test("a promoted replica: with the primary gone it is the stack's data, and no empty primary is put in its place", async () => {
  const on = await standing({});
  const { rds } = stranger(on.sandbox);
  await rds.send(new PromoteReadReplicaCommand({ DBInstanceIdentifier: "database1-replica" }));
  await on.clock.sleep(HOUR);
  await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "database1", SkipFinalSnapshot: true }));
  await on.clock.sleep(HOUR);
  on.writes();
  await expect(on.up()).rejects.toMatchObject({
    code: "refused",
    message: expect.stringContaining("database1-replica carries the stack's tags"),
  });
  expect(on.writes()).toEqual([]);
});

test("a file system that AWS Backup restored, tags and all, is left alone by up and down", async () => {
  const on = await standing();
  const restored = await restoreFiles(on);
  const [item] = await retained(on);
  expect(item).toMatchObject({
    id: restored,
    object: "efs:file-system",
    remedies: [
      {
        commands: [
          `aws --endpoint-url SANDBOX efs delete-file-system --file-system-id ${restored} --region ap-northeast-2`,
        ],
      },
      {
        commands: [expect.stringContaining(`aws --endpoint-url SANDBOX efs untag-resource --resource-id ${restored}`)],
      },
    ],
  });
  on.writes();
  await on.up();
  expect(on.writes()).toEqual([]);
  await on.down();
  // It stands on nothing of the stack, so all else is gone.
  expect(await on.left()).toMatchObject([{ object: "efs:file-system", id: restored }]);
  await stranger(on.sandbox).efs.send(new DeleteFileSystemCommand({ FileSystemId: restored }));
  await on.clock.sleep(HOUR);
  expect(await on.left()).toEqual([]);
});

test("with the state lost two file systems of the same key are ambiguous: both are named, none is picked", async () => {
  const on = await standing();
  const own = on.store.get("file-system")?.id as string;
  const restored = await restoreFiles(on);
  loseState(on);
  on.writes();
  for (const walk of [on.up, on.down]) {
    const error = await walk().catch((refusal: Error) => refusal);
    expect(error).toMatchObject({ code: "ambiguous" });
    expect((error as Error).message).toContain(own);
    expect((error as Error).message).toContain(restored);
  }
  expect(on.writes()).toEqual([]);
  // The person decides; then the other is managed as before.
  await stranger(on.sandbox).efs.send(
    new UntagResourceCommand({ ResourceId: restored, TagKeys: ["buddyverse:stack", "buddyverse:key"] }),
  );
  await on.clock.sleep(HOUR);
  await on.up();
  expect(on.writes()).toEqual([]);
  expect(on.store.get("file-system")?.id).toBe(own);
});

test("after a down, a file system restored from a backup is not taken for the one that went: down again leaves it", async () => {
  const on = await standing();
  // As the command does after a whole `up`: from then on the state knows what was the stack's.
  on.store.setConfig(on.config);
  await on.down();
  expect(await on.left()).toEqual([]);
  const restored = await restoreFiles(on);
  expect(retainedIn(await removing(on)).map(({ entry, holds }) => [entry.look.live?.id, holds])).toEqual([
    [restored, []],
  ]);
  await on.down();
  expect(await on.left()).toMatchObject([{ id: restored }]);
  // `up` takes it for the stack's, and says so before.
  expect((await on.plan()).items.filter(({ adopted }) => adopted).map(({ id }) => id)).toEqual([restored]);
  await on.up();
  expect(on.store.get("file-system")?.id).toBe(restored);
  await on.down();
  expect(await on.left()).toEqual([]);
});

test("with the state lost, a down that is interrupted and run again removes the data, too", async () => {
  const on = await standing();
  loseState(on);
  const walk = on.down();
  while (!(await databases(on)).includes("database1 deleting")) await on.clock.sleep(30_000);
  on.interrupt();
  await walk;
  expect(Object.keys(on.store.resources).length).toBeGreaterThan(0);
  const again = await stageOn(on.config, on.clock, on.sandbox, on.text, dataSteps as Parameters<typeof stageOn>[4]);
  await again.down();
  expect(await again.left()).toEqual([]);
  expect(await databases(again)).toEqual([]);
});

test("every type that holds data can be listed, says what it stands on, and what a person can do about it", () => {
  const holding = [...types.values()].filter(({ holdsData }) => holdsData);
  expect(holding.length).toBeGreaterThan(0);
  for (const { name, list, uses, byHand } of holding)
    expect({ list: typeof list, uses: typeof uses, byHand: typeof byHand }, name).toEqual({
      list: "function",
      uses: "function",
      byHand: "object",
    });
});

/** What of the restored ones `down` removes when it is asked to, by id. */
const removeToo = (on: Stage, ...ids: string[]) => {
  for (const id of ids) on.run.remove.add(id);
};

test("asked for by its name, down removes it too: what it stands on after it, and a final snapshot stays of each", async () => {
  const on = await standing();
  await restore(on, "database1-restored");
  const files = await restoreFiles(on);
  removeToo(on, "database1-restored", files);
  const gone = deletable(await removing(on));
  expect(gone.map(({ look }) => look.live?.id)).toEqual(expect.arrayContaining(["database1-restored", files]));
  const settled = await on.down();
  expect(settled.filter(({ outcome }) => outcome === "failed" || outcome === "skipped")).toEqual([]);
  expect(await on.left()).toEqual([]);
  const { DBSnapshots = [] } = await on.aws.rds.describeDBSnapshots({ SnapshotType: "manual" });
  expect(DBSnapshots.map((one) => `${one.DBSnapshotIdentifier} ${one.Status}`).sort()).toEqual([
    "before-release available",
    expect.stringMatching(/^database1-final-\d+ available$/),
    expect.stringMatching(/^database1-restored-final-\d+ available$/),
  ]);
  expect(Object.keys(on.store.resources)).toEqual([]);
});

test("interrupted at it, it is nobody's again: up shows it and leaves it, down asks for it anew", async () => {
  const on = await standing();
  await restore(on, "database1-restored");
  removeToo(on, "database1-restored");
  const walk = on.down().catch(() => []);
  await on.clock.sleep(60_000);
  on.interrupt();
  await walk;
  expect(Object.keys(on.store.resources)).toContain("database#database1-restored");
  const again = await stageOn(on.config, on.clock, on.sandbox, on.text, dataSteps as Parameters<typeof stageOn>[4]);
  await again.up();
  expect((await retained(again)).map(({ id }) => id)).toEqual(["database1-restored"]);
  await again.down();
  expect(await databases(again)).toEqual(["database1-restored available"]);
  removeToo(again, "database1-restored");
  await again.down();
  expect(await again.left()).toEqual([]);
});
