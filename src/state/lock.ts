import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, unlinkSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import * as z from "zod";
import { BuddyError } from "../lib/errors.ts";
import { removeIfThere, writeWhole } from "./file.ts";

const holderSchema = z.object({
  token: z.string(),
  pid: z.number(),
  host: z.string(),
  user: z.string(),
  command: z.string(),
  since: z.string(),
  /** When the process started, as the system counts it: a pid alone is not an identity. */
  started: z.string().optional(),
});
/** Who holds a lock. */
export type Holder = z.infer<typeof holderSchema>;

export interface Lock {
  release(): void;
  /** The dead holder that this lock was taken over from. */
  readonly takenFrom?: Holder;
}

interface ProcessFacts {
  /** The system's letter: Z and X are dead. */
  readonly state: string | undefined;
  /** When the kernel started it, so that a reused pid is not taken for the holder. */
  readonly started: string | undefined;
}

/** On Linux from /proc/PID/stat, fields 3 and 22; else from ps, without a start. Undefined when the system does not tell. */
function factsOf(pid: number): ProcessFacts | undefined {
  if (process.platform !== "linux") {
    const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
    return stdout ? { state: stdout.trim()[0], started: undefined } : undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], started: fields[19] };
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const facts = factsOf(holder.pid);
  // Somebody else's process, on a system that hides it: it is there, and no more is known.
  if (!facts) return true;
  // Dead, and not yet reaped by its parent: a signal still reaches it.
  if (/^[ZX]$/i.test(facts.state ?? "")) return false;
  return holder.started === undefined || facts.started === undefined || facts.started === holder.started;
}

function readHolder(path: string): Holder | undefined {
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
  const started = process.platform === "linux" ? factsOf(process.pid)?.started : undefined;
  const mine: Holder = {
    token,
    pid: process.pid,
    host: hostname(),
    user: userName(),
    command,
    since: now.toISOString(),
    ...(started ? { started } : {}),
  };
  let takenFrom: Holder | undefined;
  for (let attempt = 0; attempt < 3; attempt++) {
    if (writeExclusively(path, mine)) {
      const release = () => {
        if (readHolder(path)?.token === token) unlinkSync(path);
      };
      return takenFrom ? { release, takenFrom } : { release };
    }
    const holder = readHolder(path);
    if (!holder) throw lockedBy(path, undefined);
    if (holder.host !== mine.host || isAlive(holder)) throw lockedBy(path, holder);
    takenFrom = holder;
    // Moved aside under a name of our own: of two that find the same dead holder, only one rename succeeds.
    const aside = `${path}.${token}.stale`;
    try {
      renameSync(path, aside);
      if (readHolder(aside)?.token !== holder.token) {
        // Somebody took it over in between, and we moved a living lock: put it back.
        renameSync(aside, path);
        throw lockedBy(path, readHolder(path));
      }
      unlinkSync(aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw lockedBy(path, readHolder(path));
}

/** Removes a lock whose holder cannot: another machine's. @param token the holder's, as the `locked` error names it. */
export function breakLock(path: string, token: string): Holder {
  const holder = readHolder(path);
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

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}

function lockedBy(path: string, holder: Holder | undefined): BuddyError {
  if (!holder) {
    return new BuddyError({
      code: "locked",
      message: `another run holds the lock ${path}, and it cannot be read`,
      about: { file: path },
      hint: "If no other run is under way, remove that file.",
    });
  }
  return new BuddyError({
    code: "locked",
    message: `"${holder.command}" by ${holder.user} on ${holder.host} (pid ${holder.pid}) has held the stack since ${holder.since}`,
    about: { file: path },
    hint: `Wait until it ends. If that run is gone for good: buddyverse unlock ${holder.token}`,
  });
}
