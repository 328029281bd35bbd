import { isDeepStrictEqual } from "node:util";
import { configTags } from "../aws/owned.ts";
import { holdsNew, holdsUnknown } from "../lib/unknown.ts";
import type { AnyType, Identified, Tags } from "./resource.ts";

/** One property that is not as wanted. */
export interface Difference {
  readonly field: string;
  readonly wanted: unknown;
  readonly found: unknown;
  /** True when AWS cannot change it: the object must be recreated. */
  readonly replaces: boolean;
  /** When it will be as `found` says, where it is still as wanted (`ResourceType.coming`). */
  readonly when?: string;
}

/** The config's tags that an object was given last, by the state. */
export interface GivenTags {
  readonly tags: Tags;
  /** False: a run ended while it set them, so reads may not show yet what it did. */
  readonly certain: boolean;
}

/**
 * What differs between what is wanted and what is there. `undefined` in the spec means "do not care". Of the tags the wanted
 * ones count, and those that the config gave before: others may have put theirs on the object too.
 * @param tags all that it must carry; absent: tags are not compared.
 * @param given absent: there is no record.
 * @param applied the spec that was last applied, as far as that is recorded
 */
export function differences(
  type: AnyType,
  wanted: object,
  live: Identified,
  tags?: Tags,
  given?: GivenTags,
  applied: object = {},
): Difference[] {
  const found: Difference[] = [];
  const coming = type.coming?.(live, wanted, applied);
  for (const [field, value] of Object.entries(wanted)) {
    if (value === undefined) continue;
    const there = (live as unknown as Record<string, unknown>)[field];
    const same = type.same?.[field];
    if (type.once?.includes(field) && isAsSaidBefore(value, applied[field as keyof typeof applied])) continue;
    if (same ? same(value, there, live, wanted, applied) : !holdsUnknown(value) && isDeepStrictEqual(value, there)) {
      const later = coming?.fields[field];
      if (coming && later !== undefined)
        found.push({ field, wanted: value, found: later, replaces: false, when: coming.when });
      continue;
    }
    const replaces = type.immutable?.includes(field) ?? false;
    // What is not known yet may well be what is there: only what is certainly another takes a new object.
    if (replaces && holdsUnknown(value) && !holdsNew(value)) continue;
    found.push({ field, wanted: value, found: there, replaces });
  }
  const different = tags && differentTags(type, live, tags, given);
  return different ? [...found, different] : found;
}

/** Where nothing is recorded nobody knows what was said before: what is there is lived with. */
const isAsSaidBefore = (wanted: unknown, before: unknown): boolean =>
  before === undefined || isDeepStrictEqual(wanted, before);

function differentTags(
  type: AnyType,
  live: Identified,
  tags: Tags,
  given: GivenTags | undefined,
): Difference | undefined {
  const [expected, there] = live.tags
    ? [tags, live.tags]
    : type.tagsUnread && given
      ? [configTags(tags), given.tags]
      : [{}, {}];
  const missing = Object.keys(expected).filter((key) => there[key] !== expected[key]);
  const obsolete = Object.keys(given?.tags ?? {}).filter(
    (key) => tags[key] === undefined && (there[key] !== undefined || !given?.certain),
  );
  if (missing.length + obsolete.length === 0) return undefined;
  const found = { ...only(there, missing), ...only({ ...given?.tags, ...there }, obsolete) };
  return { field: "tags", wanted: only(tags, missing), found, replaces: false };
}

const only = (tags: Tags, keys: readonly string[]): Tags =>
  Object.fromEntries(keys.flatMap((key) => (tags[key] === undefined ? [] : [[key, tags[key]]])));

/** Keys of the tags that a difference takes away. */
export function obsoleteTags(found: readonly Difference[]): readonly string[] {
  const tags = found.find(({ field }) => field === "tags") as { found: Tags; wanted: Tags } | undefined;
  return tags === undefined ? [] : Object.keys(tags.found).filter((key) => tags.wanted[key] === undefined);
}

/** The differences as they may be shown: a type's unrecorded fields without their values, others in its own words; what comes with when. */
export function showable(type: AnyType, found: readonly Difference[]): Difference[] {
  return found.map(({ when, ...one }) => {
    if (type.unrecorded?.includes(one.field)) return { ...one, wanted: "(not shown)", found: "(not shown)" };
    const shown = type.shown?.[one.field];
    const words = (value: unknown) => (shown && value !== undefined && value !== null ? shown(value) : value);
    const there = words(one.found);
    return { ...one, wanted: words(one.wanted), found: when === undefined ? there : `${there} ${when}` };
  });
}
