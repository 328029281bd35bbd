/** The Korean pages say what the English ones say: part by part the same code, words of code, figures, rows and links. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, test } from "vitest";
import { headings, links, PAGES, prose, ROOT, read } from "./pages.ts";

const KOREAN = PAGES.filter((page) => page.startsWith("docs/ko/"));
const englishOf = (page: string): string =>
  page === "docs/ko/README.md" ? "README.md" : page.replace("docs/ko/", "docs/");

const BLOCK = /^```.*\n[\s\S]*?^```$/gm;
const blocks = (text: string): readonly string[] => text.match(BLOCK) ?? [];
/** What stands under each heading, and before the first. */
const parts = (text: string): readonly string[] => prose(text.replace(/^<!-- .* -->$/gm, "")).split(/^(?=#+ )/m);
const words = (part: string): readonly string[] => [...new Set(part.match(/`[^`]+`/g) ?? [])].sort();
const rows = (part: string): number => part.match(/^\|/gm)?.length ?? 0;
const items = (part: string): number => part.match(/^(- |\d+\. )/gm)?.length ?? 0;
const figures = (part: string): readonly string[] => [
  ...new Set(part.replace(/`[^`]+`|\]\([^)]*\)/g, "").match(/\d[\d.,:]*\d|\d/g) ?? []),
];
/** Where a link of the page leads, the same for both languages: of a translated page the place is the number of its heading. */
function target(page: string, link: string): string {
  if (/^\w+:/.test(link)) return link;
  const [path = "", anchor = ""] = link.split("#");
  const file = path === "" ? page : posix.join(posix.dirname(page), path);
  const english = KOREAN.includes(file) ? englishOf(file) : file;
  if (anchor === "" || !KOREAN.map(englishOf).includes(english)) return `${english}#${anchor}`;
  return `${english}#${headings(read(file)).findIndex((heading) => heading.anchor === anchor)}`;
}
const targets = (page: string, part: string): readonly string[] =>
  [...new Set(links(part).map((link) => target(page, link)))].sort();

const digest = (part: string): string => createHash("sha256").update(part.trim()).digest("hex").slice(0, 8);
const record = (english: string): string => `<!-- translated: ${parts(read(english)).map(digest).join(" ")} -->`;

/** After the Korean follows what was changed: WRITE_DOCS=1 npx vitest run test/docs/ko.test.ts */
function write(page: string): void {
  const wanted = [...blocks(read(englishOf(page)))];
  const text = read(page).replace(/\n<!-- translated: .* -->\n/, "");
  const filled = text.replace(BLOCK, (own) => wanted.shift() ?? own);
  writeFileSync(join(ROOT, page), `${filled.trimEnd()}\n\n${record(englishOf(page))}\n`);
}

test("a reader of Korean finds where to begin", () => {
  expect(KOREAN).toEqual(["docs/ko/README.md", "docs/ko/app.md", "docs/ko/data.md", "docs/ko/first-deploy.md"]);
  expect(links(read("README.md"))).toContain("docs/ko/README.md");
});

test.each(KOREAN)("%s says what the English page says", (page) => {
  if (process.env.WRITE_DOCS) write(page);
  const english = englishOf(page);
  const [own, source] = [read(page), read(english)];
  expect(headings(own).map(({ level }) => level)).toEqual(headings(source).map(({ level }) => level));
  expect(blocks(own)).toEqual(blocks(source));
  expect(own.match(/^<!-- \$ .* -->$/gm)).toEqual(source.match(/^<!-- \$ .* -->$/gm));
  const [ours, theirs] = [parts(own), parts(source)];
  for (const [index, part] of theirs.entries()) {
    const korean = ours[index] ?? "";
    const where = `${page}: ${part.split("\n")[0]}`;
    expect(words(korean), where).toEqual(words(part));
    expect(rows(korean), where).toBe(rows(part));
    expect(items(korean), where).toBe(items(part));
    expect(
      figures(part).filter((figure) => !figures(korean).includes(figure)),
      where,
    ).toEqual([]);
    expect(targets(page, korean), where).toEqual(targets(english, part));
  }
});

test.each(KOREAN)("%s follows every change of the English page", (page) => {
  const english = englishOf(page);
  const known = /<!-- translated: (.*) -->/.exec(read(page))?.[1]?.split(" ") ?? [];
  const changed = parts(read(english))
    .filter((part, index) => known[index] !== digest(part))
    .map((part) => `${english}: ${part.split("\n")[0]}`);
  expect(changed, "translate these, then WRITE_DOCS=1 npx vitest run test/docs/ko.test.ts").toEqual([]);
});

test("it is Korean, in the polite form", () => {
  for (const page of KOREAN) {
    const sentences = prose(read(page))
      .replace(/^\|.*$/gm, "")
      .match(/[가-힣]+(?=\.(\s|$))/g);
    expect(sentences?.length, page).toBeGreaterThan(5);
    expect(
      sentences?.filter((end) => !/(니다|십시오)$/.test(end)),
      page,
    ).toEqual([]);
  }
});
