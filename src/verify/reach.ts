import { type Cidr, cidr, cidrOf, contains, parseAddress, parseCidr } from "../lib/cidr.ts";

/**
 * Who reaches whom in a VPC, computed from what AWS describes. The embedded AWS has rules of its own for that
 * (src/sandbox/services/ec2/reach.ts): on purpose, as a judge must not share the code of what it judges.
 */

/** A VPC as far as it decides who reaches whom. Network ACLs are left out: they can only close what is open here. */
export interface Network {
  /** The VPC's own IPv4 ranges. */
  readonly cidrs: readonly string[];
  readonly subnets: readonly Subnet[];
  /** Internet gateways that are attached to the VPC. */
  readonly internetGateways: readonly string[];
  readonly natGateways: readonly NatGateway[];
  readonly groups: readonly Group[];
  readonly interfaces: readonly Interface[];
}
export interface Subnet {
  readonly id: string;
  readonly zone: string;
  /** Of the table that counts for it: its own, or the VPC's main table. */
  readonly routes: readonly Route[];
}
export interface Route {
  /** A range, IPv4 or IPv6, or the id of a prefix list. */
  readonly to: string;
  /** "local", or the id of a gateway, NAT gateway or interface. */
  readonly target: string;
  /** False: a blackhole, its target is gone. */
  readonly active: boolean;
}
export interface NatGateway {
  readonly id: string;
  readonly subnetId: string;
  readonly available: boolean;
  readonly publicAddress: string | undefined;
}
/** A security group. */
export interface Group {
  readonly id: string;
  readonly name: string;
  readonly inbound: readonly Rule[];
  readonly outbound: readonly Rule[];
}
export interface Rule {
  /** "all", "tcp", "udp", "icmp", or a protocol's number. */
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  /** A range, IPv4 or IPv6, the id of a prefix list, or the id of a security group. */
  readonly peer: string;
}
export interface Interface {
  readonly id: string;
  /** What it belongs to, for people. */
  readonly what: string;
  readonly subnetId: string;
  /** Private. */
  readonly address: string;
  readonly publicAddresses: readonly string[];
  /** IPv6 addresses are public by nature. */
  readonly addresses6: readonly string[];
  readonly groupIds: readonly string[];
  readonly sourceDestCheck: boolean;
  readonly instanceId: string | undefined;
  /** False: of an instance that is not running. */
  readonly running: boolean;
}

/** Something that the internet reaches. */
export interface Exposure {
  readonly interface: Interface;
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  /** Who: a range, or a prefix list. */
  readonly source: string;
}

/** Ranges that are not on the internet (RFC 1918, 6598, 3927, 1122; IPv6: RFC 4193, 4291). */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"].map(
  cidr,
);
const PRIVATE6 = /^(f[cd]|fe[89ab]|::1\/)/i;
/** A prefix list's content is not read: it may hold anything. */
const isPrefixList = (peer: string): boolean => peer.startsWith("pl-");
const isGroup = (peer: string): boolean => peer.startsWith("sg-");
const isIpv6 = (peer: string): boolean => peer.includes(":");

/** True when the range holds addresses of the internet. */
function onInternet(range: string, own: readonly Cidr[]): boolean {
  if (isIpv6(range)) return !PRIVATE6.test(range);
  const parsed = parseCidr(range);
  return parsed !== undefined && ![...PRIVATE, ...own].some((inner) => contains(inner, parsed));
}

function groupsOf(network: Network, { id, groupIds }: Interface): readonly Group[] {
  return groupIds.map((groupId) => {
    const group = network.groups.find(({ id }) => id === groupId);
    if (!group) throw new Error(`${groupId}, a security group of ${id}, was not found`);
    return group;
  });
}
function subnetOf(network: Network, { id, subnetId }: Pick<Interface, "id" | "subnetId">): Subnet {
  const subnet = network.subnets.find((subnet) => subnet.id === subnetId);
  if (!subnet) throw new Error(`${subnetId}, the subnet of ${id}, was not found`);
  return subnet;
}

export const zoneOf = (network: Network, at: Pick<Interface, "id" | "subnetId">): string => subnetOf(network, at).zone;

/** True when what comes from, and goes to, somewhere on the internet passes an internet gateway of the VPC. */
const facesInternet = (network: Network, subnet: Subnet, ipv6: boolean): boolean =>
  subnet.routes.some(
    ({ to, target, active }) =>
      active && network.internetGateways.includes(target) && (isPrefixList(to) || isIpv6(to) === ipv6),
  );

/** Everything in the VPC that the internet reaches, by its own public address. */
export function exposures(network: Network): Exposure[] {
  const own = network.cidrs.map(cidr);
  return network.interfaces.flatMap((target) => {
    const subnet = subnetOf(network, target);
    const ipv4 = target.publicAddresses.length > 0 && facesInternet(network, subnet, false);
    const ipv6 = target.addresses6.length > 0 && facesInternet(network, subnet, true);
    return groupsOf(network, target)
      .flatMap(({ inbound }) => inbound)
      .filter(({ peer }) => {
        if (isGroup(peer)) return false;
        if (isPrefixList(peer)) return ipv4 || ipv6;
        return (isIpv6(peer) ? ipv6 : ipv4) && onInternet(peer, own);
      })
      .map(({ protocol, from, to, peer }) => ({ interface: target, protocol, from, to, source: peer }));
  });
}

/** What the internet may reach. */
export interface Opening {
  readonly interfaceId: string;
  /** TCP. */
  readonly ports: readonly number[];
  /** Ranges; undefined: the whole internet. */
  readonly sources: readonly string[] | undefined;
}

