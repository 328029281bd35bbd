import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, read } from "./pages.ts";

test("what docs/troubleshooting.md quotes is said by the program", () => {
  const said = ["src", "steps"]
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(ts|sh)$/.test(name))
        .map((name) => readFileSync(join(ROOT, folder, name), "utf8")),
    )
    .join("\n");
  const quoted = [...read("docs/troubleshooting.md").matchAll(/^\| "([^"]+)"/gm)].map(([, text = ""]) => text);
  const pieces = quoted.flatMap((text) => text.split("…").map((piece) => piece.trim()));
  expect(pieces.filter((piece) => piece.length > 6).length).toBeGreaterThan(12);
  expect(pieces.filter((piece) => !said.includes(piece))).toEqual([]);
});
