import type { BuddyError } from "../lib/errors.ts";
import type { Outcome } from "./events.ts";
import { describeError } from "./failure.ts";
import { type Node, type NodeName, nameOf } from "./graph.ts";
import type { Run } from "./run.ts";

/** How the work on one node ended. */
export interface NodeResult extends NodeName {
  readonly outcome: Outcome;
  readonly id: string | undefined;
  readonly reason: string | undefined;
  /** The id of what its removal left behind on purpose (a final snapshot). */
  readonly leaves?: string | undefined;
  /** It was made in the same run that deleted it: a helper. */
  readonly temporary?: true;
  readonly error: BuddyError | undefined;
}

/** Its dependents cannot go on. */
export const stopped = ({ outcome }: NodeResult): boolean =>
  outcome === "failed" || outcome === "blocked" || outcome === "skipped" || outcome === "interrupted";

export const resultOf = (
  node: Node,
  outcome: Outcome,
  rest: Partial<Pick<NodeResult, "id" | "reason" | "leaves" | "error">> = {},
): NodeResult => ({ ...nameOf(node), outcome, id: undefined, reason: undefined, error: undefined, ...rest });

/** Says that nothing was done, and why. */
export function skip(run: Run, node: Node, reason: string, id?: string): NodeResult {
  run.emit({
    ...nameOf(node),
    at: run.clock.now(),
    type: "resource.settled",
    outcome: "skipped",
    ms: 0,
    reason,
  });
  return resultOf(node, "skipped", { reason, id });
}

export function resultOfError(run: Run, node: Node, id: string | undefined, error: unknown): NodeResult {
  const failure = describeError(error, node, id, run.aws.cli);
  const outcome = failure.code === "interrupted" ? "interrupted" : "failed";
  return resultOf(node, outcome, { id, reason: failure.message, error: failure });
}
