/** A file system that is made of a recovery point: what is in it, when it is mounted, what refuses it, and how it goes. */
import { CreateKeyCommand } from "@aws-sdk/client-kms";
import { expect, test } from "vitest";
import type { Config } from "../../src/config/schema.ts";
import { fail, mend, parseFailure } from "../../src/sandbox/failures.ts";
import { filesIn, writeFile } from "../../src/sandbox/outside.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { stranger } from "../stranger.ts";
import { dataSteps } from "./data.ts";
import { INPUTS, type Stage, stage, stageOn } from "./stage.ts";

const HOUR = 3_600_000;
const VAULT = "buddyverse-buddyverse";
const sim = ({ sandbox, clock }: Stage) => simAt(sandbox.world, clock.now());
/** The file system, and what it needs. */
const filesSteps = (config: Config, inputs: Partial<Inputs> = {}) =>
  dataSteps(config, inputs).filter(({ name }) => name !== "rds");

const systems = async ({ aws, clock }: Stage) => {
  await clock.sleep(60_000);
  return (await aws.efs.describeFileSystems({})).FileSystems ?? [];
};
const pointsIn = async ({ aws }: Stage) =>
  (await aws.backup.listRecoveryPointsByBackupVault({ BackupVaultName: VAULT })).RecoveryPoints ?? [];
/** All paths, without the directory that AWS Backup restores into. */
const pathsIn = (on: Stage, id: string) => {
  on.sandbox.settle();
  return Object.keys(filesIn(sim(on), id)).map((path) => path.replace(/^\/aws-backup-restore_[^/]+/, "RESTORED"));
};

/** A stack that was up, had a file written, and went down; the recovery point of its files. */
async function gone(given: object = {}): Promise<{ on: Stage; point: string }> {
  const on = await stage(given, 7, filesSteps as never);
  await on.up();
  writeFile(sim(on), on.store.get("file-system")?.id as string, "/media/photo.txt", "a photo");
  const settled = await on.down();
  await on.clock.sleep(HOUR);
  const [point = ""] = settled.flatMap(({ leaves }) => leaves ?? []).filter((id) => id.includes(":recovery-point:"));
  return { on, point };
}
const restoring = (on: Stage, recoveryPoint: string, given: object = {}, from: Inputs["from"] = {}) =>
  stageOn({ ...on.config, ...given } as Config, on.clock, on.sandbox, on.text, filesSteps as never, undefined, {
    ...INPUTS,
    from: { recoveryPoint, ...from },
  });
const failedOf = (settled: readonly { readonly outcome: string; readonly reason?: string | undefined }[]) =>
  settled.filter(({ outcome }) => outcome === "failed").map(({ reason }) => reason);

test("up makes it of the recovery point, and mounts nothing before all files are in it", async () => {
  const { on, point } = await gone();
  const next = await restoring(on, point);
  const plan = await next.plan();
  expect(plan.items.find(({ key }) => key === "file-system")?.note).toMatch(
    new RegExp(`^Buddy-EFS is restored from ${point} \\(7 bytes, made 2026-11-22 .* UTC\\)$`),
  );
  const { settled } = await next.up();
  expect(failedOf(settled)).toEqual([]);
  const writes = next.calls.filter(
    ({ service, operation }) => /efs|backup/.test(service) && !/^(Desc|List|Get)/.test(operation),
  );
  expect([...new Set(writes.map(({ operation }) => operation))]).toEqual([
    "StartRestoreJob",
    "TagResource",
    "PutLifecycleConfiguration",
    "PutBackupPolicy",
    "CreateMountTarget",
  ]);
  // Five minutes: the sandbox's time for a restore.
  const at = (name: string) => Date.parse(writes.find(({ operation }) => operation === name)?.at ?? "");
  expect(at("CreateMountTarget") - at("StartRestoreJob")).toBeGreaterThan(300_000);
  const [made] = await systems(next);
  expect(made).toMatchObject({ Encrypted: true, NumberOfMountTargets: 2, Name: "Buddy-EFS" });
  expect(next.store.get("file-system")?.id).toBe(made?.FileSystemId);
  expect(pathsIn(next, made?.FileSystemId as string)).toEqual(["RESTORED/media/photo.txt"]);
  // In sync, with and without that option, the state lost or not.
  expect((await next.status()).every(({ standing }) => standing === "in-sync")).toBe(true);
  for (const text of [on.text, undefined]) {
    const after = await stageOn(
      on.config,
      on.clock,
      on.sandbox,
      text ?? { ...on.text, text: undefined },
      filesSteps as never,
    );
    after.writes();
    await after.up();
    expect(after.writes()).toEqual([]);
  }
});

