import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { needs } from "../tools.ts";

const PAGE = join(import.meta.dirname, "..", "..", "man", "buddyverse.1");

test("the build writes the manual of this version", () => {
  const { version, man, files } = JSON.parse(readFileSync(join(PAGE, "../../package.json"), "utf8"));
  expect(man).toBe("man/buddyverse.1");
  expect(files).toContain("man");
  expect(readFileSync(PAGE, "utf8")).toContain(`"buddyverse ${version}"`);
});

test("mandoc has nothing to say of it but that its lines are long, and shows each command", needs("mandoc"), () => {
  const { stdout } = spawnSync("mandoc", ["-Tlint", "-Wall", PAGE], { encoding: "utf8" });
  expect(stdout.split("\n").filter((line) => line !== "" && !line.includes("longer than 80 bytes"))).toEqual([]);
  const shown = execFileSync("mandoc", ["-Tutf8", "-Owidth=80", PAGE], { encoding: "utf8" });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: bold is a letter over itself
  const text = shown.replace(/.\u0008/g, "");
  for (const { name } of COMMANDS) expect(text).toMatch(new RegExp(`^ +buddyverse ${name}\\b`, "m"));
});
