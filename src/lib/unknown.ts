const KEY = Symbol("key of the unknown");
const NEW = Symbol("certainly another than now");
const TEXT = "(known after up)";

interface Marks {
  readonly [KEY]: string;
  readonly [NEW]: boolean;
}

/**
 * Stands for a live object that is not there yet, so that a plan can be made of what will need it: what is not known of it is an
 * unknown value, and so is every property of that, and what a method of it answers.
 * @param key whose it is
 * @param known what of it is known before
 */
export const unknownLive = (key: string, known: object = {}): { readonly id: string } =>
  unknown(key, false, { id: unknown(key, true), ...known }) as { readonly id: string };

function unknown(key: string, isNew: boolean, known: object = {}): unknown {
  const stand: unknown = new Proxy(() => {}, {
    get(_target, property) {
      if (property === KEY) return key;
      if (property === NEW) return isNew;
      if (property === Symbol.toPrimitive || property === "toString" || property === "toJSON") return () => TEXT;
      if (property === Symbol.iterator) return undefined;
      if (Object.hasOwn(known, property)) return (known as Record<string | symbol, unknown>)[property];
      return unknown(key, false);
    },
    apply: () => stand,
  });
  return stand;
}

const marksOf = (value: unknown): Partial<Marks> | undefined =>
  typeof value === "function" ? (value as unknown as Partial<Marks>) : undefined;

/** The key of the object that an unknown value is of, or a property of; undefined: the value is known. */
export const unknownKey = (value: unknown): string | undefined => marksOf(value)?.[KEY];

export const isUnknown = (value: unknown): boolean => unknownKey(value) !== undefined;

/** True when the value is the id of an object that is yet to be made, or holds one: it is certainly another than now. */
export const holdsNew = (value: unknown): boolean => holds(value, (one) => marksOf(one)?.[NEW] === true);

/** True when the value is unknown, or holds something unknown, or text made of it. */
export const holdsUnknown = (value: unknown): boolean =>
  holds(value, (one) => isUnknown(one) || (typeof one === "string" && one.includes(TEXT)));

function holds(value: unknown, is: (one: unknown) => boolean): boolean {
  if (is(value)) return true;
  if (Array.isArray(value)) return value.some((one) => holds(one, is));
  if (typeof value === "object" && value !== null) return Object.values(value).some((one) => holds(one, is));
  return false;
}
