import { linkedPrincipal } from "../partition.ts";
import type { Service } from "../service.ts";
import { extras } from "./extras.ts";
import { group } from "./group.ts";
import { prices } from "./prices.ts";
import { scalingPolicy } from "./scaling-policy.ts";

// A group with a launch template is checked as a launch by the caller (user guide, "Control Amazon EC2 launch template usage in
// Auto Scaling groups").
const LAUNCH = ["ec2:CreateTags", "ec2:RunInstances", "iam:PassRole"];

export const autoScaling: Service<typeof import("./client.ts")> = {
  package: "auto-scaling",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "autoscaling",
    tagging: "autoscaling:CreateOrUpdateTags",
    implied: {
      CreateAutoScalingGroup: [...LAUNCH, "iam:CreateServiceLinkedRole"],
      UpdateAutoScalingGroup: LAUNCH,
      StartInstanceRefresh: LAUNCH,
    },
    changes: {
      CreateAutoScalingGroup: [
        "AttachLoadBalancerTargetGroups",
        "CancelInstanceRefresh",
        "CreateOrUpdateTags",
        "DeleteTags",
        "DescribeInstanceRefreshes",
        "DetachLoadBalancerTargetGroups",
        "RollbackInstanceRefresh",
        "SetInstanceProtection",
        "StartInstanceRefresh",
        "UpdateAutoScalingGroup",
      ],
    },
    linkedRole: linkedPrincipal("autoscaling"),
    byTags: {
      creates: ["CreateAutoScalingGroup"],
      changes: [
        "AttachLoadBalancerTargetGroups",
        "CancelInstanceRefresh",
        "DeleteAutoScalingGroup",
        "DeletePolicy",
        "DeleteTags",
        "DetachLoadBalancerTargetGroups",
        "EnableMetricsCollection",
        "PutScalingPolicy",
        "RollbackInstanceRefresh",
        "SetDesiredCapacity",
        "SetInstanceProtection",
        "StartInstanceRefresh",
        "UpdateAutoScalingGroup",
      ],
      named: ({ values }) =>
        values("AutoScalingGroupName").map((name) => `autoScalingGroup:*:autoScalingGroupName/${name}`),
    },
  },
  errors: { throttled: ["ResourceContention", "ResourceContentionFault"] },
  extras,
  types: [group, scalingPolicy],
  colour: "#c8531c",
  prices,
  safety: {
    EnableMetricsCollection: "same",
    // A repeat is refused (AlreadyExists), which would look like somebody else's group.
    CreateAutoScalingGroup: "look",
    UpdateAutoScalingGroup: "same",
    AttachLoadBalancerTargetGroups: "same",
    DetachLoadBalancerTargetGroups: "same",
    CreateOrUpdateTags: "same",
    DeleteTags: "same",
    DeleteAutoScalingGroup: "same",
    PutScalingPolicy: "same",
    DeletePolicy: "same",
    SetDesiredCapacity: "same",
    SetInstanceProtection: "same",
    // A repeat is refused (InstanceRefreshInProgress), or starts a second refresh after a short first one.
    StartInstanceRefresh: "look",
    // A repeat finds none, or rolls the same one back.
    CancelInstanceRefresh: "same",
    RollbackInstanceRefresh: "same",
  },
};
