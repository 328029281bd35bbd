import type { Sim, Table } from "../../world.ts";
import type { Work } from "./cpu.ts";

/** Rows that other parts of EC2, and other services, look at too. */

export interface Vpc {
  readonly id: string;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly dnsSupport: boolean;
  readonly dnsHostnames: boolean;
  readonly availableAt: number;
  /** Absent: the account's default. */
  readonly dhcpOptionsId?: string;
  /** Further ranges. */
  readonly moreCidrs?: readonly { readonly id: string; readonly cidr: string }[];
}
export interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly cidr: string;
  readonly zone: string;
  readonly mapPublicIp: boolean;
  readonly availableAt: number;
}
/** An elastic network interface: what keeps subnets and security groups from being deleted. */
export interface NetworkInterface {
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly groupIds: readonly string[];
  readonly privateIp: string;
  readonly publicIp: string | null;
  readonly description: string;
  /** "interface", "nat_gateway", … as AWS's InterfaceType. */
  readonly type: string;
  /** The service that made it, as AWS's RequesterId; null for an instance's own. */
  readonly requester: string | null;
  readonly instanceId: string | null;
  readonly sourceDestCheck: boolean;
}
export interface ResourceTags {
  readonly tags: Readonly<Record<string, string>>;
}

/** The options of DHCP that every VPC has at first, the account's own: Amazon's DNS. */
export const defaultOptions = (sim: Sim): string => `dopt-${sim.account.padStart(17, "0")}`;
export const vpcTable = (sim: Sim): Table<Vpc> => sim.table("ec2.vpcs");
export const subnetTable = (sim: Sim): Table<Subnet> => sim.table("ec2.subnets");
export const interfaceTable = (sim: Sim): Table<NetworkInterface> => sim.table("ec2.interfaces");
/** Tags of all EC2 objects, by id. They are kept after their object is gone: a lagging read still shows both. */
export const tagTable = (sim: Sim): Table<ResourceTags> => sim.table("ec2.tags");

export interface SecurityGroup {
  readonly id: string;
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  readonly inbound: readonly GroupRule[];
  readonly outbound: readonly GroupRule[];
}
/** One rule with one source or destination, as DescribeSecurityGroupRules counts them. */
export interface GroupRule {
  readonly id: string;
  /** "tcp", "udp", "icmp" or "-1". */
  readonly protocol: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly cidr: string | null;
  readonly groupId: string | null;
  readonly description: string | null;
}
export const groupTable = (sim: Sim): Table<SecurityGroup> => sim.table("ec2.groups");

export interface InternetGateway {
  readonly id: string;
  /** Null: attached to none. */
  readonly vpcId: string | null;
}
export const internetGatewayTable = (sim: Sim): Table<InternetGateway> => sim.table("ec2.internetGateways");

export interface RouteTable {
  readonly id: string;
  readonly vpcId: string;
  readonly clientToken: string | null;
  /** The VPC's own table, which subnets without an association use. */
  readonly main: boolean;
  /** Without the local route. */
  readonly routes: readonly TableRoute[];
  readonly associations: readonly { readonly id: string; readonly subnetId: string }[];
}
export interface TableRoute {
  readonly to: string;
  /** Id of an internet gateway, NAT gateway or network interface. */
  readonly target: string;
}
export const routeTableTable = (sim: Sim): Table<RouteTable> => sim.table("ec2.routeTables");

/** An Elastic IP address. */
export interface Address {
  readonly id: string;
  readonly publicIp: string;
  readonly interfaceId: string | null;
  readonly associationId: string | null;
  /** It counts as held until then, though it is associated no longer. */
  readonly heldUntil: number;
}
export const addressTable = (sim: Sim): Table<Address> => sim.table("ec2.addresses");

export interface NatGateway {
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly allocationId: string;
  readonly clientToken: string | null;
  readonly interfaceId: string | null;
  readonly state: "pending" | "available" | "failed" | "deleting" | "deleted";
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly createdAt: number;
  readonly deletedAt: number | null;
}
export const natGatewayTable = (sim: Sim): Table<NatGateway> => sim.table("ec2.natGateways");

export interface KeyPair {
  readonly id: string;
  readonly name: string;
  readonly type: "rsa" | "ed25519";
  /** Type and key, without the comment. */
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly createdAt: number;
}
export const keyPairTable = (sim: Sim): Table<KeyPair> => sim.table("ec2.keyPairs");

