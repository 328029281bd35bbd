import type { InternetGateway } from "@aws-sdk/client-ec2";
import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { findOwned, tagsFrom } from "../owned.ts";
import { blockingInterfaces } from "./read-interfaces.ts";
import { ec2Reader } from "./reader.ts";
import { retag, tagSpecifications } from "./tags.ts";

export interface InternetGatewaySpec {
  /** The VPC that it is attached to. */
  readonly vpcId: string;
}
export interface InternetGatewayLive extends InternetGatewaySpec, Identified {
  readonly tags: Tags;
}

const GONE = ["InvalidInternetGatewayID.NotFound", "InvalidInternetGatewayId.NotFound"];

const reader = ec2Reader({
  name: "internet-gateways",
  idFilter: "internet-gateway-id",
  inVpc: { filter: "attachment.vpc-id", kind: "internet-gateway" },
  page: (aws, Filters, NextToken) => aws.ec2.describeInternetGateways({ Filters, NextToken }),
  items: (page) => page.InternetGateways,
  live: (gateway: InternetGateway): InternetGatewayLive => ({
    id: gateway.InternetGatewayId as string,
    tags: tagsFrom(gateway.Tags),
    // Empty while it is attached to none.
    vpcId: gateway.Attachments?.find(({ State }) => State !== "detached")?.VpcId ?? "",
    described: gateway,
  }),
});

const detach = (aws: Aws, { id, vpcId }: InternetGatewayLive) =>
  undefinedIf(["Gateway.NotAttached", "InvalidVpcID.NotFound", ...GONE], () =>
    aws.ec2.detachInternetGateway({ InternetGatewayId: id, VpcId: vpcId }),
  );

/** A gateway is good for nothing while it is attached to no VPC: the attachment is a field of it. */
export const internetGateway: ResourceType<InternetGatewaySpec, InternetGatewayLive> = {
  name: "ec2:internet-gateway",
  coverage: { covers: { vpcId: ["Attachments"] } },
  timing: { createSeconds: 2, timeoutSeconds: 1200, deleteSeconds: 1 },
  retryable: {
    // Attached already: to our VPC, and reads lag; or still to another.
    update: ["Resource.AlreadyAssociated", "DependencyViolation"],
    // On detach: public addresses are mapped in the VPC. On delete: reads did not show that it is attached.
    delete: ["DependencyViolation"],
  },
  list: reader.list,
  find: findOwned(reader.list, reader),
  foresee: reader.namesake,

  async create(aws, _spec, owner) {
    const { InternetGateway } = await aws.ec2.createInternetGateway({
      TagSpecifications: tagSpecifications(owner, "internet-gateway"),
    });
    return InternetGateway?.InternetGatewayId as string;
  },

  async update(aws, live, { vpcId }, changed, owner) {
    if (changed.has("vpcId")) {
      if (live.vpcId !== "") await detach(aws, live);
      await aws.ec2.attachInternetGateway({ InternetGatewayId: live.id, VpcId: vpcId });
    }
    await retag(aws, live.id, changed, owner);
  },

  async delete(aws, live) {
    if (live.vpcId !== "") await detach(aws, live);
    await undefinedIf(GONE, () => aws.ec2.deleteInternetGateway({ InternetGatewayId: live.id }));
  },

  blockers: async (aws, { vpcId }) =>
    vpcId === "" ? [] : blockingInterfaces(aws, "vpc-id", vpcId, (one) => one.Association?.PublicIp !== undefined),
};
