import type { NotYet } from "../engine/resource.ts";

interface AwsErrorLike {
  readonly name?: string;
  readonly Code?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly cause?: unknown;
}

const like = (error: unknown): AwsErrorLike =>
  typeof error === "object" && error !== null ? (error as AwsErrorLike) : {};

/**
 * The names by which AWS knows this error. Query services model `DBInstanceNotFoundFault` but send `DBInstanceNotFound`:
 * the SDK gives the first as `name` and the second as `Code`, so both are answered.
 */
export function codesOf(error: unknown): readonly string[] {
  const { name, Code } = like(error);
  return [name, Code].filter((code): code is string => typeof code === "string" && code !== "Error");
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codesOf(error).some((code) => codes.includes(code));
}

/** True when the error is one of those named, by code and, where given, by message. */
export function isOneOf(error: unknown, named: readonly NotYet[] = []): boolean {
  const message = like(error).message ?? "";
  return named.some((one) =>
    typeof one === "string" ? hasCode(error, one) : hasCode(error, one.code) && one.message.test(message),
  );
}

/** The answer of `read`, or undefined when AWS says with one of `codes` that there is no such thing. */
export async function undefinedIf<T>(codes: readonly NotYet[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isOneOf(error, codes)) return undefined;
    throw error;
  }
}

const says = (error: unknown, words: RegExp): boolean => codesOf(error).some((code) => words.test(code));

/** AWS's ways to say that a create's name is taken: the services end their codes alike. */
export const saysExists = (error: unknown): boolean => says(error, /AlreadyExists|Duplicate|AlreadyOwnedByYou/);

/** AWS's ways to say that a thing is not there. */
export const saysNotFound = (error: unknown): boolean => says(error, /NotFound|^NoSuch/);

/** True when a token was used before with other parameters (EC2 developer guide, "Ensuring idempotency"). */
export const saysTokenUsed = (error: unknown): boolean => hasCode(error, "IdempotentParameterMismatch");

/**
 * Thrown in place of a lost or broken answer to a call that is not safe to repeat: AWS may have acted. Who gets it must
 * look before calling again.
 */
export class AmbiguousOutcome extends Error {
  readonly operation: string;
  constructor(operation: string, cause: unknown) {
    super(`the answer to ${operation} was lost: ${like(cause).message ?? String(cause)}`, { cause });
    this.name = "AmbiguousOutcome";
    this.operation = operation;
  }
}

/** Thrown in place of an error that says little by itself: what it means for a person, and what to do. Its cause says what sort it is. */
export class Reworded extends Error {
  readonly hint: string;
  readonly $metadata: object;
  constructor(message: string, hint: string, cause: unknown) {
    super(message, { cause });
    this.hint = hint;
    this.$metadata = (cause as { readonly $metadata?: object } | undefined)?.$metadata ?? {};
  }
}

/** AWS was not reached, or something on the way there answered in its place. */
export class Unreachable extends Reworded {}

/** AWS's name of an error, or Node's, also of what was reworded; undefined where it has none. */
export function codeOf(error: unknown): string | undefined {
  const { code, cause } = like(error);
  const named = codesOf(error)[0] ?? code;
  return named ?? (error instanceof Reworded ? codeOf(cause) : undefined);
}