export interface Instance {
  readonly id: string;
  readonly clientToken: string | null;
  readonly imageId: string;
  readonly instanceType: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly groupIds: readonly string[];
  readonly interfaceId: string;
  readonly privateIp: string;
  readonly publicIp: string | null;
  readonly keyName: string | null;
  readonly profileArn: string | null;
  /** Of the profile that somebody gave it since; absent: that of its start. */
  readonly profileAssociation?: string;
  /** Base64, as given. */
  readonly userData: string | null;
  readonly state: "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";
  readonly stateReason: { readonly code: string; readonly message: string } | null;
  readonly launchedAt: number;
  readonly volumeId: string;
  readonly volumeGiB: number;
  readonly volumeType: string;
  readonly encrypted: boolean;
  readonly httpTokens: "required" | "optional";
  readonly hopLimit: number;
  /** Absent: enabled, and without tags. */
  readonly metadataOff?: boolean;
  readonly metadataTags?: boolean;
  readonly shutdownBehavior: "stop" | "terminate";
  /** Termination and stop protection; absent: off. */
  readonly disableApiTermination?: boolean;
  readonly disableApiStop?: boolean;
  /** The credit option, from each change on; none: the type is not burstable. */
  readonly cpuCredits: readonly { readonly from: number; readonly mode: "standard" | "unlimited" }[];
  /** The launch request as text: a repeat with the same token must be the same. */
  readonly request: string;
  /** What the image builder has put on its disk, here or before it was imaged: the built-in page, or somebody's application. */
  readonly content: "page" | "application" | null;
  /** From when on it answers http on port 80; null: not (yet). */
  readonly httpFrom: number | null;
  /** From when on it forwards packets of others, and whose: the range of their addresses; null: not (yet). */
  readonly routes: { readonly from: number; readonly range: string } | null;
  /** Detailed monitoring: CPU every minute, not every five. */
  readonly monitoring: boolean;
  /** It ran from then on, and until then; null: not (yet). */
  readonly runningFrom: number | null;
  readonly runningUntil: number | null;
  /** The file system at /mnt/efs, mounted by its boot; null: none (yet). It stays after the instance has stopped. */
  readonly mount: { readonly fileSystemId: string; readonly from: number } | null;
  /** What its boot has to compute; null: it has not begun. */
  readonly work: Work | null;
  /** When stress-ng kept its processors busy, the last of these times. */
  readonly stress: readonly { readonly from: number; readonly until: number }[];
  readonly console: string;
  /** What EC2 keeps of it for those who do not ask for the latest; absent: nothing yet. */
  readonly keptConsole?: string;
}
export const instanceTable = (sim: Sim): Table<Instance> => sim.table("ec2.instances");

export interface Image {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly sourceInstanceId: string;
  readonly snapshotId: string;
  readonly volumeGiB: number;
  readonly state: "pending" | "available" | "failed";
  readonly stateReason: string | null;
  readonly createdAt: number;
  readonly rootDevice: string;
  /** As the instance's that it was made of. */
  readonly content: Instance["content"];
  /** Deregistration protection; absent: off. A cooldown holds it until then. */
  readonly protection?: "enabled-with-cooldown" | "enabled-without-cooldown" | { readonly until: number };
}
export const imageTable = (sim: Sim): Table<Image> => sim.table("ec2.images");

export interface Snapshot {
  readonly id: string;
  readonly description: string;
  readonly volumeGiB: number;
  /** As the volume that it was made of. */
  readonly encrypted: boolean;
  readonly startedAt: number;
}
export const snapshotTable = (sim: Sim): Table<Snapshot> => sim.table("ec2.snapshots");

export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly defaultVersion: number;
  /** LaunchTemplateData of each version, from 1; null: it was deleted. A number is never used again. */
  readonly versions: readonly ({
    readonly data: object;
    readonly description: string | null;
    readonly createdAt: number;
  } | null)[];
}
export const launchTemplateTable = (sim: Sim): Table<LaunchTemplate> => sim.table("ec2.launchTemplates");

/** What others put into a VPC. */
export interface Other {
  readonly id: string;
  readonly kind: "endpoint" | "peering" | "transit" | "vpn" | "egress";
  readonly vpcId: string;
  /** What it leads to: a service, another VPC, a transit gateway. */
  readonly to: string;
  readonly interfaceIds: readonly string[];
  readonly deleting: boolean;
}
export const otherTable = (sim: Sim): Table<Other> => sim.table("ec2.others");

/** A rule of a network ACL. */
export interface AclEntry {
  readonly number: number;
  readonly egress: boolean;
  readonly protocol: string;
  readonly action: "allow" | "deny";
  readonly cidr: string;
  readonly from: number | null;
  readonly to: number | null;
}
export interface NetworkAcl {
  readonly id: string;
  readonly vpcId: string;
  readonly isDefault: boolean;
  readonly entries: readonly AclEntry[];
}
/** Those that somebody made, and the default ones that somebody changed. */
export const aclTable = (sim: Sim) => sim.table<NetworkAcl>("ec2.networkAcls");
