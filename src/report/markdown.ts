import { oneLine } from "../lib/text.ts";

/** Text as GitHub's Markdown: foreign words in it (names, AWS's messages) are shown, and mean nothing. */

const ZERO_WIDTH_SPACE = "&#8203;";

/** Foreign text in a sentence: no markup, no HTML, and nobody and no issue is mentioned. */
const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[\\`*_[\]>|~]/g, "\\$&")
    .replace(/[@#](?=[\p{L}\p{N}])/gu, `$&${ZERO_WIDTH_SPACE}`);

/** A name or value, word for word. */
export function code(text: string): string {
  // In a table a bar ends the cell, also in code.
  const shown = oneLine(text).replaceAll("|", "\\|");
  if (shown === "") return "";
  const fence = fenceFor(shown, 1);
  const edge = /^`|`$/.test(shown) ? " " : "";
  return `${fence}${edge}${shown}${edge}${fence}`;
}

/** A sentence of ours, with foreign words in it; what stands in backticks stays code. */
export const prose = (text: string): string =>
  oneLine(text)
    .split(/`([^`]+)`/)
    .map((part, index) => (index % 2 === 0 ? escaped(part) : code(part)))
    .join("");

/** Lines word for word. */
export function block(text: string, language = "text"): string {
  const fence = fenceFor(text, 3);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** More backticks than stand together anywhere in the text. */
function fenceFor(text: string, least: number): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  return "`".repeat(Math.max(least, longest + 1));
}

/** What is shown when a reader asks for it. */
export const folded = (title: string, text: string): string =>
  `<details><summary>${escaped(title)}</summary>\n\n${text}\n\n</details>`;

/** A row of a table. */
export const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** Said first, and loud. */
export const alert = (kind: "CAUTION" | "WARNING" | "NOTE", lines: readonly string[]): string =>
  [`> [!${kind}]`, ...lines.map((line) => `> ${line}`)].join("\n");
