import type { Safety } from "../safety.ts";

export {
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  EC2Client as Client,
  ModifySubnetAttributeCommand,
  ModifyVpcAttributeCommand,
} from "@aws-sdk/client-ec2";

export const safety: Readonly<Record<string, Safety>> = {
  CreateVpc: "look",
  ModifyVpcAttribute: "same",
  DeleteVpc: "same",
  // A repeat is refused (InvalidSubnet.Conflict), but that answer does not give the subnet's id.
  CreateSubnet: "look",
  ModifySubnetAttribute: "same",
  DeleteSubnet: "same",
  CreateTags: "same",
};
