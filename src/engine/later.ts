import { movingFirst } from "./narrowing.ts";
import { needsOf, type Observed, type Snapshot } from "./snapshot.ts";
import type { Order } from "./walk.ts";

/** Changes of an object that others go before. */
export interface Later {
  /** Fields that stay as they are until then. */
  readonly fields: ReadonlySet<string>;
  /** Until then it also has what it is to have no longer (`ResourceType.widened`). */
  readonly widened: boolean;
  /** Keys of those that are changed, or removed, first. */
  readonly after: readonly string[];
}

/**
 * What is changed only after users of it were changed, or have gone, by key (`ResourceType.changesAfter`). A user that is still
 * to be created, or recreated, needs it as it is to be, and goes before nothing but what keeps it from being made (`afterNew`).
 */
export function laterChanges({ entries }: Snapshot): ReadonlyMap<string, Later> {
  const all = [...entries.values()];
  const found = new Map<string, Later>();
  for (const { node, look, wanted, decision, differences, dependents } of all) {
    if (dependents.narrowed.length > 0)
      found.set(node.key, { fields: new Set(), widened: true, after: movingFirst(entries, node) });
    const rule = node.type.changesAfter;
    if (!rule || !wanted || !look.live || decision.kind === "replace") continue;
    const users = all.filter((user) => rule.types.includes(user.node.type.name) && needsOf(user).includes(node.key));
    const isNew = ({ look, wanted: asked, decision: { kind } }: Observed) =>
      asked !== undefined && (kind === "create" || (kind === "wait" && look.live === undefined));
    const isChanged = ({ look, decision: { kind } }: Observed) =>
      look.live !== undefined && ["update", "delete", "wait"].includes(kind);
    const changed = differences.map(({ field }) => field);
    const late = users.some(isChanged) ? changed.filter((field) => rule.fields.includes(field)) : [];
    const last = users.some(isNew) ? changed.filter((field) => rule.afterNew.includes(field)) : [];
    const after = users.filter((user) => isChanged(user) || (last.length > 0 && isNew(user)));
    const fields = new Set([...late, ...last]);
    if (fields.size > 0) found.set(node.key, { fields, widened: false, after: after.map((user) => user.node.key) });
  }
  return found;
}

/** These keys and all that the order puts before them. */
export function withAllBefore(keys: Iterable<string>, order: Order): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (key: string): void => {
    if (found.has(key)) return;
    found.add(key);
    for (const before of order(key)) add(before);
  };
  for (const key of keys) add(key);
  return found;
}
