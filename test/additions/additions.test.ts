/** The price of a change: what a new type in a new service costs, in a copy of the project. */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const HERE = import.meta.dirname;

function copyOfProject(): string {
  const folder = mkdtempSync(join(tmpdir(), "buddyverse-additions-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(ROOT, folder, {
    recursive: true,
    filter: (path) => !["node_modules", "dist", ".git", "additions"].includes(basename(path)),
  });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Puts the text after the first match of `after`. */
function insert(file: string, after: RegExp, text: string): void {
  const before = readFileSync(file, "utf8");
  const [found] = after.exec(before) ?? [];
  if (found === undefined) throw new Error(`${file} has no ${after}`);
  writeFileSync(file, before.replace(found, `${found}${text}`));
}

test("a made-up type in a made-up service: its folders, its line in the registries, its line in a step; the rest holds", {
  timeout: 300_000,
}, async () => {
  const copy = copyOfProject();
  for (const name of ["service", "client", "lamp"])
    cpSync(join(HERE, `${name}.txt`), join(copy, "src/aws/made-up", `${name}.ts`));
  cpSync(join(HERE, "sandbox.txt"), join(copy, "src/sandbox/services/made-up/made-up.ts"));

  const registry = join(copy, "src/aws/services.ts");
  insert(registry, /import type \{ AnyType \}.*\n/, 'import { madeUp } from "./made-up/service.ts";\n');
  insert(registry, /export const services = \{\n/, "  madeUp,\n");
  const sandbox = join(copy, "src/sandbox/services/services.ts");
  insert(sandbox, /import type \{ SandboxService \}.*\n/, 'import { madeUp } from "./made-up/made-up.ts";\n');
  insert(sandbox, /SandboxService>> = \{\n/, '  "made-up": madeUp,\n');
  const step = join(copy, "steps/vpc.ts");
  insert(step, /import \{ resource, step \}.*\n/, 'import { lamp } from "../src/aws/made-up/lamp.ts";\n');
  insert(step, /return step\("vpc", \{/, ' lamp: resource(lamp, "lamp", "Buddy-Lamp", {}, () => ({})),');

  const run = promisify(execFile);
  const inCopy = { cwd: copy, env: { ...process.env, FORCE_COLOR: "0" } };
  await run(process.execPath, ["node_modules/typescript/bin/tsc", "--noEmit"], inCopy);
  const { stdout } = await run(
    process.execPath,
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--project=unit",
      "test/aws/contract.test.ts",
      "test/lifecycle/lifecycle.test.ts",
      "test/words.test.ts",
      "test/boundaries.test.ts",
      "test/imports.test.ts",
    ],
    inCopy,
  );
  expect(stripVTControlCharacters(stdout)).toMatch(/Test Files +5 passed \(5\)/);
});
