import { converge } from "./converge.ts";
import { describeError } from "./failure.ts";
import { type AnyType, type Identified, removable } from "./resource.ts";
import type { Run } from "./run.ts";
import { type Survey, type Surveyed, survey } from "./survey.ts";
import type { Settled } from "./up.ts";

/** What a `down` would remove, in the order of the stack: what is there, and what may still appear. */
export function doomed({ surveyed }: Survey): Surveyed[] {
  return [...surveyed.values()].filter(
    ({ node, look, recorded }) => removable(node.type) && (look.live !== undefined || recorded !== undefined),
  );
}

/** How long a `down` usually takes: the longest chain of what goes one after the other, seconds. */
export function secondsDown(survey: Survey): number {
  const going = new Map(doomed(survey).map((one) => [one.node.key, one]));
  const gone = new Map<string, number>();
  // When it is gone: after all that needs it.
  const goneBy = (key: string): number => {
    const known = gone.get(key);
    if (known !== undefined) return known;
    gone.set(key, 0);
    const { patience } = (going.get(key) as Surveyed).node.type;
    const users = [...going.values()].filter(
      ({ node, recorded }) => node.key !== key && (node.needs.includes(key) || recorded?.needs.includes(key)),
    );
    const by =
      Math.max(0, ...users.map(({ node }) => goneBy(node.key))) + (patience?.gone ?? Math.min(patience?.usual ?? 3, 3));
    gone.set(key, by);
    return by;
  };
  return Math.max(0, ...[...going.keys()].map(goneBy));
}

/** Removes the stack: each object after all that needs it is gone. What an object that stays still uses is left too. */
export async function bringDown(run: Run, surveyed: Survey): Promise<readonly Settled[]> {
  const entries = surveyed.surveyed;
  const work = new Map<string, Promise<Settled>>();
  const usersOf = (key: string): string[] =>
    [...entries.values()]
      .filter(({ node, recorded }) => node.key !== key && (node.needs.includes(key) || recorded?.needs.includes(key)))
      .map(({ node }) => node.key);

  async function remove({ node, look }: Surveyed): Promise<Settled> {
    const base = { key: node.key, name: node.name, object: node.type.name, step: node.step };
    const left = (await Promise.all(usersOf(node.key).map(start))).find(
      ({ outcome }) => outcome === "failed" || outcome === "skipped" || outcome === "interrupted",
    );
    if (left && !node.type.external) {
      const reason = left.outcome === "skipped" ? (left.reason ?? "") : `${left.name} is still there`;
      run.emit({ ...base, at: run.clock.now(), type: "resource.settled", outcome: "skipped", ms: 0, reason });
      return { ...base, outcome: "skipped", id: look.live?.id, reason, error: undefined };
    }
    try {
      if (node.type.external) {
        run.store.drop(node.key);
        return { ...base, outcome: "unchanged", id: look.live?.id, reason: undefined, error: undefined };
      }
      const fresh = look.live === undefined && run.store.get(node.key) === undefined ? look : undefined;
      const { outcome, leaves } = await converge(run, node, undefined, fresh);
      return { ...base, outcome, leaves, id: look.live?.id, reason: undefined, error: undefined };
    } catch (error) {
      const failure = describeError(error, node, look.live?.id);
      return {
        ...base,
        outcome: failure.code === "interrupted" ? "interrupted" : "failed",
        id: look.live?.id,
        reason: failure.message,
        error: failure,
      };
    }
  }

  function start(key: string): Promise<Settled> {
    const known = work.get(key);
    if (known) return known;
    const begun = remove(entries.get(key) as Surveyed);
    work.set(key, begun);
    return begun;
  }

  return Promise.all([...entries.keys()].map(start));
}

/** Looks once more, by recorded ids, names and tags: what of the stack is still there. */
export async function leftovers(
  run: Run,
  { graph }: Survey,
  types: ReadonlyMap<string, AnyType>,
  stack: string,
): Promise<{ readonly object: string; readonly id: string; readonly name: string }[]> {
  const after = await survey(run, graph, types, { stack, sweep: "all" });
  return [...after.surveyed.values()]
    .filter(({ node, look }) => removable(node.type) && look.live !== undefined)
    .map(({ node, look }) => ({ object: node.type.name, id: (look.live as Identified).id, name: node.name }));
}
