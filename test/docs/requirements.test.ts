import { expect, test } from "vitest";
import { DRILLS } from "../../src/verify/drills/result.ts";
import { allChecks } from "../../steps/verify.ts";
import { read } from "./pages.ts";

test("README says of each requirement what it is, and which drills prove it", () => {
  const rows = [...read("README.md").matchAll(/^\| (R\d) \| (\S[^|]+) \| \S[^|]+ \| (\S[^|]+) \|$/gm)];
  expect(rows.map(([, name]) => name)).toEqual(["R1", "R2", "R3", "R4", "R5", "R6"]);
  const asked = new Set(allChecks.map(({ requirement }) => requirement));
  const drills = read("docs/drills.md").matchAll(/^\| `([\w-]+)` \| (R\d) \|/gm);
  const byDrill = new Map([...drills].map(([, drill = "", requirement]) => [drill, requirement]));
  expect([...byDrill.keys()].sort()).toEqual([...DRILLS].sort());
  for (const [, name = "", , proof = ""] of rows) {
    expect(proof.includes("`verify`"), name).toBe(asked.has(name as "R1"));
    const named = [...proof.matchAll(/`([\w-]+)`/g)].map(([, word = ""]) => word).filter((word) => byDrill.has(word));
    expect(named, name).toEqual([...DRILLS].filter((drill) => byDrill.get(drill) === name));
  }
});
