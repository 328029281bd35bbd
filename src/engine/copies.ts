import { BuddyError } from "../lib/errors.ts";
import { together } from "./beforehand.ts";
import { nameOf } from "./graph.ts";
import { discardsData, evaluate, observe, patiently } from "./observe.ts";
import { recordCopy } from "./record.ts";
import type { CopyProgress, Identified } from "./resource.ts";
import { type Run, throwIfInterrupted } from "./run.ts";
import type { Observed } from "./snapshot.ts";
import { type Work, workOn } from "./work.ts";

/** A copy of much data takes hours: a run waits this long for one, and the next one goes on waiting. */
const COPY_LIMIT_SECONDS = 24 * 3600;
/** An unfinished copy of an interrupted `down` is continued, a complete one used, for so long; what is older is made anew. */
const COPY_HOLDS_MS = 24 * 3_600_000;

const STOPPED =
  "The site is stopped, or about to be: `buddyverse up` starts it again. The same `buddyverse down` continues; with --discard-data it leaves no copies.";

/** What stays of an object's data when it is removed; undefined: nothing, as it has none or none is wanted. */
export function copyOf(run: Run, { node: { type, owner }, look: { live }, recorded }: Observed): string | undefined {
  if (!type.copy || !live || discardsData(run, type, live, recorded)) return undefined;
  return type.finalCopy?.(live, owner);
}

const goesNow = ({ decision }: Observed) => decision.kind === "delete";
export const isCopied = (run: Run, one: Observed): boolean => goesNow(one) && copyOf(run, one) !== undefined;
const toCopy = (run: Run, going: readonly Observed[]) => going.filter((one) => isCopied(run, one));
/** What is stopped first, so that nothing is written to what was copied. */
export const toStop = (run: Run, going: readonly Observed[]): readonly Observed[] =>
  toCopy(run, going).length === 0 ? [] : going.filter(({ node, look }) => node.type.quiet && look.live);

/** How long that usually takes, seconds. */
export function secondsToCopy(run: Run, going: readonly Observed[]): number {
  const longest = (all: readonly Observed[], secondsOf: (one: Observed) => number | undefined) =>
    Math.max(0, ...all.map((one) => secondsOf(one) ?? 0));
  return (
    longest(toStop(run, going), ({ node }) => node.type.timing?.quietSeconds) +
    longest(toCopy(run, going), ({ node }) => node.type.timing?.copySeconds)
  );
}

/**
 * Makes the copies that stay, side by side, once what writes is at rest. Answers their ids by key when all are complete. Throws
 * when one cannot be made, or is interrupted.
 * @param going all that is to be removed.
 * @param all of the stack, whether it is there or not.
 */
export async function makeCopies(
  run: Run,
  going: readonly Observed[],
  all: readonly Observed[],
): Promise<ReadonlyMap<string, string>> {
  const holders = toCopy(run, going);
  const writers = toStop(run, going);
  const wereAtRest = await together(run, writers, (one) => stop(run, one), STOPPED);
  const stale = wereAtRest.includes(false);
  for (const { node, look } of holders) {
    const known = run.store.get(node.key)?.copy;
    const old = known && run.clock.now() - known.since > COPY_HOLDS_MS;
    if (known && (stale || old)) recordCopy(run, node, look.live as Identified, undefined);
  }
  if (!stale) await findCopies(run, holders, writers, all);
  const ids = await together(run, holders, (one) => copy(run, one), STOPPED);
  return new Map(holders.map(({ node }, index) => [node.key, ids[index] as string]));
}

/**
 * Looks for the copies of a `down` whose state was lost: what was begun since nothing writes any more is one of what is there. Where
 * nobody can say since when that is, another one is made.
 * @param atRest what was stopped; what writes besides is not there, or nobody can say
 */
