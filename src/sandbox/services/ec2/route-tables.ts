import * as z from "zod";
import { formatCidr, parseCidr } from "../../../lib/cidr.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { filters, page, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { subnetFor } from "./subnets.ts";
import {
  instanceTable,
  interfaceTable,
  internetGatewayTable,
  natGatewayTable,
  type RouteTable,
  routeTableTable,
  type TableRoute,
  vpcTable,
} from "./tables.ts";
import { vpcFor } from "./vpcs.ts";

/** "Route tables per VPC", the default quota (Amazon VPC quotas page). */
const TABLES_PER_VPC = 200;

const notFound = (id: string) => awsError("InvalidRouteTableID.NotFound", `The routeTable ID '${id}' does not exist`);
const dependent = (id: string) =>
  awsError("DependencyViolation", `The routeTable '${id}' has dependencies and cannot be deleted.`);

function tableFor(sim: Sim, id: string): RouteTable {
  const table = routeTableTable(sim).visible(id) && routeTableTable(sim).get(id);
  if (!table) throw notFound(id);
  return table;
}

/** A subnet that is deleted takes its association along. */
function forgetSubnet(subnetId: string, sim: Sim): void {
  for (const table of routeTableTable(sim).all()) {
    const associations = table.associations.filter((one) => one.subnetId !== subnetId);
    if (associations.length < table.associations.length) routeTableTable(sim).put(table.id, { ...table, associations });
  }
}

const mainAssociation = (table: RouteTable): string => table.id.replace("rtb-", "rtbassoc-");

/** True when packets on this route arrive nowhere: its target is gone, detached, or does not run. */
function isBlackhole(sim: Sim, table: RouteTable, { target }: TableRoute): boolean {
  if (target.startsWith("igw-")) return internetGatewayTable(sim).get(target)?.vpcId !== table.vpcId;
  if (target.startsWith("nat-")) return natGatewayTable(sim).get(target)?.state !== "available";
  const eni = interfaceTable(sim).get(target);
  if (!eni) return true;
  const state = eni.instanceId === null ? "running" : instanceTable(sim).get(eni.instanceId)?.state;
  return state !== "running" && state !== "pending";
}

function shown(sim: Sim, table: RouteTable) {
  const routes = table.routes.map((route) => {
    const instanceId = interfaceTable(sim).get(route.target)?.instanceId;
    return {
      DestinationCidrBlock: route.to,
      ...(route.target.startsWith("igw-") ? { GatewayId: route.target } : {}),
      ...(route.target.startsWith("nat-") ? { NatGatewayId: route.target } : {}),
      ...(route.target.startsWith("eni-") ? { NetworkInterfaceId: route.target } : {}),
      ...(instanceId ? { InstanceId: instanceId, InstanceOwnerId: sim.account } : {}),
      Origin: "CreateRoute",
      State: isBlackhole(sim, table, route) ? "blackhole" : "active",
    };
  });
  return {
    RouteTableId: table.id,
    VpcId: table.vpcId,
    OwnerId: sim.account,
    Routes: [
      {
        DestinationCidrBlock: vpcTable(sim).get(table.vpcId)?.cidr,
        GatewayId: "local",
        Origin: "CreateRouteTable",
        State: "active",
      },
      ...routes,
    ],
    Associations: [
      ...(table.main
        ? [
            {
              RouteTableAssociationId: mainAssociation(table),
              RouteTableId: table.id,
              Main: true,
              AssociationState: { State: "associated" },
            },
          ]
        : []),
      ...table.associations.map((one) => ({
        RouteTableAssociationId: one.id,
        RouteTableId: table.id,
        SubnetId: one.subnetId,
        Main: false,
        AssociationState: { State: "associated" },
      })),
    ],
    PropagatingVgws: [],
    Tags: tagsOf(sim, table.id),
  };
}

const target = {
  GatewayId: z.string().optional(),
  NatGatewayId: z.string().optional(),
  NetworkInterfaceId: z.string().optional(),
};
const route = { RouteTableId: z.string(), DestinationCidrBlock: z.string(), ...target };
type RouteInput = z.infer<z.ZodObject<typeof route>>;

/** AWS makes a destination canonical: 10.1.2.3/8 becomes 10.0.0.0/8. */
function destinationOf(text: string): string {
  const parsed = parseCidr(text);
  if (!parsed) {
    throw awsError(
      "InvalidParameterValue",
      `Value (${text}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`,
    );
  }
  return formatCidr(parsed);
}

