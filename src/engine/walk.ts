/** What must be done before a key, by key. */
export type Order = (key: string) => readonly string[];

/**
 * Visits every key once, each as soon as all that the order puts before it is done, so that slow ones overlap.
 * @param visit gets what the visits before it answered, in the order's own order.
 */
export async function walk<T>(
  keys: Iterable<string>,
  order: Order,
  visit: (key: string, before: readonly T[]) => Promise<T>,
): Promise<ReadonlyMap<string, T>> {
  const results = new Map<string, T>();
  const visits = new Map<string, Promise<T>>();
  for (const [key, before] of sorted(keys, order)) {
    // Sorted: those before it have begun.
    const done = Promise.all(before.map((earlier) => visits.get(earlier) as Promise<T>));
    visits.set(
      key,
      done.then(async (answers) => {
        const result = await visit(key, answers);
        results.set(key, result);
        return result;
      }),
    );
  }
  await Promise.all(visits.values());
  return results;
}

/** How long a walk takes when each key takes its own time: the longest chain, in the unit of `timeOf`. */
export function longestPath(keys: Iterable<string>, order: Order, timeOf: (key: string) => number): number {
  const finished = new Map<string, number>();
  for (const [key, before] of sorted(keys, order))
    finished.set(key, timeOf(key) + Math.max(0, ...before.map((earlier) => finished.get(earlier) ?? 0)));
  return Math.max(0, ...finished.values());
}

/** The keys, each after all that is before it. */
export const inOrder = (keys: Iterable<string>, order: Order): readonly string[] => [...sorted(keys, order).keys()];

/**
 * Each key after all that is before it. Order between keys that are not given is ignored; so is one that closes a circle:
 * what is recorded of an earlier config may contradict the present one, and a stack in such a state must still go.
 */
function sorted(keys: Iterable<string>, order: Order): ReadonlyMap<string, readonly string[]> {
  const given = new Set(keys);
  const ordered = new Map<string, readonly string[]>();
  const open = new Set<string>();
  const add = (key: string): boolean => {
    if (ordered.has(key)) return true;
    if (open.has(key)) return false;
    open.add(key);
    const before = order(key).filter((earlier) => given.has(earlier) && add(earlier));
    open.delete(key);
    ordered.set(key, before);
    return true;
  };
  for (const key of given) add(key);
  return ordered;
}
