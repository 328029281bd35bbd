import type { Aws } from "../aws/aws.ts";
import type { Clock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import type { StateStore } from "../state/store.ts";
import type { Emit } from "./events.ts";
import type { ReadLag } from "./schedule.ts";
import type { Measured } from "./usual.ts";

/** What every walk works with. */
export interface Run {
  readonly aws: Aws;
  readonly clock: Clock;
  readonly store: StateStore;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** A new idempotency token: random, letters and digits only, at most 32 (the narrowest rule is ACM's). */
  readonly token: () => string;
  /** `down --discard-data`: no copy of any data. */
  readonly discardData: boolean;
  /** `down --discard-files`: no copy of files. */
  readonly discardFiles: boolean;
  /** `down --unprotect`: what protects the stack's own objects from being deleted is lifted, where that is the tool's to do. */
  readonly unprotect: boolean;
  /** `down --remove`: ids of what holds data, is claimed by nobody, and goes nevertheless: it was asked for by its name. */
  readonly remove: Set<string>;
  /** `down --delete-zone`: also what is kept unless that is asked for. */
  readonly deleteKept: boolean;
  /** It takes the stack down. */
  readonly removing?: boolean;
  /** What interrupts the use of an object may be done: it was said before. Without it such a change is refused. */
  readonly allowOutage: boolean;
  /** `up --upgrade NAME`: names of objects of which a change that cannot be taken back may be done. */
  readonly upgrade: ReadonlySet<string>;
  /** `up --replace`: what cannot be changed in place may be replaced, where no data would be lost. */
  readonly replace: boolean;
  readonly lag: ReadLag;
  /** Times of earlier runs; undefined: none are known. */
  readonly measured?: Measured | undefined;
}

/** What ends a wait or a walk. */
export interface Interruptible {
  readonly store: Pick<StateStore, "failure">;
  readonly signal: AbortSignal;
}

/** Ends a wait or a walk: the user has interrupted it, or what it does can no longer be recorded. */
export function throwIfInterrupted(run: Interruptible): void {
  const { failure } = run.store;
  if (failure)
    throw new BuddyError({
      code: "state",
      message: `stopped: ${failure.message}`,
      about: failure.about,
      hint: failure.hint,
    });
  if (!run.signal.aborted) return;
  throw new BuddyError({ code: "interrupted", message: "interrupted" });
}
