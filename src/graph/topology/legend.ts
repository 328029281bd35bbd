import { textWidth } from "../../lib/drawn-text.ts";
import { type Flow, type FlowKind, type Known, STANDINGS, type Standing } from "./model.ts";
import { NOTE, type Sheet } from "./sheet.ts";

const WORDS: Readonly<Record<FlowKind, string>> = {
  visit: "visitors, and what is asked for them",
  operate: "operators, by ssh and SQL",
  data: "files, rows, replication",
  out: "out to the internet",
};
const SAMPLE = 26;
const ROW = 20;

/** Draws what lines and signs mean: those that are there. Answers where it ends. */
export function legendIn(
  sheet: Sheet,
  flows: readonly Flow[],
  known: Known | undefined,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): number {
  let [left, top] = [x, y];
  const add = (words: string, draw: (x: number, y: number) => void) => {
    const wide = SAMPLE + 6 + textWidth(words, NOTE);
    if (left > x && left + wide > x + width) [left, top] = [x, top + ROW];
    draw(left, top);
    sheet.texts.push({ x: left + SAMPLE + 6, y: top + 13, text: words, size: NOTE, bold: false, look: "note" });
    left += wide + 20;
  };
  for (const kind of Object.keys(WORDS) as FlowKind[])
    if (flows.some((flow) => flow.kind === kind))
      add(WORDS[kind], (at, line) =>
        sheet.lines.push({
          kind,
          from: "",
          to: "",
          points: [
            [at, line + 9],
            [at + SAMPLE - 2, line + 9],
          ],
        }),
      );
  if (!known) return top + ROW;
  const standings = new Set([...known.conditions.values()].map(({ standing }) => standing));
  const seen = new Set<string>();
  for (const standing of Object.keys(STANDINGS) as Standing[]) {
    const { sign, words, tone } = STANDINGS[standing];
    if (!standings.has(standing) || seen.has(words)) continue;
    seen.add(words);
    add(words, (at, line) =>
      sheet.texts.push({
        x: at + SAMPLE - 8,
        y: line + 13,
        text: sign,
        size: NOTE,
        bold: true,
        look: `sign ${tone}`,
        anchor: "middle",
      }),
    );
  }
  return top + ROW;
}
