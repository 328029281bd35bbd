/** Where the data of a new database comes from: what is asked, refused and listed. */
import { rmSync } from "node:fs";
import { DeleteFileSystemCommand, DeleteMountTargetCommand, DescribeMountTargetsCommand } from "@aws-sdk/client-efs";
import { DescribeDBSnapshotsCommand, RemoveTagsFromResourceCommand } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesIn, type MySql, mysql, writeFile } from "../../src/sandbox/outside.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { inSandboxOf } from "../stranger.ts";
import { at, type Folder, folder, makeFolder, writesIn } from "./folder.ts";

// Every test starts from a copy of this stack, which was up and is down.
const base = at(makeFolder());
/** Somebody with a MySQL client. */
async function asClient<T>(on: Folder, act: (client: MySql) => T): Promise<T> {
  let answer: T | undefined;
  await inSandboxOf(on.path, async (_who, clock, sandbox) => {
    sandbox.settle();
    answer = act(mysql(simAt(sandbox.world, clock.now()), "database1"));
  });
  return answer as T;
}
/** What is on the file system that the stack has, at the root. */
async function filesOf(on: Folder): Promise<Readonly<Record<string, string>>> {
  let files = {};
  await inSandboxOf(on.path, async (_who, clock, sandbox) => {
    sandbox.settle();
    files = filesIn(simAt(sandbox.world, clock.now()), fileSystemIn(on));
  });
  return files;
}
const fileSystemIn = (on: Folder): string =>
  JSON.parse(on.read("buddyverse.sandbox.json")).state.resources["file-system"].id;
let snapshot: string;
let point: string;
beforeAll(async () => {
  base.configure({});
  await base.rehearse("up --yes");
  await asClient(base, (client) => client.insert("orders", "one"));
  await inSandboxOf(base.path, async (_who, clock, sandbox) =>
    writeFile(simAt(sandbox.world, clock.now()), fileSystemIn(base), "/media/photo.txt", "a photo"),
  );
  const { stdout } = await base.rehearse("down --yes --json --trace down.jsonl");
  const { copies } = JSON.parse(stdout) as { readonly copies: readonly { readonly id: string }[] };
  snapshot = copies.find(({ id }) => id.startsWith("database1-final-"))?.id as string;
  point = copies.find(({ id }) => id.includes(":recovery-point:"))?.id as string;
});
afterAll(() => rmSync(base.path, { recursive: true, force: true }));

test("snapshots lists what is left of a stack that is down, its state lost or not, and what restores it", async () => {
  const on = folder({}, base.path);
  // Whether the caller may make the copies was asked before.
  const calls = on.trace("down.jsonl").map(({ operation }) => operation);
  expect(calls.slice(0, calls.indexOf("UpdateAutoScalingGroup"))).toContain("SimulatePrincipalPolicy");
  const { code, stdout } = await on.rehearse("snapshots");
  expect(code).toBe(0);
  expect(stdout).toContain(`final snapshot  ${snapshot}`);
  expect(stdout).toMatch(
    /of database1 · 2\d{3}-\d\d-\d\d \d\d:\d\d UTC, \d+ (s|min) ago · 20 GiB · MySQL 8\.4\.8 · at most \$1\.90 a month/,
  );
  expect(stdout).toContain(`buddyverse up --sandbox --from-snapshot ${snapshot}`);
  expect(stdout).toContain(`buddyverse up --sandbox --files ${point}`);
  const { copies, windows } = JSON.parse((await on.rehearse("snapshots --json")).stdout);
  expect(copies.map(({ of, what }: Record<string, string>) => `${of}: ${what}`)).toEqual([
    "files: recovery point",
    "database: final snapshot",
  ]);
  expect(copies.slice(1)).toMatchObject([
    { of: "database", what: "final snapshot", id: snapshot, gib: 20, passing: false },
  ]);
  expect(windows).toEqual([]);
});

