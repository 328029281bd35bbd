import type { ModifyDBInstanceMessage } from "@aws-sdk/client-rds";
import type { Coverage, Impossible, Interruption, Owner, ResourceType, Rollout } from "../../engine/resource.ts";
import { sameSet } from "../../lib/compare.ts";
import { about } from "../../lib/duration.ts";
import { counted, list } from "../../lib/text.ts";
import type { Aws } from "../aws.ts";
import { COUNTER, STATE } from "../coverage.ts";
import type { InstanceLive } from "./read-instances.ts";
import { performanceOf } from "./storage.ts";
import { idOf, MARKS, retag } from "./tags.ts";
import { isAtLeast, major } from "./version.ts";

const ZONE = "a standby of AWS's may take over in another zone";

/** What can be changed in place, on a primary and on a replica alike. */
export interface InstanceSpec {
  /** "8.4", or a full version. AWS upgrades the minor version by itself, so a newer one than this is as wanted. */
  readonly engineVersion: string;
  readonly instanceClass: string;
  /** gp3; can only grow. */
  readonly storageGiB: number;
  /** AWS lets it grow by itself, up to this; 0: it does not. */
  readonly maxStorageGiB: number;
  /** Where it is made; undefined: anywhere. A standby of AWS's may have taken over in another zone since. */
  readonly zone?: string | undefined;
  readonly parameterGroup: string;
  /** True: what the parameter group says is in force. Undefined: what waits for a reboot may be somebody else's, and waits on. */
  readonly parametersApplied?: boolean | undefined;
  readonly groupIds: readonly string[];
  readonly publicAccess: boolean;
  readonly minorUpgrades: boolean;
  readonly copyTagsToSnapshot: boolean;
  readonly deletionProtection: boolean;
  /** Whether changes that AWS can hold back are made at once, or in the instance's own maintenance window. */
  readonly apply: "now" | "window";
}

/** Whose is what AWS tells of an instance. */
export const instanceCoverage = {
  covers: {
    engineVersion: ["EngineVersion", "PendingModifiedValues.EngineVersion"],
    instanceClass: ["DBInstanceClass", "PendingModifiedValues.DBInstanceClass"],
    storageGiB: ["AllocatedStorage", "PendingModifiedValues.AllocatedStorage"],
    maxStorageGiB: ["MaxAllocatedStorage"],
    zone: "watched",
    parameterGroup: ["DBParameterGroups[].DBParameterGroupName"],
    parametersApplied: ["DBParameterGroups[].ParameterApplyStatus"],
    groupIds: ["VpcSecurityGroups"],
    publicAccess: ["PubliclyAccessible"],
    minorUpgrades: ["AutoMinorVersionUpgrade"],
    copyTagsToSnapshot: ["CopyTagsToSnapshot"],
    deletionProtection: ["DeletionProtection"],
    apply: "unshown",
  },
  ignores: {
    ...MARKS,
    DBInstanceStatus: STATE,
    "PendingModifiedValues.MasterUserPassword": "AWS never shows a password; it waits for no window",
    AvailabilityZone: ZONE,
    SecondaryAvailabilityZone: ZONE,
    "DBParameterGroups[].ParameterApplyStatus": STATE,
    "OptionGroupMemberships[].Status": STATE,
    "DomainMemberships[].Status": STATE,
    "DBSubnetGroup.SubnetGroupStatus": STATE,
    "DBSubnetGroup.Subnets[].SubnetStatus": STATE,
    StatusInfos: STATE,
    PercentProgress: COUNTER,
    StorageVolumeStatus: STATE,
    ReadReplicaDBInstanceIdentifiers: "replicas are objects of their own, those of others extras",
    ReadReplicaDBClusterIdentifiers: "replicas are objects of their own",
  },
  unshown: { apply: "when changes are made is said with each of them" },
  dangers: [
    { at: ["publicAccess"], danger: "made public", when: (text) => text === "true" },
    { at: ["groupIds"], danger: "opened to the world" },
    { at: ["deletionProtection"], danger: "less protected", when: (text) => text === "false" },
  ],
} as const satisfies Coverage<InstanceSpec>;

