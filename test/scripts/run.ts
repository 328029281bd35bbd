import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
}

/** Runs a program to its end; its output and errors as one text. A program that is not there ends with code 127. */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...process.env, ...options.env } });
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      out += chunk;
    });
    child.stdin.on("error", () => {});
    child.on("error", (error) => resolve({ code: 127, out: error.message }));
    child.on("close", (code) => resolve({ code, out }));
    child.stdin.end(options.input ?? "");
  });
}

/** Puts small programs into a folder, which comes first on the PATH that it returns. */
export function programs(folder: string, scripts: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }
  return `${folder}:${process.env.PATH}`;
}
