import { operation, type SandboxService } from "../../service.ts";
import { canStart } from "./encryption.ts";
import {
  badState,
  become,
  databaseFor,
  describe,
  describeSnapshot,
  makeSnapshot,
  OPERATIONAL,
  replicasOf,
} from "./instances.ts";
import { checkName, databaseTable, name, tagList, tagsFrom } from "./tables.ts";

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
      if (database.status !== "stopped" && !canStart(sim, database)) throw badState(`Instance ${id} is not stopped.`);
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
        const made = makeSnapshot(sim, database, snapshotId, Tags ? tagsFrom(Tags) : inherited);
        // An instance in one zone shows it (user guide, "Viewing Amazon RDS DB instance status").
        if (database.status === "available") databaseTable(sim).put(id, { ...database, status: "backing-up" });
        return { DBSnapshot: describeSnapshot(sim, made) };
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
