import type { Identified } from "./resource.ts";

const MARK = Symbol("unknown");
const TEXT = "(known after up)";

/** Stands for a live object that is not there yet, so that a plan can be made of what will need it: every property of it is unknown too. */
export const unknownLive: Identified = new Proxy(() => TEXT, {
  get(_target, property) {
    if (property === MARK) return true;
    if (property === Symbol.toPrimitive || property === "toString" || property === "toJSON") return () => TEXT;
    if (property === Symbol.iterator) return undefined;
    return unknownLive;
  },
}) as unknown as Identified;

export function isUnknown(value: unknown): boolean {
  return typeof value === "function" && (value as unknown as Record<symbol, unknown>)[MARK] === true;
}

/** True when the value is unknown, or holds something unknown, or text made of it. */
export function holdsUnknown(value: unknown): boolean {
  if (isUnknown(value)) return true;
  if (typeof value === "string") return value.includes(TEXT);
  if (Array.isArray(value)) return value.some(holdsUnknown);
  if (typeof value === "object" && value !== null) return Object.values(value).some(holdsUnknown);
  return false;
}
