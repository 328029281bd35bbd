import type { Route, RouteTable } from "@aws-sdk/client-ec2";
import type { Identified, NotYet, ResourceType, Tags } from "../../engine/resource.ts";
import { both, sameSet } from "../../lib/compare.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { findOwned, tagsFrom } from "../owned.ts";
import { ec2Reader } from "./reader.ts";
import { retag, tagSpecifications } from "./tags.ts";

/** A route to an internet gateway. */
export interface GatewayRoute {
  /** The destination, a CIDR. */
  readonly to: string;
  readonly gatewayId: string;
}
export interface RouteTableSpec {
  readonly vpcId: string;
  /** All routes but the local one: another route is drift. Undefined: the table's routes are resources of their own. */
  readonly routes: readonly GatewayRoute[] | undefined;
  readonly subnetIds: readonly string[];
}
export interface RouteTableLive extends RouteTableSpec, Identified {
  readonly tags: Tags;
  readonly routes: readonly GatewayRoute[];
  readonly associations: readonly Association[];
  /** The VPC's main table cannot be deleted. */
  readonly main: boolean;
  /** The same routes as AWS gives them. */
  readonly entries: readonly Route[];
}
interface Association {
  readonly id: string;
  readonly subnetId: string | undefined;
}

const GONE = ["InvalidRouteTableID.NotFound", "InvalidRouteTableId.NotFound"];
const NOT_ASSOCIATED = ["InvalidAssociationID.NotFound"];

/** ReplaceRoute, where reads still show a route that is gone. */
export const NO_ROUTE: NotYet = { code: "InvalidParameterValue", message: /no route defined/i };

/** Where a route leads to, in AWS's words: a CIDR, IPv4 or IPv6, or a prefix list. */
export const destinationOf = (route: Route): string =>
  route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? route.DestinationPrefixListId ?? "";

/** What a route goes through. An instance's route shows the instance and its interface: the interface counts. */
export const targetOf = (route: Route): string =>
  route.NatGatewayId ??
  route.NetworkInterfaceId ??
  route.GatewayId ??
  route.TransitGatewayId ??
  route.VpcPeeringConnectionId ??
  route.EgressOnlyInternetGatewayId ??
  route.LocalGatewayId ??
  route.CarrierGatewayId ??
  route.CoreNetworkArn ??
  "";

/** Routes that AWS keeps by itself: the VPC's own, what a gateway endpoint adds, what is propagated. */
const isAutomatic = (route: Route): boolean =>
  route.GatewayId === "local" ||
  (route.GatewayId ?? "").startsWith("vpce-") ||
  route.Origin === "EnableVgwRoutePropagation" ||
  route.Origin === "Advertisement";

/** The parameter that names a destination. */
const destination = (to: string) =>
  to.startsWith("pl-")
    ? { DestinationPrefixListId: to }
    : to.includes(":")
      ? { DestinationIpv6CidrBlock: to }
      : { DestinationCidrBlock: to };

const associationsOf = (table: RouteTable): Association[] =>
  (table.Associations ?? [])
    .filter(({ Main, AssociationState }) => !Main && !/^(dis|failed)/.test(AssociationState?.State ?? ""))
    .map((one) => ({ id: one.RouteTableAssociationId as string, subnetId: one.SubnetId }));

function live(table: RouteTable): RouteTableLive {
  const entries = (table.Routes ?? []).filter((route) => !isAutomatic(route));
  const associations = associationsOf(table);
  return {
    id: table.RouteTableId as string,
    tags: tagsFrom(table.Tags),
    vpcId: table.VpcId ?? "",
    routes: entries.map((route) => ({ to: destinationOf(route), gatewayId: targetOf(route) })),
    subnetIds: associations.flatMap(({ subnetId }) => subnetId ?? []),
    associations,
    main: (table.Associations ?? []).some(({ Main }) => Main),
    entries,
    described: table,
  };
}

const reader = ec2Reader({
  name: "route-tables",
  idFilter: "route-table-id",
  inVpc: { filter: "vpc-id", kind: "route-table" },
  page: (aws, Filters, NextToken) => aws.ec2.describeRouteTables({ Filters, NextToken }),
  items: (page) => page.RouteTables,
  live,
});

/** All tables of the stack; the routes in them are found here too. */
export const stackTables = reader.list;
export const tableById = reader.byId;

