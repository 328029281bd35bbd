import type { Sim } from "../../world.ts";
import { subnetTable, tagTable, vpcTable } from "./tables.ts";

/** The default VPC that AWS makes in every region of a new account: 172.31.0.0/16 with a /20 subnet per zone. */
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
