import type { Health, Identified, ResourceType, Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { absentAs } from "../errors.ts";
import { findOwned, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { natGatewayData, natGatewayHour, natGB } from "./prices.ts";
import { ofStack, retag, tagSpecifications } from "./tags.ts";

export interface NatGatewaySpec {
  /** A public subnet: its own way out is the internet gateway. */
  readonly subnetId: string;
  readonly allocationId: string;
}
export interface NatGatewayLive extends NatGatewaySpec, Identified {
  readonly tags: Tags;
  readonly state: string;
  /** Why it failed, in AWS's words. */
  readonly failure: string;
}

const describe = (aws: Aws, filters: { readonly Name: string; readonly Values: string[] }[]) =>
  aws.together(`ec2:nat-gateways:${JSON.stringify(filters)}`, async () => {
    const gateways = await allPages(
      // `Filter`, where the other calls say `Filters`.
      (NextToken) => aws.ec2.describeNatGateways({ Filter: filters, NextToken }),
      (page) => page.NatGateways,
      (page) => page.NextToken,
    );
    // Deleted ones stay in the answer for about an hour.
    return gateways
      .filter(({ State }) => State !== "deleted")
      .map(
        (gateway): NatGatewayLive => ({
          id: gateway.NatGatewayId as string,
          tags: tagsFrom(gateway.Tags),
          subnetId: gateway.SubnetId ?? "",
          allocationId: gateway.NatGatewayAddresses?.[0]?.AllocationId ?? "",
          state: gateway.State ?? "",
          failure: [gateway.FailureCode, gateway.FailureMessage].filter(Boolean).join(": "),
        }),
      );
  });

const list = (aws: Aws, stack: string) => describe(aws, ofStack(stack));

const byId = (aws: Aws, id: string) =>
  aws.batched("ec2:nat-gateways", id, async (ids) => {
    const found = await describe(aws, [{ Name: "nat-gateway-id", Values: [...ids] }]);
    return new Map(found.map((one) => [one.id, one]));
  });

function health({ state, failure }: NatGatewayLive): Health {
  if (state === "available") return "ready";
  if (state === "deleting") return "deleting";
  return state === "failed" ? { failed: failure || "the NAT gateway is in state failed" } : "pending";
}

/** A public NAT gateway in one zone. */
export const natGateway: ResourceType<NatGatewaySpec, NatGatewayLive> = {
  name: "ec2:nat-gateway",
  immutable: ["subnetId", "allocationId"],
  patience: { usual: 110, limit: 900, gone: 50 },
  list,
  find: findOwned(list, { health, byId }),
  health,

  async create(aws, { subnetId, allocationId }, owner, token) {
    const { NatGateway } = await aws.ec2.createNatGateway({
      SubnetId: subnetId,
      AllocationId: allocationId,
      ConnectivityType: "public",
      ClientToken: token,
      TagSpecifications: tagSpecifications(owner, "natgateway"),
    });
    return NatGateway?.NatGatewayId as string;
  },

  async update(aws, { id }, _spec, changed, owner) {
    await retag(aws, id, changed, owner);
  },

  async delete(aws, { id }) {
    await absentAs(["NatGatewayNotFound"], () => aws.ec2.deleteNatGateway({ NatGatewayId: id }));
  },

  charges: (_spec, { use }) => [
    { what: "NAT gateway", price: natGatewayHour, quantity: 1 },
    { what: "data through the gateways", price: natGatewayData, quantity: use(natGB), shared: true },
  ],
};
