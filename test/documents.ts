/** What commands print for programs, against the published schemas: nothing may be in it that they do not say. */
import type { ValidateFunction } from "ajv/dist/2020.js";

type Schema = { [key: string]: unknown };

/** A schema as a test reads it: what it does not name is a mistake. Users' readers take more, which later versions may add. */
export function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const all = Object.fromEntries(Object.entries(schema as Schema).map(([key, value]) => [key, closed(value)]));
  return "properties" in all && !("additionalProperties" in all) ? { ...all, additionalProperties: false } : all;
}

let validators: Promise<(file: string) => ValidateFunction> | undefined;

async function load(): Promise<(file: string) => ValidateFunction> {
  const [{ Ajv2020 }, { jsonSchemas }] = await Promise.all([
    import("ajv/dist/2020.js"),
    import("../src/report/documents/schemas.ts"),
  ]);
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  const schemas = jsonSchemas();
  const compiled = new Map<string, ValidateFunction>();
  return (file) => {
    const validate =
      compiled.get(file) ?? ajv.compile(closed(schemas[file] ?? schemas["failure.schema.json"]) as Schema);
    compiled.set(file, validate);
    return validate;
  };
}

async function check(file: string, value: unknown, what: string): Promise<void> {
  validators ??= load();
  const validate = (await validators)(file);
  if (validate(value)) return;
  const errors = (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath || "/"} ${message} ${JSON.stringify(params)}`,
  );
  throw new Error(`${what} does not obey ${file}:\n${[...new Set(errors)].slice(0, 20).join("\n")}`);
}

/** Throws when what a command line has printed with --json or --json-lines is not as its schema says. */
export async function checkDocuments(args: readonly string[], stdout: string): Promise<void> {
  const [command = ""] = args;
  const what = `buddyverse ${args.join(" ")}`;
  const file = `${command}.schema.json`;
  // IAM's own documents.
  if (command === "policy" && !args.includes("--json-lines") && !args.includes("--output-dir")) return;
  if (args.includes("--json-lines")) {
    for (const line of stdout.split("\n").filter((text) => text !== "")) {
      const value = JSON.parse(line) as { readonly type?: string };
      await check("line.schema.json", value, what);
      const { type, ...document } = value;
      if (type === "result") await check(file, document, what);
    }
  } else if (args.includes("--json") && stdout !== "") {
    await check(file, JSON.parse(stdout), what);
  }
}
