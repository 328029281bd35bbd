import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DURATIONS } from "../../src/sandbox/durations.ts";

test("docs/internals/sandbox.md has every duration, and no other", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/internals/sandbox.md"), "utf8");
  const rows = [...text.matchAll(/^\| `(\w+)` \| .+ \| (\d+) \|$/gm)].map(([, name, seconds]) => [
    name,
    Number(seconds),
  ]);
  expect(Object.fromEntries(rows)).toEqual(DURATIONS);
});
