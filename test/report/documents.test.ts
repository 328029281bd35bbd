import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { DOCUMENTED, jsonSchemas } from "../../src/report/documents/schemas.ts";
import { checkDocuments } from "../documents.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const FOLDER = join(ROOT, "schemas");

const text = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`;

test("the published schemas are those of the documents", () => {
  const schemas = jsonSchemas();
  if (process.env.WRITE_DOCS)
    for (const [file, schema] of Object.entries(schemas)) writeFileSync(join(FOLDER, file), text(schema));
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(schemas).sort());
  for (const [file, schema] of Object.entries(schemas))
    expect(readFileSync(join(FOLDER, file), "utf8"), `WRITE_DOCS=1 npx vitest run ${import.meta.filename}`).toBe(
      text(schema),
    );
});

test("each command has one, and docs/json.md lists it", () => {
  expect(DOCUMENTED).toEqual(COMMANDS.map(({ name }) => name).sort());
  const page = readFileSync(join(ROOT, "docs/json.md"), "utf8");
  for (const file of Object.keys(jsonSchemas())) expect(page).toContain(`(../schemas/${file})`);
});

test("nothing may be printed that its schema does not say", async () => {
  const version = { schemaVersion: 1, version: "1.2.3", node: "20.19.0", platform: "linux-x64" };
  const says = (document: object, ...args: readonly string[]) =>
    checkDocuments(["version", ...args], JSON.stringify(document));
  await says(version, "--json");
  await says({ ...version, type: "result" }, "--json-lines");
  for (const wrong of [
    { ...version, more: 1 },
    { ...version, node: 20 },
    { ...version, schemaVersion: undefined },
  ]) {
    await expect(says(wrong, "--json")).rejects.toThrow("does not obey version.schema.json");
    await expect(says({ ...wrong, type: "result" }, "--json-lines")).rejects.toThrow("does not obey");
  }
  const event = { schemaVersion: 1, type: "run.note", at: "2026-11-22T11:55:00.000Z", note: "" };
  await says(event, "--json-lines");
  await expect(says({ ...event, at: 1 }, "--json-lines")).rejects.toThrow("does not obey line.schema.json");
  await expect(says({ ...event, type: "run.other" }, "--json-lines")).rejects.toThrow("does not obey");
});
