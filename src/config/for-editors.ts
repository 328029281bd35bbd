import * as z from "zod";
import { configSchema } from "./schema.ts";

/** The JSON Schema of the config file: its input side, where every key may be left out. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: "input", target: "draft-7" });
  return { $schema, title: "buddyverse.config.json", ...rest };
}

/** The text of `buddyverse.config.schema.json`. */
export function configJsonSchemaText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}
