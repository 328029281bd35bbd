import type { Service } from "../service.ts";
import { address } from "./address.ts";
import { byTags } from "./by-tags.ts";
import { extras } from "./extras.ts";
import { image } from "./image.ts";
import { imageBuilder } from "./image-builder.ts";
import { instance } from "./instance.ts";
import { internetGateway } from "./internet-gateway.ts";
import { keyPair } from "./key-pair.ts";
import { launchTemplate } from "./launch-template.ts";
import { natGateway } from "./nat-gateway.ts";
import { preflight } from "./preflight.ts";
import { prices } from "./prices.ts";
import { publicImage } from "./public-image.ts";
import { copies, volumes } from "./residuals.ts";
import { route } from "./route.ts";
import { routeTable } from "./route-table.ts";
import { securityGroup } from "./security-group.ts";
import { snapshot } from "./snapshot.ts";
import { subnet } from "./subnet.ts";
import { vpc } from "./vpc.ts";

export const ec2: Service<typeof import("./client.ts")> = {
  package: "ec2",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "ec2",
    tagging: "ec2:CreateTags",
    implied: {
      // The role of the launch, which the profile passes on (EC2 user guide, "Grant permissions to attach an IAM role to an
      // instance").
      RunInstances: ["iam:PassRole"],
      // With DeleteAssociatedSnapshots.
      DeregisterImage: ["ec2:DeleteSnapshot"],
    },
    changes: {
      CreateVpc: ["DeleteTags"],
      CreateImage: ["DeleteSnapshot", "DisableImageDeregistrationProtection"],
      CreateLaunchTemplate: ["CreateLaunchTemplateVersion", "DeleteLaunchTemplateVersions", "ModifyLaunchTemplate"],
      CreateRouteTable: ["DeleteRoute", "ReplaceRoute", "ReplaceRouteTableAssociation"],
      // Asked for only where the account has such a switch on.
      DescribeVpcBlockPublicAccessOptions: ["DescribeVpcBlockPublicAccessExclusions"],
      CreateSecurityGroup: [
        "AuthorizeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
        "UpdateSecurityGroupRuleDescriptionsEgress",
        "UpdateSecurityGroupRuleDescriptionsIngress",
      ],
      RunInstances: ["GetConsoleOutput", "ModifyInstanceAttribute", "ModifyInstanceCreditSpecification"],
    },
    byTags,
    // Who lists the stacks of all regions asks in each.
    narrowed: ({ needs }) =>
      needs("ec2:DescribeRegions")
        ? [
            {
              takes: (action) => action === "DescribeRegions" || action === "DescribeTags",
              statements: [{ Sid: "AllRegions", Resource: "*" }],
            },
          ]
        : [],
  },
  // EC2 developer guide, "Error codes".
  errors: {
    throttled: ["EC2ThrottledException", "RequestLimitExceeded"],
    transient: ["Unavailable"],
    denied: ["UnauthorizedOperation"],
    // EC2 API reference, "Common client error codes".
    unverified: ["PendingVerification"],
    notActivated: ["Blocked"],
    // AuthFailure is also the answer for an address that is still held.
    credentials: [{ code: "AuthFailure", message: /validate the provided access credentials/i }],
    quota: ["MaxSpotInstanceCountExceeded"],
    capacity: [
      "InsufficientAddressCapacity",
      "InsufficientCapacity",
      "InsufficientHostCapacity",
      "InsufficientInstanceCapacity",
      "InsufficientVolumeCapacity",
      "Unsupported",
    ],
    notVisible: [
      "InvalidAllocationID.NotFound",
      "InvalidAMIID.NotFound",
      "InvalidGatewayID.NotFound",
      "InvalidGroup.NotFound",
      "InvalidGroupId.NotFound",
      "InvalidInstanceID.NotFound",
      "InvalidInternetGatewayID.NotFound",
      "InvalidInternetGatewayId.NotFound",
      "InvalidKeyPair.NotFound",
      "InvalidLaunchTemplateId.NotFound",
      "InvalidNatGatewayID.NotFound",
      "InvalidNetworkInterfaceID.NotFound",
      "InvalidNetworkInterfaceId.NotFound",
      "InvalidRouteTableID.NotFound",
      "InvalidRouteTableId.NotFound",
      "InvalidSecurityGroupID.NotFound",
      "InvalidSecurityGroupId.NotFound",
      "InvalidSubnet.NotFound",
      "InvalidSubnetID.NotFound",
      "InvalidSubnetId.NotFound",
      "InvalidVpcID.NotFound",
      "NatGatewayNotFound",
    ],
  },
  extras,
  types: [
    vpc,
    subnet,
    internetGateway,
    routeTable,
    securityGroup,
    keyPair,
    address,
    natGateway,
    route,
    publicImage,
    instance,
    imageBuilder,
    image,
    snapshot,
    launchTemplate,
  ],
  colour: "#d9730d",
  prices,
  preflight,
  residuals: [copies, volumes],
  safety: {
    CreateVpc: "look",
    ModifyVpcAttribute: "same",
    DeleteVpc: "same",
    // A repeat is refused (InvalidSubnet.Conflict), but that answer does not give the subnet's id.
    CreateSubnet: "look",
    ModifySubnetAttribute: "same",
    DeleteSubnet: "same",
    CreateTags: "same",
    DeleteTags: "same",
    CreateInternetGateway: "look",
    AttachInternetGateway: "name",
    DetachInternetGateway: "same",
    DeleteInternetGateway: "same",
    CreateRouteTable: "token",
    // A repeat is refused: the destination, and the subnet, is the key.
    CreateRoute: "name",
    AssociateRouteTable: "name",
    // A repeat is refused: the old association is gone.
    ReplaceRouteTableAssociation: "name",
    ReplaceRoute: "same",
    DeleteRoute: "same",
    DisassociateRouteTable: "same",
    DeleteRouteTable: "same",
    // A repeat is refused (InvalidGroup.Duplicate), but that answer does not give the group's id.
    CreateSecurityGroup: "look",
    AuthorizeSecurityGroupIngress: "name",
    AuthorizeSecurityGroupEgress: "name",
    RevokeSecurityGroupIngress: "same",
    RevokeSecurityGroupEgress: "same",
    UpdateSecurityGroupRuleDescriptionsIngress: "same",
    UpdateSecurityGroupRuleDescriptionsEgress: "same",
    DeleteSecurityGroup: "same",
    AllocateAddress: "look",
    ReleaseAddress: "same",
    CreateNatGateway: "token",
    DeleteNatGateway: "same",
    ImportKeyPair: "name",
    DeleteKeyPair: "same",
    RunInstances: "token",
    ModifyInstanceAttribute: "same",
    ModifyInstanceCreditSpecification: "same",
    TerminateInstances: "same",
    // A repeat is refused (InvalidAMIName.Duplicate), but that answer does not give the image's id.
    CreateImage: "look",
    DisableImageDeregistrationProtection: "same",
    DeregisterImage: "same",
    DeleteSnapshot: "same",
    // A repeat with the token answers the template; one without is refused by its name.
    CreateLaunchTemplate: "token",
    // A repeat would be one version more; which one is the default is looked at.
    CreateLaunchTemplateVersion: "look",
    ModifyLaunchTemplate: "same",
    DeleteLaunchTemplate: "same",
    DeleteLaunchTemplateVersions: "same",
  },
};
