import type { Config } from "../src/config/schema.ts";
import type { Step } from "../src/engine/resource.ts";
import { autoScalingStep } from "./auto-scaling.ts";
import { dashboardStep } from "./dashboard.ts";
import { domainStep } from "./domain.ts";
import { efsStep } from "./efs.ts";
import { imageStep } from "./image.ts";
import type { Inputs } from "./inputs.ts";
import { loadBalancerStep } from "./load-balancer.ts";
import { logGroups } from "./logs.ts";
import { natBastionStep } from "./nat-bastion.ts";
import { rdsStep } from "./rds.ts";
import { routesStep } from "./routes.ts";
import { securityGroupsStep } from "./security-groups.ts";
import { subnetsStep } from "./subnets.ts";
import { vpcStep } from "./vpc.ts";

/** What makes a stack of a config. */
export type Steps = (config: Config, inputs: Inputs) => readonly Step[];

/** The stack, in the order in which a person reads and watches it, and which `down` reverses. */
export function stepsFor(config: Config, inputs: Inputs): readonly Step[] {
  const vpc = vpcStep(config);
  const subnets = subnetsStep(config, vpc.resources);
  const routes = routesStep(config, vpc.resources, subnets.resources);
  const logs = logGroups(config);
  const natBastion = natBastionStep(config, inputs, vpc.resources, subnets.resources, routes.resources, logs);
  const securityGroups = securityGroupsStep(config, vpc.resources, natBastion.resources);
  const efs = efsStep(config, subnets.resources, securityGroups.resources, inputs);
  const rds = rdsStep(config, subnets.resources, securityGroups.resources, inputs);
  const image = imageStep(config, inputs, {
    subnets: subnets.resources,
    natBastion: natBastion.resources,
    securityGroups: securityGroups.resources,
    efs: efs.resources,
    logs,
  });
  const loadBalancer = loadBalancerStep(
    config,
    vpc.resources,
    subnets.resources,
    routes.resources,
    securityGroups.resources,
  );
  const autoScaling = autoScalingStep(
    config,
    subnets.resources,
    image.resources,
    loadBalancer.resources,
    rds.resources,
    natBastion.resources,
  );
  const domain = domainStep(config, loadBalancer.resources, autoScaling.resources);
  const dashboard = dashboardStep(config, {
    natBastion: natBastion.resources,
    efs: efs.resources,
    rds: rds.resources,
    loadBalancer: loadBalancer.resources,
    autoScaling: autoScaling.resources,
  });
  return [
    vpc,
    subnets,
    routes,
    natBastion,
    securityGroups,
    efs,
    rds,
    image,
    loadBalancer,
    autoScaling,
    domain,
    dashboard,
  ];
}
