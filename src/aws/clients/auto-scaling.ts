import type { Safety } from "../safety.ts";

export {
  AttachLoadBalancerTargetGroupsCommand,
  AutoScalingClient as Client,
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DeleteAutoScalingGroupCommand,
  DeletePolicyCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribePoliciesCommand,
  DescribeScalingActivitiesCommand,
  DetachLoadBalancerTargetGroupsCommand,
  EnableMetricsCollectionCommand,
  PutScalingPolicyCommand,
  SetDesiredCapacityCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";

export const safety: Readonly<Record<string, Safety>> = {
  EnableMetricsCollection: "same",
  // A repeat is refused (AlreadyExists), which would look like somebody else's group.
  CreateAutoScalingGroup: "look",
  UpdateAutoScalingGroup: "same",
  AttachLoadBalancerTargetGroups: "same",
  DetachLoadBalancerTargetGroups: "same",
  CreateOrUpdateTags: "same",
  DeleteAutoScalingGroup: "same",
  PutScalingPolicy: "same",
  DeletePolicy: "same",
  SetDesiredCapacity: "same",
  // A repeat is refused (InstanceRefreshInProgress), or starts a second refresh after a short first one.
  StartInstanceRefresh: "look",
};
