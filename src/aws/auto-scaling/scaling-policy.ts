import type { MetricType, ScalingPolicy } from "@aws-sdk/client-auto-scaling";
import type { Identified, ResourceType } from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { alarmMonth } from "../cloudwatch/prices.ts";
import { undefinedIf } from "../errors.ts";
import { allPages } from "../pages.ts";

export interface ScalingPolicySpec {
  readonly groupName: string;
  readonly metric: MetricType;
  /** The average of the metric that the group keeps to; percent for CPU. */
  readonly target: number;
}
/** `id` is the ARN. The alarms that AWS makes for it come and go with it. */
export interface ScalingPolicyLive extends ScalingPolicySpec, Identified {
  readonly policyName: string;
}

/** What calls about the policies of a group say when there is no such group, or no such policy. */
export const NOT_FOUND = [{ code: "ValidationError", message: /not found/i }];

/** What AWS knows it by, from its recorded ARN, else from its name. A group's name has no colon (API reference, CreateAutoScalingGroup). */
function names(name: string, arn = ""): { readonly groupName: string; readonly policyName: string } {
  const [, groupName, policyName] =
    /:autoScalingGroupName\/([^:]+):policyName\/(.+)$/.exec(arn) ?? /^([^:]+):(.+)$/.exec(name) ?? [];
  if (!groupName || !policyName)
    throw new BuddyError({ code: "internal", message: `"${name}" is not <group>:<policy>` });
  return { groupName, policyName };
}

/** All policies of a group; none where there is no such group. */
export const policiesOf = async (aws: Aws, AutoScalingGroupName: string): Promise<readonly ScalingPolicy[]> =>
  (await undefinedIf(NOT_FOUND, () =>
    allPages(
      (NextToken) => aws.autoScaling.describePolicies({ AutoScalingGroupName, NextToken }),
      (page) => page.ScalingPolicies,
      (page) => page.NextToken,
    ),
  )) ?? [];

/** Target tracking of a group. Named `<group>:<policy>`; it is ours as its group is. */
export const scalingPolicy: ResourceType<ScalingPolicySpec, ScalingPolicyLive> = {
  name: "auto-scaling:scaling-policy",
  immutable: ["groupName"],
  coverage: {
    covers: {
      groupName: ["AutoScalingGroupName"],
      metric: ["TargetTrackingConfiguration.PredefinedMetricSpecification"],
      target: ["TargetTrackingConfiguration.TargetValue"],
    },
  },
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 2 },
  unnoticed: true,
  retryable: { create: ["ServiceLinkedRoleFailure"] },

  async find(aws, owner, id) {
    const { groupName, policyName } = names(owner.name, id);
    const policy = (await policiesOf(aws, groupName)).find(({ PolicyName }) => PolicyName === policyName);
    const tracking = policy?.TargetTrackingConfiguration;
    // A policy of another kind under that name is put right by a new PutScalingPolicy.
    return (
      policy &&
      tracking && {
        id: policy.PolicyARN as string,
        groupName: policy.AutoScalingGroupName ?? "",
        policyName,
        metric: tracking.PredefinedMetricSpecification?.PredefinedMetricType ?? ("" as MetricType),
        target: tracking.TargetValue ?? 0,
        described: policy,
      }
    );
  },

  create: async (aws, spec, owner) => (await put(aws, spec, names(owner.name).policyName)).PolicyARN as string,

  /** The call replaces the whole policy. */
  mend: (aws, live) => ({ put: () => put(aws, live, live.policyName) }),

  async update(aws, { policyName }, spec) {
    await put(aws, spec, policyName);
  },

  async delete(aws, { groupName, policyName }) {
    await undefinedIf(NOT_FOUND, () =>
      aws.autoScaling.deletePolicy({ AutoScalingGroupName: groupName, PolicyName: policyName }),
    );
  },

  // AWS makes two alarms for it, one for high and one for low, which are the group's like the policy itself.
  charges: (_spec, { name }) => [
    { what: "alarms of target tracking", price: alarmMonth, quantity: 2, under: names(name).groupName },
  ],
};

// Made and changed by the same call. Without PolicyType AWS makes a simple scaling policy.
const put = (aws: Aws, { groupName, metric, target }: ScalingPolicySpec, PolicyName: string) =>
  aws.autoScaling.putScalingPolicy({
    AutoScalingGroupName: groupName,
    PolicyName,
    PolicyType: "TargetTrackingScaling",
    TargetTrackingConfiguration: {
      PredefinedMetricSpecification: { PredefinedMetricType: metric },
      TargetValue: target,
    },
  });
