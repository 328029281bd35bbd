import { BuddyError } from "../lib/errors.ts";
import { workingOn } from "../lib/working.ts";
import type { Recorded } from "../state/state.ts";
import { create, giveUpHopeless, remove, update } from "./changes.ts";
import { restSeconds } from "./course.ts";
import { DELETE_SHOWS_WITHIN_MS, type Decision, isAsWanted, VISIBLE_WITHIN_MS } from "./decide.ts";
import type { Outcome } from "./events.ts";
import { describeError } from "./failure.ts";
import { formerNodes, makesSuccessor, reinstate, setAside } from "./former.ts";
import { aboutNode, missingMessage, type Node, nameOf } from "./graph.ts";
import { evaluate, mayHoldData, type Observation, observe, patiently } from "./observe.ts";
import { record, recordReady } from "./record.ts";
import { type Dependents, NO_DEPENDENTS, type Refusal, refusalOf, refusedError, retainedRemedies } from "./refusal.ts";
import type { Identified } from "./resource.ts";
import { type Run, throwIfInterrupted } from "./run.ts";
import { type Work, wantedNow, workOn } from "./work.ts";

const NOT_VISIBLE_SECONDS = 120;

export interface Converged {
  readonly live: Identified | undefined;
  readonly outcome: Outcome;
  readonly reason?: string;
  /** The id of what a delete left behind on purpose. */
  readonly leaves?: string;
}

/**
 * Brings one object to what is wanted (`undefined`: to nothing): look, decide, act, sleep, look again. Answers when the
 * object is ready, gone, or blocked; throws BuddyError.
 * @param first what a look just before found, so that nothing is asked twice.
 * @param on what depends on it: for its sake a replacement or a second creation is refused (throws `refused`).
 * @param later fields that are not touched yet; undefined: no change of it comes after this one.
 */
export const converge = (
  run: Run,
  node: Node,
  wanted: object | undefined,
  first?: Observation,
  on: Dependents = NO_DEPENDENTS,
  later?: ReadonlySet<string>,
): Promise<Converged> => workingOn(node.key, () => convergeOne(run, node, wanted, first, on, later));

async function convergeOne(
  run: Run,
  node: Node,
  wanted: object | undefined,
  first: Observation | undefined,
  on: Dependents,
  changedLater: ReadonlySet<string> | undefined,
): Promise<Converged> {
  const { clock, store, emit } = run;
  const work = workOn(run, node, wanted, changedLater);
  const { later } = work;
  const settled = (outcome: Outcome) => ({
    ...nameOf(node),
    at: clock.now(),
    type: "resource.settled" as const,
    outcome,
    ms: clock.now() - work.started,
  });
  try {
    for (let seen = first; ; seen = undefined) {
      throwIfInterrupted(run);
      const recorded = store.get(node.key);
      const there = seen ?? (await observe(run, node, recorded));
      const target = work.replacing ? undefined : wanted;
      const decision = evaluate(node, target, there, recorded, {
        now: clock.now(),
        deleteKept: run.deleteKept,
        removing: run.removing,
        tried: work.tried,
        deleteWouldShow: clock.now() - work.started > DELETE_SHOWS_WITHIN_MS,
        updated: work.updated !== undefined,
        later,
      });
      if (await takenBack(work, decision, there.live)) continue;
      const refused = refusalOf(run, node, decision, {
        ...there,
        dependents: on,
        wanted: target,
        recorded,
        unused: work.tried,
      });
      if (refused) throw refusedError(refused, node, there.live?.id);
      // Meanwhile a record of another object may have failed.
      throwIfInterrupted(run);
      const end = await act(work, decision, there.live, recorded);
      if (!end) continue;
      emit({ ...settled(end.outcome), id: end.live?.id, reason: end.reason });
      return { ...end, ...(work.leaves ? { leaves: work.leaves } : {}) };
    }
  } catch (error) {
    const failure = describeError(error, node, store.get(node.key)?.id, run.aws.cli);
    const outcome = failure.code === "interrupted" ? "interrupted" : "failed";
    emit({ ...settled(outcome), reason: failure.message, code: failure.code });
    throw failure;
  }
}

/** Carries a decision out. Undefined: look again. */
async function act(
  work: Work,
  decision: Decision,
  live: Identified | undefined,
  recorded: Recorded | undefined,
): Promise<Converged | undefined> {
  const { run, node } = work;
  switch (decision.kind) {
    case "none":
      return live === undefined ? gone(work) : ready(work, live);
    case "wait":
      return wait(work, decision.why, live, recorded);
    case "create": {
      const { create: call } = node.type;
      if (call && !node.type.external) return void (await create(work, call, recorded));
      if (node.needs.length === 0) return { live: undefined, outcome: "blocked", reason: missingMessage(node) };
      return void (await work.waitFor("not visible yet", 2, NOT_VISIBLE_SECONDS, undefined));
    }
    case "accept": {
      run.emit({ ...nameOf(node), at: run.clock.now(), type: "resource.note", note: decision.reason });
      const revision = node.type.irreplaceable?.revision(live as Identified) as string;
      return void record(run, node, { status: recorded?.status ?? "created", revision });
    }
    case "update":
      return void (await update(work, live as Identified, decision.differences, recorded));
    case "replace":
      work.begin("replace", live?.id);
      work.outcome = "replaced";
      replace(work, live, decision.differences.length === 0);
      return void work.waited();
    case "delete": {
      const { delete: call } = node.type;
      if (!call) return forget(work);
      if (!(await remove(work, call, live as Identified, recorded))) return undefined;
      work.leaves = undefined;
      return work.replacing ? gone(work) : forget(work);
    }
    case "keep":
      return forget(work);
    case "retain":
      return retain(work, live as Identified, decision.reason, recorded);
    case "earlier":
      return { live, outcome: "unchanged" };
    case "blocked":
      if (live && recorded?.id !== live.id) record(run, node, { id: live.id, status: "created" });
      return { live, outcome: "blocked", reason: decision.reason };
    case "failed":
      throw failedInAws(node, live, decision.reason, mayHoldData(node.type, live, recorded));
  }
}

