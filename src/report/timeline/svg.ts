import { said, textWidth } from "../../lib/drawn-text.ts";
import { measured, spelled } from "../../lib/duration.ts";
import { counted } from "../../lib/text.ts";
import { type Row, SIZE, type TimelineLayout, timelineLayout } from "./layout.ts";
import { callingSeconds, criticalPath, isLate, type Timeline, type TimelineBar } from "./model.ts";
import css from "./svg.css";

const rounded = (value: number): number => Math.round(value * 10) / 10;
const text = (words: string, x: number, y: number, look: string, size = SIZE): string =>
  `<text class="${look}" x="${rounded(x)}" y="${rounded(y)}" font-size="${size}">${said(words)}</text>`;

/** "vpc Buddy-Project created in 2s, usually 2s: 3 calls, 1s of them". */
function barWords(bar: TimelineBar): string {
  const { name, object, outcome, from, to, usual, calls } = bar;
  return [
    `${object} ${name}: ${outcome} in ${measured(to - from)}, from ${measured(from)} on`,
    ...(usual === undefined ? [] : [`usually ${measured(usual)}${isLate(bar) ? ", late" : ""}`]),
    ...(calls.length === 0 ? [] : [`${counted(calls.length, "call")}, ${measured(callingSeconds(calls))} in all`]),
  ].join("; ");
}

/** What it shows, in sentences, for those who do not see it. */
function timelineInWords(timeline: Timeline): string {
  const { bars, seconds, result } = timeline;
  const late = bars.filter(isLate).map(({ name }) => name);
  return [
    `${counted(bars.length, "object")} in ${spelled(seconds)}; ${result}.`,
    ...(bars.length === 0
      ? []
      : [
          `What took the time, one after the other: ${criticalPath(timeline)
            .map((bar) => `${bar.name} ${measured(bar.to - bar.from)}`)
            .join(", ")}.`,
        ]),
    ...(late.length === 0 ? [] : [`Later than usual: ${late.join(", ")}.`]),
  ].join(" ");
}

function drawnRow(row: Row): string {
  const { bar, critical, late, name, took, whole, barY, barHeight, calls, usualX } = row;
  const looks = [critical ? "hot" : "", bar.outcome === "failed" || bar.outcome === "interrupted" ? "failed" : ""]
    .join(" ")
    .trim();
  return [
    `<g class="${looks}"><title>${said(barWords(bar))}</title>`,
    `<text class="name" x="${rounded(name.x)}" y="${name.y}" font-size="${SIZE}"><tspan class="soft">${said(name.noun)}</tspan> ${said(name.text)}</text>`,
    `<rect class="wait" x="${rounded(whole.x)}" y="${barY}" width="${rounded(whole.width)}" height="${barHeight}" rx="2"/>`,
    ...calls.map(
      (call) =>
        `<rect class="call" x="${rounded(call.x)}" y="${barY + 3}" width="${rounded(call.width)}" height="${barHeight - 6}"/>`,
    ),
    usualX === undefined ? "" : `<path class="usual" d="M${rounded(usualX)} ${barY - 2}v${barHeight + 4}"/>`,
    text(took.text, took.x, took.y, bar.outcome === "failed" ? "failed-words" : late ? "overdue" : "soft"),
    "</g>",
  ].join("");
}

/** How each thing looks, in a row that wraps. */
function legend(
  timeline: Timeline,
  width: number,
  top: number,
): { readonly parts: readonly string[]; readonly height: number } {
  const entries: (readonly [words: string, draw: (x: number, y: number) => string])[] = [
    ["waiting for AWS", (x, y) => `<rect class="wait" x="${x}" y="${y - 9}" width="22" height="10" rx="2"/>`],
    ...(timeline.otherCalls === undefined
      ? []
      : [
          [
            "calling",
            (x: number, y: number) => `<rect class="call" x="${x}" y="${y - 7}" width="22" height="6"/>`,
          ] as const,
        ]),
    ["on the critical path", (x, y) => `<rect class="wait hot" x="${x}" y="${y - 9}" width="22" height="10" rx="2"/>`],
    ["usually done", (x, y) => `<path class="usual" d="M${x + 11} ${y - 11}v14"/>`],
  ];
  let [x, y] = [2, top + 16];
  const parts = entries.map(([words, draw]) => {
    const wide = 28 + textWidth(words, SIZE) + 14;
    if (x > 2 && x + wide > width) [x, y] = [2, y + 20];
    const drawn = draw(x, y) + text(words, x + 28, y, "soft");
    x += wide;
    return drawn;
  });
  return { parts, height: y + 8 - top };
}

export interface TimelineSvgOptions {
  readonly width?: number;
  readonly narrow?: boolean;
  /** In a page, which says what it is. */
  readonly inPage?: boolean;
}

/** A run as a Gantt chart: one SVG element, or, with its style and title in it, a file of its own. */
export function timelineSvg(timeline: Timeline, options: TimelineSvgOptions = {}): string {
  const { width = 1_180, narrow = false, inPage = false } = options;
  const id = narrow ? "narrow" : "wide";
  const layout: TimelineLayout = timelineLayout(timeline, width, narrow);
  const { rows, ticks, links, top, bottom } = layout;
  const head = inPage ? 0 : 34;
  const key = legend(timeline, width, layout.height);
  const height = layout.height + key.height + head;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="gantt ${id}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-title ${id}-words">`,
    `<title id="${id}-title">${said(timeline.command)}</title>`,
    `<desc id="${id}-words">${said(timelineInWords(timeline))}</desc>`,
    ...(inPage
      ? []
      : [
          `<style>${css.trim()}</style>`,
          `<rect width="${width}" height="${height}" style="fill:var(--paper)"/>`,
          text(
            `${timeline.command}, ${timeline.at.slice(0, 16).replace("T", " ")} UTC: ${spelled(timeline.seconds)}, ${timeline.result}`,
            4,
            20,
            "name",
            14,
          ),
        ]),
    `<g transform="translate(0 ${head})">`,
    ...rows.flatMap(({ y, height: high }, index) =>
      index % 2 === 0 ? [] : `<rect class="stripe" x="0" y="${y}" width="${width}" height="${high}"/>`,
    ),
    ...ticks.map(
      ({ x, words }) =>
        `<path class="grid" d="M${rounded(x)} ${top}V${bottom}"/>${text(words, Math.min(x, width - textWidth(words, SIZE)), 14, "soft")}`,
    ),
    // Above its bar each name has the whole width: nothing may run through it.
    ...(narrow ? [] : links).map(
      ({ x, from, to, end }) =>
        `<path class="link" d="M${rounded(x)} ${from}V${to}${end > x ? `H${rounded(end)}` : ""}"/>`,
    ),
    ...rows.map(drawnRow),
    ...key.parts,
    "</g>",
    "</svg>",
  ].join("\n");
}
