import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BuddyError } from "../../src/lib/errors.ts";
import { VERSION } from "../../src/lib/version.ts";
import type { Recorded } from "../../src/state/state.ts";
import { openStore, readOnlyStore, readState, type StateText, stateFile } from "../../src/state/store.ts";

const identity = { stack: "s", account: "111122223333", region: "ap-northeast-2" };
const vpc: Recorded = {
  type: "ec2:vpc",
  name: "Buddy-Project",
  status: "creating",
  since: 1,
  token: "t",
  spec: { cidr: "172.31.0.0/16" },
  needs: [],
};
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "buddyverse-state-"));
  file = join(folder, "buddyverse.state.json");
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});
const open = () => openStore(stateFile(file), identity, () => "lineage");

test("no file is no state; the first write makes it, readable by its owner only, with nothing else left in the folder", () => {
  expect(readState(stateFile(file))).toBeUndefined();
  open().put("vpc", vpc);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["buddyverse.state.json"]);
  expect(readState(stateFile(file))).toMatchObject({
    version: 1,
    writtenBy: VERSION,
    ...identity,
    lineage: "lineage",
    serial: 1,
    resources: { vpc },
  });
});

test("each change counts the serial up and keeps the lineage; one backup a run holds what was there before", () => {
  open().put("vpc", vpc);
  const second = openStore(stateFile(file), identity, () => "another");
  second.put("vpc", { ...vpc, id: "vpc-1", status: "created" });
  second.drop("vpc");
  expect(readState(stateFile(file))).toMatchObject({ lineage: "lineage", serial: 3, resources: {} });
  expect(JSON.parse(readFileSync(`${file}.backup`, "utf8"))).toMatchObject({ serial: 1, resources: { vpc } });
});

