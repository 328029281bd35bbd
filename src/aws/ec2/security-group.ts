import type { IpPermission, SecurityGroup } from "@aws-sdk/client-ec2";
import type { Blocker, Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { both, sameSet } from "../../lib/compare.ts";
import { shellWord } from "../../lib/shell.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { findOwned, KEY_TAG, tagsFrom } from "../owned.ts";
import { EVERYBODY } from "../ranges.ts";
import { blockingInterfaces } from "./read-interfaces.ts";
import { ec2Reader } from "./reader.ts";
import { retag, tagSpecifications } from "./tags.ts";

export type Protocol = "tcp" | "udp" | "icmp" | "icmpv6" | "all" | `${number}`;

/** What may come in from, or go out to, one range of addresses or one group. */
export interface Rule {
  readonly protocol: Protocol;
  /** First port; of ICMP the type. Absent: all. */
  readonly from?: number;
  /** Last port, `from` when absent; of ICMP the code, all when absent. */
  readonly to?: number;
  /** IPv4 or IPv6 range, or the id of a prefix list. Either this or `groupId`. */
  readonly cidr?: string;
  readonly groupId?: string;
  /** Letters, digits, spaces and ._-:/()#,@[]+=;{}!$* only; may be empty. */
  readonly description: string;
}
export interface SecurityGroupSpec {
  readonly vpcId: string;
  /** Letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* only, 255 at most. */
  readonly description: string;
  readonly inbound: readonly Rule[];
  readonly outbound: readonly Rule[];
}
export interface SecurityGroupLive extends SecurityGroupSpec, Identified {
  readonly tags: Tags;
  readonly groupName: string;
}

type Source = Pick<Rule, "cidr"> | Pick<Rule, "groupId">;

export const tcp = (port: number, source: Source, description: string): Rule => ({
  protocol: "tcp",
  from: port,
  ...source,
  description,
});
/** Every type of ICMP. */
export const icmp = (source: Source, description: string): Rule => ({ protocol: "icmp", ...source, description });
/** All protocols, all ports. */
export const everything = (source: Source, description = ""): Rule => ({ protocol: "all", ...source, description });

/** All may go out: the rule that AWS gives to every new group, as it gives it. */
export const ALL_OUTBOUND: readonly Rule[] = [everything({ cidr: "0.0.0.0/0" })];

const GONE = ["InvalidGroup.NotFound", "InvalidGroupId.NotFound", "InvalidSecurityGroupID.NotFound"];

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  "-1": "all",
  "1": "icmp",
  "6": "tcp",
  "17": "udp",
  "58": "icmpv6",
};

const hasPorts = (protocol: Protocol): boolean => protocol === "tcp" || protocol === "udp";

/** One way to say each thing: "all" is said by no ports. */
function normal({ protocol, from, to: given, ...rest }: Rule): Rule {
  if (protocol === "all" || from === undefined || from === -1) return { protocol, ...rest };
  const to = given ?? (hasPorts(protocol) ? from : -1);
  return hasPorts(protocol) && from === 0 && to === 65535 ? { protocol, ...rest } : { protocol, from, to, ...rest };
}

/** What makes a rule a rule to AWS; the description does not. */
const identity = (rule: Rule): string => {
  const { protocol, from, to, cidr, groupId } = normal(rule);
  return [protocol, from ?? "", to ?? "", cidr ?? groupId ?? ""].join(" ");
};
const asText = (rule: Rule): string => `${identity(rule)} ${rule.description}`;
const has = (rules: readonly Rule[], rule: Rule): boolean => rules.some((other) => identity(other) === identity(rule));
const unique = (rules: readonly Rule[]): Rule[] => [...new Map(rules.map((rule) => [identity(rule), rule])).values()];
const sameRules = (wanted: readonly Rule[], found: readonly Rule[]): boolean =>
  sameSet(unique(wanted).map(asText), found.map(asText));

/** "tcp 443 from 0.0.0.0/0 (https)". @param way "from" of what comes in, "to" of what goes out. */
function wordsOf(rule: Rule, way: "from" | "to"): string {
  const { protocol, from, to, cidr, groupId, description } = normal(rule);
  const range = hasPorts(protocol)
    ? from === to
      ? `${from}`
      : `${from}-${to}`
    : `type ${from}${to === -1 ? "" : ` code ${to}`}`;
  const what = [protocol === "all" ? "everything" : protocol, ...(from === undefined ? [] : [range])].join(" ");
  return `${what} ${way} ${cidr ?? groupId}${description === "" ? "" : ` (${description})`}`;
}

