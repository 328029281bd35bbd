import type { Sim, Table } from "../../world.ts";

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly callerReference: string;
  readonly comment: string;
  readonly isPrivate: boolean;
  readonly nameServers: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}
export interface Record53 {
  readonly zoneId: string;
  readonly name: string;
  readonly type: string;
  /** Seconds; null for an alias. */
  readonly ttl: number | null;
  readonly values: readonly string[];
  readonly alias: { readonly zoneId: string; readonly dnsName: string; readonly evaluateTargetHealth: boolean } | null;
  /** Of one of several under a routing policy: its identifier, and by what it is chosen. */
  readonly routed?: { readonly id: string; readonly by: Readonly<Record<string, unknown>> };
}
/** What the registrar (or the parent zone) says of a domain. */
export interface Delegation {
  readonly nameServers: string[];
}

export const NAME_SERVER_TTL = 172_800;

export const zoneTable = (sim: Sim): Table<Zone> => sim.table("route53.zones");
export const recordTable = (sim: Sim): Table<Record53> => sim.table("route53.records");
/** Caller references, by themselves, for ever. */
export const referenceTable = (sim: Sim): Table<{ readonly zoneId: string }> => sim.table("route53.references");
export const delegationTable = (sim: Sim): Table<Delegation> => sim.table("dns.delegations");

const recordKey = (zoneId: string, name: string, type: string, setIdentifier?: string): string =>
  [zoneId, name, type, ...(setIdentifier === undefined ? [] : [setIdentifier])].join("|");
export const keyOf = ({ zoneId, name, type, routed }: Record53): string => recordKey(zoneId, name, type, routed?.id);

/** What the public DNS answers for a name: only what is in a zone to which its delegation leads. */
export function publicRecords(sim: Sim, name: string, type: string): readonly Record53[] {
  const labels = name.split(".");
  for (let from = 0; from < labels.length; from++) {
    const parent = labels.slice(from).join(".");
    const servers = delegationTable(sim).get(parent)?.nameServers;
    if (!servers) continue;
    const zone = zoneTable(sim)
      .all()
      .find((one) => one.name === parent && one.nameServers.some((server) => servers.includes(server)));
    const record = zone && recordTable(sim).get(recordKey(zone.id, name, type));
    return record ? [record] : [];
  }
  return [];
}
