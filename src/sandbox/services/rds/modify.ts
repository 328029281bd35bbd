import * as z from "zod";
import { sameSet } from "../../../lib/compare.ts";
import { type FailureKind, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { interfaceTable } from "../ec2/tables.ts";
import { backUp } from "./backups.ts";
import { ms } from "./durations.ts";
import { tellEvent } from "./events.ts";
import { parameterGroupFor } from "./groups.ts";
import {
  badState,
  become,
  CERTIFICATES,
  checkClass,
  checkGroups,
  checkNewName,
  checkPassword,
  databaseClasses,
  databaseFor,
  describe,
  isOfferedIn,
  OPERATIONAL,
  REBOOT_MS,
  replicasOf,
} from "./instances.ts";
import { alterUser } from "./passwords.ts";
import { checkGp3, checkMaxStorage, GP3_STRIPED_GIB, shownPerformance } from "./storage.ts";
import {
  type Database,
  databaseTable,
  fault,
  invalidCombination,
  invalidValue,
  name,
  type Pending,
  portOf,
} from "./tables.ts";
import { familyOf, isOlder, versionFor } from "./versions.ts";
import { BACKUP_WINDOW, checkWindows, isInWindow, msToWindow, WINDOW } from "./window.ts";

/** Status `available` stays for some seconds after a modification was accepted. */
const MODIFY_SHOWS_MS = 4_000;
/** While it is busy with something else, it is asked again so often. */
const BUSY_MS = 10_000;
/** How long an instance is `resetting-master-credentials`. */
const PASSWORD_MS = 20_000;
/** Until other security groups count. */
const GROUPS_MS = 3_000;
/** From one growth of storage to the next. */
const STORAGE_HELD_MS = 6 * 3_600_000;
/** "The new DNS name becomes effective in about 10 minutes", until when it is not available (user guide, "Renaming a DB instance"). */
const RENAME_MS = 600_000;

export const modifyFailures: Readonly<Record<string, FailureKind>> = {
  "database-class": {
    about: "a class, as db.t3.small: RDS takes the change of an instance to it, and then has no capacity for it",
    oneOf: databaseClasses,
  },
};

const logTypes = z.array(z.enum(["error", "general", "slowquery", "iam-db-auth-error"]));

const input = {
  DBInstanceIdentifier: name,
  NewDBInstanceIdentifier: name.optional(),
  ApplyImmediately: z.boolean().optional(),
  EngineVersion: z.string().optional(),
  AllowMajorVersionUpgrade: z.boolean().optional(),
  DBInstanceClass: z.string().optional(),
  AllocatedStorage: z.number().int().optional(),
  MaxAllocatedStorage: z.number().int().optional(),
  Iops: z.number().int().optional(),
  StorageThroughput: z.number().int().optional(),
  BackupRetentionPeriod: z.number().int().optional(),
  DBParameterGroupName: name.optional(),
  VpcSecurityGroupIds: z.array(z.string()).min(1).optional(),
  DeletionProtection: z.boolean().optional(),
  PubliclyAccessible: z.boolean().optional(),
  AutoMinorVersionUpgrade: z.boolean().optional(),
  CopyTagsToSnapshot: z.boolean().optional(),
  MultiAZ: z.boolean().optional(),
  StorageType: z.enum(["gp2", "gp3"]).optional(),
  CACertificateIdentifier: z.string().optional(),
  EnableIAMDatabaseAuthentication: z.boolean().optional(),
  DBPortNumber: z.number().int().optional(),
  PreferredMaintenanceWindow: z.string().optional(),
  PreferredBackupWindow: z.string().optional(),
  CloudwatchLogsExportConfiguration: z
    .strictObject({ EnableLogTypes: logTypes.optional(), DisableLogTypes: logTypes.optional() })
    .optional(),
  MasterUserPassword: z.string().optional(),
};
type Change = z.infer<z.ZodObject<typeof input>>;

/** What the storage is to be: undefined where it stays. AWS rounds growth up to a tenth. */
function changedStorage(
  sim: Sim,
  before: Database,
  change: Change,
): Pick<Pending, "storageGiB" | "storageType" | "iops" | "throughput"> | undefined {
  const { AllocatedStorage: wanted, Iops, StorageThroughput, StorageType } = change;
  if (wanted === undefined && (Iops !== undefined || StorageThroughput !== undefined))
    throw invalidCombination(
      "You must specify both the storage size and iops when modifying the storage size or iops on a DB instance that has iops.",
    );
  if (wanted !== undefined && wanted < before.storageGiB)
    throw invalidCombination(
      `Invalid storage size: requested storage size ${wanted} cannot be less than the current storage size (${before.storageGiB})`,
    );
  const { Iops: iops, StorageThroughput: throughput } = shownPerformance(before);
  const grows = wanted !== undefined && wanted > before.storageGiB;
  const other = {
    ...(grows ? { storageGiB: Math.max(wanted, Math.ceil(before.storageGiB * 1.1)) } : {}),
    ...(StorageType === undefined || StorageType === (before.storageType ?? "gp3") ? {} : { storageType: StorageType }),
    ...(Iops === undefined || Iops === iops ? {} : { iops: Iops }),
    ...(StorageThroughput === undefined || StorageThroughput === throughput ? {} : { throughput: StorageThroughput }),
  };
  if (Object.keys(other).length === 0) return undefined;
  // "Six hours or until storage optimization has completed … whichever is longer" (user guide, gp3 storage).
  if (before.status === "storage-optimization" || sim.now < (before.storageHeldUntil ?? 0))
    throw invalidCombination(
      "You can't currently modify the storage of this DB instance because the previous storage change is being optimized.",
    );
  const size = other.storageGiB ?? before.storageGiB;
  if ((StorageType ?? before.storageType) === "gp2") {
    if (Iops !== undefined || StorageThroughput !== undefined)
      throw invalidCombination("You can't specify IOPS or storage throughput for storage type gp2.");
    return other;
  }
  checkGp3(size, change);
  // hashicorp/terraform-provider-aws#28382 and #33512.
  if (size >= GP3_STRIPED_GIB && Iops === undefined)
    throw invalidCombination("The storage type gp3 requires `iops` to be specified.");
  return other;
}

/** The version that is to be, where it is another. Replicas go first, and never run an older one than their source. */
function newVersion(sim: Sim, before: Database, change: Change): string | undefined {
  if (change.EngineVersion === undefined) return undefined;
  const version = versionFor(change.EngineVersion, before.engineVersion);
  if (version === before.engineVersion) return undefined;
  if (isOlder(version, before.engineVersion))
    throw invalidCombination(`Cannot upgrade mysql from ${before.engineVersion} to ${version}`);
  const major = familyOf(version) !== familyOf(before.engineVersion);
  if (major && change.AllowMajorVersionUpgrade !== true)
    throw invalidCombination(
      "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.",
    );
  const group = change.DBParameterGroupName ?? before.parameterGroup;
  if (major && parameterGroupFor(sim, group).family !== familyOf(version))
    throw invalidCombination(
      `The Parameter Group ${group} with DBParameterGroupFamily ${parameterGroupFor(sim, group).family} cannot be used for this instance. Please use a Parameter Group with DBParameterGroupFamily ${familyOf(version)}`,
    );
  const behind = replicasOf(sim, before.id).filter((id) => isOlder(databaseFor(sim, id).engineVersion, version));
  // hashicorp/terraform-provider-aws#22107: for minor versions too.
  if (behind.length > 0)
    throw fault(
      "DBUpgradeDependencyFailureFault",
      "DBUpgradeDependencyFailure",
      `One or more of the DB Instance's read replicas need to be upgraded: ${behind.join(", ")}`,
    );
  return version;
}

function checkBackups(sim: Sim, id: string, retention: number | undefined): void {
  if (retention === undefined) return;
  if (retention < 0 || retention > 35)
    throw invalidValue(`Invalid backup retention period: ${retention}. Must be between 0 and 35.`);
  if (retention === 0 && replicasOf(sim, id).length > 0)
    throw invalidCombination("The backup retention period of a source of read replicas cannot be 0");
}

function checkParameterGroup(sim: Sim, before: Database, change: Change, version: string | undefined): void {
  if (change.DBParameterGroupName === undefined) return;
  const group = parameterGroupFor(sim, change.DBParameterGroupName);
  if (group.family !== familyOf(version ?? before.engineVersion))
    throw invalidCombination(`The Parameter Group ${group.name} is of another family`);
}

/** Those of which another value is asked for than there is. */
const others = (pairs: readonly (readonly [keyof Pending, asked: unknown, present: unknown])[]): Pending =>
  Object.fromEntries(
    pairs
      .filter(([, asked, present]) => asked !== undefined && asked !== present)
      .map(([field, asked]) => [field, asked]),
  );

/** What waits, with what is asked for now. */
function pendingWith(sim: Sim, before: Database, change: Change): Pending {
  const { BackupRetentionPeriod: retention } = change;
  const storage = changedStorage(sim, before, change);
  const engineVersion = newVersion(sim, before, change);
  checkParameterGroup(sim, before, change, engineVersion);
  const turnsBackups = retention !== undefined && (retention === 0) !== (before.backupRetentionDays === 0);
  return {
    ...(change.ApplyImmediately ? withoutTakenBack(before, change) : before.pending),
    ...storage,
    ...others([
      ["id", change.NewDBInstanceIdentifier, before.id],
      ["engineVersion", engineVersion, before.engineVersion],
      ["instanceClass", change.DBInstanceClass, before.instanceClass],
      ["backupRetentionDays", turnsBackups ? retention : undefined, before.backupRetentionDays],
      ["multiAz", change.MultiAZ, before.multiAz ?? false],
      ["caCertificate", change.CACertificateIdentifier, before.caCertificate ?? CERTIFICATES[0]],
      ["iamAuthentication", change.EnableIAMDatabaseAuthentication, before.iamAuthentication ?? false],
      ["parameterGroup", comesWithVersion(before, engineVersion) ? change.DBParameterGroupName : undefined, undefined],
      ["password", change.MasterUserPassword, undefined],
    ]),
  };
}

/** The group of another major version's family does not fit before that comes. */
const comesWithVersion = (before: Database, version: string | undefined): boolean =>
  version !== undefined && familyOf(version) !== familyOf(before.engineVersion);

/**
 * What of that waits is not asked for to be as it is: "you can modify the DB instance to revert the change … specifying the
 * --apply-immediately option" (user guide, "Schedule modifications"). Without that nobody says what becomes of it, and here it waits on.
 */
function withoutTakenBack(before: Database, change: Change): Pending {
  const { pending } = before;
  const { EngineVersion, DBInstanceClass, AllocatedStorage, BackupRetentionPeriod, MultiAZ, StorageType } = change;
  const version = EngineVersion && versionFor(EngineVersion, before.engineVersion) === before.engineVersion;
  const size = AllocatedStorage === before.storageGiB;
  const back = new Set<keyof Pending>([
    ...(version ? (["engineVersion", "parameterGroup"] as const) : []),
    ...(DBInstanceClass === before.instanceClass ? (["instanceClass"] as const) : []),
    // The performance that was named with a size is of no use without it.
    ...(size && pending.storageGiB !== undefined ? (["storageGiB", "iops", "throughput"] as const) : []),
    ...(size && change.Iops !== undefined ? (["iops", "throughput"] as const) : []),
    ...(BackupRetentionPeriod !== undefined && (BackupRetentionPeriod === 0) === (before.backupRetentionDays === 0)
      ? (["backupRetentionDays"] as const)
      : []),
    ...(MultiAZ === (before.multiAz ?? false) ? (["multiAz"] as const) : []),
    ...(StorageType === (before.storageType ?? "gp3") ? (["storageType"] as const) : []),
    ...(change.CACertificateIdentifier === (before.caCertificate ?? CERTIFICATES[0])
      ? (["caCertificate"] as const)
      : []),
    ...(change.EnableIAMDatabaseAuthentication === (before.iamAuthentication ?? false)
      ? (["iamAuthentication"] as const)
      : []),
  ]);
  return Object.fromEntries(Object.entries(pending).filter(([field]) => !back.has(field as keyof Pending)));
}

type LogExports = NonNullable<Change["CloudwatchLogsExportConfiguration"]>;
const exportsWith = (
  { logExports = [] }: Database,
  { EnableLogTypes = [], DisableLogTypes = [] }: LogExports,
): readonly string[] =>
  [...new Set([...logExports, ...EnableLogTypes])].filter((one) => !DisableLogTypes.some((off) => off === one)).sort();

/** What is changed at once, whatever ApplyImmediately says. */
const atOnce = (before: Database, change: Change, pending: Pending): Database => ({
  ...before,
  pending,
  // From one number of days to another.
  backupRetentionDays:
    pending.backupRetentionDays === undefined
      ? (change.BackupRetentionPeriod ?? before.backupRetentionDays)
      : before.backupRetentionDays,
  groupIds: change.VpcSecurityGroupIds ?? before.groupIds,
  deletionProtection: change.DeletionProtection ?? before.deletionProtection,
  publicAccess: change.PubliclyAccessible ?? before.publicAccess,
  minorUpgrades: change.AutoMinorVersionUpgrade ?? before.minorUpgrades,
  copyTagsToSnapshot: change.CopyTagsToSnapshot ?? before.copyTagsToSnapshot,
  ...(change.PreferredMaintenanceWindow === undefined
    ? {}
    : { maintenanceWindow: change.PreferredMaintenanceWindow.toLowerCase() }),
  ...(change.PreferredBackupWindow === undefined ? {} : { backupWindow: change.PreferredBackupWindow }),
  ...(change.DBPortNumber === undefined ? {} : { port: change.DBPortNumber }),
  ...(change.CloudwatchLogsExportConfiguration === undefined
    ? {}
    : { logExports: exportsWith(before, change.CloudwatchLogsExportConfiguration) }),
  ...(change.MaxAllocatedStorage === undefined
    ? {}
    : {
        maxStorageGiB:
          change.MaxAllocatedStorage > (pending.storageGiB ?? before.storageGiB) ? change.MaxAllocatedStorage : 0,
      }),
  ...(change.DBParameterGroupName &&
  change.DBParameterGroupName !== before.parameterGroup &&
  pending.parameterGroup === undefined
    ? { parameterGroup: change.DBParameterGroupName, applyStatus: "pending-reboot" as const }
    : {}),
});

/** How long a modification takes, and what it is called meanwhile. An instance in one zone is away while it gets another class or version. */
function workOf({ pending, engineVersion: before }: Database): {
  readonly status: string;
  readonly lastsMs: number;
  readonly away: boolean;
} {
  const { id, engineVersion, instanceClass } = pending;
  const major = engineVersion !== undefined && familyOf(engineVersion) !== familyOf(before);
  const parts = [
    ...(id === undefined ? [] : [RENAME_MS]),
    ...(engineVersion === undefined ? [] : [ms(major ? "databaseMajorUpgrade" : "databaseMinorUpgrade")]),
    ...(instanceClass === undefined ? [] : [ms("databaseClass")]),
  ];
  return {
    status: id !== undefined ? "renaming" : engineVersion !== undefined ? "upgrading" : "modifying",
    lastsMs: parts.length === 0 ? ms("databaseModify") : parts.reduce((sum, part) => sum + part, 0),
    away: engineVersion !== undefined || instanceClass !== undefined,
  };
}

/** Ends a modification. */
function finish(sim: Sim, database: Database): void {
  const { id } = database;
  const { pending, ...rest } = database;
  const refused =
    pending.instanceClass !== undefined && sim.failing("database-class", pending.instanceClass) !== undefined;
  if (refused)
    tellEvent(
      sim,
      id,
      `Unable to modify database instance class to ${pending.instanceClass} because there is insufficient instance capacity.`,
    );
  const { instanceClass, ...others } = pending;
  const { password, ...done }: Pending = refused ? others : pending;
  const { id: newId = id, storageGiB, engineVersion } = done;
  const changesStorage = [storageGiB, done.storageType, done.iops, done.throughput].some((one) => one !== undefined);
  // Tags, replicas and what it stands on stay with it (user guide, "Renaming a DB instance").
  for (const replica of replicasOf(sim, id)) become(sim, replica, { source: newId });
  databaseTable(sim).removeNow(id);
  databaseTable(sim).putNow(newId, {
    ...rest,
    ...done,
    address: database.address.replace(/^[^.]+/, newId),
    pending: {},
    away: false,
    status: changesStorage ? "storage-optimization" : "available",
    // The upgrade restarts the server with its group.
    ...(engineVersion === undefined ? {} : { applyStatus: "in-sync" as const }),
    ...(changesStorage ? { storageHeldUntil: sim.now + STORAGE_HELD_MS } : {}),
  });
  if (changesStorage) sim.after(ms("storageOptimization"), "rds:optimized", newId);
  if (password !== undefined) alterUser(sim, newId, { identifiedBy: password });
  if (database.backupRetentionDays === 0 && (done.backupRetentionDays ?? 0) > 0) {
    become(sim, newId, { backedUpAt: sim.now });
    backUp(sim, databaseFor(sim, newId));
  }
}

function checkSettings(before: Database, change: Change): void {
  const { CACertificateIdentifier: certificate, DBPortNumber: port } = change;
  if (certificate !== undefined && !CERTIFICATES.some((one) => one === certificate))
    throw fault("CertificateNotFoundFault", "CertificateNotFound", `Certificate ${certificate} not found.`, 404);
  if (port !== undefined && (port < 1150 || port > 65_535))
    throw invalidValue(`Invalid port number: ${port}. Must be between 1150 and 65535.`);
  if (change.PreferredMaintenanceWindow !== undefined || change.PreferredBackupWindow !== undefined)
    checkWindows(
      change.PreferredMaintenanceWindow ?? before.maintenanceWindow ?? WINDOW,
      change.PreferredBackupWindow ?? before.backupWindow ?? BACKUP_WINDOW,
    );
}

export const modifications: SandboxService = {
  operations: {
    ModifyDBInstance: operation(input, (change, sim) => {
      const id = change.DBInstanceIdentifier;
      const before = databaseFor(sim, id);
      const password = change.MasterUserPassword;
      if (password !== undefined) checkPassword(password);
      if (password !== undefined && before.source !== null)
        throw invalidCombination("The master user password of a read replica is that of its source");
      if (!OPERATIONAL.has(before.status)) throw badState("Database instance is not in available state.");
      if (change.DBInstanceClass !== undefined) {
        checkClass(change.DBInstanceClass, before.engineVersion);
        if (!isOfferedIn(change.DBInstanceClass, before.zone))
          throw invalidCombination(
            "Cannot modify the instance class because there are no instances of the requested class available in the current instance's availability zone. Please try your request again at a later time.",
          );
      }
      checkBackups(sim, id, change.BackupRetentionPeriod);
      if (change.VpcSecurityGroupIds) checkGroups(sim, change.VpcSecurityGroupIds, before.vpcId);
      if (change.NewDBInstanceIdentifier !== undefined) checkNewName(sim, change.NewDBInstanceIdentifier);
      checkSettings(before, change);
      const pending = pendingWith(sim, before, change);
      const storageGiB = pending.storageGiB ?? before.storageGiB;
      if (change.MaxAllocatedStorage !== undefined && change.MaxAllocatedStorage !== storageGiB)
        checkMaxStorage(change.MaxAllocatedStorage, storageGiB);
      const regrouped = change.VpcSecurityGroupIds && !sameSet(change.VpcSecurityGroupIds, before.groupIds);
      const after: Database = {
        ...atOnce(before, change, pending),
        ...(regrouped ? { leaving: { groupIds: before.groupIds, until: sim.now + GROUPS_MS } } : {}),
      };
      databaseTable(sim).put(id, after);
      const own = interfaceTable(sim).get(before.interfaceId);
      if (own && change.VpcSecurityGroupIds)
        interfaceTable(sim).putNow(own.id, { ...own, groupIds: change.VpcSecurityGroupIds });
      const waits = Object.keys(pending).length > 0;
      const { maintenanceWindow: window } = after;
      const moved = change.PreferredMaintenanceWindow !== undefined && isInWindow(sim.now, window);
      // "Your database restarts regardless of the value of ApplyImmediately" (API reference, DBPortNumber).
      const ported = change.DBPortNumber !== undefined && change.DBPortNumber !== portOf(before);
      if (ported) sim.after(MODIFY_SHOWS_MS, "rds:restarting", id);
      if (waits && (change.ApplyImmediately || moved)) sim.after(MODIFY_SHOWS_MS, "rds:modifying", id);
      // A password waits for no window (API reference, ModifyDBInstance).
      else if (password !== undefined) sim.after(MODIFY_SHOWS_MS, "rds:resetting", id);
      else if (waits) sim.after(msToWindow(sim.now, window), "rds:window", id);
      return { DBInstance: describe(sim, after) };
    }),
  },

  timers: {
    modifying: (id, sim) => {
      const database = databaseTable(sim).get(id);
      if (!database || Object.keys(database.pending).length === 0) return;
      if (!OPERATIONAL.has(database.status)) return void sim.after(BUSY_MS, "rds:modifying", id);
      const { status, lastsMs, away } = workOf(database);
      become(sim, id, { status, away });
      sim.after(lastsMs, "rds:modified", id);
    },
    // It may have been moved since.
    window: (id, sim) => {
      const database = databaseTable(sim).get(id);
      if (database && isInWindow(sim.now, database.maintenanceWindow)) sim.after(0, "rds:modifying", id);
    },
    restarting: (id, sim) => {
      if (databaseTable(sim).get(id)?.status !== "available") return void sim.after(BUSY_MS, "rds:restarting", id);
      become(sim, id, { status: "rebooting" });
      sim.after(REBOOT_MS, "rds:rebooted", id);
    },
    modified: (id, sim) => {
      const database = databaseTable(sim).get(id);
      if (database && ["modifying", "upgrading", "renaming"].includes(database.status)) finish(sim, database);
    },
    optimized: (id, sim) => {
      if (databaseTable(sim).get(id)?.status === "storage-optimization") become(sim, id, { status: "available" });
    },
    resetting: (id, sim) => {
      if (databaseTable(sim).get(id)?.status !== "available") return;
      become(sim, id, { status: "resetting-master-credentials" });
      sim.after(PASSWORD_MS, "rds:reset", id);
    },
    reset: (id, sim) => {
      const database = databaseTable(sim).get(id);
      if (database?.status !== "resetting-master-credentials") return;
      const { password = "", ...pending } = database.pending;
      become(sim, id, { pending, status: "available" });
      alterUser(sim, id, { identifiedBy: password });
    },
  },
};
