import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { ms } from "./durations.ts";
import { addInterface, defaultGroupOf } from "./interfaces.ts";
import { filters, page, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { subnetFor } from "./subnets.ts";
import { interfaceTable, type Other, otherTable } from "./tables.ts";
import { vpcFor } from "./vpcs.ts";

/*
 * What other teams and AWS's services put into a VPC, and this tool never makes: it keeps the VPC, and where it has interfaces
 * its subnets and groups, from being deleted until its owner removes it.
 */

const put = (sim: Sim, id: string, kind: Other["kind"], vpcId: string, to = "", interfaceIds: string[] = []): void => {
  otherTable(sim).put(id, { id, kind, vpcId: vpcFor(sim, vpcId).id, to, interfaceIds, deleting: false });
};
const ofKind = (sim: Sim, kind: Other["kind"]) =>
  otherTable(sim)
    .allVisible()
    .filter((one) => one.kind === kind);
function forId(sim: Sim, kind: Other["kind"], id: string): Other {
  const found = otherTable(sim).get(id);
  if (found?.kind !== kind) throw awsError("InvalidParameterValue", `The ID '${id}' does not exist`);
  return found;
}

/** Its interfaces go some time after it was told to go, and it with them. */
function removeLater(sim: Sim, kind: Other["kind"], id: string): void {
  otherTable(sim).put(id, { ...forId(sim, kind, id), deleting: true });
  sim.after(ms("endpointDeleted"), "ec2:other-deleted", id);
}

const reads = { Filters: filters, MaxResults: z.number().int().optional(), NextToken: z.string().optional() };

/** A read of one kind: by the filters that it knows, all in the list that AWS calls so. */
const describe = (
  kind: Other["kind"],
  list: string,
  known: (one: Other) => Readonly<Record<string, readonly string[]>>,
  shown: (one: Other, sim: Sim) => object,
) =>
  operation(reads, (input, sim) => {
    const found = ofKind(sim, kind).filter((one) => passes(sim, one.id, input.Filters, known(one)));
    const { items, NextToken } = page(found, input);
    return { [list]: items.map((one) => ({ ...shown(one, sim), Tags: tagsOf(sim, one.id) })), NextToken };
  });

export const others: SandboxService = {
  operations: {
    CreateVpcEndpoint: operation(
      {
        VpcId: z.string(),
        ServiceName: z.string(),
        VpcEndpointType: z.enum(["Interface", "Gateway"]),
        RouteTableIds: z.array(z.string()).optional(),
        SubnetIds: z.array(z.string()).optional(),
        SecurityGroupIds: z.array(z.string()).optional(),
        TagSpecifications: tagSpecifications("vpc-endpoint"),
      },
      (input, sim) => {
        const id = sim.id("vpce");
        const gateway = input.VpcEndpointType === "Gateway";
        if (gateway && input.SubnetIds)
          throw awsError("InvalidParameter", "Subnet IDs are not supported for Gateway type VPC Endpoint.");
        const made = (input.SubnetIds ?? []).map((subnetId) =>
          addInterface(sim, subnetFor(sim, subnetId), {
            groupIds: input.SecurityGroupIds ?? defaultGroupOf(sim, input.VpcId),
            publicIp: null,
            // AWS's text and requester, as hashicorp/terraform-provider-aws#46747 shows them.
            description: `VPC Endpoint Interface ${id}`,
            type: "vpc_endpoint",
            requester: "amazon-aws",
            instanceId: null,
          }),
        );
        tagOnCreate(sim, id, "vpc-endpoint", input.TagSpecifications);
        put(
          sim,
          id,
          "endpoint",
          input.VpcId,
          input.ServiceName,
          made.map((one) => one.id),
        );
        return { VpcEndpoint: { VpcEndpointId: id } };
      },
    ),
    DeleteVpcEndpoints: operation({ VpcEndpointIds: z.array(z.string()).min(1) }, ({ VpcEndpointIds }, sim) => {
      for (const id of VpcEndpointIds) removeLater(sim, "endpoint", id);
      return { Unsuccessful: [] };
    }),
    DescribeVpcEndpoints: describe(
      "endpoint",
      "VpcEndpoints",
      ({ id, vpcId }) => ({ "vpc-id": [vpcId], "vpc-endpoint-id": [id] }),
      ({ id, vpcId, to, deleting }) => ({
        VpcEndpointId: id,
        VpcId: vpcId,
        VpcEndpointType: "Interface",
        ServiceName: to,
        State: deleting ? "deleting" : "available",
      }),
    ),

    CreateVpcPeeringConnection: operation({ VpcId: z.string(), PeerVpcId: z.string() }, (input, sim) => {
      const id = sim.id("pcx");
      put(sim, id, "peering", input.VpcId, input.PeerVpcId);
      return { VpcPeeringConnection: { VpcPeeringConnectionId: id } };
    }),
    DescribeVpcPeeringConnections: describe(
      "peering",
      "VpcPeeringConnections",
      ({ vpcId, to }) => ({ "requester-vpc-info.vpc-id": [vpcId], "accepter-vpc-info.vpc-id": [to] }),
      ({ id, vpcId, to }) => ({
        VpcPeeringConnectionId: id,
        RequesterVpcInfo: { VpcId: vpcId },
        AccepterVpcInfo: { VpcId: to },
        Status: { Code: "active" },
      }),
    ),

    CreateTransitGatewayVpcAttachment: operation(
      { TransitGatewayId: z.string(), VpcId: z.string(), SubnetIds: z.array(z.string()).min(1) },
      (input, sim) => {
        const id = sim.id("tgw-attach");
        const made = input.SubnetIds.map((subnetId) =>
          addInterface(sim, subnetFor(sim, subnetId), {
            groupIds: [],
            publicIp: null,
            description: `Network Interface for Transit Gateway Attachment ${id}`,
            type: "transit_gateway",
            requester: "amazon-aws",
            instanceId: null,
          }),
        );
        put(
          sim,
          id,
          "transit",
          input.VpcId,
          input.TransitGatewayId,
          made.map((one) => one.id),
        );
        return { TransitGatewayVpcAttachment: { TransitGatewayAttachmentId: id } };
      },
    ),
    DescribeTransitGatewayVpcAttachments: describe(
      "transit",
      "TransitGatewayVpcAttachments",
      ({ vpcId }) => ({ "vpc-id": [vpcId] }),
      ({ id, vpcId, to }) => ({
        TransitGatewayAttachmentId: id,
        VpcId: vpcId,
        TransitGatewayId: to,
        State: "available",
      }),
    ),

    CreateVpnGateway: operation({ Type: z.literal("ipsec.1") }, (_input, sim) => ({
      VpnGateway: { VpnGatewayId: sim.id("vgw") },
    })),
    AttachVpnGateway: operation({ VpcId: z.string(), VpnGatewayId: z.string() }, (input, sim) => {
      put(sim, input.VpnGatewayId, "vpn", input.VpcId);
      return { VpcAttachment: { VpcId: input.VpcId, State: "attaching" } };
    }),
    DescribeVpnGateways: operation({ Filters: filters }, (input, sim) => ({
      VpnGateways: ofKind(sim, "vpn")
        .filter((one) => passes(sim, one.id, input.Filters, { "attachment.vpc-id": [one.vpcId] }))
        .map(({ id, vpcId }) => ({
          VpnGatewayId: id,
          State: "available",
          VpcAttachments: [{ VpcId: vpcId, State: "attached" }],
        })),
    })),

    CreateEgressOnlyInternetGateway: operation({ VpcId: z.string() }, ({ VpcId }, sim) => {
      const id = sim.id("eigw");
      put(sim, id, "egress", VpcId);
      return { EgressOnlyInternetGateway: { EgressOnlyInternetGatewayId: id } };
    }),
    // Only tags can be filtered by (API reference).
    DescribeEgressOnlyInternetGateways: describe(
      "egress",
      "EgressOnlyInternetGateways",
      () => ({}),
      ({ id, vpcId }) => ({
        EgressOnlyInternetGatewayId: id,
        Attachments: [{ VpcId: vpcId, State: "attached" }],
      }),
    ),
  },
  timers: {
    "other-deleted"(id, sim) {
      for (const interfaceId of otherTable(sim).get(id)?.interfaceIds ?? []) interfaceTable(sim).removeNow(interfaceId);
      otherTable(sim).removeNow(id);
    },
  },
};
