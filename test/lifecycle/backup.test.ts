import { expect, test } from "vitest";
import { copyToVault } from "../../src/aws/backup/backup-job.ts";
import { type VaultLive, vault } from "../../src/aws/backup/vault.ts";
import { fileSystemArn } from "../../src/aws/efs/arn.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import type { Config } from "../../src/config/schema.ts";
import { farewells, leaving } from "../../src/engine/destroy.ts";
import type { Node } from "../../src/engine/graph.ts";
import type { BuddyError } from "../../src/lib/errors.ts";
import { fail, mend, parseFailure } from "../../src/sandbox/failures.ts";
import { writeFile } from "../../src/sandbox/outside.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { dataSteps } from "./data.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

const VAULT = "buddyverse-buddyverse";
const AUTOMATIC = "aws/efs/automatic-backup-vault";
const sim = ({ sandbox, clock }: Stage) => simAt(sandbox.world, clock.now());
/** The file system, and what it needs. */
const filesSteps = (config: Config, inputs: Partial<Inputs> = {}) =>
  dataSteps(config, inputs).filter(({ name }) => name !== "rds");
const vaults = async ({ aws }: Stage) =>
  ((await aws.backup.listBackupVaults({})).BackupVaultList ?? []).map(({ BackupVaultName }) => BackupVaultName);
const pointsIn = async ({ aws }: Stage, BackupVaultName = VAULT) =>
  (await aws.backup.listRecoveryPointsByBackupVault({ BackupVaultName })).RecoveryPoints ?? [];
const failed = async (work: Promise<unknown>) => (await work.catch((error: unknown) => error)) as BuddyError;

test("down copies the files into the stack's vault before anything goes; the vault stays with them, an empty one goes", async () => {
  const on = await stage({ domain: null });
  await on.up();
  const id = on.store.get("file-system")?.id as string;
  writeFile(sim(on), id, "/media/photo.txt", "a photo");
  on.writes();
  // The vault is said to stay with the copy before anything is done, and not where none is made.
  const said = async (discardFiles: boolean) => {
    const run = { ...on.run, discardFiles };
    const { entries, ...rest } = await on.stack.refresh({ removing: true });
    const goes = leaving(run, entries).some(({ node }) => node.key === "backup-vault");
    return { goes, kept: farewells(run, { entries, ...rest }).kept.filter((one) => one.includes("vault")) };
  };
  const kept = ["the backup vault buddyverse-buddyverse, with that recovery point"];
  expect([await said(false), await said(true)]).toEqual([
    { goes: false, kept },
    { goes: true, kept: [] },
  ]);
  const settled = await on.down();
  const order = on.writes();
  expect(order.indexOf("backup:StartBackupJob")).toBeLessThan(order.findIndex((call) => /:Delete/.test(call)));
  const points = await pointsIn(on);
  expect(points).toMatchObject([{ Status: "COMPLETED", BackupSizeInBytes: 7 }]);
  expect(points[0]?.Lifecycle).toBeUndefined();
  expect(settled.find(({ key }) => key === "file-system")?.leaves).toBe(points[0]?.RecoveryPointArn);
  expect(await vaults(on)).toContain(VAULT);
  expect(await on.left()).toEqual([]);

  const { settled: again } = await on.up();
  expect(again.find(({ key }) => key === "backup-vault")?.outcome).toBe("unchanged");
  for (const { RecoveryPointArn } of points)
    await on.sandbox.answer("backup", "DeleteRecoveryPoint", { BackupVaultName: VAULT, RecoveryPointArn });
  await on.clock.sleep(60_000);
  Object.assign(on.run, { discardData: true });
  await on.down();
  expect(await vaults(on)).not.toContain(VAULT);
});

