import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { dotted, escaped, plain, sortName } from "./names.ts";
import { keyOf, type Record53, recordTable, type Zone } from "./tables.ts";
import { changeInfo, zoneFor } from "./zones.ts";

const PAGE = 300;
/** The zone that all application load balancers of a region have their names in, as DescribeLoadBalancers answers it here. */
const LOAD_BALANCERS = "ZWKZPGTI48KDX";
/** The zone of all CloudFront distributions (API reference, AliasTarget). */
const CLOUDFRONT = "Z2FDTNDATAQYW2";
const TYPES = ["SOA", "A", "TXT", "NS", "CNAME", "MX", "AAAA", "CAA", "SRV", "SVCB", "HTTPS"] as const;

const recordSet = z.strictObject({
  Name: z.string().max(1024),
  Type: z.enum(TYPES),
  TTL: z.number().int().min(0).max(2_147_483_647).optional(),
  ResourceRecords: z
    .array(z.strictObject({ Value: z.string().max(4000) }))
    .min(1)
    .optional(),
  AliasTarget: z
    .strictObject({
      HostedZoneId: z.string().max(32),
      DNSName: z.string().max(1024),
      EvaluateTargetHealth: z.boolean(),
    })
    .optional(),
  SetIdentifier: z.string().min(1).max(128).optional(),
  Weight: z.number().int().min(0).max(255).optional(),
  Region: z.string().optional(),
  Failover: z.enum(["PRIMARY", "SECONDARY"]).optional(),
  MultiValueAnswer: z.boolean().optional(),
});
type RecordSet = z.infer<typeof recordSet>;

/** The record that a change means. Throws InvalidInput when the change is not even well formed. */
function meant(zoneId: string, set: RecordSet): Record53 {
  const about = `in Change with [Name=${set.Name}, Type=${set.Type}]`;
  if (set.AliasTarget && (set.TTL !== undefined || set.ResourceRecords))
    throw awsError(
      "InvalidInput",
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found more than one ${about}`,
    );
  if (!set.AliasTarget && (set.TTL === undefined || !set.ResourceRecords))
    throw awsError(
      "InvalidInput",
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none ${about}`,
    );
  const by = Object.fromEntries(
    (["Weight", "Region", "Failover", "MultiValueAnswer"] as const).flatMap((field) =>
      set[field] === undefined ? [] : [[field, set[field]]],
    ),
  );
  if ((set.SetIdentifier === undefined) !== (Object.keys(by).length === 0))
    throw awsError(
      "InvalidInput",
      set.SetIdentifier === undefined
        ? `Invalid request: Missing field 'SetIdentifier' ${about}`
        : `Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig], but found none ${about}`,
    );
  return {
    zoneId,
    ...(set.SetIdentifier === undefined ? {} : { routed: { id: set.SetIdentifier, by } }),
    name: plain(set.Name),
    type: set.Type,
    ttl: set.TTL ?? null,
    values: (set.ResourceRecords ?? []).map(({ Value }) => Value),
    alias: set.AliasTarget
      ? {
          zoneId: set.AliasTarget.HostedZoneId,
          dnsName: plain(set.AliasTarget.DNSName),
          evaluateTargetHealth: set.AliasTarget.EvaluateTargetHealth,
        }
      : null,
  };
}

/** Why a record may not be in the zone beside the others; undefined when it may. */
function complaint(sim: Sim, zone: Zone, record: Record53, others: readonly Record53[]): string | undefined {
  const { name, type, alias } = record;
  const called = `RRSet of type ${type} with DNS name ${dotted(escaped(name))}`;
  if (name !== zone.name && !name.endsWith(`.${zone.name}`))
    return `RRSet with DNS name ${dotted(escaped(name))} is not permitted in zone ${dotted(zone.name)}`;
  if (type === "CNAME" && name === zone.name) return `${called} is not permitted at apex in zone ${dotted(zone.name)}`;
  if (type === "CNAME" && record.values.length !== 1 && !alias)
    return `${called} has ${record.values.length} values: a CNAME has one`;
  const beside = others.filter((other) => other.name === name && other.type !== type);
  if (beside.length > 0 && (type === "CNAME" || beside.some((other) => other.type === "CNAME")))
    return `${called} is not permitted as it conflicts with other records with the same DNS name in zone ${dotted(zone.name)}`;
  // "RRSet with DNS name …, type … cannot be created as other RRSets exist with the same name and type." (chef-boneyard/route53#100)
  const alike = others.filter((other) => other.name === name && other.type === type);
  if (alike.some(({ routed }) => (routed === undefined) !== (record.routed === undefined)))
    return `RRSet with DNS name ${dotted(escaped(name))}, type ${type}${record.routed ? `, SetIdentifier ${record.routed.id}` : ""} cannot be created as other RRSets exist with the same name and type.`;
  if (type === "A" && record.values.some((value) => !/^\d{1,3}(\.\d{1,3}){3}$/.test(value)))
    return `Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '${record.values.join(", ")}''`;
  return alias ? aliasComplaint(sim, zone, record, others) : undefined;
}

function aliasComplaint(
  sim: Sim,
  zone: Zone,
  { type, alias }: Record53,
  others: readonly Record53[],
): string | undefined {
  const { zoneId, dnsName } = alias as NonNullable<Record53["alias"]>;
  const tried = `Tried to create an alias that targets ${dotted(dnsName)}, type ${type} in zone ${zoneId}`;
  if (zoneId === zone.id) {
    if (dnsName !== zone.name && !dnsName.endsWith(`.${zone.name}`))
      return `${tried}, but the alias target name does not lie within the target zone`;
    return others.some((other) => other.name === dnsName && other.type === type)
      ? undefined
      : `${tried}, but that target was not found`;
  }
  if (zoneId === CLOUDFRONT && dnsName.endsWith(".cloudfront.net")) return undefined;
  const target = dnsName.replace(/^dualstack\./, "");
  if (!target.endsWith(`.${sim.region}.elb.${partitionOf(sim.region).dnsSuffix}`))
    return `${tried}, but the alias target name does not lie within the target zone`;
  return zoneId === LOAD_BALANCERS
    ? undefined
    : `${tried}, but the alias target name does not lie within the target zone`;
}

