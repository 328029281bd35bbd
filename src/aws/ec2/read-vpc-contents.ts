import type { NetworkInterface, Tag } from "@aws-sdk/client-ec2";
import type { Tags } from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { interfaceBlocker, interfacesIn } from "./read-interfaces.ts";
import type { Filters } from "./reader.ts";

/** Something in a VPC that keeps it from being deleted. */
export interface Content {
  readonly id: string;
  /** What it is, as AWS describes it. */
  readonly what: string;
  readonly tags: Tags;
  /** What removes it, with the AWS CLI; none: AWS has no command for it alone. */
  readonly commands: readonly string[];
  /** It goes by itself. */
  readonly passing: boolean;
  readonly networkInterface?: NetworkInterface;
  /** Of an interface: ids of all that it may be of, where its service does not say which. */
  readonly anyOf?: readonly string[];
}
/** All that is in a VPC, and which sorts could not be looked at, and why. */
export interface Contents {
  readonly found: readonly Content[];
  readonly unseen: readonly string[];
}

interface Sort {
  /** In the plural, for the notice that it could not be looked at. */
  readonly sort: string;
  read(aws: Aws, vpcId: string): Promise<readonly Content[]>;
}
interface Shown {
  readonly id: string | undefined;
  readonly what: string;
  readonly tags: Tag[] | undefined;
  /** The words of the AWS CLI that remove it, without profile and region. */
  readonly remove?: string;
}

/** One sort: the call that lists it by the VPC, and what counts of its answer. */
const sort = <Page extends { readonly NextToken?: string | undefined }, Item>(
  name: string,
  page: (aws: Aws, Filters: Filters, NextToken: string | undefined) => Promise<Page>,
  items: (page: Page) => readonly Item[] | undefined,
  shown: (item: Item, vpcId: string) => Shown | undefined,
  filter = "vpc-id",
): Sort => ({
  sort: name,
  async read(aws, vpcId) {
    const found = await allPages(
      (token) => page(aws, [{ Name: filter, Values: [vpcId] }], token),
      items,
      ({ NextToken }) => NextToken,
    );
    return found.flatMap((item) => {
      const one = shown(item, vpcId);
      if (!one) return [];
      const commands = one.remove ? [`${aws.cli} ${one.remove} --region ${aws.region}`] : [];
      return [{ id: one.id ?? "", what: one.what, tags: tagsFrom(one.tags), commands, passing: false }];
    });
  },
});

const named = (what: string, tags: Tag[] | undefined) => [what, tagsFrom(tags).Name].filter(Boolean).join(" ");
// Some begin with a capital letter.
const GONE = ["deleted", "deleting", "failed", "terminated", "shutting-down", "rejected", "expired"];
const there = (state: string | undefined): boolean => !GONE.includes(state?.toLowerCase() ?? "");
const peering = (filter: string): Sort =>
  sort(
    "VPC peering connections",
    (aws, Filters, NextToken) => aws.ec2.describeVpcPeeringConnections({ Filters, NextToken }),
    (page) => page.VpcPeeringConnections,
    ({ VpcPeeringConnectionId: id, Tags, Status, RequesterVpcInfo, AccepterVpcInfo }, vpcId) => {
      const other = [RequesterVpcInfo, AccepterVpcInfo].find((one) => one?.VpcId !== vpcId);
      const what = `${named("VPC peering connection", Tags)} with ${other?.VpcId ?? "another VPC"}`;
      const remove = `ec2 delete-vpc-peering-connection --vpc-peering-connection-id ${id}`;
      return there(Status?.Code) ? { id, what, tags: Tags, remove } : undefined;
    },
    filter,
  );

/**
 * What keeps a VPC from being deleted (VPC user guide, "Delete your VPC"). What AWS makes with every VPC, and removes with it, is
 * not among it: the default group, the main table, the default network ACL.
 */
