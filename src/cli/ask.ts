import { createInterface, type Interface } from "node:readline/promises";
import { BuddyError, exitCodeOf } from "../lib/errors.ts";
import { interrupted } from "./interrupt.ts";
import { fitTo } from "./output.ts";

/** True when a person can be asked. Node takes a while to open stdin, so it is asked last. */
export const canAsk = (): boolean => Boolean(process.stderr.isTTY && process.stdin.isTTY);

/** How a line ends without an answer. Ctrl-D closes it, and a question would stay open for ever; so does Ctrl-C, which is told apart. */
export function endOf(line: Interface): { readonly closed: Promise<undefined>; stopped(): boolean } {
  let stopped = false;
  line.once("SIGINT", () => {
    stopped = true;
    line.close();
  });
  const closed = new Promise<undefined>((resolve) => line.once("close", () => resolve(undefined)));
  return { closed, stopped: () => stopped };
}

/**
 * Asks on stderr, so that stdout holds results only. Undefined: there is no answer, but Ctrl-D, or the terminal is gone. Throws
 * `interrupted` at Ctrl-C.
 */
export async function ask(question: string, signal?: AbortSignal): Promise<string | undefined> {
  const line = createInterface({ input: process.stdin, output: process.stderr });
  const end = endOf(line);
  // A signal that the line itself heard would still break the line when it aborts after the question.
  const close = () => line.close();
  signal?.addEventListener("abort", close);
  try {
    const answer = await Promise.race([
      line.question(`${fitTo(process.stderr, question.trimEnd())} `).catch(() => undefined),
      end.closed,
    ]);
    if (answer !== undefined) return answer.trim();
  } finally {
    signal?.removeEventListener("abort", close);
    line.close();
  }
  process.stderr.write("\n");
  if (end.stopped() || signal?.aborted) throw interrupted();
  return undefined;
}

/**
 * Whether a person agrees, by this word, to the second part of a work whose first is done and stays: at Ctrl-C, too, the command says how that
 * stands, and ends with `code` then.
 * @param yes `--yes`: nobody is asked
 */
export async function agreesAfterwards(
  yes: boolean,
  question: string,
  word: string,
  signal: AbortSignal,
): Promise<{ readonly agreed: boolean; readonly code: number }> {
  try {
    return { agreed: yes || (await ask(question, signal)) === word, code: 0 };
  } catch (error) {
    if (!(error instanceof BuddyError) || error.code !== "interrupted") throw error;
    return { agreed: false, code: exitCodeOf(error) };
  }
}

/**
 * Asks whether to continue; anything but yes is no. Throws as `ask`.
 * @param yes `--yes`: nobody is asked
 * @param details shows more, as often as that is the answer
 */
export async function confirm(yes: boolean, signal: AbortSignal, details?: () => void): Promise<boolean> {
  if (yes) return true;
  for (;;) {
    const answer = (await ask(details ? "Continue? [y/N, d: details] " : "Continue? [y/N] ", signal)) ?? "";
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

/** The code of an MFA device: six digits. What is none is asked for again, and never sent: AWS would quote it. Throws `usage` without an answer. */
export async function askForCode(serial: string, profile: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    const code = await ask(`MFA code of ${serial} (profile ${profile}): `, signal);
    if (code === undefined)
      throw new BuddyError({
        code: "usage",
        message: `profile ${profile} needs a code of the MFA device ${serial}, and none was given`,
        hint: "Run the same command again with the device at hand, or take another profile.",
      });
    if (/^\d{6}$/.test(code)) return code;
    process.stderr.write("It has six digits.\n");
  }
}
