import { linkedPrincipal } from "../partition.ts";
import type { Service } from "../service.ts";
import { recoveryPointCopies } from "./copies.ts";
import { extras } from "./extras.ts";
import { narrowed } from "./narrowed.ts";
import { recoveryPoints } from "./residuals.ts";
import { vault } from "./vault.ts";

export const backup: Service<typeof import("./client.ts")> = {
  package: "backup",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "backup",
    implied: {
      // AWS Backup developer guide, "API permissions: actions, resources, and conditions reference".
      CreateBackupVault: [
        "backup:TagResource",
        "backup-storage:MountCapsule",
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKey",
        "kms:RetireGrant",
      ],
      // Service Authorization Reference; the linked role: developer guide, "Using roles to back up and copy".
      StartBackupJob: ["iam:PassRole", "iam:CreateServiceLinkedRole"],
      StartRestoreJob: ["iam:PassRole"],
    },
    changes: {
      // Deleted only when nothing is in it, which it is not after an ordinary `down`.
      CreateBackupVault: ["DeleteBackupVault", "UntagResource"],
      // What is copied can be brought back.
      StartBackupJob: ["DescribeRestoreJob", "ListRestoreJobs", "StartRestoreJob"],
    },
    linkedRole: linkedPrincipal("backup"),
    narrowed,
  },
  extras,
  types: [vault],
  residuals: [recoveryPoints],
  copies: [recoveryPointCopies],
  colour: "#3f8f3a",
  safety: {
    // A repeat is refused (AlreadyExistsException), or answered by its CreatorRequestId.
    CreateBackupVault: "name",
    DeleteBackupVault: "same",
    PutBackupVaultAccessPolicy: "same",
    TagResource: "same",
    UntagResource: "same",
    // IdempotencyToken: "Retrying a successful request with the same idempotency token results in a success message with no
    // action taken" (API reference).
    StartBackupJob: "token",
    StartRestoreJob: "token",
  },
};