/** AWS merges rules of equal protocol and ports into one permission with many sources; here each is its own again. */
function rulesOf(permissions: readonly IpPermission[] | undefined): Rule[] {
  return (permissions ?? []).flatMap((permission) => {
    const { IpProtocol = "-1", FromPort, ToPort } = permission;
    const ports = {
      ...(FromPort === undefined ? {} : { from: FromPort }),
      ...(ToPort === undefined ? {} : { to: ToPort }),
    };
    const rule = (source: { cidr?: string | undefined; groupId?: string | undefined }, description = ""): Rule => {
      const { cidr, groupId } = source;
      return normal({
        protocol: PROTOCOLS[IpProtocol] ?? (IpProtocol as Protocol),
        ...ports,
        ...(cidr === undefined ? {} : { cidr }),
        ...(groupId === undefined ? {} : { groupId }),
        description,
      });
    };
    return [
      ...(permission.IpRanges ?? []).map((one) => rule({ cidr: one.CidrIp }, one.Description)),
      ...(permission.Ipv6Ranges ?? []).map((one) => rule({ cidr: one.CidrIpv6 }, one.Description)),
      ...(permission.PrefixListIds ?? []).map((one) => rule({ cidr: one.PrefixListId }, one.Description)),
      ...(permission.UserIdGroupPairs ?? []).map((one) => rule({ groupId: one.GroupId }, one.Description)),
    ];
  });
}

/** Permissions as a person reads them: "tcp 22 from 0.0.0.0/0". @param way "from" of what comes in, "to" of what goes out */
export const ruleWords = (permissions: readonly IpPermission[] | undefined, way: "from" | "to"): readonly string[] =>
  rulesOf(permissions).map((rule) => wordsOf(rule, way));

function permissionOf(rule: Rule): IpPermission {
  const { protocol, from, to, cidr, groupId, description } = normal(rule);
  const said = description === "" ? {} : { Description: description };
  // All protocols have no ports; of the others AWS wants them said.
  const all = hasPorts(protocol) ? [0, 65535] : protocol.startsWith("icmp") ? [-1, -1] : [];
  const [FromPort, ToPort] = from === undefined || to === undefined ? all : [from, to];
  const ports = FromPort === undefined || ToPort === undefined ? {} : { FromPort, ToPort };
  const source =
    cidr === undefined
      ? { UserIdGroupPairs: [{ GroupId: groupId as string, ...said }] }
      : cidr.startsWith("pl-")
        ? { PrefixListIds: [{ PrefixListId: cidr, ...said }] }
        : cidr.includes(":")
          ? { Ipv6Ranges: [{ CidrIpv6: cidr, ...said }] }
          : { IpRanges: [{ CidrIp: cidr, ...said }] };
  return { IpProtocol: protocol === "all" ? "-1" : protocol, ...ports, ...source };
}

const CALLS = {
  inbound: {
    authorize: "authorizeSecurityGroupIngress",
    revoke: "revokeSecurityGroupIngress",
    describe: "updateSecurityGroupRuleDescriptionsIngress",
  },
  outbound: {
    authorize: "authorizeSecurityGroupEgress",
    revoke: "revokeSecurityGroupEgress",
    describe: "updateSecurityGroupRuleDescriptionsEgress",
  },
} as const;

/** Adds first, then takes away. One rule per call: AWS rejects a whole batch for one rule that is there already. */
async function setRules(
  aws: Aws,
  direction: "inbound" | "outbound",
  { id: GroupId, [direction]: found }: SecurityGroupLive,
  wanted: readonly Rule[],
): Promise<void> {
  const { authorize, revoke, describe } = CALLS[direction];
  for (const rule of unique(wanted).filter((one) => !has(found, one)))
    await undefinedIf(["InvalidPermission.Duplicate"], () =>
      aws.ec2[authorize]({ GroupId, IpPermissions: [permissionOf(rule)] }),
    );
  const reworded = unique(wanted).filter(
    (rule) => has(found, rule) && !found.some((other) => asText(other) === asText(rule)),
  );
  if (reworded.length > 0) await aws.ec2[describe]({ GroupId, IpPermissions: reworded.map(permissionOf) });
  for (const rule of found.filter((one) => !has(wanted, one)))
    await undefinedIf(["InvalidPermission.NotFound"], () =>
      aws.ec2[revoke]({ GroupId, IpPermissions: [permissionOf({ ...rule, description: "" })] }),
    );
}