async function findCopies(
  run: Run,
  holders: readonly Observed[],
  atRest: readonly Observed[],
  all: readonly Observed[],
): Promise<void> {
  const { aws, clock, store } = run;
  const unknown = holders.filter(({ node }) => store.get(node.key)?.copy === undefined);
  const writers = all.filter(({ node }) => node.type.quiet);
  const known = writers.every((one) => one.look.live === undefined || atRest.includes(one));
  if (unknown.length === 0 || writers.length === 0 || !known) return;
  try {
    const times = await Promise.all(
      writers.map(({ node: { type, owner } }) => patiently(run, async () => type.restingSince?.(aws, owner))),
    );
    const since = Math.max(clock.now() - COPY_HOLDS_MS, ...times.map((one) => one ?? Number.POSITIVE_INFINITY));
    if (since === Number.POSITIVE_INFINITY) return;
    for (const { node, look } of unknown) {
      const live = look.live as Identified;
      const found = await patiently(run, async () => node.type.copiedSince?.(aws, live, node.owner, since));
      if (found) recordCopy(run, node, live, found);
    }
  } catch (error) {
    // What cannot be looked at is copied once more.
    if (error instanceof BuddyError) throw error;
  }
}

/**
 * Copies what shows only while the rest is removed, and is its own turn: what writes to it is gone by then. Answers the copy's id;
 * undefined: none is to be made.
 */
export async function copyLate(run: Run, entry: Observed): Promise<string | undefined> {
  const { node } = entry;
  const recorded = run.store.get(node.key);
  if (!node.type.copy || entry.look.live || !recorded) return undefined;
  const look = await observe(run, node, recorded);
  const now = { now: run.clock.now(), deleteKept: run.deleteKept, removing: true };
  const late = { ...entry, look, recorded, decision: evaluate(node, undefined, look, recorded, now) };
  return isCopied(run, late) ? copy(run, late) : undefined;
}

/** Answers false when it was not at rest before. */
async function stop(run: Run, { node, look }: Observed): Promise<boolean> {
  const work = workOn(run, node);
  const { quiet } = node.type;
  for (let live = look.live; ; live = (await observe(run, node, run.store.get(node.key))).live) {
    throwIfInterrupted(run);
    const now = live;
    let atRest = now === undefined;
    const done =
      now === undefined ||
      (await work.attempt("update", now, async () => {
        atRest = (await quiet?.(run.aws, now)) ?? true;
      }));
    if (done && atRest) {
      if (work.outcome !== "unchanged")
        run.emit({ ...nameOf(node), ...since(work), type: "resource.prepared", did: "stopped" });
      return work.outcome === "unchanged";
    }
    work.begin("stop", now?.id);
    work.outcome = "updated";
    if (done) await work.waitFor("at work", work.timing.quietSeconds ?? 60, work.timing.timeoutSeconds, now);
  }
}

/** Begins a copy, or goes on with the one that is recorded, until it is complete. Answers its id. */
async function copy(run: Run, { node, look }: Observed): Promise<string> {
  const { store, aws, clock } = run;
  const live = look.live as Identified;
  const work = workOn(run, node);
  work.begin("copy", live.id);
  // Before the call: its name holds the time, and an interrupted run must find it again.
  const unfinished = store.get(node.key)?.copy;
  const begun = unfinished?.since ?? Math.round(clock.now());
  if (!unfinished) recordCopy(run, node, live, { since: begun });
  let recorded = unfinished?.id;
  for (;;) {
    throwIfInterrupted(run);
    let made: CopyProgress | undefined;
    const done = await work
      .attempt("copy", live, async () => {
        made = await node.type.copy?.(aws, live, node.owner, String(begun), recorded);
      })
      .catch((error: unknown) => {
        // The next run tries another one.
        if (error instanceof BuddyError && error.code === "failed") recordCopy(run, node, live, undefined);
        throw error;
      });
    if (!done || !made) continue;
    const { id, complete, doing } = made;
    if (id !== "" && recorded !== id) {
      recordCopy(run, node, live, { since: begun, id });
      recorded = id;
    }
    if (complete) {
      run.emit({ ...nameOf(node), ...since(work), type: "resource.prepared", did: "copied", id });
      return id;
    }
    work.note(doing);
    await work.waitFor("being copied", work.timing.copySeconds ?? 60, COPY_LIMIT_SECONDS, live);
  }
}

const since = ({ run: { clock }, started }: Work) => ({ at: clock.now(), ms: clock.now() - started });