/** What AWS has accepted and not yet done. */
type Accepted = InstanceLive["accepted"];

/** It is there, or, where it may wait for the maintenance window, accepted. */
const inForce =
  <F extends keyof Accepted>(
    field: F,
    isEnough: (wanted: NonNullable<Accepted[F]>, found: NonNullable<Accepted[F]>) => boolean,
  ) =>
  (
    wanted: NonNullable<Accepted[F]>,
    found: NonNullable<Accepted[F]>,
    { accepted }: InstanceLive,
    { apply }: Pick<InstanceSpec, "apply">,
  ): boolean => {
    const coming = accepted[field] as NonNullable<Accepted[F]> | undefined;
    return isEnough(wanted, found) || (apply === "window" && coming !== undefined && isEnough(wanted, coming));
  };
const equal = (wanted: unknown, found: unknown): boolean => wanted === found;

/** What waits for the maintenance window unless it is to be done now: what the spec says of it. */
type HeldSpec = InstanceSpec & { readonly backupRetentionDays?: number };
type Held = keyof Accepted;
const HELD = ["engineVersion", "instanceClass", "storageGiB", "backupRetentionDays"] as const;

/** Somebody has protected it better than the config asks: what the config never asked for it does not take back. */
const isOthers = <V>(wanted: V, applied: V | undefined): boolean => applied === undefined || applied === wanted;

const sameMinor = inForce("engineVersion", (wanted, found) => isAtLeast(found, wanted));

export const sameInstance = {
  // Another major version waits for no window: until it is there it is not done.
  engineVersion: (wanted: string, found: string, live: InstanceLive, spec: Pick<InstanceSpec, "apply">): boolean =>
    major(wanted) !== major(found) ? isAtLeast(found, wanted) : sameMinor(wanted, found, live, spec),
  instanceClass: inForce("instanceClass", equal),
  // It cannot shrink; AWS rounds growth up to a tenth, and may let it grow by itself.
  storageGiB: inForce("storageGiB", (wanted, found) => found >= wanted),
  backupRetentionDays: (
    wanted: number,
    found: number,
    live: InstanceLive,
    spec: InstanceSpec,
    applied: { readonly backupRetentionDays?: number },
  ): boolean =>
    inForce("backupRetentionDays", equal)(wanted, found, live, spec) ||
    (found > wanted && isOthers(wanted, applied.backupRetentionDays)),
  deletionProtection: (
    wanted: boolean,
    found: boolean,
    _live: InstanceLive,
    _spec: InstanceSpec,
    applied: Partial<InstanceSpec>,
  ): boolean => wanted === found || (found && isOthers(wanted, applied.deletionProtection)),
  // Where AWS is at a newer major version the config's group does not fit.
  parameterGroup: (wanted: string, found: string, live: InstanceLive, spec: InstanceSpec): boolean =>
    wanted === found || isOlderMajor(spec.engineVersion, live.engineVersion),
  // An upgrade restarts it anyway.
  parametersApplied: (wanted: boolean, found: boolean, { accepted }: InstanceLive): boolean =>
    wanted === found || accepted.engineVersion !== undefined,
  groupIds: sameSet,
  zone: () => true,
  apply: () => true,
} satisfies ResourceType<InstanceSpec & { readonly backupRetentionDays: number }, InstanceLive & InstanceSpec>["same"];

/** AWS rounds growth up to a tenth (API reference, AllocatedStorage). */
const grown = (storageGiB: number): number => Math.ceil(storageGiB * 1.1);

