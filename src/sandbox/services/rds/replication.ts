import { noise } from "../../noise.ts";
import type { FailureKind } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { interfaceTable } from "../ec2/tables.ts";
import { lostSince } from "../ec2/zones.ts";
import { type Database, databaseTable } from "./tables.ts";

/** "If replication is stopped for more than 30 consecutive days … RDS terminates replication" (user guide, MySQL read replicas). */
const TERMINATED_MS = 30 * 24 * 3_600_000;

export const replicationFailures: Readonly<Record<string, FailureKind>> = {
  replication: {
    about: "a read replica, as database1-replica: a statement fails there, and it follows no more",
    there: (sim) =>
      databaseTable(sim)
        .all()
        .flatMap(({ id, source }) => (source === null ? [] : [id])),
  },
};

/** Since when a replica gets nothing from its source, and why; undefined: it follows, or is no replica. */
export function stoppedReplication(
  sim: Sim,
  { id, source }: Database,
): { readonly since: number; readonly why: string } | undefined {
  if (source === null) return undefined;
  const failed = sim.failing("replication", id);
  if (failed !== undefined)
    return { since: failed, why: "Read Replica Replication Error - SQLError: 1062, reason: Duplicate entry" };
  const primary = databaseTable(sim).get(source);
  const eni = primary && interfaceTable(sim).get(primary.interfaceId);
  const lost = (eni && lostSince(sim, eni.subnetId)) ?? sim.failing("database", source);
  return lost === undefined
    ? undefined
    : { since: lost, why: "Read Replica Replication Error - IOError: 2003, reason: error connecting to master" };
}

/** How far a replica is behind its primary, milliseconds; Infinity: it gets nothing any more. */
export const replicaLagMs = (sim: Sim, replica: Database): number =>
  stoppedReplication(sim, replica) ? Number.POSITIVE_INFINITY : 8 + Math.floor(40 * noise("lag", sim.now));

/** When what the replica has was written on the primary. */
export const replicatedUntil = (sim: Sim, replica: Database): number =>
  replica.promotion?.follows ?? stoppedReplication(sim, replica)?.since ?? sim.now - replicaLagMs(sim, replica);

/** What DescribeDBInstances says of it (API reference, DBInstanceStatusInfo); the words of the message are RDS's form. */
export function statusInfos(sim: Sim, database: Database): object[] {
  if (database.source === null) return [];
  const StatusType = "read replication";
  const stopped = stoppedReplication(sim, database);
  if (!stopped) return [{ StatusType, Status: "replicating", Normal: true }];
  const Status = sim.now - stopped.since > TERMINATED_MS ? "terminated" : "error";
  return [{ StatusType, Status, Normal: false, Message: stopped.why }];
}

/** ReplicaLag at that time, seconds: -1 while replication is not running (user guide, "Monitoring read replication"). */
export function replicaLag(sim: Sim, database: Database): ((at: number) => number) | undefined {
  if (database.source === null) return undefined;
  const stopped = stoppedReplication(sim, database);
  return (at) => (stopped && at >= stopped.since ? -1 : 0);
}
