import type { ChangeAction, ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { Identified, ResourceType } from "../../engine/resource.ts";
import { sameSet } from "../../lib/compare.ts";
import { BuddyError } from "../../lib/errors.ts";
import { certificatesNaming, certificatesOf, certificateTags } from "../acm/certificate.ts";
import type { Aws } from "../aws.ts";
import { hasCode } from "../errors.ts";
import { STACK_TAG } from "../owned.ts";
import { type PlainRecord, plainRecord, plainTarget, recordsIn } from "./read-records.ts";
import { plainName, zonesCovering } from "./read-zones.ts";

export interface RecordSpec {
  readonly zoneId: string;
  /** The full name, without the last dot. */
  readonly name: string;
  readonly type: "A" | "CNAME";
  /** For A: the load balancer's DNS name and the zone of load balancers in its region. */
  readonly alias:
    | { readonly dnsName: string; readonly zoneId: string; readonly evaluateTargetHealth: boolean }
    | undefined;
  /** For CNAME. */
  readonly values: readonly string[] | undefined;
  /** Seconds; an alias has none. */
  readonly ttl: number | undefined;
}
/** `id` is `zoneId|name|type`, and `|found` for one that was there before us. */
export interface RecordLive extends Identified, PlainRecord {
  readonly zoneId: string;
  readonly type: RecordSpec["type"];
  readonly stack: string;
  /** Exactly as Route 53 has it: a DELETE must repeat it. */
  readonly exact: ResourceRecordSet;
}

const TARGET = " → ";
export const ACM = "ACM";
/** The name of a record in the stack: what it is for, and where it leads (a load balancer's name, or `ACM`). */
export const recordName = (domain: string, target: string): string => `${domain}${TARGET}${target}`;

const idOf = ({ zoneId, name, type }: Pick<RecordSpec, "zoneId" | "name" | "type">): string =>
  `${zoneId}|${plainName(name)}|${type}`;

// Weighted and other routed records belong to somebody's set of several.
const at = (records: readonly ResourceRecordSet[], name: string, type: string): ResourceRecordSet | undefined =>
  records.find(
    (record) => record.SetIdentifier === undefined && record.Type === type && plainName(record.Name ?? "") === name,
  );

const equal = (wanted: RecordSpec, there: PlainRecord): boolean =>
  wanted.alias
    ? there.alias?.dnsName === plainTarget(wanted.alias.dnsName)
    : there.alias === undefined && sameSet((wanted.values ?? []).map(plainName), there.values);

const describe = (record: ResourceRecordSet): string => {
  const { name, type, alias, values } = plainRecord(record);
  return `${name} ${type} ${alias ? `alias ${alias.dnsName}` : values.join(" ")}`;
};

function setOf({ name, type, alias, values, ttl }: RecordSpec): ResourceRecordSet {
  return {
    Name: name,
    Type: type,
    ...(alias
      ? {
          AliasTarget: {
            HostedZoneId: alias.zoneId,
            DNSName: alias.dnsName,
            EvaluateTargetHealth: alias.evaluateTargetHealth,
          },
        }
      : { TTL: ttl ?? 300, ResourceRecords: (values ?? []).map((Value) => ({ Value })) }),
  };
}

const change = (aws: Aws, zoneId: string, Action: ChangeAction, set: ResourceRecordSet) =>
  aws.route53.changeResourceRecordSets({
    HostedZoneId: zoneId,
    ChangeBatch: { Changes: [{ Action, ResourceRecordSet: set }] },
  });

/** Route 53 puts its reasons for refusing a batch into a list, and sometimes into the message too. */
const refusedAs = (error: unknown, reason: RegExp): boolean =>
  hasCode(error, "InvalidChangeBatch") &&
  reason.test(`${(error as Error).message} ${((error as { messages?: string[] }).messages ?? []).join(" ")}`);

/** The record that its content proves to be the stack's: records bear no tags. */
async function provenOurs(
  aws: Aws,
  stack: string,
  ownName: string,
): Promise<{ readonly zoneId: string; readonly exact: ResourceRecordSet } | undefined> {
  const [named = "", target = ""] = ownName.split(TARGET);
  const domain = plainName(named);
  // It may have been made in a parent's zone.
  const zones = await zonesCovering(aws, domain);
  const lists = await Promise.all(zones.map(({ id }) => recordsIn(aws, id)));
  if (lists.every((records) => records.length === 0)) return undefined;
  const first = <T>(pick: (records: readonly ResourceRecordSet[]) => T | undefined) =>
    zones.map(({ id }, index) => ({ zoneId: id, exact: pick(lists[index] ?? []) })).find(({ exact }) => exact);
  if (target === ACM) {
    // What a certificate of the stack asks for.
    const asked = (await certificatesOf(aws, stack, domain)).flatMap(({ records }) => records);
    const found = first((records) =>
      asked
        .filter((one) => one.domain === domain)
        .map(({ name, value }) => {
          const record = at(records, plainName(name), "CNAME");
          return record && plainRecord(record).values[0] === plainName(value) ? record : undefined;
        })
        .find((record) => record !== undefined),
    );
    return found?.exact && { zoneId: found.zoneId, exact: found.exact };
  }
  // A load balancer's DNS name is its name, a hyphen and digits that AWS makes up.
  const dnsName = new RegExp(`^${target.toLowerCase()}-\\d+\\.${aws.region}\\.elb\\.amazonaws\\.com(\\.cn)?$`);
  const found = first((records) => {
    const record = at(records, domain, "A");
    return record && dnsName.test(plainRecord(record).alias?.dnsName ?? "") ? record : undefined;
  });
  return found?.exact && { zoneId: found.zoneId, exact: found.exact };
}

/** True when a certificate of somebody else's needs the validation record: it is the same for all of a domain in an account. */
async function neededElsewhere(aws: Aws, stack: string, name: string): Promise<boolean> {
  const domain = name.slice(name.indexOf(".") + 1);
  const needing = (await certificatesNaming(aws, domain)).filter(
    ({ Status }) => Status === "ISSUED" || Status === "PENDING_VALIDATION",
  );
  const tags = await Promise.all(needing.map(({ CertificateArn = "" }) => certificateTags(aws, CertificateArn)));
  return tags.some((its) => its !== undefined && its[STACK_TAG] !== stack);
}

/** A record in a hosted zone. Named by `recordName`. Never overwrites or removes what this stack did not make. */
export const record: ResourceType<RecordSpec, RecordLive> = {
  name: "route53:record",
  immutable: ["zoneId", "name", "type"],
  same: {
    name: (wanted, found) => plainName(wanted) === found,
    alias: (wanted, found) =>
      found !== undefined &&
      plainTarget(wanted.dnsName) === found.dnsName &&
      wanted.zoneId === found.zoneId &&
      wanted.evaluateTargetHealth === found.evaluateTargetHealth,
    values: (wanted, found) => sameSet(wanted.map(plainName), found),
  },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },

  async find(aws, owner, id) {
    const [zoneId, name, type, was] = id?.split("|") ?? [];
    const exact = zoneId && name && type ? at(await recordsIn(aws, zoneId), name, type) : undefined;
    const found = zoneId && exact ? { zoneId, exact } : await provenOurs(aws, owner.stack, owner.name);
    if (!found) return undefined;
    const plain = plainRecord(found.exact);
    const spec = { zoneId: found.zoneId, name: plain.name, type: plain.type as RecordSpec["type"] };
    return {
      ...plain,
      ...spec,
      id: exact && was ? `${idOf(spec)}|${was}` : idOf(spec),
      stack: owner.stack,
      exact: found.exact,
    };
  },

  async create(aws, spec, owner) {
    try {
      // CREATE, which AWS refuses when the name is taken. UPSERT would overwrite whatever is there.
      await change(aws, spec.zoneId, "CREATE", setOf(spec));
      return idOf(spec);
    } catch (error) {
      if (!refusedAs(error, /exists|conflicts with/)) throw error;
      const name = plainName(spec.name);
      const there = (await recordsIn(aws, spec.zoneId)).filter(
        (one) =>
          plainName(one.Name ?? "") === name &&
          // A CNAME tolerates nothing beside it.
          (one.Type === spec.type || one.Type === "CNAME" || spec.type === "CNAME"),
      );
      const same = at(there, name, spec.type);
      if (same && equal(spec, plainRecord(same))) return spec.type === "CNAME" ? `${idOf(spec)}|found` : idOf(spec);
      if (there.length === 0) throw error;
      throw new BuddyError({
        code: "not-ours",
        message: `the name ${name} is taken in hosted zone ${spec.zoneId}: ${there.map(describe).join("; ")}`,
        about: { key: owner.key, id: idOf(spec) },
        hint: "buddyverse never overwrites a record that it did not make. Remove or rename that record, or choose another domain.name in the config; then run the same command again.",
        cause: error,
      });
    }
  },

  async update(aws, { zoneId }, spec) {
    await change(aws, zoneId, "UPSERT", setOf(spec));
  },

  async delete(aws, { id, zoneId, name, type, exact, stack }) {
    // Answering its own id says: it stays.
    if (type === "CNAME" && (id.endsWith("|found") || (await neededElsewhere(aws, stack, name)))) return id;
    try {
      await change(aws, zoneId, "DELETE", exact);
    } catch (error) {
      if (hasCode(error, "NoSuchHostedZone") || refusedAs(error, /was not found/)) return;
      // Somebody has just changed it: the next look gets it as it is now.
      if (!refusedAs(error, /do not match/)) throw error;
    }
  },
};
