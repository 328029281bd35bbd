import { conditionOf, type Known, type Part, STANDINGS, type Tone, type Topology } from "../../graph/topology/model.ts";
import { indented, list, oneLine } from "../../lib/text.ts";
import { plain, type Style } from "../style.ts";
import { joined, type Look, WIDTH } from "./look.ts";

const COLOURS: Readonly<Record<Tone, (style: Style) => (text: string) => string>> = {
  good: ({ green }) => green,
  off: ({ yellow }) => yellow,
  gone: ({ dim }) => dim,
  bad: ({ red }) => red,
};

/** The picture of a stack in words, for a terminal: zone by zone, from the outside in, and who reaches whom. */
export function topologyView(
  topology: Topology,
  known: Known | undefined,
  { style = plain, width = WIDTH }: Look = {},
): string {
  const { stack, region, network, gateway, zones, tiers, reaches, cards } = topology;
  const thing = (part: Part, own = part.name): string => {
    const condition = conditionOf(part, known);
    const { sign, tone } = STANDINGS[condition?.standing ?? "recorded"];
    return condition ? `${COLOURS[tone](style)(sign)} ${oneLine(own)}` : oneLine(own);
  };
  const withKind = (part: Part): string => thing(part, `${part.name} (${part.kind})`);
  const lines = (text: string, indent: string, first = indent) => indented(text, Math.min(width, 100), indent, first);
  const seen = new Set([...(known?.conditions.values() ?? [])].map(({ standing }) => standing));
  return joined([
    style.bold(`${oneLine(stack)} in ${region}`),
    ...(known ? lines(`How it stands: ${known.source}.`, "") : []),
    "",
    `${thing(network)}  VPC ${network.note}`,
    `${thing(gateway)}  internet gateway`,
    ...tiers.flatMap(({ name, subnets, rows }) => [
      "",
      style.bold(name),
      ...rows.flatMap(({ group }) => (group ? lines(`${withKind(group)}: ${group.note}`, "    ", "  ") : [])),
      ...zones.flatMap((zone, index) => {
        const parts = rows.flatMap(({ zones: cells }) => (cells[index] ?? []).map(({ part }) => withKind(part)));
        const subnet = subnets[index];
        const where = `${zone}  ${subnet ? `${thing(subnet)} ${subnet.note}` : ""}`;
        return [`  ${where}`, ...(parts.length === 0 ? [] : lines(parts.join(", "), "    "))];
      }),
    ]),
    "",
    style.bold("Who reaches whom"),
    ...reaches.flatMap(({ from, to, what, by }) =>
      lines(`${list(from)} → ${list(to)}: ${what}, by ${by}`, "    ", "  "),
    ),
    "",
    style.bold("Beside the network"),
    ...cards.flatMap(({ name, parts }) =>
      lines(`${name}: ${parts.map((part) => (part.several ? thing(part) : withKind(part))).join(", ")}`, "    ", "  "),
    ),
    ...(known && known.extras.length > 0
      ? [
          "",
          style.bold("There, and not in the config"),
          ...known.extras.map(({ name, object }) => `  ${oneLine(name)} (${object})`),
        ]
      : []),
    ...(known
      ? [
          "",
          ...lines(
            [
              ...new Map(
                (Object.keys(STANDINGS) as (keyof typeof STANDINGS)[])
                  .filter((one) => seen.has(one))
                  .map((one) => [STANDINGS[one].words, STANDINGS[one].sign]),
              ),
            ]
              .map(([words, sign]) => `${sign} ${words}`)
              .join(", "),
            "",
          ),
        ]
      : []),
  ]);
}
