import { classify } from "../aws/classify.ts";
import { saysNotFound } from "../aws/errors.ts";
import type { Recorded } from "../state/state.ts";
import { type Decision, decide } from "./decide.ts";
import { type Difference, differences } from "./differences.ts";
import type { Node } from "./graph.ts";
import type { AnyType, Health, Identified } from "./resource.ts";
import { type Run, throwIfInterrupted } from "./run.ts";
import { unknownLive } from "./unknown.ts";

/** What is there of a node, and what is wanted. */
export interface Look {
  readonly live: Identified | undefined;
  readonly health: Health | "absent";
}

/** What a node's resource wants, given what is there of its needs (undefined: not yet). */
export function specOf(node: Node, liveOf: (key: string) => Identified | undefined): object | undefined {
  if (!node.resource) return undefined;
  const orUnknown = ({ key }: { readonly key: string }) => liveOf(key) ?? unknownLive(key);
  const live = Object.fromEntries(
    Object.entries(node.resource.needs).map(([name, need]) => [
      name,
      Array.isArray(need) ? need.map(orUnknown) : orUnknown(need as { readonly key: string }),
    ]),
  );
  return node.resource.spec(live);
}

/** Looks at AWS. Trouble on the way there (throttling, outages) is waited out, ten minutes at most. */
export async function look(run: Run, node: Node, recorded: Recorded | undefined): Promise<Look> {
  const live = await patiently(run, async () => {
    const { type, owner, onlyId } = node;
    if (onlyId === undefined || !type.list)
      return (await type.find(run.aws, owner, recorded?.id)) as Identified | undefined;
    return (await type.list(run.aws, owner.stack)).find(({ id }) => id === onlyId) as Identified | undefined;
  });
  return { live, health: live === undefined ? "absent" : (node.type.health?.(live) ?? "ready") };
}

const OUTAGE_MS = 10 * 60_000;
/**
 * `find` answers undefined for what is not there; where AWS's "not found" comes through nevertheless, an object went between
 * the call that listed it and the one that asked for more of it (its tags, its attributes).
 */
const VANISHED_MS = 30_000;

/** Repeats a call that reads, or is safe to repeat, while AWS or the way to it is in trouble. */
export async function patiently<T>(run: Run, call: () => Promise<T>): Promise<T> {
  const since = run.clock.now();
  for (let pause = 2_000; ; pause = Math.min(pause * 2, 30_000)) {
    throwIfInterrupted(run);
    try {
      return await call();
    } catch (error) {
      const kind = classify(error);
      const outage = kind === "throttled" || kind === "transient" || kind === "network";
      const vanished = saysNotFound(error);
      if (!outage && !vanished) throw error;
      if (run.clock.now() - since > (outage ? OUTAGE_MS : VANISHED_MS)) throw error;
      await run.clock.sleep(pause, run.signal).catch(() => throwIfInterrupted(run));
    }
  }
}

/** True when an object of this sort may hold data: always, unless AWS and the record both say that it was never ready. */
export function mayHoldData(type: AnyType, live: Identified | undefined, recorded: Recorded | undefined): boolean {
  if (!type.holdsData) return false;
  return !(live && recorded?.neverReady && type.neverServed?.(live));
}

/** What was written over by somebody else, of a type whose value must not be lost: as it is now, and as it was. */
function overwritten({ type }: Node, live: Identified | undefined, recorded: Recorded | undefined): string | undefined {
  if (!live || !type.irreplaceable || recorded?.revision === undefined) return undefined;
  const now = type.irreplaceable.revision(live);
  return now === recorded.revision
    ? undefined
    : `somebody else wrote over it: it is ${now}, and was ${recorded.revision}. It is kept and recorded; what was given the old value must have the new one too`;
}

/** The decision on a node, as `plan`, `status`, `up` and `down` all see it. */
export function judge(
  node: Node,
  wanted: object | undefined,
  { live, health }: Look,
  recorded: Recorded | undefined,
  now: number,
  tried = false,
  deleteWouldShow = false,
): Decision & { readonly drift: readonly Difference[] } {
  const drift = wanted && live ? differences(node.type, wanted, live, node.owner.tags) : [];
  return {
    ...decide({
      health,
      wanted: wanted !== undefined,
      recorded,
      differences: drift,
      now,
      tried,
      holdsData: mayHoldData(node.type, live, recorded),
      overwritten: overwritten(node, live, recorded),
      deleteWouldShow,
    }),
    drift,
  };
}