/** Whether what AWS has accepted is what the spec asks for, or what AWS may do by itself. */
const asksFor: {
  readonly [F in Held]-?: (
    coming: NonNullable<Accepted[F]>,
    live: InstanceLive,
    spec: HeldSpec,
    applied: Partial<HeldSpec>,
  ) => boolean;
} = {
  // AWS upgrades minor versions by itself, and does not say who has asked for one.
  engineVersion: (coming, live, spec) =>
    major(coming) === major(live.engineVersion) ||
    (major(coming) === major(spec.engineVersion) && isAtLeast(coming, spec.engineVersion)),
  instanceClass: (coming, _live, spec) => coming === spec.instanceClass,
  storageGiB: (coming, { storageGiB: found }, { storageGiB: wanted, maxStorageGiB }) =>
    coming <= Math.max(maxStorageGiB, found < wanted ? Math.max(wanted, grown(found)) : 0),
  backupRetentionDays: (coming, _live, { backupRetentionDays: wanted }, applied) =>
    wanted === undefined || coming === wanted || (coming > wanted && isOthers(wanted, applied.backupRetentionDays)),
};

/** What waits for the maintenance window and the spec does not ask for. */
export function coming(live: InstanceLive, spec: HeldSpec, applied: Partial<HeldSpec>) {
  const asks = asksFor as { readonly [F in Held]: (value: unknown, ...about: readonly unknown[]) => boolean };
  const isUnasked = (field: Held): boolean =>
    live.accepted[field] !== undefined && !asks[field](live.accepted[field], live, spec, applied);
  const fields: Accepted = Object.fromEntries(HELD.filter(isUnasked).map((field) => [field, live.accepted[field]]));
  return { fields, when: `in the maintenance window (${live.window} UTC)` };
}

const isOlderMajor = (wanted: string, found: string): boolean =>
  major(wanted) !== major(found) && isAtLeast(found, wanted);
export const isMajorUpgrade = (
  changed: ReadonlySet<string>,
  { engineVersion: found }: InstanceLive,
  { engineVersion: wanted }: InstanceSpec,
): boolean => changed.has("engineVersion") && major(found) !== major(wanted) && !isAtLeast(found, wanted);

/** Changes of a primary's that can be held back, and that a replica goes through first. */
export const AFTER_REPLICA = ["engineVersion", "parameterGroup", "instanceClass", "storageGiB"] as const;

/** It is in force, whatever is coming. More backups than the spec asks for are others' wish. */
const isEnough = (field: Held, live: InstanceLive, spec: HeldSpec): boolean => {
  if (field === "engineVersion") return isAtLeast(live.engineVersion, spec.engineVersion);
  if (field === "instanceClass") return live.instanceClass === spec.instanceClass;
  return spec[field] === undefined || live[field] >= spec[field];
};

/** A value of what waits, as the call says it; of storage with its performance. */
function said(field: Held, of: HeldSpec | InstanceLive, live: InstanceLive): Partial<ModifyDBInstanceMessage> {
  switch (field) {
    case "engineVersion":
      return { EngineVersion: of.engineVersion };
    // With another version, too: one outage. AWS refuses a class that the old version does not have (API reference, DBInstanceClass).
    case "instanceClass":
      return { DBInstanceClass: of.instanceClass };
    case "storageGiB":
      return { AllocatedStorage: of.storageGiB, ...performanceOf(of.storageGiB, live.iops, live.throughput) };
    case "backupRetentionDays":
      return { BackupRetentionPeriod: of.backupRetentionDays };
  }
}

/** What is asked of AWS of what can wait for the maintenance window. */
interface HeldChange {
  /**
   * What is to have the value that it has, at once: so what waits is taken back, and only so, says AWS (user guide,
   * "Schedule modifications"). A call of its own, where the rest is to wait.
   */
  readonly back: Partial<ModifyDBInstanceMessage>;
  readonly held: Partial<ModifyDBInstanceMessage>;
  /** `held` is done at once, too. */
  readonly now: boolean;
  /** What also waits, and comes into force with what is done at once: "any pending modifications" (API reference, ApplyImmediately). */
  readonly along: readonly string[];
}

