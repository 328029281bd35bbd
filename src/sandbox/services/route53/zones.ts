import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { dotted, escaped, plain, sortName } from "./names.ts";
import {
  delegationTable,
  keyOf,
  NAME_SERVER_TTL,
  type Record53,
  recordTable,
  referenceTable,
  type Zone,
  zoneTable,
} from "./tables.ts";

/** The default quota (Route 53 quotas page). */
const ZONES_PER_ACCOUNT = 500;
const PAGE = 100;
/** Tags on a zone (API reference, ChangeTagsForResource). */
const TAGS = 10;

const noZone = (id: string) => awsError("NoSuchHostedZone", `No hosted zone found with ID: ${id}`, { status: 404 });
const invalid = (message: string) => awsError("InvalidInput", message);

/** The zone as another call may refer to it. */
export function zoneFor(sim: Sim, id: string): Zone {
  const key = id.replace(/^\/hostedzone\//, "");
  const zone = zoneTable(sim).visible(key) && zoneTable(sim).get(key);
  if (!zone) throw noZone(key);
  return zone;
}

const nameServersFor = (sim: Sim): string[] => {
  const number = () => Math.floor(sim.random() * 2048);
  const two = () => String(Math.floor(sim.random() * 64)).padStart(2, "0");
  return ["com", "net", "org", "co.uk"].map((top) => `ns-${number()}.awsdns-${two()}.${top}`);
};

/** Makes a zone with the records that Route 53 puts into each. */
function makeZone(sim: Sim, name: string, callerReference: string, comment: string): Zone {
  const id = `Z0${sim.hex(19).toUpperCase()}`;
  const nameServers = nameServersFor(sim);
  const zone: Zone = { id, name, callerReference, comment, isPrivate: false, nameServers, tags: {} };
  const given: Record53[] = [
    { zoneId: id, name, type: "NS", ttl: NAME_SERVER_TTL, values: nameServers.map(dotted), alias: null },
    {
      zoneId: id,
      name,
      type: "SOA",
      ttl: 900,
      values: [`${dotted(nameServers[0] ?? "")} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`],
      alias: null,
    },
  ];
  for (const record of given) recordTable(sim).putNow(keyOf(record), record);
  return zone;
}

/** For a fresh world: a zone that has long been there, and to which the registrar leads. */
export function addHostedZone(sim: Sim, domain: string): string {
  const zone = makeZone(sim, plain(domain), `registrar-${sim.hex(8)}`, "HostedZone created by Route53 Registrar");
  zoneTable(sim).putNow(zone.id, zone);
  referenceTable(sim).putNow(zone.callerReference, { zoneId: zone.id });
  delegationTable(sim).putNow(zone.name, { nameServers: [...zone.nameServers] });
  return zone.id;
}

const answer = (sim: Sim, zone: Zone) => ({
  Id: `/hostedzone/${zone.id}`,
  Name: dotted(escaped(zone.name)),
  CallerReference: zone.callerReference,
  Config: { ...(zone.comment ? { Comment: zone.comment } : {}), PrivateZone: zone.isPrivate },
  ResourceRecordSetCount: recordTable(sim)
    .allVisible()
    .filter(({ zoneId }) => zoneId === zone.id).length,
});

export const changeInfo = (sim: Sim) => ({
  Id: `/change/C0${sim.hex(19).toUpperCase()}`,
  Status: "PENDING",
  SubmittedAt: new Date(sim.now),
});

const id = z.string().max(32);
const hostedZoneTags = { ResourceType: z.literal("hostedzone"), ResourceId: z.string().max(64) };

export const zones: SandboxService["operations"] = {
  CreateHostedZone: operation(
    {
      Name: z.string().max(1024),
      CallerReference: z.string().min(1).max(128),
      HostedZoneConfig: z
        .strictObject({ Comment: z.string().max(256).optional(), PrivateZone: z.literal(false).optional() })
        .optional(),
    },
    (input, sim) => {
      const name = plain(input.Name);
      if (!/^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}$/.test(name))
        throw awsError("InvalidDomainName", `${input.Name} is not a valid domain name`);
      // A reference is used up for ever, also when its zone is gone.
      if (referenceTable(sim).get(input.CallerReference))
        throw awsError(
          "HostedZoneAlreadyExists",
          `A hosted zone has already been created with the specified caller reference.`,
          { status: 409 },
        );
      if (zoneTable(sim).all().length >= ZONES_PER_ACCOUNT)
        throw awsError("TooManyHostedZones", "Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER");
      const zone = makeZone(sim, name, input.CallerReference, input.HostedZoneConfig?.Comment ?? "");
      zoneTable(sim).put(zone.id, zone);
      referenceTable(sim).putNow(zone.callerReference, { zoneId: zone.id });
      return {
        HostedZone: answer(sim, zone),
        ChangeInfo: changeInfo(sim),
        DelegationSet: { NameServers: [...zone.nameServers] },
        Location: `https://route53.${partitionOf(sim.region).dnsSuffix}/2013-04-01/hostedzone/${zone.id}`,
      };
    },
  ),

  GetHostedZone: operation({ Id: id }, ({ Id }, sim) => {
    const zone = zoneTable(sim).visible(Id.replace(/^\/hostedzone\//, ""));
    if (!zone) throw noZone(Id);
    return { HostedZone: answer(sim, zone), DelegationSet: { NameServers: [...zone.nameServers] } };
  }),

  ListHostedZonesByName: operation(
    {
      DNSName: z.string().max(1024).optional(),
      HostedZoneId: id.optional(),
      MaxItems: z.number().int().min(1).max(PAGE).optional(),
    },
    (input, sim) => {
      if (input.HostedZoneId && !input.DNSName) throw invalid("A HostedZoneId needs a DNSName");
      const place = ({ name, id }: { readonly name: string; readonly id: string }) => `${sortName(name)} ${id}`;
      const start = input.DNSName
        ? place({ name: plain(input.DNSName), id: (input.HostedZoneId ?? "").replace(/^\/hostedzone\//, "") })
        : "";
      const sorted = zoneTable(sim)
        .allVisible()
        .sort((a, b) => (place(a) < place(b) ? -1 : 1))
        .filter((zone) => place(zone) >= start);
      const size = input.MaxItems ?? PAGE;
      const next = sorted[size];
      return {
        HostedZones: sorted.slice(0, size).map((zone) => answer(sim, zone)),
        DNSName: input.DNSName,
        HostedZoneId: input.HostedZoneId,
        IsTruncated: next !== undefined,
        MaxItems: size,
        ...(next ? { NextDNSName: dotted(escaped(next.name)), NextHostedZoneId: next.id } : {}),
      };
    },
  ),

  DeleteHostedZone: operation({ Id: id }, ({ Id }, sim) => {
    const zone = zoneFor(sim, Id);
    const records = recordTable(sim)
      .all()
      .filter(({ zoneId }) => zoneId === zone.id);
    const required = (record: Record53) => record.name === zone.name && (record.type === "NS" || record.type === "SOA");
    if (!records.every(required))
      throw awsError(
        "HostedZoneNotEmpty",
        "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
      );
    for (const record of records) recordTable(sim).remove(keyOf(record));
    zoneTable(sim).remove(zone.id);
    return { ChangeInfo: changeInfo(sim) };
  }),

  ListTagsForResource: operation(hostedZoneTags, ({ ResourceId }, sim) => {
    const zone = zoneTable(sim).visible(ResourceId);
    if (!zone) throw noZone(ResourceId);
    return {
      ResourceTagSet: {
        ResourceType: "hostedzone",
        ResourceId,
        Tags: Object.entries(zone.tags).map(([Key, Value]) => ({ Key, Value })),
      },
    };
  }),

  ChangeTagsForResource: operation(
    {
      ...hostedZoneTags,
      AddTags: z
        .array(z.strictObject({ Key: z.string().max(128), Value: z.string().max(256) }))
        .min(1)
        .max(TAGS)
        .optional(),
      RemoveTagKeys: z.array(z.string()).min(1).max(TAGS).optional(),
    },
    (input, sim) => {
      const zone = zoneFor(sim, input.ResourceId);
      const kept = Object.entries(zone.tags).filter(([key]) => !input.RemoveTagKeys?.includes(key));
      const tags = Object.fromEntries([...kept, ...(input.AddTags ?? []).map(({ Key, Value }) => [Key, Value])]);
      if (Object.keys(tags).length > TAGS) throw invalid(`The number of tags exceeds the limit of ${TAGS}`);
      zoneTable(sim).put(zone.id, { ...zone, tags });
      return {};
    },
  ),
};
