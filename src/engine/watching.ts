import { VERSION } from "../lib/version.ts";
import type { Recorded } from "../state/state.ts";
import {
  type Baseline,
  baselineAfter,
  baselineOf,
  type Subject,
  type WatchedChange,
  watchedChanges,
} from "./baseline.ts";
import type { Node } from "./graph.ts";
import type { NodeResult } from "./node-result.ts";
import { ABSENT, observe } from "./observe.ts";
import type { Run } from "./run.ts";
import type { Observed, Snapshot } from "./snapshot.ts";

/** What of an object is managed depends on what was last applied. */
export const subjectOf = ({ type, owner }: Node, recorded: Recorded | undefined): Subject => ({
  type,
  spec: recorded?.spec,
  tags: owner.tags,
});

/** What others have changed of what the config leaves open, since it was last made, changed or accepted. Pure. */
export function watchedOf({
  node,
  look,
  recorded,
}: Pick<Observed, "node" | "look" | "recorded">): readonly WatchedChange[] {
  const { live, health } = look;
  if (!live || health !== "ready" || !recorded?.baseline || recorded.id !== live.id) return [];
  return recorded.status === "ready" ? watchedChanges(subjectOf(node, recorded), recorded.baseline, live) : [];
}

const CHANGES: readonly string[] = ["created", "updated", "replaced"];

/**
 * Keeps what AWS says of what a run has made or changed, and of what has no baseline yet. AWS fills in much of it later, and objects
 * change each other: so all are looked at once more when the run is through. What others had changed before stays to be told.
 */
export async function keepBaselines(run: Run, { entries }: Snapshot, results: readonly NodeResult[]): Promise<void> {
  const outcomes = new Map(results.map(({ key, outcome }) => [key, outcome]));
  const isChanged = (key: string) => CHANGES.includes(outcomes.get(key) ?? "");
  const moved = results.some(({ outcome }) => CHANGES.includes(outcome) || outcome === "deleted");
  const due = [...entries.values()].filter(({ node }) => {
    const recorded = run.store.get(node.key);
    return (
      node.resource &&
      node.type.coverage &&
      recorded?.status === "ready" &&
      (isChanged(node.key) || recorded.baseline?.by !== VERSION)
    );
  });
  const baselines = new Map<string, Baseline>();
  await Promise.all(
    due.map(async (entry) => {
      const { node } = entry;
      const recorded = run.store.get(node.key);
      // What is not to be seen now is kept by a later run.
      const look = moved ? await observe(run, node, recorded).catch(() => ABSENT) : entry.look;
      if (!look.live || look.health !== "ready" || recorded?.id !== look.live.id) return;
      const standing = recorded.baseline ? watchedOf(entry) : [];
      baselines.set(node.key, baselineAfter(baselineOf(subjectOf(node, recorded), look.live), standing));
    }),
  );
  run.store.setBaselines(baselines);
}
