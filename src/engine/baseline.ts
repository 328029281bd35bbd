import { createHash } from "node:crypto";
import { VERSION } from "../lib/version.ts";
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
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;
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

/** Whether a value says nothing: AWS leaves out what is not set, or answers it empty; and a time is no property. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  value instanceof Date ||
  (typeof value === "string" && TIME.test(value)) ||
  (Array.isArray(value) && value.every(isEmpty)) ||
  (isObject(value) && !(value instanceof Uint8Array) && Object.values(value).every(isEmpty));

/** A value as JSON with its keys and the members of its lists in order, without what says nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "";
}
function sorted(value: unknown): unknown {
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
  for (const { path, text, hashed = false } of described ? flat(described, "", "") : []) {
    // Two members of one name: the second one has its own place.
    let free = path;
    for (let next = 2; found.has(free); next += 1) free = `${path}#${next}`;
    found.set(free, { value: hashed || text.length > KEPT_LENGTH ? hashOf(text) : text, text });
  }
  return found;
}

interface Flat {
  readonly path: string;
  readonly text: string;
  readonly hashed?: boolean;
}

/** What AWS lists as pairs and some reads make a record of. */
const PAIRS = /^(Tags|Attributes)$/;

function flat(value: unknown, path: string, name: string): readonly Flat[] {
  if (isEmpty(value) || typeof value === "function") return [];
  if (value instanceof Uint8Array) return [{ path, text: Buffer.from(value).toString("base64"), hashed: true }];
  if (typeof value === "string") {
    const document = documentIn(value);
    return [
      document === undefined
        ? { path, text: value, hashed: SCRIPT.test(name) }
        : { path, text: canonical(document), hashed: true },
    ];
  }
  if (isScalar(value)) return [{ path, text: String(value) }];
  if (Array.isArray(value)) {
    return value
      .filter((one) => !isEmpty(one))
      .map((one) => [canonical(one), one] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
      .flatMap(([text, member]) => flatMember(text, member, path));
  }
  const plain = value as Plain;
  const at = PAIRS.test(name)
    ? (key: string) => `${path}${bracketed(shortened(key))}`
    : (key: string) => step(path, key);
  return Object.keys(plain)
    .filter((key) => !key.startsWith("$"))
    .sort()
    .flatMap((key) => flat(plain[key], at(key), key));
}

function flatMember(text: string, member: unknown, path: string): readonly Flat[] {
  if (isScalar(member)) return [{ path: `${path}${bracketed(shortened(String(member)))}`, text: MEMBER }];
  const plain = member as Plain;
  const { Key, Value, ...more } = plain;
  // A pair of a name and its value: AWS's tags and attributes.
  if (typeof Key === "string" && (Value === undefined || isScalar(Value)) && Object.keys(more).length === 0)
    return flat(isEmpty(Value) ? MEMBER : Value, `${path}${bracketed(shortened(Key))}`, "");
  const own = Array.isArray(member) ? undefined : nameOfMember(plain);
  if (own === undefined) return [{ path: `${path}${bracketed(shortened(text))}`, text: MEMBER }];
  return flat(member, `${path}${bracketed(shortened(own))}`, "");
}

/** The value of a member of a list that has no other. */
export const MEMBER = "yes";
const shortened = (text: string): string => (text.length > MEMBER_LENGTH ? hashOf(text) : text);

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
    : isObject(value)
      ? Object.keys(value).includes(member)
      : String(value) === member;

/** A property's standing. @param spec what is wanted of the object; what it leaves open is not managed. @param tags the owner's */
export function classify(type: AnyType, spec: object | undefined, tags: Tags, path: string): Classified {
  const [whole, , tag] = TAGS.exec(path) ?? [];
  if (tag?.startsWith("aws:")) return { standing: "ignored", why: AWS_TAG };
  if (whole === path && tag !== undefined && tags[tag] !== undefined) return { standing: "managed", why: "tags" };
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

/** What a property, or a field of the spec, means for safety as it is now. @param text its value; of a field as JSON. Undefined: it is gone */
export const dangerOf = (type: AnyType, path: string, text: string | undefined): Danger | undefined =>
  type.coverage?.dangers?.find(
    ({ at, when }) => at.some((pattern) => matches(pattern, path)) && (when === undefined || when(text ?? "", path)),
  )?.danger;

/** What matters more comes first. */
export const rank = (danger: Danger | undefined): number =>
  danger === undefined ? DANGERS.length : DANGERS.indexOf(danger);
