import type { World } from "./world.ts";

/** What is in a world, by kind: each table's name and the ids of its rows. */
export function inventory(world: World): readonly { readonly kind: string; readonly ids: readonly string[] }[] {
  return Object.entries(world.tables)
    .map(([kind, rows]) => ({ kind, ids: Object.entries(rows).flatMap(([id, { row }]) => (row === null ? [] : [id])) }))
    .filter(({ kind, ids }) => ids.length > 0 && kind !== "ec2.tags")
    .sort((one, other) => one.kind.localeCompare(other.kind));
}
