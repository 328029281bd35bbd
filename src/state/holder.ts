import { readFileSync, readlinkSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import * as z from "zod";
import { BuddyError } from "../lib/errors.ts";

export const holderSchema = z.object({
  token: z.string(),
  pid: z.number(),
  host: z.string(),
  /** Which machine, since which start of it, and which of its process tables: a host's name is not an identity. */
  machine: z.string().optional(),
  user: z.string(),
  command: z.string(),
  since: z.string(),
  /** When the process started, as the system counts it: a pid alone is not an identity. */
  started: z.string().optional(),
});
/** Who holds a lock. */
export type Holder = z.infer<typeof holderSchema>;

/** This process, as the holder of a lock. @param token random, says whose the lock is */
export function ourselves(command: string, token: string, now: Date): Holder {
  const started = process.platform === "linux" ? factsOf(process.pid)?.started : undefined;
  const machine = thisMachine();
  return {
    token,
    pid: process.pid,
    host: hostname(),
    ...(machine ? { machine } : {}),
    user: userName(),
    command,
    since: now.toISOString(),
    ...(started ? { started } : {}),
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}

/** What a program of the system prints. Only where there is no /proc, so it is not loaded elsewhere. */
const printedBy = (program: string, ...words: readonly string[]): string =>
  process.getBuiltinModule("node:child_process").spawnSync(program, words, { encoding: "utf8" }).stdout ?? "";

interface ProcessFacts {
  /** The system's letter: Z and X are dead. */
  readonly state: string | undefined;
  /** When the kernel started it, so that a reused pid is not taken for the holder. */
  readonly started: string | undefined;
}

/** On Linux from /proc/PID/stat, fields 3 and 22; else from ps, without a start. Undefined when the system does not tell. */
function factsOf(pid: number): ProcessFacts | undefined {
  if (process.platform !== "linux") {
    const stdout = printedBy("ps", "-o", "stat=", "-p", String(pid));
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

/** For a holder on this machine: whether its process is there. */
export function isAlive(holder: Holder): boolean {
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

/**
 * "MACHINE/START/TABLE": the machine's own id (machine-id(5)), the id of its start (random(4), boot_id) and the process table that pids
 * count in, which containers have their own of. On macOS only the start. Undefined: the system does not tell.
 */
function thisMachine(): string | undefined {
  const line = (read: () => string): string => {
    try {
      return read().trim();
    } catch {
      return "";
    }
  };
  const boot =
    process.platform === "linux"
      ? line(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"))
      : line(() => printedBy("sysctl", "-n", "kern.bootsessionuuid"));
  if (boot === "") return undefined;
  const id = line(() => readFileSync("/etc/machine-id", "utf8"));
  const table = line(() => readlinkSync("/proc/self/ns/pid")).replace(/\D/g, "");
  return `${id}/${boot}/${table}`;
}

/**
 * Whether a holder that may be anywhere is dead for sure. It is where it ran on this machine and its process is gone, or the machine
 * was started again since. Of another machine, or another container, nobody here can know: however long it is silent, it may
 * only sleep, and go on where it stopped.
 */
export function isProvablyDead(holder: Holder): boolean {
  const here = thisMachine();
  if (holder.host !== hostname() || holder.machine === undefined || here === undefined) return false;
  if (holder.machine === here) return !isAlive(holder);
  const [id, boot] = holder.machine.split("/");
  const [ourId, ourBoot] = here.split("/");
  return id !== "" && id === ourId && boot !== ourBoot;
}

/** Whether it is this process: what has ended here may still be shown, as reads lag behind. */
export const isThisProcess = ({ pid, machine }: Holder): boolean =>
  machine !== undefined && machine === thisMachine() && pid === process.pid;

/** @param seen when it was last heard of, in words */
export function lockedBy(path: string, holder: Holder | undefined, seen?: string): BuddyError {
  if (!holder) {
    return new BuddyError({
      code: "locked",
      message: `another run holds the lock ${path}, and it cannot be read`,
      about: { file: path },
      hint: "If no other run is under way, remove that file.",
    });
  }
  const last = seen === undefined ? "" : `; ${seen}`;
  return new BuddyError({
    code: "locked",
    message: `"${holder.command}" by ${holder.user} on ${holder.host} (pid ${holder.pid}) has held the stack since ${holder.since}${last}`,
    about: { file: path },
    hint: `Wait until it ends. If that run is gone for good: buddyverse unlock ${holder.token}`,
  });
}
