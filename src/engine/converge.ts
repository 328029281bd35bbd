import { classify, isNotVisible } from "../aws/classify.ts";
import { AmbiguousOutcome, isOneOf, saysExists, saysTokenUsed } from "../aws/errors.ts";
import { BuddyError } from "../lib/errors.ts";
import type { Recorded } from "../state/state.ts";
import { DELETE_SHOWS_WITHIN_MS, VISIBLE_WITHIN_MS } from "./decide.ts";
import type { Difference } from "./differences.ts";
import type { Action, Outcome } from "./events.ts";
import { describeError } from "./failure.ts";
import { absence, type Node, nameOf } from "./graph.ts";
import { discardsData, judge, type Look, look, mayHoldData } from "./look.ts";
import { type Dependents, NO_DEPENDENTS, type Refusal, refusalOf, refusedError, retainedRemedies } from "./refusal.ts";
import type { Blocker, Identified, Patience, Verb } from "./resource.ts";
import { type Run, throwIfInterrupted } from "./run.ts";

const DEFAULT_PATIENCE: Patience = { usual: 3, limit: 300 };
/** What hinders a change (another object not visible yet, something that still uses it) may last this long, seconds. */
const HINDRANCE_S = 20 * 60;
const NOT_VISIBLE_S = 120;
/** What is in the way of a delete for so long, and is not of the passing sort, is somebody else's and stays. */
const STAYS_MS = 2 * 60_000;
const BEAT_MS = 1_000;
/** Repeats of an update that AWS accepted but that never shows. */
const UPDATES = 3;

export interface Converged {
  readonly live: Identified | undefined;
  readonly outcome: Outcome;
  readonly reason?: string;
  /** The id of what a delete left behind on purpose. */
  readonly leaves?: string;
}

/**
 * Brings one object to what is wanted (`undefined`: to nothing): look, decide, act, sleep, look again. Intent is recorded
 * before a create call and the id right after it. Answers when the object is ready, gone, or blocked; throws BuddyError.
 * @param first what a look just before found, so that nothing is asked twice.
 * @param on what depends on it: for its sake a replacement or a second creation is refused (throws `refused`).
 */