/** Adds first, then takes away: nobody is without a way out in between. */
async function setRoutes(aws: Aws, { id, routes: found }: RouteTableLive, wanted: readonly GatewayRoute[]) {
  for (const { to, gatewayId } of wanted) {
    const there = found.find((route) => route.to === to);
    const input = { RouteTableId: id, ...destination(to), GatewayId: gatewayId };
    if (there === undefined) await undefinedIf(["RouteAlreadyExists"], () => aws.ec2.createRoute(input));
    else if (there.gatewayId !== gatewayId) await aws.ec2.replaceRoute(input);
  }
  for (const { to } of found.filter((route) => !wanted.some((other) => other.to === route.to)))
    await undefinedIf(["InvalidRoute.NotFound"], () => aws.ec2.deleteRoute({ RouteTableId: id, ...destination(to) }));
}

/** A subnet has one table: one that is associated elsewhere is moved, so that it is never on the main table. */
async function setSubnets(aws: Aws, { id: RouteTableId, associations }: RouteTableLive, wanted: readonly string[]) {
  const missing = wanted.filter((subnetId) => !associations.some((one) => one.subnetId === subnetId));
  const elsewhere =
    missing.length === 0
      ? []
      : (await reader.filtered(aws, [{ Name: "association.subnet-id", Values: missing }]))
          .filter((table) => table.id !== RouteTableId)
          .flatMap((table) => table.associations);
  for (const SubnetId of missing) {
    const AssociationId = elsewhere.find((one) => one.subnetId === SubnetId)?.id;
    if (AssociationId === undefined) await aws.ec2.associateRouteTable({ RouteTableId, SubnetId });
    else await aws.ec2.replaceRouteTableAssociation({ AssociationId, RouteTableId });
  }
  await disassociate(
    aws,
    associations.filter(({ subnetId }) => subnetId === undefined || !wanted.includes(subnetId)),
  );
}

async function disassociate(aws: Aws, associations: readonly Association[]): Promise<void> {
  for (const { id } of associations)
    await undefinedIf(NOT_ASSOCIATED, () => aws.ec2.disassociateRouteTable({ AssociationId: id }));
}

/** A route table with its associations and, where the spec names them, its routes. */
export const routeTable: ResourceType<RouteTableSpec, RouteTableLive> = {
  name: "ec2:route-table",
  immutable: ["vpcId"],
  coverage: {
    covers: { vpcId: ["VpcId"], routes: ["Routes"], subnetIds: ["Associations"] },
    // Where the spec names them they are managed.
    ignores: { Routes: "the routes of a private table are objects of their own" },
    dangers: [{ at: ["routes"], danger: "leads elsewhere" }],
  },
  same: {
    routes: (wanted, found) => sameSet(wanted.map(asText), found.map(asText)),
    subnetIds: sameSet,
  },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },
  retryable: {
    // Another table gives or takes the subnet at the same moment, or reads lag: look again.
    update: ["Resource.AlreadyAssociated", ...NOT_ASSOCIATED, NO_ROUTE],
    delete: ["DependencyViolation"],
  },
  list: stackTables,
  find: findOwned(stackTables, reader),
  foresee: reader.namesake,

  async create(aws, { vpcId }, owner, token) {
    const { RouteTable } = await aws.ec2.createRouteTable({
      VpcId: vpcId,
      ClientToken: token,
      TagSpecifications: tagSpecifications(owner, "route-table"),
    });
    return RouteTable?.RouteTableId as string;
  },

  widened: (live, { subnetIds }) => ({ subnetIds: both(subnetIds, live.subnetIds) }),

  async update(aws, live, { routes, subnetIds }, changed, owner) {
    if (changed.has("routes") && routes) await setRoutes(aws, live, routes);
    if (changed.has("subnetIds")) await setSubnets(aws, live, subnetIds);
    await retag(aws, live.id, changed, owner);
  },

  async delete(aws, { id, associations }) {
    await disassociate(aws, associations);
    await undefinedIf(GONE, () => aws.ec2.deleteRouteTable({ RouteTableId: id }));
  },

  blockers: async (_aws, { main, vpcId }) =>
    main ? [{ id: vpcId, what: "it was made the main table of this VPC", passing: false, commands: [] }] : [],
};

const asText = ({ to, gatewayId }: GatewayRoute): string => `${to} ${gatewayId}`;
