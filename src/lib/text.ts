import { stripVTControlCharacters } from "node:util";
// Not string-width: its table of emoji alone takes a fifth of an empty Node process's start to compile.
import stringWidth from "fast-string-width";
import { wrapAnsi } from "fast-wrap-ansi";

/**
 * How many columns the text takes on a terminal; colours take none, East Asian characters and emoji two. A decomposed
 * syllable (a file's name on macOS) is as wide as the composed one.
 */
export const widthOf = (text: string): number => stringWidth(text.normalize());

const ASCII = /^[ -~]*$/;
let segmenter: Intl.Segmenter | undefined;

/** The text in at most `width` columns, ending in "…" when it was longer. For text without colours. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return "";
  // Loading the segmenter takes longer than the rest of a plan's text.
  if (ASCII.test(text)) return `${text.slice(0, width - 1).trimEnd()}…`;
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

/** The text as a column of a table: cut or filled up to exactly `width` columns. */
export const column = (text: string, width: number): string => pad(truncate(text, width), width);

/** Foreign text (names, AWS's messages) as one line that cannot steer the terminal. */
export function oneLine(text: string): string {
  return (
    stripVTControlCharacters(text)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
      .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ")
      .trim()
  );
}

/** Foreign text that cannot steer the terminal, with its line breaks and tabs. */
export const printable = (text: string): string => stripVTControlCharacters(text).replace(/[^\P{Cc}\n\t]/gu, "");

let completed = (text: string): string => text;

/** From here on a text for people is completed so before it is broken into lines: what is put in later makes them too long. */
export function completeTexts(by: (text: string) => string): void {
  completed = by;
}

const NO_BREAK = "\u00a0";

/** Broken between words; what is quoted as a command stays whole where a line has room for it. */
const broken = (text: string, width: number): string[] =>
  wrapAnsi(
    text.replace(/`[^`]+`[^\s`]*/g, (command) =>
      // An opening bracket belongs to it, too.
      widthOf(command) < width ? command.replaceAll(" ", NO_BREAK) : command,
    ),
    width,
  )
    .split("\n")
    .map((line) => line.replaceAll(NO_BREAK, " "));

/** The text in lines of that many columns at most; a longer word has a line of its own. */
export const wrapped = (text: string, width: number): string[] => broken(completed(oneLine(text)), width);

/** The text in lines of at most `width` columns, each after the indent. @param first begins the first line, as wide as the indent */
export const indented = (text: string, width: number, indent: string, first = indent): string[] =>
  wrapped(text, width - widthOf(indent)).map((line, index) => (index === 0 ? first : indent) + line);

/** A line that is to be copied: a break in it would be copied too. */
const TO_COPY = /^\s*(\$ )?(buddyverse(?= [a-z-])|(aws|ssh|mysql|mariadb|eval|export|unset|[A-Z_]+=)\b)/;
/** What begins a line before its text, under which the text goes on. */
const LEAD = /^ *(?:(?:[✔✖✓✗!?→·•+~*-]|\S{1,3}\.) +)?/;
const leadOf = (line: string): string => LEAD.exec(line)?.[0] ?? "";
/** All columns of a row but the last one. */
const COLUMNS = /^.*\S {2,}(?=\S)/;

/**
 * A text in lines of at most `width` columns, each broken between words and going on under its own begin. Colours stay. A line to copy, and what
 * is quoted as a command within a sentence, stay whole.
 */
export const fit = (text: string, width: number): string =>
  text
    .split("\n")
    .flatMap((line) =>
      widthOf(line) <= width || TO_COPY.test(stripVTControlCharacters(line)) ? [line] : brokenLine(line, width),
    )
    .join("\n");

function brokenLine(line: string, width: number): string[] {
  const plain = stripVTControlCharacters(line);
  const [beside = ""] = COLUMNS.exec(plain) ?? [];
  // A column that its longest word fits.
  const room = Math.max(...plain.slice(beside.length).split(" ").map(widthOf)) + widthOf(beside) <= width;
  const lead = (room && widthOf(beside) * 2 <= width && beside) || leadOf(plain);
  const indent = " ".repeat(widthOf(lead));
  // Where colours begin a line its lead cannot be cut off.
  const begins = line.startsWith(lead) ? lead : "";
  return broken(line.slice(begins.length), width - indent.length).map(
    (part, index) => (index === 0 ? begins : indent) + part,
  );
}

/** "1 subnet", "6 subnets", "2 security policies". */
export const counted = (count: number, noun: string): string => `${count} ${count === 1 ? noun : plural(noun)}`;

function plural(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/** "a, b and c". */
export function list(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? "none";
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** The first few, and how many more: "a, b, c and 2 more". */
export const some = (words: readonly string[], most = 3): string =>
  words.length <= most ? list(words) : `${words.slice(0, most).join(", ")} and ${words.length - most} more`;
