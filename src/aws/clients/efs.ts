import type { Safety } from "../safety.ts";

export {
  CreateFileSystemCommand,
  CreateMountTargetCommand,
  DeleteFileSystemCommand,
  DeleteMountTargetCommand,
  DescribeBackupPolicyCommand,
  DescribeFileSystemsCommand,
  DescribeLifecycleConfigurationCommand,
  DescribeMountTargetsCommand,
  EFSClient as Client,
  ModifyMountTargetSecurityGroupsCommand,
  PutBackupPolicyCommand,
  PutLifecycleConfigurationCommand,
  TagResourceCommand,
  UpdateFileSystemCommand,
} from "@aws-sdk/client-efs";

export const safety: Readonly<Record<string, Safety>> = {
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
};
