import type { Sim } from "../../world.ts";
import { copyTo, forgetCopy, snapshotKey } from "./contents.ts";
import { type Database, databaseTable, type Restorable, resourceId, retainedTable, type Snapshot } from "./tables.ts";

const DAY_MS = 24 * 3_600_000;
/** Transaction logs are uploaded so often (RDS user guide, "Restoring a DB instance to a specified time"). */
const LOGS_EVERY_MS = 300_000;

/** What RDS makes each day of an instance, and removes again: its automated snapshots. */
interface Automated extends Snapshot {
  /** Of the instance that it is of. */
  readonly resourceId: string;
}
const automatedTable = (sim: Sim) => sim.table<Automated>("rds.automatedSnapshots");

/** From when to when an instance can be restored to, milliseconds since 1970. */
export interface Window {
  readonly earliest: number;
  readonly latest: number;
}

export const restorable = (database: Database): Restorable => ({
  engineVersion: database.engineVersion,
  instanceClass: database.instanceClass,
  storageGiB: database.storageGiB,
  databaseName: database.databaseName,
  user: database.user,
  ...(database.password === undefined ? {} : { password: database.password }),
  ...(database.secondPassword === undefined ? {} : { secondPassword: database.secondPassword }),
  ...(database.text === undefined ? {} : { text: database.text }),
  encrypted: database.encrypted,
  ...(database.kmsKey === undefined ? {} : { kmsKey: database.kmsKey }),
  backupRetentionDays: database.backupRetentionDays,
  tags: database.tags,
});

/** All automated snapshots that are kept: of instances that are there, and of those that left theirs. */
export function automatedSnapshots(sim: Sim): readonly Automated[] {
  const days = new Map([
    ...databaseTable(sim)
      .all()
      .map((one): [string, number] => [resourceId(one), one.backupRetentionDays]),
    ...retainedTable(sim)
      .all()
      .map(({ id, retentionDays }): [string, number] => [id, retentionDays]),
  ]);
  return automatedTable(sim)
    .all()
    .filter((one) => sim.now - one.createdAt < (days.get(one.resourceId) ?? 0) * DAY_MS);
}

/** To when an instance can be restored; undefined: it has no backups, or none yet. */
export function restoreWindow(sim: Sim, database: Database): Window | undefined {
  const { backedUpAt, backupRetentionDays } = database;
  if (backedUpAt === undefined || backupRetentionDays === 0) return undefined;
  const kept = automatedSnapshots(sim)
    .filter((one) => one.resourceId === resourceId(database))
    .map(({ createdAt }) => createdAt);
  return {
    earliest: kept.length > 0 ? Math.min(...kept) : backedUpAt,
    latest: Math.max(backedUpAt, sim.now - LOGS_EVERY_MS),
  };
}

/** Takes the day's automated snapshot. The first one makes it possible to restore the instance. */
export function backUp(sim: Sim, database: Database): void {
  const key = resourceId(database);
  const kept = new Set(automatedSnapshots(sim).map(({ id }) => id));
  for (const { id } of automatedTable(sim).all()) if (!kept.has(id)) forgetAutomated(sim, id);
  const id = `rds:${database.id}-${new Date(sim.now).toISOString().slice(0, 16).replace(/[T:]/g, "-")}`;
  automatedTable(sim).putNow(id, {
    id,
    databaseId: database.id,
    resourceId: key,
    storageGiB: database.storageGiB,
    status: "available",
    createdAt: sim.now,
    tags: database.copyTagsToSnapshot ? database.tags : {},
    source: restorable(database),
  });
  copyTo(sim, snapshotKey(id), database);
  sim.after(DAY_MS, "rds:daily-backup", key);
}

/** An instance that is renamed keeps its backups, which are found by what never changes. */
export function dailyBackup(key: string, sim: Sim): void {
  const database = databaseTable(sim)
    .all()
    .find((one) => resourceId(one) === key);
  if (!database || database.backupRetentionDays === 0 || database.source !== null) return;
  // Backups were turned off and on again: that began days of their own.
  const younger = automatedTable(sim)
    .all()
    .some((one) => one.resourceId === key && sim.now - one.createdAt < DAY_MS);
  if (!younger) backUp(sim, database);
}

function forgetAutomated(sim: Sim, id: string): void {
  automatedTable(sim).removeNow(id);
  forgetCopy(sim, snapshotKey(id));
}

/** An instance goes, and its backups with it. */
export function forgetBackups(sim: Sim, database: Database): void {
  for (const one of automatedTable(sim).all())
    if (one.resourceId === resourceId(database)) forgetAutomated(sim, one.id);
}