const SORTS: readonly Sort[] = [
  sort(
    "instances",
    (aws, Filters, NextToken) => aws.ec2.describeInstances({ Filters, NextToken }),
    (page) => page.Reservations?.flatMap(({ Instances }) => Instances ?? []),
    ({ InstanceId: id, Tags, State }) =>
      there(State?.Name)
        ? { id, what: named("instance", Tags), tags: Tags, remove: `ec2 terminate-instances --instance-ids ${id}` }
        : undefined,
  ),
  sort(
    "VPC endpoints",
    (aws, Filters, NextToken) => aws.ec2.describeVpcEndpoints({ Filters, NextToken }),
    (page) => page.VpcEndpoints,
    ({ VpcEndpointId: id, ServiceName, Tags, State, RequesterManaged }) =>
      there(State)
        ? {
            id,
            what: `VPC endpoint of ${ServiceName}${RequesterManaged ? ", made by an AWS service" : ""}`,
            tags: Tags,
            remove: `ec2 delete-vpc-endpoints --vpc-endpoint-ids ${id}`,
          }
        : undefined,
  ),
  // This one call names its filters "Filter" (API reference, DescribeNatGateways).
  sort(
    "NAT gateways",
    (aws, Filter, NextToken) => aws.ec2.describeNatGateways({ Filter, NextToken }),
    (page) => page.NatGateways,
    ({ NatGatewayId: id, Tags, State }) =>
      there(State)
        ? { id, what: named("NAT gateway", Tags), tags: Tags, remove: `ec2 delete-nat-gateway --nat-gateway-id ${id}` }
        : undefined,
  ),
  peering("requester-vpc-info.vpc-id"),
  peering("accepter-vpc-info.vpc-id"),
  sort(
    "transit gateway attachments",
    (aws, Filters, NextToken) => aws.ec2.describeTransitGatewayVpcAttachments({ Filters, NextToken }),
    (page) => page.TransitGatewayVpcAttachments,
    ({ TransitGatewayAttachmentId: id, TransitGatewayId, Tags, State }) =>
      there(State)
        ? {
            id,
            what: `${named("attachment", Tags)} to transit gateway ${TransitGatewayId}`,
            tags: Tags,
            remove: `ec2 delete-transit-gateway-vpc-attachment --transit-gateway-attachment-id ${id}`,
          }
        : undefined,
  ),
  sort(
    "VPN gateways",
    // It has no pages.
    async (aws, Filters) => ({ ...(await aws.ec2.describeVpnGateways({ Filters })), NextToken: undefined }),
    (page) => page.VpnGateways,
    ({ VpnGatewayId: id, Tags, VpcAttachments = [] }, vpcId) =>
      VpcAttachments.some((one) => one.VpcId === vpcId && one.State !== "detached" && one.State !== "detaching")
        ? {
            id,
            what: named("VPN gateway", Tags),
            tags: Tags,
            remove: `ec2 detach-vpn-gateway --vpn-gateway-id ${id} --vpc-id ${vpcId}`,
          }
        : undefined,
    "attachment.vpc-id",
  ),
  sort(
    "egress-only internet gateways",
    // It can be filtered by tags only (API reference).
    (aws, _Filters, NextToken) => aws.ec2.describeEgressOnlyInternetGateways({ NextToken }),
    (page) => page.EgressOnlyInternetGateways,
    ({ EgressOnlyInternetGatewayId: id, Tags, Attachments = [] }, vpcId) =>
      Attachments.some(({ VpcId }) => VpcId === vpcId)
        ? {
            id,
            what: named("egress-only internet gateway", Tags),
            tags: Tags,
            remove: `ec2 delete-egress-only-internet-gateway --egress-only-internet-gateway-id ${id}`,
          }
        : undefined,
  ),
  sort(
    "internet gateways",
    (aws, Filters, NextToken) => aws.ec2.describeInternetGateways({ Filters, NextToken }),
    (page) => page.InternetGateways,
    ({ InternetGatewayId: id, Tags }, vpcId) => ({
      id,
      what: named("internet gateway", Tags),
      tags: Tags,
      remove: `ec2 detach-internet-gateway --internet-gateway-id ${id} --vpc-id ${vpcId}`,
    }),
    "attachment.vpc-id",
  ),
  {
    sort: "network interfaces",
    read: async (aws, vpcId) =>
      Promise.all(
        (await interfacesIn(aws, "vpc-id", vpcId)).map(async (one): Promise<Content> => {
          const { what, ...rest } = await interfaceBlocker(aws, one);
          const tags = tagsFrom(one.TagSet);
          return { ...rest, what: `network interface, ${what}`, tags, networkInterface: one };
        }),
      ),
  },
  sort(
    "subnets",
    (aws, Filters, NextToken) => aws.ec2.describeSubnets({ Filters, NextToken }),
    (page) => page.Subnets,
    ({ SubnetId: id, Tags, CidrBlock }) => ({
      id,
      what: `${named("subnet", Tags)} ${CidrBlock}`,
      tags: Tags,
      remove: `ec2 delete-subnet --subnet-id ${id}`,
    }),
  ),
  sort(
    "route tables",
    (aws, Filters, NextToken) => aws.ec2.describeRouteTables({ Filters, NextToken }),
    (page) => page.RouteTables,
    ({ RouteTableId: id, Tags, Associations }) =>
      Associations?.some(({ Main }) => Main)
        ? undefined
        : { id, what: named("route table", Tags), tags: Tags, remove: `ec2 delete-route-table --route-table-id ${id}` },
  ),
  sort(
    "network ACLs",
    (aws, Filters, NextToken) => aws.ec2.describeNetworkAcls({ Filters, NextToken }),
    (page) => page.NetworkAcls,
    ({ NetworkAclId: id, Tags, IsDefault }) =>
      IsDefault
        ? undefined
        : { id, what: named("network ACL", Tags), tags: Tags, remove: `ec2 delete-network-acl --network-acl-id ${id}` },
  ),
  sort(
    "security groups",
    (aws, Filters, NextToken) => aws.ec2.describeSecurityGroups({ Filters, NextToken }),
    (page) => page.SecurityGroups,
    ({ GroupId: id, GroupName, Tags }) =>
      GroupName === "default"
        ? undefined
        : {
            id,
            what: `security group ${GroupName}`,
            tags: Tags,
            remove: `ec2 delete-security-group --group-id ${id}`,
          },
  ),
];

/** What is in a VPC. Only reads. One sort that may not be read does not hide the others. */
export async function contentsOf(aws: Aws, vpcId: string): Promise<Contents> {
  const unseen: string[] = [];
  const found = await Promise.all(
    SORTS.map(({ sort: name, read }) =>
      read(aws, vpcId).catch((error: unknown) => {
        if (error instanceof BuddyError) throw error;
        unseen.push(`${name}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
        return [];
      }),
    ),
  );
  return { found: found.flat(), unseen };
}

/** Without the interfaces of what is in it by itself: it would be told of twice. */
export function withoutParts(found: readonly Content[]): readonly Content[] {
  const ids = new Set(found.filter(({ networkInterface }) => !networkInterface).map(({ id }) => id));
  return found.filter(({ networkInterface: one }) => {
    const [owner] = /\b(?:vpce|nat|tgw-attach)-[0-9a-f]+/.exec(one?.Description ?? "") ?? [];
    return !(one && [one.Attachment?.InstanceId, owner].some((id) => id !== undefined && ids.has(id)));
  });
}
