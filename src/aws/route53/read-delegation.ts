import type { Aws } from "../aws.ts";
import { isOfStack, plainName, type ZoneWithServers, zoneById, zonesFor } from "./read-zones.ts";

/** Whether the public DNS leads a domain to its hosted zone. */
export interface Delegation {
  readonly zone: ZoneWithServers;
  /** The name servers that the public DNS names for the zone; undefined: DNS cannot be asked. */
  readonly named: readonly string[] | undefined;
  /** They are the zone's; true as well where DNS cannot be asked. */
  readonly leadsHere: boolean;
}

/** Of the zone that holds, or would hold, a domain's records: the stack's own, where it has made one. Undefined: there is none. */
export async function delegationOf(aws: Aws, stack: string, domain: string): Promise<Delegation | undefined> {
  const zones = await zonesFor(aws, domain);
  const own = zones.filter((zone) => isOfStack(zone, aws, stack));
  const whole = await Promise.all((own.length > 0 ? own : zones).map(({ id }) => zoneById(aws, id)));
  const [zone, ...others] = whole.filter((one) => one !== undefined);
  if (!zone) return undefined;
  const named = (await aws.network.nameServers(zone.name))?.map(plainName);
  const known = [zone, ...others].flatMap(({ nameServers }) => nameServers);
  return { zone, named, leadsHere: named === undefined || known.some((name) => named.includes(name)) };
}

/** Who serves the domain instead of its zone. */
export const elsewhereText = ({ zone, named = [] }: Delegation): string =>
  named.length === 0
    ? `the public DNS names no name servers for ${zone.name}`
    : `the public DNS leads ${zone.name} to ${named.join(", ")}, not to zone ${zone.id}`;
