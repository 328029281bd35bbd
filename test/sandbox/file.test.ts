/** The sandbox's file while a command works in it: it grows by what changes, and is whole after a kill at any moment. */
import { mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { openSandboxFile, readStateText, readWorld, type SandboxFile } from "../../src/sandbox/file.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import type { World } from "../../src/sandbox/world.ts";
import { START } from "../lifecycle/stage.ts";

let path: string;
let file: SandboxFile;
const fresh = () => freshWorld({ region: "ap-northeast-2", domain: undefined, time: START, seed: 7 });
const table = () => simAt(file.world, START).table<{ readonly size: number }>("tests");
/** As it comes back from a file: without what is undefined. */
const plain = (world: World | undefined): World => JSON.parse(JSON.stringify(world));

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "buddyverse-world-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  path = join(folder, "buddyverse.sandbox.json");
  file = openSandboxFile(path, START, fresh);
});

test("what is saved is in the file at once: rows that come, change and go, the state, and the rest of the world", () => {
  file.save();
  const first = statSync(path);
  table().putNow("a", { size: 1 });
  table().put("b", { size: 2 });
  file.save();
  table().putNow("a", { size: 3 });
  file.world.failures = [{ kind: "capacity", about: "t3.micro", from: START }];
  file.save();
  file.state.write('{\n  "serial": 1\n}\n');
  expect(plain(readWorld(path))).toEqual(plain(file.world));
  table().removeNow("b");
  delete file.world.failures;
  file.state.write('{\n  "serial": 2\n}\n');
  expect(readWorld(path)).toEqual(plain(file.world));
  expect(readStateText(path)).toBe('{"serial":2}');
  // The same file, a little longer.
  expect(statSync(path).ino).toBe(first.ino);
  expect(statSync(path).size).toBeLessThan(first.size + 4_000);

  file.close();
  const document = JSON.parse(readFileSync(path, "utf8"));
  expect(document).toMatchObject({ version: 1, world: plain(file.world), state: { serial: 2 } });
});

test("a kill in the middle of a write leaves what was saved before it", () => {
  file.save();
  table().putNow("a", { size: 1 });
  file.save();
  const before = plain(file.world);
  const whole = readFileSync(path).length;
  table().putNow("a", { size: 2 });
  file.save();
  const text = readFileSync(path);
  for (let length = whole; length < text.length; length++) {
    writeFileSync(path, text.subarray(0, length));
    expect(plain(readWorld(path))).toEqual(before);
  }
  // The next command goes on from there.
  const next = openSandboxFile(path, START, fresh);
  next.save();
  expect(JSON.parse(readFileSync(path, "utf8")).world).toEqual(before);
});

test("who removes the file gets a whole one with the next save, or the command's end", () => {
  file.save();
  unlinkSync(path);
  file.save();
  table().putNow("a", { size: 1 });
  file.save();
  unlinkSync(path);
  file.close();
  expect(plain(readWorld(path))).toEqual(plain(file.world));
});

test("a long run writes the file as a whole again", () => {
  const long = "x".repeat(1_000_000);
  for (let count = 0; count < 9; count++) file.state.write(JSON.stringify({ count, long }));
  expect(statSync(path).size).toBeLessThan(7_000_000);
  expect(JSON.parse(readStateText(path) ?? "").count).toBe(8);
});
