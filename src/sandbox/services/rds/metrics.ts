import { webInstancesAt } from "../../guests/mount.ts";
import type { Dimensions, Metrics, Source } from "../../metrics.ts";
import { noise } from "../../noise.ts";
import type { Sim } from "../../world.ts";
import { lostAt } from "../ec2/metrics.ts";
import { interfaceTable } from "../ec2/tables.ts";
import { replicaLag } from "./replication.ts";
import { type Database, databaseTable } from "./tables.ts";

const DATABASE_METRICS: Readonly<
  Record<string, { readonly unit: string; value(sim: Sim, database: Database): ((at: number) => number) | undefined }>
> = {
  CPUUtilization: {
    unit: "Percent",
    value:
      (_sim, { id }) =>
      (at) =>
        3 + 3 * noise(id, at),
  },
  DatabaseConnections: { unit: "Count", value: (sim) => webInstancesAt(sim) },
  // What MySQL takes for itself, and a little that grows.
  FreeStorageSpace: {
    unit: "Bytes",
    value:
      (_sim, { storageGiB, createdAt }) =>
      (at) =>
        Math.round((storageGiB - 2) * 2 ** 30 - (at - createdAt) / 1_000),
  },
  ReplicaLag: { unit: "Seconds", value: replicaLag },
};

function source(sim: Sim, metric: string, of: Dimensions): Source | undefined {
  const database = databaseTable(sim).get(of.DBInstanceIdentifier ?? "");
  const kind = DATABASE_METRICS[metric];
  const value = database && kind?.value(sim, database);
  if (!database || !kind || !value) return undefined;
  const { servesFrom } = database;
  const subnetId = interfaceTable(sim).get(database.interfaceId)?.subnetId;
  return {
    unit: kind.unit,
    samples: (at) => (servesFrom !== null && servesFrom <= at && !lostAt(sim, subnetId, at) ? [value(at)] : []),
  };
}

export const metrics: Readonly<Record<string, Metrics>> = { "AWS/RDS": { source } };
