import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import { age, at } from "../lib/duration.ts";
import { BuddyError } from "../lib/errors.ts";
import { type Holder, holderSchema, isProvablyDead, lockedBy } from "./holder.ts";
import { type Lock as FileLock, takeLock } from "./lock.ts";

/** A place in the stack's account that can be taken once, and says by whom in some short texts. */
export interface LockPlace {
  /** As a person names it. */
  readonly path: string;
  /** False: it is taken. */
  create(marks: Marks): Promise<boolean>;
  /** Undefined: it is free, or nothing shows yet that it is not. */
  read(): Promise<Marks | undefined>;
  /** Sets some of the texts. False: it is free. */
  set(marks: Marks): Promise<boolean>;
  /** False: it is free, or not shown yet. */
  remove(): Promise<boolean>;
}
export type Marks = Readonly<Record<string, string>>;

/** The stack's lock, for as long as it is held. */
export interface StackLock {
  /** The dead holder that it was taken over from. */
  readonly takenFrom?: Holder;
  /** Throws `locked` once somebody has broken it. To be awaited before each call that changes something. */
  held(): Promise<void>;
  release(): Promise<void>;
}

/** How often a holder says that it is alive, milliseconds. */
export const BEAT_MS = 30_000;
/** What was written a moment ago is seen by now, or is not there: so many looks, a second apart. */
const LOOKS = 15;
/** What is not there after so many, or another's, was broken meanwhile. */
const GONE_LOOKS = 5;
/** Reads may lag behind: after so long they show who has it, milliseconds. */
const SETTLED_MS = 5_000;

interface Around {
  /** Of what holds the lock. */
  readonly clock: Pick<Clock, "sleep">;
  /** Ends the wait for the lock; an interrupted run still gives it back. */
  readonly signal?: AbortSignal;
  /** On the wall. */
  readonly now: () => number;
  /** Told once when the heart cannot be heard. */
  readonly notice: (text: string) => void;
}

/**
 * Takes the lock that all runs on a stack see, on whichever machine. A holder that is dead for sure is replaced; any other
 * makes this throw `locked`.
 */
export async function takeStackLock(place: LockPlace, mine: Holder, around: Around): Promise<StackLock> {
  const marks = { ...marksOf(mine), seen: mine.since };
  for (let look = 0; look < LOOKS; look++) {
    if (await place.create(marks)) return holding(place, mine, around, {});
    const there = await place.read();
    // The answer to our own call was lost.
    if (there?.token === mine.token) return holding(place, mine, around, {});
    if (there) return takenOver(place, mine, around, there);
    await around.clock.sleep(1_000, around.signal);
  }
  throw new BuddyError({
    code: "locked",
    message: `another run has just taken ${place.path}, and AWS does not show yet who`,
    hint: "Run the same command again in a moment.",
  });
}

/** In place of a dead holder. Of several that find it dead, all on its machine, one gets a file of that machine for as long as it runs. */
async function takenOver(place: LockPlace, mine: Holder, around: Around, found: Marks): Promise<StackLock> {
  refuseTheLiving(place, found, around);
  // By who is dead, not by the stack alone: sandboxes in two folders have the same account.
  const name = createHash("sha256").update(`${place.path} ${found.token}`).digest("hex").slice(0, 16);
  const file = takeLock(join(tmpdir(), `buddyverse-${name}.lock`), mine.command, mine.token, new Date(mine.since));
  try {
    // The dead one may be who had it before somebody else, elsewhere.
    await around.clock.sleep(SETTLED_MS, around.signal);
    const there = (await place.read()) ?? {};
    const holder = refuseTheLiving(place, there, around);
    if (!(await place.set({ ...marksOf(mine), seen: mine.since }))) throw lockedBy(place.path, holder);
    return holding(place, mine, around, { file, takenFrom: holder });
  } catch (error) {
    file.release();
    throw error;
  }
}

function refuseTheLiving({ path }: LockPlace, marks: Marks, { now }: Around): Holder {
  const holder = holderFrom(marks);
  if (holder && isProvablyDead(holder)) return holder;
  throw lockedBy(path, holder, lastSeen(marks.seen, now()));
}

