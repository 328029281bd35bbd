const KEY = Symbol("key of the unknown");
const TEXT = "(known after up)";

/**
 * Stands for a live object that is not there yet, so that a plan can be made of what will need it: every property of it is
 * unknown too. @param key whose it is.
 */
export function unknownLive(key: string): { readonly id: string } {
  const unknown: { readonly id: string } = new Proxy(() => TEXT, {
    get(_target, property) {
      if (property === KEY) return key;
      if (property === Symbol.toPrimitive || property === "toString" || property === "toJSON") return () => TEXT;
      if (property === Symbol.iterator) return undefined;
      return unknown;
    },
  }) as unknown as { readonly id: string };
  return unknown;
}

/** The key of the object that an unknown value is of, or a property of; undefined: the value is known. */
export function unknownKey(value: unknown): string | undefined {
  return typeof value === "function" ? (value as unknown as Record<symbol, string | undefined>)[KEY] : undefined;
}

export const isUnknown = (value: unknown): boolean => unknownKey(value) !== undefined;

/** True when the value is unknown, or holds something unknown, or text made of it. */
export function holdsUnknown(value: unknown): boolean {
  if (isUnknown(value)) return true;
  if (typeof value === "string") return value.includes(TEXT);
  if (Array.isArray(value)) return value.some(holdsUnknown);
  if (typeof value === "object" && value !== null) return Object.values(value).some(holdsUnknown);
  return false;
}
