import { group as groupType } from "../src/aws/auto-scaling/group.ts";
import { scalingPolicy } from "../src/aws/auto-scaling/scaling-policy.ts";
import type { LaunchTemplateLive, LaunchTemplateSpec } from "../src/aws/ec2/launch-template.ts";
import { nameFor } from "../src/aws/names.ts";
import type { Config } from "../src/config/schema.ts";
import { type Need, type Resource, resource, step } from "../src/engine/resource.ts";
import type { Inputs } from "./inputs.ts";
import type { LoadBalancerStep } from "./load-balancer.ts";
import { releaseCommand } from "./scripts/app-settings.ts";
import type { SubnetsStep } from "./subnets.ts";

/** Key of the group of web instances. */
export const GROUP_KEY = "auto-scaling-group";

/** From an instance's start until it must answer, seconds. */
const GRACE_SECONDS = 300;
/** Where its release command runs before that: web-release.py gives it 15 minutes, and ending it half way may leave the database so. */
const RELEASE_GRACE_SECONDS = 1200;

/**
 * The web instances: as many as the load asks for, replaced when they fail. They start when what they use at boot is
 * there: the way out through the NATs, the primary database and its address; and behind a listener, without which the
 * load balancer would not check them. The key that applications sign with is there before them, so that it is the same for all.
 */
export function autoScalingStep(
  config: Config,
  { project }: Pick<Inputs, "project">,
  { web: subnets }: Pick<SubnetsStep, "web">,
  {
    launchTemplate,
    image,
  }: { readonly launchTemplate: Resource<LaunchTemplateSpec, LaunchTemplateLive>; readonly image: Need },
  { targetGroup, listener }: Pick<LoadBalancerStep, "targetGroup" | "listener">,
  {
    primary,
    primaryParameter,
    secretKey,
  }: { readonly primary: Need; readonly primaryParameter: Need; readonly secretKey: Need },
  { natRoutes }: { readonly natRoutes: Need },
) {
  const { web } = config;
  const name = nameFor(config, groupType, "Buddy-AutoScaling-Group");
  const group = resource(
    groupType,
    GROUP_KEY,
    name,
    // The image too: an old one goes only when no instance runs it any more.
    { subnets, launchTemplate, image, targetGroup, listener, primary, primaryParameter, secretKey, natRoutes },
    ({ subnets, launchTemplate, targetGroup }) => ({
      min: web.min,
      max: web.max,
      desired: web.desired,
      launchTemplateId: launchTemplate.id,
      launchTemplateVersion: String(launchTemplate.version),
      subnetIds: subnets.map((subnet) => subnet.id),
      targetGroupArns: [targetGroup.id],
      registered: true,
      healthCheckType: "ELB" as const,
      gracePeriodSeconds: releaseCommand(config, project) === "" ? GRACE_SECONDS : RELEASE_GRACE_SECONDS,
      warmupSeconds: 120,
      metrics: ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize"],
    }),
    { configured: { min: "web.min", max: "web.max" } },
  );
  const policy = resource(scalingPolicy, "scaling-policy", `${name}:cpu-target`, { group }, ({ group }) => ({
    groupName: group.id,
    metric: "ASGAverageCPUUtilization" as const,
    target: web.cpuTarget,
  }));
  return step("auto-scaling", { group, policy });
}
export type AutoScalingStep = ReturnType<typeof autoScalingStep>["resources"];
