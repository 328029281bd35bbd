import type { Sim } from "../../world.ts";
import { internetGatewayTable, subnetTable, tagTable, vpcTable } from "./tables.ts";
import { addVpcDefaults } from "./vpc-defaults.ts";

/**
 * The default VPC that AWS makes in every region of a new account: 172.31.0.0/16 with a /20 subnet per zone, an internet
 * gateway, and a main route table that leads there.
 */
export function addDefaultNetwork(sim: Sim): void {
  const vpcId = sim.id("vpc");
  vpcTable(sim).putNow(vpcId, {
    id: vpcId,
    cidr: "172.31.0.0/16",
    isDefault: true,
    dnsSupport: true,
    dnsHostnames: true,
    availableAt: 0,
  });
  tagTable(sim).putNow(vpcId, { tags: {} });
  const gatewayId = sim.id("igw");
  internetGatewayTable(sim).putNow(gatewayId, { id: gatewayId, vpcId });
  tagTable(sim).putNow(gatewayId, { tags: {} });
  addVpcDefaults(sim, vpcId, { routes: [{ to: "0.0.0.0/0", target: gatewayId }], shows: true });
  ["a", "b", "c", "d"].forEach((letter, index) => {
    const id = sim.id("subnet");
    subnetTable(sim).putNow(id, {
      id,
      vpcId,
      cidr: `172.31.${index * 16}.0/20`,
      zone: `${sim.region}${letter}`,
      mapPublicIp: true,
      availableAt: 0,
    });
    tagTable(sim).putNow(id, { tags: {} });
  });
}
