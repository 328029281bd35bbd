import { BuddyError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { VERSION } from "../lib/version.ts";
import type { Recorded } from "../state/state.ts";
import type { Seen } from "../state/store.ts";
import { baselineAfter, baselineOf, type Subject, type WatchedChange, watchedChanges } from "./baseline.ts";
import { differences, showable } from "./differences.ts";
import type { Node } from "./graph.ts";
import type { NodeResult } from "./node-result.ts";
import { ABSENT, observe } from "./observe.ts";
import type { Identified } from "./resource.ts";
import type { Run } from "./run.ts";
import type { Observed, Snapshot } from "./snapshot.ts";

/** What of an object is managed depends on what was last applied. */
export const subjectOf = ({ type, owner }: Node, recorded: Recorded | undefined): Subject => ({
  type,
  spec: recorded?.spec,
  tags: owner.tags,
});

/** Not on its way. What waits for a person may do so for what somebody else has changed. */
const isSettled = (health: Observed["look"]["health"]): boolean =>
  health === "ready" || (typeof health === "object" && "blocked" in health);

/** What others have changed of what the config leaves open, since it was last made, changed or accepted. Pure. */
export function watchedOf({
  node,
  look,
  recorded,
}: Pick<Observed, "node" | "look" | "recorded">): readonly WatchedChange[] {
  const { live, health } = look;
  if (!live || !isSettled(health) || !recorded?.baseline || recorded.id !== live.id) return [];
  return recorded.status === "ready" ? watchedChanges(subjectOf(node, recorded), recorded.baseline, live) : [];
}

/** What of an object is accepted as it is, and of what the config manages the key that would ask for it, where there is one. */
export interface Accepted {
  readonly name: string;
  readonly changes: readonly WatchedChange[];
  readonly managed: readonly {
    readonly field: string;
    readonly found: unknown;
    readonly configured: string | undefined;
  }[];
}

/**
 * Takes what is there of these objects, by their keys or names, as what it was when they were last changed. Answers the snapshot that
 * knows of it, too. Throws `usage` on one that is not there, or not as it should be.
 */
export function accept(
  { store }: Pick<Run, "store">,
  snapshot: Snapshot,
  names: readonly string[],
): { readonly snapshot: Snapshot; readonly accepted: readonly Accepted[] } {
  const chosen = [...new Set(names)].map((name) => objectNamed(snapshot, name));
  store.setSeen(
    new Map(
      chosen.map(({ node, recorded, look }) => [
        node.key,
        { baseline: baselineOf(subjectOf(node, recorded), look.live as Identified) },
      ]),
    ),
  );
  const accepted = chosen.map((entry): Accepted => {
    const { node, look, recorded } = entry;
    const drift = differences(
      node.type,
      recorded?.spec ?? {},
      look.live as Identified,
      undefined,
      undefined,
      recorded?.spec,
    );
    // What is only coming may be asked for, too.
    const there = drift.map(({ when: _, ...one }) => one);
    const managed = showable(node.type, there).map(({ field, found }) => {
      const configured: string | undefined = node.resource?.configured[field];
      return { field, found, configured };
    });
    return { name: node.name, changes: watchedOf(entry), managed };
  });
  const entries = new Map(snapshot.entries);
  for (const entry of chosen) entries.set(entry.node.key, { ...entry, recorded: store.get(entry.node.key) });
  return { snapshot: { ...snapshot, entries }, accepted };
}

/** An object of the stack, by its key or name, that is there as the state knows it. Throws `usage` otherwise. */
export function objectNamed({ entries }: Snapshot, name: string): Observed {
  const all = [...entries.values()].filter(({ node }) => node.resource && node.type.coverage);
  const entry = entries.get(name) ?? all.find(({ node }) => node.name === name);
  if (!entry || !all.includes(entry)) {
    const near = nearest(
      name,
      all.flatMap(({ node }) => [node.key, node.name]),
    );
    throw new BuddyError({
      code: "usage",
      message: `the stack has no object "${name}"`,
      hint: `${near ? `Did you mean ${near}? ` : ""}\`buddyverse status --json\` has the keys of all.`,
    });
  }
  const { look, recorded } = entry;
  if (look.live && isSettled(look.health) && recorded?.status === "ready" && recorded.id === look.live.id) return entry;
  throw new BuddyError({
    code: "usage",
    message: `${entry.node.name} is not there as the state knows it, so nothing can be said of it`,
    hint: "`buddyverse status` shows how it stands; `buddyverse up` brings it about.",
  });
}

const CHANGES: readonly string[] = ["created", "updated", "replaced"];

const attributesOf = ({ type }: Node, live: Identified): Pick<Seen, "attributes"> =>
  type.attributes
    ? {
        attributes: Object.fromEntries(
          type.attributes.flatMap((name) => {
            const value = (live as object as Readonly<Record<string, unknown>>)[name];
            return value === undefined ? [] : [[name, value]];
          }),
        ),
      }
    : {};

/**
 * Keeps what AWS says of what a run has made or changed, and of what has no baseline yet. AWS fills in much of it later, and objects
 * change each other: so all are looked at once more when the run is through. What others had changed before stays to be told.
 */
export async function keepSeen(run: Run, { entries }: Snapshot, results: readonly NodeResult[]): Promise<void> {
  const outcomes = new Map(results.map(({ key, outcome }) => [key, outcome]));
  const isChanged = (key: string) => CHANGES.includes(outcomes.get(key) ?? "");
  const moved = results.some(({ outcome }) => CHANGES.includes(outcome) || outcome === "deleted");
  const ready = [...entries.values()].filter(
    ({ node }) => node.resource && node.type.coverage && run.store.get(node.key)?.status === "ready",
  );
  const isDue = ({ node: { key } }: Observed) => isChanged(key) || run.store.get(key)?.baseline?.by !== VERSION;
  const seen = new Map<string, Seen>();
  for (const { node, look } of ready)
    if (look.live && look.live.id === run.store.get(node.key)?.id) seen.set(node.key, attributesOf(node, look.live));
  await Promise.all(
    ready.filter(isDue).map(async (entry) => {
      const { node } = entry;
      const recorded = run.store.get(node.key);
      // What is not to be seen now is kept by a later run.
      const look = moved ? await observe(run, node, recorded).catch(() => ABSENT) : entry.look;
      if (!look.live || look.health !== "ready" || recorded?.id !== look.live.id) return;
      const standing = recorded.baseline ? watchedOf(entry) : [];
      const baseline = baselineAfter(baselineOf(subjectOf(node, recorded), look.live), standing);
      seen.set(node.key, { baseline, ...attributesOf(node, look.live) });
    }),
  );
  run.store.setSeen(seen);
}
