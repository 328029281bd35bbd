import { listener as listenerType } from "../src/aws/elb/listener.ts";
import { loadBalancer as loadBalancerType } from "../src/aws/elb/load-balancer.ts";
import { targetGroup as targetGroupType } from "../src/aws/elb/target-group.ts";
import { nameFor } from "../src/aws/names.ts";
import type { Config } from "../src/config/schema.ts";
import { resource, step } from "../src/engine/resource.ts";
import { GROUP_KEY } from "./auto-scaling.ts";
import type { RoutesStep } from "./routes.ts";
import { healthCheckPath } from "./scripts/app-settings.ts";
import type { SecurityGroupsStep } from "./security-groups.ts";
import type { SubnetsStep } from "./subnets.ts";
import type { VpcStep } from "./vpc.ts";

/** The site's entrance: a load balancer in the public subnets, the target group of the web instances, and port 80. */
export function loadBalancerStep(
  config: Config,
  { vpc }: VpcStep,
  { public: subnets }: Pick<SubnetsStep, "public">,
  { publicRoutes }: Pick<RoutesStep, "publicRoutes">,
  { loadBalancer: securityGroup }: Pick<SecurityGroupsStep, "loadBalancer">,
) {
  const { web, domain } = config;
  const name = nameFor(config, loadBalancerType, "Buddy-LoadBalance");
  const targets = nameFor(config, targetGroupType, "Buddy-LoadBalance-TargetGroup");
  const loadBalancer = resource(
    loadBalancerType,
    "load-balancer",
    name,
    { subnets, publicRoutes, securityGroup },
    ({ subnets, securityGroup }) => ({
      scheme: "internet-facing" as const,
      groupIds: [securityGroup.id],
      subnetIds: subnets.map((subnet) => subnet.id),
      zones: subnets.map((subnet) => subnet.zone),
    }),
    { narrowsAfter: [GROUP_KEY] },
  );
  const targetGroup = resource(targetGroupType, "target-group", targets, { vpc }, ({ vpc }) => ({
    vpcId: vpc.id,
    protocol: "HTTP" as const,
    port: 80,
    targetType: "instance" as const,
    healthCheckPath: healthCheckPath(config),
    healthCheckCodes: "200",
    // In service after half a minute of good answers, out of it after three quarters of a minute of bad ones.
    healthCheckSeconds: 15,
    healthCheckTimeoutSeconds: 5,
    healthyThreshold: 2,
    unhealthyThreshold: 3,
    stickinessSeconds: web.stickinessSeconds,
    algorithm: "round_robin",
    deregistrationSeconds: 60,
  }));
  const listener = resource(
    listenerType,
    "listener",
    `${name}:80`,
    { loadBalancer, targetGroup },
    ({ loadBalancer, targetGroup }) => ({
      loadBalancerArn: loadBalancer.id,
      port: 80,
      protocol: "HTTP" as const,
      certificateArn: undefined,
      policy: undefined,
      targetGroupArn: targetGroup.id,
      // With a domain it redirects to https as soon as that is there.
      action: domain === null ? ("forward" as const) : undefined,
    }),
  );
  return step("load-balancer", { loadBalancer, targetGroup, listener });
}
export type LoadBalancerStep = ReturnType<typeof loadBalancerStep>["resources"];