test("a restore that fails says so in AWS's words; the next up removes what it left and makes another one", async () => {
  const { on, point } = await gone();
  const next = await restoring(on, point);
  fail(sim(next), parseFailure("restore-job"));
  expect(failedOf((await next.up()).settled)).toEqual([
    expect.stringMatching(/restore job \S+ is FAILED: The restore job encountered an internal error/),
  ]);
  mend(sim(next), "restore-job");
  const again = await restoring(on, point);
  expect(failedOf((await again.up()).settled)).toEqual([]);
  const made = await systems(again);
  expect(made).toHaveLength(1);
  expect(pathsIn(again, made[0]?.FileSystemId as string)).toEqual(["RESTORED/media/photo.txt"]);
});

test("down in the middle of a restore waits for it, leaves no file system, and the recovery point stays", async () => {
  // Before AWS Backup has made the file system, and while it fills that.
  for (const later of [1_000, 120_000]) {
    const { on, point } = await gone();
    const next = await restoring(on, point);
    const running = next.up().catch(() => {});
    while (!next.calls.some(({ operation }) => operation === "StartRestoreJob")) await new Promise(setImmediate);
    next.interrupt();
    await running;
    const then = await stageOn(on.config, on.clock, on.sandbox, on.text, filesSteps as never);
    await then.clock.sleep(later);
    const { RestoreJobs = [] } = await then.aws.backup.listRestoreJobs({});
    expect(RestoreJobs).toMatchObject([{ Status: later > 60_000 ? "RUNNING" : "PENDING" }]);
    expect(failedOf(await then.down())).toEqual([]);
    expect(await systems(then)).toEqual([]);
    expect(await then.left()).toEqual([]);
    expect((await pointsIn(then)).map(({ RecoveryPointArn }) => RecoveryPointArn)).toEqual([point]);
  }
});

test("it has the key of the config then", async () => {
  const { on, point } = await gone();
  const { KeyMetadata } = await stranger(on.sandbox).kms.send(new CreateKeyCommand({}));
  await on.clock.sleep(10_000);
  const next = await restoring(on, point, { efs: { ...on.config.efs, kmsKey: KeyMetadata?.Arn } });
  expect(failedOf((await next.up()).settled)).toEqual([]);
  expect(await systems(next)).toMatchObject([{ KmsKeyId: KeyMetadata?.Arn }]);
});

test("a recovery point that is not there, or whose vault denies it, is refused before anything is made", async () => {
  const { on, point } = await gone();
  const next = await restoring(on, point.replace(/.{4}$/, "beef"));
  next.writes();
  await expect(next.up()).rejects.toMatchObject({
    code: "refused",
    message: expect.stringMatching(/there is no recovery point arn:.*beef of the stack's files/),
  });
  const Statement = [{ Effect: "Deny", Principal: "*", Action: "backup:StartRestoreJob", Resource: "*" }];
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  await on.sandbox.answer("backup", "PutBackupVaultAccessPolicy", { BackupVaultName: VAULT, Policy });
  await on.clock.sleep(5_000);
  const denied = await restoring(on, point);
  await expect(denied.up()).rejects.toMatchObject({
    code: "refused",
    message: expect.stringContaining(`policy of ${VAULT} denies everybody to restore`),
    hint: expect.stringMatching(
      /--open-vault opens it.*delete-backup-vault-access-policy --backup-vault-name buddyverse/s,
    ),
  });
  expect([...next.writes(), ...denied.writes()]).toEqual([]);
});

test("a vault that denies it is opened while the restore is started, and closed again", async () => {
  const { on, point } = await gone();
  const Statement = [
    { Effect: "Deny", Principal: "*", Action: ["backup:DeleteRecoveryPoint", "backup:StartRestoreJob"], Resource: "*" },
  ];
  const policy = { Version: "2012-10-17", Statement };
  const named = { BackupVaultName: VAULT };
  await on.sandbox.answer("backup", "PutBackupVaultAccessPolicy", { ...named, Policy: JSON.stringify(policy) });
  await on.clock.sleep(5_000);
  const next = await restoring(on, point, {}, { openVault: true });
  expect(failedOf((await next.up()).settled)).toEqual([]);
  const writes = next.calls
    .map(({ operation }) => operation)
    .filter((one) => /^(Put|Start).*(Vault|Restore)/.test(one));
  expect(writes).toEqual(["PutBackupVaultAccessPolicy", "StartRestoreJob", "PutBackupVaultAccessPolicy"]);
  const { Policy = "" } = await next.aws.backup.getBackupVaultAccessPolicy(named);
  expect(JSON.parse(Policy)).toEqual(policy);
  expect(await systems(next)).toHaveLength(1);
});
