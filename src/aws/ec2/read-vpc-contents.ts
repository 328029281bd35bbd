import type {
  Instance,
  NetworkAcl,
  NetworkAclEntry,
  NetworkInterface,
  RouteTable,
  SecurityGroup,
  Tag,
} from "@aws-sdk/client-ec2";
import type { Danger, Tags } from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { STACK_TAG, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { EVERYBODY, letsEverybodyIn } from "../ranges.ts";
import { instancesBy, isCopy } from "./read-instances.ts";
import { interfaceBlocker, interfacesIn } from "./read-interfaces.ts";
import type { Filters } from "./reader.ts";
import { destinationOf, targetOf } from "./route-table.ts";
import { ruleWords } from "./security-group.ts";

/** Something in a VPC. */
export interface Content {
  readonly id: string;
  /** What it is, as AWS describes it. */
  readonly what: string;
  readonly tags: Tags;
  /** What removes it, with the AWS CLI; none: AWS has no command for it alone. */
  readonly commands: readonly string[];
  /** It goes by itself. */
  readonly passing: boolean;
  readonly networkInterface?: NetworkInterface;
  /** Of an interface: ids of all that it may be of, where its service does not say which. */
  readonly anyOf?: readonly string[];
  /** What it does there, or opens. */
  readonly effect?: string | undefined;
  /** What that means for safety. */
  readonly danger?: Danger | undefined;
  /** It is a change in what AWS makes with every VPC, and removes with it. */
  readonly goesWithVpc?: boolean | undefined;
}
/** All that is in a VPC, and which sorts could not be looked at, and why. */
export interface Contents {
  readonly found: readonly Content[];
  readonly unseen: readonly string[];
}

interface Sort {
  /** In the plural, for the notice that it could not be looked at. */
  readonly sort: string;
  read(aws: Aws, vpcId: string, known: ReadonlySet<string>): Promise<readonly Content[]>;
}
interface Shown {
  readonly id: string | undefined;
  readonly what: string;
  readonly tags: Tag[] | undefined;
  /** The words of the AWS CLI that remove it, without profile and region. */
  readonly remove?: string;
  readonly effect?: string;
  readonly danger?: Danger | undefined;
  readonly goesWithVpc?: boolean;
}

/** One sort: the call that lists it by the VPC, and what counts of its answer. */
const sort = <Page extends { readonly NextToken?: string | undefined }, Item>(
  name: string,
  page: (aws: Aws, Filters: Filters, NextToken: string | undefined) => Promise<Page>,
  items: (page: Page) => readonly Item[] | undefined,
  shown: (item: Item, vpcId: string) => Shown | readonly Shown[] | undefined,
  filter = "vpc-id",
): Sort => ({
  sort: name,
  async read(aws, vpcId) {
    const found = await allPages(
      (token) => page(aws, [{ Name: filter, Values: [vpcId] }], token),
      items,
      ({ NextToken }) => NextToken,
    );
    return found
      .flatMap((item) => shown(item, vpcId) ?? [])
      .map(({ id = "", tags, remove, ...rest }) => ({
        ...rest,
        id,
        tags: tagsFrom(tags),
        commands: remove ? [`${aws.cli} ${remove} --region ${aws.region}`] : [],
        passing: false,
      }));
  },
});

const named = (what: string, tags: Tag[] | undefined) => [what, tagsFrom(tags).Name].filter(Boolean).join(" ");
// Some begin with a capital letter.
const GONE = ["deleted", "deleting", "failed", "terminated", "shutting-down", "rejected", "expired"];
const there = (state: string | undefined): boolean => !GONE.includes(state?.toLowerCase() ?? "");

/** What an instance opens. */
export function instanceEffect({ PublicIpAddress, MetadataOptions }: Instance): Pick<Shown, "effect" | "danger"> {
  const effects = [
    ...(PublicIpAddress ? [`has the public address ${PublicIpAddress}`] : []),
    ...(MetadataOptions?.HttpTokens === "optional" ? ["answers IMDSv1"] : []),
  ];
  const danger = PublicIpAddress ? "made public" : effects.length > 0 ? "IMDSv1 allowed" : undefined;
  return { effect: effects.join(", "), danger };
}

function groupEffect({ IpPermissions }: SecurityGroup): Pick<Shown, "effect" | "danger"> {
  const rules = ruleWords(IpPermissions, "from");
  const opened = rules.filter((rule) => EVERYBODY.test(rule));
  const told = opened.length > 0 ? opened : rules;
  return {
    effect: told.length === 0 ? "" : `lets in ${told.slice(0, 3).join(", ")}${told.length > 3 ? ", …" : ""}`,
    danger: opened.length > 0 ? "opened to the world" : undefined,
  };
}

/** Rules of a VPC's default group that AWS has not put there: all comes in from its members, and all goes out. */
function defaultGroup(group: SecurityGroup): readonly Shown[] {
  const { GroupId: id, IpPermissions, IpPermissionsEgress } = group;
  return [
    ...ruleWords(IpPermissions, "from").filter((rule) => rule !== `everything from ${id}`),
    ...ruleWords(IpPermissionsEgress, "to").filter((rule) => rule !== "everything to 0.0.0.0/0"),
  ].map((rule) => ({
    id,
    what: "rule of the VPC's default security group",
    tags: [],
    effect: rule,
    danger: letsEverybodyIn(rule) ? "opened to the world" : undefined,
    goesWithVpc: true,
  }));
}

const LAST_ENTRY = 32_767;
const entryWords = ({
  RuleNumber,
  Egress,
  RuleAction,
  Protocol,
  CidrBlock,
  Ipv6CidrBlock,
  PortRange,
}: NetworkAclEntry) =>
  `${RuleNumber}: ${RuleAction === "deny" ? "denies" : "allows"} ${Protocol === "-1" ? "everything" : `protocol ${Protocol}`}${PortRange ? ` port ${PortRange.From}-${PortRange.To}` : ""} ${Egress ? "to" : "from"} ${CidrBlock ?? Ipv6CidrBlock}`;

/** Entries of the default network ACL that AWS has not put there, and its own that are gone. */
function defaultAcl({ NetworkAclId: id, Entries = [] }: NetworkAcl): readonly Shown[] {
  const own = ({ RuleNumber, RuleAction, Protocol }: NetworkAclEntry) =>
    (RuleNumber ?? 0) >= LAST_ENTRY || (RuleNumber === 100 && RuleAction === "allow" && Protocol === "-1");
  // A VPC with an IPv6 range has two more of AWS's own.
  const isOwn = (one: NetworkAclEntry) =>
    one.Ipv6CidrBlock === undefined ? own(one) : own({ ...one, RuleNumber: (one.RuleNumber ?? 0) - 1 });
  const gone = [false, true].filter((way) => !Entries.some((one) => one.RuleNumber === 100 && one.Egress === way));
  return [
    ...Entries.filter((one) => !isOwn(one)).map((one) => ({ text: `entry ${entryWords(one)}`, one })),
    ...gone.map((way) => ({
      text: `nothing is allowed ${way ? "out" : "in"}: AWS's own entry 100 is gone`,
      one: undefined,
    })),
  ].map(({ text, one }) => ({
    id,
    what: "the VPC's default network ACL",
    tags: [],
    effect: text,
    goesWithVpc: true,
    ...(one
      ? {
          remove: `ec2 delete-network-acl-entry --network-acl-id ${id} --rule-number ${one.RuleNumber} --${one.Egress ? "egress" : "ingress"}`,
        }
      : {}),
  }));
}

/** Routes in a VPC's main table, besides its local ones: what is in no other table goes by them. */
const mainTable = ({ RouteTableId: id, Routes = [] }: RouteTable): readonly Shown[] =>
  Routes.filter(({ GatewayId }) => GatewayId !== "local").map((route) => ({
    id,
    what: "route of the VPC's main route table",
    tags: [],
    effect: `${destinationOf(route)} goes to ${targetOf(route)}`,
    remove: `ec2 delete-route --route-table-id ${id} --destination-cidr-block ${destinationOf(route)}`,
    goesWithVpc: true,
  }));

/** A VPC is on either side, and no filter takes both: of all, which are few, those of this one are chosen. */
const peerings = sort(
  "VPC peering connections",
  (aws, _Filters, NextToken) => aws.ec2.describeVpcPeeringConnections({ NextToken }),
  (page) => page.VpcPeeringConnections,
  ({ VpcPeeringConnectionId: id, Tags, Status, RequesterVpcInfo, AccepterVpcInfo }, vpcId) => {
    const sides = [RequesterVpcInfo, AccepterVpcInfo];
    if (!there(Status?.Code) || !sides.some((one) => one?.VpcId === vpcId)) return undefined;
    const other = sides.find((one) => one?.VpcId !== vpcId);
    const what = `${named("VPC peering connection", Tags)} with ${other?.VpcId ?? "another VPC"}`;
    const remove = `ec2 delete-vpc-peering-connection --vpc-peering-connection-id ${id}`;
    return { id, what, tags: Tags, remove, danger: "leads elsewhere" };
  },
);

/**
 * What keeps a VPC from being deleted (VPC user guide, "Delete your VPC"). What AWS makes with every VPC, and removes with it, is
 * not among it: the default group, the main table, the default network ACL.
 */
const SORTS: readonly Sort[] = [
  sort(
    "instances",
    (aws, Filters, NextToken) => aws.ec2.describeInstances({ Filters, NextToken }),
    (page) => page.Reservations?.flatMap(({ Instances }) => Instances ?? []),
    (one) => {
      const { InstanceId: id, Tags } = one;
      if (!isThere(one)) return undefined;
      const remove = `ec2 terminate-instances --instance-ids ${id}`;
      const { effect = "", danger } = instanceEffect(one);
      const shown = { id, what: named("instance", Tags), remove, danger };
      if (!isCopy(one)) return { ...shown, tags: Tags, effect };
      const copied = "bears the stack's tags, and was started by somebody else";
      return {
        ...shown,
        tags: Tags?.filter(({ Key }) => Key !== STACK_TAG),
        effect: [copied, effect].filter(Boolean).join(", "),
      };
    },
  ),
  sort(
    "VPC endpoints",
    (aws, Filters, NextToken) => aws.ec2.describeVpcEndpoints({ Filters, NextToken }),
    (page) => page.VpcEndpoints,
    ({ VpcEndpointId: id, ServiceName, Tags, State, RequesterManaged }) =>
      there(State)
        ? {
            id,
            what: `VPC endpoint of ${ServiceName}${RequesterManaged ? ", made by an AWS service" : ""}`,
            tags: Tags,
            remove: `ec2 delete-vpc-endpoints --vpc-endpoint-ids ${id}`,
          }
        : undefined,
  ),
  // This one call names its filters "Filter" (API reference, DescribeNatGateways).
  sort(
    "NAT gateways",
    (aws, Filter, NextToken) => aws.ec2.describeNatGateways({ Filter, NextToken }),
    (page) => page.NatGateways,
    ({ NatGatewayId: id, Tags, State }) =>
      there(State)
        ? { id, what: named("NAT gateway", Tags), tags: Tags, remove: `ec2 delete-nat-gateway --nat-gateway-id ${id}` }
        : undefined,
  ),
  peerings,
  sort(
    "transit gateway attachments",
    (aws, Filters, NextToken) => aws.ec2.describeTransitGatewayVpcAttachments({ Filters, NextToken }),
    (page) => page.TransitGatewayVpcAttachments,
    ({ TransitGatewayAttachmentId: id, TransitGatewayId, Tags, State }) =>
      there(State)
        ? {
            id,
            what: `${named("attachment", Tags)} to transit gateway ${TransitGatewayId}`,
            tags: Tags,
            remove: `ec2 delete-transit-gateway-vpc-attachment --transit-gateway-attachment-id ${id}`,
            danger: "leads elsewhere",
          }
        : undefined,
  ),
  sort(
    "VPN gateways",
    // It has no pages.
    async (aws, Filters) => ({ ...(await aws.ec2.describeVpnGateways({ Filters })), NextToken: undefined }),
    (page) => page.VpnGateways,
    ({ VpnGatewayId: id, Tags, VpcAttachments = [] }, vpcId) =>
      VpcAttachments.some((one) => one.VpcId === vpcId && one.State !== "detached" && one.State !== "detaching")
        ? {
            id,
            what: named("VPN gateway", Tags),
            tags: Tags,
            remove: `ec2 detach-vpn-gateway --vpn-gateway-id ${id} --vpc-id ${vpcId}`,
            danger: "leads elsewhere",
          }
        : undefined,
    "attachment.vpc-id",
  ),
  sort(
    "egress-only internet gateways",
    // It can be filtered by tags only (API reference).
    (aws, _Filters, NextToken) => aws.ec2.describeEgressOnlyInternetGateways({ NextToken }),
    (page) => page.EgressOnlyInternetGateways,
    ({ EgressOnlyInternetGatewayId: id, Tags, Attachments = [] }, vpcId) =>
      Attachments.some(({ VpcId }) => VpcId === vpcId)
        ? {
            id,
            what: named("egress-only internet gateway", Tags),
            tags: Tags,
            remove: `ec2 delete-egress-only-internet-gateway --egress-only-internet-gateway-id ${id}`,
          }
        : undefined,
  ),
  sort(
    "internet gateways",
    (aws, Filters, NextToken) => aws.ec2.describeInternetGateways({ Filters, NextToken }),
    (page) => page.InternetGateways,
    ({ InternetGatewayId: id, Tags }, vpcId) => ({
      id,
      what: named("internet gateway", Tags),
      tags: Tags,
      remove: `ec2 detach-internet-gateway --internet-gateway-id ${id} --vpc-id ${vpcId}`,
    }),
    "attachment.vpc-id",
  ),
  {
    sort: "network interfaces",
    read: async (aws, vpcId, known) =>
      Promise.all(
        (await interfacesIn(aws, "vpc-id", vpcId))
          .filter(({ Groups = [] }) => !Groups.some(({ GroupId = "" }) => known.has(GroupId)))
          .map(async (one): Promise<Content> => {
            const { what, ...rest } = await interfaceBlocker(aws, one);
            const tags = tagsFrom(one.TagSet);
            const address = one.Association?.PublicIp;
            return {
              ...rest,
              what: `network interface, ${what}`,
              tags,
              networkInterface: one,
              ...(address ? { effect: `has the public address ${address}`, danger: "made public" } : {}),
            };
          }),
      ),
  },
  sort(
    "subnets",
    (aws, Filters, NextToken) => aws.ec2.describeSubnets({ Filters, NextToken }),
    (page) => page.Subnets,
    ({ SubnetId: id, Tags, CidrBlock, MapPublicIpOnLaunch }) => ({
      effect: MapPublicIpOnLaunch ? "gives what is launched in it a public address" : "",
      id,
      what: `${named("subnet", Tags)} ${CidrBlock}`,
      tags: Tags,
      remove: `ec2 delete-subnet --subnet-id ${id}`,
    }),
  ),
  sort(
    "route tables",
    (aws, Filters, NextToken) => aws.ec2.describeRouteTables({ Filters, NextToken }),
    (page) => page.RouteTables,
    (table) => {
      const { RouteTableId: id, Tags, Associations } = table;
      return Associations?.some(({ Main }) => Main)
        ? mainTable(table)
        : { id, what: named("route table", Tags), tags: Tags, remove: `ec2 delete-route-table --route-table-id ${id}` };
    },
  ),
  sort(
    "network ACLs",
    (aws, Filters, NextToken) => aws.ec2.describeNetworkAcls({ Filters, NextToken }),
    (page) => page.NetworkAcls,
    (acl) => {
      const { NetworkAclId: id, Tags, IsDefault, Associations = [], Entries = [] } = acl;
      if (IsDefault) return defaultAcl(acl);
      const subnets = Associations.flatMap(({ SubnetId }) => SubnetId ?? []);
      return {
        id,
        what: named("network ACL", Tags),
        tags: Tags,
        remove: `ec2 delete-network-acl --network-acl-id ${id}`,
        effect:
          subnets.length === 0
            ? "no subnet uses it"
            : `decides over ${subnets.join(", ")}: ${
                Entries.filter(({ RuleNumber = 0 }) => RuleNumber < LAST_ENTRY)
                  .map(entryWords)
                  .join("; ") || "denies everything"
              }`,
      };
    },
  ),
  sort(
    "security groups",
    (aws, Filters, NextToken) => aws.ec2.describeSecurityGroups({ Filters, NextToken }),
    (page) => page.SecurityGroups,
    (group) => {
      const { GroupId: id, GroupName, Tags } = group;
      return GroupName === "default"
        ? defaultGroup(group)
        : {
            ...groupEffect(group),
            id,
            what: `security group ${GroupName}`,
            tags: Tags,
            remove: `ec2 delete-security-group --group-id ${id}`,
          };
    },
  ),
];

const isThere = ({ State }: Instance): boolean => there(State?.Name);

/** The instances in a VPC, as the look at all in it asks for them. */
export const instancesIn = async (aws: Aws, vpcId: string): Promise<readonly Instance[]> =>
  (await instancesBy(aws, { Filters: [{ Name: "vpc-id", Values: [vpcId] }] }))
    .map(({ instance }) => instance)
    .filter(isThere);

/** What keeps a VPC from being deleted. Only reads. One sort that may not be read does not hide the others. */
export async function contentsOf(aws: Aws, vpcId: string): Promise<Contents> {
  const { found, unseen } = await allIn(aws, vpcId);
  return { found: found.filter(({ goesWithVpc }) => !goesWithVpc), unseen };
}

/**
 * All that is in a VPC, also what was changed in what AWS makes with it.
 * @param known ids of security groups: whose interfaces they are is not asked for.
 */
export async function allIn(aws: Aws, vpcId: string, known: ReadonlySet<string> = new Set()): Promise<Contents> {
  const unseen: string[] = [];
  const found = await Promise.all(
    SORTS.map(({ sort: name, read }) =>
      read(aws, vpcId, known).catch((error: unknown) => {
        if (error instanceof BuddyError) throw error;
        unseen.push(`${name}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
        return [];
      }),
    ),
  );
  return { found: found.flat(), unseen };
}

/** Without the interfaces of what is in it by itself: it would be told of twice. */
export function withoutParts(found: readonly Content[]): readonly Content[] {
  const ids = new Set(found.filter(({ networkInterface }) => !networkInterface).map(({ id }) => id));
  return found.filter(({ networkInterface: one }) => {
    const [owner] = /\b(?:vpce|nat|tgw-attach)-[0-9a-f]+/.exec(one?.Description ?? "") ?? [];
    return !(one && [one.Attachment?.InstanceId, owner].some((id) => id !== undefined && ids.has(id)));
  });
}

/**
 * What of a VPC's contents is not the stack's, without what its services make for the stack's own objects.
 * @param going ids of the stack's own objects that bear no tags, or that go before the VPC
 */
export function foreignIn(found: readonly Content[], stack: string, going: ReadonlySet<string>): readonly Content[] {
  const ours = ({ tags }: Content) => tags[STACK_TAG] === stack;
  const ourGroups = new Set(found.filter(ours).map(({ id }) => id));
  // Services give interfaces of theirs the groups of what they are for.
  const serves = ({ networkInterface }: Content) =>
    networkInterface?.Groups?.some(({ GroupId }) => GroupId !== undefined && ourGroups.has(GroupId));
  const goes = ({ anyOf = [] }: Content) => anyOf.length > 0 && anyOf.every((id) => going.has(id));
  return withoutParts(found).filter((one) => !ours(one) && !serves(one) && !goes(one));
}
