/** The commands of the documents: what a shell makes of them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { read } from "./pages.ts";

/** A code block of a page. */
export interface Block {
  /** Of its first line in the page. */
  readonly line: number;
  /** What stands behind its fence; "" where nothing does. */
  readonly language: string;
  readonly body: string;
  /** A command that the page does in a comment: what a reader does elsewhere, as at the registrar. */
  readonly hidden?: true;
}

export function blocksOf(page: string): Block[] {
  const text = read(page);
  return [...text.matchAll(/^```(\w*).*\n([\s\S]*?)^```$|^<!-- \$ (.*) -->$/gm)].map(
    ({ index, 1: language = "", 2: body, 3: hidden }) => {
      const line = text.slice(0, index).split("\n").length;
      if (hidden !== undefined) return { line, language: "console", body: `$ ${hidden}\n`, hidden: true };
      return { line: line + 1, language, body: body ?? "" };
    },
  );
}

/** What is typed at once: a line of a console with what it says, or a whole block of a script, of which nothing is said. */
export interface Typed {
  readonly line: number;
  readonly text: string;
  /** undefined: the page does not say. */
  readonly says?: readonly string[];
}

export function typedIn({ line, language, body, hidden }: Block): Typed[] {
  if (language === "sh") return [{ line, text: body }];
  if (language !== "console") return [];
  const lines = body.trimEnd().split("\n");
  const typed: { line: number; text: string; says: string[] }[] = [];
  let continues = false;
  for (const [index, one] of lines.entries()) {
    const last = typed.at(-1);
    if (one.startsWith("$ ")) typed.push({ line: line + index, text: one.slice(2), says: [] });
    else if (last && continues) last.text += `\n${one}`;
    else last?.says.push(one);
    continues = (one.startsWith("$ ") || continues) && one.endsWith("\\");
  }
  return typed.map(({ says, ...rest }) => (hidden || says.length === 0 ? rest : { ...rest, says }));
}

/** A program that a page starts, and the words that reach it. */
export interface Started {
  readonly line: number;
  readonly program: string;
  readonly words: readonly string[];
}

/** What pages start besides buddyverse. What else they name is a slip of the pen, or belongs here. */
const PROGRAMS =
  "aws base64 buddyverse cat chmod cp crontab curl diff dig docker gh git grep head jq less ls mkdir mv mysql mysqldump node npm npx openssl rsync scp sed sort source ssh sudo tail tar tee xdg-open";

/** None of the programs run: each writes down what reached it. */
const RECORDER = `
exec 3>started
${PROGRAMS.split(" ")
  .map((name) => `${name}() { printf '%s\\0' "$AT" "$#" ${name} "$@" >&3; }`)
  .join("\n")}
command_not_found_handle() { echo "$AT: what is $1?" >&2; return 127; }
PATH=/nowhere
`;

/** Has bash read what is typed. Answers what it starts, in order, and what bash says of it: nothing, when all is well. */
export function shellReads(typed: readonly Typed[]): { readonly started: Started[]; readonly complaints: string } {
  const folder = mkdtempSync(join(tmpdir(), "buddyverse-docs-"));
  try {
    const script = typed.map(({ line, text }) => `AT=${line}\n${text}\n`).join("");
    for (const [, name = ""] of script.matchAll(/[^<]<\s*([\w.-]+)/g)) writeFileSync(join(folder, name), "");
    const { stderr } = spawnSync("bash", ["--norc", "-c", `${RECORDER}${script}`], { cwd: folder, encoding: "utf8" });
    const parts = readFileSync(join(folder, "started"), "utf8").split("\0").slice(0, -1);
    const started: Started[] = [];
    for (let at = 0; at < parts.length; ) {
      const end = at + 3 + Number(parts[at + 1]);
      started.push({ line: Number(parts[at]), program: parts[at + 2] ?? "", words: parts.slice(at + 3, end) });
      at = end;
    }
    return { started, complaints: stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The words that reach buddyverse, however it is started; undefined for another program. */
export function toBuddyverse({ program, words }: Started): readonly string[] | undefined {
  if (program === "buddyverse") return words;
  const [first = "", ...rest] = words;
  return program === "npx" && /^(buddyverse$|\.\/buddyverse-.*\.tgz$)/.test(first) ? rest : undefined;
}
