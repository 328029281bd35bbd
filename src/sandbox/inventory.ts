import { services } from "./services/services.ts";
import type { World } from "./world.ts";

/** What is shown of a world, by table: as the services say it. */
const KINDS: Readonly<Record<string, string>> = Object.assign(
  {},
  ...Object.values(services).map((service) => service.inventory),
);
const OVER = new Set(["terminated", "deleted"]);

export interface Kind {
  readonly kind: string;
  readonly ids: readonly string[];
  /** How many are over (terminated, deleted) and only still shown, as AWS shows them for about an hour. */
  readonly over: number;
}

/** What is in a world, by kind. */
export function inventory(world: World): readonly Kind[] {
  return Object.entries(KINDS)
    .map(([table, kind]) => {
      const rows = Object.entries(world.tables[table] ?? {}).filter(([, { row }]) => row !== null);
      const isOver = ([, { row }]: (typeof rows)[number]) => OVER.has((row as { state?: string }).state ?? "");
      return { kind, ids: rows.filter((row) => !isOver(row)).map(([id]) => id), over: rows.filter(isOver).length };
    })
    .filter(({ ids, over }) => ids.length + over > 0);
}