export async function converge(
  run: Run,
  node: Node,
  wanted: object | undefined,
  first?: Look,
  on: Dependents = NO_DEPENDENTS,
): Promise<Converged> {
  const { clock, store, emit } = run;
  const { type } = node;
  const patience = { ...DEFAULT_PATIENCE, ...type.patience };
  const about = () => ({ at: clock.now(), ...nameOf(node) });
  const needs = node.needs;

  const started = clock.now();
  let action: Action | undefined;
  let outcome: Outcome = "unchanged";
  let tried = false;
  // When the present wait began, and what for; each change of state starts it anew.
  let waiting: { readonly why: string; readonly since: number; readonly usual: number } | undefined;
  let updated: { readonly fields: string; readonly at: number; readonly times: number } | undefined;
  let hindered: { readonly since: number; pause: number } | undefined;
  let inTheWay: { readonly ids: ReadonlySet<string>; readonly since: number } | undefined;
  let told: string | undefined;
  let replacing = false;
  let leaves: string | undefined;
  let seen = first;

  const begin = (next: Action, id?: string) => {
    if (action === next) return;
    action = next;
    const usual = next === "delete" ? patience.gone : next === "update" ? undefined : patience.usual;
    emit({ ...about(), type: "resource.started", action: next, id, usual });
  };

  const record = (change: Partial<Recorded>) => {
    const before = store.get(node.key);
    try {
      store.put(node.key, {
        type: type.name,
        name: node.name,
        token: before?.token ?? run.token(),
        spec: before?.spec ?? {},
        needs: [...needs],
        ...(before?.id ? { id: before.id } : {}),
        ...(before?.revision === undefined ? {} : { revision: before.revision }),
        ...(before?.neverReady && change.status !== "ready" ? { neverReady: true } : {}),
        status: "created",
        since: Math.round(clock.now()),
        ...change,
      });
    } catch (error) {
      throw change.id === undefined || change.id === before?.id ? error : unrecorded(node, change.id, error);
    }
  };

  // All objects look again on the same beat, so that their reads of one kind become one call.
  const sleep = (ms: number) => {
    const now = clock.now();
    const wake = Math.ceil((now + ms) / BEAT_MS) * BEAT_MS;
    return clock.sleep(wake - now, run.signal).catch(() => throwIfInterrupted(run));
  };

  /** Sleeps so that little time is lost once the thing is due, or ready early, and few looks are made before. */
  async function waitFor(why: string, usual: number, limit: number, live: Identified | undefined): Promise<void> {
    if (waiting?.why !== why) waiting = { why, since: clock.now(), usual };
    const elapsed = (clock.now() - waiting.since) / 1000;
    if (elapsed > limit) {
      throw new BuddyError({
        code: "timeout",
        message: `${type.name} ${live?.id ?? node.name} is still ${why} after ${Math.round(elapsed / 60)} min`,
        about: { key: node.key, ...(node.step ? { step: node.step } : {}), ...(live ? { id: live.id } : {}) },
        hint: "Look at it in the AWS console; the next run goes on from where it stands then.",
      });
    }
    const due = usual * 0.7;
    const seconds =
      elapsed < due
        ? Math.min(15, Math.max(1, due - elapsed))
        : Math.min(15, Math.max(1, usual * 0.025, (elapsed - usual) * 0.1));
    await sleep(seconds * 1000);
  }

  /** Runs a change. True: done. False: hindered by something named; look again after a pause. */
  async function attempt(verb: Verb, live: Identified | undefined, change: () => Promise<void>): Promise<boolean> {
    try {
      await change();
      hindered = undefined;
      return true;
    } catch (error) {
      if (error instanceof BuddyError && error.code === "state") throw error;
      throwIfInterrupted(run);
      const kind = classify(error);
      const lost = error instanceof AmbiguousOutcome;
      const trouble = lost || kind === "throttled" || kind === "transient" || kind === "network";
      const named = isOneOf(error, type.retryable?.[verb]);
      // "Exists already" is an earlier attempt of ours that does not show yet; what is somebody else's, `find` refuses.
      const invisible = (verb !== "delete" && isNotVisible(error)) || (verb === "create" && saysExists(error));
      if (!trouble && !named && !invisible) throw error;
      hindered ??= { since: clock.now(), pause: 1_000 };
      const limit = named ? HINDRANCE_S : invisible ? NOT_VISIBLE_S : 10 * 60;
      if (clock.now() - hindered.since > limit * 1000) throw error;
      await explainHindrance(verb, live, error);
      await sleep(hindered.pause);
      hindered.pause = Math.min(hindered.pause * 1.5, 15_000);
      return false;
    }
  }

  /** Says what is in the way. Throws `blocked` when it is somebody else's and stays: to wait longer would change nothing. */
  async function explainHindrance(verb: Verb, live: Identified | undefined, error: unknown): Promise<void> {
    const text = error instanceof Error ? error.message : String(error);
    const blockers =
      verb === "delete" && live && type.blockers ? await type.blockers(run.aws, live).catch(() => []) : [];
    const named = (list: readonly Blocker[]) => list.map((one) => `${one.id} (${one.what})`).join(", ");
    emit({ ...about(), type: "resource.note", note: blockers.length > 0 ? `in use by ${named(blockers)}` : text });
    const staying = blockers.filter(({ passing }) => !passing);
    const same = staying.some(({ id }) => inTheWay?.ids.has(id));
    if (!same)
      inTheWay = staying.length > 0 ? { ids: new Set(staying.map(({ id }) => id)), since: clock.now() } : undefined;
    if (!inTheWay || clock.now() - inTheWay.since < STAYS_MS) return;
    throw new BuddyError({
      code: "blocked",
      message: `${type.name} ${live?.id} cannot be removed: it is in use by ${named(staying)}`,
      about: { key: node.key, ...(node.step ? { step: node.step } : {}), ...(live ? { id: live.id } : {}) },
      hint: "This is not the stack's, so it is left alone. Remove it, or take it out of there; then run the same command again.",
      cause: error,
    });
  }

  const recordedSpec = (spec: object): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(spec).filter(([field, value]) => value !== undefined && !type.unrecorded?.includes(field)),
    );

  try {
    for (;;) {
      throwIfInterrupted(run);
      const recorded = store.get(node.key);
      const there = seen ?? (await look(run, node, recorded));
      const { live } = there;
      seen = undefined;
      const target = replacing ? undefined : wanted;
      const decision = judge(
        node,
        target,
        there,
        recorded,
        clock.now(),
        tried,
        clock.now() - started > DELETE_SHOWS_WITHIN_MS,
      );

      const refused = refusalOf(run, node, decision, on, there.strays);
      if (refused) throw refusedError(refused, node, live?.id);

      switch (decision.kind) {
        case "none": {
          if (live === undefined) {
            store.drop(node.key);
            if (replacing) {
              replacing = false;
              waiting = undefined;
              continue;
            }
            return settle(live, outcome);
          }
          // Found after an answer that was lost.
          if (tried && outcome === "unchanged") outcome = "created";
          const spec = recordedSpec(wanted ?? {});
          const revision = type.irreplaceable?.revision(live);
          if (
            recorded?.status !== "ready" ||
            recorded.id !== live.id ||
            recorded.revision !== revision ||
            JSON.stringify(recorded.spec) !== JSON.stringify(spec)
          ) {
            record({ id: live.id, status: "ready", spec, ...(revision === undefined ? {} : { revision }) });
          }
          return settle(live, outcome);
        }

        case "wait": {
          if (live && recorded?.id !== live.id)
            record({ id: live.id, status: decision.why === "deleting" ? "deleting" : "created" });
          begin(action ?? "wait", live?.id);
          const doing = live && decision.why === "pending" ? type.doing?.(live) : undefined;
          if (doing !== undefined && doing !== told) emit({ ...about(), type: "resource.note", note: doing });
          told = doing;
          if (decision.why === "creating") await waitFor("not visible yet", 2, VISIBLE_WITHIN_MS / 1000 + 30, live);
          else if (decision.why === "deleting")
            await waitFor("being deleted", patience.gone ?? patience.usual, patience.limit, live);
          else await waitFor("not ready", patience.usual, patience.limit, live);
          continue;
        }

        case "create": {
          if (type.external || !type.create) {
            if (needs.length === 0) return settle(undefined, "blocked", absence(node));
            await waitFor("not visible yet", 2, NOT_VISIBLE_S, undefined);
            continue;
          }
          const spec = wanted as object;
          begin(outcome === "replaced" ? "replace" : "create");
          // A token is used again only for an attempt whose outcome is not known: after an id came back and its object is
          // gone, AWS would answer a repeat with the dead object.
          const again = recorded?.status === "creating" && recorded.id === undefined;
          const token = again && recorded ? recorded.token : run.token();
          store.put(node.key, {
            type: type.name,
            name: node.name,
            token,
            spec: recordedSpec(spec),
            needs: [...needs],
            ...(type.neverServed ? { neverReady: true } : {}),
            status: "creating",
            since: Math.round(clock.now()),
          });
          tried = true;
          waiting = undefined;
          const create = type.create;
          const done = await attempt("create", undefined, async () => {
            try {
              const id = await create(run.aws, spec, node.owner, token);
              record({ id, status: "created" });
            } catch (error) {
              // Not AWS's answer, which came, but a record of it that failed: what is on disk still says that it may be there.
              if (error instanceof BuddyError && error.code === "state") throw error;
              // Certainly not made: forget the intent, so that the next attempt is a new one.
              if (saysTokenUsed(error)) record({ token: run.token(), status: "creating" });
              else if (definite(error)) store.drop(node.key);
              // Safe to repeat (a token, or a name that AWS knows): no need to wait until it could have shown.
              else if (!(error instanceof AmbiguousOutcome)) record({ status: "creating", since: 0 });
              throw error;
            }
          });
          if (done) {
            if (outcome !== "replaced") outcome = "created";
            waiting = undefined;
            // Few things are there at once; a first look right away would mostly be wasted.
            await sleep(patience.usual < 5 ? 1_000 : Math.min(patience.usual * 700, 15_000));
          }
          continue;
        }

        case "accept": {
          emit({ ...about(), type: "resource.note", note: decision.reason });
          const revision = type.irreplaceable?.revision(live as Identified) as string;
          record({ status: recorded?.status ?? "created", revision });
          continue;
        }

        case "update": {
          const fields = JSON.stringify(decision.differences);
          if (updated?.fields === fields) {
            // Accepted, but reads lag behind writes: look again before it is sent again.
            if (clock.now() - updated.at < 60_000) {
              await sleep(Math.min(10_000, 1_000 + (clock.now() - updated.at) / 4));
              continue;
            }
            if (updated.times >= UPDATES) throw didNotTake(node, live as Identified, decision.differences);
          }
          begin(tried ? "create" : "update", live?.id);
          const update = type.update;
          if (!update)
            throw new BuddyError({
              code: "internal",
              message: `${type.name} has a difference that it cannot close: ${decision.differences.map((one) => one.field).join(", ")}`,
            });
          if (recorded?.id !== live?.id) record({ id: (live as Identified).id, status: "created" });
          const changed = new Set(decision.differences.map((difference) => difference.field));
          const done = await attempt("update", live, () =>
            update(run.aws, live as Identified, wanted as object, changed, node.owner),
          );
          if (done) {
            updated = { fields, at: clock.now(), times: updated?.fields === fields ? updated.times + 1 : 1 };
            if (outcome === "unchanged") outcome = "updated";
            waiting = undefined;
          }
          continue;
        }

        case "replace": {
          begin("replace", live?.id);
          replacing = true;
          outcome = "replaced";
          waiting = undefined;
          continue;
        }

        case "delete": {
          if (type.external || !type.delete) {
            store.drop(node.key);
            return settle(undefined, "unchanged");
          }
          begin(replacing ? "replace" : "delete", live?.id);
          if (recorded?.status !== "deleting") record({ id: (live as Identified).id, status: "deleting" });
          const label = String(store.get(node.key)?.since ?? 0);
          const remove = type.delete;
          const done = await attempt("delete", live, async () => {
            const discardData = discardsData(run, type, live, recorded);
            leaves = (await remove(run.aws, live as Identified, { discardData, label })) || leaves;
          });
          if (done && leaves !== undefined && leaves === live?.id) {
            // It stays on purpose: others need it, or AWS removes it by itself later.
            store.drop(node.key);
            leaves = undefined;
            if (!replacing) return settle(undefined, "unchanged");
            replacing = false;
            waiting = undefined;
            continue;
          }
          if (done) {
            if (!replacing) outcome = "deleted";
            await waitFor("being deleted", patience.gone ?? Math.min(patience.usual, 3), patience.limit, live);
          }
          continue;
        }

        case "retain":
          // Another one with its key: what was to go is gone, or was never there.
          if (recorded && recorded.id !== live?.id) store.drop(node.key);
          if (replacing)
            throw refusedError(notReplaced(run, node, live as Identified, decision.reason), node, live?.id);
          return outcome === "deleted" ? settle(undefined, outcome) : settle(live, "skipped", decision.reason);

        case "blocked":
          if (live && recorded?.id !== live.id) record({ id: live.id, status: "created" });
          return settle(live, "blocked", decision.reason);

        case "failed":
          throw new BuddyError({
            code: "failed",
            message: `${type.name} ${live?.id ?? node.name} failed: ${decision.reason}`,
            about: { key: node.key, ...(node.step ? { step: node.step } : {}), ...(live ? { id: live.id } : {}) },
            hint: mayHoldData(type, live, recorded)
              ? "It may hold data, so it is left as it is. Look at it in the AWS console; put it right or remove it there, then run the same command."
              : "Mend the cause and run `buddyverse up` again: it replaces what failed.",
          });
      }
    }
  } catch (error) {
    const failure = describeError(error, node, store.get(node.key)?.id);
    const interrupted = failure.code === "interrupted";
    emit({
      ...about(),
      type: "resource.settled",
      outcome: interrupted ? "interrupted" : "failed",
      ms: clock.now() - started,
      reason: failure.message,
      code: failure.code,
    });
    throw failure;
  }

  function settle(live: Identified | undefined, result: Outcome, reason?: string): Converged {
    emit({ ...about(), type: "resource.settled", outcome: result, id: live?.id, ms: clock.now() - started, reason });
    return { live, outcome: result, ...(reason === undefined ? {} : { reason }), ...(leaves ? { leaves } : {}) };
  }
}