describe("a bad file is an error that says what to do, never no state", () => {
  test.each<[string, string, string]>([
    ["empty", "", "is empty"],
    ["torn", '{"version":1,"stack":"s","acc', "is not whole"],
    [
      "with a conflict of git's",
      '{\n<<<<<<< HEAD\n"serial":1\n=======\n"serial":2\n>>>>>>> theirs\n}',
      "as git leaves them",
    ],
    ["not a state", '{"hello":1}', "is not a state file"],
    [
      "edited nonsense",
      JSON.stringify({ version: 1, ...identity, lineage: "l", serial: 1, resources: { vpc: { type: 7 } } }),
      "resources.vpc",
    ],
    ["newer", JSON.stringify({ version: 2 }), "newer buddyverse"],
    ["of another format", JSON.stringify({ version: 2, writtenBy: "9.8.7" }), "buddyverse 9.8.7, and this one"],
    [
      "with what is not known yet",
      JSON.stringify({ version: 1, writtenBy: "9.8.7", ...identity, lineage: "l", serial: 1, more: 1, resources: {} }),
      "buddyverse 9.8.7, and this one",
    ],
  ])("%s", (_name, text, message) => {
    writeFileSync(file, text);
    expect(() => open()).toThrow(
      expect.objectContaining({ code: "state", message: expect.stringContaining(message), hint: expect.any(String) }),
    );
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});

test("the backup is named where there is one; a byte order mark, which editors put first, is none of it", () => {
  writeFileSync(file, "");
  const hint = () => {
    try {
      open();
    } catch (error) {
      return (error as BuddyError).hint;
    }
    throw new Error("it was read");
  };
  expect(hint()).toBe(
    "Nothing was sent to AWS. Restore it from your version control; or move it away: the next run finds the stack again by its tags.",
  );
  writeFileSync(`${file}.backup`, "{}");
  expect(hint()).toContain(`Restore it from ${file}.backup, or your version control;`);
  writeFileSync(file, `\uFEFF${JSON.stringify({ version: 1, ...identity, lineage: "l", serial: 7, resources: {} })}`);
  expect(readState(stateFile(file))?.serial).toBe(7);
});

test.each(["account", "region", "stack"] as const)("a state of another %s is refused", (part) => {
  open().put("vpc", vpc);
  expect(() => openStore(stateFile(file), { ...identity, [part]: "other" }, () => "l")).toThrow(
    expect.objectContaining({ code: "wrong-account", message: expect.stringContaining(part) }),
  );
});

test("a state in S3 of another region is refused with how this one gets its own", () => {
  open().put("vpc", vpc);
  const text = { ...stateFile(file), path: "s3://states/buddyverse.state.json" };
  expect(() => openStore(text, { ...identity, region: "eu-west-1" }, () => "l")).toThrow(
    expect.objectContaining({ code: "wrong-account", hint: expect.stringContaining('"state" takes a "key"') }),
  );
});

test("a write that fails keeps the last good copy, and says so", () => {
  const store = open();
  store.put("vpc", vpc);
  const before = readFileSync(file, "utf8");
  // Root may write anywhere, so the way is barred by a folder in the temporary file's place.
  const blocked = openStore(
    { ...stateFile(file), write: (text) => stateFile(join(folder, "gone", "x.json")).write(text) },
    identity,
    () => "l",
  );
  expect(() => blocked.put("b", vpc)).toThrow(
    expect.objectContaining({
      code: "state",
      message: expect.stringContaining("could not write"),
      hint: expect.stringContaining("last good copy"),
    }),
  );
  expect(blocked.get("b")).toBeUndefined();
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("a symbolic link is followed, not replaced", () => {
  const real = join(folder, "real.json");
  writeFileSync(real, JSON.stringify({ version: 1, ...identity, lineage: "l", serial: 1, resources: {} }));
  symlinkSync(real, file);
  open().put("vpc", vpc);
  expect(JSON.parse(readFileSync(real, "utf8")).resources.vpc).toBeDefined();
  expect(existsSync(`${file}.backup`)).toBe(true);
});

test("when an object was made is kept over all that is recorded of it later; the config that stands is kept, too", () => {
  const store = open();
  store.put("vpc", vpc);
  expect(store.get("vpc")?.madeAt).toBeUndefined();
  store.put("vpc", { ...vpc, id: "vpc-1", status: "created", since: 5 });
  store.put("vpc", { ...vpc, id: "vpc-1", status: "ready", since: 9 });
  expect(store.get("vpc")).toMatchObject({ since: 9, madeAt: 5 });
  store.setConfig({ stack: "s", zones: ["a", "c"] });
  store.setConfig({ zones: ["a", "c"], stack: "s" });
  const found = readState(stateFile(file));
  expect(found).toMatchObject({ serial: 4, config: { stack: "s", zones: ["a", "c"] } });
  expect(open().config).toEqual({ stack: "s", zones: ["a", "c"] });
  store.drop("vpc");
  store.put("vpc", { ...vpc, id: "vpc-2", since: 12 });
  expect(store.get("vpc")?.madeAt).toBe(12);
});

test("how drills ended is kept through all that is recorded later, also when the last object is gone", () => {
  const passed = {
    drill: "dead-web",
    at: "2026-11-20T09:12:44.000Z",
    ending: "passed",
    detectSeconds: 30,
    recoverSeconds: 335.5,
    asked: 802,
    failed: 0,
    longestGapSeconds: 0,
  } as const;
  const failed = { ...passed, ending: "failed", detectSeconds: undefined, recoverSeconds: undefined } as const;
  const store = open();
  expect(store.drills).toEqual([]);
  store.put("vpc", vpc);
  store.setDrills([passed, failed]);
  store.setDrills([passed, failed]);
  expect(readState(stateFile(file))?.serial).toBe(2);
  const next = open();
  next.setConfig({ stack: "s" });
  next.drop("vpc");
  expect(readState(stateFile(file))?.resources).toEqual({});
  expect(open().drills).toEqual([passed, failed]);

  const looking = readOnlyStore(stateFile(file), identity);
  looking.setDrills([]);
  expect(looking.drills).toEqual([passed, failed]);
  expect(open().drills).toHaveLength(2);
});

describe("a write renders what has changed, however much is recorded", () => {
  const memory = (failing = () => false): StateText => {
    let text: string | undefined;
    return {
      path: "memory",
      read: () => text,
      write(next) {
        if (failing()) throw new BuddyError({ code: "state", message: "no room" });
        text = next;
      },
      backUp() {},
    };
  };
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => `thing-${index}`);

  test("of 500 records one is asked for its values", () => {
    const store = openStore(memory(), identity, () => "l");
    let asked = 0;
    const counted = (): Recorded => ({
      ...vpc,
      spec: { toJSON: () => ({ asked: ++asked }) },
    });
    for (const key of numbered(500)) store.put(key, counted());
    expect(asked).toBe(500);
    store.put("thing-7", counted());
    store.drop("thing-8");
    store.setConfig({ stack: "s" });
    expect(asked).toBe(501);
  });

  test("after any changes, some of which could not be written, the text is that of what is recorded", () => {
    const keys = numbered(300).flatMap((key) => [key, `${key}#vpc-1`]);
    const change = fc.record({
      key: fc.constantFrom(...keys),
      id: fc.option(fc.constantFrom("vpc-1", 'a "quoted"\nid'), { nil: undefined }),
      goes: fc.integer({ min: 0, max: 3 }).map((number) => number === 0),
      full: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 200, maxLength: 400 }), (changes) => {
        let full = false;
        const text = memory(() => full);
        const store = openStore(text, identity, () => "l");
        const expected = new Map<string, Recorded>();
        for (const one of changes) {
          full = one.full;
          const before = expected.get(one.key);
          const next = { ...vpc, ...(one.id === undefined ? {} : { id: one.id, madeAt: before?.madeAt ?? vpc.since }) };
          const baseline = one.id === undefined ? {} : { baseline: { by: "1", properties: { a: "b" } } };
          const act = () => (one.goes ? store.drop(one.key) : store.put(one.key, { ...next, ...baseline }));
          if (full && (!one.goes || before)) expect(act).toThrow("no room");
          else {
            act();
            if (one.goes) expected.delete(one.key);
            else expected.set(one.key, { ...next, ...baseline });
          }
        }
        full = false;
        store.setConfig({ stack: "s" });
        const wanted = Object.fromEntries(expected);
        expect(store.resources).toEqual(wanted);
        expect(readState(text)?.resources).toEqual(wanted);
        expect(store.beside("thing-3")).toEqual(wanted["thing-3#vpc-1"] ? [wanted["thing-3#vpc-1"]] : []);
        // As `jq` would write it, but for what AWS said, which is one line.
        const lines = JSON.stringify(JSON.parse(text.read() as string), null, 2).replaceAll(
          /"baseline": \{\s+"by": "1",\s+"properties": \{\s+"a": "b"\s+\}\s+\}/g,
          '"baseline": {"by":"1","properties":{"a":"b"}}',
        );
        expect(text.read()).toBe(`${lines}\n`);
      }),
      { numRuns: 10 },
    );
  });
});
