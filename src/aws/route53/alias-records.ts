import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { Foreseen, Identified, Owner, ResourceType } from "../../engine/resource.ts";
import { createOnly, sameSet } from "../../lib/compare.ts";
import { BuddyError } from "../../lib/errors.ts";
import { list } from "../../lib/text.ts";
import { isUnknown } from "../../lib/unknown.ts";
import type { Aws } from "../aws.ts";
import { loadBalancerNamed } from "../elb/named.ts";
import { hasCode, isOneOf } from "../errors.ts";
import { STACK_TAG } from "../owned.ts";
import { partitionOf } from "../partition.ts";
import { CHANGED_MEANWHILE, changeRecords, creating, deleting, REFUSED } from "./change-records.ts";
import {
  type FormerRecords,
  forgetCommand,
  forgetFormer,
  isKept,
  isTooLong,
  keepFormer,
  nameOf,
  readFormer,
  withTaken,
} from "./former-records.ts";
import { immovable, inTheWay, recordTexts, sameSlot } from "./in-the-way.ts";
import { type PlainRecord, plainRecord, plainTarget, recordsIn } from "./read-records.ts";
import { NO_ZONE, plainName, zoneById, zonesCovering } from "./read-zones.ts";

export type Alias = NonNullable<PlainRecord["alias"]>;

export interface AliasRecordsSpec {
  readonly zoneId: string;
  /** The site's names, without the last dot: the domain and perhaps `www.` before it. */
  readonly names: readonly string[];
  /** The load balancer's DNS name, and the zone of load balancers in its region. */
  readonly alias: Alias;
  /** What leads the names elsewhere is replaced, and put back when the records go. */
  readonly takeOver: boolean;
}
/** What one zone holds of them. */
interface InZone {
  readonly zoneId: string;
  /** Those that lead to the stack's load balancer, exactly as Route 53 has them: a DELETE must repeat them. */
  readonly ours: readonly ResourceRecordSet[];
  /** Those that the state names and that somebody has led elsewhere: `up` leads them back, `down` leaves them. */
  readonly drifted: readonly ResourceRecordSet[];
}
/**
 * `id` is `zoneId|name+name`, without names where only the former records are kept yet, or still, and with `|taken` after
 * it where there are such.
 */
export interface AliasRecordsLive extends AliasRecordsSpec, InZone, Identified {
  readonly stack: string;
  readonly domain: string;
  /** Other zones that hold such records, as `domain.zone` was changed: until the public DNS leads to the new zone, both do. */
  readonly elsewhere: readonly InZone[];
  /** With several zones: the one that the public DNS leads to, and the name servers of the others, for whom it does not. */
  readonly delegation: { readonly zoneId: string | undefined; readonly others: readonly string[] } | undefined;
  readonly former: FormerRecords | undefined;
  /** Something was taken over, and what is kept of it is gone. */
  readonly forgotten: boolean;
}

const TARGET = " → ";
/** The name of the records in the stack: the domain, and the load balancer's name. */
export const aliasRecordsName = (domain: string, loadBalancer: string): string => `${domain}${TARGET}${loadBalancer}`;

const TAKEN = "taken";
const idOf = (zoneId: string, names: readonly string[], taken: boolean): string =>
  [zoneId, names.map(plainName).toSorted().join("+"), ...(taken ? [TAKEN] : [])].join("|");

const setOf = (Name: string, { dnsName, zoneId, evaluateTargetHealth }: Alias): ResourceRecordSet => ({
  Name,
  Type: "A",
  AliasTarget: { HostedZoneId: zoneId, DNSName: dnsName, EvaluateTargetHealth: evaluateTargetHealth },
});

const sameAlias = (wanted: Alias, found: Alias | undefined): boolean =>
  found !== undefined &&
  plainTarget(wanted.dnsName) === found.dnsName &&
  wanted.zoneId === found.zoneId &&
  wanted.evaluateTargetHealth === found.evaluateTargetHealth;

