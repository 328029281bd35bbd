import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { shellLine } from "../../src/lib/shell.ts";
import { needs } from "../tools.ts";

/** Words of all signs that mean something to a shell, from a seed. */
function someWords(seed: number): string[] {
  let state = seed;
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  const signs = [..."'\"\\$`!*?[]{}()<>|&;#~=%^-a0 \t\n\r", "é", "🐢", "{{", "$HOME", "$(id)"];
  return Array.from({ length: 1 + next(5) }, () =>
    Array.from({ length: next(12) }, () => signs[next(signs.length)]).join(""),
  );
}
const samples = Array.from({ length: 200 }, (_, index) => someWords(index + 1));

describe("a shell", needs("a shell"), () => {
  test("reads the words as they were given", () => {
    const script = samples
      .map((words) => `for word in ${shellLine(words)}; do printf '%s\\0' "$word"; done; printf '\\1\\0'`)
      .join("\n");
    const said = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\u0001\0").slice(0, -1);
    expect(said.map((one) => one.split("\0").slice(0, -1))).toEqual(samples);
  });
});
