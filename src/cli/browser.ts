import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BuddyError } from "../lib/errors.ts";

/** A program, and the words before the file that it opens. */
export type Browser = readonly [program: string, ...words: string[]];

/** What opens a file as a double click would. Throws `usage` where there is no screen to open it on. */
export function browserFor(platform: NodeJS.Platform, env: Readonly<Record<string, string | undefined>>): Browser {
  if (platform === "darwin") return ["open"];
  // "start" is the shell's own, and takes the first text in quotes for a title.
  if (platform === "win32") return ["cmd", "/c", "start", ""];
  if (env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME) return ["xdg-open"];
  throw new BuddyError({
    code: "usage",
    message: "there is no screen here to open a browser on (neither DISPLAY nor WAYLAND_DISPLAY is set)",
    hint: "Write it to a file and open that elsewhere: --output FILE.html instead of --open.",
  });
}

/** A new folder that only this user can write to, for what is only to be looked at. */
export const temporaryFile = (name: string): string => join(mkdtempSync(join(tmpdir(), "buddyverse-")), name);

/** Opens the file and goes on as soon as the program is started. Throws `failed` where there is no such program. */
export function openIn([program, ...words]: Browser, file: string): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(program, [...words, resolve(file)], { stdio: "ignore", detached: true });
    child.once("spawn", () => {
      child.unref();
      done();
    });
    child.once("error", (cause) =>
      fail(
        new BuddyError({
          code: "failed",
          message: `${program} cannot be started: ${cause.message}`,
          about: { file },
          hint: `Open ${file} yourself.`,
          cause,
        }),
      ),
    );
  });
}
