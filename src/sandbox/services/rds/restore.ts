import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { groupTable, subnetTable } from "../ec2/tables.ts";
import { automatedSnapshots, restorable, restoreWindow, type Window } from "./backups.ts";
import { copyFrom, snapshotKey } from "./contents.ts";
import { ms } from "./durations.ts";
import { keyOf } from "./encryption.ts";
import { parameterGroupFor, subnetGroupFor } from "./groups.ts";
import { checkClass, checkGroups, checkNewName, checkOffered, describe, interfaceIn } from "./instances.ts";
import { withPasswordsAt } from "./passwords.ts";
import { checkMaxStorage } from "./storage.ts";
import {
  type Database,
  databaseTable,
  fault,
  invalidCombination,
  invalidValue,
  name,
  noSnapshot,
  type Restorable,
  resourceId,
  retainedTable,
  type Snapshot,
  snapshotTable,
  type Tags,
  tagList,
  tagsFrom,
} from "./tables.ts";
import { familyOf } from "./versions.ts";

/** What both ways of restoring take. There is no password among it: the restored instance has that of its source. */
const common = {
  DBInstanceClass: z.string().optional(),
  AvailabilityZone: z.string().optional(),
  MultiAZ: z.literal(false).optional(),
  // The account's default one is not simulated.
  DBSubnetGroupName: name,
  DBParameterGroupName: name.optional(),
  VpcSecurityGroupIds: z.array(z.string()).min(1).optional(),
  PubliclyAccessible: z.boolean().optional(),
  BackupRetentionPeriod: z.number().int().optional(),
  AutoMinorVersionUpgrade: z.boolean().optional(),
  DeletionProtection: z.boolean().optional(),
  CopyTagsToSnapshot: z.boolean().optional(),
  Tags: tagList.optional(),
};
type Common = z.infer<z.ZodObject<typeof common>>;

/** The new instance. @param tags where the call names none */
function restored(
  sim: Sim,
  id: string,
  source: Restorable,
  input: Common & { readonly MaxAllocatedStorage?: number | undefined },
  tags: Tags,
): Database {
  if (source.kmsKey !== undefined) keyOf(sim, source.kmsKey);
  const instanceClass = input.DBInstanceClass ?? source.instanceClass;
  checkClass(instanceClass, source.engineVersion);
  const subnetGroup = subnetGroupFor(sim, input.DBSubnetGroupName);
  const groupIds =
    input.VpcSecurityGroupIds ??
    groupTable(sim)
      .all()
      .filter((one) => one.vpcId === subnetGroup.vpcId && one.name === "default")
      .map((one) => one.id);
  checkGroups(sim, groupIds, subnetGroup.vpcId);
  const family = familyOf(source.engineVersion);
  const parameterGroup = input.DBParameterGroupName && parameterGroupFor(sim, input.DBParameterGroupName);
  if (parameterGroup && parameterGroup.family !== family)
    throw invalidCombination(
      `The Parameter Group ${parameterGroup.name} with DBParameterGroupFamily ${parameterGroup.family} cannot be used for this instance. Please use a Parameter Group with DBParameterGroupFamily ${family}`,
    );
  const retention = input.BackupRetentionPeriod ?? source.backupRetentionDays;
  if (retention < 0 || retention > 35)
    throw invalidValue(`Invalid backup retention period: ${retention}. Must be between 0 and 35.`);
  if (input.MaxAllocatedStorage !== undefined) checkMaxStorage(input.MaxAllocatedStorage, source.storageGiB);
  const zone = input.AvailabilityZone ?? subnetTable(sim).get(subnetGroup.subnetIds[0] ?? "")?.zone ?? "";
  checkOffered(instanceClass, zone);
  const database: Database = {
    ...source,
    id,
    status: "creating",
    instanceClass,
    zone,
    subnetGroup: subnetGroup.name,
    vpcId: subnetGroup.vpcId,
    parameterGroup: parameterGroup ? parameterGroup.name : `default.${family}`,
    applyStatus: "in-sync",
    groupIds,
    interfaceId: interfaceIn(sim, subnetGroup.subnetIds, zone, groupIds).id,
    address: `${id}.c${sim.hex(11)}.${sim.region}.rds.${partitionOf(sim.region).dnsSuffix}`,
    publicAccess: input.PubliclyAccessible ?? false,
    minorUpgrades: input.AutoMinorVersionUpgrade ?? true,
    copyTagsToSnapshot: input.CopyTagsToSnapshot ?? false,
    deletionProtection: input.DeletionProtection ?? false,
    backupRetentionDays: retention,
    maxStorageGiB: input.MaxAllocatedStorage ?? 0,
    pending: {},
    source: null,
    createdAt: sim.now,
    servesFrom: null,
    tags: input.Tags ? tagsFrom(input.Tags) : tags,
  };
  databaseTable(sim).put(id, database);
  sim.after(ms("databaseRestored"), "rds:created", id);
  return database;
}

