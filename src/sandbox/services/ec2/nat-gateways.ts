import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { addressFor } from "./addresses.ts";
import { ms } from "./durations.ts";
import { hasGateway } from "./gateways.ts";
import { addInterface } from "./interfaces.ts";
import { filters, page, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { subnetFor } from "./subnets.ts";
import {
  type Address,
  addressTable,
  interfaceTable,
  type NatGateway,
  natGatewayTable,
  type Subnet,
  subnetTable,
} from "./tables.ts";

/** "NAT gateways per Availability Zone", the default quota (Amazon VPC quotas page). */
const GATEWAYS_PER_ZONE = 5;
/** A failure shows after some seconds, in the state. */
const FAILS_AFTER_MS = 15_000;
/** Deleted gateways stay visible for about an hour (VPC user guide). */
const VISIBLE_MS = 3_600_000;

const notFound = (id: string) => awsError("NatGatewayNotFound", `NAT gateway ${id} was not found`);

/** Takes its interface and address, or tells why it cannot be. */
function connectTo(
  sim: Sim,
  id: string,
  subnet: Subnet,
  address: Address,
): { readonly interfaceId: string } | { readonly code: string; readonly message: string } {
  if (!hasGateway(sim, subnet.vpcId))
    return { code: "Gateway.NotAttached", message: `Network ${subnet.vpcId} has no Internet gateway attached` };
  if (address.associationId !== null) {
    return {
      code: "Resource.AlreadyAssociated",
      message: `Elastic IP address ${address.id} is already associated`,
    };
  }
  try {
    const { id: interfaceId } = addInterface(sim, subnet, {
      groupIds: [],
      publicIp: address.publicIp,
      description: `Interface for NAT Gateway ${id}`,
      type: "nat_gateway",
      requester: sim.account,
      instanceId: null,
    });
    addressTable(sim).putNow(address.id, { ...address, interfaceId, associationId: sim.id("eipassoc") });
    return { interfaceId };
  } catch {
    return {
      code: "InsufficientFreeAddressesInSubnet",
      message: "Subnet has insufficient free addresses to create this NAT gateway",
    };
  }
}

/** Lets go of its interface; its address is held for some seconds more. */
function disconnect(sim: Sim, gateway: NatGateway): void {
  if (gateway.interfaceId === null) return;
  interfaceTable(sim).removeNow(gateway.interfaceId);
  const address = addressTable(sim).get(gateway.allocationId);
  if (address) {
    addressTable(sim).putNow(address.id, {
      ...address,
      interfaceId: null,
      associationId: null,
      heldUntil: sim.now + ms("addressHeld"),
    });
  }
}

const shown = (sim: Sim, gateway: NatGateway) => ({
  NatGatewayId: gateway.id,
  VpcId: gateway.vpcId,
  SubnetId: gateway.subnetId,
  State: gateway.state,
  ConnectivityType: "public",
  AvailabilityMode: "zonal",
  CreateTime: new Date(gateway.createdAt),
  ...(gateway.deletedAt === null ? {} : { DeleteTime: new Date(gateway.deletedAt) }),
  ...(gateway.failure === null ? {} : { FailureCode: gateway.failure.code, FailureMessage: gateway.failure.message }),
  NatGatewayAddresses: [
    {
      AllocationId: gateway.allocationId,
      IsPrimary: true,
      ...(gateway.interfaceId === null
        ? {}
        : {
            NetworkInterfaceId: gateway.interfaceId,
            PrivateIp: interfaceTable(sim).get(gateway.interfaceId)?.privateIp,
            PublicIp: addressTable(sim).get(gateway.allocationId)?.publicIp,
          }),
    },
  ],
  Tags: tagsOf(sim, gateway.id),
});

export const natGateways: SandboxService = {
  operations: {
    CreateNatGateway: operation(
      {
        SubnetId: z.string(),
        AllocationId: z.string(),
        ConnectivityType: z.literal("public").optional(),
        ClientToken: z.string().max(64).optional(),
        TagSpecifications: tagSpecifications("natgateway"),
      },
      (input, sim) => {
        const table = natGatewayTable(sim);
        const token = input.ClientToken ?? null;
        const earlier = token === null ? undefined : table.all().find((one) => one.clientToken === token);
        if (earlier) {
          if (earlier.subnetId !== input.SubnetId || earlier.allocationId !== input.AllocationId) {
            throw awsError(
              "IdempotentParameterMismatch",
              "The client token was used before with other parameters. Use a unique token.",
            );
          }
          return { NatGateway: shown(sim, earlier), ClientToken: token };
        }
        const subnet = subnetFor(sim, input.SubnetId);
        const address = addressFor(sim, input.AllocationId);
        const inZone = table
          .all()
          .filter(({ state }) => state === "pending" || state === "available" || state === "deleting")
          .filter(({ subnetId }) => subnetTable(sim).get(subnetId)?.zone === subnet.zone);
        if (inZone.length >= GATEWAYS_PER_ZONE)
          throw awsError("NatGatewayLimitExceeded", "The maximum number of NAT Gateways has been reached.");
        const id = sim.id("nat");
        tagOnCreate(sim, id, "natgateway", input.TagSpecifications);
        const connected = connectTo(sim, id, subnet, address);
        const gateway: NatGateway = {
          id,
          vpcId: subnet.vpcId,
          subnetId: subnet.id,
          allocationId: address.id,
          clientToken: token,
          interfaceId: "interfaceId" in connected ? connected.interfaceId : null,
          state: "pending",
          failure: null,
          createdAt: sim.now,
          deletedAt: null,
        };
        table.put(id, gateway);
        if ("interfaceId" in connected) sim.after(ms("natGatewayAvailable"), "ec2:natGatewayUp", id);
        else sim.after(FAILS_AFTER_MS, "ec2:natGatewayFailed", JSON.stringify({ id, failure: connected }));
        return { NatGateway: shown(sim, gateway), ClientToken: token };
      },
    ),

    DescribeNatGateways: operation(
      {
        NatGatewayIds: z.array(z.string()).optional(),
        Filter: filters,
        MaxResults: z.number().int().min(5).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const table = natGatewayTable(sim);
        for (const id of input.NatGatewayIds ?? []) if (!table.visible(id)) throw notFound(id);
        const found = table
          .allVisible()
          .filter((gateway) => !input.NatGatewayIds || input.NatGatewayIds.includes(gateway.id))
          .filter((gateway) =>
            passes(sim, gateway.id, input.Filter, {
              "nat-gateway-id": [gateway.id],
              "vpc-id": [gateway.vpcId],
              "subnet-id": [gateway.subnetId],
              state: [gateway.state],
            }),
          );
        const { items, NextToken } = page(found, input);
        return { NatGateways: items.map((gateway) => shown(sim, gateway)), NextToken };
      },
    ),

    DeleteNatGateway: operation({ NatGatewayId: z.string() }, ({ NatGatewayId }, sim) => {
      const gateway = natGatewayTable(sim).visible(NatGatewayId) && natGatewayTable(sim).get(NatGatewayId);
      if (!gateway) throw notFound(NatGatewayId);
      if (gateway.state !== "deleting" && gateway.state !== "deleted") {
        natGatewayTable(sim).put(gateway.id, { ...gateway, state: "deleting", deletedAt: sim.now });
        sim.after(ms("natGatewayDeleted"), "ec2:natGatewayDown", gateway.id);
      }
      return { NatGatewayId };
    }),
  },

  timers: {
    natGatewayUp(id, sim) {
      const gateway = natGatewayTable(sim).get(id);
      if (gateway?.state === "pending") natGatewayTable(sim).putNow(id, { ...gateway, state: "available" });
    },
    natGatewayFailed(about, sim) {
      const { id, failure } = JSON.parse(about) as { id: string; failure: NatGateway["failure"] };
      const gateway = natGatewayTable(sim).get(id);
      if (gateway?.state === "pending") natGatewayTable(sim).putNow(id, { ...gateway, state: "failed", failure });
    },
    natGatewayDown(id, sim) {
      const gateway = natGatewayTable(sim).get(id);
      if (!gateway) return;
      disconnect(sim, gateway);
      natGatewayTable(sim).putNow(id, { ...gateway, state: "deleted", interfaceId: null });
      sim.after(VISIBLE_MS, "ec2:natGatewayForgotten", id);
    },
    natGatewayForgotten(id, sim) {
      natGatewayTable(sim).removeNow(id);
    },
  },
};
