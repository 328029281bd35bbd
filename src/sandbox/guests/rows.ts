import { type Instance, instanceTable } from "../services/ec2/tables.ts";
import { dropTable, insertRow, tablesIn } from "../services/rds/contents.ts";
import type { Database } from "../services/rds/tables.ts";
import type { Sim } from "../world.ts";
import { databaseFrom } from "./database-client.ts";

/** rows.sh: a row each second, for an hour and a half at most. */
const EACH_MS = 1_000;
const LASTS_MS = 5_400_000;

interface Writer {
  readonly token: string;
  readonly until: number;
  readonly row: number;
  /** Rows that the database has acknowledged, and when. */
  readonly kept: readonly (readonly [number, number])[];
}
const writerTable = (sim: Sim) => sim.table<Writer>("guests.rows");
const tableOf = (token: string): string => `buddyverse_rows_${token}`;

export function beginRows(sim: Sim, { id }: Instance, token: string): void {
  writerTable(sim).putNow(id, { token, until: sim.now + LASTS_MS, row: 0, kept: [] });
  sim.after(EACH_MS, "guests:row", id);
}

export function writeRow(id: string, sim: Sim): void {
  const [writer, instance] = [writerTable(sim).get(id), instanceTable(sim).get(id)];
  if (!writer || instance?.state !== "running" || sim.now > writer.until) return;
  const row = writer.row + 1;
  const reached = databaseFrom(sim, instance, "primary");
  // A replica takes no writes.
  const written = reached && !("error" in reached) && reached.database.source === null;
  if (written) insertRow(sim, reached.database, tableOf(writer.token), String(row));
  writerTable(sim).putNow(id, { ...writer, row, kept: written ? [...writer.kept, [row, sim.now]] : writer.kept });
  sim.after(EACH_MS, "guests:row", id);
}

/** What rows-end.py prints. */
export function endRows(sim: Sim, { id }: Instance, token: string, primary: Database): object {
  const kept = writerTable(sim).get(id)?.kept ?? [];
  writerTable(sim).removeNow(id);
  const there = new Set(tablesIn(sim, primary).get(tableOf(token)));
  dropTable(sim, primary, tableOf(token));
  const gaps = kept.slice(1).map(([after, at], index) => {
    const [before, since] = kept[index] ?? [0, 0];
    return { before, after, ms: at - since };
  });
  const longest = gaps.reduce((most, gap) => (gap.ms > most.ms ? gap : most), { before: 0, after: 0, ms: 0 });
  return {
    acknowledged: kept.length,
    lost: kept.map(([row]) => row).filter((row) => !there.has(String(row))),
    awaySeconds: gaps.length > 0 ? Math.round(longest.ms / 100) / 10 : null,
    lastBefore: longest.before,
    firstAfter: longest.after,
  };
}

export const forgetRows = (instanceId: string, sim: Sim): void => writerTable(sim).removeNow(instanceId);
