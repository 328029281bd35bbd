import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import type { ConfigInput } from "../../src/config/schema.ts";
import { buddyverse, type Ended } from "../command.ts";
import { inProcess } from "../in-process.ts";

export interface TracedLine {
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  readonly [key: string]: unknown;
}

/** A folder with a config in it, as a user has one; gone after the test. */
export interface Folder {
  readonly path: string;
  configure(config: ConfigInput): void;
  /** Runs the command in it, with no AWS settings but those given; in this process, which is what most tests need. */
  run(line: string, env?: Readonly<Record<string, string>>, input?: string | Buffer): Promise<Ended>;
  /** As `run`, with words that may have spaces in them. */
  start(words: readonly string[], input?: string | Buffer): Promise<Ended>;
  /** Runs the built command in it as a user does, in a process of its own. */
  spawn(line: string, env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Runs it on a sandbox that does not wait. */
  rehearse(line: string, input?: string | Buffer): Promise<Ended>;
  files(): string[];
  read(name: string): string;
  /** The calls about the stack: without those by which each run takes its lock, and gives it back. */
  trace(name?: string): TracedLine[];
}

export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "buddyverse-cli-"));
}

/** A folder with a stack that is up on the sandbox, to be copied. Whoever asks for it removes it. */
export async function folderThatIsUp(): Promise<string> {
  const path = makeFolder();
  const on = at(path);
  on.configure({});
  const { code, stderr } = await on.rehearse("up --yes --quiet");
  if (code !== 0) throw new Error(`up ended with ${code}: ${stderr}`);
  return path;
}

/** @param config null for none; @param like a folder to start from, with what is in it. */
export function folder(config: ConfigInput | null = {}, like?: string): Folder {
  const path = makeFolder();
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  if (like) cpSync(like, path, { recursive: true });
  const made = at(path);
  if (config) made.configure(config);
  return made;
}

export function at(path: string): Folder {
  const words = (line: string) => (line === "" ? [] : line.split(" "));
  const start = (given: readonly string[], env: Readonly<Record<string, string>>, input?: string | Buffer) =>
    inProcess(given, { cwd: path, env: { HOME: path, ...env }, ...(input === undefined ? {} : { input }) });
  const run: Folder["run"] = (line, env = {}, input = undefined) => start(words(line), env, input);
  return {
    path,
    configure: (config) => writeFileSync(join(path, "buddyverse.config.json"), JSON.stringify(config)),
    run,
    start: (given, input) => start(given, {}, input),
    spawn: (line, env = {}) => buddyverse(words(line), { cwd: path, env: { HOME: path, ...env } }),
    rehearse: (line, input) => run(`${line} --sandbox --sandbox-speed max`, {}, input),
    files: () => readdirSync(path).sort(),
    read: (name) => readFileSync(join(path, name), "utf8"),
    trace: (name = "trace.jsonl") =>
      existsSync(join(path, name))
        ? readFileSync(join(path, name), "utf8")
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => JSON.parse(line))
            .filter((line) => !isOfLock(line))
        : [],
  };
}

/** True for a call about the lock of the stack's runs. */
export const isOfLock = ({ input }: Pick<TracedLine, "input">): boolean =>
  /\/buddyverse\/[a-z0-9-]+\/lock"/.test(JSON.stringify(input));

/** What changes something. */
export const writesIn = (lines: readonly TracedLine[]): string[] =>
  lines.map(({ operation }) => operation).filter((operation) => !isRead(operation));
