import type { Safety } from "../safety.ts";

export {
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client as Client,
  ModifyListenerCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";

export const safety: Readonly<Record<string, Safety>> = {
  // A repeat with the same settings answers the existing one (API reference, CreateLoadBalancer and its siblings).
  CreateLoadBalancer: "name",
  SetSubnets: "same",
  SetSecurityGroups: "same",
  DeleteLoadBalancer: "same",
  CreateTargetGroup: "name",
  ModifyTargetGroup: "same",
  ModifyTargetGroupAttributes: "same",
  DeleteTargetGroup: "same",
  CreateListener: "name",
  ModifyListener: "same",
  DeleteListener: "same",
  AddTags: "same",
};
