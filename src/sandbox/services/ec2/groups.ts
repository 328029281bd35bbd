import { isIPv6 } from "node:net";
import * as z from "zod";
import { formatCidr, parseCidr } from "../../../lib/cidr.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { filters, page, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { type GroupRule, groupTable, interfaceTable, type SecurityGroup } from "./tables.ts";
import { vpcFor } from "./vpcs.ts";

/** "Inbound or outbound rules per security group", the default quota, each way (Amazon VPC quotas page). */
const RULES_PER_GROUP = 60;

/** The characters of a group's name and description, and of a rule's description (API reference). */
const GROUP_TEXT = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{0,255}$/;
const RULE_TEXT = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=;{}!$*]{0,255}$/;

const invalid = (message: string) => awsError("InvalidParameterValue", message);
const notFound = (id: string) => awsError("InvalidGroup.NotFound", `The security group '${id}' does not exist`);

/** The group as another call may refer to it: it must be visible already. */
function groupFor(sim: Sim, id: string): SecurityGroup {
  const group = groupTable(sim).visible(id) && groupTable(sim).get(id);
  if (!group) throw notFound(id);
  return group;
}

const permissions = z
  .array(
    z.strictObject({
      IpProtocol: z.string(),
      FromPort: z.number().int().optional(),
      ToPort: z.number().int().optional(),
      IpRanges: z.array(z.strictObject({ CidrIp: z.string(), Description: z.string().optional() })).optional(),
      Ipv6Ranges: z.array(z.strictObject({ CidrIpv6: z.string(), Description: z.string().optional() })).optional(),
      // What DescribeSecurityGroups gives may be given back: an account, and no prefix lists.
      UserIdGroupPairs: z
        .array(
          z.strictObject({ GroupId: z.string(), UserId: z.string().optional(), Description: z.string().optional() }),
        )
        .optional(),
      PrefixListIds: z.array(z.never()).optional(),
    }),
  )
  .min(1);
type Permissions = z.infer<typeof permissions>;
type Permission = Permissions[number];
type UnnumberedRule = Omit<GroupRule, "id">;

/** AWS gives the name of a protocol back, also where the number was given. */
const PROTOCOL_NAMES: Readonly<Record<string, string>> = { "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6" };

function portsOf({ IpProtocol, FromPort: from, ToPort: to }: Permission): Pick<GroupRule, "protocol" | "from" | "to"> {
  const protocol = PROTOCOL_NAMES[IpProtocol] ?? IpProtocol.toLowerCase();
  if (!/^(-1|tcp|udp|icmp|icmpv6|\d{1,3})$/.test(protocol))
    throw invalid(`Invalid value '${IpProtocol}' for IP protocol. Unknown protocol.`);
  if (protocol === "-1") {
    if ((from ?? -1) !== -1 || (to ?? -1) !== -1) {
      throw invalid(
        "You may not specify all protocols and specific ports. Please specify each protocol and port range combination individually, or all protocols and no port range.",
      );
    }
    return { protocol, from: null, to: null };
  }
  if (protocol === "tcp" || protocol === "udp") {
    if (from === undefined || to === undefined)
      throw invalid("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.");
    for (const port of [from, to])
      if (port < 0 || port > 65535) throw invalid(`Invalid value '${port}' for portRange. TCP/UDP port out of range`);
    if (from > to) throw invalid(`Invalid TCP/UDP port range (${from}:${to})`);
    return { protocol, from, to };
  }
  if (protocol.startsWith("icmp")) {
    if (from === undefined || to === undefined)
      throw invalid("Invalid value 'Must specify both type and code with ICMP.' for portRange.");
    if (from === -1 && to !== -1) throw invalid("ICMP code must be -1 when the type is -1");
    return { protocol, from, to };
  }
  return { protocol, from: null, to: null };
}

function ipv4(text: string): string {
  const parsed = parseCidr(text);
  if (!parsed) throw invalid(`CIDR block ${text} is malformed`);
  return formatCidr(parsed);
}

function ipv6(text: string): string {
  const [address = "", prefix = ""] = text.split("/");
  if (!isIPv6(address) || !/^\d{1,3}$/.test(prefix) || Number(prefix) > 128)
    throw invalid(`CIDR block ${text} is malformed`);
  return text.toLowerCase();
}

