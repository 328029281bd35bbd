/** Coalesces equal reads that are asked for in the same turn of the event loop into one call. */
export function coalescer(): <T>(key: string, call: () => Promise<T>) => Promise<T> {
  const waiting = new Map<string, Promise<unknown>>();
  return <T>(key: string, call: () => Promise<T>): Promise<T> => {
    const known = waiting.get(key);
    if (known) return known as Promise<T>;
    const asked = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      waiting.delete(key);
      return call();
    });
    waiting.set(key, asked);
    return asked;
  };
}

/**
 * Coalesces look-ups by id of one kind into one call: ids asked for in the same turn of the event loop are read together.
 * `read` answers a map from id to what was found; an id that is not in it is absent.
 */
export function idBatcher(): <T>(
  kind: string,
  id: string,
  read: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>,
) => Promise<T | undefined> {
  const batches = new Map<
    string,
    { readonly ids: Set<string>; readonly answer: Promise<ReadonlyMap<string, unknown>> }
  >();
  return async <T>(kind: string, id: string, read: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>) => {
    let batch = batches.get(kind);
    if (!batch) {
      const ids = new Set<string>();
      const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        batches.delete(kind);
        return read([...ids]);
      });
      batch = { ids, answer };
      batches.set(kind, batch);
    }
    batch.ids.add(id);
    return (await batch.answer).get(id) as T | undefined;
  };
}
