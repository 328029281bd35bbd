import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import { cutOff } from "./contents.ts";
import { ms } from "./durations.ts";
import { badState, become, databaseFor, describe, FIRST_BACKUP_MS } from "./instances.ts";
import { replicatedUntil } from "./replication.ts";
import { databaseTable, name } from "./tables.ts";

/** Status `available` stays for some seconds after it was accepted. */
const SHOWS_MS = 4_000;
/** "RDS reboots the DB instance before making it available" (user guide, "Promoting a read replica"). */
const REBOOT_MS = 30_000;

/** A replica becomes a database of its own: what its source has not sent by then it never gets. */
export const promotion: SandboxService = {
  operations: {
    PromoteReadReplica: operation(
      { DBInstanceIdentifier: name, BackupRetentionPeriod: z.number().int().min(0).max(35).optional() },
      ({ DBInstanceIdentifier: id, BackupRetentionPeriod = 1 }, sim) => {
        const replica = databaseFor(sim, id);
        if (replica.source === null || replica.promotion) throw badState(`DB Instance ${id} is not a read replica.`);
        // Not while it is backing up, either (API reference, PromoteReadReplica).
        if (replica.status !== "available") throw badState("Database instance is not in available state.");
        const promoting = {
          ...replica,
          promotion: { follows: replicatedUntil(sim, replica), backupRetentionDays: BackupRetentionPeriod },
        };
        databaseTable(sim).put(id, promoting);
        sim.after(SHOWS_MS, "rds:promoting", id);
        return { DBInstance: describe(sim, promoting) };
      },
    ),
  },

  timers: {
    promoting: (id, sim) => {
      if (!databaseTable(sim).get(id)?.promotion) return;
      become(sim, id, { status: "modifying" });
      sim.after(ms("replicaPromoted"), "rds:promoted", id);
    },
    promoted: (id, sim) => {
      const replica = databaseTable(sim).get(id);
      if (!replica?.promotion) return;
      const { promotion, ...rest } = replica;
      if (replica.source !== null) cutOff(sim, replica, promotion.follows);
      databaseTable(sim).putNow(id, {
        ...rest,
        source: null,
        backupRetentionDays: promotion.backupRetentionDays,
        status: "rebooting",
      });
      sim.after(REBOOT_MS, "rds:promoted-up", id);
    },
    "promoted-up": (id, sim) => {
      const database = databaseTable(sim).get(id);
      if (database?.status !== "rebooting") return;
      const backs = database.backupRetentionDays > 0;
      become(sim, id, { status: backs ? "backing-up" : "available", applyStatus: "in-sync" });
      if (backs) sim.after(FIRST_BACKUP_MS, "rds:backed-up", id);
    },
  },
};