test("up --yes refuses to begin with an empty database, names both commands, and does what it is told", async () => {
  const on = folder({}, base.path);
  expect((await on.rehearse("plan")).stderr).toMatch(/its final snapshot is: .*\. up asks whether to restore it/);
  const refused = await on.rehearse("up --yes --trace trace.jsonl");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    /database1 is not there, and its final snapshot is: .* \(20 GiB, MySQL 8\.4\.8, made .* ago\)/,
  );
  for (const how of [`--from-snapshot ${snapshot}`, "--empty-database"])
    expect(refused.stderr).toContain(`buddyverse up --sandbox --yes ${how}`);
  expect(writesIn(on.trace())).toEqual([]);

  const plan = await on.rehearse("plan --from-snapshot latest");
  expect(plan.stdout.replace(/\s+/g, " ")).toContain(`database1 is restored from ${snapshot} (20 GiB`);
  expect(plan.stdout.replace(/\s+/g, " ")).toContain(`Buddy-EFS is restored from ${point} (7 bytes`);
  const done = await on.rehearse("up --yes --from-snapshot latest");
  expect(done.code).toBe(0);
  expect(await asClient(on, (client) => client.rows("orders"))).toEqual(["one"]);
  expect(await filesOf(on)).toMatchObject({ "/media/photo.txt": "a photo" });
  // The same command once more: it is done. Another copy goes beside what runs.
  expect((await on.rehearse(`up --yes --from-snapshot ${snapshot}`)).code).toBe(0);
  const over = await on.rehearse("up --yes --from-snapshot other");
  expect(over).toMatchObject({ code: 2, stderr: expect.stringContaining("restored beside it, never over it") });
  expect(over.stderr).toContain("buddyverse restore database --sandbox --snapshot other");
  const overFiles = await on.rehearse("up --yes --files arn:aws:backup:other");
  expect(overFiles).toMatchObject({ code: 2, stderr: expect.stringContaining("never over them") });
  expect(overFiles.stderr).toContain("buddyverse restore files --sandbox --recovery-point arn:aws:backup:other");
  expect((await on.rehearse("status")).code).toBe(0);
  const listed = JSON.parse((await on.rehearse("snapshots --json")).stdout);
  expect(listed.copies.map(({ what }: { what: string }) => what)).toEqual([
    "automated snapshot",
    "recovery point",
    "final snapshot",
  ]);
  expect(listed.windows).toMatchObject([{ of: "database", source: "database1" }]);
});

test("with --empty-database it begins empty, the files too, and both copies stay", async () => {
  const on = folder({}, base.path);
  const asked = await on.rehearse("up --yes --files none");
  expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining("its final snapshot is") });
  const empty = await on.rehearse("up --yes --empty-database");
  expect(empty.code).toBe(0);
  expect(empty.stderr.replace(/\s+/g, " ")).toContain(
    `Buddy-EFS begins empty, too. The copy of its files stays: ${point}`,
  );
  expect(await asClient(on, (client) => client.rows("orders"))).toBeUndefined();
  expect(await filesOf(on)).not.toHaveProperty("/media/photo.txt");
  const { stdout } = await on.rehearse("snapshots");
  expect([stdout.includes(snapshot), stdout.includes(point)]).toEqual([true, true]);
});

test("latest needs a snapshot; a step without a database takes none; a new account is asked nothing", async () => {
  const on = folder({});
  const none = await on.rehearse("up --yes --from-snapshot latest");
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("no final or manual snapshot") });
  const noFiles = await on.rehearse("up --yes --files latest");
  expect(noFiles).toMatchObject({ code: 2, stderr: expect.stringContaining("no recovery point of the stack's files") });
  const filesStep = await on.rehearse("up --yes --step vpc --files latest");
  expect(filesStep).toMatchObject({ code: 2, stderr: expect.stringContaining("there is none in this step") });
  const step = await on.rehearse("up --yes --step vpc --from-snapshot latest");
  expect(step).toMatchObject({ code: 2, stderr: expect.stringContaining("there is none in this step") });
  const snapshots = await on.rehearse("snapshots");
  expect(snapshots).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing is kept of the stack's data.") });
});

