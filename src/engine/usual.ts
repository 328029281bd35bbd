import type { AnyType } from "./resource.ts";

/**
 * How long a change of that sort took in earlier runs, seconds; undefined: there was none. Of changes in place only those of
 * the same fields count.
 */
export type Measured = (
  object: string,
  verb: "create" | "update" | "delete",
  fields?: readonly string[],
) => number | undefined;

/**
 * How long it usually takes, seconds: by what was measured here, else as its type says. Undefined for a change in place that
 * was never measured.
 */
export function usualSeconds(
  { name, timing }: Pick<AnyType, "name" | "timing">,
  verb: "create" | "update" | "delete",
  measured: Measured | undefined,
  fields?: readonly string[],
): number | undefined {
  const own = measured?.(name, verb, fields);
  if (own !== undefined) return own;
  if (verb === "update") return undefined;
  return verb === "delete" ? timing?.deleteSeconds : (timing?.createSeconds ?? 3);
}
