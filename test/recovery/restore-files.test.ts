/** The files come back from a recovery point beside the running ones, and then in their place. */
import { beforeAll, expect, test } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import type { BuddyError } from "../../src/lib/errors.ts";
import { filesTrialOf } from "../../src/recovery/files-trial.ts";
import { discardOld, filesSeen, type Wanted } from "../../src/recovery/restore-files.ts";
import { filesIn, writeFile } from "../../src/sandbox/outside.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import { type Stage, stage, stageOn } from "../lifecycle/stage.ts";
import { LATEST, restoreFiles, webInstance } from "./files.ts";

const AUTOMATIC = "aws/efs/automatic-backup-vault";
const DAY_MS = 24 * 3_600_000;

/** A stack with a recovery point in its vault and one of EFS's own, whose files were changed since then. */
let grown: { readonly world: World; readonly at: number; readonly state: string | undefined; readonly id: string };
let ours: string;
const sim = ({ sandbox, clock }: Stage) => simAt(sandbox.world, clock.now());
beforeAll(async () => {
  const on = await stage({ domain: null });
  await on.up();
  const id = on.store.get("file-system")?.id as string;
  writeFile(sim(on), id, "/media/photo.txt", "a photo");
  // EFS's own job of the day runs at 5:00 UTC.
  await on.clock.sleep(DAY_MS);
  const { RecoveryPointArn = "" } = await on.aws.backup.startBackupJob({
    BackupVaultName: "buddyverse-buddyverse",
    ResourceArn: `arn:aws:elasticfilesystem:ap-northeast-2:111122223333:file-system/${id}`,
    IamRoleArn: "arn:aws:iam::111122223333:role/Buddy-AWSBackup-buddyverse-ap-northeast-2",
  });
  await on.clock.sleep(300_000);
  ours = RecoveryPointArn;
  on.sandbox.settle();
  writeFile(sim(on), id, "/media/photo.txt", "spoiled");
  writeFile(sim(on), id, "/media/later.txt", "later");
  on.sandbox.settle();
  grown = { world: copied(on.sandbox.world), at: on.clock.now(), state: on.text.text, id };
});

async function account(over: (sandbox: Sandbox) => Sandbox = (sandbox) => sandbox): Promise<Stage> {
  const clock = jumpingClock(grown.at);
  const inner = openSandbox({ world: copied(grown.world), clock });
  const { config } = await stage({ domain: null });
  return stageOn(config, clock, over(inner), memoryText(grown.state));
}
const files = (on: Stage) => filesIn(sim(on), grown.id);
const rootOf = (on: Stage) =>
  Object.fromEntries(Object.entries(files(on)).filter(([path]) => path.startsWith("/media/")));
const restores = async ({ aws }: Stage) => (await aws.backup.listRestoreJobs({})).RestoreJobs ?? [];
const policy = async ({ aws }: Stage) =>
  (await aws.backup.getBackupVaultAccessPolicy({ BackupVaultName: AUTOMATIC })).Policy;
const failed = async (work: Promise<unknown>) => (await work.catch((error: unknown) => error)) as BuddyError;

test("beside the running files first; switched, the former ones are put aside, until they are discarded", async () => {
  const on = await account();
  const { recovered } = await restoreFiles(on, LATEST, { switches: false });
  expect(recovered).toMatchObject({ files: 1, bytes: 7, whole: true });
  expect(rootOf(on)).toEqual({ "/media/photo.txt": "spoiled", "/media/later.txt": "later" });

  // The same once more finds what is there, and starts nothing.
  const { aside } = await restoreFiles(on, { arn: ours });
  expect(await restores(on)).toHaveLength(1);
  expect(rootOf(on)).toEqual({ "/media/photo.txt": "a photo" });
  expect(files(on)).toMatchObject({ [`/${aside}/media/photo.txt`]: "spoiled", [`/${aside}/media/later.txt`]: "later" });

  // Done is done, until the former files are discarded.
  expect(await restoreFiles(on, { arn: ours })).toEqual({ aside });
  const { machines, instance } = await webInstance(on);
  expect(await filesSeen(machines, instance)).toEqual({ recovered: [], aside: [aside] });
  await discardOld(machines, instance);
  expect(Object.keys(files(on)).filter((path) => path.includes("before-restore"))).toEqual([]);

  // And once more from the same recovery point is another restore.
  await restoreFiles(on, { arn: ours });
  expect(await restores(on)).toHaveLength(2);
});