/** True when the exposure is no more than one of the openings. */
export const isMeant = (exposure: Exposure, openings: readonly Opening[]): boolean =>
  openings.some(({ interfaceId, ports, sources }) => {
    const { protocol, from, to, source } = exposure;
    return (
      exposure.interface.id === interfaceId &&
      protocol === "tcp" &&
      from === to &&
      ports.includes(from) &&
      (sources === undefined || sources.some((range) => holds(range, source)))
    );
  });

/** True when all of the source reaches the interface at that TCP port. */
export const reaches = (open: readonly Exposure[], source: string, target: Interface, port: number): boolean =>
  open.some(
    (exposure) =>
      exposure.interface.id === target.id &&
      (exposure.protocol === "all" || (exposure.protocol === "tcp" && exposure.from <= port && port <= exposure.to)) &&
      holds(exposure.source, source),
  );

function holds(range: string, source: string): boolean {
  const [outer, inner] = [parseCidr(range), parseCidr(source)];
  return outer && inner ? contains(outer, inner) : range === source;
}

/** Where the subnet's table sends a packet: the most precise route counts. */
function routeTo({ routes }: Subnet, address: string): Route | undefined {
  const number = parseAddress(address);
  if (number === undefined) return undefined;
  const host = cidrOf(number, 32);
  return routes
    .flatMap((route) => {
      const range = parseCidr(route.to);
      return range && contains(range, host) ? [{ route, prefix: range.prefix }] : [];
    })
    .toSorted((a, b) => b.prefix - a.prefix)[0]?.route;
}

interface Peer {
  readonly address: string;
  readonly groupIds: readonly string[];
}
/** TCP. */
function permitted(rules: readonly Rule[], port: number, { address, groupIds }: Peer): boolean {
  return rules.some(({ protocol, from, to, peer }) => {
    if (protocol !== "all" && (protocol !== "tcp" || port < from || port > to)) return false;
    if (isGroup(peer)) return groupIds.includes(peer);
    const range = parseCidr(peer);
    const number = parseAddress(address);
    return range !== undefined && number !== undefined && contains(range, cidrOf(number, 32));
  });
}

const inbound = (network: Network, at: Interface) => groupsOf(network, at).flatMap((group) => group.inbound);
const outbound = (network: Network, at: Interface) => groupsOf(network, at).flatMap((group) => group.outbound);
const named = ({ what, id }: Interface): string => `${what} (${id})`;

/** Why one interface does not reach another at that TCP port; undefined: it does. */
export function noPath(network: Network, from: Interface, to: Interface, port: number): string | undefined {
  for (const [here, there] of [
    [from, to],
    [to, from],
  ] as const) {
    if (!here.running) return `${named(here)} does not run`;
    const route = routeTo(subnetOf(network, here), there.address);
    if (route?.target !== "local" || !route.active)
      return `${here.subnetId} sends what is for ${there.address} to ${route?.target ?? "nowhere"}`;
  }
  if (!permitted(outbound(network, from), port, to)) return `the groups of ${named(from)} let nothing out to ${port}`;
  if (!permitted(inbound(network, to), port, from))
    return `the groups of ${named(to)} do not let ${named(from)} in at ${port}`;
  return undefined;
}

/** An address that stands for the whole internet (RFC 5737). */
const INTERNET: Peer = { address: "198.51.100.1", groupIds: [] };
const HTTPS = 443;

/** How an interface without a public address reaches the internet. */
export type WayOut =
  | { readonly zone: string; readonly via: string; readonly publicAddress: string }
  | { readonly trouble: string };

/** The NAT through which an interface reaches the internet (TCP 443), or why it does not. */
export function wayOut(network: Network, from: Interface): WayOut {
  const subnet = subnetOf(network, from);
  const route = subnet.routes.find(({ to }) => to === "0.0.0.0/0");
  if (!from.running) return { trouble: `${named(from)} does not run` };
  if (!permitted(outbound(network, from), HTTPS, INTERNET))
    return { trouble: `the groups of ${named(from)} let nothing out` };
  if (!route) return { trouble: `${subnet.id} has no default route` };
  if (!route.active) return { trouble: `the default route of ${subnet.id} to ${route.target} is a blackhole` };
  const gateway = network.natGateways.find(({ id }) => id === route.target);
  if (gateway) return throughGateway(network, gateway);
  const nat = network.interfaces.find(({ id }) => id === route.target);
  if (nat) return throughInstance(network, nat, from);
  return { trouble: `${subnet.id} has its default route to ${route.target}, which is no NAT` };
}

function throughGateway(network: Network, gateway: NatGateway): WayOut {
  const { id, available, publicAddress } = gateway;
  if (!available || publicAddress === undefined) return { trouble: `NAT gateway ${id} is not available` };
  const subnet = subnetOf(network, gateway);
  if (!facesInternet(network, subnet, false)) return { trouble: `${subnet.id} has no route to an internet gateway` };
  return { zone: subnet.zone, via: id, publicAddress };
}

function throughInstance(network: Network, nat: Interface, from: Interface): WayOut {
  const subnet = subnetOf(network, nat);
  const [publicAddress] = nat.publicAddresses;
  if (!nat.running) return { trouble: `${named(nat)} does not run` };
  if (nat.sourceDestCheck)
    return { trouble: `${named(nat)} drops packets of others: its source/destination check is on` };
  if (!permitted(inbound(network, nat), HTTPS, from))
    return { trouble: `the groups of ${named(nat)} do not let ${from.address} in` };
  if (!permitted(outbound(network, nat), HTTPS, INTERNET))
    return { trouble: `the groups of ${named(nat)} let nothing out` };
  if (publicAddress === undefined) return { trouble: `${named(nat)} has no public address` };
  if (!facesInternet(network, subnet, false)) return { trouble: `${subnet.id} has no route to an internet gateway` };
  return { zone: subnet.zone, via: nat.what, publicAddress };
}