function lastSeen(seen: string | null | undefined, now: number): string | undefined {
  const heard = Date.parse(seen ?? "");
  return Number.isNaN(heard) ? undefined : `it was last heard of ${age(Math.max(0, now - heard))} ago`;
}

/** Who holds a stack's lock, and when it was last heard of. */
export interface Held extends Holder {
  /** ISO 8601; null: never. */
  readonly seen: string | null;
}

/** Undefined: nobody does, or nothing shows yet who. */
export async function heldBy(place: Pick<LockPlace, "read">): Promise<Held | undefined> {
  const marks = await place.read();
  const holder = marks && holderFrom(marks);
  return holder && { ...holder, seen: marks.seen ?? null };
}

/** '"up" by alice on build-7, since 2026-01-01T10:00:00.000Z; it was last heard of 20 s ago'. */
export function heldText(held: Held, now: number): string {
  const heard = isProvablyDead(held)
    ? "it died at its work, and the next run takes its place"
    : (lastSeen(held.seen, now) ?? "it was never heard of");
  return `"${held.command}" by ${held.user} on ${held.host}, since ${at(Date.parse(held.since))}; ${heard}`;
}

function holding(
  place: LockPlace,
  mine: Holder,
  around: Around,
  { file, takenFrom }: { readonly file?: FileLock; readonly takenFrom?: Holder },
): StackLock {
  let lost: BuddyError | undefined;
  let heard = around.now();
  let told = false;
  let beating: Promise<void> | undefined;

  async function beat(): Promise<void> {
    try {
      const there = await place.read();
      // Reads may lag behind: right after the take-over the dead one is still there.
      const ours = there?.token === mine.token || (takenFrom !== undefined && there?.token === takenFrom.token);
      const now = around.now();
      if (ours && (await place.set({ seen: new Date(now).toISOString() }))) heard = now;
      else lost ??= brokenLock(place.path, there && holderFrom(there));
    } catch (error) {
      if (told) return;
      told = true;
      const why = error instanceof Error ? error.message : String(error);
      around.notice(`Others do not see that this run is alive: ${place.path} could not be written: ${why}`);
    }
  }
  const once = (): Promise<void> => {
    beating ??= beat().finally(() => {
      beating = undefined;
    });
    return beating;
  };
  const timer = setInterval(() => void once(), BEAT_MS).unref();

  return {
    ...(takenFrom ? { takenFrom } : {}),
    async held() {
      // A machine that slept does not know what became of its lock meanwhile.
      if (!lost && around.now() - heard > 2 * BEAT_MS) await once();
      if (lost) throw lost;
    },
    async release() {
      clearInterval(timer);
      await beating;
      try {
        if (!lost) await removeOurs(place, mine.token, around);
      } finally {
        file?.release();
      }
    },
  };
}

async function removeOurs(place: LockPlace, token: string, { clock }: Around): Promise<void> {
  for (let look = 0; look < GONE_LOOKS; look++) {
    const there = await place.read();
    // After a run of a moment it may not be shown yet, or who had it before.
    if ((there === undefined || there.token === token) && (await place.remove())) return;
    await clock.sleep(1_000);
  }
}

const brokenLock = (path: string, by: Holder | undefined): BuddyError =>
  new BuddyError({
    code: "locked",
    message: `the lock of this run was broken${by ? `: "${by.command}" by ${by.user} on ${by.host} holds the stack since ${by.since}` : ""}`,
    about: { id: path },
    hint: "It sends nothing more that changes anything. When nobody else works on the stack, run the same command again: it continues where reality stands.",
  });

/** Breaks the lock of a run that cannot give it back. @param token the holder's, as the `locked` error names it. */
export async function breakStackLock(place: LockPlace, token: string): Promise<Holder | undefined> {
  const marks = await place.read();
  if (!marks || marks.token !== token) return undefined;
  await place.remove();
  return holderFrom(marks);
}

/** A holder as short texts. */
const marksOf = (holder: Holder): Marks =>
  Object.fromEntries(Object.entries(holder).map(([name, value]) => [name, String(value)]));

/** Undefined: they say too little. */
function holderFrom(marks: Marks): Holder | undefined {
  const parsed = holderSchema.safeParse({ ...marks, pid: Number(marks.pid) });
  return parsed.success ? parsed.data : undefined;
}
