import { escaped } from "./escape.ts";
import { oneLine, widthOf } from "./text.ts";

/** Foreign text as XML and HTML take it: no markup, and none of the characters that XML does not know. */
export const said = (text: string): string => escaped(oneLine(text).replace(/\p{Cs}|[\uFFFE\uFFFF]/gu, "\uFFFD"));

/** How wide a text is at most, pixels: usual fonts set it narrower. East Asian characters are two columns. */
export const textWidth = (text: string, size: number, bold = false): number =>
  widthOf(text) * size * (bold ? 0.66 : 0.6);

let segmenter: Intl.Segmenter | undefined;

/** By what a person sees as one character. */
function charactersOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter("en");
  return [...segmenter.segment(text)].map(({ segment }) => segment);
}

/** Cut in the middle to what fits: long names differ at their ends. */
export function fitted(text: string, width: number, size: number, bold = false): string {
  if (textWidth(text, size, bold) <= width) return text;
  const all = charactersOf(text);
  for (let kept = all.length - 1; kept > 0; kept--) {
    const head = Math.floor(kept / 3);
    const cut = `${all.slice(0, head).join("")}…${all.slice(all.length - (kept - head)).join("")}`;
    if (textWidth(cut, size, bold) <= width) return cut;
  }
  return "…";
}

/** In so many lines at most, broken where names have a joint; the last line is cut to what fits. */
export function broken(text: string, width: number, size: number, bold: boolean, most: number): readonly string[] {
  if (most === 1 || textWidth(text, size, bold) <= width) return [fitted(text, width, size, bold)];
  const pieces = text.split(/(?<=[-_/.,: ])/);
  let first = "";
  while (pieces.length > 1 && textWidth((first + pieces[0]).trimEnd(), size, bold) <= width) first += pieces.shift();
  if (first === "") return [fitted(text, width, size, bold)];
  return [first.trimEnd(), ...broken(pieces.join(""), width, size, bold, most - 1)];
}
