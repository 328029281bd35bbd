import { converge } from "./converge.ts";
import { forgetReinstated, formerNodes, successorKey } from "./former.ts";
import { keepersOf, type Node } from "./graph.ts";
import { makeLinkedRoles } from "./linked-roles.ts";
import { type NodeResult, resultOf, resultOfError, skip, stopped } from "./node-result.ts";
import { specOf } from "./observe.ts";
import { upOrder, visitOf } from "./order.ts";
import { forgetCopies, record } from "./record.ts";
import { throwIfRefused } from "./refusal.ts";
import type { Identified } from "./resource.ts";
import type { Run } from "./run.ts";
import { type Observed, recordClaims, type Snapshot } from "./snapshot.ts";
import { walk } from "./walk.ts";
import { keepSeen } from "./watching.ts";

export interface Result {
  readonly settled: readonly NodeResult[];
  readonly live: ReadonlyMap<string, Identified>;
}

/**
 * Brings the stack to what the config says. Each object starts as soon as what it needs is ready; what depends on a failed
 * or blocked one is skipped; what goes on independently goes on. What nobody wants any more goes after what used it, but
 * what is retained stays, and what it uses.
 * Throws `refused` before anything is changed, where the snapshot shows what must not be done.
 */
export async function applyUp(run: Run, snapshot: Snapshot): Promise<Result> {
  throwIfRefused(snapshot);
  recordClaims(run, snapshot);
  forgetCopies(run);
  forgetReinstated(run);
  await makeLinkedRoles(run, snapshot);
  const { graph, entries } = snapshot;
  const live = new Map<string, Identified>();
  const entry = (key: string) => entries.get(key) as Observed;
  const isWanted = (key: string) => entries.get(key)?.wanted !== undefined;
  const isRetained = (key: string) => entries.get(key)?.decision.kind === "retain";
  const { keys, order, later } = upOrder(snapshot);

  async function bring(node: Node, wanted: () => object | undefined, again = false): Promise<NodeResult> {
    try {
      const first = entry(node.key);
      const waiting = again ? undefined : later.get(node.key);
      const target = waiting?.widened ? withWhatItHas(node, first.look.live, wanted()) : wanted();
      // The snapshot's look still holds for what nobody but this run changes; an update looks again, just before.
      const kept = !again && !first.reinstated && (first.decision.kind === "none" || first.decision.kind === "create");
      const fresh = kept ? first.look : undefined;
      const on = first.dependents;
      const { live: found, outcome, reason } = await converge(run, node, target, fresh, on, waiting?.fields);
      if (found && outcome !== "blocked") live.set(node.key, found);
      return resultOf(node, outcome, { id: found?.id, reason });
    } catch (error) {
      return resultOfError(run, node, run.store.get(node.key)?.id, error);
    }
  }

  const wantedOf = (node: Node): object | undefined => {
    const needed = node.needs.filter(isWanted);
    return specOf(node, (key) => live.get(key) ?? (needed.includes(key) ? undefined : entries.get(key)?.look.live));
  };

  function create(node: Node, needs: readonly NodeResult[]): Promise<NodeResult> | NodeResult {
    const cause = needs.find(stopped);
    if (cause) return skip(run, node, cause.outcome === "skipped" ? (cause.reason ?? "") : `waits for ${cause.name}`);
    return bring(node, () => wantedOf(node));
  }

  /** The changes that waited for others. What waits for a person does not hold them up. */
  function changeLast(own: NodeResult, others: readonly NodeResult[]): Promise<NodeResult> | NodeResult {
    if (stopped(own)) return own;
    const { node } = entry(own.key);
    const cause = others.find((other) => stopped(other) && other.outcome !== "blocked");
    return cause
      ? skip(run, node, `it is changed after ${cause.name}`, own.id)
      : bring(node, () => wantedOf(node), true);
  }

  /** For what is no longer wanted, after everything that used it has moved on to something else. */
  function remove(node: Node, users: readonly NodeResult[]): Promise<NodeResult> | NodeResult {
    if (!entry(node.key).look.live && !run.store.get(node.key)) return resultOf(node, "unchanged");
    // It is what it was again: the config was put back.
    const successor = successorKey(graph, node);
    if (successor !== undefined && run.store.get(successor)?.id === node.onlyId) return resultOf(node, "unchanged");
    // What the config has no use for any more is there for others, or for a person.
    if (node.type.external) {
      run.store.drop(node.key);
      return resultOf(node, "unchanged");
    }
    const retained = users.find(({ key }) => isRetained(key));
    if (retained) return skip(run, node, `${retained.name}, which is left alone, uses it`);
    // What is blocked keeps what it uses, and that may be an earlier one.
    const mayBeUsed = keepersOf(graph, node.type).length > 0;
    const cause = users.find((user) => stopped(user) && (user.outcome !== "blocked" || mayBeUsed));
    return cause ? skip(run, node, `${cause.name} may still use it`) : bring(node, () => undefined);
  }

  /** Those that this run has made others beside; those of runs before are removed like anything that nobody wants. */
  async function removeFormer(own: NodeResult, users: readonly NodeResult[]): Promise<NodeResult[]> {
    const { node } = entry(own.key);
    const former = formerNodes(run, node).filter(({ key }) => !entries.has(key));
    const cause = [own, ...users].find((user) => stopped(user) && user.outcome !== "blocked");
    return Promise.all(
      former.map(async (one) => {
        if (cause) return skip(run, one, `${cause.name} may still use it`);
        try {
          const { outcome, reason } = await converge(run, one, undefined);
          return resultOf(one, outcome, { id: one.onlyId, reason });
        } catch (error) {
          return resultOfError(run, one, one.onlyId, error);
        }
      }),
    );
  }

  /** It is recorded, so that later runs find it without looking for more. */
  function keep(node: Node, live: Identified): NodeResult {
    if (run.store.get(node.key)?.id !== live.id) record(run, node, { id: live.id, status: "ready" });
    return resultOf(node, "unchanged", { id: live.id });
  }

  const gone: NodeResult[] = [];
  const results = await walk<NodeResult>(keys, order, async (key, before) => {
    const { part } = visitOf(key);
    if (part === "later") {
      const [own, ...others] = before as [NodeResult, ...NodeResult[]];
      return changeLast(own, others);
    }
    if (part === "former") {
      const [own, ...users] = before as [NodeResult, ...NodeResult[]];
      const ended = await removeFormer(own, users);
      gone.push(...ended);
      return ended.find(stopped) ?? own;
    }
    if (part === "removal") {
      const [temporary, ...purposes] = before as [NodeResult, ...NodeResult[]];
      // Where something failed it stays, to be looked at.
      if (stopped(temporary) || purposes.some(stopped)) return temporary;
      return bring(entry(temporary.key).node, () => undefined, true);
    }
    const { node, look } = entry(key);
    if (isRetained(key)) return resultOf(node, "unchanged", { id: look.live?.id });
    if (entry(key).decision.kind === "earlier") return keep(node, look.live as Identified);
    return isWanted(key) ? create(node, before) : remove(node, before);
  });
  // How the last work on something ended is how it did; what was changed before and not then is changed nevertheless.
  const settled = new Map<string, NodeResult>();
  for (const one of [...results.values(), ...gone]) {
    const before = settled.get(one.key)?.outcome;
    const changed = one.outcome === "unchanged" ? before : undefined;
    const temporary = one.outcome === "deleted" && before === "created";
    settled.set(one.key, { ...one, ...(changed ? { outcome: changed } : {}), ...(temporary ? { temporary } : {}) });
  }
  const isKept = (key: string) => isRetained(key) || entries.get(key)?.decision.kind === "earlier";
  await keepSeen(run, snapshot, [...settled.values()]);
  return { settled: [...settled.values()].filter(({ key }) => !isKept(key)), live };
}

const withWhatItHas = ({ type }: Node, live: Identified | undefined, wanted: object | undefined): object | undefined =>
  live && wanted ? { ...wanted, ...type.widened?.(live, wanted) } : wanted;