function heldChange(changed: ReadonlySet<string>, live: InstanceLive, spec: HeldSpec): HeldChange {
  const { accepted, alsoAccepted } = live;
  const unasked = Object.keys(coming(live, spec, {}).fields);
  const isBack = (field: Held): boolean => unasked.includes(field) && isEnough(field, live, spec);
  const asked = HELD.filter((field) => changed.has(field) && !isBack(field));
  const now = spec.apply === "now" || isMajorUpgrade(changed, live, spec);
  const takesBack = HELD.some((field) => changed.has(field) && isBack(field));
  const atOnce = takesBack || (now && asked.length > 0);
  const isThere = (field: Held): boolean =>
    field === "backupRetentionDays" ? [undefined, live[field]].includes(spec[field]) : isEnough(field, live, spec);
  // What the stack has waiting is not to come with it: it is asked for anew.
  const own = takesBack && !now ? HELD.filter((field) => accepted[field] !== undefined && !isThere(field)) : [];
  const back = atOnce ? HELD.filter((field) => isBack(field) || own.includes(field)) : [];
  const all = (fields: readonly Held[], of: HeldSpec | InstanceLive): Partial<ModifyDBInstanceMessage> =>
    Object.assign({}, ...fields.map((field) => said(field, of, live)));
  const named = { ...all(back, live), ...(now ? all(asked, spec) : {}) };
  // Size and performance of storage are one change.
  const sized = named.AllocatedStorage === undefined ? [] : ["Iops", "StorageThroughput"];
  const isNamed = (text: string): boolean => sized.some((name) => text.startsWith(`${name} `));
  return {
    back: all(back, live),
    held: all([...new Set([...asked, ...own])], spec),
    now: now && asked.length > 0,
    along: atOnce
      ? [
          ...HELD.filter(
            (field) => accepted[field] !== undefined && !back.includes(field) && !(now && asked.includes(field)),
          ).map((field) => acceptedText(accepted, field)),
          ...alsoAccepted.filter((text) => !isNamed(text)),
        ]
      : [],
  };
}

/** Closes differences in place. */
export async function modifyInstance(
  aws: Aws,
  live: InstanceLive,
  spec: HeldSpec,
  changed: ReadonlySet<string>,
  owner: Owner,
): Promise<void> {
  const { id, arn } = live;
  await retag(aws, arn, changed, owner);
  const isMajor = isMajorUpgrade(changed, live, spec);
  const { back, held, now } = heldChange(changed, live, spec);
  const takesBack = Object.keys(back).length > 0;
  if (takesBack && !now) await aws.rds.modifyDBInstance({ DBInstanceIdentifier: id, ...back, ApplyImmediately: true });
  const change: Partial<ModifyDBInstanceMessage> = {
    ...(now ? back : {}),
    ...held,
    ...(isMajor ? { AllowMajorVersionUpgrade: true } : {}),
    ...(changed.has("parameterGroup") ? { DBParameterGroupName: spec.parameterGroup } : {}),
    // It is turned off by the size that it has (terraform-provider-aws, internal/service/rds/instance.go).
    ...(changed.has("maxStorageGiB")
      ? { MaxAllocatedStorage: spec.maxStorageGiB || Math.max(live.storageGiB, spec.storageGiB) }
      : {}),
    ...(changed.has("groupIds") ? { VpcSecurityGroupIds: [...spec.groupIds] } : {}),
    ...(changed.has("publicAccess") ? { PubliclyAccessible: spec.publicAccess } : {}),
    ...(changed.has("minorUpgrades") ? { AutoMinorVersionUpgrade: spec.minorUpgrades } : {}),
    ...(changed.has("copyTagsToSnapshot") ? { CopyTagsToSnapshot: spec.copyTagsToSnapshot } : {}),
    ...(changed.has("deletionProtection") ? { DeletionProtection: spec.deletionProtection } : {}),
  };
  if (Object.keys(change).length > 0) {
    // It brings forward all that waits, also what others have asked for: only where it is needed (API reference, ApplyImmediately).
    await aws.rds.modifyDBInstance({ DBInstanceIdentifier: id, ...change, ...(now ? { ApplyImmediately: true } : {}) });
  } else if (changed.has("parametersApplied") && !takesBack) {
    await aws.rds.rebootDBInstance({ DBInstanceIdentifier: id });
  }
}

