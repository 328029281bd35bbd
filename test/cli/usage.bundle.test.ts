import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder } from "./folder.ts";

test("help and version load neither the SDK nor the steps", () => {
  const dist = join(import.meta.dirname, "..", "..", "dist");
  const texts = new Map(
    readdirSync(dist)
      .filter((name) => name.endsWith(".js"))
      .map((name) => [name, readFileSync(join(dist, name), "utf8")]),
  );
  const loaded = new Set<string>();
  const load = (name: string): void => {
    if (loaded.has(name)) return;
    loaded.add(name);
    // Static imports only: import() is what runs later.
    for (const [, next = ""] of (texts.get(name) ?? "").matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) load(next);
  };
  load("main.js");
  const bytes = [...loaded].reduce((sum, name) => sum + (texts.get(name)?.length ?? Number.NaN), 0);
  expect(bytes).toBeLessThan(150_000);
  for (const name of loaded) expect(texts.get(name)).not.toMatch(/smithy|middlewareStack|Buddy-GW/);
  // The SDK is in the build, only not there.
  expect([...texts.values()].some((text) => /middlewareStack/.test(text))).toBe(true);
});

test("the version is the package's", async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8"));
  expect(await folder().spawn("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});
