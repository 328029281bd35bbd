import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { commandLine } from "../../src/cli/command-line.ts";
import { COMMANDS, GROUPS } from "../../src/cli/command-table.ts";
import { manPage } from "../../src/cli/man-page.ts";
import { widthOf } from "../../src/lib/text.ts";
import { inProcess } from "../in-process.ts";
import { folder } from "./folder.ts";

test.each(COMMANDS.map(({ name }) => name))("%s --help shows examples and the exit codes", async (command) => {
  const { code, stdout, stderr } = await folder().run(`${command} --help`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(new RegExp(`\\$ .*buddyverse ${command}`));
  expect(stdout).toMatch(
    /Exit codes: 0 done.*1 failed; 2 wrong\s.*3 differences[^;]*;\s+4 locked.*5 interrupted.*6 wrong\s+account/s,
  );
});

test.each([80, 60, 40])("every help stays within %i columns, but for words that are wider", async (columns) => {
  const cwd = mkdtempSync(join(tmpdir(), "buddyverse-help-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  for (const words of [[], ...COMMANDS.map(({ name }) => [name])]) {
    const { stdout } = await inProcess([...words, "--help"], { cwd, env: {}, columns });
    const wide = stdout
      .split("\n")
      .filter((line) => widthOf(line) > columns && /\S \S/.test(line) && !/^Usage:/.test(line));
    expect({ words, wide }).toEqual({ words, wide: [] });
  }
});

test("the first word of a rehearsal without a config fits a narrow terminal", async () => {
  const { stderr } = await inProcess(["status", "--sandbox", "--sandbox-speed", "max"], {
    cwd: folder(null).path,
    env: {},
    columns: 40,
  });
  expect(stderr).toMatch(/^There is no buddyverse\.config\.json: this\nis a rehearsal of the defaults\.\n/);
});

test.each([80, 40])("what asks nobody fits %i columns too", async (columns) => {
  const on = folder({ tags: { 서비스: "버디버스 운영" } });
  writeFileSync(join(on.path, "wrong.json"), JSON.stringify({ nat: { mode: "box" }, domain: { name: "한글.kr" } }));
  for (const line of [
    "cost",
    "plan --offline",
    "plan --config wrong.json",
    "sandbox fail nothing",
    "upp",
    "verify --drill no",
  ]) {
    const { stdout, stderr } = await inProcess(line.split(" "), { cwd: on.path, env: {}, columns });
    const wide = `${stdout}${stderr}`.split("\n").filter((one) => widthOf(one) > columns && /\S \S/.test(one));
    expect({ line, wide }).toEqual({ line, wide: [] });
  }
});

test("its own options come first, those of all commands after them, in a group of their own", async () => {
  const on = folder();
  const { stdout } = await on.run("up --help");
  const places = ["\nOptions:", "--refresh-image", "\nShared options:", "--config", "--help", "\nExamples:"];
  const found = places.map((text) => stdout.indexOf(text));
  expect(found).toEqual(found.toSorted((a, b) => a - b));
  expect(found).not.toContain(-1);
  // What asks nobody shows no option of calls; it takes it all the same.
  const history = await on.run("history --help");
  expect(history.stdout).not.toMatch(/--chaos|--concurrency|--trace/);
  expect((await on.run("history --concurrency 4")).code).toBe(0);
});

test("the commands are listed in their groups", async () => {
  const { code, stdout } = await folder().run("--help");
  expect(code).toBe(0);
  for (const [group, heading] of Object.entries(GROUPS)) {
    const [, listed = ""] = stdout.split(`\n${heading}\n`);
    const names = [...(listed.split("\n\n")[0] ?? "").matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name);
    const expected = COMMANDS.filter((one) => one.group === group).map(({ name }) => name);
    expect(names.filter((name) => name !== "help")).toEqual(expected);
  }
});

test("-V, --version and version say the package's version", async () => {
  const on = folder(null);
  const short = await on.run("-V");
  expect(short).toEqual(await on.run("--version"));
  expect(short.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const version = short.stdout.trim();
  expect((await on.run("version")).stdout).toMatch(`buddyverse ${version} (Node.js ${process.versions.node}, `);
  expect(JSON.parse((await on.run("version --json")).stdout)).toEqual({
    schemaVersion: 1,
    version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  });
});

test("the manual has every command with its own options, and the shared options once", () => {
  const text = manPage(commandLine("1.2.3"), "1.2.3", "2026-11-22").replaceAll("\\-", "-");
  expect(text).toMatch(/^\.TH BUDDYVERSE 1 2026-11-22 "buddyverse 1.2.3"/);
  for (const { name } of COMMANDS) expect(text).toContain(`\n.B buddyverse ${name}`);
  for (const option of ["--drill <name>", "--config <file>", "--json"])
    expect(text.split(`\n.B ${option}\n`)).toHaveLength(2);
});
