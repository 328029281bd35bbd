import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { BuddyError } from "../lib/errors.ts";
import { readRegular } from "../lib/regular-file.ts";

/** A text that is read and written as a whole. */
export interface Text {
  /** Where it is, as a person names it. */
  readonly path: string;
  /** Undefined: there is none. */
  read(): string | undefined;
  write(text: string): void;
}

/** A file as a text, written atomically. */
export const fileText = (path: string): Text => ({
  path,
  read: () => readIfThere(path),
  write: (text) => writeAtomically(path, text),
});

/** The file's text, or undefined when there is no file. Throws `state` when it cannot be read. */
export function readIfThere(path: string): string | undefined {
  try {
    return readRegular(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new BuddyError({
      code: "state",
      message: `could not read ${path}: ${messageOf(error)}`,
      about: { file: path },
      hint: "Make it a file that you may read, or name another one: --state FILE. Nothing was changed.",
      cause: error,
    });
  }
}

/** Writes all of it: a file system that is nearly full takes a part, and refuses the rest at the next call. */
export function writeWhole(file: number, text: string | Uint8Array): void {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}

/**
 * Writes a whole file so that a reader, or a crash at any moment, sees the old text or the new, never a part: temporary
 * file in the same folder, fsync, rename, fsync of the folder. Mode 0600. A symbolic link is followed, not replaced; a pipe or
 * a device (`/dev/null`) is written into.
 * Throws `state`; the old text is there then.
 */
export function writeAtomically(path: string, text: string, { synced } = { synced: true }): void {
  let temporary: string | undefined;
  try {
    const target = realTarget(path);
    if (statSync(target, { throwIfNoEntry: false })?.isFile() === false) {
      writeInto(target, text);
      return;
    }
    temporary = `${target}.${process.pid}.tmp`;
    writeInto(temporary, text, synced);
    renameSync(temporary, target);
    if (synced) syncFolder(dirname(target));
  } catch (error) {
    if (temporary !== undefined) removeIfThere(temporary);
    throw notWritten(path, error);
  }
}

function writeInto(path: string, text: string, synced = false): void {
  const file = openSync(path, "w", 0o600);
  try {
    writeWhole(file, text);
    if (synced) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const notWritten = (path: string, error: unknown): BuddyError =>
  new BuddyError({
    code: "state",
    message: `could not write ${path}: ${messageOf(error)}`,
    about: { file: path },
    hint: "The last good copy is kept. Make room or make the folder writable, then run the same command again.",
    cause: error,
  });

/** A file of whole lines that this process adds to. */
export interface Appended {
  /** How much was added, bytes. */
  readonly bytes: number;
  /** Throws `state`; the file then ends with the line before. */
  append(line: string): void;
  close(): void;
}

/** Opens a file that ends with a line's end, to add to it; undefined: somebody has removed it. */
export function openToAppend(path: string): Appended | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, "a");
  const began = fstatSync(file).size;
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    append(line) {
      const text = Buffer.from(`${line}\n`);
      try {
        writeWhole(file, text);
        bytes += text.length;
      } catch (error) {
        ftruncateSync(file, began + bytes);
        throw notWritten(path, error);
      }
    },
    close: () => closeSync(file),
  };
}

/** Removes a file of ours after a failure: whatever hinders that, the error that matters is the first. */
export function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It may not be there.
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** What a path leads to, over its symbolic links, also where that is not there yet. Throws where they lead round in a circle. */
export function realTarget(path: string): string {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return realTarget(resolve(dirname(path), readlinkSync(path)));
  }
}

/** Keeps a copy beside the file. An older copy stays whole when there is no room for the new one. */
export function backUp(path: string): void {
  const text = readIfThere(path);
  if (text !== undefined) writeAtomically(`${path}.backup`, text);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
