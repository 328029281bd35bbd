import type { Vpc } from "@aws-sdk/client-ec2";
import type { Blocker, Identified, ResourceType, Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { absentAs } from "../errors.ts";
import { findOwned, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { blockingInterfaces } from "./read-interfaces.ts";
import { ofStack, retag, tagSpecifications } from "./tags.ts";

export interface VpcSpec {
  readonly cidr: string;
  readonly dnsSupport: boolean;
  readonly dnsHostnames: boolean;
}
export interface VpcLive extends VpcSpec, Identified {
  readonly tags: Tags;
  readonly state: string;
}

const GONE = ["InvalidVpcID.NotFound"];

async function live(aws: Aws, vpc: Vpc): Promise<VpcLive> {
  const VpcId = vpc.VpcId as string;
  // One attribute per call, both to read and to set (API reference, DescribeVpcAttribute).
  const [support, hostnames] = await Promise.all([
    aws.ec2.describeVpcAttribute({ VpcId, Attribute: "enableDnsSupport" }),
    aws.ec2.describeVpcAttribute({ VpcId, Attribute: "enableDnsHostnames" }),
  ]);
  return {
    id: VpcId,
    tags: tagsFrom(vpc.Tags),
    cidr: vpc.CidrBlock ?? "",
    state: vpc.State ?? "",
    dnsSupport: support.EnableDnsSupport?.Value ?? false,
    dnsHostnames: hostnames.EnableDnsHostnames?.Value ?? false,
  };
}

const describe = (aws: Aws, input: Parameters<Aws["ec2"]["describeVpcs"]>[0]) =>
  aws.together(`ec2:vpcs:${JSON.stringify(input)}`, async () => {
    const vpcs = await allPages(
      (NextToken) => aws.ec2.describeVpcs({ ...input, NextToken }),
      (page) => page.Vpcs,
      (page) => page.NextToken,
    );
    // A VPC that vanishes between the two reads is not there.
    const found = await Promise.all(vpcs.map((vpc) => absentAs(GONE, () => live(aws, vpc))));
    return found.filter((one) => one !== undefined);
  });

const list = (aws: Aws, stack: string) => describe(aws, { Filters: ofStack(stack) });

const byId = (aws: Aws, id: string) =>
  aws.batched("ec2:vpcs", id, async (ids) => {
    const found = await describe(aws, { Filters: [{ Name: "vpc-id", Values: [...ids] }] });
    return new Map(found.map((one) => [one.id, one]));
  });

export const vpc: ResourceType<VpcSpec, VpcLive> = {
  name: "ec2:vpc",
  immutable: ["cidr"],
  patience: { usual: 2, limit: 120, gone: 1 },
  retryable: { delete: ["DependencyViolation"] },
  list,
  find: findOwned(list, { byId }),
  health: ({ state }) => (state === "available" ? "ready" : "pending"),

  async create(aws, { cidr }, owner) {
    const { Vpc } = await aws.ec2.createVpc({ CidrBlock: cidr, TagSpecifications: tagSpecifications(owner, "vpc") });
    return Vpc?.VpcId as string;
  },

  async update(aws, { id: VpcId }, { dnsSupport, dnsHostnames }, changed, owner) {
    if (changed.has("dnsSupport")) await aws.ec2.modifyVpcAttribute({ VpcId, EnableDnsSupport: { Value: dnsSupport } });
    if (changed.has("dnsHostnames"))
      await aws.ec2.modifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: dnsHostnames } });
    await retag(aws, VpcId, changed, owner);
  },

  async delete(aws, { id }) {
    await absentAs(GONE, () => aws.ec2.deleteVpc({ VpcId: id }));
  },

  blockers: (aws, { id }): Promise<readonly Blocker[]> => blockingInterfaces(aws, "vpc-id", id),
};
