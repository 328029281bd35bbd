import { vpc as vpcType } from "../src/aws/ec2/vpc.ts";
import type { Config } from "../src/config/schema.ts";
import { resource, step } from "../src/engine/resource.ts";

/** The network that everything else is in. EFS is mounted by its DNS name, which needs both DNS attributes. */
export function vpcStep({ network }: Config) {
  const vpc = resource(vpcType, "vpc", "Buddy-Project", {}, () => ({
    cidr: network.cidr,
    dnsSupport: true,
    dnsHostnames: true,
  }));
  return step("vpc", { vpc });
}
export type VpcStep = ReturnType<typeof vpcStep>["resources"];