/** True when AWS certainly did not act: it answered the first and only attempt with an error of the caller's. */
function definite(error: unknown): boolean {
  if (error instanceof AmbiguousOutcome) return false;
  const attempts = (error as { $metadata?: { attempts?: number } }).$metadata?.attempts ?? 1;
  const kind = classify(error);
  return (
    attempts === 1 &&
    (kind === "denied" || kind === "quota" || kind === "capacity" || kind === "credentials" || kind === "other")
  );
}

/** In place of what was replaced there is another one, which nobody claims. */
const notReplaced = (run: Run, node: Node, live: Identified, reason: string): Refusal => ({
  message: `${node.type.name} ${live.id} has the key of ${node.name}: ${reason}`,
  hint: "Choose what shall hold the data.",
  remedies: retainedRemedies(run, node, live),
});

/** The object is there, and nothing but this error knows its id. */
function unrecorded(node: Node, id: string, cause: unknown): BuddyError {
  return new BuddyError({
    code: "state",
    message: `${node.type.name} ${node.name} is there as ${id}, which could not be recorded: ${cause instanceof Error ? cause.message : String(cause)}`,
    about: { key: node.key, ...(node.step ? { step: node.step } : {}), id },
    hint: "It may cost. Make room or make the folder writable, then run the same command again: it finds the object by its tags or its name, and goes on.",
    cause,
  });
}

function didNotTake(node: Node, live: Identified, left: readonly Difference[]): BuddyError {
  const show = (value: unknown) => JSON.stringify(value) ?? "nothing";
  return new BuddyError({
    code: "failed",
    message: `${node.type.name} ${live.id}: AWS accepted the change but it does not show: ${left.map((one) => `${one.field} is ${show(one.found)}, wanted ${show(one.wanted)}`).join("; ")}`,
    about: { key: node.key, id: live.id },
    hint: "Somebody else may be changing it at the same time. Run `buddyverse status` to see how it stands.",
  });
}
