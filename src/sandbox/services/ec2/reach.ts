import { cidr, cidrOf, contains, parseAddress } from "../../../lib/cidr.ts";
import type { Sim } from "../../world.ts";
import { isBlocked } from "./account.ts";
import {
  type GroupRule,
  groupTable,
  type Instance,
  instanceTable,
  interfaceTable,
  internetGatewayTable,
  type NetworkInterface,
  natGatewayTable,
  routeTableTable,
  subnetTable,
} from "./tables.ts";
import { lostSince } from "./zones.ts";

/** Who reaches whom: routes, gateways, NATs and security groups, as far as the sandbox's machines depend on them. */

export interface Port {
  readonly protocol: "tcp" | "udp" | "icmp" | "-1";
  readonly port: number | null;
}
export interface Peer {
  readonly address: string;
  readonly groupIds: readonly string[];
}

const within = (range: string, address: string): boolean => {
  const number = parseAddress(address);
  return !range.includes(":") && number !== undefined && contains(cidr(range), cidrOf(number, 32));
};

function permits(rule: GroupRule, { protocol, port }: Port, peer: Peer): boolean {
  if (rule.protocol !== "-1" && rule.protocol !== protocol) return false;
  const allPorts = rule.protocol === "-1" || rule.from === null || rule.from === -1;
  if (!allPorts && (port === null || port < (rule.from ?? 0) || port > (rule.to ?? rule.from ?? 0))) return false;
  return rule.groupId !== null
    ? peer.groupIds.includes(rule.groupId)
    : rule.cidr !== null && within(rule.cidr, peer.address);
}

/** True when one of the groups lets that traffic from (or to) the peer through. */
export function groupsPermit(
  sim: Sim,
  groupIds: readonly string[],
  direction: "inbound" | "outbound",
  port: Port,
  peer: Peer,
): boolean {
  return groupIds.some(
    (id) =>
      groupTable(sim)
        .get(id)
        ?.[direction].some((rule) => permits(rule, port, peer)) ?? false,
  );
}

/** Where the subnet's table sends what goes to the internet: the target's id. */
function defaultRoute(sim: Sim, subnetId: string): string | undefined {
  const vpcId = subnetTable(sim).get(subnetId)?.vpcId;
  const tables = routeTableTable(sim)
    .all()
    .filter((table) => table.vpcId === vpcId);
  const table =
    tables.find((one) => one.associations.some((association) => association.subnetId === subnetId)) ??
    tables.find(({ main }) => main);
  return table?.routes.find(({ to }) => to === "0.0.0.0/0")?.target;
}

const attachedGateway = (sim: Sim, id: string, vpcId: string): boolean =>
  id.startsWith("igw-") && internetGatewayTable(sim).get(id)?.vpcId === vpcId;

/** Why the interface does not reach the internet by its own public address; undefined: it does. */
function noDirectWay(sim: Sim, eni: NetworkInterface): string | undefined {
  const target = defaultRoute(sim, eni.subnetId);
  if (target === undefined || !attachedGateway(sim, target, eni.vpcId))
    return `${eni.subnetId} has no route to an internet gateway`;
  if (isBlocked(sim, eni.vpcId, "direct")) return `VPC Block Public Access shuts ${eni.vpcId}`;
  return eni.publicIp === null ? `${eni.id} has no public address` : undefined;
}

/** Why the NAT instance does not forward for that address; undefined: it does. */
function natRefuses(sim: Sim, nat: Instance, eni: NetworkInterface, from: Peer): string | undefined {
  if (lostSince(sim, nat.subnetId) !== undefined) return `the zone of NAT ${nat.id} is lost`;
  if (nat.state !== "running" || nat.routes === null || sim.now < nat.routes.from)
    return `NAT ${nat.id} does not route yet`;
  if (!within(nat.routes.range, from.address)) return `NAT ${nat.id} does not route for ${from.address}`;
  if (eni.sourceDestCheck) return `NAT ${nat.id} drops packets of others: its source/destination check is on`;
  if (!groupsPermit(sim, eni.groupIds, "inbound", { protocol: "tcp", port: 443 }, from))
    return `the security groups of NAT ${nat.id} do not let ${from.address} in`;
  return noDirectWay(sim, eni);
}

/** The address that the internet sees an instance under, when `noWayOut` finds nothing in the way. */
export function addressOutside(sim: Sim, instance: Instance): string | undefined {
  if (noWayOut(sim, instance) !== undefined) return undefined;
  const eni = interfaceTable(sim).get(instance.interfaceId);
  const target = eni && defaultRoute(sim, eni.subnetId);
  if (!eni || target === undefined) return undefined;
  const seen = target.startsWith("igw-")
    ? eni
    : interfaceTable(sim).get(
        target.startsWith("nat-") ? (natGatewayTable(sim).get(target)?.interfaceId ?? "") : target,
      );
  return seen?.publicIp ?? undefined;
}

/** Why the instance does not reach the internet; undefined: it does, by its own public address or through a NAT. */
export function noWayOut(sim: Sim, instance: Instance): string | undefined {
  const eni = interfaceTable(sim).get(instance.interfaceId);
  if (!eni) return `${instance.id} has no interface`;
  if (lostSince(sim, eni.subnetId) !== undefined) return `the zone of ${instance.id} is lost`;
  const me: Peer = { address: eni.privateIp, groupIds: eni.groupIds };
  if (
    !groupsPermit(
      sim,
      eni.groupIds,
      "outbound",
      { protocol: "tcp", port: 443 },
      { address: "198.51.100.1", groupIds: [] },
    )
  )
    return `the security groups of ${instance.id} let nothing out`;
  const target = defaultRoute(sim, eni.subnetId);
  if (target === undefined) return `${eni.subnetId} has no default route`;
  if (target.startsWith("igw-")) return noDirectWay(sim, eni);
  if (target.startsWith("nat-")) {
    const gateway = natGatewayTable(sim).get(target);
    if (gateway?.state !== "available") return `NAT gateway ${target} is not available`;
    if (lostSince(sim, gateway.subnetId) !== undefined) return `the zone of NAT gateway ${target} is lost`;
    if (isBlocked(sim, gateway.vpcId, "natGateway")) return `VPC Block Public Access shuts ${gateway.vpcId}`;
    const out = defaultRoute(sim, gateway.subnetId);
    return out !== undefined && attachedGateway(sim, out, gateway.vpcId)
      ? undefined
      : `the subnet of NAT gateway ${target} has no route to an internet gateway`;
  }
  const natInterface = interfaceTable(sim).get(target);
  const nat = natInterface?.instanceId ? instanceTable(sim).get(natInterface.instanceId) : undefined;
  return nat && natInterface
    ? natRefuses(sim, nat, natInterface, me)
    : `the default route of ${eni.subnetId} is a blackhole`;
}
