/** Every command of the users' pages is one: the shell reads it, and the command table knows its words. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { parseConfig } from "../../src/config/load.ts";
import { inProcess } from "../in-process.ts";
import { needs } from "../tools.ts";
import { blocksOf, shellReads, toBuddyverse, typedIn } from "./commands.ts";
import { prose, read, USERS_PAGES } from "./pages.ts";

const BLOCKS = USERS_PAGES.flatMap((page) => blocksOf(page).map((block) => ({ page, ...block })));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "buddyverse-docs-"));
  for (const entry of COMMANDS) vi.spyOn(entry, "load").mockResolvedValue(async () => 0);
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** What the command line says against the words; undefined when it takes them. */
async function refusal(words: readonly string[]): Promise<string | undefined> {
  const { code, stderr } = await inProcess(words, { cwd: folder, env: { HOME: folder } });
  return code === 0 ? undefined : (stderr.split("\n")[0] ?? "");
}

test("what is typed stands in blocks that say so", () => {
  const unsaid = BLOCKS.filter(
    ({ language, body }) =>
      language === "" || (!["sh", "console"].includes(language) && /^(\$ |npx |buddyverse )/m.test(body)),
  );
  expect(unsaid.map(({ page, line, body }) => `${page}:${line}: ${body.split("\n")[0]}`)).toEqual([]);
  const prompts = BLOCKS.filter(({ language, body }) => language === "console" && !body.startsWith("$ "));
  expect(prompts.map(({ page, line }) => `${page}:${line} begins without a prompt`)).toEqual([]);
});

describe("in blocks", needs("bash"), () => {
  test("the shell reads every command, and buddyverse takes its words", async () => {
    const faults: string[] = [];
    let commands = 0;
    for (const page of USERS_PAGES) {
      const { started, complaints } = shellReads(blocksOf(page).flatMap(typedIn));
      if (complaints !== "") faults.push(`${page}: ${complaints}`);
      for (const one of started) {
        const words = toBuddyverse(one);
        if (words === undefined) continue;
        commands += 1;
        const refused = await refusal(words);
        if (refused !== undefined) faults.push(`${page}:${one.line}: ${words.join(" ")}: ${refused}`);
      }
    }
    expect(faults).toEqual([]);
    expect(commands).toBeGreaterThan(80);
  });

  test("a slip of the pen does not pass", async () => {
    const typed = (text: string) => shellReads([{ line: 7, text }]);
    expect(typed("budyverse up").complaints).toContain("7: what is budyverse?");
    expect(typed("buddyverse up 'x").complaints).toContain("unexpected EOF");
    const [started] = typed('curl "$(buddyverse outputs --nmae site)"  # the site').started;
    expect(started).toEqual({ line: 7, program: "buddyverse", words: ["outputs", "--nmae", "site"] });
    expect(await refusal(["outputs", "--nmae", "site"])).toContain("unknown option '--nmae'");
    expect(await refusal(["outptus"])).toContain("unknown command 'outptus'");
  });
});

test("what stands in the text as a command is one, too", async () => {
  const faults: string[] = [];
  for (const page of USERS_PAGES) {
    const spans = [...prose(read(page)).matchAll(/`(?:npx )?buddyverse ([a-z][^`]*)`/g)].map(([, line = ""]) => line);
    for (const line of new Set(spans)) {
      // What stands for something else is no word to check: `NAME`, `[N]`, `…`.
      const words = line.split(/\s+/).filter((word) => !/[A-Z…[\]|<>"]/.test(word));
      const refused = await refusal(words);
      if (refused !== undefined && /unknown/.test(refused)) faults.push(`${page}: ${line}: ${refused}`);
    }
  }
  expect(faults).toEqual([]);
});

test("every config is one", () => {
  for (const { page, line, language, body } of BLOCKS) {
    if (language !== "json") continue;
    const value: unknown = JSON.parse(body);
    // IAM's documents are lists.
    if (!Array.isArray(value)) expect(() => parseConfig(value, `${page}:${line}`)).not.toThrow();
  }
});
