/** docs/first-deploy.md is run, command by command, on the sandbox, and must say what comes out. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../src/config/schema.ts";
import { folder } from "../cli/folder.ts";

const TEXT = readFileSync(join(import.meta.dirname, "..", "..", "docs", "first-deploy.md"), "utf8");

/** A step of the page: a config to write, a command with what it says, or what a person does (in a comment of the page). */
type Step =
  | { readonly config: ConfigInput }
  | { readonly command: string; readonly says: readonly string[]; readonly hidden: boolean };

function stepsOf(text: string): Step[] {
  const found = text.matchAll(/^```(json|console)\n([\s\S]*?)^```$|^<!-- \$ (.*) -->$/gm);
  return [...found].flatMap(([, kind, body = "", hidden]): Step[] => {
    if (hidden !== undefined) return [{ command: hidden, says: [], hidden: true }];
    if (kind === "json") return [{ config: JSON.parse(body) as ConfigInput }];
    return body
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = "", ...says] = part.trimEnd().split("\n");
        return { command, says, hidden: false };
      });
  });
}

/** What differs from run to run, and between the sandbox and AWS. */
const CHANGES: readonly (readonly [RegExp, string])[] = [
  [/ --sandbox( --sandbox-speed max)?/g, ""],
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
  [/[$]\d+\.\d\d so far/g, "$ so far"],
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
    if (line === "…") {
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

test("every command of the page does what the page says", async () => {
  const on = folder(null);
  const wanted = stepsOf(TEXT);
  expect(wanted.length).toBeGreaterThan(12);
  for (const step of wanted) {
    if ("config" in step) {
      on.configure(step.config);
      continue;
    }
    const [, line] = /^npx buddyverse (.*)$/.exec(step.command) ?? [];
    // npm's and AWS's own commands are not this program's to prove.
    if (line === undefined) continue;
    const { stdout, code, stderr } = await on.rehearse(/^(up|down|verify --drill)/.test(line) ? `${line} --yes` : line);
    expect(code, `${step.command}: ${stderr}${stdout}`).toBe(0);
    if (!step.hidden) expectSaid(step.command, step.says, stdout);
  }
});