/**
 * Besides its id the endpoint of one that takes the place of another: what is in it besides is "the fixed identifier for a specific
 * Region for your account" (user guide, "Amazon RDS DB instances").
 */
export const knownByName = (owner: Owner, live: InstanceLive | undefined): Partial<InstanceLive> => ({
  id: idOf(owner),
  ...(live && live.endpoint !== "" ? { endpoint: live.endpoint } : {}),
});

/** What `ApplyImmediately` does not bring about waits for the maintenance window, and what is only taken back stays as it is. */
export function afterModify(
  live: InstanceLive & InstanceSpec,
  spec: HeldSpec,
  changed: ReadonlySet<string>,
): Partial<InstanceSpec> {
  const { engineVersion, instanceClass, storageGiB } = live;
  const isLeft = (field: Held): boolean =>
    !changed.has(field) ||
    isEnough(field, live, spec) ||
    (spec.apply === "window" && !isMajorUpgrade(changed, live, spec));
  return {
    engineVersion: isLeft("engineVersion") ? engineVersion : spec.engineVersion,
    instanceClass: isLeft("instanceClass") ? instanceClass : spec.instanceClass,
    storageGiB: isLeft("storageGiB") ? storageGiB : Math.max(spec.storageGiB, grown(storageGiB)),
  };
}

/** How long a change usually takes, seconds (field reports, as those behind docs/internals/sandbox.md); an instance in one zone is away meanwhile. */
const USUAL = { class: 300, minor: 300, major: 900, window: 300, backups: 60, reboot: 60, storage: 60 };

/** What users of an instance notice. */
export function interruptionOf(
  changed: ReadonlySet<string>,
  live: InstanceLive,
  spec: HeldSpec,
): Interruption | undefined {
  const { id } = live;
  const isMajor = isMajorUpgrade(changed, live, spec);
  const { now, along } = heldChange(changed, live, spec);
  const waits = spec.apply === "window" && !isMajor;
  if (waits && along.length === 0) return undefined;
  const comes = (field: Held): boolean => now && changed.has(field) && !isEnough(field, live, spec);
  const away: { readonly what: string; readonly seconds: number }[] = [];
  if (comes("engineVersion"))
    away.push({
      what: `MySQL ${live.engineVersion} → ${spec.engineVersion}`,
      seconds: isMajor ? USUAL.major : USUAL.minor,
    });
  if (comes("instanceClass"))
    away.push({ what: `${live.instanceClass} → ${spec.instanceClass}`, seconds: USUAL.class });
  const retention = changedRetention(changed, live, spec);
  const backups = retention !== undefined && (retention === 0) !== (live.backupRetentionDays === 0);
  if (along.length > 0)
    away.push({
      what: `${list(along)}, which ${along.length > 1 ? "wait for its maintenance window, come" : "waits for its maintenance window, comes"} with it`,
      seconds: USUAL.window,
    });
  if (away.length > 0) {
    const seconds = away.reduce((sum, one) => sum + one.seconds, 0);
    return { what: `${id} is away for about ${about(seconds)}: ${away.map(({ what }) => what).join(", ")}`, seconds };
  }
  if (changed.has("parametersApplied") || changed.has("parameterGroup"))
    return { what: `reboots ${id}, which is away for about a minute`, seconds: USUAL.reboot };
  // "A brief I/O suspension that lasts from a few seconds to a few minutes" (API reference, BackupRetentionPeriod).
  if (backups)
    return {
      what: `${id} does not answer for some seconds, at most a few minutes, while its automated backups are turned ${retention === 0 ? "off" : "on"}`,
      seconds: USUAL.backups,
    };
  return undefined;
}

/** How storage grows: that "doesn't require any outage" (user guide, "Increasing DB instance storage capacity"). */
export function rolloutOf(
  changed: ReadonlySet<string>,
  { id, storageGiB }: InstanceLive & InstanceSpec,
  spec: InstanceSpec,
): Rollout | undefined {
  if (!changed.has("storageGiB") || storageGiB >= spec.storageGiB || spec.apply === "window") return undefined;
  return {
    what: `the storage of ${id} grows from ${storageGiB} to ${spec.storageGiB} GiB, about ${about(USUAL.storage)}; it goes on`,
    seconds: USUAL.storage,
  };
}

