import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { Identified, Owner, ResourceType, Tags } from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { COUNTER } from "../coverage.ts";
import { undefinedIf } from "../errors.ts";
import { KEY_TAG, STACK_TAG, tagList, tagsFrom } from "../owned.ts";
import type { AliasRecordsLive } from "./alias-records.ts";
import { changeRecords, deleting } from "./change-records.ts";
import { recordTexts, sameSlot } from "./in-the-way.ts";
import { zoneCharges, zoneMonth } from "./prices.ts";
import { plainRecord, recordsIn } from "./read-records.ts";
import {
  covers,
  isOfStack,
  isOwnComment,
  NO_ZONE,
  ownComment,
  plainName,
  type ZoneWithServers,
  zoneById,
  zonesFor,
} from "./read-zones.ts";

export interface ZoneSpec {
  /** The site's domain: the zone's own name, or for a zone that is found a name under it. */
  readonly domain: string;
}
export interface ZoneLive extends ZoneSpec, ZoneWithServers, Identified {}
export interface OwnedZoneLive extends ZoneLive {
  readonly tags: Tags;
  /** The public DNS leads to it; undefined: that cannot be asked. */
  readonly delegated: boolean | undefined;
  /** What is in it besides what every zone has, and the validation records of certificates. */
  readonly records: readonly ResourceRecordSet[];
}

/** A zone as its records show it, which are read anyway: its own name, and who serves it. */
async function zoneOfRecords(aws: Aws, id: string): Promise<ZoneWithServers | undefined> {
  const records = await recordsIn(aws, id);
  const name = records.find(({ Type }) => Type === "SOA")?.Name;
  if (name === undefined) return undefined;
  const servers = records.find((one) => one.Type === "NS" && one.Name === name)?.ResourceRecords ?? [];
  const nameServers = servers.map(({ Value = "" }) => plainName(Value));
  return { id, name: plainName(name), isPrivate: false, comment: "", nameServers };
}

/** Somebody's public hosted zone that a domain belongs to: used, never made or removed. Named as the domain. */
export const existingZone: ResourceType<ZoneSpec, ZoneLive> = {
  name: "route53:existing-zone",
  external: true,
  absent: 'create the public hosted zone in Route 53, or set domain.zone to "create"',

  async find(aws, { stack, key, name: domain }, id) {
    const recorded = id === undefined ? undefined : await zoneOfRecords(aws, id);
    if (recorded && covers(recorded.name, plainName(domain))) return { ...recorded, domain };
    // One that this stack made is no longer what is wanted: it stays only until the DNS leads elsewhere.
    const [zone, ...others] = (await zonesFor(aws, domain)).filter((one) => !isOfStack(one, aws, stack));
    if (zone && others.length > 0) {
      throw new BuddyError({
        code: "ambiguous",
        message: `there are ${others.length + 1} public hosted zones named ${zone.name}: ${[zone, ...others].map((one) => one.id).join(", ")}`,
        about: { key },
        hint: "Keep the one whose name servers the registrar names; remove or rename the others.",
      });
    }
    const whole = zone && (await zoneOfRecords(aws, zone.id));
    return whole && { ...whole, domain };
  },

  charges: (_spec, costing) => [
    {
      what: "hosted zone",
      price: zoneMonth,
      quantity: 1,
      note: "there before the stack, stays after it",
      beside: true,
    },
    ...zoneCharges(costing),
  ],
};

/** Zones are the account's: the stack of the same name in another region has its own. */
const REGION_TAG = "buddyverse:region";

/** Route 53 takes ten tags on a zone (API reference, ChangeTagsForResource): ownership first, then as many as fit. */
function takenTags(tags: Tags): Tags {
  const first = [STACK_TAG, KEY_TAG, REGION_TAG, "Name"];
  const rest = Object.keys(tags)
    .filter((key) => !first.includes(key))
    .sort();
  return Object.fromEntries([...first, ...rest].slice(0, 10).map((key) => [key, tags[key] ?? ""]));
}

async function tagsOf(aws: Aws, id: string, owner: Owner): Promise<Tags | undefined> {
  const answer = await undefinedIf(NO_ZONE, () =>
    aws.route53.listTagsForResource({ ResourceType: "hostedzone", ResourceId: id }),
  );
  if (!answer) return undefined;
  // Tags for which there is no room are not missed.
  const taken = takenTags({ ...owner.tags, [REGION_TAG]: aws.region });
  const omitted = Object.fromEntries(Object.entries(owner.tags).filter(([key]) => !(key in taken)));
  return { ...omitted, ...tagsFrom(answer.ResourceTagSet?.Tags) };
}

/** The zone when it is the owner's, in this region: by its comment, or by its tags when somebody has changed the comment. */
async function ifOwned(aws: Aws, owner: Owner, id: string): Promise<OwnedZoneLive | undefined> {
  const [zone, tags] = await Promise.all([zoneById(aws, id), tagsOf(aws, id, owner)]);
  if (!zone || !tags) return undefined;
  const ours = isOwnComment(zone.comment)
    ? zone.comment === ownComment(aws, owner.stack, owner.key)
    : tags[STACK_TAG] === owner.stack && tags[KEY_TAG] === owner.key && tags[REGION_TAG] === aws.region;
  if (!ours) return undefined;
  const [named, records] = await Promise.all([aws.network.nameServers(zone.name), recordsIn(aws, id)]);
  return {
    ...zone,
    tags,
    domain: zone.name,
    delegated: named && zone.nameServers.some((server) => named.map(plainName).includes(server)),
    records: contentsOf(zone.name, records).foreign,
  };
}

const VALIDATION = /\.acm-validations\.aws$/;

