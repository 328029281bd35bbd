import type { Sim } from "../../world.ts";
import { replicatedUntil } from "./replication.ts";
import { type Database, databaseTable, resourceId } from "./tables.ts";

/** A row that was written, or the end of its table. */
interface Entry {
  readonly at: number;
  readonly table: string;
  /** null: the table was dropped, with all rows before. */
  readonly row: string | null;
}
/** All that was ever written, in order: what was there at any time is read from it. */
interface Log {
  readonly entries: readonly Entry[];
}
const logTable = (sim: Sim) => sim.table<Log>("rds.contents");

/** So many entries are kept of each database: tables that are gone are forgotten first, then the oldest rows. */
const ENTRIES = 2_000;

function bounded(entries: readonly Entry[]): readonly Entry[] {
  if (entries.length <= ENTRIES) return entries;
  const last = new Map(entries.map(({ table, row }) => [table, row]));
  return entries.filter(({ table }) => last.get(table) !== null).slice(-ENTRIES);
}

const entriesOf = (sim: Sim, key: string) => logTable(sim).get(key)?.entries ?? [];
const until = (entries: readonly Entry[], at: number) => entries.filter((one) => one.at <= at);

function entriesIn(sim: Sim, database: Database, at: number): readonly Entry[] {
  const source = database.source === null ? undefined : databaseTable(sim).get(database.source);
  return source === undefined
    ? until(entriesOf(sim, resourceId(database)), at)
    : entriesIn(sim, source, Math.min(at, replicatedUntil(sim, database)));
}

function append(sim: Sim, database: Database, entry: Entry): void {
  const key = resourceId(database);
  const entries = [...entriesOf(sim, key), entry].sort((one, other) => one.at - other.at);
  logTable(sim).putNow(key, { entries: bounded(entries) });
}

/** A statement of a client of the primary. @param at not before now */
export const insertRow = (sim: Sim, primary: Database, table: string, row: string, at = sim.now): void =>
  append(sim, primary, { at, table, row });
export const dropTable = (sim: Sim, primary: Database, table: string, at = sim.now): void =>
  append(sim, primary, { at, table, row: null });

/** The rows by table, as a client of the database reads them; a replica has what its source had when it last followed. */
export function tablesIn(sim: Sim, database: Database, at = sim.now): ReadonlyMap<string, readonly string[]> {
  const tables = new Map<string, string[]>();
  for (const { table, row } of entriesIn(sim, database, at))
    if (row === null) tables.delete(table);
    else tables.set(table, [...(tables.get(table) ?? []), row]);
  return tables;
}

/** A copy of what a database has, as a snapshot keeps it. */
export const copyTo = (sim: Sim, key: string, database: Database, at = sim.now): void =>
  logTable(sim).putNow(key, { entries: entriesIn(sim, database, at) });

/** What a copy has, or the backups of an instance that is gone had at that time, put into a database that is made of it. */
export const copyFrom = (sim: Sim, key: string, database: Database, at = sim.now): void =>
  logTable(sim).putNow(resourceId(database), { entries: until(entriesOf(sim, key), at) });

/** A replica follows no more: what it has is its own from now on. */
export const cutOff = (sim: Sim, replica: Database, at = sim.now): void =>
  copyTo(sim, resourceId(replica), replica, at);

export const forgetCopy = (sim: Sim, key: string): void => logTable(sim).removeNow(key);
export const forgetContents = (sim: Sim, database: Database): void => logTable(sim).removeNow(resourceId(database));

/** The key of a snapshot's copy. */
export const snapshotKey = (id: string): string => `snapshot:${id}`;
