import { createHash } from "node:crypto";

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
