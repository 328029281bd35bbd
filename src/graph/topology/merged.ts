import { groupBy } from "../../lib/group.ts";
import { counted } from "../../lib/text.ts";
import type { Flow, Part, Placed, Topology } from "./model.ts";

/** All zones as one, for a narrow screen: what each of them has is drawn once, with all names. */
export function merged(topology: Topology): Topology {
  const { region, zones, tiers, flows } = topology;
  if (zones.length === 1) return topology;
  const ids = new Map<string, string>();
  const one = (parts: readonly Part[]): Part => {
    const [first] = parts as [Part, ...Part[]];
    for (const { id } of parts) ids.set(id, first.id);
    const keys = [...new Set(parts.flatMap((part) => part.keys))];
    const several = parts.some(({ keys: [key] }) => key !== first.keys[0]) ? { several: true as const } : {};
    return {
      ...first,
      ...several,
      keys,
      name: inOne(parts.map(({ name }) => name)),
      note: inOne(parts.map(({ note }) => note)),
    };
  };
  const row = (placed: readonly Placed[]): readonly Placed[] => {
    const kinds = [...groupBy(placed, ({ part }) => part.kind).values()];
    return kinds.map((same, index) => ({
      part: one(same.map(({ part }) => part)),
      slot: slotOf(same[0] as Placed, index, kinds.length),
    }));
  };
  const drawn = tiers.map((tier) => ({
    ...tier,
    subnets: [one(tier.subnets)],
    rows: tier.rows.map(({ group, zones: cells }) => ({ ...(group ? { group } : {}), zones: [row(cells.flat())] })),
  }));
  const halves = new Map(
    drawn.flatMap(({ rows }) =>
      rows.flatMap(({ zones: cells }) => cells.flat().map(({ part, slot }) => [part.id, slot])),
    ),
  );
  const whole = new Map<string, Flow>();
  for (const flow of flows) {
    const [from, to] = [ids.get(flow.from) ?? flow.from, ids.get(flow.to) ?? flow.to];
    const slot = halves.get(to);
    if (slot === "first-half" && flow.kind === "operate") continue;
    const lane =
      flow.kind !== "data"
        ? flow.lane
        : flow.lane === "across" || !slot?.endsWith("-half")
          ? flow.lane
          : slot === "first-half"
            ? "out"
            : "right";
    whole.set(`${from} ${to}`, { ...flow, from, to, lane });
  }
  const letters = zones.map((zone) => (zone.startsWith(region) ? zone.slice(region.length) : zone));
  return {
    ...topology,
    zones: [`${counted(zones.length, "zone")}: ${letters.join(", ")}`],
    tiers: drawn,
    flows: [...whole.values()],
  };
}

/** Databases stand side by side; the files leave room for the way to the second. */
function slotOf({ slot }: Placed, index: number, count: number): Placed["slot"] {
  if (slot === "beside") return "inner";
  if (slot !== "whole" && !slot.endsWith("-half")) return slot;
  return count === 1 ? "whole" : index === 0 ? "first-half" : "second-half";
}

/** "Bastion1, 2"; of many the first and the last: "Bastion1 … 6". */
function inOne(names: readonly string[]): string {
  const [first = "", ...others] = new Set(names);
  const last = others.at(-1);
  if (last === undefined) return first;
  const stem = first.replace(/\d+$/, "");
  const short =
    stem !== first && last.startsWith(stem) && /^\d+$/.test(last.slice(stem.length)) ? last.slice(stem.length) : last;
  return others.length === 1 ? `${first}, ${short}` : `${first} … ${short}`;
}