/** What may not be replaced, in words; undefined: all of it may. */
function refusal(
  { zoneId, takeOver }: Pick<AliasRecordsSpec, "zoneId" | "takeOver">,
  taken: readonly ResourceRecordSet[],
  former: FormerRecords | undefined,
): { readonly message: string; readonly hint: string } | undefined {
  if (taken.length === 0) return undefined;
  const names = [...new Set(taken.map(nameOf))];
  const message = `${list(names)} ${names.length === 1 ? "leads" : "lead"} elsewhere already, in hosted zone ${zoneId}: ${recordTexts(taken)}`;
  const fixed = taken.map((set) => ({ set, why: immovable(set) })).filter(({ why }) => why !== undefined);
  const clear = "Remove or rename them, or choose another domain.name in the config";
  if (fixed.length > 0) {
    const whys = [...new Set(fixed.map(({ why }) => why))].join("; ");
    return {
      message,
      hint: `Not even domain.takeOver moves ${recordTexts(fixed.map(({ set }) => set))}: ${whys}. ${clear}.`,
    };
  }
  if (isTooLong(withTaken(former, zoneId, taken)))
    return { message, hint: `They are too long to be kept and put back. ${clear}.` };
  if (takeOver) return undefined;
  return {
    message,
    hint: `If this is the site that moves, set domain.takeOver to true in the config: up then replaces them in one step when the new site answers, and down puts them back. If not: ${clear.charAt(0).toLowerCase()}${clear.slice(1)}.`,
  };
}

/** What is in the way and may be replaced. Throws `not-ours` when something may not. */
function taking(
  spec: AliasRecordsSpec,
  records: readonly ResourceRecordSet[],
  { ours, former }: { readonly ours: readonly ResourceRecordSet[]; readonly former: FormerRecords | undefined },
): readonly ResourceRecordSet[] {
  const taken = inTheWay(records, spec.names.map(plainName), ours);
  const refused = refusal(spec, taken, former);
  if (refused) throw new BuddyError({ code: "not-ours", ...refused });
  return taken;
}

/** A load balancer's DNS name is its name, a hyphen and digits that AWS makes up. */
const ownTarget = ({ region }: Aws, loadBalancer: string): RegExp =>
  new RegExp(
    `^${loadBalancer.toLowerCase()}-\\d+\\.${region}\\.elb\\.${partitionOf(region).dnsSuffix.replaceAll(".", "\\.")}$`,
  );

/** True while the load balancer of that name is another stack's. */
async function isOthers(aws: Aws, { stack }: Owner, name: string): Promise<boolean> {
  const balancer = await loadBalancerNamed(aws, name);
  return balancer !== undefined && balancer.tags[STACK_TAG] !== stack;
}

/**
 * The A records by which the site's names lead to its load balancer. Named by `aliasRecordsName`. They are the stack's where
 * they lead to a load balancer of its name and region, or where the state names them and they are not as before the stack:
 * records bear no tags. All changes of them are one batch each.
 *
 * Taking over is two calls, the second only when a look has seen the first: what the names led to is kept, then the batch
 * replaces it. Giving back is the reverse. So wherever a run is killed, the old records are in the zone, in the parameter, or in both.
 */
