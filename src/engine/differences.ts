import { isDeepStrictEqual } from "node:util";
import { holdsUnknown } from "../lib/unknown.ts";
import type { AnyType, Identified, Tags } from "./resource.ts";

/** One property that is not as wanted. */
export interface Difference {
  readonly field: string;
  readonly wanted: unknown;
  readonly found: unknown;
  /** True when AWS cannot change it: the object must be recreated. */
  readonly replaces: boolean;
}

/**
 * What differs between what is wanted and what is there. `undefined` in the spec means "do not care". Of the tags only
 * the wanted ones count: others may have put theirs on the object too.
 */
export function differences(type: AnyType, wanted: object, live: Identified, tags: Tags | undefined): Difference[] {
  const found: Difference[] = [];
  for (const [field, value] of Object.entries(wanted)) {
    if (value === undefined) continue;
    const there = (live as unknown as Record<string, unknown>)[field];
    const same = type.same?.[field];
    if (same ? same(value, there, live) : !holdsUnknown(value) && isDeepStrictEqual(value, there)) continue;
    found.push({ field, wanted: value, found: there, replaces: type.immutable?.includes(field) ?? false });
  }
  if (tags && live.tags) {
    const missing = Object.entries(tags).filter(([key, value]) => live.tags?.[key] !== value);
    if (missing.length > 0) {
      found.push({
        field: "tags",
        wanted: Object.fromEntries(missing),
        found: Object.fromEntries(
          missing.flatMap(([key]) => (live.tags?.[key] === undefined ? [] : [[key, live.tags[key]]])),
        ),
        replaces: false,
      });
    }
  }
  return found;
}

/** The differences as they may be shown: values of a type's unrecorded fields are left out. */
export function showable(type: AnyType, found: readonly Difference[]): Difference[] {
  return found.map((one) =>
    type.unrecorded?.includes(one.field) ? { ...one, wanted: "(not shown)", found: "(not shown)" } : one,
  );
}
