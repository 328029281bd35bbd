import type { Service } from "../service.ts";
import { fileSystem } from "./file-system.ts";
import { recoveryPoints } from "./residuals.ts";

export const efs: Service<typeof import("./client.ts")> = {
  package: "efs",
  load: () => import("./client.ts"),
  types: [fileSystem],
  residuals: [recoveryPoints],
  safety: {
    CreateFileSystem: "token",
    UpdateFileSystem: "same",
    PutLifecycleConfiguration: "same",
    PutBackupPolicy: "same",
    // One per zone: a repeat is refused (MountTargetConflict).
    CreateMountTarget: "name",
    ModifyMountTargetSecurityGroups: "same",
    DeleteMountTarget: "same",
    DeleteFileSystem: "same",
    TagResource: "same",
  },
};
