import * as z from "zod";
import { quotaOf } from "../../quotas.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { filters, page, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { type InternetGateway, interfaceTable, internetGatewayTable } from "./tables.ts";
import { vpcFor } from "./vpcs.ts";

const notFound = (id: string) =>
  awsError("InvalidInternetGatewayID.NotFound", `The internetGateway ID '${id}' does not exist`);

function gatewayFor(sim: Sim, id: string): InternetGateway {
  const gateway = internetGatewayTable(sim).visible(id) && internetGatewayTable(sim).get(id);
  if (!gateway) throw notFound(id);
  return gateway;
}

/** True when the VPC has a way to the internet. */
export const hasGateway = (sim: Sim, vpcId: string): boolean =>
  internetGatewayTable(sim)
    .all()
    .some((gateway) => gateway.vpcId === vpcId);

export const gateways: SandboxService = {
  operations: {
    CreateInternetGateway: operation({ TagSpecifications: tagSpecifications("internet-gateway") }, (input, sim) => {
      const table = internetGatewayTable(sim);
      if (table.all().length >= quotaOf(sim, "vpc/L-A4707A72"))
        throw awsError("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.");
      const id = sim.id("igw");
      tagOnCreate(sim, id, "internet-gateway", input.TagSpecifications);
      table.put(id, { id, vpcId: null });
      return {
        InternetGateway: { InternetGatewayId: id, Attachments: [], OwnerId: sim.account, Tags: tagsOf(sim, id) },
      };
    }),

    AttachInternetGateway: operation({ InternetGatewayId: z.string(), VpcId: z.string() }, (input, sim) => {
      const gateway = gatewayFor(sim, input.InternetGatewayId);
      const vpc = vpcFor(sim, input.VpcId);
      if (gateway.vpcId !== null) {
        throw awsError(
          "Resource.AlreadyAssociated",
          `resource ${gateway.id} is already attached to network ${gateway.vpcId}`,
        );
      }
      if (hasGateway(sim, vpc.id))
        throw awsError("InvalidParameterValue", `Network ${vpc.id} already has an internet gateway attached`);
      internetGatewayTable(sim).put(gateway.id, { ...gateway, vpcId: vpc.id });
      return {};
    }),

    DetachInternetGateway: operation({ InternetGatewayId: z.string(), VpcId: z.string() }, (input, sim) => {
      const gateway = gatewayFor(sim, input.InternetGatewayId);
      if (gateway.vpcId !== input.VpcId)
        throw awsError("Gateway.NotAttached", `resource ${gateway.id} is not attached to network ${input.VpcId}`);
      const mapped = interfaceTable(sim)
        .all()
        .some((one) => one.vpcId === input.VpcId && one.publicIp !== null);
      if (mapped) {
        throw awsError(
          "DependencyViolation",
          `Network ${input.VpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
        );
      }
      internetGatewayTable(sim).put(gateway.id, { ...gateway, vpcId: null });
      return {};
    }),

    DeleteInternetGateway: operation({ InternetGatewayId: z.string() }, ({ InternetGatewayId }, sim) => {
      const gateway = gatewayFor(sim, InternetGatewayId);
      if (gateway.vpcId !== null) {
        throw awsError(
          "DependencyViolation",
          `The internetGateway '${gateway.id}' has dependencies and cannot be deleted.`,
        );
      }
      internetGatewayTable(sim).remove(gateway.id);
      return {};
    }),

    DescribeInternetGateways: operation(
      {
        InternetGatewayIds: z.array(z.string()).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(5).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const table = internetGatewayTable(sim);
        for (const id of input.InternetGatewayIds ?? []) if (!table.visible(id)) throw notFound(id);
        const found = table
          .allVisible()
          .filter((gateway) => !input.InternetGatewayIds || input.InternetGatewayIds.includes(gateway.id))
          .filter((gateway) =>
            passes(sim, gateway.id, input.Filters, {
              "internet-gateway-id": [gateway.id],
              "attachment.vpc-id": gateway.vpcId === null ? [] : [gateway.vpcId],
              "attachment.state": gateway.vpcId === null ? [] : ["available"],
            }),
          );
        const { items, NextToken } = page(found, input);
        return {
          InternetGateways: items.map((gateway) => ({
            InternetGatewayId: gateway.id,
            OwnerId: sim.account,
            // An internet gateway's attachment is "available", not "attached" (API reference).
            Attachments: gateway.vpcId === null ? [] : [{ VpcId: gateway.vpcId, State: "available" }],
            Tags: tagsOf(sim, gateway.id),
          })),
          NextToken,
        };
      },
    ),
  },
};
