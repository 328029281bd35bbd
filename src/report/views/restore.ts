import { oneLine, pad, widthOf } from "../../lib/text.ts";
import type { Compared, Contents } from "../../recovery/contents.ts";
import { plain } from "../style.ts";
import { joined, type Look } from "./look.ts";

/** So many tables are shown; the others are counted. */
const SHOWN = 20;
const ABSENT = "—";

const number = (count: number): string => count.toLocaleString("en-US");
const versionOf = (side: Contents): string =>
  "error" in side ? `does not answer (MySQL error ${side.error})` : side.version;
const rowsOf = (side: Contents, table: string): string => {
  const found = "error" in side ? undefined : side.rows.get(table);
  return found === undefined ? ABSENT : `${found.exact ? "" : "~"}${number(found.count)}`;
};

/** What is in the running database and in the restored one, side by side. */
export function comparisonView(
  { running, restored }: Compared,
  names: { readonly running: string; readonly restored: string },
  { style = plain }: Look = {},
): string {
  const known = [running, restored].flatMap((side) => ("error" in side ? [] : [...side.rows.keys()]));
  const differs = (table: string) => rowsOf(running, table) !== rowsOf(restored, table);
  // What differs is what a person looks for.
  const tables = [...new Set(known)].sort((one, other) => Number(differs(other)) - Number(differs(one)));
  const shown = tables.slice(0, SHOWN);
  const rows: (readonly [string, string, string])[] = [
    ["", names.running, names.restored],
    ["MySQL", versionOf(running), versionOf(restored)],
    ...shown.map((table): [string, string, string] => [
      `rows of ${oneLine(table)}`,
      rowsOf(running, table),
      rowsOf(restored, table),
    ]),
  ];
  const wide = (column: 0 | 1) => Math.max(...rows.map((row) => widthOf(row[column]))) + 2;
  const [first, second] = [wide(0), wide(1)];
  const hidden = tables.length - shown.length;
  return joined([
    ...rows.map(([what, one, other], index) => {
      const line = `  ${pad(what, first)}${pad(one, second)}${other}`;
      return index === 0 ? style.bold(line) : line;
    }),
    ...(tables.length === 0 ? ["  Neither has a table."] : []),
    ...(hidden > 0
      ? [`  ${number(hidden)} more tables, of which ${number(tables.slice(SHOWN).filter(differs).length)} differ`]
      : []),
  ]);
}
