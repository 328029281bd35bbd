import { createInterface } from "node:readline/promises";
import { BuddyError } from "../lib/errors.ts";

/** True when a person can be asked. */
export const canAsk = (): boolean => Boolean(process.stdin.isTTY && process.stderr.isTTY);

/** Asks on stderr, so that stdout holds results only. */
export async function ask(question: string, signal?: AbortSignal): Promise<string> {
  const line = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await line.question(question, signal ? { signal } : {})).trim();
  } finally {
    line.close();
  }
}

/** Throws `usage` when there is nobody to ask: a command must refuse rather than hang. */
export function requireConsent(command: string, yes: boolean): void {
  if (yes || canAsk()) return;
  throw new BuddyError({ code: "usage", message: `${command} asks before it changes anything, and there is no terminal to ask on`, hint: `Say --yes: buddyverse ${command} --yes` });
}
