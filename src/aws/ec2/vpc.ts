import type { Vpc } from "@aws-sdk/client-ec2";
import type { Blocker, Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { sameSet } from "../../lib/compare.ts";
import type { Aws } from "../aws.ts";
import { STATE } from "../coverage.ts";
import { undefinedIf } from "../errors.ts";
import { findOwned, STACK_TAG, tagsFrom } from "../owned.ts";
import { letsEverybodyIn } from "../ranges.ts";
import { type DefaultGroup, empty, readDefaultGroup } from "./default-group.ts";
import { contentsOf, withoutParts } from "./read-vpc-contents.ts";
import { ec2Reader } from "./reader.ts";
import { retag, tagSpecifications } from "./tags.ts";

export interface VpcSpec {
  readonly cidr: string;
  readonly dnsSupport: boolean;
  readonly dnsHostnames: boolean;
  /** Of the security group that AWS makes with it, in words. They can only be taken out: wanted are none. */
  readonly defaultGroupRules: readonly string[];
}
export interface VpcLive extends VpcSpec, Identified {
  readonly tags: Tags;
  readonly state: string;
  /** Undefined: reads do not show it yet. */
  readonly defaultGroup: DefaultGroup | undefined;
  readonly defaultGroupId: string | undefined;
}

const GONE = ["InvalidVpcID.NotFound"];
// It goes with its VPC.
const GROUP_GONE = ["InvalidGroup.NotFound"];

async function live(vpc: Vpc, aws: Aws): Promise<VpcLive> {
  const VpcId = vpc.VpcId as string;
  const tags = tagsFrom(vpc.Tags);
  // One attribute per call, both to read and to set (API reference, DescribeVpcAttribute).
  const [support, hostnames, defaultGroup] = await Promise.all([
    aws.ec2.describeVpcAttribute({ VpcId, Attribute: "enableDnsSupport" }),
    aws.ec2.describeVpcAttribute({ VpcId, Attribute: "enableDnsHostnames" }),
    // What may be done to somebody else's is not asked, nor of one that is still being made.
    readDefaultGroup(aws, VpcId, tags[STACK_TAG] !== undefined && vpc.State === "available"),
  ]);
  return {
    id: VpcId,
    tags,
    cidr: vpc.CidrBlock ?? "",
    state: vpc.State ?? "",
    dnsSupport: support.EnableDnsSupport?.Value ?? false,
    dnsHostnames: hostnames.EnableDnsHostnames?.Value ?? false,
    defaultGroupRules: defaultGroup?.rules ?? [],
    defaultGroup,
    defaultGroupId: defaultGroup?.id,
    described: {
      ...vpc,
      EnableDnsSupport: support.EnableDnsSupport?.Value,
      EnableDnsHostnames: hostnames.EnableDnsHostnames?.Value,
      // The default one alone: the others are objects of their own.
      SecurityGroups: defaultGroup && [
        {
          GroupId: defaultGroup.id,
          IpPermissions: defaultGroup.described.IpPermissions,
          IpPermissionsEgress: defaultGroup.described.IpPermissionsEgress,
        },
      ],
    },
  };
}

const reader = ec2Reader({
  name: "vpcs",
  idFilter: "vpc-id",
  page: (aws, Filters, NextToken) => aws.ec2.describeVpcs({ Filters, NextToken }),
  items: (page) => page.Vpcs,
  // A VPC that vanishes between the two reads is not there.
  live: (vpc: Vpc, aws) => undefinedIf([...GONE, ...GROUP_GONE], () => live(vpc, aws)),
});

export const vpc: ResourceType<VpcSpec, VpcLive> = {
  name: "ec2:vpc",
  matters: ["cidr"],
  immutable: ["cidr"],
  coverage: {
    covers: {
      cidr: ["CidrBlock"],
      dnsSupport: ["EnableDnsSupport"],
      dnsHostnames: ["EnableDnsHostnames"],
      defaultGroupRules: ["SecurityGroups"],
    },
    ignores: {
      State: STATE,
      "CidrBlockAssociationSet[].CidrBlockState": STATE,
      "Ipv6CidrBlockAssociationSet[].Ipv6CidrBlockState": STATE,
      SecurityGroups: "where it may not be emptied, what others put there is told as extras",
    },
    unshown: {
      enableNetworkAddressUsageMetrics: "another call for each VPC; it changes no traffic",
      "flow logs": "objects of their own",
    },
    dangers: [
      {
        at: ["defaultGroupRules"],
        danger: "opened to the world",
        when: (text) => (JSON.parse(text) as readonly string[]).some(letsEverybodyIn),
      },
      // Who answers for names says where everything goes.
      { at: ["DhcpOptionsId"], danger: "leads elsewhere" },
    ],
  },
  same: {
    defaultGroupRules: (wanted, found, { defaultGroup }) => defaultGroup?.kept === true || sameSet(wanted, found),
  },
  attributes: ["defaultGroupId"],
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },
  retryable: { delete: ["DependencyViolation"] },
  list: reader.list,
  find: findOwned(reader.list, reader),
  foresee: reader.namesake,
  health: ({ state, defaultGroup }) => (state === "available" && defaultGroup ? "ready" : "pending"),
  notes: ({ defaultGroup: group }, { defaultGroupRules }) =>
    group?.kept && !sameSet(defaultGroupRules, group.rules)
      ? [
          `its default security group has rules (${group.rules.join(", ")}) that this caller may not revoke: \`buddyverse policy\` prints what that takes`,
        ]
      : [],

  mend({ cli, region }, { id }, { path, before }) {
    return path === "DhcpOptionsId" && before !== undefined
      ? { command: `${cli} ec2 associate-dhcp-options --dhcp-options-id ${before} --vpc-id ${id} --region ${region}` }
      : undefined;
  },

  async create(aws, { cidr }, owner) {
    const { Vpc } = await aws.ec2.createVpc({ CidrBlock: cidr, TagSpecifications: tagSpecifications(owner, "vpc") });
    return Vpc?.VpcId as string;
  },

  async update(aws, { id: VpcId, defaultGroup }, { dnsSupport, dnsHostnames }, changed, owner) {
    if (changed.has("dnsSupport")) await aws.ec2.modifyVpcAttribute({ VpcId, EnableDnsSupport: { Value: dnsSupport } });
    if (changed.has("dnsHostnames"))
      await aws.ec2.modifyVpcAttribute({ VpcId, EnableDnsHostnames: { Value: dnsHostnames } });
    if (changed.has("defaultGroupRules") && defaultGroup) await empty(aws, defaultGroup.described);
    await retag(aws, VpcId, changed, owner);
  },

  async delete(aws, { id }) {
    await undefinedIf(GONE, () => aws.ec2.deleteVpc({ VpcId: id }));
  },

  blockers: async (aws, { id }): Promise<readonly Blocker[]> => withoutParts((await contentsOf(aws, id)).found),
};