test("EFS's own vault denies it: said with the command; opened for the start only, and closed again", async () => {
  const on = await account();
  const { Policy: before } = await on.aws.backup.getBackupVaultAccessPolicy({ BackupVaultName: AUTOMATIC });
  const early: Wanted = { until: grown.at - 3_600_000 };
  const error = await failed(restoreFiles(on, early));
  expect(error).toMatchObject({ code: "refused", message: expect.stringContaining("denies everybody to restore") });
  expect(error.hint).toMatch(
    /put-backup-vault-access-policy --backup-vault-name aws\/efs\/automatic-backup-vault --policy '(?!.*StartRestoreJob)/,
  );
  expect(await restores(on)).toEqual([]);
  on.writes();
  await restoreFiles(on, early, { open: true });
  expect(on.writes().filter((call) => call.startsWith("backup:"))).toEqual([
    "backup:PutBackupVaultAccessPolicy",
    "backup:StartRestoreJob",
    "backup:PutBackupVaultAccessPolicy",
  ]);
  expect(JSON.parse((await policy(on)) as string)).toEqual(JSON.parse(before as string));
  expect(rootOf(on)).toEqual({ "/media/photo.txt": "a photo" });
});

test("killed before or after any changing call, the same command ends with one restore, and the vault is closed", async () => {
  const early: Wanted = { until: grown.at - 3_600_000 };
  const calls: string[] = [];
  const counting = await account((sandbox) => ({
    ...sandbox,
    answer(service, operation, input) {
      if (!isRead(operation)) calls.push(operation);
      return sandbox.answer(service, operation, input);
    },
  }));
  const closed = JSON.parse((await policy(counting)) as string);
  await restoreFiles(counting, early, { open: true });
  expect(calls.length).toBeGreaterThanOrEqual(5);
  for (let which = 0; which < calls.length; which++)
    for (const acted of [false, true]) {
      let count = -1;
      let dead = false;
      let inner: Sandbox | undefined;
      const dying = await account((sandbox) => {
        inner = sandbox;
        return {
          ...sandbox,
          async answer(service, operation, input) {
            if (!dead && !isRead(operation) && ++count === which) {
              dead = true;
              if (acted) await sandbox.answer(service, operation, input);
            }
            if (dead) throw Object.assign(new Error("killed"), { name: "Killed" });
            return sandbox.answer(service, operation, input);
          },
        };
      });
      const about = `${calls[which]} ${which} ${acted ? "acted" : "not sent"}`;
      expect((await failed(restoreFiles(dying, early, { open: true }))).message, about).toContain("killed");
      const next = await stageOn(dying.config, dying.clock, inner as Sandbox, dying.text);
      await restoreFiles(next, early, { open: true });
      expect(await restores(next), about).toHaveLength(1);
      expect(rootOf(next), about).toEqual({ "/media/photo.txt": "a photo" });
      expect(JSON.parse((await policy(next)) as string), about).toEqual(closed);
    }
});

test("what is no copy of these files is refused, and a restore that fails says AWS's words", async () => {
  const on = await account();
  expect(await failed(restoreFiles(on, { arn: `${ours}x` }))).toMatchObject({ code: "refused" });
  expect(await failed(restoreFiles(on, { until: 0 }))).toMatchObject({ code: "refused" });
  await on.sandbox.answer("iam", "DetachRolePolicy", {
    RoleName: "Buddy-AWSBackup-buddyverse-ap-northeast-2",
    PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores",
  });
  expect((await failed(restoreFiles(on, LATEST))).message).toMatch(/restore job \S+ is FAILED: Access Denied/);
  expect(rootOf(on)).toEqual({ "/media/photo.txt": "spoiled", "/media/later.txt": "later" });
});

test("what a drill that was killed has restored is taken over, and no drill removes it any more", async () => {
  const on = await account();
  const web = await webInstance(on);
  const trial = () => filesTrialOf(on.stack, "buddyverse", web.machines, async (ids) => new Set(ids));
  await trial().begin();
  await on.clock.sleep(600_000);
  const { recovered } = await restoreFiles(on, LATEST, { open: true, switches: false });
  expect(recovered).toMatchObject({ files: 1 });
  expect(await restores(on)).toHaveLength(1);
  expect(await trial().remove()).toBe(true);
  expect((await filesSeen(web.machines, web.instance)).recovered).toEqual([recovered]);
});
