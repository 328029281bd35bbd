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
  checkClass,
  checkGroups,
  checkNewName,
  checkPassword,
  databaseClasses,
  databaseFor,
  describe,
  isOfferedIn,
  OPERATIONAL,
  replicasOf,
} from "./instances.ts";
import { alterUser } from "./passwords.ts";
import { checkGp3, checkMaxStorage, GP3_STRIPED_GIB } from "./storage.ts";
import { type Database, databaseTable, fault, invalidCombination, invalidValue, name, type Pending } from "./tables.ts";
import { familyOf, isOlder, versionFor } from "./versions.ts";
import { msToWindow } from "./window.ts";

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
  MasterUserPassword: z.string().optional(),
};
type Change = z.infer<z.ZodObject<typeof input>>;

/** What the storage is to be: undefined where it stays. AWS rounds growth up to a tenth. */
function grownStorage(sim: Sim, before: Database, change: Change): number | undefined {
  const { AllocatedStorage: wanted, Iops, StorageThroughput } = change;
  if (wanted === undefined && (Iops !== undefined || StorageThroughput !== undefined))
    throw invalidCombination(
      "You must specify both the storage size and iops when modifying the storage size or iops on a DB instance that has iops.",
    );
  if (wanted === undefined) return undefined;
  if (wanted < before.storageGiB)
    throw invalidCombination(
      `Invalid storage size: requested storage size ${wanted} cannot be less than the current storage size (${before.storageGiB})`,
    );
  if (wanted === before.storageGiB) return undefined;
  // "Six hours or until storage optimization has completed … whichever is longer" (user guide, gp3 storage).
  if (before.status === "storage-optimization" || sim.now < (before.storageHeldUntil ?? 0))
    throw invalidCombination(
      "You can't currently modify the storage of this DB instance because the previous storage change is being optimized.",
    );
  const grown = Math.max(wanted, Math.ceil(before.storageGiB * 1.1));
  checkGp3(grown, change);
  // hashicorp/terraform-provider-aws#28382 and #33512.
  if (grown >= GP3_STRIPED_GIB && Iops === undefined)
    throw invalidCombination("The storage type gp3 requires `iops` to be specified.");
  return grown;
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

/** What waits, with what is asked for now. */
function pendingWith(sim: Sim, before: Database, change: Change): Pending {
  const { NewDBInstanceIdentifier: id, DBInstanceClass, BackupRetentionPeriod: retention } = change;
  const storageGiB = grownStorage(sim, before, change);
  const engineVersion = newVersion(sim, before, change);
  checkParameterGroup(sim, before, change, engineVersion);
  const turnsBackups = retention !== undefined && (retention === 0) !== (before.backupRetentionDays === 0);
  return {
    ...before.pending,
    ...(id === undefined ? {} : { id }),
    ...(engineVersion === undefined ? {} : { engineVersion }),
    ...(DBInstanceClass !== undefined && DBInstanceClass !== before.instanceClass
      ? { instanceClass: DBInstanceClass }
      : {}),
    ...(storageGiB === undefined ? {} : { storageGiB }),
    ...(turnsBackups ? { backupRetentionDays: retention } : {}),
    ...(change.MultiAZ === undefined || change.MultiAZ === (before.multiAz ?? false)
      ? {}
      : { multiAz: change.MultiAZ }),
    ...(change.MasterUserPassword === undefined ? {} : { password: change.MasterUserPassword }),
  };
}

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
  ...(change.MaxAllocatedStorage === undefined
    ? {}
    : {
        maxStorageGiB:
          change.MaxAllocatedStorage > (pending.storageGiB ?? before.storageGiB) ? change.MaxAllocatedStorage : 0,
      }),
  ...(change.DBParameterGroupName && change.DBParameterGroupName !== before.parameterGroup
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
  const grows = storageGiB !== undefined;
  // Tags, replicas and what it stands on stay with it (user guide, "Renaming a DB instance").
  for (const replica of replicasOf(sim, id)) become(sim, replica, { source: newId });
  databaseTable(sim).removeNow(id);
  databaseTable(sim).putNow(newId, {
    ...rest,
    ...done,
    address: database.address.replace(/^[^.]+/, newId),
    pending: {},
    away: false,
    status: grows ? "storage-optimization" : "available",
    // The upgrade restarts the server with its group.
    ...(engineVersion === undefined ? {} : { applyStatus: "in-sync" as const }),
    ...(grows ? { storageHeldUntil: sim.now + STORAGE_HELD_MS } : {}),
  });
  if (grows) sim.after(ms("storageOptimization"), "rds:optimized", newId);
  if (password !== undefined) alterUser(sim, newId, { identifiedBy: password });
  if (database.backupRetentionDays === 0 && (done.backupRetentionDays ?? 0) > 0) {
    become(sim, newId, { backedUpAt: sim.now });
    backUp(sim, databaseFor(sim, newId));
  }
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
      if (change.ApplyImmediately && waits) sim.after(MODIFY_SHOWS_MS, "rds:modifying", id);
      // A password waits for no window (API reference, ModifyDBInstance).
      else if (password !== undefined) sim.after(MODIFY_SHOWS_MS, "rds:resetting", id);
      else if (waits) sim.after(msToWindow(sim.now), "rds:modifying", id);
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
