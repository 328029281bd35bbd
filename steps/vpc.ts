import { vpc as vpcType } from "../src/aws/ec2/vpc.ts";
import { nameFor } from "../src/aws/names.ts";
import type { Config } from "../src/config/schema.ts";
import { resource, step } from "../src/engine/resource.ts";

/** Its key: a stack that is up has it. */
export const VPC = "vpc";

/**
 * The network that everything else is in. EFS is mounted by its DNS name, which needs both DNS attributes. Everything in it has
 * groups of its own: the default one lets nothing in or out.
 */
export function vpcStep(config: Config) {
  const { network } = config;
  const vpc = resource(vpcType, VPC, nameFor(config, vpcType, "Buddy-Project"), {}, () => ({
    cidr: network.cidr,
    dnsSupport: true,
    dnsHostnames: true,
    defaultGroupRules: [],
  }));
  return step("vpc", { vpc });
}
export type VpcStep = ReturnType<typeof vpcStep>["resources"];