/** The days of backups that are asked for; undefined: they stay as they are, whatever was to come. */
function changedRetention(changed: ReadonlySet<string>, live: InstanceLive, spec: HeldSpec): number | undefined {
  if (!changed.has("backupRetentionDays")) return undefined;
  const isBack = coming(live, spec, {}).fields.backupRetentionDays !== undefined;
  return isBack && isEnough("backupRetentionDays", live, spec) ? undefined : spec.backupRetentionDays;
}

/** Fewer days take effect at once; none deletes all (user guide, "Backup retention period" and "Disabling automated backups"). */
function lostBackups({ id, backupRetentionDays: found }: InstanceLive, wanted: number): string | undefined {
  if (wanted >= found) return undefined;
  return wanted === 0
    ? `AWS deletes all automated backups of ${id}`
    : `AWS deletes the automated backups of ${id} that are older than ${counted(wanted, "day")}, at once`;
}
const withLostBackups = (found: Interruption | undefined, lost: string | undefined): Interruption | undefined =>
  lost === undefined
    ? found
    : { ...found, seconds: found?.seconds ?? 0, what: found ? `${found.what}; ${lost}` : lost };

/** A primary's: another major version is final. */
export function primaryInterruption(
  changed: ReadonlySet<string>,
  live: InstanceLive,
  spec: InstanceSpec & { readonly backupRetentionDays: number },
): Interruption | undefined {
  const retention = changedRetention(changed, live, spec);
  const found = withLostBackups(
    interruptionOf(changed, live, spec),
    retention === undefined ? undefined : lostBackups(live, retention),
  );
  return found && isMajorUpgrade(changed, live, spec)
    ? { ...found, final: "AWS never goes back to an older major version; a snapshot is made first" }
    : found;
}

const acceptedText = (accepted: Accepted, field: string): string => `${field} ${accepted[field as Held]}`;

/** A primary whose backups somebody keeps for longer. */
export const backupNotes = (
  { id, backupRetentionDays: found }: InstanceLive,
  { backupRetentionDays: wanted }: { readonly backupRetentionDays: number },
): readonly string[] =>
  found > wanted
    ? [
        `automated backups of ${id} are kept for ${counted(found, "day")}, ${wanted} in the config: somebody wants more, and it stays so`,
      ]
    : [];

/** What is accepted, differs from the config in a way that stays, or waits for somebody. */
export function notesOf(live: InstanceLive, spec: HeldSpec): readonly string[] {
  const { id, accepted, alsoAccepted, window } = live;
  const unasked = coming(live, spec, {}).fields;
  const waiting = [
    ...Object.keys(accepted)
      .filter((field) => !(field in unasked))
      .map((field) => acceptedText(accepted, field)),
    ...alsoAccepted,
  ];
  return [
    ...(waiting.length > 0 ? [`${list(waiting)}: waits for the maintenance window of ${id} (${window} UTC)`] : []),
    ...(spec.parametersApplied === undefined && !live.parametersApplied
      ? [`parameters wait for a reboot of ${id}: they may be somebody else's, so up leaves the moment to you`]
      : []),
    ...(live.engineVersion !== spec.engineVersion &&
    !live.engineVersion.startsWith(`${spec.engineVersion}.`) &&
    isAtLeast(live.engineVersion, spec.engineVersion)
      ? [`${id} runs MySQL ${live.engineVersion}, newer than ${spec.engineVersion} of the config: AWS does not go back`]
      : []),
    ...(spec.zone === undefined || live.zone === spec.zone
      ? []
      : [`${id} is in ${live.zone}, not in ${spec.zone}, where it would be created: it stays there`]),
    ...(live.deletionProtection && !spec.deletionProtection
      ? [`deletion protection of ${id} is on, which the config does not ask for: it stays so`]
      : []),
    ...(live.multiAz
      ? [
          `${id} has a standby in another zone (Multi-AZ), which somebody has asked for: it stays, and AWS bills the instance and its storage twice, which cost does not count`,
        ]
      : []),
    ...(spec.maxStorageGiB === 0 && live.storageGiB > grown(spec.storageGiB)
      ? [
          `${id} has ${live.storageGiB} GiB of storage, ${spec.storageGiB} in the config: storage never shrinks. Set database.storageGiB to ${live.storageGiB}`,
        ]
      : []),
  ];
}

