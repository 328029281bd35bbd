import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Check } from "../../src/verify/check.ts";
import { allChecks } from "../../steps/verify.ts";

const DOC = join(import.meta.dirname, "..", "..", "docs", "verify.md");

const rowOf = ({ requirement, id, title, method, limits = "" }: Check): string =>
  `| ${[requirement, `\`${id}\``, title, method, limits].join(" | ")} |`.replaceAll("|  |", "| |");

test("docs/verify.md has exactly these checks, in their own words", () => {
  const rows = allChecks.map(rowOf);
  const isRow = (line: string) => /^\| R\d/.test(line);
  const lines = readFileSync(DOC, "utf8").split("\n");
  // After a change in steps/checks/*: WRITE_DOCS=1 npx vitest run test/verify/docs.test.ts
  if (process.env.WRITE_DOCS) {
    const first = lines.findIndex(isRow);
    lines.splice(first, lines.filter(isRow).length, ...rows);
    writeFileSync(DOC, lines.join("\n"));
  }
  expect(lines.filter(isRow), "docs/verify.md is not what steps/checks say").toEqual(rows);
});

test("what a check says of itself fits into a row of the table", () => {
  for (const { title, method, limits = "" } of allChecks) expect(title + method + limits).not.toMatch(/[|\n]/);
});
