import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig, parseConfig } from "../../src/config/load.ts";
import { BuddyError, exitCodeOf, explain } from "../../src/lib/errors.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "buddyverse-config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(text: string): string {
  const file = join(folder, "buddyverse.config.json");
  writeFileSync(file, text);
  return file;
}

function errorOf(act: () => unknown): BuddyError {
  try {
    act();
  } catch (error) {
    if (error instanceof BuddyError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("reads a file, with or without a byte order mark", () => {
  expect(loadConfig(write('{ "web": { "max": 8 } }')).web.max).toBe(8);
  expect(loadConfig(write('\uFEFF{ "stack": "second" }')).stack).toBe("second");
});

test("a missing file points to init", () => {
  const error = errorOf(() => loadConfig(join(folder, "none.json")));
  expect(error).toMatchObject({ code: "config", about: { file: join(folder, "none.json") } });
  expect(error.hint).toContain("buddyverse init");
  expect(exitCodeOf(error)).toBe(2);
  for (const name of ["stage.config.json", "prod.config.json"]) writeFileSync(join(folder, name), "{}");
  expect(errorOf(() => loadConfig(join(folder, "stag.config.json"))).hint).toContain(
    `name one, as --config ${join(folder, "stage.config.json")}`,
  );
});

test("a folder is told from a file", () => {
  const error = errorOf(() => loadConfig(folder));
  expect(error.message).toContain("is a folder");
  expect(error.hint).toContain(join(folder, "buddyverse.config.json"));
});

test("a link that leads nowhere is told from no file", () => {
  const link = join(folder, "link.config.json");
  symlinkSync(join(folder, "nowhere.json"), link);
  expect(errorOf(() => loadConfig(link)).message).toBe(`${link} is a link to what is not there.`);
});

test("UTF-16, as Windows PowerShell writes it, is told from mistakes in the text", () => {
  const file = write("");
  writeFileSync(file, "\uFEFF{}\r\n", "utf16le");
  expect(errorOf(() => loadConfig(file)).hint).toBe("It looks like UTF-16: save it as UTF-8.");
});

test("an empty file says what to write", () => {
  expect(errorOf(() => loadConfig(write(" \n"))).hint).toContain("{}");
});

test("bad JSON names the line and the column", () => {
  const file = write('{\n  "web": {\n    "min": 2,\n  }\n}\n');
  const error = errorOf(() => loadConfig(file));
  expect(error.problems).toEqual([
    { path: "line 3, column 13", message: "the comma before } has nothing after it", hint: "remove the comma" },
  ]);
  expect(explain(error)).toBe(
    [
      `error: ${file} has a mistake:`,
      "  line 3, column 13: the comma before } has nothing after it",
      "      → remove the comma",
      "  to do  Correct the config, then run the command again.",
    ].join("\n"),
  );
});

test("the same key twice is a mistake, not the last of the two", () => {
  expect(errorOf(() => loadConfig(write('{"stack": "a", "stack": "b"}'))).problems?.[0]?.message).toBe(
    'the key "stack" is twice in this object',
  );
});

test("__proto__ is an unknown key like any other", () => {
  expect(errorOf(() => loadConfig(write('{"__proto__": {"stack": "x"}}'))).problems?.map(({ path }) => path)).toEqual([
    "__proto__",
  ]);
});

test("mistakes are shown with the file, their paths and their remedies", () => {
  const error = errorOf(() =>
    parseConfig({ network: { web: ["172.31.11.0/24", "172.31.10.0/24"] }, wbe: {} }, "shop/buddyverse.config.json"),
  );
  expect(error.about).toEqual({ file: "shop/buddyverse.config.json" });
  expect(explain(error)).toBe(
    [
      "error: shop/buddyverse.config.json has 2 mistakes:",
      "  wbe: is not a known key",
      "      → did you mean web?",
      "  network.web[1]: 172.31.10.0/24 overlaps network.public[0], 172.31.10.0/24",
      "      → 172.31.0.0/24 is free",
      "  to do  Correct the config, then run the command again.",
    ].join("\n"),
  );
});

test("a single mistake is also in about.path", () => {
  expect(errorOf(() => parseConfig({ web: { min: 0 } }, "x.json")).about).toEqual({ file: "x.json", path: "web.min" });
});
