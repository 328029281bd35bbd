import { fitted, textWidth } from "../../lib/drawn-text.ts";
import { type Card, conditionOf, type Known } from "./model.ts";
import { NAME, NOTE, type Sheet, type Text } from "./sheet.ts";

const HEAD = 27;
const ROW = 17;
const PAD = 12;
const GAP = 9;

interface Place {
  readonly x: number;
  readonly y: number;
  /** Of one column. */
  readonly width: number;
  readonly columns: number;
  /** Between columns. */
  readonly gap?: number;
}

/** Draws what is in no zone: each card in the shortest column so far. Answers where they end. */
export function cardsIn(
  { frames, boxes }: Sheet,
  cards: readonly Card[],
  known: Known | undefined,
  place: Place,
): number {
  const { x, y, width, columns, gap = GAP } = place;
  const ends: number[] = Array(columns).fill(y);
  for (const { name, parts } of cards) {
    const column = ends.indexOf(Math.min(...ends));
    const left = x + column * (width + gap);
    const top = ends[column] as number;
    const height = HEAD + parts.length * ROW + 6;
    const title: Text = {
      x: left + PAD,
      y: top + 20,
      text: fitted(name, width - 2 * PAD, NAME, true),
      size: NAME,
      bold: true,
      look: "name",
    };
    frames.push({
      x: left,
      y: top,
      width,
      height,
      look: "card",
      part: undefined,
      condition: undefined,
      texts: [title],
    });
    parts.forEach((part, index) => {
      const rect = { x: left + PAD, y: top + HEAD + index * ROW, width: width - 2 * PAD, height: ROW };
      const condition = conditionOf(part, known);
      const room = rect.width - 10 - (condition ? 16 : 0);
      // What many are says it all; what one is stands before its name.
      const lead = part.several ? "" : `${part.kind} `;
      const text = lead + fitted(part.name, room - textWidth(lead, NOTE), NOTE);
      const texts: Text[] = [{ x: rect.x + 10, y: rect.y + 12, size: NOTE, bold: false, look: "value", text, lead }];
      boxes.push({ ...rect, part, condition, look: "row", texts });
    });
    ends[column] = top + height + GAP;
  }
  return Math.max(...ends) - GAP;
}
