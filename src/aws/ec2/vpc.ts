import type { Vpc } from "@aws-sdk/client-ec2";
import type { Blocker, Identified, ResourceType, Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { STATE } from "../coverage.ts";
import { undefinedIf } from "../errors.ts";
import { findOwned, tagsFrom } from "../owned.ts";
import { contentsOf, withoutParts } from "./read-vpc-contents.ts";
import { ec2Reader } from "./reader.ts";
import { retag, tagSpecifications } from "./tags.ts";

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

async function live(vpc: Vpc, aws: Aws): Promise<VpcLive> {
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
    described: {
      ...vpc,
      EnableDnsSupport: support.EnableDnsSupport?.Value,
      EnableDnsHostnames: hostnames.EnableDnsHostnames?.Value,
    },
  };
}

const reader = ec2Reader({
  name: "vpcs",
  idFilter: "vpc-id",
  page: (aws, Filters, NextToken) => aws.ec2.describeVpcs({ Filters, NextToken }),
  items: (page) => page.Vpcs,
  // A VPC that vanishes between the two reads is not there.
  live: (vpc: Vpc, aws) => undefinedIf(GONE, () => live(vpc, aws)),
});

export const vpc: ResourceType<VpcSpec, VpcLive> = {
  name: "ec2:vpc",
  matters: ["cidr"],
  immutable: ["cidr"],
  coverage: {
    covers: { cidr: ["CidrBlock"], dnsSupport: ["EnableDnsSupport"], dnsHostnames: ["EnableDnsHostnames"] },
    ignores: {
      State: STATE,
      "CidrBlockAssociationSet[].CidrBlockState": STATE,
      "Ipv6CidrBlockAssociationSet[].Ipv6CidrBlockState": STATE,
    },
    unshown: {
      enableNetworkAddressUsageMetrics: "another call for each VPC; it changes no traffic",
      "flow logs": "objects of their own",
    },
  },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },
  retryable: { delete: ["DependencyViolation"] },
  list: reader.list,
  find: findOwned(reader.list, reader),
  foresee: reader.namesake,
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
    await undefinedIf(GONE, () => aws.ec2.deleteVpc({ VpcId: id }));
  },

  blockers: async (aws, { id }): Promise<readonly Blocker[]> => withoutParts((await contentsOf(aws, id)).found),
};
