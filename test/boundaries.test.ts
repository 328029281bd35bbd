import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { types } from "../src/aws/services.ts";
import { configSchema } from "../src/config/schema.ts";
import { namedPrices } from "../src/cost/prices.ts";
import { stepsFor } from "../steps/index.ts";

const root = join(import.meta.dirname, "..");
const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
    (match) => match[1] as string,
  );
const valueImportsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), "utf8").matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+"([^"]+)"/gm)].map(
    (match) => match[1] as string,
  );
const under = (file: string, ...folders: readonly string[]): boolean =>
  folders.some((folder) => file.startsWith(`${folder}/`));

test("only src/aws and src/sandbox, and what reads AWS for verify, doctor and down, know the AWS SDK", () => {
  const breaches = [...files("src"), ...files("steps")]
    .filter((file) => !under(file, "src/aws", "src/sandbox", "src/verify/aws", "src/doctor", "src/residuals"))
    .filter((file) => importsOf(file).some((name) => name.startsWith("@aws-sdk/")));
  expect(breaches).toEqual([]);
});

test("only a service's client.ts takes more than types of the SDK: clients are loaded when first used", () => {
  const breaches = files("src")
    .filter((file) => !/^src\/aws\/[\w-]+\/client\.ts$/.test(file) && !under(file, "src/sandbox"))
    .filter((file) => valueImportsOf(file).some((name) => name.startsWith("@aws-sdk/")));
  expect(breaches).toEqual([]);
});

test("src knows nothing of what is in the stack, but where the program is put together", () => {
  const ofSteps = (file: string, imports: readonly string[]) =>
    imports.some((name) => relative(root, join(root, file, "..", name)).startsWith("steps/"));
  const breaches = files("src")
    .filter((file) => !under(file, "src/cli", "src/recovery", "src/releases", "src/sandbox/guests"))
    .filter((file) => ofSteps(file, importsOf(file)));
  expect(breaches).toEqual([]);
  // The sandbox's instances play the stack's scripts, by the type that holds their names; nothing is loaded.
  const loaded = files("src/sandbox").filter((file) => ofSteps(file, valueImportsOf(file)));
  expect(loaded).toEqual([]);
});

