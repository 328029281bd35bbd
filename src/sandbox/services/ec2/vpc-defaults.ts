import type { Sim } from "../../world.ts";
import { aclTable, groupTable, routeTableTable, type TableRoute, tagTable } from "./tables.ts";

/**
 * What AWS puts into every new VPC: its main route table, and the default security group.
 * @param shows false: reads show the group a moment later
 */
export function addVpcDefaults(
  sim: Sim,
  vpcId: string,
  { routes = [], shows = false }: { readonly routes?: readonly TableRoute[]; readonly shows?: boolean } = {},
): void {
  const tableId = sim.id("rtb");
  routeTableTable(sim).putNow(tableId, {
    id: tableId,
    vpcId,
    clientToken: null,
    main: true,
    routes,
    associations: [],
  });
  const groupId = sim.id("sg");
  const everything = { protocol: "-1", from: null, to: null, description: null };
  groupTable(sim)[shows ? "putNow" : "put"](groupId, {
    id: groupId,
    vpcId,
    name: "default",
    description: "default VPC security group",
    inbound: [{ id: sim.id("sgr"), ...everything, cidr: null, groupId }],
    outbound: [{ id: sim.id("sgr"), ...everything, cidr: "0.0.0.0/0", groupId: null }],
  });
  for (const id of [tableId, groupId]) tagTable(sim).putNow(id, { tags: {} });
}

/** They go with their VPC. */
export function removeVpcDefaults(sim: Sim, vpcId: string): void {
  for (const table of [routeTableTable(sim), groupTable(sim), aclTable(sim)])
    for (const row of table.all()) if (row.vpcId === vpcId) table.remove(row.id);
}
