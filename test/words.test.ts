import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eachService, types } from "../src/aws/services.ts";

const root = join(import.meta.dirname, "..");
const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));

/** The literals in a file's code: comments, and the places that are imported from, are left out. */
const literalsOf = (file: string): string[] =>
  [
    ...readFileSync(join(root, file), "utf8")
      .replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g, "")
      .replace(/(?:from|import)\s*\(?\s*"[^"]+"/g, "")
      .matchAll(/(["`])((?:(?!\1)[^\\\n]|\\.)*)\1/g),
  ].map((match) => match[2] as string);

test("no table outside a service's folder names a service: its actions, types and errors are said in its service.ts", () => {
  const prefixes = eachService.map(({ permissions }) => `${permissions.prefix}:`);
  const names = new Set([
    ...eachService.map((service) => service.package),
    ...types.keys(),
    ...eachService
      .flatMap(({ errors = {} }) => Object.values(errors).flat())
      .map((error) => (typeof error === "string" ? error : error.code)),
  ]);
  const machinery = files("src/aws").filter((file) => !file.slice("src/aws/".length).includes("/"));
  const breaches = [...machinery, ...["src/engine", "src/policy", "src/graph", "src/state", "src/lib"].flatMap(files)]
    .map((file) => ({
      file,
      named: literalsOf(file).filter(
        (text) => names.has(text) || prefixes.some((prefix) => text.startsWith(prefix) && !/\s/.test(text)),
      ),
    }))
    .filter(({ named }) => named.length > 0);
  expect(breaches).toEqual([]);
});

test("outside of src/aws, src/sandbox and steps nothing names a type, an object of the stack or an error of AWS", () => {
  const errors = new Set(
    eachService
      .flatMap(({ errors = {} }) => Object.values(errors).flat())
      .map((error) => (typeof error === "string" ? error : error.code)),
  );
  const outside = files("src").filter((file) => !/^src\/(aws|sandbox)\//.test(file));
  const breaches = outside.flatMap((file) =>
    literalsOf(file)
      .filter(
        (text) =>
          types.has(text) ||
          errors.has(text) ||
          text.includes("Buddy-") ||
          /^(?!Invalid(Symbol|Number))(Invalid[A-Z]\w+|[A-Z]\w*(\.\w+)?(Exception|Fault|NotFound|NotExist|Exists|Duplicate|Denied|Exceeded|InUse))$/.test(
            text,
          ),
      )
      .map((text) => `${file}: ${text}`),
  );
  expect(breaches).toEqual([]);
});