/** What is there goes first; or it stays, as a former one, beside what is made then. */
function replace(work: Work, live: Identified | undefined, failed: boolean): void {
  const { run, node } = work;
  if (live && makesSuccessor(run, node, failed)) {
    setAside(run, node, live);
    work.aside = live.id;
  } else work.replacing = true;
}

/**
 * A former one is what it was again, where it is as wanted and what is there is not: the config was put back before it was gone.
 * What is not there after its create call may be yet, and is waited for.
 */
async function takenBack(work: Work, decision: Decision, live: Identified | undefined): Promise<boolean> {
  const { run, node } = work;
  if (isAsWanted(decision) || work.replacing || (decision.kind === "wait" && decision.why === "creating")) return false;
  const former = await formerAsWanted(work);
  if (former === undefined) return false;
  if (live) setAside(run, node, live);
  return reinstate(run, node, former);
}

/** The id of a former one that needs no replacement. */
async function formerAsWanted({ run, node, wanted, aside }: Work): Promise<string | undefined> {
  if (wanted === undefined) return undefined;
  for (const one of formerNodes(run, node)) {
    if (one.onlyId === aside) continue;
    const recorded = run.store.get(one.key);
    const there = await observe(run, one, recorded);
    const decision = evaluate(node, wanted, there, recorded, { now: run.clock.now(), deleteKept: false });
    if (there.live && isAsWanted(decision)) return there.live.id;
  }
  return undefined;
}

/** It is not there, as wanted; or what was to be replaced is gone, and the new one comes next. */
function gone(work: Work): Converged | undefined {
  work.run.store.drop(work.node.key);
  if (!work.replacing) return { live: undefined, outcome: work.outcome };
  work.replacing = false;
  work.waited();
  return undefined;
}

/** There is nothing of it to remove. */
function forget({ run, node }: Work): Converged {
  run.store.drop(node.key);
  return { live: undefined, outcome: "unchanged" };
}

function ready(work: Work, live: Identified): Converged {
  // Found after an answer that was lost.
  if (work.tried && work.outcome === "unchanged") work.outcome = "created";
  recordReady(work.run, work.node, live, wantedNow(work, live), work);
  return { live, outcome: work.outcome };
}

async function wait(
  work: Work,
  why: Extract<Decision, { kind: "wait" }>["why"],
  live: Identified | undefined,
  recorded: Recorded | undefined,
): Promise<undefined> {
  const { run, node, timing } = work;
  // As it stood when this work began: what has passed since then the wait itself counts.
  const times = { measured: run.measured, at: work.started };
  const rest = restSeconds({ node, recorded, wanted: work.wanted }, live, why, times);
  if (live && recorded?.id !== live.id)
    record(run, node, { id: live.id, status: why === "deleting" ? "deleting" : "created" });
  if (live && why === "pending") {
    await giveUpHopeless(work, live);
    work.pending = live;
  }
  work.begin("wait", live?.id, { rest });
  work.note(live && why === "pending" ? node.type.doing?.(live) : undefined);
  if (why === "creating") {
    work.notShown();
    await work.waitFor("not visible yet", 2, VISIBLE_WITHIN_MS / 1000 + 30, live);
  } else if (why === "deleting") await work.waitFor("being deleted", rest, timing.timeoutSeconds, live);
  else {
    const limit = (live && node.type.limitSeconds?.(live)) ?? timing.timeoutSeconds;
    do await work.waitFor("not ready", rest, limit, live);
    while (live && (await stillPending(work, live)));
  }
}

const stillPending = async ({ run, node: { type } }: Work, live: Identified): Promise<boolean> =>
  type.stillPending !== undefined && patiently(run, async () => type.stillPending?.(run.aws, live) ?? false);

/** Another object with its key, which nobody claims: what was to go is gone, or was never there. */
function retain(work: Work, live: Identified, reason: string, recorded: Recorded | undefined): Converged {
  const { run, node } = work;
  if (recorded && recorded.id !== live.id) run.store.drop(node.key);
  if (work.replacing) throw refusedError(notReplaced(run, node, live, reason), node, live.id);
  if (work.outcome === "deleted") return { live: undefined, outcome: "deleted" };
  return { live, outcome: "skipped", reason };
}

/** In place of what was replaced there is another one, which nobody claims. */
const notReplaced = (run: Run, node: Node, live: Identified, reason: string): Refusal => ({
  message: `${node.type.name} ${live.id} has the key of ${node.name}: ${reason}`,
  hint: "Choose what shall hold the data.",
  remedies: retainedRemedies(run, node, live),
});

const failedInAws = (node: Node, live: Identified | undefined, reason: string, holdsData: boolean): BuddyError =>
  new BuddyError({
    code: "failed",
    message: `${node.type.name} ${live?.id ?? node.name} failed: ${reason}`,
    about: aboutNode(node, live?.id),
    hint: holdsData
      ? "It may hold data, so it is left as it is. Look at it in the AWS console; put it right there, then run the same command."
      : "Mend the cause and run `buddyverse up` again: it replaces what failed.",
  });
