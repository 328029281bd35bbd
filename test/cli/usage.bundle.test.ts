import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { BIN } from "../command.ts";
import { folder } from "./folder.ts";

/** The chunks of `dist` that a command line loads. */
function loadedBy(...words: readonly string[]): ReadonlyMap<string, string> {
  const code = `process.on("exit", () => process._rawDebug(JSON.stringify(Object.keys(require.cache)))); require(${JSON.stringify(BIN)});`;
  const { stderr } = spawnSync(process.execPath, ["-e", code, "--", "buddyverse", ...words], { encoding: "utf8" });
  const files: readonly string[] = JSON.parse(stderr);
  return new Map(
    files.filter((file) => file.endsWith(".cjs")).map((file) => [basename(file), readFileSync(file, "utf8")]),
  );
}

test.each(["--help", "--version", "up --help", "completion bash"])(
  "%s loads neither the SDK nor the schemas nor the steps",
  (line) => {
    const loaded = loadedBy(...line.split(" "));
    expect([...loaded.keys()]).toContain("main.cjs");
    expect([...loaded.values()].join("").length).toBeLessThan(125_000);
    const theirs = /smithy|middlewareStack|\$ZodType|Buddy-GW/;
    for (const text of loaded.values()) expect(text).not.toMatch(theirs);
    // They are in the build, only not there.
    const dist = join(import.meta.dirname, "..", "..", "dist");
    const all = readdirSync(dist).map((name) => readFileSync(join(dist, name), "utf8"));
    for (const word of ["middlewareStack", "$ZodType", "Buddy-GW"])
      expect(all.some((text) => text.includes(word))).toBe(true);
  },
);

test("the version is the package's", async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8"));
  expect(await folder().spawn("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});