test("a snapshot of a former primary, which has lost its key, is taken by its name only", async () => {
  const on = folder({}, base.path);
  await inSandboxOf(on.path, async ({ rds }, clock) => {
    const { DBSnapshots: [final] = [] } = await rds.send(
      new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: snapshot }),
    );
    await rds.send(
      new RemoveTagsFromResourceCommand({ ResourceName: final?.DBSnapshotArn, TagKeys: ["buddyverse:key"] }),
    );
    await clock.sleep(60_000);
  });
  const latest = await on.rehearse("plan --from-snapshot latest");
  expect(latest).toMatchObject({ code: 2, stderr: expect.stringContaining("no final or manual snapshot") });
  expect((await on.rehearse("plan")).stderr).not.toContain("its final snapshot is");
  expect((await on.rehearse(`plan --from-snapshot ${snapshot}`)).code).toBe(0);
});

test("a file system that is gone, and only EFS's own vault has its files: up --yes makes no empty one, and names what brings it back", async () => {
  const on = folder({}, base.path);
  await on.rehearse("up --yes --empty-database");
  const id = fileSystemIn(on);
  await inSandboxOf(on.path, async ({ efs }, clock, sandbox) => {
    writeFile(simAt(sandbox.world, clock.now()), id, "/media/later.txt", "later");
    await clock.sleep(26 * 3_600_000);
    sandbox.settle();
    const { MountTargets = [] } = await efs.send(new DescribeMountTargetsCommand({ FileSystemId: id }));
    for (const { MountTargetId } of MountTargets) await efs.send(new DeleteMountTargetCommand({ MountTargetId }));
    await clock.sleep(600_000);
    sandbox.settle();
    await efs.send(new DeleteFileSystemCommand({ FileSystemId: id }));
    await clock.sleep(600_000);
  });
  const refused = await on.rehearse("up --yes --trace trace.jsonl");
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("a copy of its files is: arn:") });
  expect(writesIn(on.trace())).toEqual([]);
  const [command = "", arn] =
    /buddyverse (up --sandbox --yes --files (arn:\S+) --open-vault)/.exec(refused.stderr)?.slice(1) ?? [];
  expect(arn).not.toBe(point);
  expect((await on.rehearse("snapshots")).stdout).toContain(`buddyverse up --sandbox --files ${arn} --open-vault\n`);
  // Latest is that one, and not the older one in the stack's own vault.
  const denied = await on.rehearse("up --yes --files latest");
  expect(denied).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("denies everybody to restore what is in it"),
  });
  const policy = async () => {
    let found: object = {};
    await inSandboxOf(on.path, async (_who, _clock, { answer }) => {
      found = await answer("backup", "GetBackupVaultAccessPolicy", {
        BackupVaultName: "aws/efs/automatic-backup-vault",
      });
    });
    return found;
  };
  const closed = await policy();
  // As it is printed, and --sandbox is what `rehearse` adds.
  const done = await on.rehearse(command.replace(" --sandbox", ""));
  expect(await policy()).toEqual(closed);
  expect(done.code).toBe(0);
  expect(fileSystemIn(on)).not.toBe(id);
  expect(await filesOf(on)).toMatchObject({ "/media/later.txt": "later" });
  expect((await on.rehearse("status")).code).toBe(0);
});

test("a restore that failed is done again by a plain up: no empty database takes its place", async () => {
  const on = folder({}, base.path);
  await on.run("sandbox fail database database1");
  const failed = await on.rehearse(`up --yes --from-snapshot ${snapshot}`);
  expect(failed.code).toBe(1);
  await on.run("sandbox mend");
  const done = await on.rehearse("up --yes");
  expect(done).toMatchObject({ code: 0 });
  expect(await asClient(on, (client) => client.rows("orders"))).toEqual(["one"]);
});