/** The one target that the call names, which must be in the table's VPC and there. */
function targetFor(sim: Sim, table: RouteTable, { GatewayId, NatGatewayId, NetworkInterfaceId }: RouteInput): string {
  const given = [GatewayId, NatGatewayId, NetworkInterfaceId].filter((one) => one !== undefined);
  const [id] = given;
  if (id === undefined)
    throw awsError(
      "MissingParameter",
      "The request must contain the parameter gatewayId, natGatewayId or networkInterfaceId",
    );
  if (given.length > 1)
    throw awsError("InvalidParameterCombination", "The request must contain exactly one target of the route");
  const elsewhere = (what: string) =>
    awsError("InvalidParameterValue", `route table ${table.id} and ${what} ${id} belong to different networks`);
  if (GatewayId !== undefined) {
    const gateway = internetGatewayTable(sim).visible(id) && internetGatewayTable(sim).get(id);
    if (!gateway) throw awsError("InvalidGatewayID.NotFound", `The gateway ID '${id}' does not exist`);
    if (gateway.vpcId !== table.vpcId) throw elsewhere("network gateway");
  } else if (NatGatewayId !== undefined) {
    const gateway = natGatewayTable(sim).visible(id);
    if (gateway?.state !== "available")
      throw awsError("InvalidNatGatewayID.NotFound", `The natGateway ID '${id}' does not exist`);
    if (gateway.vpcId !== table.vpcId) throw elsewhere("NAT gateway");
  } else {
    const eni = interfaceTable(sim).visible(id) && interfaceTable(sim).get(id);
    if (!eni) throw awsError("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${id}' does not exist`);
    if (eni.vpcId !== table.vpcId) throw elsewhere("interface");
  }
  return id;
}

/** The table that holds an association, and the association. */
function associationFor(sim: Sim, id: string) {
  for (const table of routeTableTable(sim).all()) {
    if (table.main && id === mainAssociation(table)) {
      throw awsError(
        "InvalidParameterValue",
        `cannot disassociate the main route table association ${mainAssociation(table)}`,
      );
    }
    const association = table.associations.find((one) => one.id === id);
    if (association) return { table, association };
  }
  throw awsError("InvalidAssociationID.NotFound", `The association ID '${id}' does not exist`);
}

function associate(sim: Sim, table: RouteTable, subnetId: string): object {
  const id = sim.id("rtbassoc");
  routeTableTable(sim).put(table.id, { ...table, associations: [...table.associations, { id, subnetId }] });
  return { id, AssociationState: { State: "associated" } };
}

const without = (table: RouteTable, id: string): RouteTable => ({
  ...table,
  associations: table.associations.filter((one) => one.id !== id),
});

export const routeTables: SandboxService = {
  hooks: { subnetDeleted: forgetSubnet },
  operations: {
    CreateRouteTable: operation(
      {
        VpcId: z.string(),
        ClientToken: z.string().max(64).optional(),
        TagSpecifications: tagSpecifications("route-table"),
      },
      (input, sim) => {
        const vpc = vpcFor(sim, input.VpcId);
        const tables = routeTableTable(sim);
        const token = input.ClientToken ?? null;
        const earlier = token === null ? undefined : tables.all().find((table) => table.clientToken === token);
        if (earlier) {
          if (earlier.vpcId !== vpc.id) {
            throw awsError(
              "IdempotentParameterMismatch",
              "The client token was used before with other parameters. Use a unique token.",
            );
          }
          return { RouteTable: shown(sim, earlier), ClientToken: token };
        }
        if (tables.all().filter((table) => table.vpcId === vpc.id).length >= TABLES_PER_VPC)
          throw awsError("RouteTableLimitExceeded", "The maximum number of route tables has been reached.");
        const id = sim.id("rtb");
        tagOnCreate(sim, id, "route-table", input.TagSpecifications);
        const table = { id, vpcId: vpc.id, clientToken: token, main: false, routes: [], associations: [] };
        tables.put(id, table);
        return { RouteTable: shown(sim, table), ClientToken: token };
      },
    ),

    DescribeRouteTables: operation(
      {
        RouteTableIds: z.array(z.string()).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(5).max(100).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const tables = routeTableTable(sim);
        for (const id of input.RouteTableIds ?? []) if (!tables.visible(id)) throw notFound(id);
        const found = tables
          .allVisible()
          .filter((table) => !input.RouteTableIds || input.RouteTableIds.includes(table.id))
          .filter((table) =>
            passes(sim, table.id, input.Filters, {
              "route-table-id": [table.id],
              "vpc-id": [table.vpcId],
              "association.main": table.main ? ["true"] : [],
              "association.subnet-id": table.associations.map((one) => one.subnetId),
              "association.route-table-association-id": table.associations.map((one) => one.id),
            }),
          );
        const { items, NextToken } = page(found, input);
        return { RouteTables: items.map((table) => shown(sim, table)), NextToken };
      },
    ),

    CreateRoute: operation(route, (input, sim) => {
      const table = tableFor(sim, input.RouteTableId);
      const to = destinationOf(input.DestinationCidrBlock);
      const through = targetFor(sim, table, input);
      if (to === vpcTable(sim).get(table.vpcId)?.cidr || table.routes.some((one) => one.to === to))
        throw awsError("RouteAlreadyExists", `The route identified by ${to} already exists.`);
      routeTableTable(sim).put(table.id, { ...table, routes: [...table.routes, { to, target: through }] });
      return { Return: true };
    }),

    ReplaceRoute: operation(route, (input, sim) => {
      const table = tableFor(sim, input.RouteTableId);
      const to = destinationOf(input.DestinationCidrBlock);
      const through = targetFor(sim, table, input);
      if (!table.routes.some((one) => one.to === to)) {
        throw awsError(
          "InvalidParameterValue",
          `There is no route defined for '${to}' in the route table. Use CreateRoute instead.`,
        );
      }
      routeTableTable(sim).put(table.id, {
        ...table,
        routes: table.routes.map((one) => (one.to === to ? { to, target: through } : one)),
      });
      return {};
    }),

    DeleteRoute: operation({ RouteTableId: z.string(), DestinationCidrBlock: z.string() }, (input, sim) => {
      const table = tableFor(sim, input.RouteTableId);
      const to = destinationOf(input.DestinationCidrBlock);
      if (!table.routes.some((one) => one.to === to)) {
        throw awsError(
          "InvalidRoute.NotFound",
          `no route with destination-cidr-block ${to} in route table ${table.id}`,
        );
      }
      routeTableTable(sim).put(table.id, { ...table, routes: table.routes.filter((one) => one.to !== to) });
      return {};
    }),

    AssociateRouteTable: operation({ RouteTableId: z.string(), SubnetId: z.string() }, (input, sim) => {
      const table = tableFor(sim, input.RouteTableId);
      const subnet = subnetFor(sim, input.SubnetId);
      if (subnet.vpcId !== table.vpcId) {
        throw awsError(
          "InvalidParameterValue",
          `route table ${table.id} and subnet ${subnet.id} belong to different networks`,
        );
      }
      const taken = routeTableTable(sim)
        .all()
        .some((other) => other.associations.some((one) => one.subnetId === subnet.id));
      if (taken) {
        throw awsError(
          "Resource.AlreadyAssociated",
          `the specified association for route table ${table.id} conflicts with an existing association`,
        );
      }
      const { id, ...rest } = associate(sim, table, subnet.id) as { id: string };
      return { AssociationId: id, ...rest };
    }),

    ReplaceRouteTableAssociation: operation({ AssociationId: z.string(), RouteTableId: z.string() }, (input, sim) => {
      const to = tableFor(sim, input.RouteTableId);
      const { table: from, association } = associationFor(sim, input.AssociationId);
      if (from.vpcId !== to.vpcId) {
        throw awsError(
          "InvalidParameterValue",
          `route table ${to.id} and subnet ${association.subnetId} belong to different networks`,
        );
      }
      const rest = without(from, association.id);
      routeTableTable(sim).put(from.id, rest);
      const { id, ...state } = associate(sim, from.id === to.id ? rest : to, association.subnetId) as { id: string };
      return { NewAssociationId: id, ...state };
    }),

    DisassociateRouteTable: operation({ AssociationId: z.string() }, ({ AssociationId }, sim) => {
      const { table, association } = associationFor(sim, AssociationId);
      routeTableTable(sim).put(table.id, without(table, association.id));
      return {};
    }),

    DeleteRouteTable: operation({ RouteTableId: z.string() }, ({ RouteTableId }, sim) => {
      const table = tableFor(sim, RouteTableId);
      if (table.main || table.associations.length > 0) throw dependent(table.id);
      routeTableTable(sim).remove(table.id);
      return {};
    }),
  },
};