test("src/cost knows no object of the stack: no type, no step, no name, no price", () => {
  const config = configSchema.parse({});
  const inputs = { publicKey: undefined, allowedCidrs: [], appArchive: undefined };
  const words = new Set([...types.keys(), ...stepsFor(config, inputs).map(({ name }) => name)]);
  const items = new Set(namedPrices.map(({ item }) => item));
  const texts = (file: string) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/(["`])((?:(?!\1).)*)\1/g)].map((match) => match[2] as string);
  const breaches = files("src/cost").flatMap((file) =>
    texts(file)
      .filter((text) => words.has(text) || items.has(text) || /Buddy-|database1/.test(text))
      .map((text) => `${file}: ${text}`),
  );
  expect(breaches).toEqual([]);
});

test("steps know no machinery: no files, processes, timers, clocks or printing", () => {
  const machinery =
    /\bnode:(fs|child_process|net|http|https|os|process|timers|readline)|\b(process|console)\.|\b(setTimeout|setInterval|setImmediate|Date)\b/;
  const breaches = files("steps").filter((file) =>
    machinery.test(readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")),
  );
  expect(breaches).toEqual([]);
});

test("the engine knows no terminal and no file", () => {
  const breaches = files("src/engine").filter((file) =>
    importsOf(file).some((name) => /^node:(fs|tty|readline|process)|ora|commander/.test(name)),
  );
  expect(breaches).toEqual([]);
});

test("what a run on AWS loads has no sandbox in it, and of zod only what is used", () => {
  const rehearsing = [
    "src/cli/sandbox-backend.ts",
    "src/cli/served-backend.ts",
    "src/cli/commands/sandbox-serve.ts",
    "src/cli/dry-run-calls.ts",
    "src/cli/commands/sandbox.ts",
  ];
  const breaches = files("src")
    .filter((file) => !under(file, "src/sandbox") && !rehearsing.includes(file))
    .filter((file) => valueImportsOf(file).some((name) => /\/sandbox(-stage)?[./]/.test(name)));
  expect(breaches).toEqual([]);
  // `import { z }` brings every language that zod speaks.
  const whole = [...files("src"), ...files("steps")].filter((file) =>
    /import \{[^}]*\bz\b[^}]*\} from "zod"/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(whole).toEqual([]);
});

/** By file: all that is loaded with it, at once. */
function loading(parts: readonly string[]): (file: string) => ReadonlySet<string> {
  const imports = new Map(
    parts.map((file) => [file, valueImportsOf(file).map((name) => relative(root, join(root, file, "..", name)))]),
  );
  const from = (file: string, found: Set<string>): ReadonlySet<string> => {
    for (const next of imports.get(file) ?? []) if (!found.has(next)) from(next, found.add(next));
    return found;
  };
  return (file) => from(file, new Set());
}

test("what reads a state in a file loads nothing that connects to AWS", () => {
  const loadedWith = loading(files("src"));
  for (const file of ["src/cli/commands/history.ts", "src/cli/recorded.ts"]) {
    expect([...loadedWith(file)]).toContain("src/state/file.ts");
    expect([...loadedWith(file)]).not.toContain("src/aws/connect.ts");
  }
});

test("in src/aws and src/engine no file imports itself by way of others: what a service says is there when it is read", () => {
  const parts = [...files("src/aws"), ...files("src/engine")];
  const loadedWith = loading(parts);
  expect(parts.filter((file) => loadedWith(file).has(file))).toEqual([]);
});

test("a file that replaces a module for its tests says so by its name: it runs apart", () => {
  const breaches = files("test").filter(
    (file) => /^vi\.mock\(/m.test(readFileSync(join(root, file), "utf8")) && !file.endsWith(".mocked.test.ts"),
  );
  expect(breaches).toEqual([]);
});

test("a mock of the SDK ends with its test or file: it is made by `mocked`, or restored by the contract suite", () => {
  const makers = ["test/aws/aws.ts", "test/aws/contract.test.ts"];
  const breaches = files("test").filter(
    (file) => importsOf(file).includes("aws-sdk-client-mock") && !makers.includes(file),
  );
  expect(breaches).toEqual([]);
});

test("a file that starts the built command says so by its name: only those wait for a build", () => {
  const breaches = files("test").filter(
    (file) =>
      file.endsWith(".test.ts") &&
      !/\.bundle\.test\.ts$|^test\/(moto|clients)\//.test(file) &&
      /\bBIN\b|\.spawn\(|\bbuddyverse\(\[/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(breaches.filter((file) => file !== "test/boundaries.test.ts")).toEqual([]);
});

test("tests set the sandbox up and ask it as AWS's callers do: none reads or writes its world's tables", () => {
  // Those that take a world as a whole: for "nothing is left", for the same account in another region, and for what a visitor
  // meets in each second of a change, when another thousand calls would change what they measure; and for what is in the file.
  const looking = [
    "test/sandbox/contents.ts",
    "test/sandbox/file.test.ts",
    "test/sandbox/regions.ts",
    "test/lifecycle/site-watch.ts",
    "test/boundaries.test.ts",
  ];
  // Durations and rules of arithmetic, which know no world, can be asked for as they are.
  const ofTheWorld = (file: string) => importsOf(file).some((name) => /\/(world|tables)\.ts$/.test(name));
  const inside = files("test").filter(
    (file) =>
      /\bworld\.tables\b|\{ tables \}|\.table[(<]/.test(readFileSync(join(root, file), "utf8")) ||
      importsOf(file)
        .map((name) => relative(root, join(root, file, "..", name)))
        .some((name) => under(name, "src/sandbox/services", "src/sandbox/guests") && ofTheWorld(name)),
  );
  expect(inside.filter((file) => !looking.includes(file))).toEqual([]);
});

test("only the sandbox itself knows its services", () => {
  const breaches = [...files("src"), ...files("steps")]
    .filter((file) => !under(file, "src/sandbox"))
    .filter((file) => importsOf(file).some((name) => /\/sandbox\/(services|guests)\//.test(name)));
  expect(breaches).toEqual([]);
});

test("arrows go down but for types: a layer loads nothing of those above it", () => {
  const above: Readonly<Record<string, readonly string[]>> = {
    "src/lib": ["src"],
    "src/aws": [
      "src/engine",
      "src/state",
      "src/config",
      "src/report",
      "src/cost",
      "src/policy",
      "src/cli",
      "src/verify",
      "src/sandbox",
    ],
    "src/state": [
      "src/aws",
      "src/engine",
      "src/report",
      "src/cost",
      "src/policy",
      "src/cli",
      "src/verify",
      "src/sandbox",
    ],
    "src/engine": ["src/report", "src/cost", "src/policy", "src/cli", "src/verify", "src/sandbox", "src/config"],
    "src/sandbox": ["src/engine", "src/report", "src/cli", "src/verify"],
  };
  const breaches = Object.entries(above).flatMap(([layer, upper]) =>
    files(layer).flatMap((file) =>
      valueImportsOf(file)
        .filter((name) => name.startsWith("."))
        .map((name) => relative(root, join(root, file, "..", name)))
        .filter((name) => !under(name, layer) && under(name, ...upper))
        .map((name) => `${file} -> ${name}`),
    ),
  );
  expect(breaches).toEqual([]);
});
