import { isDeepStrictEqual } from "node:util";

/** For `same`: equal as sets, whatever the order. */
export function sameSet<T>(wanted: readonly T[], found: readonly T[] | undefined): boolean {
  const text = (list: readonly T[]) => list.map((item) => JSON.stringify(item)).sort();
  return found !== undefined && isDeepStrictEqual(text(wanted), text(found));
}

/** For `same`: the field counts only when the object is made. */
export const createOnly = (): boolean => true;

/** Of what is there those whose zones are not among the wanted ones. @param foundZones theirs, in the same order */
export const inOtherZones = <T>(
  found: readonly T[],
  foundZones: readonly string[],
  zones: readonly string[],
): readonly T[] => found.filter((_one, index) => !zones.includes(foundZones[index] ?? ""));

/** What is wanted, and what is there besides. */
export function both<T>(wanted: readonly T[], found: readonly T[], idOf: (one: T) => string = String): readonly T[] {
  const ids = new Set(wanted.map(idOf));
  return [...wanted, ...found.filter((one) => !ids.has(idOf(one)))];
}
