import type { World } from "../../src/sandbox/world.ts";

/** What is in a world, to the last property. */
export const rowsIn = ({ tables }: World): readonly string[] =>
  Object.entries(tables)
    .flatMap(([table, rows]) =>
      Object.entries(rows).flatMap(([id, { row }]) => (row === null ? [] : [`${table} ${id} ${JSON.stringify(row)}`])),
    )
    .sort();
