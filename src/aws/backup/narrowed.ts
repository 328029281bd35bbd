import type { Narrowed, PolicyScope } from "../permissions.ts";

const ON_VAULT = [
  "CreateBackupVault",
  "DeleteBackupVault",
  "ListTags",
  "StartBackupJob",
  "TagResource",
  "UntagResource",
];

/** What may be done to the stack's own vault, and to no other. */
export function narrowed({ region, arn, values }: PolicyScope): readonly Narrowed[] {
  const own = values("BackupVaultName").map((name) => arn(`backup:${region}:*:backup-vault:${name}`));
  return [{ takes: (action) => ON_VAULT.includes(action), statements: [{ Sid: "BackupVault", Resource: own }] }];
}
