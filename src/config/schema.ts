import type * as z from "zod";
import { shape } from "./shape.ts";
import { checkTogether, touches } from "./together.ts";
import { group } from "./values.ts";

/** A copy of the schema beside a config, for editors. */
export const SCHEMA_FILE = "buddyverse.config.schema.json";

/**
 * The zones of a region where none are named: a and c, as in Seoul. Some regions have no c, or not for every account;
 * there a and b. `doctor` asks AWS whether the account has them.
 */
export function defaultZones(region: string): string[] {
  const second = ["ca-central-1", "cn-north-1", "us-west-1"].includes(region) ? "b" : "c";
  return [`${region}a`, `${region}${second}`];
}

/** The config file: every key has a default, so that `{}` is valid. The result is complete, without `$schema`. */
export const configSchema = group(shape)
  .superRefine(
    (config, ctx) =>
      checkTogether(
        config,
        (path, message, hint) => ctx.addIssue({ code: "custom", path: [...path], message, params: { hint } }),
        (...path) => !ctx.issues.some((issue) => touches(issue, path)),
      ),
    // Also when a single value is wrong: all mistakes are shown at once.
    { when: ({ value }) => typeof value === "object" && value !== null && !Array.isArray(value) },
  )
  .transform(({ $schema: _, stack, region, zones, ...rest }) => ({
    stack,
    region,
    zones: zones ?? defaultZones(region),
    ...rest,
  }));

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** A complete, valid config. */
export type Config = DeepReadonly<z.output<typeof configSchema>> & {
  /**
   * By zone, the number in the keys and names of its objects, where that is not its place in `zones`: a zone keeps the one that it
   * got when it came. Not in the file: a stack that stands tells it.
   */
  readonly zoneNumbers?: readonly number[];
  /** Its objects have the first stack's names, as all stacks' had until 0.1: they keep them. Not in the file: a stack that stands tells it. */
  readonly plainNames?: boolean;
};
/** What may stand in the file: everything is optional. */
export type ConfigInput = DeepReadonly<z.input<typeof configSchema>>;
