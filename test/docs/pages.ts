/** The project's documents, for the tests that read them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

/** Paths of all documents from the root. */
export const PAGES: readonly string[] = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`)
    .sort(),
];

export const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");

/** The text without what stands in code blocks. */
export const prose = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, "");

export interface Heading {
  readonly level: number;
  readonly title: string;
  /** As GitHub makes it of the title. */
  readonly anchor: string;
}

export function headings(text: string): Heading[] {
  const seen = new Map<string, number>();
  return [...prose(text).matchAll(/^(#{1,6}) (.+)$/gm)].map(([, signs = "", title = ""]) => {
    const name = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-");
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return { level: signs.length, title, anchor: before === 0 ? name : `${name}-${before}` };
  });
}

/** What the page's links name, as it stands there. */
export const links = (text: string): string[] =>
  [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);

/** What a user of the program reads; the Korean pages have the commands of the English ones (ko.test.ts). */
export const USERS_PAGES: readonly string[] = PAGES.filter(
  (page) => page !== "CHANGELOG.md" && !/^docs\/(internals|ko)\//.test(page),
);
