/** Pages, gone through on the sandbox command by command: each must end as it should, and say what the page says. */
import { expect } from "vitest";
import type { ConfigInput } from "../../src/config/schema.ts";
import type { Folder } from "../cli/folder.ts";
import { type Block, blocksOf, shellReads, type Typed, toBuddyverse, typedIn } from "./commands.ts";

/** What a page needs to be gone through, beside what it says itself. */
export interface Stage {
  readonly config?: ConfigInput;
  /** Its JSON is the config from there on. */
  readonly configures?: true;
  /** What the page's placeholders are here. */
  readonly words?: Readonly<Record<string, string | ((on: Folder) => Promise<string>)>>;
  /** What is run, or happens, before the command that begins so, the first time. */
  readonly before?: Readonly<Record<string, readonly (string | ((on: Folder) => Promise<void> | void))[]>>;
  /** How the command that begins so ends, unless with 0; of several with this beginning, one after the other. */
  readonly exits?: Readonly<Record<string, number | number[]>>;
  /** Why what the command says is an example, of which only the first line is compared. */
  readonly examples?: Readonly<Record<string, string>>;
  /** Why the command that begins so is not run. */
  readonly leaves?: Readonly<Record<string, string>>;
}

/** They ask, and nobody is there to answer. */
const ASKING = /^(up|down|restore|failover|rollback|rotate|secret rm|init|verify .*--drill)\b/;

/** The words as they are given here: on a sandbox that does not wait, with every question answered. */
function rehearsed(words: readonly string[]): string[] {
  const end = words.indexOf("--");
  const [own, others] = end < 0 ? [words, []] : [words.slice(0, end), words.slice(end)];
  const added = [
    ["--sandbox"],
    own[0] === "sandbox" || own.includes("--sandbox-speed") ? [] : ["--sandbox-speed", "max"],
    ASKING.test(own.join(" ")) ? ["--yes"] : [],
  ].filter(([option]) => option !== undefined && !own.includes(option));
  return [...own, ...added.flat(), ...others];
}

const found = <T>(table: Readonly<Record<string, T>> | undefined, line: string): [string, T] | undefined =>
  Object.entries(table ?? {})
    .filter(([start]) => line === start || line.startsWith(`${start} `))
    .sort(([one], [other]) => other.length - one.length)[0];

export async function replay(page: string, on: Folder, stage: Stage = {}): Promise<number> {
  const done = new Set<string>();
  let ran = 0;

  async function run(words: readonly string[], where: string, says?: readonly string[]): Promise<void> {
    const line = words.join(" ");
    if (found(stage.leaves, line)) return;
    const [start, before] = found(stage.before, line) ?? [];
    if (start !== undefined && before !== undefined && !done.has(start)) {
      done.add(start);
      for (const one of before) await (typeof one === "string" ? run(one.split(" "), where) : one(on));
    }
    const given = await Promise.all(
      words.map(async (word) => {
        const by = stage.words?.[word];
        return typeof by === "function" ? by(on) : (by ?? word);
      }),
    );
    const { code, stdout, stderr } = await on.start(rehearsed(given), "a value\n");
    ran += 1;
    const [, exits] = found(stage.exits, line) ?? [undefined, 0];
    const exit = typeof exits === "number" ? exits : (exits.shift() ?? 0);
    expect(code, `${where}: ${line}\n${stderr}${stdout}`).toBe(exit);
    if (says === undefined) return;
    const first = says.findIndex((one) => one.trim() !== "…");
    const compared = found(stage.examples, line) ? [...says.slice(0, first + 1), "…"] : says;
    expectSaid(`${where}: ${line}`, compared, stdout === "" ? stderr : stdout);
  }

  async function type(typed: Typed): Promise<void> {
    const commands = shellReads([typed])
      .started.map(toBuddyverse)
      .filter((words) => words !== undefined);
    for (const [index, words] of commands.entries())
      await run(words, `${page}:${typed.line}`, index === commands.length - 1 ? typed.says : undefined);
  }

  async function go(block: Block): Promise<void> {
    if (block.language === "json" && stage.configures) on.configure(JSON.parse(block.body) as ConfigInput);
    for (const typed of typedIn(block)) await type(typed);
  }

  if (stage.config) on.configure(stage.config);
  for (const block of blocksOf(page)) await go(block);
  return ran;
}

/** What differs from run to run, and between the sandbox and AWS. */
const CHANGES: readonly (readonly [RegExp, string])[] = [
  [/ --sandbox\b( --sandbox-speed max)?/g, ""],
  [/ \(no waiting here\)/g, ""],
  [/ --endpoint-url SANDBOX\b/g, ""],
  [/These are the sandbox's: [\s\S]*?\n\n/g, ""],
  [/\bap-northeast-2[a-d]\b/g, "ZONE"],
  [/\d+ unchanged/g, "N unchanged"],
  [/ of sandbox time( \([^)]* here\))?/g, ""],
  [/buddyverse · (sandbox|account \d+).*/g, "buddyverse · ACCOUNT"],
  [/\((\d+h)?(\d+m)?\d+(\.\d+)?s\)|\b(\d+h)?(\d+m)?\d+(\.\d+)?s\b/g, "TIME"],
  [/\b[a-z]+-[0-9a-f]{17}\b/g, "ID"],
  [/\b198\.18\.\d+\.\d+/g, "ADDRESS"],
  [/\b172\.31\.\d+\.\d+/g, "ADDRESS"],
  [/ns-\d+\.awsdns-\d+\.(com|net|org|co\.uk)/g, "NAME-SERVER"],
  [/-final-\d+/g, "-final-N"],
  [/\bZ[0-9A-F]{10,}\b/g, "ZONE"],
  [/Buddy-LoadBalance-\d+/g, "Buddy-LoadBalance-N"],
  [/\.c[0-9a-f]{11}\.|\/[0-9a-f]{16}\b/g, ".HASH."],
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID"],
  [/\S*\/Buddy-Project(\.sandbox)?\.pem/g, "KEY"],
  // Beside their name, or below it where the longest of the addresses does not fit.
  [/^Bastions +/gm, "Bastions\n  "],
  [/^ +(?=ssh -i )/gm, "  "],
  [/[$]\d+\.\d\d so far/g, "$ so far"],
  [/\d{4}-\d\d-\d\d \d\d:\d\d/g, "WHEN"],
  [/(?<=\S) +/g, " "],
];
const plain = (text: string) => CHANGES.reduce((now, [what, by]) => now.replace(what, by), text);

/** Fails unless the page's lines are the answer's, in its order; "…" stands for any lines. */
function expectSaid(command: string, says: readonly string[], answer: string): void {
  const lines = plain(answer)
    .trimEnd()
    .split("\n")
    .map((line) => line.trimEnd());
  let at = 0;
  let skips = false;
  for (const line of says) {
    if (line.trim() === "…") {
      skips = true;
      continue;
    }
    const wanted = plain(line).trimEnd();
    const next = skips ? lines.indexOf(wanted, at) : lines[at] === wanted ? at : -1;
    expect(next, `${command}\n  does not say: ${wanted}\n  but:\n${lines.slice(at).join("\n")}`).not.toBe(-1);
    at = next + 1;
    skips = false;
  }
  if (!skips) expect(lines.slice(at), `${command} says more than the page`).toEqual([]);
}