test("a copy that fails leaves everything, with AWS's words; the next down makes another one", async () => {
  const on = await stage({ domain: null });
  await on.up();
  on.writes();
  fail(sim(on), parseFailure("backup-job"));
  const error = await failed(on.down());
  expect(error.message).toMatch(/job \S+ of arn:\S+ is FAILED: The backup job encountered an internal error/);
  expect(error.hint).toContain("backup describe-backup-job --backup-job-id");
  expect(on.writes().filter((call) => /:Delete/.test(call))).toEqual([]);
  mend(sim(on), "backup-job");
  const again = await stageOn(on.config, on.clock, on.sandbox, on.text);
  await again.down();
  expect(await pointsIn(on)).toHaveLength(1);
  expect(await again.left()).toEqual([]);
});

test("a stack of an older version, without a vault, is not taken down without a copy: up makes the vault", async () => {
  const on = await stage({ domain: null });
  await on.up();
  await on.sandbox.answer("backup", "DeleteBackupVault", { BackupVaultName: VAULT });
  await on.clock.sleep(5_000);
  on.writes();
  const error = await failed(on.down());
  expect(error).toMatchObject({
    code: "refused",
    message: expect.stringMatching(/backup vault buddyverse-buddyverse, into which .* is not there$/),
    hint: expect.stringContaining("to have buddyverse-buddyverse made: buddyverse up"),
  });
  expect(on.writes()).toEqual([]);
});

test("a vault policy that denies the copy is found before anything is touched; the printed command lifts it", async () => {
  const on = await stage({ domain: null });
  await on.up();
  const Statement = [
    { Effect: "Deny", Principal: "*", Action: ["backup:StartBackupJob", "backup:DeleteRecoveryPoint"], Resource: "*" },
  ];
  const put = (Policy: string) =>
    on.sandbox.answer("backup", "PutBackupVaultAccessPolicy", { BackupVaultName: VAULT, Policy });
  await put(JSON.stringify({ Version: "2012-10-17", Statement }));
  await on.clock.sleep(5_000);
  on.writes();
  const error = await failed(on.down());
  expect(error).toMatchObject({ code: "refused", message: expect.stringContaining("denies backup:StartBackupJob") });
  expect(on.writes()).toEqual([]);
  await put(/--policy '(.*)' --region/.exec(error.hint ?? "")?.[1] ?? "");
  await on.clock.sleep(5_000);
  await on.down();
  expect(await pointsIn(on)).toHaveLength(1);
});

test("--discard-files: no copy of the files, one of the database", async () => {
  const on = await stage({ domain: null, database: { replica: false } });
  await on.up();
  Object.assign(on.run, { discardFiles: true });
  on.writes();
  await on.down();
  expect(on.writes()).not.toContain("backup:StartBackupJob");
  expect(await on.left()).toEqual([]);
  const { DBSnapshots } = await on.aws.rds.describeDBSnapshots({ SnapshotType: "manual" });
  expect(DBSnapshots).toMatchObject([{ DBInstanceIdentifier: "database1", Status: "available" }]);
});

test("a copy waits for EFS's own job of the day, beside which AWS would fail it; without one AWS Backup must be switched on", async () => {
  const on = await stage({ domain: null });
  await on.up();
  // From 5:00 UTC on, the day's job is at work.
  const day = 24 * 3_600_000;
  await on.clock.sleep(day - (on.clock.now() % day) + 5 * 3_600_000 + 70_000);
  const { owner } = on.graph.nodes.get("file-system") as Node;
  const arn = fileSystemArn(on.aws, on.store.get("file-system")?.id as string);
  const copy = (known?: string) => copyToVault(on.aws, arn, owner, "1", known);
  expect(await copy()).toEqual({ id: "", complete: false, doing: `after ${AUTOMATIC}'s` });
  await on.clock.sleep(300_000);
  await on.sandbox.answer("backup", "UpdateRegionSettings", { ResourceTypeOptInPreference: { EFS: false } });
  await on.clock.sleep(5_000);
  expect((await failed(copy())).hint).toContain("update-region-settings --resource-type-opt-in-preference EFS=true");
  await on.sandbox.answer("backup", "UpdateRegionSettings", { ResourceTypeOptInPreference: { EFS: true } });
  await on.clock.sleep(5_000);
  const { id } = await copy();
  // The same label is the same copy.
  expect((await copy()).id).toBe(id);
  await on.clock.sleep(300_000);
  expect(await copy(id)).toEqual({ id, complete: true });
  expect(await pointsIn(on)).toHaveLength(1);
  // AWS's count may be late: what AWS refuses to delete stays.
  const { arn: vaultArn, id: name, tags } = (await on.stack.find("backup-vault")) as VaultLive;
  const empty = { id: name, tags, arn: vaultArn, recoveryPoints: 0 };
  expect(await vault.delete?.(on.aws, empty, { discardData: false, label: "1" })).toBe(name);
});

