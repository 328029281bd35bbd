import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { Identified, Owner, ResourceType } from "../../engine/resource.ts";
import { createOnly } from "../../lib/compare.ts";
import { BuddyError } from "../../lib/errors.ts";
import { isUnknown } from "../../lib/unknown.ts";
import { certificatesOf } from "../acm/certificate.ts";
import type { Aws } from "../aws.ts";
import { isOneOf } from "../errors.ts";
import { CHANGED_MEANWHILE, changeRecords, creating } from "./change-records.ts";
import { nameOf } from "./former-records.ts";
import { recordTexts } from "./in-the-way.ts";
import { plainRecord, recordsIn } from "./read-records.ts";
import { plainName, zonesCovering } from "./read-zones.ts";

export interface RecordSpec {
  readonly zoneId: string;
  /** The full name. */
  readonly name: string;
  readonly value: string;
  /** Seconds, when it is made; one that was there keeps its own. */
  readonly ttl: number;
}
/** `id` is `zoneId|name|CNAME`. */
export interface RecordLive extends RecordSpec, Identified {
  readonly domain: string;
  /** All zones that hold it: it may be needed in two while the public DNS is led from one to the other. */
  readonly zoneIds: readonly string[];
}

const FOR = " → ACM";
/** The name of a validation record in the stack: the domain that it is for. */
export const validationName = (domain: string): string => `${domain}${FOR}`;

const idOf = (zoneId: string, name: string): string => `${zoneId}|${plainName(name)}|CNAME`;

// Weighted and other routed records belong to somebody's set of several.
const cnameAt = (records: readonly ResourceRecordSet[], name: string): ResourceRecordSet | undefined =>
  records.find(
    (record) => record.SetIdentifier === undefined && record.Type === "CNAME" && nameOf(record) === plainName(name),
  );
const cnameValue = (record: ResourceRecordSet): string => plainRecord(record).values[0] ?? "";

/** The record that a certificate of the stack asks for, where it is there: records bear no tags. */
async function provenOurs(
  aws: Aws,
  stack: string,
  domain: string,
): Promise<{ readonly zoneId: string; readonly record: ResourceRecordSet } | undefined> {
  // It may have been made in a parent's zone.
  const zones = await zonesCovering(aws, domain);
  const lists = await Promise.all(zones.map(({ id }) => recordsIn(aws, id)));
  if (lists.every((records) => records.length === 0)) return undefined;
  const asked = (await certificatesOf(aws, stack, domain)).flatMap(({ records }) =>
    records.filter((one) => one.domain === domain),
  );
  for (const [index, { id: zoneId }] of zones.entries())
    for (const { name, value } of asked) {
      const record = cnameAt(lists[index] ?? [], name);
      if (record && cnameValue(record) === plainName(value)) return { zoneId, record };
    }
  return undefined;
}

async function create(aws: Aws, { zoneId, name, value, ttl }: RecordSpec, owner: Owner): Promise<string> {
  const set: ResourceRecordSet = { Name: name, Type: "CNAME", TTL: ttl, ResourceRecords: [{ Value: value }] };
  try {
    await changeRecords(aws, zoneId, [creating(set)]);
  } catch (error) {
    if (!isOneOf(error, [CHANGED_MEANWHILE])) throw error;
    const there = (await recordsIn(aws, zoneId)).filter((one) => nameOf(one) === plainName(name));
    const same = cnameAt(there, name);
    // An earlier stack's, or another certificate's.
    if (same && cnameValue(same) === plainName(value)) return idOf(zoneId, name);
    if (there.length === 0) throw error;
    throw new BuddyError({
      code: "not-ours",
      message: `the name ${plainName(name)}, where ACM looks for its validation record, is taken in hosted zone ${zoneId}: ${recordTexts(there)}`,
      about: { key: owner.key, id: idOf(zoneId, name) },
      hint: "buddyverse never overwrites a record that it did not make. Remove that record and run the same command again.",
      cause: error,
    });
  }
  return idOf(zoneId, name);
}

/**
 * The CNAME by which ACM sees that a domain is the account's. Named by `validationName`. It is never removed: it is the same for
 * all certificates of the domain in all regions of the account (terraform-provider-aws#13653), each needs it for its renewal,
 * and it costs nothing. Who deletes the zone deletes it with the zone.
 */
export const record: ResourceType<RecordSpec, RecordLive> = {
  name: "route53:record",
  immutable: ["name"],
  coverage: {
    covers: { zoneId: ["HostedZoneId"], name: ["Name"], value: ["ResourceRecords"], ttl: "watched" },
  },
  same: {
    zoneId: (wanted, _found, { zoneIds }) => zoneIds.includes(wanted),
    // A certificate that is yet to be asked for asks for the same (terraform-provider-aws#13653).
    name: (wanted, found) => isUnknown(wanted) || plainName(wanted) === found,
    value: (wanted, found) => isUnknown(wanted) || plainName(wanted) === found,
    ttl: createOnly,
  },
  timing: { createSeconds: 2, timeoutSeconds: 120 },

  async find(aws, owner, id) {
    const domain = plainName(owner.name.replace(FOR, ""));
    const [zoneId, name, type] = id?.split("|") ?? [];
    const recorded = zoneId && name && type === "CNAME" ? cnameAt(await recordsIn(aws, zoneId), name) : undefined;
    const found = zoneId && recorded ? { zoneId, record: recorded } : await provenOurs(aws, owner.stack, domain);
    if (!found) return undefined;
    const at = plainRecord(found.record);
    const zones = [found.zoneId, ...(await zonesCovering(aws, domain)).map((zone) => zone.id)];
    const lists = await Promise.all(
      [...new Set(zones)].map(async (one) => ({ one, records: await recordsIn(aws, one) })),
    );
    const holds = (records: readonly ResourceRecordSet[]) => {
      const same = cnameAt(records, at.name);
      return same !== undefined && cnameValue(same) === cnameValue(found.record);
    };
    return {
      zoneIds: lists.flatMap(({ one, records }) => (holds(records) ? one : [])),
      id: idOf(found.zoneId, at.name),
      zoneId: found.zoneId,
      name: at.name,
      value: cnameValue(found.record),
      ttl: at.ttl ?? 0,
      domain,
      described: { ...found.record, HostedZoneId: found.zoneId },
    };
  },

  create,

  async update(aws, { zoneId, zoneIds }, { zoneId: wantedZone, name, value, ttl }, changed, owner) {
    if (!zoneIds.includes(wantedZone)) await create(aws, { zoneId: wantedZone, name, value, ttl }, owner);
    if (!changed.has("name") && !changed.has("value")) return;
    const ResourceRecordSet = { Name: name, Type: "CNAME" as const, TTL: ttl, ResourceRecords: [{ Value: value }] };
    await changeRecords(aws, zoneId, [{ Action: "UPSERT", ResourceRecordSet }]);
  },

  farewell: ({ domain, name }, { deleteKept }) =>
    deleteKept
      ? undefined
      : {
          kept: `CNAME ${name}: it costs nothing, and ACM renews certificates of ${domain} by it in every region.`,
        },
};