/** One rule per source. @param check false: what a rule refers to may be gone. */
function rulesOf(sim: Sim, group: SecurityGroup, given: Permissions, check = true): UnnumberedRule[] {
  return given.flatMap((permission) => {
    const ports = portsOf(permission);
    const worded = (description: string | undefined): string | null => {
      if (description !== undefined && !RULE_TEXT.test(description)) {
        throw invalid(
          "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=;{}!$*",
        );
      }
      return description || null;
    };
    const rules: UnnumberedRule[] = [
      ...(permission.IpRanges ?? []).map((one) => ({
        ...ports,
        cidr: ipv4(one.CidrIp),
        groupId: null,
        description: worded(one.Description),
      })),
      ...(permission.Ipv6Ranges ?? []).map((one) => ({
        ...ports,
        cidr: ipv6(one.CidrIpv6),
        groupId: null,
        description: worded(one.Description),
      })),
      ...(permission.UserIdGroupPairs ?? []).map((one) => {
        if (one.UserId !== undefined && one.UserId !== sim.account)
          throw awsError("InvalidGroup.NotFound", `The security group '${one.GroupId}' does not exist`);
        if (check && groupFor(sim, one.GroupId).vpcId !== group.vpcId)
          throw awsError(
            "InvalidGroup.NotFound",
            "You have specified two resources that belong to different networks.",
          );
        return { ...ports, cidr: null, groupId: one.GroupId, description: worded(one.Description) };
      }),
    ];
    if (rules.length === 0) throw awsError("MissingParameter", "The request must contain a source or destination");
    return rules;
  });
}

const equal = (one: UnnumberedRule, other: UnnumberedRule): boolean =>
  one.protocol === other.protocol &&
  one.from === other.from &&
  one.to === other.to &&
  one.cidr === other.cidr &&
  one.groupId === other.groupId;

const said = (rule: UnnumberedRule): string =>
  `peer: ${rule.cidr ?? rule.groupId}, ${rule.protocol === "-1" ? "ALL" : `${rule.protocol.toUpperCase()}, from port: ${rule.from}, to port: ${rule.to}`}, ALLOW`;

type Direction = "inbound" | "outbound";
const rulesInput = { GroupId: z.string(), IpPermissions: permissions };

/** One rule that is there already rejects the whole batch. */
const authorize = (direction: Direction) =>
  operation(rulesInput, (input, sim) => {
    const group = groupFor(sim, input.GroupId);
    const rules: GroupRule[] = [...group[direction]];
    const made: GroupRule[] = [];
    for (const wanted of rulesOf(sim, group, input.IpPermissions)) {
      if (rules.some((rule) => equal(rule, wanted))) {
        throw awsError("InvalidPermission.Duplicate", `the specified rule "${said(wanted)}" already exists`);
      }
      const rule = { id: sim.id("sgr"), ...wanted };
      rules.push(rule);
      made.push(rule);
    }
    if (rules.length > RULES_PER_GROUP) {
      throw awsError(
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
      );
    }
    groupTable(sim).put(group.id, { ...group, [direction]: rules });
    return {
      Return: true,
      SecurityGroupRules: made.map((rule) => ({
        SecurityGroupRuleId: rule.id,
        GroupId: group.id,
        GroupOwnerId: sim.account,
        IsEgress: direction === "outbound",
        IpProtocol: rule.protocol,
        FromPort: rule.from ?? -1,
        ToPort: rule.to ?? -1,
      })),
    };
  });

/** The group's rules that a call names; all must be there. */
function named(sim: Sim, group: SecurityGroup, direction: Direction, given: Permissions) {
  return rulesOf(sim, group, given, false).map((wanted) => {
    const there = group[direction].find((rule) => equal(rule, wanted));
    if (!there)
      throw awsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
    return { there, wanted };
  });
}

const revoke = (direction: Direction) =>
  operation(rulesInput, (input, sim) => {
    const group = groupFor(sim, input.GroupId);
    const gone = new Set(named(sim, group, direction, input.IpPermissions).map(({ there }) => there.id));
    groupTable(sim).put(group.id, { ...group, [direction]: group[direction].filter((rule) => !gone.has(rule.id)) });
    return { Return: true };
  });

const reword = (direction: Direction) =>
  operation(rulesInput, (input, sim) => {
    const group = groupFor(sim, input.GroupId);
    const words = new Map(
      named(sim, group, direction, input.IpPermissions).map(({ there, wanted }) => [there.id, wanted.description]),
    );
    groupTable(sim).put(group.id, {
      ...group,
      [direction]: group[direction].map((rule) => ({
        ...rule,
        description: words.get(rule.id) ?? (words.has(rule.id) ? null : rule.description),
      })),
    });
    return { Return: true };
  });

