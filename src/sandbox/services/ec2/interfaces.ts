import * as z from "zod";
import { cidr, formatAddress } from "../../../lib/cidr.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { filters, page, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { groupTable, interfaceTable, type NetworkInterface, type Subnet, subnetTable } from "./tables.ts";

/** The security group of what is given none. */
export const defaultGroupOf = (sim: Sim, vpcId: string): string[] =>
  groupTable(sim)
    .all()
    .filter((group) => group.vpcId === vpcId && group.name === "default")
    .map(({ id }) => id);

/** Makes an interface in a subnet with the next free address. Throws when the subnet is full. */
export function addInterface(
  sim: Sim,
  subnet: Subnet,
  given: Omit<NetworkInterface, "id" | "vpcId" | "subnetId" | "privateIp" | "sourceDestCheck">,
): NetworkInterface {
  const table = interfaceTable(sim);
  const taken = new Set(table.all().map((one) => one.privateIp));
  const { first, prefix } = cidr(subnet.cidr);
  // The first four addresses and the last are AWS's.
  for (let address = first + 4; address < first + 2 ** (32 - prefix) - 1; address++) {
    const privateIp = formatAddress(address);
    if (taken.has(privateIp)) continue;
    const made: NetworkInterface = {
      id: sim.id("eni"),
      vpcId: subnet.vpcId,
      subnetId: subnet.id,
      privateIp,
      sourceDestCheck: true,
      ...given,
    };
    table.putNow(made.id, made);
    return made;
  }
  throw awsError(
    "InsufficientFreeAddressesInSubnet",
    `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`,
  );
}

const described = (sim: Sim, one: NetworkInterface) => ({
  NetworkInterfaceId: one.id,
  VpcId: one.vpcId,
  SubnetId: one.subnetId,
  AvailabilityZone: subnetTable(sim).get(one.subnetId)?.zone,
  PrivateIpAddress: one.privateIp,
  Description: one.description,
  InterfaceType: one.type,
  RequesterManaged: one.requester !== null,
  ...(one.requester === null ? {} : { RequesterId: one.requester }),
  SourceDestCheck: one.sourceDestCheck,
  Status: one.instanceId === null && one.requester === null ? "available" : "in-use",
  Groups: one.groupIds.map((GroupId) => ({ GroupId })),
  ...(one.instanceId ? { Attachment: { InstanceId: one.instanceId, Status: "attached" } } : {}),
  ...(one.publicIp ? { Association: { PublicIp: one.publicIp } } : {}),
  TagSet: tagsOf(sim, one.id),
});

const notFound = (id: string) =>
  awsError("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${id}' does not exist`);

export const interfaces: SandboxService = {
  operations: {
    // What a person makes who needs an address in a subnet.
    CreateNetworkInterface: operation(
      {
        SubnetId: z.string(),
        Groups: z.array(z.string()).max(16).optional(),
        Description: z.string().max(255).optional(),
        TagSpecifications: tagSpecifications("network-interface"),
      },
      (input, sim) => {
        const subnet = subnetTable(sim).visible(input.SubnetId) && subnetTable(sim).get(input.SubnetId);
        if (!subnet) throw awsError("InvalidSubnetID.NotFound", `The subnet ID '${input.SubnetId}' does not exist`);
        const made = addInterface(sim, subnet, {
          groupIds: input.Groups ?? defaultGroupOf(sim, subnet.vpcId),
          publicIp: null,
          description: input.Description ?? "",
          type: "interface",
          requester: null,
          instanceId: null,
        });
        tagOnCreate(sim, made.id, "network-interface", input.TagSpecifications);
        return { NetworkInterface: described(sim, made) };
      },
    ),

    DeleteNetworkInterface: operation({ NetworkInterfaceId: z.string() }, ({ NetworkInterfaceId: id }, sim) => {
      const there = interfaceTable(sim).get(id);
      if (!there) throw notFound(id);
      if (there.instanceId !== null || there.requester !== null)
        throw awsError("InvalidParameterValue", `Network interface '${id}' is currently in use.`);
      interfaceTable(sim).remove(id);
      return {};
    }),

    DescribeNetworkInterfaces: operation(
      {
        NetworkInterfaceIds: z.array(z.string()).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(5).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const table = interfaceTable(sim);
        for (const id of input.NetworkInterfaceIds ?? []) {
          if (!table.visible(id)) throw notFound(id);
        }
        const found = table
          .allVisible()
          .filter((one) => !input.NetworkInterfaceIds || input.NetworkInterfaceIds.includes(one.id))
          .filter((one) =>
            passes(sim, one.id, input.Filters, {
              "network-interface-id": [one.id],
              "subnet-id": [one.subnetId],
              "vpc-id": [one.vpcId],
              "group-id": one.groupIds,
              description: [one.description],
              "interface-type": [one.type],
              "association.public-ip": one.publicIp === null ? [] : [one.publicIp],
              "attachment.instance-id": one.instanceId ? [one.instanceId] : [],
            }),
          );
        const { items, NextToken } = page(found, input);
        return {
          NetworkInterfaces: items.map((one) => described(sim, one)),
          NextToken,
        };
      },
    ),
  },
};
