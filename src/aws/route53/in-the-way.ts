import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { list } from "../../lib/text.ts";
import { nameOf } from "./former-records.ts";
import { plainRecord } from "./read-records.ts";

/** What leads visitors of a name somewhere. MX, TXT, CAA and others stand beside it. */
const LEADING: ReadonlySet<string | undefined> = new Set(["A", "AAAA", "CNAME", "HTTPS", "SVCB"]);

/** Two sets that Route 53 takes for one and the same: read twice, they are not the same object. */
export const sameSlot = (one: ResourceRecordSet, other: ResourceRecordSet): boolean =>
  one.Type === other.Type && one.SetIdentifier === other.SetIdentifier && nameOf(one) === nameOf(other);

/**
 * What of others leads the names elsewhere. Not all of it would make Route 53 refuse an A record: visitors with IPv6 follow
 * an AAAA record past it, new browsers an HTTPS record, and whoever asks the name's own servers never sees it.
 */
export function inTheWay(
  records: readonly ResourceRecordSet[],
  names: readonly string[],
  ours: readonly ResourceRecordSet[],
): readonly ResourceRecordSet[] {
  const apexes = new Set(records.filter(({ Type }) => Type === "SOA").map(nameOf));
  return records.filter(
    (set) =>
      names.includes(nameOf(set)) &&
      !ours.some((own) => sameSlot(own, set)) &&
      (LEADING.has(set.Type) || (set.Type === "NS" && !apexes.has(nameOf(set)))),
  );
}

/** Why a set cannot be moved in a batch and put back later; undefined: it can. */
export function immovable(set: ResourceRecordSet): string | undefined {
  if (set.TrafficPolicyInstanceId !== undefined) return "it is a traffic policy's";
  if (set.SetIdentifier !== undefined)
    return "it is one of several under a routing policy (weighted, latency, geolocation, failover or multivalue)";
  return set.Type === "NS" ? "the name is delegated to other name servers" : undefined;
}

/** "A buddyverse.link: 203.0.113.9 (TTL 300 s)". */
function recordText(set: ResourceRecordSet): string {
  const { name, type, alias, values, ttl } = plainRecord(set);
  const leads = alias ? `alias of ${alias.dnsName}` : values.join(", ");
  return `${type} ${name}: ${leads}${ttl === undefined ? "" : ` (TTL ${ttl} s)`}`;
}

export const recordTexts = (sets: readonly ResourceRecordSet[]): string => list(sets.map(recordText));
