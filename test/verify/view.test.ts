import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { widthOf } from "../../src/lib/text.ts";
import { coloured } from "../../src/report/style.ts";
import type { CheckResult } from "../../src/verify/check.ts";
import { verifyView } from "../../src/verify/view.ts";
import { checksOn } from "./good.ts";

const results: readonly CheckResult[] = [
  {
    id: "group-size",
    requirement: "R1",
    title: "The group has its sizes",
    result: "passed",
    evidence: "min 2, max 4",
    ms: 400,
  },
  {
    id: "zones-in-service",
    requirement: "R1",
    title: "In every zone",
    result: "failed",
    evidence: "2 in a and 0 in c",
    ms: 400,
  },
  {
    id: "encrypted",
    requirement: "R6",
    title: "Everything that keeps data is encrypted at rest",
    result: "unknown",
    evidence:
      "could not be looked at: UnauthorizedOperation: You are not authorized to perform this operation: ec2:DescribeVolumes\u001b[31m",
    ms: 12_300,
  },
];

test("a table: each requirement, what was asked and seen, what was not asked, and the sum", () => {
  const text = verifyView(results, [{ id: "redirect", requirement: "R6", why: "the config names no domain" }], {
    width: 80,
  });
  expect(text).toBe(`\
 R1  ✔ The group has its sizes
       min 2, max 4
     ✖ In every zone
       2 in a and 0 in c
 R6  ? Everything that keeps data is encrypted at rest
       could not be looked at: UnauthorizedOperation: You are not authorized to
       perform this operation: ec2:DescribeVolumes
       not asked: redirect (R6), as the config names no domain

1 of 3 checks passed, 1 failed, 1 could not be looked at (12s).`);
});

test("--quiet leaves what did not pass, and the sum", () => {
  const passed: CheckResult = { ...(results[0] as CheckResult), result: "passed" };
  expect(verifyView([passed], [], { quiet: true })).toMatch(/^1 of 1 check passed \(.*\)\.$/);
  const text = verifyView(results, [{ id: "redirect", requirement: "R6", why: "" }], { quiet: true });
  expect(text).not.toContain("The group has its sizes");
  expect(text).not.toContain("not asked");
  expect(text).toMatch(/^ R1 {2}✖ In every zone\n.*\n\n1 of 3 checks passed, 1 failed/s);
});

test("all checks at width 80, in colours: no line is longer, and colours change no word", async () => {
  const all = await checksOn();
  const text = verifyView(all, [], { width: 80, style: coloured });
  for (const line of text.split("\n")) expect(widthOf(line), line).toBeLessThanOrEqual(80);
  expect(stripVTControlCharacters(text)).toBe(verifyView(all, [], { width: 80 }));
  expect(text).toContain(coloured.green(`${all.length} of ${all.length} checks passed (0s).`));
  for (const { title } of all) expect(stripVTControlCharacters(text).replace(/\s+/g, " ")).toContain(title);
});
