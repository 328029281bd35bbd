import type { Narrowed, PolicyScope } from "../permissions.ts";

/** Where EFS's automatic backups go (EFS user guide, "Automatic backups"). */
const AUTOMATIC_VAULT = "aws/efs/automatic-backup-vault";

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
  return [
    { takes: (action) => ON_VAULT.includes(action), statements: [{ Sid: "BackupVault", Resource: own }] },
    {
      takes: (action) => action === "PutBackupVaultAccessPolicy",
      statements: [{ Sid: "OpenVault", Resource: arn(`backup:${region}:*:backup-vault:${AUTOMATIC_VAULT}`) }],
    },
    {
      // A restore never overwrites: it goes into the file system that was copied, or a new one.
      takes: (action) => action === "StartRestoreJob",
      statements: [{ Sid: "RecoveryPoints", Resource: arn(`backup:${region}:*:recovery-point:*`) }],
    },
  ];
}
