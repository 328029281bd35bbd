import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join, relative } from "node:path";
import { build } from "rolldown";
import { expect, test } from "vitest";
import { textLoader } from "../text-loader.js";

type Imports = ReadonlyMap<string, readonly string[]>;

/** What each file imports by value, at once or later by `import()`: imports of types alone are erased. */
async function importsIn(root: string, folders: readonly string[]): Promise<Imports> {
  const input = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
      .map((name) => join(root, folder, name)),
  );
  const imports = new Map<string, readonly string[]>();
  await build({
    input,
    cwd: root,
    platform: "node",
    external: (name) => !name.startsWith(".") && !isAbsolute(name),
    plugins: [
      textLoader,
      {
        name: "imports",
        moduleParsed({ id, importedIds, dynamicallyImportedIds }) {
          const own = [...importedIds, ...dynamicallyImportedIds].filter((file) => isAbsolute(file));
          imports.set(
            relative(root, id),
            own.map((file) => relative(root, file)),
          );
        },
      },
    ],
    write: false,
    logLevel: "silent",
  });
  return imports;
}

/** The circles among files: each as its files, sorted (Tarjan's strongly connected components). */
function circles(imports: Imports): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    index.set(file, index.size);
    let lowest = index.get(file) as number;
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!index.has(next)) lowest = Math.min(lowest, visit(next));
      else if (stack.includes(next)) lowest = Math.min(lowest, index.get(next) as number);
    }
    low.set(file, lowest);
    if (lowest === index.get(file)) {
      const circle = stack.splice(stack.indexOf(file));
      if (circle.length > 1 || imports.get(file)?.includes(file)) found.push(circle.sort());
    }
    return lowest;
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return found.sort();
}

test("no file imports itself by way of others", async () => {
  expect(circles(await importsIn(join(import.meta.dirname, ".."), ["src", "steps"]))).toEqual([]);
});

test.each([
  ["a value", 'import { a } from "./a.ts";\nexport const b = () => a;', [["a.ts", "b.ts"]]],
  ["a later import()", 'export const b = () => import("./a.ts");', [["a.ts", "b.ts"]]],
  ["a type", 'import type { A } from "./a.ts";\nexport const b = (a: A) => a;', []],
])("%s makes a circle, or does not", async (_what, text, expected) => {
  const root = mkdtempSync(join(tmpdir(), "buddyverse-imports-"));
  try {
    writeFileSync(
      join(root, "a.ts"),
      'import { b } from "./b.ts";\nexport type A = string;\nexport const a = () => b;\n',
    );
    writeFileSync(join(root, "b.ts"), `${text}\n`);
    expect(circles(await importsIn(root, ["."]))).toEqual(expected);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
