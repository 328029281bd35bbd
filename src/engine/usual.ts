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
 * @param of `fields` of a change in place; `spec` of what is created
 */
export function usualSeconds(
  { name, timing, createSeconds }: Pick<AnyType, "name" | "timing" | "createSeconds">,
  verb: "create" | "update" | "delete",
  measured: Measured | undefined,
  { fields, spec }: { readonly fields?: readonly string[] | undefined; readonly spec?: object | undefined } = {},
): number | undefined {
  const own = measured?.(name, verb, fields);
  if (own !== undefined) return own;
  if (verb === "update") return undefined;
  if (verb === "delete") return timing?.deleteSeconds;
  return (spec && createSeconds?.(spec)) ?? timing?.createSeconds ?? 3;
}
