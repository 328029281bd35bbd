/** Who follows a link of the documents arrives, and every page can be reached. */
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, test } from "vitest";
import { headings, links, PAGES, ROOT, read } from "./pages.ts";

const targetOf = (page: string, link: string) => {
  const [path = "", anchor] = link.split("#");
  return { file: path === "" ? page : posix.join(posix.dirname(page), path), anchor };
};
const isLocal = (link: string) => !/^\w+:/.test(link);

test("each link leads to a file, and to a heading of it", () => {
  const broken = PAGES.flatMap((page) =>
    links(read(page))
      .filter(isLocal)
      .flatMap((link) => {
        const { file, anchor } = targetOf(page, link);
        if (!existsSync(join(ROOT, file))) return [`${page}: ${link}: no such file`];
        if (anchor === undefined || headings(read(file)).some((heading) => heading.anchor === anchor)) return [];
        return [`${page}: ${link}: no such heading`];
      }),
  );
  expect(broken).toEqual([]);
});

test("README leads to every page, over docs/README.md at most", () => {
  const reached = new Set(["README.md"]);
  const follow = (page: string) => {
    for (const link of links(read(page)).filter(isLocal)) reached.add(targetOf(page, link).file);
  };
  follow("README.md");
  for (const page of [...reached]) if (page.endsWith("/README.md")) follow(page);
  expect(PAGES.filter((page) => !reached.has(page))).toEqual([]);
});