export const aliasRecords: ResourceType<AliasRecordsSpec, AliasRecordsLive> = {
  name: "route53:alias-records",
  matters: ["names"],
  coverage: {
    covers: {
      zoneId: ["HostedZoneId"],
      names: ["ResourceRecordSets[].Name"],
      alias: ["ResourceRecordSets[].AliasTarget"],
      takeOver: "unshown",
    },
    unshown: { takeOver: "what may be done, not what is" },
    dangers: [
      {
        at: ["alias"],
        danger: "leads elsewhere",
        when: (text, _field, wanted) =>
          (JSON.parse(text) as Alias).dnsName !== plainTarget((wanted as Alias | undefined)?.dnsName ?? ""),
      },
    ],
  },
  same: {
    // In another zone they are made beside these, which go when the public DNS leads there.
    zoneId: (wanted, _found, live) =>
      isUnknown(wanted)
        ? false
        : partIn(live, wanted) !== undefined && (live.elsewhere.length === 0 || live.delegation?.zoneId !== wanted),
    names: (wanted, _found, live, { zoneId }) => {
      const part = partIn(live, zoneId);
      return part === undefined || sameSet(wanted.map(plainName), claimed(part).map(nameOf));
    },
    alias: (wanted, _found, live, { zoneId }) =>
      claimed(partIn(live, zoneId) ?? NONE).every((set) => sameAlias(wanted, plainRecord(set).alias)),
    takeOver: createOnly,
  },
  timing: { createSeconds: 3, timeoutSeconds: 120, deleteSeconds: 2 },
  retryable: { create: [CHANGED_MEANWHILE], update: [CHANGED_MEANWHILE] },

  async find(aws, owner, id) {
    const [named = "", loadBalancer = ""] = owner.name.split(TARGET);
    const domain = plainName(named);
    const [ownZone = "", ownNames = "", taken] = id?.split("|") ?? [];
    // They may have been made in a parent's zone, or in two. What is known to be asked is asked with all the rest.
    const [covering, former, recordedZone] = await Promise.all([
      zonesCovering(aws, domain),
      readFormer(aws, owner.stack, domain),
      ownZone ? recordsIn(aws, ownZone) : [],
    ]);
    const more = covering.map((zone) => zone.id).filter((zone) => zone !== ownZone);
    const zones = ownZone ? [ownZone, ...more] : more;
    const others = await Promise.all(more.map((zoneId) => recordsIn(aws, zoneId)));
    const lists = ownZone ? [recordedZone, ...others] : others;
    const target = ownTarget(aws, loadBalancer);
    const recorded = ownNames.split("+");
    const sites = lists.map((records) =>
      records.filter(
        // Routed records belong to somebody's set of several.
        (set) => set.Type === "A" && set.SetIdentifier === undefined && [domain, `www.${domain}`].includes(nameOf(set)),
      ),
    );
    const leadsToOurs = (set: ResourceRecordSet) => target.test(plainRecord(set).alias?.dnsName ?? "");
    // What was put back is not ours, though the state may still name it. When what is kept is gone too, nobody can tell.
    const hasDrifted = (set: ResourceRecordSet) =>
      recorded.includes(nameOf(set)) && !leadsToOurs(set) && !isKept(former, set) && !(taken && !former);
    const unproven = sites.flat().some((set) => leadsToOurs(set) && !recorded.includes(nameOf(set)));
    const isForeign = unproven && (await isOthers(aws, owner, loadBalancer));
    const [found, ...elsewhere] = zones
      .map((zoneId, index) => ({
        zoneId,
        ours: isForeign ? [] : (sites[index] ?? []).filter(leadsToOurs),
        drifted: zoneId === ownZone ? (sites[index] ?? []).filter(hasDrifted) : [],
      }))
      .filter(({ ours, drifted }) => ours.length + drifted.length > 0);
    if (!found && !former) return undefined;
    const { zoneId, ours, drifted } = found ?? { zoneId: former?.zoneId ?? "", ours: [], drifted: [] };
    const names = [...ours, ...drifted].map(nameOf);
    const [first] = [...drifted, ...ours];
    return {
      id: idOf(zoneId, names, former !== undefined),
      zoneId,
      names,
      alias: (first && plainRecord(first).alias) ?? { dnsName: "", zoneId: "", evaluateTargetHealth: false },
      takeOver: former !== undefined,
      stack: owner.stack,
      domain,
      ours,
      drifted,
      elsewhere,
      delegation:
        elsewhere.length > 0 ? await delegationAmong(aws, [zoneId, ...elsewhere.map((one) => one.zoneId)]) : undefined,
      former,
      forgotten: taken !== undefined && former === undefined,
      described: { HostedZoneId: zoneId, ResourceRecordSets: [...ours, ...drifted] },
    };
  },

  health: ({ zoneId, elsewhere, delegation }) =>
    elsewhere.length === 0
      ? "ready"
      : {
          blocked: `both hosted zones, ${[zoneId, ...elsewhere.map((one) => one.zoneId)].join(" and ")}, hold the names, as the public DNS leads to ${delegation?.zoneId ?? "none of them"}: the registrar must name these name servers: ${(delegation?.others ?? []).join(", ")}. Set them there and run \`buddyverse up\` again, which then takes the names out of the other zone`,
        },

  mayChange: () => true,

  async foresee(aws, spec, _owner, live): Promise<Foreseen | undefined> {
    // A zone that is yet to be made holds nothing.
    if (isUnknown(spec.zoneId)) return live && moving;
    const names = spec.names.map(plainName);
    const taken = inTheWay(
      await recordsIn(aws, spec.zoneId),
      names,
      claimed((live && partIn(live, spec.zoneId)) ?? NONE),
    );
    const refused = refusal(spec, taken, live?.former);
    if (refused) return { kind: "clash", ...refused };
    if (taken.length === 0) return live && partIn(live, spec.zoneId) === undefined ? moving : undefined;
    return {
      kind: "note",
      note: `When the site answers, it takes over ${recordTexts(taken)}. Until such a TTL is over, visitors may still be led there. down puts them back.`,
    };
  },

  async create(aws, spec, owner) {
    const taken = taking(spec, await recordsIn(aws, spec.zoneId), { ours: [], former: undefined });
    if (taken.length > 0) {
      await keepFormer(aws, owner.stack, domainOf(owner.name), withTaken(undefined, spec.zoneId, taken));
      return idOf(spec.zoneId, [], true);
    }
    // CREATE, which AWS refuses when the name is taken. UPSERT would overwrite whatever is there.
    await changeRecords(
      aws,
      spec.zoneId,
      spec.names.map((name) => creating(setOf(name, spec.alias))),
    );
    return idOf(spec.zoneId, spec.names, false);
  },

  async update(aws, live, spec, _changed, owner) {
    const { former, domain, elsewhere, delegation } = live;
    const part = partIn(live, spec.zoneId) ?? { ...NONE, zoneId: spec.zoneId };
    if (elsewhere.length > 0 && delegation?.zoneId === spec.zoneId) {
      for (const other of [live, ...elsewhere].filter(({ zoneId }) => zoneId !== spec.zoneId))
        await leave(aws, live, other);
      return;
    }
    const ours = claimed(part);
    const names = spec.names.map(plainName);
    const taken = taking(spec, await recordsIn(aws, spec.zoneId), { ours, former });
    if (taken.some((set) => !isKept(former, set))) {
      // The batch follows when a look shows what is kept.
      return keepFormer(aws, owner.stack, domain, withTaken(former, spec.zoneId, taken));
    }
    const right = ours.filter((set) => names.includes(nameOf(set)) && sameAlias(spec.alias, plainRecord(set).alias));
    const released = ours.filter((set) => !names.includes(nameOf(set)));
    await changeRecords(aws, spec.zoneId, [
      ...[...taken, ...ours.filter((set) => !right.includes(set))].map(deleting),
      ...(await comingBack(aws, { ...live, zoneId: spec.zoneId, ours: released })).map(creating),
      ...names
        .filter((name) => !right.some((set) => nameOf(set) === name))
        .map((name) => creating(setOf(name, spec.alias))),
    ]);
  },

  async delete(aws, live) {
    const { id, zoneId, ours, former, stack, domain, elsewhere } = live;
    for (const other of elsewhere) await leave(aws, live, other);
    // Led elsewhere by somebody, who goes on there: answering its own id says that it stays.
    if (ours.length === 0 && !former) return id;
    if (ours.length === 0) return forgetFormer(aws, stack, domain);
    const back = await comingBack(aws, live);
    try {
      await changeRecords(aws, zoneId, [...ours.map(deleting), ...back.map(creating)]);
    } catch (error) {
      // Gone, or somebody has just changed something: the next look gets it as it is now.
      if (isOneOf(error, NO_ZONE) || isOneOf(error, [CHANGED_MEANWHILE])) return;
      if (former === undefined || !hasCode(error, REFUSED)) throw error;
      throw notPutBack(aws, live, back, (error as Error).message, error);
    }
  },

  farewell({ former, ours, drifted, forgotten }) {
    const released = ours.map(nameOf);
    const back = (former?.records ?? []).filter((set) => released.includes(nameOf(set)));
    const dark = released.filter((name) => !back.some((set) => nameOf(set) === name));
    const note = [
      ...(back.length > 0 ? [`Put back as before the stack: ${recordTexts(back)}.`] : []),
      ...(dark.length > 0
        ? [
            `Afterwards ${list(dark)} ${dark.length === 1 ? "leads" : "lead"} nowhere${forgotten ? ": what was there before the stack is no longer known" : ""}.`,
          ]
        : []),
      ...(drifted.length > 0 ? [`Led elsewhere by now, and left so: ${recordTexts(drifted)}.`] : []),
    ].join(" ");
    return note === "" ? undefined : { note };
  },
};