function snapshotFor(sim: Sim, id: string): Snapshot {
  const snapshot = snapshotTable(sim).get(id) ?? automatedSnapshots(sim).find((one) => one.id === id);
  if (!snapshot) throw noSnapshot(id);
  if (snapshot.status !== "available")
    throw fault("InvalidDBSnapshotStateFault", "InvalidDBSnapshotState", "The snapshot is not available.");
  return snapshot;
}

/** What backups of an instance that is there, or was, can be restored to. */
interface Backups {
  readonly key: string;
  readonly window: Window;
  readonly retentionDays: number;
  sourceAt(at: number): Restorable;
}

function backupsOf(sim: Sim, given: { readonly id?: string | undefined; readonly key?: string | undefined }): Backups {
  const database = databaseTable(sim)
    .all()
    .find((one) => (given.id === undefined ? resourceId(one) === given.key : one.id === given.id));
  if (database) {
    const window = restoreWindow(sim, database);
    if (!window)
      throw fault(
        "PointInTimeRestoreNotEnabledFault",
        "PointInTimeRestoreNotEnabled",
        `Point in time restore is not enabled for ${database.id}.`,
      );
    return {
      key: resourceId(database),
      window,
      retentionDays: database.backupRetentionDays,
      sourceAt: (at) => restorable(withPasswordsAt(database, at)),
    };
  }
  if (given.id !== undefined)
    throw fault("DBInstanceNotFoundFault", "DBInstanceNotFound", `DBInstance ${given.id} not found.`, 404);
  const kept = retainedTable(sim).get(given.key ?? "");
  if (!kept?.window || !kept.source)
    throw fault(
      "DBInstanceAutomatedBackupNotFoundFault",
      "DBInstanceAutomatedBackupNotFound",
      `No automated backup was found for ${given.key}.`,
      404,
    );
  const { source } = kept;
  return { key: kept.id, window: kept.window, retentionDays: kept.retentionDays, sourceAt: () => source };
}

const second = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** The messages: IronCore864/blog and bodybuddy's run book, from RDS's answers ("InvalidParameterValue: The specified instance cannot be restored to a time …"). */
function checkTime(at: number, { earliest, latest }: Window, days: number): void {
  if (at > latest)
    throw invalidValue(`The specified instance cannot be restored to a time later than ${second(latest)}.`);
  if (at < earliest)
    throw invalidValue(
      `The specified instance cannot be restored to a time earlier than ${second(earliest)} because its backup retention period is set to ${days} days.`,
    );
}

export const restores: SandboxService = {
  operations: {
    RestoreDBInstanceFromDBSnapshot: operation(
      { DBInstanceIdentifier: name, DBSnapshotIdentifier: name, ...common },
      (input, sim) => {
        const id = input.DBInstanceIdentifier;
        checkNewName(sim, id);
        const snapshot = snapshotFor(sim, input.DBSnapshotIdentifier);
        // "If there are no new tags, RDS looks for the tags from the source DB instance for the DB snapshot, and then adds
        // those" (API reference, CopyTagsToSnapshot).
        const database = restored(sim, id, snapshot.source, input, snapshot.source.tags);
        copyFrom(sim, snapshotKey(snapshot.id), database);
        return { DBInstance: describe(sim, database) };
      },
    ),

    RestoreDBInstanceToPointInTime: operation(
      {
        SourceDBInstanceIdentifier: name.optional(),
        SourceDbiResourceId: z.string().optional(),
        TargetDBInstanceIdentifier: name,
        RestoreTime: z.date().optional(),
        UseLatestRestorableTime: z.boolean().optional(),
        MaxAllocatedStorage: z.number().int().optional(),
        ...common,
      },
      (input, sim) => {
        const id = input.TargetDBInstanceIdentifier;
        const latest = input.UseLatestRestorableTime === true;
        if (latest === (input.RestoreTime !== undefined))
          throw invalidCombination("Specify either RestoreTime or UseLatestRestorableTime, and not both.");
        const backups = backupsOf(sim, { id: input.SourceDBInstanceIdentifier, key: input.SourceDbiResourceId });
        checkNewName(sim, id);
        const at = input.RestoreTime?.getTime() ?? backups.window.latest;
        checkTime(at, backups.window, backups.retentionDays);
        const database = restored(sim, id, backups.sourceAt(at), input, {});
        copyFrom(sim, backups.key, database, at);
        return { DBInstance: describe(sim, database) };
      },
    ),
  },

  timers: {},
};
