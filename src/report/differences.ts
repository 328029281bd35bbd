import { isDeepStrictEqual } from "node:util";
import { indented, oneLine, widthOf } from "../lib/text.ts";
import { unknownKey } from "../lib/unknown.ts";
import { plain, type Style } from "./style.ts";

/** What things are called, as far as a screen knows of them. */
export interface Names {
  readonly ofId: ReadonlyMap<string, string>;
  readonly ofKey: ReadonlyMap<string, string>;
}

/** One property on both sides. */
export interface Change {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface DifferenceOptions {
  readonly indent: string;
  /** Columns. Nothing is cut: what is longer has lines of its own. */
  readonly width: number;
  readonly style?: Style;
  /** What the two sides are called, where an arrow does not say it: "recorded", "live". */
  readonly sides?: readonly [before: string, after: string];
  /** Said at the end of the first line. */
  readonly mark?: string;
  readonly names?: Names;
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isNothing = (value: unknown): boolean => value === undefined || value === null;

// What may hold a secret is recorded nowhere, but a plan compares it; its value is never shown.
export const isSecret = (field: string): boolean => /password|secret|privateKey|userData/i.test(field);

/** An ARN of something, whose name says more to a person. */
const isArn = (text: string): boolean => /^arn:[\w-]+:/.test(text);
const isId = (text: string): boolean => isArn(text) || /^[a-z]+-[0-9a-f]{8,17}$/.test(text);

/** A value as a person reads it: text bare, "nothing" for none, a name for what has one; of lists and objects all in a row. */
export function valueText(value: unknown, names?: Names): string {
  const key = unknownKey(value);
  if (key !== undefined) {
    const name = names?.ofKey.get(key);
    return name === undefined ? "(known after up)" : `the new ${name}'s (known after up)`;
  }
  if (isNothing(value)) return "nothing";
  if (typeof value === "string") {
    const name = isId(value) ? names?.ofId.get(value) : undefined;
    if (name !== undefined && name !== value) return isArn(value) ? oneLine(name) : `${value} (${oneLine(name)})`;
    return value === "" ? '""' : oneLine(value);
  }
  if (Array.isArray(value)) return `[${value.map((one) => valueText(one, names)).join(", ")}]`;
  if (isFields(value))
    return `{${Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([field, one]) => `${field}: ${valueText(one, names)}`)
      .join(", ")}}`;
  return oneLine(String(value));
}

/** As `valueText`; a list that is longer than that many characters, and whose elements have names or titles, only with these. */
export function outlineText(value: unknown, names: Names, most: number): string {
  const text = valueText(value, names);
  if (text.length <= most || !Array.isArray(value)) return text;
  const labels = value.map(labelOf);
  return labels.every((label) => label !== undefined) ? labels.join(", ") : text;
}

/**
 * What differs between the two sides, and nothing else: `storageGiB: 20 → 40`; of lists each element that comes or goes, of objects
 * each property, of long texts the lines or the part that is another. Two sides never read the same.
 */
export function differenceLines(change: Change, options: DifferenceOptions): string[] {
  const { indent, mark, style = plain } = options;
  const lines = linesOf(change, options);
  const [first = "", ...rest] = lines.length > 0 ? lines : [`${indent}${change.field}: differs in what is not shown`];
  return mark === undefined ? [first, ...rest] : [`${first}  ${style.red(mark)}`, ...rest];
}

function linesOf({ field, before, after }: Change, options: DifferenceOptions): string[] {
  const { indent } = options;
  if (isSecret(field)) return [`${indent}${field}: differs (secret)`];
  const [one, other] = [parsed(before), parsed(after)];
  const lists = [one, other].every((side) => Array.isArray(side) || isNothing(side));
  if (lists && (Array.isArray(one) || Array.isArray(other)))
    return listLines(field, (one ?? []) as unknown[], (other ?? []) as unknown[], options);
  if (isFields(one) && isFields(other))
    return [...new Set([...Object.keys(one), ...Object.keys(other)])]
      .filter((key) => !isDeepStrictEqual(one[key], other[key]))
      .flatMap((key) => linesOf({ field: `${field}.${key}`, before: one[key], after: other[key] }, options));
  if (typeof before === "string" && typeof after === "string" && (before.includes("\n") || after.includes("\n")))
    return listLines(field, before.split("\n"), after.split("\n"), options);
  return valueLines(field, before, after, options);
}

/** Text that is JSON of something is shown as that. */
function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function valueLines(field: string, before: unknown, after: unknown, options: DifferenceOptions): string[] {
  const { indent, width, sides } = options;
  const [one, other] = sidesText(before, after, options);
  const line = sides ? `${field}: ${sides[0]} ${one}, ${sides[1]} ${other}` : `${field}: ${one} → ${other}`;
  if (widthOf(indent + line) <= width) return [indent + line];
  return [heading(field, options), ...signed("-", [one], options), ...signed("+", [other], options)];
}

/** Both sides as text that is not the same; of long texts the part where they differ. */
function sidesText(before: unknown, after: unknown, { width, names }: DifferenceOptions): readonly [string, string] {
  const [one, other] = [valueText(before, names), valueText(after, names)];
  if (one === other) {
    const [exact, exactOther] = [JSON.stringify(before), JSON.stringify(after)];
    return [exact ?? "nothing", exactOther ?? "nothing"];
  }
  return one.length + other.length > 4 * width ? excerpts(one, other, width) : [one, other];
}

const AROUND = 20;

/** The part in which two long texts differ, with a little of what is around it. */
function excerpts(one: string, other: string, most: number): readonly [string, string] {
  const shorter = Math.min(one.length, other.length);
  let start = 0;
  while (start < shorter && one[start] === other[start]) start++;
  let end = 0;
  while (end < shorter - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end++;
  const from = Math.max(0, start - AROUND);
  const excerpt = (text: string): string => {
    const to = Math.min(text.length, Math.max(start, text.length - end) + AROUND, from + most);
    return `${from > 0 ? "…" : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`;
  };
  return [excerpt(one), excerpt(other)];
}

function heading(field: string, { indent, sides }: DifferenceOptions): string {
  return `${indent}${field}${sides ? ` (${sides[0]} → ${sides[1]})` : ""}:`;
}

function signed(sign: "-" | "+", texts: readonly string[], { indent, width, style = plain }: DifferenceOptions) {
  const paint = sign === "-" ? style.red : style.green;
  return texts.flatMap((text) => indented(text, width, `${indent}    `, `${indent}  ${sign} `).map(paint));
}

function listLines(field: string, before: readonly unknown[], after: readonly unknown[], options: DifferenceOptions) {
  const gone = without(before, after);
  const come = without(after, before);
  if (gone.length + come.length === 0)
    return isDeepStrictEqual(before, after) ? [] : [`${options.indent}${field}: in another order`];
  const pairs = alike(gone, come);
  const lines = pairs.flatMap(([one, other]) =>
    linesOf({ field: `${field}[${labelOf(one) ?? before.indexOf(one)}]`, before: one, after: other }, options),
  );
  const rest = (elements: readonly unknown[], side: 0 | 1) =>
    elements.filter((element) => !pairs.some((pair) => pair[side] === element));
  const [less, more] = [rest(gone, 0), rest(come, 1)];
  const text = (elements: readonly unknown[]) => elements.map((element) => valueText(element, options.names));
  return less.length + more.length === 0
    ? lines
    : [heading(field, options), ...signed("-", text(less), options), ...signed("+", text(more), options), ...lines];
}

/** Elements of a list that the other does not have, or not as often. */
function without(list: readonly unknown[], other: readonly unknown[]): readonly unknown[] {
  const left = [...other];
  return list.filter((element) => {
    const at = left.findIndex((one) => isDeepStrictEqual(one, element));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** What an element of a list is called by itself. */
function labelOf(element: unknown): string | undefined {
  if (!isFields(element)) return undefined;
  const { name, title, key, properties } = element;
  const label = [name, title, key].find((one) => typeof one === "string" && one !== "");
  return label === undefined ? labelOf(properties) : oneLine(label as string);
}

/** Elements that have become others: of the same label, or, where they have none, mostly the same. */
function alike(gone: readonly unknown[], come: readonly unknown[]): readonly (readonly [unknown, unknown])[] {
  const left = [...come];
  return gone.flatMap((element) => {
    if (!isFields(element)) return [];
    const fields = Object.entries(element);
    const at = left.findIndex((one) => {
      if (!isFields(one)) return false;
      if (labelOf(element) !== undefined) return labelOf(one) === labelOf(element);
      const same = fields.filter(([field, value]) => isDeepStrictEqual(one[field], value)).length;
      return same > 0 && same >= fields.length / 2;
    });
    return at < 0 ? [] : [[element, left.splice(at, 1)[0]] as const];
  });
}

/** The names of what a screen tells of. */
export const namesOf = (
  items: readonly { readonly key: string; readonly name: string; readonly id?: string | undefined }[],
): Names => ({
  ofId: new Map(items.flatMap(({ id, name }) => (id === undefined ? [] : [[id, name] as const]))),
  ofKey: new Map(items.map(({ key, name }) => [key, name])),
});
