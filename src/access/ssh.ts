import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { constants as system } from "node:os";
import { delimiter, join } from "node:path";
import { BuddyError } from "../lib/errors.ts";
import { shellLine } from "../lib/shell.ts";

/** ssh's own exit code when it is ssh that failed (ssh(1), EXIT STATUS). */
export const SSH_FAILED = 255;

/**
 * The words of a command that runs another on a host; without one, a shell.
 * @param terminal it gets a terminal of its own, as a shell has in any case
 */
export const sshWords = (
  config: string,
  host: string,
  words: readonly string[],
  { terminal }: { readonly terminal: boolean },
): readonly string[] => [
  "ssh",
  "-F",
  config,
  ...(words.length > 0 && terminal ? ["-t"] : []),
  host,
  // ssh joins its words by spaces, and the other side's shell reads the line.
  ...(words.length > 0 ? ["--", shellLine(words)] : []),
];

/**
 * Runs a program with this one's terminal, and answers its exit code; as a shell has it, 128 and more for a signal. Meanwhile
 * Ctrl-C is the program's: it gets it from the terminal itself.
 */
export async function inForeground([program = "", ...words]: readonly string[], env = process.env): Promise<number> {
  const child = spawn(program, words, { stdio: "inherit", env });
  const ignore = (): void => {};
  const pass = (): void => void child.kill("SIGTERM");
  process.on("SIGINT", ignore);
  process.on("SIGTERM", pass);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", (error) => reject(notStarted(program, error)));
      child.once("close", (code, signal) => resolve(code ?? 128 + (signal ? system.signals[signal] : 0)));
    });
  } finally {
    process.off("SIGINT", ignore);
    process.off("SIGTERM", pass);
  }
}

/** Those of the programs that are not on this machine's PATH. */
export const missing = (programs: readonly string[], path = process.env.PATH ?? ""): readonly string[] =>
  programs.filter((name) => !path.split(delimiter).some((folder) => isProgram(join(folder, name))));

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why a program did not even start. */
export const notStarted = (program: string, cause: NodeJS.ErrnoException): BuddyError =>
  new BuddyError({
    code: "failed",
    message: `${program} could not be started: ${cause.code === "ENOENT" ? "it is not on this machine" : cause.message}`,
    hint:
      program === "ssh" ? "Install OpenSSH's client (Debian: apt-get install openssh-client)." : "Correct the command.",
    cause,
  });
