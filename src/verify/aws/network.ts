import type {
  Instance,
  InternetGateway,
  IpPermission,
  NetworkInterface,
  RouteTable,
  Subnet,
} from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/aws.ts";
import { destinationOf, targetOf } from "../../aws/ec2/route-table.ts";
import { allPages } from "../../aws/pages.ts";
import type { Interface, Network, Route, Rule } from "../reach.ts";

const pages = <P extends { readonly NextToken?: string | undefined }, T>(
  call: (NextToken: string | undefined) => Promise<P>,
  items: (page: P) => readonly T[] | undefined,
) => allPages(call, items, (page) => page.NextToken);

const inVpc = (vpcId: string) => [{ Name: "vpc-id", Values: [vpcId] }];

/** All subnets of the VPC. */
export const readSubnets = ({ ec2 }: Aws, vpcId: string): Promise<readonly Subnet[]> =>
  pages(
    (NextToken) => ec2.describeSubnets({ Filters: inVpc(vpcId), NextToken }),
    ({ Subnets }) => Subnets,
  );

/** All instances of the VPC, regardless of owner, except those that are terminated. */
export async function readInstances({ ec2 }: Aws, vpcId: string): Promise<readonly Instance[]> {
  const reservations = await pages(
    (NextToken) => ec2.describeInstances({ Filters: inVpc(vpcId), NextToken }),
    ({ Reservations }) => Reservations,
  );
  return reservations.flatMap(({ Instances }) => Instances ?? []).filter(({ State }) => State?.Name !== "terminated");
}

/** The VPC as it is, regardless of owner: what others have put into it also counts. */
export async function readNetwork(
  { ec2 }: Aws,
  vpcId: string,
  known: { readonly subnets: Promise<readonly Subnet[]>; readonly instances: Promise<readonly Instance[]> },
): Promise<Network> {
  const Filters = inVpc(vpcId);
  const [vpcs, subnets, tables, groups, interfaces, gateways, natGateways, instances] = await Promise.all([
    ec2.describeVpcs({ VpcIds: [vpcId] }),
    known.subnets,
    pages(
      (NextToken) => ec2.describeRouteTables({ Filters, NextToken }),
      ({ RouteTables }) => RouteTables,
    ),
    pages(
      (NextToken) => ec2.describeSecurityGroups({ Filters, NextToken }),
      ({ SecurityGroups }) => SecurityGroups,
    ),
    pages(
      (NextToken) => ec2.describeNetworkInterfaces({ Filters, NextToken }),
      ({ NetworkInterfaces }) => NetworkInterfaces,
    ),
    pages(
      (NextToken) =>
        ec2.describeInternetGateways({ Filters: [{ Name: "attachment.vpc-id", Values: [vpcId] }], NextToken }),
      ({ InternetGateways }) => InternetGateways,
    ),
    pages(
      // `Filter`, where the other calls say `Filters`.
      (NextToken) => ec2.describeNatGateways({ Filter: Filters, NextToken }),
      ({ NatGateways }) => NatGateways,
    ),
    known.instances,
  ]);
  const byId = new Map(instances.map((instance) => [instance.InstanceId, instance]));
  const main = tables.find(({ Associations }) => Associations?.some(({ Main }) => Main));
  const tableOf = (subnetId: string | undefined) =>
    tables.find(({ Associations }) =>
      Associations?.some(
        ({ SubnetId, AssociationState }) =>
          SubnetId === subnetId && !/^(dis|failed)/.test(AssociationState?.State ?? ""),
      ),
    ) ?? main;
  const [vpc] = vpcs.Vpcs ?? [];
  const ranges = (vpc?.CidrBlockAssociationSet ?? [])
    .filter(({ CidrBlockState }) => CidrBlockState?.State === "associated")
    .flatMap(({ CidrBlock }) => CidrBlock ?? []);

  return {
    cidrs: ranges.length > 0 ? ranges : [vpc?.CidrBlock ?? ""],
    subnets: subnets.map((subnet) => ({
      id: subnet.SubnetId ?? "",
      zone: subnet.AvailabilityZone ?? "",
      routes: routesOf(tableOf(subnet.SubnetId)),
    })),
    internetGateways: gateways.filter(attachedTo(vpcId)).flatMap(({ InternetGatewayId }) => InternetGatewayId ?? []),
    natGateways: natGateways.map((gateway) => ({
      id: gateway.NatGatewayId ?? "",
      subnetId: gateway.SubnetId ?? "",
      available: gateway.State === "available",
      publicAddress: gateway.NatGatewayAddresses?.[0]?.PublicIp,
    })),
    groups: groups.map((group) => ({
      id: group.GroupId ?? "",
      name: group.GroupName ?? "",
      inbound: rulesOf(group.IpPermissions),
      outbound: rulesOf(group.IpPermissionsEgress),
    })),
    interfaces: interfaces.map((found) => interfaceOf(found, byId.get(found.Attachment?.InstanceId))),
  };
}

const attachedTo =
  (vpcId: string) =>
  ({ Attachments }: InternetGateway): boolean =>
    (Attachments ?? []).some(({ VpcId, State }) => VpcId === vpcId && State !== "detached");

const routesOf = (table: RouteTable | undefined): Route[] =>
  (table?.Routes ?? []).map((route) => ({
    to: destinationOf(route),
    target: targetOf(route),
    active: route.State !== "blackhole",
  }));

/** AWS's numbers for the protocols that it also has names for. */
const PROTOCOLS: Readonly<Record<string, string>> = { "-1": "all", "6": "tcp", "17": "udp", "1": "icmp" };
const ALL_PORTS = { from: 0, to: 65_535 };

function rulesOf(permissions: readonly IpPermission[] | undefined): Rule[] {
  return (permissions ?? []).flatMap((permission) => {
    const { IpProtocol = "-1", FromPort, ToPort } = permission;
    const protocol = PROTOCOLS[IpProtocol] ?? IpProtocol;
    const ports =
      protocol === "all" || FromPort === undefined || FromPort === -1
        ? ALL_PORTS
        : { from: FromPort, to: ToPort ?? FromPort };
    const peers = [
      ...(permission.IpRanges ?? []).map(({ CidrIp }) => CidrIp),
      ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6 }) => CidrIpv6),
      ...(permission.PrefixListIds ?? []).map(({ PrefixListId }) => PrefixListId),
      ...(permission.UserIdGroupPairs ?? []).map(({ GroupId }) => GroupId),
    ];
    return peers.flatMap((peer) => (peer === undefined ? [] : [{ protocol, ...ports, peer }]));
  });
}

function interfaceOf(found: NetworkInterface, instance: Instance | undefined): Interface {
  const id = found.NetworkInterfaceId ?? "";
  const name = instance?.Tags?.find(({ Key }) => Key === "Name")?.Value;
  const instanceId = found.Attachment?.InstanceId;
  const addresses = found.PrivateIpAddresses ?? [];
  return {
    id,
    what: [name, instanceId].filter(Boolean).join(" ") || found.Description || id,
    subnetId: found.SubnetId ?? "",
    address: found.PrivateIpAddress ?? "",
    publicAddresses: [
      ...new Set(
        [found.Association, ...addresses.map(({ Association }) => Association)].flatMap((a) => a?.PublicIp ?? []),
      ),
    ],
    addresses6: (found.Ipv6Addresses ?? []).flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
    groupIds: (found.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
    sourceDestCheck: found.SourceDestCheck ?? true,
    instanceId,
    running: instanceId === undefined || instance?.State?.Name === "running",
  };
}
