import { stripVTControlCharacters } from "node:util";
// Not string-width: its table of emoji alone takes a fifth of an empty Node process's start to compile.
import stringWidth from "fast-string-width";
import { wrapAnsi } from "fast-wrap-ansi";

/**
 * How many columns the text takes on a terminal; colours take none, East Asian characters and emoji two. A decomposed
 * syllable (a file's name on macOS) is as wide as the composed one.
 */
export const widthOf = (text: string): number => stringWidth(text.normalize());

let segmenter: Intl.Segmenter | undefined;

/** The text in at most `width` columns, ending in "…" when it was longer. For text without colours. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return "";
  // By what a person sees as one character; cli-truncate for Node 20 lets a wide one stand over the edge.
  segmenter ??= new Intl.Segmenter("en");
  let kept = "";
  for (const { segment } of segmenter.segment(text)) {
    if (widthOf(kept + segment) >= width) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/** The text filled up with spaces to `width` columns. */
export const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)));

/** Foreign text (names, AWS's messages) as one line that cannot steer the terminal. */
export function oneLine(text: string): string {
  return (
    stripVTControlCharacters(text)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
      .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ")
      .trim()
  );
}

/** The text in lines of that many columns at most; a longer word has a line of its own. */
export const wrapped = (text: string, width: number): string[] => wrapAnsi(oneLine(text), width).split("\n");