export const records: SandboxService["operations"] = {
  ChangeResourceRecordSets: operation(
    {
      HostedZoneId: z.string().max(32),
      ChangeBatch: z.strictObject({
        Comment: z.string().max(256).optional(),
        Changes: z
          .array(z.strictObject({ Action: z.enum(["CREATE", "DELETE", "UPSERT"]), ResourceRecordSet: recordSet }))
          .min(1)
          .max(1000),
      }),
    },
    (input, sim) => {
      const zone = zoneFor(sim, input.HostedZoneId);
      const table = recordTable(sim);
      const before = table.all().filter(({ zoneId }) => zoneId === zone.id);
      const after = new Map(before.map((record) => [keyOf(record), record]));
      const wrong: string[] = [];
      const changed = new Set<string>();
      // In the batch's order: what is deleted first makes room (cookpad/roadworker#89).
      for (const { Action, ResourceRecordSet: set } of input.ChangeBatch.Changes) {
        const record = meant(zone.id, set);
        const key = keyOf(record);
        // The text is in many public reports of a record that is twice in a batch.
        if (changed.has(`${Action} ${key}`)) {
          wrong.push(
            `The request contains an invalid set of changes for a resource record set '${record.type} ${dotted(escaped(record.name))}'`,
          );
          continue;
        }
        changed.add(`${Action} ${key}`);
        const named = `resource record set [name='${dotted(escaped(record.name))}', type='${record.type}'${record.routed ? `, set identifier='${record.routed.id}'` : ""}]`;
        const there = after.get(key);
        if (Action === "DELETE") {
          if (!there) wrong.push(`Tried to delete ${named} but it was not found`);
          else if (!isDeepStrictEqual(there, record))
            wrong.push(`Tried to delete ${named} but the values provided do not match the current values`);
          else if (record.name === zone.name && (record.type === "SOA" || record.type === "NS"))
            wrong.push(
              record.type === "SOA"
                ? "A HostedZone must contain exactly one SOA record."
                : "A HostedZone must contain at least one NS record for the zone itself.",
            );
          else after.delete(key);
          continue;
        }
        if (Action === "CREATE" && there) {
          wrong.push(`Tried to create ${named} but it already exists`);
          continue;
        }
        const others = [...after].filter(([other]) => other !== key).map(([, other]) => other);
        const problem = complaint(sim, zone, record, others);
        if (problem) wrong.push(problem);
        else after.set(key, record);
      }
      // All of the batch, or nothing of it.
      if (wrong.length > 0)
        throw awsError("InvalidChangeBatch", `[${wrong.join(", ")}]`, { fields: { messages: wrong } });
      // What is listed is current at once: "strongly consistent with ChangeResourceRecordSets" (API reference, ListResourceRecordSets).
      for (const key of before.map(keyOf)) if (!after.has(key)) table.removeNow(key);
      for (const [key, record] of after) if (!isDeepStrictEqual(table.get(key), record)) table.putNow(key, record);
      return { ChangeInfo: changeInfo(sim) };
    },
  ),

  ListResourceRecordSets: operation(
    {
      HostedZoneId: z.string().max(32),
      StartRecordName: z.string().max(1024).optional(),
      StartRecordType: z.enum(TYPES).optional(),
      StartRecordIdentifier: z.string().max(128).optional(),
      MaxItems: z.number().int().min(1).max(PAGE).optional(),
    },
    (input, sim) => {
      const zone = zoneFor(sim, input.HostedZoneId);
      if (input.StartRecordType && !input.StartRecordName)
        throw awsError("InvalidInput", "StartRecordType needs StartRecordName");
      const place = (name: string, type: string, identifier: string) => `${sortName(name)} ${type} ${identifier}`;
      const placeOf = ({ name, type, routed }: Record53) => place(name, type, routed?.id ?? "");
      const start = input.StartRecordName
        ? place(plain(input.StartRecordName), input.StartRecordType ?? "", input.StartRecordIdentifier ?? "")
        : "";
      const sorted = recordTable(sim)
        .allVisible()
        .filter(({ zoneId }) => zoneId === zone.id)
        .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
        .filter((record) => placeOf(record) >= start);
      const size = input.MaxItems ?? PAGE;
      const next = sorted[size];
      return {
        ResourceRecordSets: sorted.slice(0, size).map(({ name, type, ttl, values, alias, routed }) => ({
          Name: dotted(escaped(name)),
          Type: type,
          ...(routed ? { SetIdentifier: routed.id, ...routed.by } : {}),
          ...(alias
            ? {
                AliasTarget: {
                  HostedZoneId: alias.zoneId,
                  DNSName: dotted(alias.dnsName),
                  EvaluateTargetHealth: alias.evaluateTargetHealth,
                },
              }
            : { TTL: ttl, ResourceRecords: values.map((Value) => ({ Value })) }),
        })),
        IsTruncated: next !== undefined,
        MaxItems: size,
        ...(next
          ? {
              NextRecordName: dotted(escaped(next.name)),
              NextRecordType: next.type,
              ...(next.routed ? { NextRecordIdentifier: next.routed.id } : {}),
            }
          : {}),
      };
    },
  ),
};
