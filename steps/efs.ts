import { fileSystem as fileSystemType } from "../src/aws/efs/file-system.ts";
import { chosen } from "../src/aws/kms/choice.ts";
import { encryptionKey } from "../src/aws/kms/key.ts";
import type { Config } from "../src/config/schema.ts";
import { resource, step } from "../src/engine/resource.ts";
import type { SecurityGroupsStep } from "./security-groups.ts";
import type { SubnetsStep } from "./subnets.ts";

/** The files that all web instances share, with a mount target in each zone. */
export function efsStep(
  config: Config,
  { web }: Pick<SubnetsStep, "web">,
  { efs: group }: Pick<SecurityGroupsStep, "efs">,
) {
  const { kmsKey, transitionToIaDays, backup } = config.efs;
  const keys = kmsKey === null ? [] : [resource(encryptionKey, "file-system-key", kmsKey, {}, () => ({}))];
  const fileSystem = resource(
    fileSystemType,
    "file-system",
    "Buddy-EFS",
    { web, group, keys },
    ({ web, group, keys: [key] }) => ({
      encrypted: true,
      ...chosen(key, kmsKey),
      performance: "generalPurpose" as const,
      throughput: "bursting" as const,
      transitionToIaDays,
      backup,
      mounts: web.map((subnet) => ({ subnetId: subnet.id, groupId: group.id })),
    }),
    { configured: { kmsKey: "efs.kmsKey" } },
  );
  return step("efs", { keys, fileSystem });
}
export type EfsStep = ReturnType<typeof efsStep>["resources"];
