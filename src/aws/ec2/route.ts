import type { Route } from "@aws-sdk/client-ec2";
import type { Identified, Owner, ResourceType } from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import { STATE } from "../coverage.ts";
import { undefinedIf } from "../errors.ts";
import { destinationOf, NO_ROUTE, type RouteTableLive, stackTables, tableById, targetOf } from "./route-table.ts";

/** What a route goes through: a NAT instance's interface, a NAT gateway, or another gateway. */
export type RouteTarget =
  | { readonly interfaceId: string }
  | { readonly natGatewayId: string }
  | { readonly gatewayId: string };

export interface RouteSpec {
  readonly tableId: string;
  /** The destination, an IPv4 CIDR. */
  readonly to: string;
  readonly via: RouteTarget;
}
export interface RouteLive extends RouteSpec, Identified {
  /** `state` only when what it goes through is not there or does not run: then packets are dropped. */
  readonly via: RouteTarget & { readonly state?: "blackhole" };
}

const GONE = ["InvalidRoute.NotFound", "InvalidRouteTableID.NotFound", "InvalidRouteTableId.NotFound"];

const idOf = (tableId: string, to: string): string => `${tableId}|${to}`;

/** A route has no tags: it is found in the stack's table that its owner's name tells, "Buddy-Private-GW1 0.0.0.0/0". */
function whereFor({ key, name }: Owner, id: string | undefined, tables: readonly RouteTableLive[]) {
  const space = name.lastIndexOf(" ");
  const to = name.slice(space + 1);
  const recorded = tables.find((table) => id === idOf(table.id, to));
  const named = tables.filter((table) => table.tags.Name === name.slice(0, space));
  if (!recorded && named.length > 1) {
    throw new BuddyError({
      code: "ambiguous",
      message: `${named.length} route tables of the stack are named "${name.slice(0, space)}": ${named.map((table) => table.id).join(", ")}`,
      about: { key },
      hint: "Remove the ones that are not in use.",
    });
  }
  return { table: recorded ?? named[0], to };
}

function viaOf(route: Route): RouteLive["via"] {
  const target = targetOf(route);
  const state = route.State === "blackhole" ? { state: "blackhole" as const } : {};
  if (route.NatGatewayId) return { natGatewayId: target, ...state };
  return route.NetworkInterfaceId ? { interfaceId: target, ...state } : { gatewayId: target, ...state };
}

const input = ({ tableId, to, via }: RouteSpec) => ({
  RouteTableId: tableId,
  DestinationCidrBlock: to,
  ...("natGatewayId" in via
    ? { NatGatewayId: via.natGatewayId }
    : "interfaceId" in via
      ? { NetworkInterfaceId: via.interfaceId }
      : { GatewayId: via.gatewayId }),
});

/** One route in a table that leaves its routes to resources of their own. */
export const route: ResourceType<RouteSpec, RouteLive> = {
  name: "ec2:route",
  immutable: ["tableId", "to"],
  coverage: {
    covers: {
      tableId: ["RouteTableId"],
      to: ["DestinationCidrBlock"],
      via: [
        "GatewayId",
        "InstanceId",
        "InstanceOwnerId",
        "NatGatewayId",
        "NetworkInterfaceId",
        "TransitGatewayId",
        "VpcPeeringConnectionId",
      ],
    },
    ignores: { State: STATE },
    // Through what is gone nothing goes anywhere.
    dangers: [{ at: ["via"], danger: "leads elsewhere", when: (text) => !text.includes("blackhole") }],
  },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },
  // Reads lag behind a route that is there: look again, and replace it where it leads elsewhere.
  retryable: { create: ["RouteAlreadyExists"], update: [NO_ROUTE] },

  async find(aws, owner, id) {
    const tables = await stackTables(aws, owner.stack);
    const [recorded = ""] = id?.split("|") ?? [];
    const untagged = recorded && !tables.some((table) => table.id === recorded) && (await tableById(aws, recorded));
    const { table, to } = whereFor(owner, id, untagged ? [...tables, untagged] : tables);
    const entry = table?.entries.find((one) => destinationOf(one) === to);
    return (
      table &&
      entry && {
        id: idOf(table.id, to),
        tableId: table.id,
        to,
        via: viaOf(entry),
        described: { ...entry, RouteTableId: table.id },
      }
    );
  },

  async create(aws, spec) {
    await aws.ec2.createRoute(input(spec));
    return idOf(spec.tableId, spec.to);
  },

  async update(aws, _live, spec) {
    await aws.ec2.replaceRoute(input(spec));
  },

  /**
   * A NAT knows only the connections that were made through it: those of another one are dropped, and must be established again
   * (VPC user guide, "Migrate from a NAT instance to a NAT gateway"). Each has an address of its own.
   */
  interruption: (changed, { via: { state } }) =>
    changed.has("via") && state === undefined
      ? {
          what: "connections that are open through the old way out end, and have to be made anew; the internet sees them come from another address",
          seconds: 2,
          unasked: true,
        }
      : undefined,

  async delete(aws, { tableId, to }) {
    await undefinedIf(GONE, () => aws.ec2.deleteRoute({ RouteTableId: tableId, DestinationCidrBlock: to }));
  },
};
