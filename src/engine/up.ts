import type { BuddyError } from "../lib/errors.ts";
import type { Outcome } from "../report/events.ts";
import { type Converged, converge } from "./converge.ts";
import { describeError } from "./failure.ts";
import type { Node } from "./graph.ts";
import { specOf } from "./look.ts";
import type { Identified } from "./resource.ts";
import type { Run } from "./run.ts";
import type { Survey } from "./survey.ts";

export interface Settled {
  readonly key: string;
  readonly name: string;
  readonly object: string;
  readonly step: string | undefined;
  readonly outcome: Outcome;
  readonly id: string | undefined;
  readonly reason: string | undefined;
  /** The id of what its removal left behind on purpose (a final snapshot). */
  readonly leaves?: string | undefined;
  readonly error: BuddyError | undefined;
}

export interface Result {
  readonly settled: readonly Settled[];
  readonly live: ReadonlyMap<string, Identified>;
}

/**
 * Brings the stack to what the config says. Each object starts as soon as what it needs is ready; what depends on a failed
 * or blocked one is skipped; what goes on independently goes on. What nobody wants any more goes after what used it.
 */
export async function bringUp(run: Run, { graph, surveyed }: Survey): Promise<Result> {
  const live = new Map<string, Identified>();
  const outcomes = new Map<string, Settled>();
  const work = new Map<string, Promise<Settled>>();
  const usersOf = (key: string): string[] =>
    [...surveyed.values()]
      .filter(({ node, recorded }) => node.needs.includes(key) || recorded?.needs.includes(key))
      .map(({ node }) => node.key);

  const settle = (
    node: Node,
    outcome: Outcome,
    rest: { id?: string; reason?: string; error?: BuddyError } = {},
  ): Settled => {
    const settled = {
      key: node.key,
      name: node.name,
      object: node.type.name,
      step: node.step,
      outcome,
      id: rest.id,
      reason: rest.reason,
      error: rest.error,
    };
    outcomes.set(node.key, settled);
    return settled;
  };
  const skip = (node: Node, reason: string): Settled => {
    run.emit({
      at: run.clock.now(),
      key: node.key,
      name: node.name,
      object: node.type.name,
      step: node.step,
      type: "resource.settled",
      outcome: "skipped",
      ms: 0,
      reason,
    });
    return settle(node, "skipped", { reason });
  };
  const stopped = ({ outcome }: Settled) =>
    outcome === "failed" || outcome === "blocked" || outcome === "skipped" || outcome === "interrupted";

  async function bring(node: Node, wanted: () => object | undefined, again = false): Promise<Settled> {
    try {
      const first = surveyed.get(node.key);
      const target = wanted();
      // The survey's look still holds for what nobody but this run changes; an update looks again, just before.
      const kept = !again && (first?.decision.kind === "none" || first?.decision.kind === "create");
      const fresh = kept ? first.look : undefined;
      const { live: found, outcome, reason }: Converged = await converge(run, node, target, fresh);
      if (found && outcome !== "blocked") live.set(node.key, found);
      return settle(node, outcome, { ...(found ? { id: found.id } : {}), ...(reason === undefined ? {} : { reason }) });
    } catch (error) {
      const failure = describeError(error, node, run.store.get(node.key)?.id);
      return settle(node, failure.code === "interrupted" ? "interrupted" : "failed", {
        reason: failure.message,
        error: failure,
      });
    }
  }

  async function forward(node: Node): Promise<Settled> {
    // A scaffold that is not wanted goes after what needs it, which must not wait for it.
    const needed = node.needs.filter((key) => surveyed.get(key)?.wanted !== undefined);
    const needs = await Promise.all(needed.map(start));
    const wanted = surveyed.get(node.key)?.wanted !== undefined;
    if (!wanted) return removeAfter(node, node.resource?.scaffoldFor().map((purpose) => purpose.key) ?? []);
    const cause = needs.find(stopped);
    if (cause) return skip(node, cause.outcome === "skipped" ? (cause.reason ?? "") : `waits for ${cause.name}`);
    return bring(node, () =>
      specOf(node, (key) => live.get(key) ?? (needed.includes(key) ? undefined : surveyed.get(key)?.look.live)),
    );
  }

  /** For what is no longer wanted: first everything that used it moves on to something else. */
  async function removeAfter(node: Node, users: readonly string[]): Promise<Settled> {
    if (!surveyed.get(node.key)?.look.live && !run.store.get(node.key)) return settle(node, "unchanged");
    const settled = await Promise.all(users.map((key) => start(key)));
    const cause = settled.find((one) => stopped(one) && one.outcome !== "blocked");
    if (cause) return skip(node, `${cause.name} may still use it`);
    return bring(node, () => undefined);
  }

  function start(key: string): Promise<Settled> {
    const known = work.get(key);
    if (known) return known;
    const entry = surveyed.get(key);
    if (!entry) throw new Error(`"${key}" was not surveyed`);
    const { node } = entry;
    const begun = node.resource ? forward(node) : removeAfter(node, usersOf(key));
    work.set(key, begun);
    return begun;
  }

  /** A scaffold comes down as soon as what it was for is there; where that failed it stays, to be looked at. */
  async function takeDown(node: Node, purposes: readonly string[]): Promise<void> {
    const settled = await Promise.all([node.key, ...purposes].map(start));
    if (!settled.some(stopped)) await bring(node, () => undefined, true);
  }

  const scaffolds = [...graph.nodes.values()].filter(
    ({ key, resource }) => resource && resource.scaffoldFor().length > 0 && surveyed.get(key)?.wanted !== undefined,
  );
  await Promise.all([
    ...[...surveyed.keys()].map(start),
    ...scaffolds.map((node) => takeDown(node, node.resource?.scaffoldFor().map(({ key }) => key) ?? [])),
  ]);
  return { settled: [...outcomes.values()], live };
}
