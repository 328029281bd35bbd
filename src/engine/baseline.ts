import { createHash } from "node:crypto";
import type { AnyType, Coverage, Danger, Identified, Tags } from "./resource.ts";
import { DANGERS } from "./resource.ts";

/** One property of an object as AWS answers it. */
export interface Property {
  /** As it is kept and compared: the value itself, or the hash of one that is long, or a document. */
  readonly value: string;
  /** As AWS has it. */
  readonly text: string;
}
/** What AWS answers about an object, flat: "SecurityGroups[sg-1].GroupName" → "Buddy-WEB-SG". */
export type Properties = ReadonlyMap<string, Property>;

/** Longer values are kept as a hash. */
const KEPT_LENGTH = 120;
/** Of the name of a member that has no id, and is called by its content. */
const MEMBER_LENGTH = 200;
const hashOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex").slice(0, 12)}`;

/** A time in AWS's answers that are text. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
/** What tells the members of a list apart: the first of these that a member has, then what is named like an id. */
const NAMES = ["Id", "ID", "Key", "Name", "Sid"];
const LIKE_AN_ID = /(Id|ID|Arn|ARN|Name|Identifier|Key)$/;
/** Scripts that an instance starts with, encoded: always a hash. */
const SCRIPT = /^UserData$/i;

type Plain = { readonly [name: string]: unknown };
const isObject = (value: unknown): value is Plain => typeof value === "object" && value !== null;
const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" || typeof value === "bigint";

