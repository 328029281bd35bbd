import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { operation, type SandboxService } from "../../service.ts";
import { groupTable, subnetTable } from "../ec2/tables.ts";
import { copyFrom, snapshotKey } from "./contents.ts";
import { ms } from "./durations.ts";
import { parameterGroupFor, subnetGroupFor } from "./groups.ts";
import {
  badState,
  become,
  checkClass,
  checkGroups,
  checkNewName,
  databaseFor,
  describe,
  describeSnapshot,
  interfaceIn,
  makeSnapshot,
  OPERATIONAL,
  replicasOf,
} from "./instances.ts";
import { checkName, type Database, databaseTable, fault, name, snapshotTable, tagList, tagsFrom } from "./tables.ts";

/** Stopping and starting take minutes (user guide, "Stopping an Amazon RDS DB instance temporarily"). */
const STOP_MS = 180_000;
const START_MS = 300_000;
/** "The instance restarts automatically after 7 days" (API reference, StopDBInstance). */
const STARTS_BY_ITSELF_MS = 7 * 24 * 3_600_000;

/** What a person does to a database, and the tool never does. */
export const byHand: SandboxService = {
  operations: {
    StopDBInstance: operation({ DBInstanceIdentifier: name }, ({ DBInstanceIdentifier: id }, sim) => {
      const database = databaseFor(sim, id);
      if (database.status !== "available") throw badState(`Instance ${id} is not in available state.`);
      if (database.source !== null || replicasOf(sim, id).length > 0)
        throw badState("An instance that has a read replica, or is one, cannot be stopped.");
      databaseTable(sim).put(id, { ...database, status: "stopping" });
      sim.after(STOP_MS, "rds:stopped", id);
      return { DBInstance: describe(sim, { ...database, status: "stopping" }) };
    }),

    StartDBInstance: operation({ DBInstanceIdentifier: name }, ({ DBInstanceIdentifier: id }, sim) => {
      const database = databaseFor(sim, id);
      if (database.status !== "stopped") throw badState(`Instance ${id} is not stopped.`);
      databaseTable(sim).put(id, { ...database, status: "starting" });
      sim.after(START_MS, "rds:started", id);
      return { DBInstance: describe(sim, { ...database, status: "starting" }) };
    }),

    CreateDBSnapshot: operation(
      { DBInstanceIdentifier: name, DBSnapshotIdentifier: name, Tags: tagList.optional() },
      ({ DBInstanceIdentifier: id, DBSnapshotIdentifier: snapshotId, Tags }, sim) => {
        const database = databaseFor(sim, id);
        checkName("DBSnapshotIdentifier", snapshotId, 255);
        if (!OPERATIONAL.has(database.status))
          throw badState(
            `Cannot create a snapshot because the database instance ${id} is not currently in the available state.`,
          );
        const inherited = database.copyTagsToSnapshot ? database.tags : {};
        return {
          DBSnapshot: describeSnapshot(sim, makeSnapshot(sim, database, snapshotId, Tags ? tagsFrom(Tags) : inherited)),
        };
      },
    ),

    RestoreDBInstanceFromDBSnapshot: operation(
      {
        DBInstanceIdentifier: name,
        DBSnapshotIdentifier: name,
        DBInstanceClass: z.string().optional(),
        AvailabilityZone: z.string().optional(),
        // The account's default one is not simulated.
        DBSubnetGroupName: name,
        DBParameterGroupName: name.optional(),
        VpcSecurityGroupIds: z.array(z.string()).min(1).optional(),
        DeletionProtection: z.boolean().optional(),
        CopyTagsToSnapshot: z.boolean().optional(),
        Tags: tagList.optional(),
      },
      (input, sim) => {
        const id = input.DBInstanceIdentifier;
        checkNewName(sim, id);
        const snapshot = snapshotTable(sim).get(input.DBSnapshotIdentifier);
        if (!snapshot)
          throw fault(
            "DBSnapshotNotFoundFault",
            "DBSnapshotNotFound",
            `DBSnapshot not found: ${input.DBSnapshotIdentifier}`,
            404,
          );
        if (snapshot.status !== "available")
          throw fault("InvalidDBSnapshotStateFault", "InvalidDBSnapshotState", "The snapshot is not available.");
        const { source } = snapshot;
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
        const zone = input.AvailabilityZone ?? subnetTable(sim).get(subnetGroup.subnetIds[0] ?? "")?.zone ?? "";
        const major = source.engineVersion.split(".").slice(0, 2).join(".");
        const restored: Database = {
          ...source,
          id,
          status: "creating",
          instanceClass,
          zone,
          subnetGroup: subnetGroup.name,
          vpcId: subnetGroup.vpcId,
          parameterGroup:
            input.DBParameterGroupName === undefined
              ? `default.mysql${major}`
              : parameterGroupFor(sim, input.DBParameterGroupName).name,
          applyStatus: "in-sync",
          groupIds,
          interfaceId: interfaceIn(sim, subnetGroup.subnetIds, zone, groupIds).id,
          address: `${id}.c${sim.hex(11)}.${sim.region}.rds.${partitionOf(sim.region).dnsSuffix}`,
          publicAccess: false,
          minorUpgrades: true,
          copyTagsToSnapshot: input.CopyTagsToSnapshot ?? false,
          deletionProtection: input.DeletionProtection ?? false,
          pending: {},
          source: null,
          createdAt: sim.now,
          servesFrom: null,
          // "If there are no new tags, RDS looks for the tags from the source DB instance for the DB snapshot, and then adds
          // those" (API reference, CopyTagsToSnapshot).
          tags: input.Tags ? tagsFrom(input.Tags) : source.tags,
        };
        databaseTable(sim).put(id, restored);
        copyFrom(sim, snapshotKey(snapshot.id), restored);
        sim.after(ms("databaseAvailable"), "rds:created", id);
        return { DBInstance: describe(sim, restored) };
      },
    ),
  },

  timers: {
    stopped: (id, sim) => {
      if (databaseTable(sim).get(id)?.status !== "stopping") return;
      become(sim, id, { status: "stopped" });
      sim.after(STARTS_BY_ITSELF_MS, "rds:starting", id);
    },
    starting: (id, sim) => {
      if (databaseTable(sim).get(id)?.status !== "stopped") return;
      become(sim, id, { status: "starting" });
      sim.after(START_MS, "rds:started", id);
    },
    started: (id, sim) => {
      if (databaseTable(sim).get(id)?.status === "starting") become(sim, id, { status: "available" });
    },
  },
};
