import { linkedPrincipal } from "../partition.ts";
import type { Service } from "../service.ts";
import { extras } from "./extras.ts";
import { fileSystem } from "./file-system.ts";
import { prices } from "./prices.ts";

export const efs: Service<typeof import("./client.ts")> = {
  package: "efs",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "elasticfilesystem",
    tagging: "elasticfilesystem:TagResource",
    // EFS creates, changes and deletes the network interface in the caller's name (API reference of each operation).
    implied: {
      CreateMountTarget: [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "iam:CreateServiceLinkedRole",
      ],
      DeleteMountTarget: ["ec2:DeleteNetworkInterface"],
      ModifyMountTargetSecurityGroups: ["ec2:ModifyNetworkInterfaceAttribute"],
    },
    // What is "required" of a key's user (user guide, "Using AWS KMS keys for Amazon EFS", key policies).
    impliedWith: {
      CreateFileSystem: ({ KmsKeyId }) =>
        KmsKeyId === undefined
          ? []
          : ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"],
    },
    changes: {
      CreateFileSystem: [
        "ModifyMountTargetSecurityGroups",
        "PutBackupPolicy",
        "PutLifecycleConfiguration",
        "UntagResource",
        "UpdateFileSystem",
      ],
    },
    linkedRole: linkedPrincipal("elasticfilesystem"),
    // Mount targets have no tags: IAM checks their file system.
    byTags: {
      creates: ["CreateFileSystem"],
      changes: [
        "CreateMountTarget",
        "DeleteFileSystem",
        "DeleteMountTarget",
        "ModifyMountTargetSecurityGroups",
        "PutBackupPolicy",
        "PutLifecycleConfiguration",
        "UntagResource",
        "UpdateFileSystem",
      ],
      createAction: "elasticfilesystem:CreateAction",
    },
  },
  // Elastic throughput, or EFS itself, that AWS has none of in the zone (API reference, CreateFileSystem).
  errors: {
    throttled: ["TooManyRequests"],
    capacity: ["InsufficientThroughputCapacity", "UnsupportedAvailabilityZone"],
  },
  extras,
  types: [fileSystem],
  colour: "#3f8f3a",
  prices,
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
    UntagResource: "same",
  },
};