/** A document in a text: JSON, or JSON as it is in an address. Undefined: it is none. */
function documentIn(text: string): unknown {
  const plain = text.startsWith("%7B") ? tried(() => decodeURIComponent(text)) : text;
  if (typeof plain !== "string" || !/^\s*[{[]/.test(plain)) return undefined;
  const found = tried(() => JSON.parse(plain) as unknown);
  return isObject(found) ? found : undefined;
}
function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Whether a value says nothing: AWS leaves out what is not set, or answers it empty. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  (Array.isArray(value) && value.every(isEmpty)) ||
  (isObject(value) && !(value instanceof Date) && !Array.isArray(value) && Object.values(value).every(isEmpty));

/** A value as JSON with its keys and the members of its lists in order, times left out. */
function canonical(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "";
}
function sorted(value: unknown): unknown {
  if (value instanceof Date) return undefined;
  if (Array.isArray(value)) {
    return value
      .filter((one) => !isEmpty(one))
      .map(sorted)
      .map((one) => [JSON.stringify(one) ?? "", one] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
      .map(([, one]) => one);
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .filter((key) => !isEmpty(value[key]))
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

/** Brackets hold a member's name, and end it. */
const bracketed = (name: string): string => `[${name.replaceAll("[", "(").replaceAll("]", ")")}]`;
const step = (path: string, name: string): string =>
  !/^[A-Za-z$_][\w-]*$/.test(name) ? `${path}${bracketed(name)}` : path === "" ? name : `${path}.${name}`;

/** By which name a member of a list is known among the others; undefined: by its content. */
function nameOfMember(member: Plain): string | undefined {
  const named = [
    ...NAMES,
    ...Object.keys(member)
      .filter((key) => LIKE_AN_ID.test(key))
      .sort(),
  ].find((key) => isScalar(member[key]) && member[key] !== "");
  return named === undefined ? undefined : String(member[named]);
}

/**
 * What AWS answers, flat and in one way: without what is empty and without times, lists as sets (members are known by their id or name,
 * or by their content), documents in texts read, what is long or a document kept as its hash.
 */
export function propertiesOf(described: object | undefined): Properties {
  const found = new Map<string, Property>();
  const put = (path: string, text: string, hashed = false) => {
    // Two members of one name: the second one has its own place.
    let free = path;
    for (let next = 2; found.has(free); next += 1) free = `${path}#${next}`;
    found.set(free, { value: hashed || text.length > KEPT_LENGTH ? hashOf(text) : text, text });
  };
  const flatten = (value: unknown, path: string, name: string): void => {
    if (isEmpty(value) || value instanceof Date || typeof value === "function") return;
    if (value instanceof Uint8Array) return put(path, Buffer.from(value).toString("base64"), true);
    if (typeof value === "string") {
      if (TIME.test(value)) return;
      const document = documentIn(value);
      if (document !== undefined) return put(path, canonical(document), true);
      return put(path, value, SCRIPT.test(name));
    }
    if (isScalar(value)) return put(path, String(value));
    if (Array.isArray(value)) {
      const members = value
        .filter((one) => !isEmpty(one) && !(one instanceof Date))
        .map((one) => [canonical(one), one] as const)
        .toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
      for (const [text, member] of members) flattenMember(text, member, path);
      return;
    }
    for (const key of Object.keys(value as Plain).sort())
      if (!key.startsWith("$")) flatten((value as Plain)[key], step(path, key), key);
  };
  const flattenMember = (text: string, member: unknown, path: string): void => {
    if (isScalar(member)) return put(`${path}${bracketed(shortened(String(member)))}`, "yes");
    const plain = member as Plain;
    const keys = Object.keys(plain);
    // A pair of a name and its value: AWS's tags and attributes.
    const [pairKey, pairValue] = keys.length <= 2 ? pairOf(plain) : [undefined, undefined];
    if (pairKey !== undefined) return flattenPair(path, pairKey, pairValue);
    const own = Array.isArray(member) ? undefined : nameOfMember(plain);
    if (own === undefined) return put(`${path}${bracketed(shortened(text))}`, "yes");
    flatten(member, `${path}${bracketed(shortened(own))}`, "");
  };
  const flattenPair = (path: string, key: string, value: unknown) =>
    flatten(value ?? "yes", `${path}${bracketed(shortened(key))}`, key);
  if (described) flatten(described, "", "");
  return found;
}

const shortened = (text: string): string => (text.length > MEMBER_LENGTH ? hashOf(text) : text);

function pairOf({ Key, Value }: Plain): readonly [string, unknown] | readonly [undefined, undefined] {
  return typeof Key === "string" && (Value === undefined || isScalar(Value)) ? [Key, Value] : [undefined, undefined];
}

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

const TAGS = /^(Tags|TagList|TagSet)\[([^\]]*)\]$/;
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
    : isObject(value)
      ? Object.keys(value).includes(member)
      : String(value) === member;

/** A property's standing. @param spec what is wanted of the object; what it leaves open is not managed. @param tags the owner's */
export function classify(type: AnyType, spec: object | undefined, tags: Tags, path: string): Classified {
  const [, , tag] = TAGS.exec(path) ?? [];
  if (tag?.startsWith("aws:")) return { standing: "ignored", why: AWS_TAG };
  if (tag !== undefined && tags[tag] !== undefined) return { standing: "managed", why: "tags" };
  const { covers = {}, ignores = {} } = (type.coverage ?? {}) as Partial<Coverage<Readonly<Record<string, unknown>>>>;
  for (const [field, paths] of Object.entries(covers)) {
    const wanted = (spec as Plain | undefined)?.[field];
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

/** What is watched of an object as it is now. */
export function baselineOf(
  by: string,
  type: AnyType,
  spec: object | undefined,
  tags: Tags,
  { described }: Identified,
): Baseline {
  const properties = [...propertiesOf(described)]
    .filter(([path]) => classify(type, spec, tags, path).standing === "watched")
    .map(([path, { value }]) => [path, value]);
  return { by, properties: Object.fromEntries(properties) };
}

/** What is watched and has changed since the baseline, what matters for safety first. @param by the version of this program */
export function watchedChanges(
  by: string,
  type: AnyType,
  spec: object | undefined,
  tags: Tags,
  baseline: Baseline,
  { described }: Identified,
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
      const danger = dangerOf(type, path, text);
      return { path, before: baseline.properties[path], now: text, danger };
    })
    .toSorted((one, other) => rank(one.danger) - rank(other.danger) || (one.path < other.path ? -1 : 1));
}

/** What a property, or a field of the spec, means for safety as it is now. @param text its value; of a field as JSON. Undefined: it is gone */
export const dangerOf = (type: AnyType, path: string, text: string | undefined): Danger | undefined =>
  type.coverage?.dangers?.find(
    ({ at, when }) => at.some((pattern) => matches(pattern, path)) && (when === undefined || when(text ?? "", path)),
  )?.danger;

/** What matters more comes first. */
export const rank = (danger: Danger | undefined): number =>
  danger === undefined ? DANGERS.length : DANGERS.indexOf(danger);
