import type { Plan } from "../engine/plan.ts";

/** A plan as JSON: each object with what it costs more a month. */
export const documentOf = ({ items, ...plan }: Plan, costs?: ReadonlyMap<string, number | null>) => ({
  ...plan,
  items: items.map((item) => ({ ...item, monthlyChange: costs === undefined ? null : (costs.get(item.key) ?? 0) })),
});