const live = (group: SecurityGroup): SecurityGroupLive => ({
  id: group.GroupId as string,
  tags: tagsFrom(group.Tags),
  groupName: group.GroupName ?? "",
  vpcId: group.VpcId ?? "",
  description: group.Description ?? "",
  inbound: rulesOf(group.IpPermissions),
  outbound: rulesOf(group.IpPermissionsEgress),
  described: group,
});

const reader = ec2Reader({
  name: "security-groups",
  idFilter: "group-id",
  inVpc: { filter: "vpc-id", kind: "security-group" },
  page: (aws, Filters, NextToken) => aws.ec2.describeSecurityGroups({ Filters, NextToken }),
  items: (page) => page.SecurityGroups,
  live,
});

/** All groups of a VPC, whoever's. */
export const groupsIn = (aws: Aws, vpcId: string): Promise<readonly SecurityGroupLive[]> =>
  reader.filtered(aws, [{ Name: "vpc-id", Values: [vpcId] }]);

/** What the stack's group with that key lets in; nothing where there is none. */
export const inboundOf = async (aws: Aws, stack: string, key: string): Promise<readonly Rule[]> =>
  (await reader.list(aws, stack)).find(({ tags }) => tags[KEY_TAG] === key)?.inbound ?? [];

/** Other groups whose rules name this one, each with the commands that take these rules out of it. */
async function references(aws: Aws, id: string): Promise<readonly Blocker[]> {
  const found = await Promise.all(
    ["ip-permission.group-id", "egress.ip-permission.group-id"].map((Name) =>
      reader.filtered(aws, [{ Name, Values: [id] }]),
    ),
  );
  const others = new Map(found.flat().map((group) => [group.id, group]));
  others.delete(id);
  const revoke = (group: SecurityGroupLive, way: "ingress" | "egress", rules: readonly Rule[]) => {
    const naming = rules
      .filter(({ groupId }) => groupId === id)
      .map((rule) => permissionOf({ ...rule, description: "" }));
    if (naming.length === 0) return [];
    return `${aws.cli} ec2 revoke-security-group-${way} --group-id ${group.id} --ip-permissions ${shellWord(JSON.stringify(naming))} --region ${aws.region}`;
  };
  return [...others.values()].map((group) => ({
    id: group.id,
    what: `security group "${group.groupName}" has a rule that names this group`,
    passing: false,
    commands: [revoke(group, "ingress", group.inbound), revoke(group, "egress", group.outbound)].flat(),
  }));
}

/** A security group with all its rules: one that the spec does not name is drift. The group's name is the owner's. */
export const securityGroup: ResourceType<SecurityGroupSpec, SecurityGroupLive> = {
  name: "ec2:security-group",
  naming: { longest: 255, within: "region" },
  matters: ["inbound"],
  immutable: ["vpcId", "description"],
  coverage: {
    covers: {
      vpcId: ["VpcId"],
      description: ["Description"],
      inbound: ["IpPermissions"],
      outbound: ["IpPermissionsEgress"],
    },
    dangers: [{ at: ["inbound"], danger: "opened to the world", when: (text) => EVERYBODY.test(text) }],
  },
  same: { inbound: sameRules, outbound: sameRules },
  shown: {
    inbound: (rules) => rules.map((rule) => wordsOf(rule, "from")),
    outbound: (rules) => rules.map((rule) => wordsOf(rule, "to")),
  },
  timing: { createSeconds: 2, timeoutSeconds: 1200, deleteSeconds: 1 },
  retryable: { delete: ["DependencyViolation", "InvalidGroup.InUse"] },
  list: reader.list,
  find: findOwned(reader.list, reader),
  foresee: reader.namesake,

  widened: (live, { inbound }) => ({ inbound: both(unique(inbound), live.inbound, identity) }),

  async create(aws, { vpcId, description }, owner) {
    const { GroupId } = await aws.ec2.createSecurityGroup({
      GroupName: owner.name,
      Description: description,
      VpcId: vpcId,
      TagSpecifications: tagSpecifications(owner, "security-group"),
    });
    return GroupId as string;
  },

  async update(aws, live, { inbound, outbound }, changed, owner) {
    if (changed.has("inbound")) await setRules(aws, "inbound", live, inbound);
    if (changed.has("outbound")) await setRules(aws, "outbound", live, outbound);
    await retag(aws, live.id, changed, owner);
  },

  async delete(aws, { id }) {
    await undefinedIf(GONE, () => aws.ec2.deleteSecurityGroup({ GroupId: id }));
  },

  blockers: async (aws, { id }) =>
    (await Promise.all([blockingInterfaces(aws, "group-id", id), references(aws, id)])).flat(),
};
