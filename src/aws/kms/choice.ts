import type { Impossible } from "../../engine/resource.ts";
import { isUnknown } from "../../lib/unknown.ts";

/** The key of one's own that something is encrypted with; both absent: AWS's, and then it is not looked at. */
export interface KeyChoice {
  /** Its ARN. */
  readonly kmsKey?: string | undefined;
  /**
   * Its alias or ARN as in the config: what is created is told this name, as both services take both. An alias may stand for
   * another key later.
   */
  readonly kmsKeyName?: string | undefined;
}

/** The choice of a key that was looked up. */
export const chosen = (key: { readonly id: string } | undefined, name: string | null): KeyChoice =>
  key === undefined || name === null ? {} : { kmsKey: key.id, kmsKeyName: name };

/** Neither is a difference that could be closed: `otherKey` and `keyNotes` see to it. */
export const sameKey = { kmsKey: () => true, kmsKeyName: () => true } as const;

interface Encrypted {
  readonly id: string;
  readonly kmsKey: string;
}

/** "alias/x (arn:…)", or the ARN alone. */
const named = ({ kmsKey, kmsKeyName }: KeyChoice): string =>
  kmsKeyName === kmsKey ? `${kmsKey}` : `${kmsKeyName} (${kmsKey})`;

/**
 * It has the key that is wanted, or none is, or it cannot be said which. Both services show ARNs; their pages speak of ids and
 * aliases, too.
 */
const has = ({ kmsKey: found }: Encrypted, { kmsKey, kmsKeyName }: KeyChoice): boolean =>
  kmsKey === undefined ||
  isUnknown(kmsKey) ||
  found === "" ||
  found === kmsKey ||
  found === kmsKeyName ||
  kmsKey.endsWith(`/${found}`);

/**
 * The config asks for another key than it did. Where it names the same as before, somebody made the object with another key,
 * or has the alias stand for another one: that is lived with. Where nothing was recorded, nobody knows.
 * @param place where the config says it: "database.kmsKey"
 * @param way how the data gets under another key, as a sentence
 */
export function otherKey(
  found: Encrypted,
  wanted: KeyChoice,
  applied: KeyChoice & { readonly encrypted?: boolean | undefined },
  { place, way }: { readonly place: string; readonly way: string },
): Impossible | undefined {
  const recorded = applied.encrypted !== undefined;
  if (has(found, wanted) || !recorded || wanted.kmsKeyName === applied.kmsKeyName) return undefined;
  const before = applied.kmsKeyName === undefined ? "null" : JSON.stringify(applied.kmsKeyName);
  return {
    message: `${found.id} is encrypted with ${found.kmsKey} and cannot get ${named(wanted)}: a key is chosen when something is created, and AWS never changes it`,
    hint: `Put ${place} back to ${before}. ${way}`,
  };
}

/** Where another key than the config's is lived with. */
export const keyNotes = (found: Encrypted, wanted: KeyChoice): readonly string[] =>
  has(found, wanted)
    ? []
    : [
        `${found.id} is encrypted with ${found.kmsKey}, not with ${named(wanted)} of the config: it stays so, as AWS never changes the key`,
      ];
