import { linkedPrincipal } from "../partition.ts";
import type { Service } from "../service.ts";
import { extras } from "./extras.ts";
import { listener } from "./listener.ts";
import { loadBalancer } from "./load-balancer.ts";
import { preflight } from "./preflight.ts";
import { prices } from "./prices.ts";
import { redirect } from "./redirect.ts";
import { targetGroup } from "./target-group.ts";

export const elb: Service<typeof import("./client.ts")> = {
  package: "elastic-load-balancing-v2",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "elasticloadbalancing",
    tagging: "elasticloadbalancing:AddTags",
    // User guide, "Elastic Load Balancing API permissions". ec2:GetSecurityGroupsForVpc is not on that page, but checked since
    // October 2024 (kubernetes-sigs/aws-load-balancer-controller#3917); SetSecurityGroups, which is not either, takes the same
    // groups.
    implied: {
      CreateLoadBalancer: [
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAddresses",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "ec2:GetSecurityGroupsForVpc",
        "iam:CreateServiceLinkedRole",
      ],
      CreateTargetGroup: ["ec2:DescribeInternetGateways", "ec2:DescribeVpcs", "iam:CreateServiceLinkedRole"],
      SetSecurityGroups: ["ec2:DescribeSecurityGroups", "ec2:GetSecurityGroupsForVpc"],
      SetSubnets: ["ec2:DescribeSubnets"],
    },
    changes: {
      CreateLoadBalancer: [
        "ModifyListener",
        "ModifyLoadBalancerAttributes",
        "RemoveTags",
        "SetSecurityGroups",
        "SetSubnets",
      ],
      CreateTargetGroup: ["ModifyTargetGroup", "RegisterTargets"],
    },
    linkedRole: linkedPrincipal("elasticloadbalancing"),
    byTags: {
      // A listener is checked on its load balancer, with the tags of the request (as in kops's policy, kubernetes/kops#13117).
      creates: ["CreateListener", "CreateLoadBalancer", "CreateTargetGroup"],
      changes: [
        "DeleteListener",
        "DeleteLoadBalancer",
        "DeleteTargetGroup",
        "ModifyListener",
        "ModifyLoadBalancerAttributes",
        "ModifyTargetGroup",
        "ModifyTargetGroupAttributes",
        "RegisterTargets",
        "RemoveTags",
        "SetSecurityGroups",
        "SetSubnets",
      ],
      createAction: "elasticloadbalancing:CreateAction",
    },
  },
  errors: {
    throttled: ["PriorRequestNotComplete", "PriorRequestNotCompleteException"],
    // Of some new accounts, by reports of users: "This AWS account currently does not support creating load balancers."
    notActivated: ["OperationNotPermitted", "OperationNotPermittedException"].map((code) => ({
      code,
      message: /account currently does not support creating load balancers/i,
    })),
  },
  extras,
  types: [loadBalancer, targetGroup, listener, redirect],
  colour: "#8450d6",
  prices,
  preflight,
  safety: {
    // A repeat with the same settings answers the existing one (API reference, CreateLoadBalancer and its siblings).
    CreateLoadBalancer: "name",
    SetSubnets: "same",
    SetSecurityGroups: "same",
    DeleteLoadBalancer: "same",
    CreateTargetGroup: "name",
    ModifyTargetGroup: "same",
    ModifyTargetGroupAttributes: "same",
    DeleteTargetGroup: "same",
    RegisterTargets: "same",
    CreateListener: "name",
    ModifyListener: "same",
    ModifyLoadBalancerAttributes: "same",
    DeleteListener: "same",
    AddTags: "same",
    RemoveTags: "same",
  },
};