const moving: Foreseen = {
  kind: "note",
  note: "Both hosted zones hold the names until the registrar names the new zone's servers, which up shows; the next up after that takes them out of the other.",
};

const NONE: InZone = { zoneId: "", ours: [], drifted: [] };

const partIn = (live: AliasRecordsLive, zoneId: string): InZone | undefined =>
  [live, ...live.elsewhere].find((one) => one.zoneId === zoneId && claimed(one).length > 0);

/** Takes our records out of a zone that nobody asks any more; what they led to before the stack comes back where it was there. */
async function leave(aws: Aws, live: AliasRecordsLive, { zoneId, ours }: InZone): Promise<void> {
  const { former, stack, domain } = live;
  const wasThere = former?.zoneId === zoneId;
  const back = wasThere ? await comingBack(aws, { ...live, zoneId, ours }) : [];
  if (ours.length > 0) await changeRecords(aws, zoneId, [...ours.map(deleting), ...back.map(creating)]);
  if (wasThere) await forgetFormer(aws, stack, domain);
}

/** Which of the zones the public DNS leads to, and the name servers of the others. */
async function delegationAmong(aws: Aws, ids: readonly string[]): Promise<AliasRecordsLive["delegation"]> {
  const zones = (await Promise.all(ids.map((id) => zoneById(aws, id)))).filter((zone) => zone !== undefined);
  const named = await Promise.all(zones.map(async ({ name }) => (await aws.network.nameServers(name))?.map(plainName)));
  const leadsTo = zones.find(({ nameServers }, index) => nameServers.some((server) => named[index]?.includes(server)));
  return {
    zoneId: leadsTo?.id,
    others: zones.filter((zone) => zone !== leadsTo).flatMap(({ nameServers }) => nameServers),
  };
}

