/**
 * Scripts that this tool runs on instances say what they are: `# buddyverse: NAME`, with a token when they belong to one run,
 * in their first line, or in the second after `#!`. People find them in logs by it, and the sandbox knows them by it.
 */
export interface ScriptHead {
  readonly name: string;
  /** Letters and digits; "" for a script that is the same for every run. */
  readonly token: string;
}

const HEAD = /^(#![^\n]*\n)?# buddyverse: ([a-z][a-z-]*)(?: ([A-Za-z0-9]+))?(?:\n|$)/;

/** The script with its head. */
export function withHead(script: string, { name, token }: ScriptHead): string {
  const interpreter = /^#![^\n]*\n/.exec(script)?.[0] ?? "";
  return `${interpreter}# buddyverse: ${name}${token === "" ? "" : ` ${token}`}\n${script.slice(interpreter.length)}`;
}

/** What a script says that it is; undefined: it has no head, so it is not one of this tool's. */
export function headOf(script: string): ScriptHead | undefined {
  const [all, , name = "", token = ""] = HEAD.exec(script) ?? [];
  return all === undefined ? undefined : { name, token };
}
