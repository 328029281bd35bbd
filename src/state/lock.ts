import { closeSync, openSync, readFileSync, renameSync, unlinkSync } from "node:fs";
import { BuddyError } from "../lib/errors.ts";
import { removeIfThere, writeWhole } from "./file.ts";
import { type Holder, holderSchema, isAlive, lockedBy, ourselves } from "./holder.ts";

export interface Lock {
  release(): void;
  /** The dead holder that this lock was taken over from. */
  readonly takenFrom?: Holder;
}

/** Who holds a lock file; undefined: nobody, or it cannot be read. */
export function holderAt(path: string): Holder | undefined {
  try {
    const parsed = holderSchema.safeParse(JSON.parse(readFileSync(path, "utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes the lock file, made exclusively. A holder that died on this machine is replaced; any other makes this throw `locked`.
 * @param token random, says whose the lock is.
 */
export function takeLock(path: string, command: string, token: string, now: Date): Lock {
  const mine = ourselves(command, token, now);
  let takenFrom: Holder | undefined;
  for (let attempt = 0; attempt < 3; attempt++) {
    if (writeExclusively(path, mine)) {
      const release = () => {
        if (holderAt(path)?.token === token) unlinkSync(path);
      };
      return takenFrom ? { release, takenFrom } : { release };
    }
    const holder = holderAt(path);
    if (!holder) throw lockedBy(path, undefined);
    if (holder.host !== mine.host || isAlive(holder)) throw lockedBy(path, holder);
    takenFrom = holder;
    // Moved aside under a name of our own: of two that find the same dead holder, only one rename succeeds.
    const aside = `${path}.${token}.stale`;
    try {
      renameSync(path, aside);
      if (holderAt(aside)?.token !== holder.token) {
        // Somebody took it over in between, and we moved a living lock: put it back.
        renameSync(aside, path);
        throw lockedBy(path, holderAt(path));
      }
      unlinkSync(aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw lockedBy(path, holderAt(path));
}

/** Removes a lock whose holder cannot: another machine's. @param token the holder's, as the `locked` error names it. */
export function breakLock(path: string, token: string): Holder {
  const holder = holderAt(path);
  if (!holder)
    throw new BuddyError({
      code: "usage",
      message: `there is no lock at ${path}`,
      hint: "No run holds the state: there is nothing to break.",
    });
  if (holder.token !== token) {
    throw new BuddyError({
      code: "usage",
      message: `the lock at ${path} has the id ${holder.token}, not ${token}`,
      hint: "Look again at who holds it before you break it.",
    });
  }
  unlinkSync(path);
  return holder;
}

function writeExclusively(path: string, holder: Holder): boolean {
  let made = false;
  try {
    const file = openSync(path, "wx", 0o600);
    made = true;
    try {
      writeWhole(file, `${JSON.stringify(holder, null, 2)}\n`);
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    // Half a lock would keep everybody out, and name nobody.
    if (made) removeIfThere(path);
    else if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new BuddyError({
      code: "state",
      message: `could not take the lock ${path}: ${error instanceof Error ? error.message : String(error)}`,
      about: { file: path },
      hint: "Nothing was changed. Make room or make the folder writable, or name a state file elsewhere: --state FILE.",
      cause: error,
    });
  }
}
