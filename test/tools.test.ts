import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { without } from "./tools.ts";

test("what a machine lacks is left out, and on CI a failure that names it", () => {
  expect(without([], true)).toEqual({});
  expect(without(["a shell", "python3"], false)).toEqual({ skip: true, meta: { lacks: "a shell and python3" } });
  expect(() => without(["python3"], true)).toThrow("python3 is not here");
});

test("moto_server may be missing on CI, too: that is said, and no failure", () => {
  const moto = "moto_server and python3 with boto3";
  expect(without([moto], true)).toEqual({ skip: true, meta: { lacks: moto } });
  expect(() => without([moto, "python3"], true)).toThrow("and python3 is not here");
});

test("a test that starts another program than Node says that it needs it", () => {
  const starts = /(?<!\.)\b(spawn|spawnSync|execFile|execFileSync|promisify\(execFile\))\(\s*"/;
  const breaches = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .filter((name) => {
      const text = readFileSync(join(import.meta.dirname, name), "utf8");
      const runs = starts.test(text) || /from "(\.\.?\/)+(scripts|moto)\/(run|server)\.ts"|"\.\/run\.ts"/.test(text);
      return runs && !/\bneeds\("/.test(text);
    });
  expect(breaches).toEqual([]);
});
