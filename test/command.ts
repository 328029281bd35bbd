import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { FOREIGN } from "./in-process.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `npx buddyverse` runs. */
export const BIN = join(import.meta.dirname, "..", "bin", "buddyverse.js");

/** Runs the built command as a user does: own process, own folder, no terminal. AWS settings of this machine do not reach it. */
export function buddyverse(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> | undefined; readonly bin?: string },
): Promise<Ended> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
  const child = spawn(process.execPath, [options.bin ?? BIN, ...args], {
    cwd: options.cwd,
    env: { ...inherited, AWS_EC2_METADATA_DISABLED: "true", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return ended(child);
}

/** What a process writes until it ends. */
export function ended(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
