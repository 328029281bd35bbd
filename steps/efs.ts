import { fileSystem as fileSystemType } from "../src/aws/efs/file-system.ts";
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
  const fileSystem = resource(fileSystemType, "file-system", "Buddy-EFS", { web, group }, ({ web, group }) => ({
    encrypted: true,
    performance: "generalPurpose" as const,
    throughput: "bursting" as const,
    transitionToIaDays: config.efs.transitionToIaDays,
    backup: config.efs.backup,
    mounts: web.map((subnet) => ({ subnetId: subnet.id, groupId: group.id })),
  }));
  return step("efs", { fileSystem });
}
export type EfsStep = ReturnType<typeof efsStep>["resources"];
