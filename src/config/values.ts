import * as z from "zod";
import { quote } from "./quote.ts";

/** What is wrong with a value, and what would be right. */
export interface Complaint {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** A text with one check. `pattern` is only for editors: the check decides. */
export function text(
  check: (value: string) => Complaint | undefined,
  forEditors: { readonly pattern?: string; readonly examples?: string[] } = {},
) {
  return z
    .string({ error: "must be a text in quotes" })
    .superRefine((value, ctx) => {
      const complaint = check(value);
      if (complaint !== undefined)
        ctx.addIssue({ code: "custom", message: complaint.message, params: { hint: complaint.hint } });
    })
    .meta(forEditors);
}

export function matching(pattern: RegExp, message: string, hint?: (value: string) => string | undefined) {
  return text(
    (value) => (pattern.test(value) ? undefined : { message: `${quote(value)} ${message}`, hint: hint?.(value) }),
    {
      pattern: pattern.source,
    },
  );
}

export function whole(min: number, max: number, unit = "") {
  const error = `must be a whole number from ${min} to ${max}${unit === "" ? "" : ` (${unit})`}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export const yesNo = () => z.boolean({ error: "must be true or false" });

export function group<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: `must be an object { … } with the keys ${Object.keys(shape).join(", ")}` });
}

export function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, { error: `must be ${values.map(quote).join(" or ")}` });
}
