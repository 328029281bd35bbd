import {
  closeSync,
  copyFileSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { BuddyError } from "../lib/errors.ts";

/** The file's text, or undefined when there is no file. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Writes a whole file so that a reader, or a crash at any moment, sees the old text or the new, never a part: temporary
 * file in the same folder, fsync, rename, fsync of the folder. Mode 0600. A symbolic link is followed, not replaced.
 */
export function writeAtomically(path: string, text: string, { synced } = { synced: true }): void {
  const target = realTarget(path);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, "w", 0o600);
    try {
      const bytes = Buffer.from(text);
      let written = 0;
      while (written < bytes.length) written += writeSync(file, bytes, written);
      if (synced) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, target);
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // It may not be there; the error that matters is the first.
    }
    throw new BuddyError({
      code: "state",
      message: `could not write ${path}: ${error instanceof Error ? error.message : String(error)}`,
      about: { file: path },
      hint: "The last good copy is kept. Make room or make the folder writable, then run the same command again.",
      cause: error,
    });
  }
  if (!synced) return;
  const folder = openSync(dirname(target), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function realTarget(path: string): string {
  try {
    return lstatSync(path).isSymbolicLink() ? realpathSync(path) : path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return path;
    throw error;
  }
}

export function backUp(path: string): void {
  copyFileSync(path, `${path}.backup`);
}
