import type { NatGateway } from "@aws-sdk/client-ec2";
import type { Health, Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { STATE } from "../coverage.ts";
import { undefinedIf } from "../errors.ts";
import { findOwned, tagsFrom } from "../owned.ts";
import { natGatewayData, natGatewayHour, natGB } from "./prices.ts";
import { ec2Reader } from "./reader.ts";
import { retag, tagSpecifications } from "./tags.ts";

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

const reader = ec2Reader({
  name: "nat-gateways",
  idFilter: "nat-gateway-id",
  inVpc: { filter: "vpc-id", kind: "natgateway" },
  // `Filter`, where the other calls say `Filters`.
  page: (aws, Filter, NextToken) => aws.ec2.describeNatGateways({ Filter, NextToken }),
  items: (page) => page.NatGateways,
  live(gateway: NatGateway): NatGatewayLive | undefined {
    // Deleted ones stay in the answer for about an hour.
    if (gateway.State === "deleted") return undefined;
    return {
      id: gateway.NatGatewayId as string,
      tags: tagsFrom(gateway.Tags),
      subnetId: gateway.SubnetId ?? "",
      allocationId: gateway.NatGatewayAddresses?.[0]?.AllocationId ?? "",
      state: gateway.State ?? "",
      described: gateway,
      failure: [gateway.FailureCode, gateway.FailureMessage].filter(Boolean).join(": "),
    };
  },
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
  coverage: {
    covers: { subnetId: ["SubnetId"], allocationId: ["NatGatewayAddresses[].AllocationId"] },
    ignores: { State: STATE, "NatGatewayAddresses[].Status": STATE, ProvisionedBandwidth: "AWS sets it on demand" },
  },
  timing: { createSeconds: 110, timeoutSeconds: 900, deleteSeconds: 50 },
  list: reader.list,
  find: findOwned(reader.list, { health, byId: reader.byId }),
  foresee: reader.namesake,
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
    await undefinedIf(["NatGatewayNotFound"], () => aws.ec2.deleteNatGateway({ NatGatewayId: id }));
  },

  charges: (_spec, { use }) => [
    { what: "NAT gateway", price: natGatewayHour, quantity: 1 },
    { what: "data through the gateways", price: natGatewayData, quantity: use(natGB), shared: true },
  ],
};
