import * as z from "zod";
import { quotaOf } from "../../quotas.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { filters, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { type Address, addressTable, interfaceTable } from "./tables.ts";

const notFound = (id: string) => awsError("InvalidAllocationID.NotFound", `The allocation ID '${id}' does not exist`);

/** The address as another call may refer to it: it must be visible already. */
export function addressFor(sim: Sim, id: string): Address {
  const address = addressTable(sim).visible(id) && addressTable(sim).get(id);
  if (!address) throw notFound(id);
  return address;
}

export const addresses: SandboxService = {
  operations: {
    AllocateAddress: operation(
      { Domain: z.literal("vpc"), TagSpecifications: tagSpecifications("elastic-ip") },
      (input, sim) => {
        const table = addressTable(sim);
        if (table.all().length >= quotaOf(sim, "ec2/L-0263D0A3"))
          throw awsError("AddressLimitExceeded", "The maximum number of addresses has been reached.");
        const id = sim.id("eipalloc");
        // RFC 2544: addresses for tests of network devices.
        const publicIp = `198.19.${Math.floor(sim.random() * 256)}.${1 + Math.floor(sim.random() * 254)}`;
        tagOnCreate(sim, id, "elastic-ip", input.TagSpecifications);
        table.put(id, { id, publicIp, interfaceId: null, associationId: null, heldUntil: 0 });
        return { AllocationId: id, PublicIp: publicIp, Domain: "vpc" };
      },
    ),

    DescribeAddresses: operation({ AllocationIds: z.array(z.string()).optional(), Filters: filters }, (input, sim) => {
      const table = addressTable(sim);
      for (const id of input.AllocationIds ?? []) if (!table.visible(id)) throw notFound(id);
      const found = table
        .allVisible()
        .filter((address) => !input.AllocationIds || input.AllocationIds.includes(address.id))
        .filter((address) =>
          passes(sim, address.id, input.Filters, {
            "allocation-id": [address.id],
            "association-id": address.associationId === null ? [] : [address.associationId],
            "network-interface-id": address.interfaceId === null ? [] : [address.interfaceId],
            "public-ip": [address.publicIp],
          }),
        );
      return {
        Addresses: found.map((address) => ({
          AllocationId: address.id,
          PublicIp: address.publicIp,
          Domain: "vpc",
          ...(address.associationId === null || address.interfaceId === null
            ? {}
            : {
                AssociationId: address.associationId,
                NetworkInterfaceId: address.interfaceId,
                NetworkInterfaceOwnerId: sim.account,
                PrivateIpAddress: interfaceTable(sim).get(address.interfaceId)?.privateIp,
              }),
          Tags: tagsOf(sim, address.id),
        })),
      };
    }),

    ReleaseAddress: operation({ AllocationId: z.string() }, ({ AllocationId }, sim) => {
      const address = addressFor(sim, AllocationId);
      // What a NAT gateway holds, or held until some seconds ago: AWS says the one or the other.
      if (address.associationId !== null || sim.now < address.heldUntil) {
        throw sim.random() < 0.5
          ? awsError("AuthFailure", "You do not have permission to access the specified resource.")
          : awsError("InvalidIPAddress.InUse", `Address ${address.publicIp} is in use.`);
      }
      addressTable(sim).remove(address.id);
      return {};
    }),
  },
};