/** What `up` may change. */
const claimed = ({ ours, drifted }: Pick<InZone, "ours" | "drifted">): readonly ResourceRecordSet[] => [
  ...ours,
  ...drifted,
];

const domainOf = (name: string): string => plainName(name.split(TARGET)[0] ?? "");

/**
 * What the names of our records led to before, as far as it is not there again, in the order in which Route 53 takes it: an alias
 * within the zone only after its target (DNSControl/dnscontrol#937).
 */
async function comingBack(aws: Aws, live: Pick<AliasRecordsLive, "zoneId" | "ours" | "former" | "domain" | "stack">) {
  const { zoneId, ours, former } = live;
  const released = ours.map(nameOf);
  const records = (former?.records ?? []).filter((set) => released.includes(nameOf(set)));
  if (records.length === 0) return [];
  const others = (await recordsIn(aws, zoneId)).filter((set) => !ours.some((own) => sameSlot(own, set)));
  const back = records.filter((set) => !others.some((other) => sameSlot(other, set)));
  const beside = back
    .filter(({ Type }) => Type === "CNAME")
    .flatMap((set) => others.filter((other) => nameOf(other) === nameOf(set)));
  // A CNAME tolerates nothing beside it.
  if (beside.length > 0)
    throw notPutBack(aws, live, back, `beside a CNAME record nothing may stand, and there is ${recordTexts(beside)}`);
  const inZone = ({ AliasTarget }: ResourceRecordSet) => AliasTarget?.HostedZoneId === zoneId;
  return [...back.filter((set) => !inZone(set)), ...back.filter(inZone)];
}

const notPutBack = (
  aws: Aws,
  { stack, domain }: Pick<AliasRecordsLive, "stack" | "domain">,
  back: readonly ResourceRecordSet[],
  why: string,
  cause?: unknown,
) =>
  new BuddyError({
    code: "not-ours",
    message: `the records from before the stack cannot be put back (${recordTexts(back)}): ${why}`,
    hint: `Mend that and run the same command again. Or go without them: ${forgetCommand(aws, stack, domain)}, then run it again.`,
    cause,
  });
