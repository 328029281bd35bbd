import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { absentAs } from "../errors.ts";
import { findOwned, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { blockingInterfaces } from "./read-interfaces.ts";
import { ofStack, retag, tagSpecifications } from "./tags.ts";

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

const describe = (aws: Aws, input: Parameters<Aws["ec2"]["describeSubnets"]>[0]) =>
  aws.together(`ec2:subnets:${JSON.stringify(input)}`, async () => {
    const subnets = await allPages(
      (NextToken) => aws.ec2.describeSubnets({ ...input, NextToken }),
      (page) => page.Subnets,
      (page) => page.NextToken,
    );
    return subnets.map(
      (subnet): SubnetLive => ({
        id: subnet.SubnetId as string,
        tags: tagsFrom(subnet.Tags),
        vpcId: subnet.VpcId ?? "",
        cidr: subnet.CidrBlock ?? "",
        zone: subnet.AvailabilityZone ?? "",
        publicAddresses: subnet.MapPublicIpOnLaunch ?? false,
        state: subnet.State ?? "",
      }),
    );
  });

const list = (aws: Aws, stack: string) => describe(aws, { Filters: ofStack(stack) });

const byId = (aws: Aws, id: string) =>
  aws.batched("ec2:subnets", id, async (ids) => {
    const found = await describe(aws, { Filters: [{ Name: "subnet-id", Values: [...ids] }] });
    return new Map(found.map((one) => [one.id, one]));
  });

export const subnet: ResourceType<SubnetSpec, SubnetLive> = {
  name: "ec2:subnet",
  immutable: ["vpcId", "cidr", "zone"],
  patience: { usual: 2, limit: 120, gone: 1 },
  retryable: { delete: ["DependencyViolation"] },
  list,
  find: findOwned(list, { byId }),
  health: ({ id, state }) =>
    state === "available" ? "ready" : state === "failed" ? { failed: `subnet ${id} is in state failed` } : "pending",

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
    await absentAs(["InvalidSubnetID.NotFound"], () => aws.ec2.deleteSubnet({ SubnetId: id }));
  },

  blockers: (aws, { id }) => blockingInterfaces(aws, "subnet-id", id),
};