/** The validation records of certificates, which nothing sees any more without the zone, and what else is in it. */
function contentsOf(zone: string, all: readonly ResourceRecordSet[]) {
  const records = all.filter(
    (record) => !((record.Type === "NS" || record.Type === "SOA") && plainRecord(record).name === zone),
  );
  const ofAcm = records.filter((record) => plainRecord(record).values.some((value) => VALIDATION.test(value)));
  return { ofAcm, foreign: records.filter((record) => !ofAcm.includes(record)) };
}

/**
 * A public hosted zone that the stack makes. Named as the domain. The registrar is told its name servers, and another zone
 * would get others: so it is kept unless its end is asked for, and goes only when nothing of others is in it.
 */
export const ownedZone: ResourceType<ZoneSpec, OwnedZoneLive> = {
  name: "route53:owned-zone",
  coverage: {
    covers: { domain: ["HostedZone.Name"] },
    ignores: { "HostedZone.ResourceRecordSetCount": COUNTER },
    unshown: { "signing (DNSSEC), query logging": "another call each", "further records": "objects of their own" },
  },
  immutable: ["domain"],
  same: { domain: (wanted, found) => plainName(wanted) === found },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },
  // The answer to a repeat: it was made, and is not to be seen yet.
  retryable: { create: ["HostedZoneAlreadyExists"], delete: ["HostedZoneNotEmpty"] },

  async find(aws, owner, id) {
    const recorded = id === undefined ? undefined : await ifOwned(aws, owner, id);
    if (recorded) return recorded;
    const named = (await zonesFor(aws, owner.name)).filter(({ name }) => name === plainName(owner.name));
    const owned = (await Promise.all(named.map((zone) => ifOwned(aws, owner, zone.id)))).filter(
      (zone) => zone !== undefined,
    );
    if (owned.length > 1) {
      throw new BuddyError({
        code: "ambiguous",
        message: `${owned.length} hosted zones were made for "${owner.key}" of stack "${owner.stack}": ${owned.map((one) => one.id).join(", ")}`,
        about: { key: owner.key },
        hint: "Keep the one whose name servers the registrar names, and remove the others.",
      });
    }
    return owned[0];
  },

  async create(aws, { domain }, owner, token) {
    const { HostedZone } = await aws.route53.createHostedZone({
      Name: domain,
      // Must be new for every zone that the account ever made; the engine's token is.
      CallerReference: token,
      HostedZoneConfig: { Comment: ownComment(aws, owner.stack, owner.key), PrivateZone: false },
    });
    return (HostedZone?.Id ?? "").replace(/^\/hostedzone\//, "");
  },

  async update(aws, { id }, _spec, changed, owner) {
    if (changed.has("tags")) {
      await aws.route53.changeTagsForResource({
        ResourceType: "hostedzone",
        ResourceId: id,
        AddTags: tagList(takenTags({ ...owner.tags, [REGION_TAG]: aws.region })),
        ...(owner.obsoleteTags?.length ? { RemoveTagKeys: [...owner.obsoleteTags] } : {}),
      });
    }
  },

  async delete(aws, { id, name }) {
    const { ofAcm, foreign } = contentsOf(name, await recordsIn(aws, id));
    if (foreign.length > 0) {
      throw new BuddyError({
        code: "not-ours",
        message: `the hosted zone ${name} (${id}) holds records that this stack did not make: ${recordTexts(foreign)}`,
        about: { id },
        hint: "Remove or move them and run the same command again; or leave --delete-zone away, which keeps the zone.",
      });
    }
    if (ofAcm.length > 0) await changeRecords(aws, id, ofAcm.map(deleting));
    await undefinedIf(NO_ZONE, () => aws.route53.deleteHostedZone({ Id: id }));
  },

  farewell({ id, name, nameServers, delegated, records }, { deleteKept, unwanted = false }) {
    const servers = nameServers.join(", ");
    if (unwanted) return unwantedZone({ id, name, delegated, records });
    return deleteKept
      ? {
          note: `The hosted zone ${name} (${id}) is deleted: have the registrar no longer name its name servers (${servers}). While it does, the domain answers nowhere; a new zone gets other servers.`,
        }
      : {
          kept: `the hosted zone ${name} (${id}), as the registrar has been told its name servers (${servers}): the next up finds it again. --delete-zone deletes it.`,
        };
  },

  emptied(live, leaving) {
    const going = (leaving as readonly Partial<AliasRecordsLive>[]).flatMap(({ zoneId, ours = [], elsewhere = [] }) =>
      [{ zoneId, ours }, ...elsewhere].flatMap((one) => (one.zoneId === live.id ? one.ours : [])),
    );
    return { ...live, records: live.records.filter((record) => !going.some((one) => sameSlot(one, record))) };
  },

  charges: (_spec, costing) => [{ what: "hosted zone", price: zoneMonth, quantity: 1 }, ...zoneCharges(costing)],
  residual: (_spec, _costing, { deleteKept }) =>
    deleteKept ? [] : [{ what: "hosted zone", price: zoneMonth, quantity: 1, note: "kept for the next up" }],
};

/** One that the config has no use for any more goes when nothing leads to it, and nothing is in it. */
function unwantedZone({ id, name, delegated, records }: Pick<OwnedZoneLive, "id" | "name" | "delegated" | "records">) {
  const zone = `the hosted zone ${name} (${id}), which the stack made, stays`;
  const then = "the next up then deletes it";
  if (delegated !== false)
    return {
      stays: `${zone} until the public DNS no longer leads to it${delegated === undefined ? ", which could not be asked" : ""}: have the registrar name other name servers, or none; ${then}`,
    };
  return records.length === 0
    ? undefined
    : { stays: `${zone} while there is something in it: ${recordTexts(records)}. Move or remove that; ${then}` };
}
