/** `restore files`, as a user runs it. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesIn, writeFile } from "../../src/sandbox/outside.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { inSandboxOf } from "../stranger.ts";
import { at, type Folder, folder, makeFolder } from "./folder.ts";

const base = at(makeFolder());
let fileSystem: string;
/** What is at the root of the file system. */
async function files(on: Folder): Promise<Readonly<Record<string, string>>> {
  let found: Readonly<Record<string, string>> = {};
  await inSandboxOf(on.path, async (_who, clock, sandbox) => {
    found = filesIn(simAt(sandbox.world, clock.now()), fileSystem);
  });
  return found;
}
beforeAll(async () => {
  base.configure({ domain: null });
  await base.rehearse("up --yes");
  const { stdout } = await base.rehearse("status --json");
  fileSystem = /fs-[0-9a-f]{17}/.exec(stdout)?.[0] as string;
});
afterAll(() => rmSync(base.path, { recursive: true, force: true }));

test("what cannot be done is said before anything is asked", async () => {
  const on = folder(null, base.path);
  for (const [line, said] of [
    ["restore files --yes", " yet\n  to do  AWS Backup makes one a day"],
    ["restore files --yes --recovery-point x", "x is no recovery point of the stack's files"],
    ["restore files --yes --to tomorrow", '"tomorrow" is no moment'],
    ["restore files --yes --to latest --recovery-point latest", "one of --to TIME and --recovery-point ARN"],
    ["restore pictures --yes", "'pictures' is invalid for argument 'what'. Allowed choices are database, files."],
    ["restore files", "there is no terminal to ask on"],
  ] as const)
    expect(await on.rehearse(line), line).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  expect(await on.rehearse("restore files --discard-old --yes")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Nothing was put aside."),
  });
});

test("the files of a recovery point come back beside the running ones, then in their place; the former ones go when asked", async () => {
  const on = folder(null, base.path);
  await inSandboxOf(on.path, async (_who, clock, sandbox) => {
    const sim = () => simAt(sandbox.world, clock.now());
    writeFile(sim(), fileSystem, "/media/photo.txt", "a photo");
    await sandbox.answer("backup", "StartBackupJob", {
      BackupVaultName: "buddyverse-buddyverse",
      ResourceArn: `arn:aws:elasticfilesystem:ap-northeast-2:111122223333:file-system/${fileSystem}`,
      IamRoleArn: "arn:aws:iam::111122223333:role/Buddy-AWSBackup-buddyverse-ap-northeast-2",
    });
    await clock.sleep(300_000);
    sandbox.settle();
    writeFile(sim(), fileSystem, "/media/photo.txt", "spoiled");
  });
  const beside = await on.rehearse("restore files --yes --no-switch");
  expect(beside.code, beside.stderr).toBe(0);
  expect(beside.stderr).toMatch(
    /The files as of 2\d{3}-\d\d-\d\d \d\d:\d\d UTC, \d+ min ago \(7 bytes\), are restored into a directory/,
  );
  expect(beside.stderr).toMatch(
    /In \/mnt\/efs\/aws-backup-restore_\S+Z: 1 file, 7 bytes\. The recovery point: 7 bytes\./,
  );
  expect(beside.stdout).toMatch(
    /To have them take their place:\n {2}buddyverse restore files --sandbox --recovery-point arn:aws:backup:\S+/,
  );
  expect(await files(on)).toMatchObject({ "/media/photo.txt": "spoiled" });

  const done = await on.rehearse("restore files --yes --json");
  expect(done.code, done.stderr).toBe(0);
  const { switched, aside } = JSON.parse(done.stdout);
  expect(switched).toBe(true);
  expect(await files(on)).toMatchObject({ "/media/photo.txt": "a photo", [`/${aside}/media/photo.txt`]: "spoiled" });
  expect((await on.rehearse("restore files --yes")).stdout).toContain(
    `restored already, and are in their place. The former ones are in /mnt/efs/${aside}`,
  );

  const gone = await on.rehearse("restore files --discard-old --yes");
  expect(gone.stderr).toContain(`Deleted for good, with all files: /mnt/efs/${aside}`);
  expect(Object.keys(await files(on)).filter((path) => path.includes("before-restore"))).toEqual([]);
});
