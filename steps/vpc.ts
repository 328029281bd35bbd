import { vpc as vpcType } from "../src/aws/ec2/vpc.ts";
import type { Config } from "../src/config/schema.ts";
import { resource, step } from "../src/engine/resource.ts";

/** Its key: a stack that is up has it. */
export const VPC = "vpc";

/** The network that everything else is in. EFS is mounted by its DNS name, which needs both DNS attributes. */
export function vpcStep({ network }: Config) {
  const vpc = resource(vpcType, VPC, "Buddy-Project", {}, () => ({
    cidr: network.cidr,
    dnsSupport: true,
    dnsHostnames: true,
  }));
  return step("vpc", { vpc });
}
export type VpcStep = ReturnType<typeof vpcStep>["resources"];
