import { ALL_OUTBOUND, securityGroup } from "../../src/aws/ec2/security-group.ts";
import type { Config } from "../../src/config/schema.ts";
import { resource, step } from "../../src/engine/resource.ts";
import { efsStep } from "../../steps/efs.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { rdsStep } from "../../steps/rds.ts";
import { securityGroupsStep } from "../../steps/security-groups.ts";
import { subnetsStep } from "../../steps/subnets.ts";
import { vpcStep } from "../../steps/vpc.ts";
import { stage } from "./stage.ts";

/** What the file system and the databases need, and they. */
export function dataSteps(config: Config, inputs: Partial<Inputs> = {}) {
  const vpc = vpcStep(config);
  const subnets = subnetsStep(config, vpc.resources);
  const bastionGroup = resource(securityGroup, "group-bastion", "BastionHost", vpc.resources, ({ vpc }) => ({
    vpcId: vpc.id,
    description: "Stands for the one of nat-bastion",
    inbound: [],
    outbound: ALL_OUTBOUND,
  }));
  const groups = securityGroupsStep(config, vpc.resources, { bastionGroup });
  return [
    vpc,
    subnets,
    step("bastion", { bastionGroup }),
    groups,
    efsStep(config, subnets.resources, groups.resources, inputs),
    rdsStep(config, subnets.resources, groups.resources, inputs),
  ];
}
/** The part of the stack that holds data, and what it stands on. */
export const dataStage = (given: object = {}, seed = 7) => stage(given, seed, dataSteps as Parameters<typeof stage>[2]);