/**
 * Storage never shrinks (user guide, "Working with storage"), and no major version is gone back to. A config that asks for less than
 * was applied is wrong; what others made of it since is lived with.
 */
export function impossible(live: InstanceLive, spec: HeldSpec, applied: Partial<HeldSpec>): Impossible | undefined {
  const { id, storageGiB: size, engineVersion: version, comingName, window } = live;
  const { storageGiB, engineVersion } = spec;
  if (applied.storageGiB !== undefined && storageGiB < applied.storageGiB && storageGiB < size)
    return {
      message: `the storage of ${id} cannot shrink from ${size} to ${storageGiB} GiB: AWS only lets it grow`,
      hint: `Put database.storageGiB back to ${applied.storageGiB}. To have less, dump the data and load it into a new database.`,
    };
  const asked = applied.engineVersion ?? version;
  if (isOlderMajor(engineVersion, version) && isOlderMajor(engineVersion, asked))
    return {
      message: `${id} runs MySQL ${version} and cannot get ${engineVersion}: AWS never goes back to an older major version`,
      hint: `Put database.engineVersion back to ${asked}. To have the older one, dump the data and load it into a new database.`,
    };
  if (comingName !== "" && isDoneAtOnce(live, spec, applied))
    return {
      message: `${id} is to be called ${comingName} in its maintenance window (${window} UTC), and a change that is made at once would bring that with it`,
      hint: `Have the new name taken back by who asked for it; or give it the old one again once it has the new one (aws rds modify-db-instance --db-instance-identifier ${comingName} --new-db-instance-identifier ${id} --apply-immediately).`,
    };
  return undefined;
}

/** Whether something that differs, or that is coming, takes a call by which all that waits is done at once. */
function isDoneAtOnce(live: InstanceLive, spec: HeldSpec, applied: Partial<HeldSpec>): boolean {
  const same = sameInstance as { readonly [F in Held]: (...values: readonly unknown[]) => boolean };
  const differing = HELD.filter(
    (field) => spec[field] !== undefined && !same[field](spec[field], live[field], live, spec, applied),
  );
  const changed = new Set<string>([...differing, ...Object.keys(coming(live, spec, applied).fields)]);
  const { back, now } = heldChange(changed, live, spec);
  return now || Object.keys(back).length > 0;
}

/** What RDS accepted and worked at, and has neither done nor still to do. */
export function undone(before: InstanceLive, live: InstanceLive): string | undefined {
  const done = (field: string, value: unknown): boolean =>
    field === "engineVersion" ? isAtLeast(live.engineVersion, String(value)) : live[field as keyof Accepted] === value;
  const lost = Object.entries(before.accepted).filter(
    ([field, value]) => !(field in live.accepted) && !done(field, value),
  );
  return lost.length > 0
    ? `RDS accepted ${list(lost.map(([field]) => acceptedText(before.accepted, field)))}`
    : undefined;
}

/**
 * Its answers say nothing of why, and the instance is "available" again
 * (aws-cloudformation/aws-cloudformation-resource-providers-rds#345; these are messages that its handlers look for).
 */
const FAILED_CHANGE =
  /insufficient instance capacity|unable to modify|couldn't modify|could not be upgraded|upgrade failed|limitation was exceeded/i;

export async function whyUndone(aws: Aws, { id }: InstanceLive, since: number): Promise<string | undefined> {
  const { Events = [] } = await aws.rds.describeEvents({
    SourceType: "db-instance",
    SourceIdentifier: id,
    StartTime: new Date(since - 60_000),
  });
  return Events.map(({ Message = "" }) => Message).find((message) => FAILED_CHANGE.test(message));
}