test("a file system that shows only while down deletes is copied then, before it goes", async () => {
  const on = await stage({}, 7, filesSteps as never);
  await on.up();
  const id = on.store.get("file-system")?.id as string;
  writeFile(sim(on), id, "/media/photo.txt", "a photo");
  let shows = false;
  const lagging = {
    ...on.sandbox,
    async answer(service: string, operation: string, input: object) {
      if (operation === "DescribeFileSystems" && !shows) return { FileSystems: [] };
      return on.sandbox.answer(service, operation, input);
    },
  };
  const later = await stageOn(on.config, on.clock, lagging, on.text, filesSteps as never);
  const found = await later.stack.refresh({ orphans: "all", removing: true });
  shows = true;
  const settled = await later.stack.down(found);
  const [point] = await pointsIn(on);
  expect(point).toMatchObject({ Status: "COMPLETED", BackupSizeInBytes: 7 });
  expect(settled.find(({ key }) => key === "file-system")).toMatchObject({
    outcome: "deleted",
    leaves: point?.RecoveryPointArn,
  });
  const writes = later.writes();
  expect(writes.indexOf("backup:StartBackupJob")).toBeLessThan(writes.indexOf("efs:DeleteMountTarget"));
  expect(await later.left()).toEqual([]);
});

test("killed at any call of the copy, the next down ends with one recovery point", async () => {
  for (const at of ["before", "after"] as const) {
    const on = await stage({ domain: null });
    await on.up();
    const dying = {
      ...on.sandbox,
      async answer(service: string, operation: string, input: object) {
        if (operation !== "StartBackupJob") return on.sandbox.answer(service, operation, input);
        if (at === "after") await on.sandbox.answer(service, operation, input);
        throw Object.assign(new Error("killed"), { name: "Killed" });
      },
    };
    const text = memoryText(on.text.text);
    await failed((await stageOn(on.config, on.clock, dying, text)).down());
    const next = await stageOn(on.config, on.clock, on.sandbox, text);
    await next.down();
    expect(await pointsIn(next), at).toHaveLength(1);
    expect(await next.left(), at).toEqual([]);
  }
});

test("the role gets its policies back, and a policy that somebody else attached stays", async () => {
  const on = await stage({ domain: null });
  await on.up();
  const { iam } = on.aws;
  const RoleName = on.store.get("role-backup")?.id as string;
  const policies = async () =>
    ((await iam.listAttachedRolePolicies({ RoleName })).AttachedPolicies ?? []).map(({ PolicyArn = "" }) => PolicyArn);
  const [first = "", second] = await policies();
  await iam.detachRolePolicy({ RoleName, PolicyArn: first });
  await iam.attachRolePolicy({ RoleName: "Buddy-WEB-buddyverse-ap-northeast-2", PolicyArn: first });
  await on.clock.sleep(5_000);
  expect((await on.status()).flatMap(({ key, standing }) => (standing === "drift" ? [key] : []))).toEqual([
    "role-backup",
  ]);
  on.writes();
  await on.up();
  expect(on.writes()).toEqual(["iam:AttachRolePolicy"]);
  expect((await policies()).sort()).toEqual([first, second].sort());
});
