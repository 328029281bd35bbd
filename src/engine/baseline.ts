import { isDeepStrictEqual } from "node:util";
import { propertiesOf } from "../lib/properties.ts";
import { VERSION } from "../lib/version.ts";
import type { Difference } from "./differences.ts";
import type { AnyType, Coverage, Danger, Identified, Tags } from "./resource.ts";
import { DANGERS } from "./resource.ts";

/** What becomes of a property that is not as it was. */
export type Standing =
  /** The spec asks for it: `up` puts it back. */
  | "managed"
  /** Nobody asks for it, but it is told when it changes. */
  | "watched"
  /** It changes by itself, or is looked at elsewhere. */
  | "ignored";

export interface Classified {
  readonly standing: Standing;
  /** Of what is managed the field of the spec, of what is ignored the reason. */
  readonly why: string;
}

const TAGS = /^(Tags|TagList)\[([^\]]*)\](\.Value)?/;
/** Of AWS's own tags. */
const AWS_TAG = "AWS's own tag";

/** `A[].B` stands for B of every member of A, and all that is in it; `A[=]` for the members that the spec names. */
const patterns = new Map<string, RegExp>();
function matches(pattern: string, path: string): readonly string[] | undefined {
  let known = patterns.get(pattern);
  if (!known) {
    const source = pattern
      .replace(/[.*+?^${}()|\\]/g, "\\$&")
      .replaceAll("[]", "\u0001")
      .replaceAll("[=]", "\u0002")
      .replace(/[[\]]/g, "\\$&")
      .replaceAll("\u0001", "\\[[^\\]]*\\]")
      .replaceAll("\u0002", "\\[([^\\]]*)\\]");
    known = new RegExp(`^${source}(?=$|[.[#])`);
    patterns.set(pattern, known);
  }
  return known.exec(path) ?? undefined;
}

const isNamed = (value: unknown, member: string): boolean =>
  Array.isArray(value)
    ? value.some((one) => String(one) === member)
    : typeof value === "object" && value !== null
      ? Object.keys(value).includes(member)
      : String(value) === member;

/** A property's standing. @param spec what is wanted of the object; what it leaves open is not managed. @param tags the owner's */
export function classify(type: AnyType, spec: object | undefined, tags: Tags, path: string): Classified {
  const [whole, , tag] = TAGS.exec(path) ?? [];
  if (tag?.startsWith("aws:")) return { standing: "ignored", why: AWS_TAG };
  if (whole === path && tag !== undefined && tags[tag] !== undefined) return { standing: "managed", why: "tags" };
  const { covers = {}, ignores = {} } = (type.coverage ?? {}) as Partial<Coverage<Readonly<Record<string, unknown>>>>;
  for (const [field, paths] of Object.entries(covers)) {
    const wanted = (spec as Readonly<Record<string, unknown>> | undefined)?.[field];
    if (typeof paths === "string" || wanted === undefined) continue;
    const found = paths.map((pattern) => matches(pattern, path)).find((one) => one !== undefined);
    if (found && (found[1] === undefined || isNamed(wanted, found[1]))) return { standing: "managed", why: field };
  }
  const ignored = Object.entries(ignores).find(([pattern]) => matches(pattern, path));
  return ignored ? { standing: "ignored", why: ignored[1] } : { standing: "watched", why: "" };
}

/** What was seen of an object when it was made, changed, or accepted: only what is watched. */
export interface Baseline {
  /** The version of this program: another one may read more. */
  readonly by: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** Of a property that nobody asks for: it is another one than it was. */
export interface WatchedChange {
  readonly path: string;
  /** Undefined: it was not there. */
  readonly before: string | undefined;
  /** Undefined: it is no longer there. */
  readonly now: string | undefined;
  /** What that means for safety, if anything. */
  readonly danger: Danger | undefined;
}

/** Of which object, and what is wanted of it. */
export interface Subject {
  readonly type: AnyType;
  readonly spec: object | undefined;
  /** The owner's. */
  readonly tags: Tags;
}

/** What is watched of an object as it is now. */
export function baselineOf({ type, spec, tags }: Subject, { described }: Identified, by = VERSION): Baseline {
  const properties = [...propertiesOf(described)]
    .filter(([path]) => classify(type, spec, tags, path).standing === "watched")
    .map(([path, { value }]) => [path, value]);
  return { by, properties: Object.fromEntries(properties) };
}

/** The baseline after a change of ours: as it is now, but for what somebody else had changed before, which stays to be told. */
export function baselineAfter(now: Baseline, standing: readonly WatchedChange[]): Baseline {
  const properties = { ...now.properties };
  for (const { path, before } of standing) {
    if (before === undefined) delete properties[path];
    else properties[path] = before;
  }
  return { ...now, properties };
}

/** What is watched and has changed since the baseline, what matters for safety first. */
export function watchedChanges(
  { type, spec, tags }: Subject,
  baseline: Baseline,
  { described }: Identified,
  by = VERSION,
): readonly WatchedChange[] {
  const now = propertiesOf(described);
  const paths = new Set([...Object.keys(baseline.properties), ...now.keys()]);
  return [...paths]
    .filter((path) => {
      const before = baseline.properties[path];
      // What another version did not read, or did not watch, has not changed for that.
      if (before === undefined && baseline.by !== by) return false;
      return before !== now.get(path)?.value && classify(type, spec, tags, path).standing === "watched";
    })
    .map((path) => {
      const text = now.get(path)?.text;
      return { path, before: baseline.properties[path], now: text, danger: dangerOf(type, path, text) };
    })
    .toSorted((one, other) => rank(one.danger) - rank(other.danger) || (one.path < other.path ? -1 : 1));
}

/**
 * What a property, or a field of the spec, means for safety as it is now.
 * @param text its value; of a field as JSON. Undefined: it is gone
 * @param wanted of a field what it was
 */
export const dangerOf = (type: AnyType, path: string, text: string | undefined, wanted?: unknown): Danger | undefined =>
  type.coverage?.dangers?.find(
    ({ at, when }) =>
      at.some((pattern) => matches(pattern, path)) && (when === undefined || when(text ?? "", path, wanted)),
  )?.danger;

/** What it means for safety that a field is not as wanted: of a list, what has come to it. */
export function dangerIn(type: AnyType, { field, wanted, found }: Difference): Danger | undefined {
  if (!Array.isArray(found) || !Array.isArray(wanted)) return dangerOf(type, field, JSON.stringify(found), wanted);
  const come = found.filter((one) => !wanted.some((other) => isDeepStrictEqual(one, other)));
  const danger = dangerOf(type, field, JSON.stringify(come), wanted);
  // By what is taken away nothing opens.
  return come.length === 0 && danger !== "less protected" ? undefined : danger;
}

/** What matters more comes first. */
export const rank = (danger: Danger | undefined): number =>
  danger === undefined ? DANGERS.length : DANGERS.indexOf(danger);
