import { expect, test } from "vitest";
import type { Contents } from "../../../src/recovery/contents.ts";
import { comparisonView } from "../../../src/report/views/restore.ts";

const side = (version: string, rows: Readonly<Record<string, number | string>>): Contents => ({
  version,
  tables: Object.keys(rows).length,
  rows: new Map(
    Object.entries(rows).map(([table, count]) => [
      table,
      { count: Number(String(count).replace("~", "")), exact: typeof count === "number" },
    ]),
  ),
});
const NAMES = { running: "database1", restored: "database1-restored-latest, of 2026-11-22 11:55 UTC" };

test("both sides are shown, what differs first, estimates as such", () => {
  const running = side("8.4.8", { sessions: 12, users: 1_204, page_views: "~90000000", new_table: 3 });
  const restored = side("8.4.8", { sessions: 12, users: 1_190, page_views: "~90000000", orders: 7 });
  expect(comparisonView({ running, restored }, NAMES)).toMatchInlineSnapshot(`
    "                      database1    database1-restored-latest, of 2026-11-22 11:55 UTC
      MySQL               8.4.8        8.4.8
      rows of users       1,204        1,190
      rows of new_table   3            —
      rows of orders      —            7
      rows of sessions    12           12
      rows of page_views  ~90,000,000  ~90,000,000"
  `);
});

test("a side that does not answer, and many tables", () => {
  const many = Object.fromEntries(Array.from({ length: 25 }, (_one, index) => [`table${index}`, index]));
  const text = comparisonView({ running: { error: 2003 }, restored: side("8.0.44", many) }, NAMES);
  expect(text).toContain("does not answer (MySQL error 2003)");
  expect(text).toContain("  5 more tables, of which 5 differ");
  expect(comparisonView({ running: side("8.4.8", {}), restored: side("8.4.8", {}) }, NAMES)).toContain(
    "Neither has a table.",
  );
});
