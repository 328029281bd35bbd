import * as z from "zod";
import { quotaOf } from "../../quotas.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { instanceFor } from "./instance-states.ts";
import { filters, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { type Address, addressTable, interfaceTable, internetGatewayTable } from "./tables.ts";

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

    // In the place of the one that the instance has.
    AssociateAddress: operation(
      {
        AllocationId: z.string(),
        InstanceId: z.string().optional(),
        NetworkInterfaceId: z.string().optional(),
        AllowReassociation: z.boolean().optional(),
      },
      (input, sim) => {
        const address = addressFor(sim, input.AllocationId);
        if ((input.InstanceId === undefined) === (input.NetworkInterfaceId === undefined))
          throw awsError(
            "InvalidParameterCombination",
            "You may specify either an instance or a network interface, and not both",
          );
        const id = input.NetworkInterfaceId ?? instanceFor(sim, input.InstanceId ?? "").interfaceId;
        const eni = interfaceTable(sim).get(id);
        if (!eni)
          throw awsError("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${id}' does not exist`);
        const reaches = internetGatewayTable(sim)
          .all()
          .some(({ vpcId }) => vpcId === eni.vpcId);
        if (!reaches)
          throw awsError("Gateway.NotAttached", `Network ${eni.vpcId} is not attached to any internet gateway`);
        if (address.associationId !== null && address.interfaceId !== id && input.AllowReassociation === false)
          throw awsError("Resource.AlreadyAssociated", `resource ${address.id} is already associated with another`);
        const associationId = sim.id("eipassoc");
        addressTable(sim).put(address.id, { ...address, interfaceId: id, associationId });
        interfaceTable(sim).put(id, { ...eni, publicIp: address.publicIp });
        return { AssociationId: associationId };
      },
    ),

    // An instance that had a public address of its own does not get that back (EC2 user guide, Elastic IP addresses).
    DisassociateAddress: operation({ AssociationId: z.string() }, ({ AssociationId }, sim) => {
      const address = addressTable(sim)
        .all()
        .find(({ associationId }) => associationId === AssociationId);
      if (!address)
        throw awsError("InvalidAssociationID.NotFound", `The association ID '${AssociationId}' does not exist`);
      const eni = interfaceTable(sim).get(address.interfaceId ?? "");
      if (eni) interfaceTable(sim).put(eni.id, { ...eni, publicIp: null });
      addressTable(sim).put(address.id, { ...address, interfaceId: null, associationId: null });
      return {};
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
