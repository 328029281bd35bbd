import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { BIN } from "../command.ts";
import { needs } from "../tools.ts";
import { folder } from "./folder.ts";

/** The chunks of `dist` that a command line loads. */
function loadedBy(...words: readonly string[]): ReadonlyMap<string, string> {
  const code = `process.on("exit", () => process._rawDebug(JSON.stringify(Object.keys(require.cache)))); require(${JSON.stringify(BIN)});`;
  const { stderr } = spawnSync(process.execPath, ["-e", code, "--", "buddyverse", ...words], {
    encoding: "utf8",
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" },
  });
  const files: readonly string[] = JSON.parse(stderr);
  return new Map(
    files.filter((file) => file.endsWith(".cjs")).map((file) => [basename(file), readFileSync(file, "utf8")]),
  );
}

test.each(["--help", "--version", "up --help", "completion bash"])(
  "%s loads neither the SDK nor the schemas nor the steps",
  (line) => {
    const loaded = loadedBy(...line.split(" "));
    expect([...loaded.keys()].join(" ")).toMatch(/\bmain-/);
    expect([...loaded.values()].join("").length).toBeLessThan(126_000);
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

test.each([
  ["help", "Usage: buddyverse [options] [command]"],
  ["help help", "Usage: buddyverse [options] [command]"],
  ["help up", "Usage: buddyverse up "],
  ["help up --json", "Usage: buddyverse up "],
])("%s was asked for: exit 0, on stdout, alone", async (line, first) => {
  const { code, stdout, stderr } = await folder().spawn(line);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^Usage: /);
  expect(stdout).toContain(first);
  expect(stdout.trim()).toMatch(/to its end\.$/);
});

test("a folder that is gone is told as that", needs("a shell"), () => {
  const gone = mkdtempSync(join(tmpdir(), "buddyverse-gone-"));
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", 'rmdir "$1" && exec "$2" "$3" status --sandbox', "-", gone, process.execPath, BIN],
    {
      cwd: gone,
      encoding: "utf8",
    },
  );
  expect(status).toBe(2);
  expect(stderr).toMatch(/^error: the folder that this was started in is not there any more\n/);
});

describe("what was compiled is kept for the next start", () => {
  const within = (cache: string, more: Readonly<Record<string, string>> = {}) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, "--version"], {
      encoding: "utf8",
      env: { ...process.env, XDG_CACHE_HOME: cache, ...more },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  };
  const filesIn = (folder: string): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
          entry.isFile() ? join(entry.parentPath, entry.name) : [],
        )
      : [];

  test("where nobody else reads it; what is torn, of another program or not to be written hinders nothing", () => {
    const cache = mkdtempSync(join(tmpdir(), "buddyverse-cache-"));
    try {
      within(cache, { NODE_DISABLE_COMPILE_CACHE: "1" });
      expect(filesIn(cache)).toEqual([]);
      within(cache);
      const kept = filesIn(cache);
      expect(kept.length).toBeGreaterThan(0);
      for (const file of kept) expect(file).not.toMatch(/\.tmp$/);
      const texts = kept.map((file) => readFileSync(file));
      within(cache);
      expect(kept.map((file) => readFileSync(file))).toEqual(texts);
      for (const [at, file] of kept.entries()) writeFileSync(file, at % 2 ? "" : (texts[at] as Buffer).subarray(0, 99));
      within(cache);
      for (const file of kept) expect(readFileSync(file).length).toBeGreaterThan(99);
      const barred = join(cache, "barred");
      writeFileSync(barred, "");
      within(barred);
    } finally {
      rmSync(cache, { recursive: true });
    }
  });

  test("also of what speaks to AWS", () => {
    const cache = mkdtempSync(join(tmpdir(), "buddyverse-cache-"));
    const env = { AWS_ENDPOINT_URL: "http://127.0.0.1:9", AWS_ACCESS_KEY_ID: "none", AWS_SECRET_ACCESS_KEY: "none" };
    try {
      writeFileSync(join(cache, "buddyverse.config.json"), "{}");
      for (let start = 0; start < 2; start++) {
        const { stderr } = spawnSync(process.execPath, [BIN, "status"], {
          cwd: cache,
          encoding: "utf8",
          env: { ...process.env, ...env, XDG_CACHE_HOME: cache },
        });
        expect(stderr).toMatch(/127\.0\.0\.1:9 cannot be reached/);
      }
    } finally {
      rmSync(cache, { recursive: true });
    }
  });

  test.runIf(Number.parseInt(process.versions.node, 10) < 22)("and is read only by its owner", () => {
    const cache = mkdtempSync(join(tmpdir(), "buddyverse-cache-"));
    try {
      within(cache);
      const kept = filesIn(cache);
      expect(kept.map((file) => basename(file))).toContainEqual(expect.stringMatching(/^main-.*\.cjs$/));
      for (const file of kept) expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(join(kept[0] as string, "..")).mode & 0o777).toBe(0o700);
    } finally {
      rmSync(cache, { recursive: true });
    }
  });
});
