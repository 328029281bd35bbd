import type { Subnet } from "@aws-sdk/client-ec2";
import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { cidr, overlaps } from "../../lib/cidr.ts";
import { isUnknown } from "../../lib/unknown.ts";
import { COUNTER, STATE } from "../coverage.ts";
import { undefinedIf } from "../errors.ts";
import { findOwned, KEY_TAG, tagsFrom } from "../owned.ts";
import { blockingInterfaces } from "./read-interfaces.ts";
import { ec2Reader } from "./reader.ts";
import { retag, tagSpecifications } from "./tags.ts";

export interface SubnetSpec {
  readonly vpcId: string;
  readonly cidr: string;
  readonly zone: string;
  /** Instances get a public address at launch. */
  readonly publicAddresses: boolean;
}
export interface SubnetLive extends SubnetSpec, Identified {
  readonly tags: Tags;
  readonly state: string;
}

const reader = ec2Reader({
  name: "subnets",
  idFilter: "subnet-id",
  inVpc: { filter: "vpc-id", kind: "subnet" },
  page: (aws, Filters, NextToken) => aws.ec2.describeSubnets({ Filters, NextToken }),
  items: (page) => page.Subnets,
  live: (subnet: Subnet): SubnetLive => ({
    id: subnet.SubnetId as string,
    tags: tagsFrom(subnet.Tags),
    vpcId: subnet.VpcId ?? "",
    cidr: subnet.CidrBlock ?? "",
    zone: subnet.AvailabilityZone ?? "",
    publicAddresses: subnet.MapPublicIpOnLaunch ?? false,
    state: subnet.State ?? "",
    described: subnet,
  }),
});

export const subnet: ResourceType<SubnetSpec, SubnetLive> = {
  name: "ec2:subnet",
  matters: ["cidr", "zone"],
  immutable: ["vpcId", "cidr", "zone"],
  coverage: {
    covers: {
      vpcId: ["VpcId"],
      cidr: ["CidrBlock"],
      zone: ["AvailabilityZone"],
      publicAddresses: ["MapPublicIpOnLaunch"],
    },
    ignores: {
      State: STATE,
      AvailableIpAddressCount: COUNTER,
      "Ipv6CidrBlockAssociationSet[].Ipv6CidrBlockState": STATE,
    },
    unshown: { "network ACL": "an object of its own", "CIDR reservations": "another call for each subnet" },
    dangers: [{ at: ["publicAddresses"], danger: "made public", when: (text) => text === "true" }],
  },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },
  retryable: { delete: ["DependencyViolation"] },
  list: reader.list,
  find: findOwned(reader.list, reader),
  health: ({ id, state }) =>
    state === "available" ? "ready" : state === "failed" ? { failed: `subnet ${id} is in state failed` } : "pending",

  /** What another zone gives up goes only when all have left it: until then its range is taken. */
  async foresee(aws, spec, owner, live) {
    const { vpcId, cidr: range, zone } = spec;
    const { stack, key } = owner;
    if (live || isUnknown(vpcId)) return reader.namesake(aws, spec, owner, live);
    const taken = (await reader.list(aws, stack)).find(
      (other) => other.vpcId === vpcId && other.tags[KEY_TAG] !== key && overlaps(cidr(other.cidr), cidr(range)),
    );
    if (!taken) return reader.namesake(aws, spec, owner, live);
    return {
      kind: "refused",
      message: `${range} in ${zone} is not free: ${taken.tags.Name ?? taken.id} in ${taken.zone} has ${taken.cidr}`,
      hint: `Give ${zone} ranges of its own in \`network\`, or take ${taken.zone} out first.`,
    };
  },

  async create(aws, { vpcId, cidr, zone }, owner) {
    const { Subnet } = await aws.ec2.createSubnet({
      VpcId: vpcId,
      CidrBlock: cidr,
      AvailabilityZone: zone,
      TagSpecifications: tagSpecifications(owner, "subnet"),
    });
    return Subnet?.SubnetId as string;
  },

  async update(aws, { id: SubnetId }, { publicAddresses }, changed, owner) {
    if (changed.has("publicAddresses"))
      await aws.ec2.modifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: publicAddresses } });
    await retag(aws, SubnetId, changed, owner);
  },

  async delete(aws, { id }) {
    await undefinedIf(["InvalidSubnetID.NotFound"], () => aws.ec2.deleteSubnet({ SubnetId: id }));
  },

  blockers: (aws, { id }) => blockingInterfaces(aws, "subnet-id", id),
};
