import type { Tag } from "@aws-sdk/client-ec2";
import type { Aws } from "../aws/aws.ts";
import { interfaceText } from "../aws/ec2/read-interfaces.ts";
import { STACK_TAG, tagsFrom } from "../aws/owned.ts";
import { allPages } from "../aws/pages.ts";

/** Something in the stack's VPC that the stack did not make. */
export interface Foreign {
  readonly id: string;
  /** What it is, as AWS describes it. */
  readonly what: string;
}

/**
 * What others put into a VPC of the stack: it will be in the way when the VPC is to be removed. What AWS makes with every VPC
 * (default group, main table), and what its services make for the stack's own objects, is not among it. Only reads.
 */
export async function findForeignResources(aws: Aws, vpcId: string, stack: string): Promise<readonly Foreign[]> {
  const Filters = [{ Name: "vpc-id", Values: [vpcId] }];
  const [instances, groups, subnets, tables, gateways, interfaces] = await Promise.all([
    allPages(
      (NextToken) => aws.ec2.describeInstances({ Filters, NextToken }),
      (page) => page.Reservations?.flatMap(({ Instances }) => Instances ?? []),
      (page) => page.NextToken,
    ),
    allPages(
      (NextToken) => aws.ec2.describeSecurityGroups({ Filters, NextToken }),
      (page) => page.SecurityGroups,
      (page) => page.NextToken,
    ),
    allPages(
      (NextToken) => aws.ec2.describeSubnets({ Filters, NextToken }),
      (page) => page.Subnets,
      (page) => page.NextToken,
    ),
    allPages(
      (NextToken) => aws.ec2.describeRouteTables({ Filters, NextToken }),
      (page) => page.RouteTables,
      (page) => page.NextToken,
    ),
    // This one call names its filters "Filter" (API reference, DescribeNatGateways).
    allPages(
      (NextToken) => aws.ec2.describeNatGateways({ Filter: Filters, NextToken }),
      (page) => page.NatGateways,
      (page) => page.NextToken,
    ),
    allPages(
      (NextToken) => aws.ec2.describeNetworkInterfaces({ Filters, NextToken }),
      (page) => page.NetworkInterfaces,
      (page) => page.NextToken,
    ),
  ]);
  const ours = ({ Tags }: { readonly Tags?: Tag[] | undefined }) => tagsFrom(Tags)[STACK_TAG] === stack;
  const named = (what: string, Tags: Tag[] | undefined) => [what, tagsFrom(Tags).Name].filter(Boolean).join(" ");
  const ourGroups = new Set(groups.filter(ours).map(({ GroupId }) => GroupId));
  const known = new Set([
    ...instances.map(({ InstanceId }) => InstanceId),
    ...gateways.map(({ NatGatewayId }) => NatGatewayId),
  ]);

  return [
    ...instances
      .filter((one) => !ours(one) && !["terminated", "shutting-down"].includes(one.State?.Name ?? ""))
      .map(({ InstanceId = "", Tags }) => ({ id: InstanceId, what: named("instance", Tags) })),
    ...groups
      .filter((one) => !ours(one) && one.GroupName !== "default")
      .map(({ GroupId = "", GroupName }) => ({ id: GroupId, what: `security group ${GroupName}` })),
    ...subnets
      .filter((one) => !ours(one))
      .map(({ SubnetId = "", Tags, CidrBlock }) => ({ id: SubnetId, what: `${named("subnet", Tags)} ${CidrBlock}` })),
    ...tables
      .filter((one) => !ours(one) && !one.Associations?.some(({ Main }) => Main))
      .map(({ RouteTableId = "", Tags }) => ({ id: RouteTableId, what: named("route table", Tags) })),
    ...gateways
      .filter((one) => !ours(one) && !["deleted", "deleting", "failed"].includes(one.State ?? ""))
      .map(({ NatGatewayId = "", Tags }) => ({ id: NatGatewayId, what: named("NAT gateway", Tags) })),
    // Interfaces of what is judged by itself are not told of twice; services give theirs the groups of what they are for.
    ...interfaces
      .filter((one) => {
        const { Attachment, Description = "", Groups = [] } = one;
        const owner = Attachment?.InstanceId ?? /nat-[0-9a-f]+/.exec(Description)?.[0];
        return (
          !ours({ Tags: one.TagSet }) && !known.has(owner) && !Groups.some(({ GroupId }) => ourGroups.has(GroupId))
        );
      })
      .map((one) => ({ id: one.NetworkInterfaceId ?? "", what: `network interface, ${interfaceText(one)}` })),
  ];
}
