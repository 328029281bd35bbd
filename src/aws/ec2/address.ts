import type { Address } from "@aws-sdk/client-ec2";
import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { undefinedIf } from "../errors.ts";
import { findOwned, tagsFrom } from "../owned.ts";
import { publicAddress } from "./prices.ts";
import { ec2Reader } from "./reader.ts";
import { retag, tagSpecifications } from "./tags.ts";

export interface AddressSpec {
  readonly domain: "vpc";
}
export interface AddressLive extends AddressSpec, Identified {
  readonly tags: Tags;
  readonly publicIp: string;
  /** The interface that holds it, if any. */
  readonly interfaceId: string | undefined;
  readonly associationId: string | undefined;
}

const reader = ec2Reader({
  name: "addresses",
  idFilter: "allocation-id",
  // It has no pages: all addresses come in one answer.
  page: async (aws, Filters) => ({ ...(await aws.ec2.describeAddresses({ Filters })), NextToken: undefined }),
  items: (page) => page.Addresses,
  live: (address: Address): AddressLive => ({
    id: address.AllocationId as string,
    tags: tagsFrom(address.Tags),
    domain: "vpc",
    publicIp: address.PublicIp ?? "",
    interfaceId: address.NetworkInterfaceId,
    associationId: address.AssociationId,
    described: address,
  }),
});

/** An Elastic IP address. It costs money while it is there, whether something uses it or not. */
export const address: ResourceType<AddressSpec, AddressLive> = {
  name: "ec2:address",
  coverage: {
    covers: { domain: ["Domain"] },
    ignores: Object.fromEntries(
      ["AssociationId", "InstanceId", "NetworkInterfaceId", "NetworkInterfaceOwnerId", "PrivateIpAddress"].map(
        (path) => [path, "comes and goes with what has the address"],
      ),
    ),
    unshown: { PtrRecord: "another call for each address" },
  },
  timing: { createSeconds: 2, timeoutSeconds: 600, deleteSeconds: 1 },
  retryable: {
    // For some seconds after its NAT gateway shows deleted it is still held; AWS then says one or the other
    // (github.com/kubernetes/kops/issues/938, github.com/eformat/sno-for-100/issues/9).
    delete: [
      "InvalidIPAddress.InUse",
      { code: "AuthFailure", message: /do not have permission to access the specified resource/i },
    ],
  },
  list: reader.list,
  find: findOwned(reader.list, reader),
  foresee: reader.namesake,

  async create(aws, { domain }, owner) {
    const { AllocationId } = await aws.ec2.allocateAddress({
      Domain: domain,
      TagSpecifications: tagSpecifications(owner, "elastic-ip"),
    });
    return AllocationId as string;
  },

  async update(aws, { id }, _spec, changed, owner) {
    await retag(aws, id, changed, owner);
  },

  async delete(aws, { id }) {
    await undefinedIf(["InvalidAllocationID.NotFound"], () => aws.ec2.releaseAddress({ AllocationId: id }));
  },

  blockers: async ({ cli, region }, { interfaceId, associationId, publicIp }) =>
    interfaceId === undefined
      ? []
      : [
          {
            id: interfaceId,
            what: `holds ${publicIp}`,
            passing: false,
            commands: [`${cli} ec2 disassociate-address --association-id ${associationId} --region ${region}`],
          },
        ],

  charges: () => [{ what: "public IPv4 address", price: publicAddress, quantity: 1 }],
};
