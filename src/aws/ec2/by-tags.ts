import type { ByTags } from "../permissions.ts";
import type { OperationOf } from "../service.ts";

/** Checked in the caller's name when EFS makes, changes and deletes the interface of a mount target. */
type OfMountTargets = "CreateNetworkInterface" | "DeleteNetworkInterface" | "ModifyNetworkInterfaceAttribute";

/**
 * EC2 checks an action on each kind of resource that the Service Authorization Reference lists for it: on what it makes with
 * the tags of the request, on what is there with the tags that it has. kops's policy holds to the same (kubernetes/kops,
 * pkg/model/iam).
 */
export const byTags: ByTags<OperationOf<typeof import("./client.ts")> | OfMountTargets> = {
  creates: [
    "AllocateAddress",
    "CreateImage",
    "CreateInternetGateway",
    "CreateLaunchTemplate",
    "CreateNatGateway",
    "CreateRouteTable",
    "CreateSecurityGroup",
    "CreateSubnet",
    "CreateVpc",
    "ImportKeyPair",
    // A group's launches, too, which are checked in the caller's name with the tags that the launch template gives
    // (eksctl-io/eksctl#1603, terraform-aws-modules/terraform-aws-eks#822).
    "RunInstances",
  ],
  changes: [
    "AssociateRouteTable",
    "AttachInternetGateway",
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "CreateImage",
    "CreateLaunchTemplateVersion",
    "CreateNatGateway",
    "CreateNetworkInterface",
    "CreateRoute",
    "CreateRouteTable",
    "CreateSecurityGroup",
    "CreateSubnet",
    "DeleteInternetGateway",
    "DeleteKeyPair",
    "DeleteLaunchTemplate",
    "DeleteLaunchTemplateVersions",
    "DeleteNatGateway",
    "DeleteRoute",
    "DeleteRouteTable",
    "DeleteSecurityGroup",
    "DeleteSnapshot",
    "DeleteSubnet",
    "DeleteTags",
    "DeleteVpc",
    "DeregisterImage",
    "DetachInternetGateway",
    "DisableImageDeregistrationProtection",
    "DisassociateRouteTable",
    "ModifyInstanceAttribute",
    "ModifyInstanceCreditSpecification",
    "ModifyLaunchTemplate",
    "ModifyNetworkInterfaceAttribute",
    "ModifySubnetAttribute",
    "ModifyVpcAttribute",
    "ReleaseAddress",
    "ReplaceRoute",
    "ReplaceRouteTableAssociation",
    "RevokeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "TerminateInstances",
    "UpdateSecurityGroupRuleDescriptionsEgress",
    "UpdateSecurityGroupRuleDescriptionsIngress",
  ],
  besides: {
    // A rule is a resource of its own, to which no tags are given.
    AuthorizeSecurityGroupEgress: ["security-group-rule/*"],
    AuthorizeSecurityGroupIngress: ["security-group-rule/*"],
    // EFS gives its interfaces no tags.
    CreateNetworkInterface: ["network-interface/*"],
    DeleteNetworkInterface: ["network-interface/*"],
    ModifyNetworkInterfaceAttribute: ["network-interface/*"],
    // Our gateway may have been attached to somebody else's VPC, our table may have been given somebody else's subnet, and
    // our subnet somebody else's table.
    DetachInternetGateway: ["vpc/*"],
    DisassociateRouteTable: ["subnet/*"],
    ReplaceRouteTableAssociation: ["route-table/*"],
    // The image may be public, the interface has no tags; `doctor` tries a launch before there is a subnet of the stack.
    RunInstances: [
      "image/*",
      "key-pair/*",
      "launch-template/*",
      "network-interface/*",
      "security-group/*",
      "snapshot/*",
      "subnet/*",
    ],
  },
  createAction: "ec2:CreateAction",
  // CreateVpc tags the VPC alone, so the default group that comes with it is known by its id only.
  untagged: ({ region, arn, recorded }) => {
    const ids = recorded("ec2:vpc").flatMap(({ attributes }) => attributes?.defaultGroupId ?? []);
    return ids.length === 0
      ? []
      : [
          {
            takes: (action) => /^RevokeSecurityGroup(In|E)gress$/.test(action),
            statements: [
              { Sid: "DefaultGroup", Resource: ids.map((id) => arn(`ec2:${region}:*:security-group/${id}`)) },
            ],
          },
        ];
  },
};
