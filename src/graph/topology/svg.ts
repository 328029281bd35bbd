import { serviceOfType } from "../../aws/services.ts";
import { said } from "../../lib/drawn-text.ts";
import { list } from "../../lib/text.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { merged } from "./merged.ts";
import { type Condition, type Known, type Part, STANDINGS, type Topology } from "./model.ts";
import type { Line, Pill, Rect, Text } from "./sheet.ts";
import css from "./svg.css";

const NO_COLOUR = "#6b7685";
const TIP = { length: 7, half: 4 };

const rounded = (value: number): number => Math.round(value * 10) / 10;
const where = ({ x, y, width, height }: Rect): string =>
  `x="${rounded(x)}" y="${rounded(y)}" width="${rounded(width)}" height="${rounded(height)}"`;

const drawnText = ({ x, y, text, size, bold, look, anchor, lead = "" }: Text): string =>
  `<text class="${look}" x="${rounded(x)}" y="${rounded(y)}" font-size="${size}"${bold ? ' font-weight="600"' : ""}${anchor ? ` text-anchor="${anchor}"` : ""}>${lead === "" ? "" : `<tspan class="note">${said(lead)}</tspan> `}${said(text.slice(lead.length))}</text>`;

/** A part in words: "NAT instance Buddy-NAT1, t3.micro; i-0abc, as the config says". */
function partWords({ kind, name, note }: Part, condition: Condition | undefined): string {
  const what = [kind === "outside" ? name : `${kind} ${name}`.trim(), ...(note === "" ? [] : [note])].join(", ");
  if (!condition) return what;
  const { id, standing, why } = condition;
  return `${what}; ${[...(id === undefined || id === name ? [] : [id]), STANDINGS[standing].words, ...(why === undefined ? [] : [why])].join(", ")}`;
}

function sign(condition: Condition | undefined, x: number, y: number): string {
  if (!condition) return "";
  const { sign: text, tone } = STANDINGS[condition.standing];
  return drawnText({ x, y, text, size: 12, bold: true, look: `sign ${tone}`, anchor: "middle" });
}

/** A line, with its head where it ends. */
function drawnLine({ kind, points }: Line): string {
  const [[x1, y1], [x2, y2]] = points as [readonly [number, number], readonly [number, number]];
  const long = Math.hypot(x2 - x1, y2 - y1);
  const [dx, dy] = [(x2 - x1) / long, (y2 - y1) / long];
  const [bx, by] = [x2 - dx * TIP.length, y2 - dy * TIP.length];
  const corners = [
    [x2, y2],
    [bx - dy * TIP.half, by + dx * TIP.half],
    [bx + dy * TIP.half, by - dx * TIP.half],
  ] as const;
  return `<path class="flow ${kind}" d="M${rounded(x1)} ${rounded(y1)}L${rounded(bx)} ${rounded(by)}"/><path class="tip ${kind}" d="M${corners.map(([x, y]) => `${rounded(x)} ${rounded(y)}`).join("L")}z"/>`;
}

const drawnPill = ({ kind, text, ...rect }: Pill): string =>
  `<rect class="pill ${kind}" ${where(rect)} rx="8.5"/><text class="said ${kind}" x="${rounded(rect.x + rect.width / 2)}" y="${rounded(rect.y + 12)}" font-size="10" font-weight="600" text-anchor="middle">${said(text)}</text>`;

export interface SvgOptions {
  readonly narrow?: boolean;
  /** In a page, which has the style, and says what the picture is. */
  readonly inPage?: boolean;
}

/** What the picture shows, in sentences, for those who do not see it. */
function pictureInWords({ region, network, zones, tiers, reaches }: Topology): string {
  const within = tiers.map(({ name, rows }) => {
    const names = new Set(
      rows.flatMap(({ zones: cells }) => cells.flat().map(({ part }) => `${part.kind} ${part.name}`)),
    );
    return `${name}: ${names.size === 0 ? "nothing" : list([...names])}.`;
  });
  return [
    `The VPC ${network.name} (${network.note}) in ${region}, over ${list(zones)}.`,
    ...within,
    ...reaches.map(({ from, to, what }) => `${list(from)} to ${list(to)}: ${what}.`),
  ].join(" ");
}

/** The picture as one SVG element, or, with its style and title in it, as a file of its own. */
export function topologySvg(topology: Topology, known: Known | undefined, options: SvgOptions = {}): string {
  const { narrow = false, inPage = false } = options;
  const { stack, region } = topology;
  const title = `${stack} in ${region}`;
  const heading = inPage ? [] : [title, known ? `How it stands: ${known.source}.` : "As the config describes it."];
  const layout: Layout = layoutOf(narrow ? merged(topology) : topology, known, { narrow, heading });
  const { width, height, frames, boxes, lines, pills, texts } = layout;
  const id = narrow ? "narrow" : "wide";
  const extras = known?.extras ?? [];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="topology ${id}" viewBox="0 0 ${rounded(width)} ${rounded(height)}" width="${rounded(width)}" height="${rounded(height)}" role="img" aria-labelledby="${id}-title ${id}-words">`,
    `<title id="${id}-title">${said(title)}</title>`,
    `<desc id="${id}-words">${said(pictureInWords(topology))}${extras.length > 0 ? said(` No longer wanted, and not drawn: ${list(extras.map(({ name }) => name))}.`) : ""}</desc>`,
    ...(inPage
      ? []
      : [
          `<style>${css.trim()}</style>`,
          `<rect width="${rounded(width)}" height="${rounded(height)}" style="fill:var(--paper)"/>`,
        ]),
    ...frames.map(({ look, part, condition, texts: own, ...rect }) => {
      const open = look === "subnet" && part?.id.includes("public") ? " open" : "";
      const tip = part ? `<title>${said(partWords(part, condition))}</title>` : "";
      return `<g class="${condition ? STANDINGS[condition.standing].tone : ""}">${tip}<rect class="frame ${look}${open}" ${where(rect)} rx="${look === "region" || look === "network" ? 10 : 7}"/>${own.map(drawnText).join("")}${sign(condition, rect.x + rect.width - 12, rect.y + 16)}</g>`;
    }),
    ...lines.map(drawnLine),
    ...pills.map(drawnPill),
    ...boxes.map(({ part, condition, look, texts: own, ...rect }) => {
      const colour = part.object === undefined ? NO_COLOUR : (serviceOfType.get(part.object)?.colour ?? NO_COLOUR);
      const stripe =
        look === "row"
          ? `<circle cx="${rounded(rect.x + 3)}" cy="${rounded(rect.y + rect.height / 2)}" r="3" fill="${colour}"/>`
          : `<rect x="${rounded(rect.x)}" y="${rounded(rect.y + 6)}" width="3.5" height="${rounded(rect.height - 12)}" rx="1.7" fill="${colour}"/>`;
      const signY = look === "row" ? rect.y + 13 : rect.y + 16;
      return `<g class="${condition ? STANDINGS[condition.standing].tone : ""}"><title>${said(partWords(part, condition))}</title><rect class="${look}" ${where(rect)} rx="6"/>${stripe}${own.map(drawnText).join("")}${sign(condition, rect.x + rect.width - 10, signY)}</g>`;
    }),
    ...texts.map(drawnText),
    "</svg>",
  ].join("\n");
}
