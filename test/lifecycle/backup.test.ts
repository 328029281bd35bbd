import { expect, test } from "vitest";
import { stage } from "./stage.ts";

test("the vault stays while a copy is in it, and the next up takes it as its own; an empty one goes", async () => {
  const on = await stage({ domain: null });
  await on.up();
  const { backup } = on.aws;
  const ResourceArn = `arn:aws:elasticfilesystem:ap-northeast-2:111122223333:file-system/${on.store.get("file-system")?.id}`;
  const { RecoveryPointArn = "" } = await backup.startBackupJob({
    BackupVaultName: "buddyverse-buddyverse",
    ResourceArn,
    IamRoleArn: "arn:aws:iam::111122223333:role/Buddy-AWSBackup-buddyverse-ap-northeast-2",
  });
  await on.clock.sleep(300_000);
  await on.down();
  const vaults = async () =>
    ((await backup.listBackupVaults({})).BackupVaultList ?? []).map(({ BackupVaultName }) => BackupVaultName);
  expect(await vaults()).toContain("buddyverse-buddyverse");
  expect(await on.left()).toEqual([]);

  const { settled } = await on.up();
  expect(settled.find(({ key }) => key === "backup-vault")?.outcome).toBe("unchanged");
  await on.sandbox.answer("backup", "DeleteRecoveryPoint", {
    BackupVaultName: "buddyverse-buddyverse",
    RecoveryPointArn,
  });
  await on.clock.sleep(60_000);
  await on.down();
  expect(await vaults()).not.toContain("buddyverse-buddyverse");
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
