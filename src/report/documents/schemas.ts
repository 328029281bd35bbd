import * as z from "zod";
import { graph } from "./graph.ts";
import * as others from "./others.ts";
import { failure } from "./parts.ts";
import * as stack from "./stack.ts";

const { events, ...ofStack } = stack;
const results: Readonly<Record<string, z.ZodType>> = { ...ofStack, ...others, graph };

/** The commands that print a document, with --json. */
export const DOCUMENTED = Object.keys(results).sort();

/** A line of --json-lines: what happens, and at the end `result`, which is the command's document, or `error`. */
const line = z.union([
  ...Object.values(events),
  z.looseObject({ schemaVersion: failure.shape.schemaVersion, type: z.literal("result") }),
]);

function published(name: string, title: string, type: z.ZodType): object {
  const { $schema, ...schema } = z.toJSONSchema(type, { io: "input", reused: "ref" });
  return { $schema, $id: `urn:buddyverse:schema:${name}`, title, ...schema };
}

/** The published schemas, by the names of their files: what each command prints with --json, and the lines of --json-lines. */
export const jsonSchemas = (): Readonly<Record<string, object>> => ({
  ...Object.fromEntries(
    DOCUMENTED.map((name) => [
      `${name}.schema.json`,
      published(
        name,
        `what \`buddyverse ${name} --json\` prints`,
        z.union([...unionOf(results[name] as z.ZodType), failure]),
      ),
    ]),
  ),
  "line.schema.json": published("line", "a line of --json-lines", line),
  "failure.schema.json": published(
    "failure",
    "what any command prints with --json when it did not come to a result",
    failure,
  ),
});

const unionOf = (type: z.ZodType): readonly z.ZodType[] =>
  type instanceof z.ZodUnion ? (type.options as readonly z.ZodType[]) : [type];