/** As AWS gives rules back: those of equal protocol and ports as one permission, in an order of its own. */
function shownRules(sim: Sim, rules: readonly GroupRule[]): object[] {
  const merged = new Map<string, GroupRule[]>();
  for (const rule of rules) {
    const key = `${rule.protocol} ${rule.from} ${rule.to}`;
    merged.set(key, [...(merged.get(key) ?? []), rule]);
  }
  const words = ({ description }: GroupRule) => (description === null ? {} : { Description: description });
  return [...merged.values()].reverse().map((same) => {
    const { protocol, from, to } = same[0] as GroupRule;
    const ranges = same.filter((rule) => rule.cidr !== null);
    return {
      IpProtocol: protocol,
      ...(from === null ? {} : { FromPort: from }),
      ...(to === null ? {} : { ToPort: to }),
      IpRanges: ranges
        .filter((rule) => !rule.cidr?.includes(":"))
        .map((rule) => ({ CidrIp: rule.cidr, ...words(rule) })),
      Ipv6Ranges: ranges
        .filter((rule) => rule.cidr?.includes(":"))
        .map((rule) => ({ CidrIpv6: rule.cidr, ...words(rule) })),
      PrefixListIds: [],
      UserIdGroupPairs: same
        .filter((rule) => rule.groupId !== null)
        .map((rule) => ({ GroupId: rule.groupId, UserId: sim.account, ...words(rule) })),
    };
  });
}

const present = <T>(values: readonly (T | null)[]): T[] => values.filter((value) => value !== null);

export const groups: SandboxService = {
  operations: {
    CreateSecurityGroup: operation(
      {
        GroupName: z.string(),
        Description: z.string(),
        VpcId: z.string(),
        TagSpecifications: tagSpecifications("security-group"),
      },
      (input, sim) => {
        const vpc = vpcFor(sim, input.VpcId);
        const { GroupName: name, Description: description } = input;
        if (name === "" || !GROUP_TEXT.test(name) || name.startsWith("sg-"))
          throw invalid(`Value (${name}) for parameter GroupName is invalid.`);
        if (description === "" || !GROUP_TEXT.test(description)) {
          throw invalid(
            `Value (${description}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.`,
          );
        }
        const table = groupTable(sim);
        // Names do not differ by case (API reference).
        const taken = table
          .all()
          .some((other) => other.vpcId === vpc.id && other.name.toLowerCase() === name.toLowerCase());
        if (taken) {
          throw awsError("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpc.id}'`);
        }
        const id = sim.id("sg");
        tagOnCreate(sim, id, "security-group", input.TagSpecifications);
        table.put(id, {
          id,
          vpcId: vpc.id,
          name,
          description,
          inbound: [],
          outbound: [
            {
              id: sim.id("sgr"),
              protocol: "-1",
              from: null,
              to: null,
              cidr: "0.0.0.0/0",
              groupId: null,
              description: null,
            },
          ],
        });
        return { GroupId: id, Tags: tagsOf(sim, id) };
      },
    ),

    DescribeSecurityGroups: operation(
      {
        GroupIds: z.array(z.string()).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(5).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const table = groupTable(sim);
        for (const id of input.GroupIds ?? []) if (!table.visible(id)) throw notFound(id);
        const found = table
          .allVisible()
          .filter((group) => !input.GroupIds || input.GroupIds.includes(group.id))
          .filter((group) =>
            passes(sim, group.id, input.Filters, {
              "group-id": [group.id],
              "group-name": [group.name],
              "vpc-id": [group.vpcId],
              description: [group.description],
              "ip-permission.group-id": present(group.inbound.map((rule) => rule.groupId)),
              "ip-permission.cidr": present(group.inbound.map((rule) => rule.cidr)),
              "egress.ip-permission.group-id": present(group.outbound.map((rule) => rule.groupId)),
            }),
          );
        const { items, NextToken } = page(found, input);
        return {
          SecurityGroups: items.map((group) => ({
            GroupId: group.id,
            GroupName: group.name,
            Description: group.description,
            VpcId: group.vpcId,
            OwnerId: sim.account,
            IpPermissions: shownRules(sim, group.inbound),
            IpPermissionsEgress: shownRules(sim, group.outbound),
            Tags: tagsOf(sim, group.id),
          })),
          NextToken,
        };
      },
    ),

    AuthorizeSecurityGroupIngress: authorize("inbound"),
    AuthorizeSecurityGroupEgress: authorize("outbound"),
    RevokeSecurityGroupIngress: revoke("inbound"),
    RevokeSecurityGroupEgress: revoke("outbound"),
    UpdateSecurityGroupRuleDescriptionsIngress: reword("inbound"),
    UpdateSecurityGroupRuleDescriptionsEgress: reword("outbound"),

    DeleteSecurityGroup: operation({ GroupId: z.string() }, ({ GroupId }, sim) => {
      const group = groupFor(sim, GroupId);
      if (group.name === "default") {
        throw awsError(
          "CannotDelete",
          `the specified group: "${group.id}" name: "default" cannot be deleted by a user`,
        );
      }
      const inUse =
        interfaceTable(sim)
          .all()
          .some((one) => one.groupIds.includes(group.id)) ||
        groupTable(sim)
          .all()
          .some(
            (other) =>
              other.id !== group.id && [...other.inbound, ...other.outbound].some((rule) => rule.groupId === group.id),
          );
      if (inUse) throw awsError("DependencyViolation", `resource ${group.id} has a dependent object`);
      groupTable(sim).remove(group.id);
      return {};
    }),
  },
};
