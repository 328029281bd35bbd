import { createInterface } from "node:readline/promises";
import { BuddyError } from "../lib/errors.ts";

/** True when a person can be asked. */
export const canAsk = (): boolean => Boolean(process.stdin.isTTY && process.stderr.isTTY);

/** Asks on stderr, so that stdout holds results only. Throws `interrupted` when Ctrl-C or Ctrl-D is the answer. */
export async function ask(question: string, signal?: AbortSignal): Promise<string> {
  const line = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-D closes the line, and the question would stay open for ever.
  const closed = new Promise<undefined>((resolve) => line.once("close", () => resolve(undefined)));
  try {
    // The line rejects on Ctrl-C, and where the signal aborts.
    const answer = await Promise.race([
      line.question(question, signal ? { signal } : {}).catch(() => undefined),
      closed,
    ]);
    if (answer !== undefined) return answer.trim();
  } finally {
    line.close();
  }
  process.stderr.write("\n");
  throw new BuddyError({
    code: "interrupted",
    message: "interrupted before anything was changed",
    hint: "Run the same command again when you want it done.",
  });
}

/**
 * Asks whether to continue; anything but yes is no. Throws as `ask`.
 * @param yes `--yes`: nobody is asked
 * @param details shows more, as often as that is the answer
 */
export async function confirm(yes: boolean, signal: AbortSignal, details?: () => void): Promise<boolean> {
  if (yes) return true;
  for (;;) {
    const answer = await ask(details ? "Continue? [y/N, d: details] " : "Continue? [y/N] ", signal);
    if (!details || !/^d(etails)?$/i.test(answer)) return /^y(es)?$/i.test(answer);
    details();
  }
}

/** Throws `usage` when there is nobody to ask: a command must refuse rather than hang. @param line the command line to say --yes on. */
export function requireConsent(command: string, yes: boolean, line: string): void {
  if (yes || canAsk()) return;
  throw new BuddyError({
    code: "usage",
    message: `${command} asks before it changes anything, and there is no terminal to ask on`,
    hint: `Say --yes: ${line} --yes`,
  });
}

/** The code of an MFA device: six digits. What is none is asked for again, and never sent: AWS would quote it. */
export async function askForCode(serial: string, profile: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    const code = await ask(`MFA code of ${serial} (profile ${profile}): `, signal);
    if (/^\d{6}$/.test(code)) return code;
    process.stderr.write("It has six digits.\n");
  }
}
