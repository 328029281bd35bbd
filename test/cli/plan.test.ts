/** `plan` as a gate, its document, and plans in files. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { at, folder, makeFolder, writesIn } from "./folder.ts";

// Every test starts from a copy of this stack, which is up.
const base = at(makeFolder());
beforeAll(async () => {
  base.configure({});
  await base.rehearse("up --yes");
});
afterAll(() => rmSync(base.path, { recursive: true, force: true }));

const flowing = (text: string): string => text.replace(/\s+/g, " ");
const BASTION = { bastion: { instanceType: "t3.small" } };
const CLASS = { database: { instanceClass: "db.t3.small" } };
const TARGET = { web: { cpuTarget: 70 } };

test.each<[string, object, string, number]>([
  ["nothing to do", {}, "plan --detailed-exit-code", 0],
  ["something to do", TARGET, "plan", 0],
  ["something to do", TARGET, "plan --detailed-exit-code", 3],
  ["a replacement", BASTION, "plan --detailed-exit-code", 2],
  ["a replacement that is allowed", BASTION, "plan --replace --detailed-exit-code", 3],
  ["an outage", CLASS, "plan", 2],
  ["an outage that is allowed", CLASS, "plan --allow-outage", 0],
])("%s: %j, %s ends with %i, as up --yes would be refused or not", async (_name, config, line, code) => {
  const on = folder(config, base.path);
  expect((await on.rehearse(line)).code).toBe(code);
  if (code !== 2) return;
  const refused = await on.rehearse("up --yes --trace trace.jsonl");
  expect(refused.code).toBe(2);
  expect(writesIn(on.trace())).toEqual([]);
});

interface PlanDocument {
  readonly schemaVersion: number;
  readonly seconds: number;
  readonly items: readonly {
    readonly key: string;
    readonly action: string;
    readonly [field: string]: unknown;
  }[];
}

test("its document says its version, and of each object its values, interruption, time, cost and refusal", async () => {
  const on = folder({ ...BASTION, ...CLASS, nat: { mode: "gateway" } }, base.path);
  const { stdout } = await on.rehearse("plan --json");
  const plan = JSON.parse(stdout) as PlanDocument;
  expect(plan.schemaVersion).toBe(1);
  const item = (key: string) => plan.items.find((one) => one.key === key);
  expect(item("bastion-1")).toMatchObject({
    action: "replace",
    option: "--replace",
    refused: expect.stringContaining("--replace"),
    interruption: { kind: "none" },
    monthlyChange: 9.49,
    values: { instanceType: "t3.small" },
  });
  expect(item("database")).toMatchObject({
    action: "update",
    asks: "--allow-outage",
    interruption: { kind: "outage", what: expect.stringContaining("away for about 5 min"), seconds: 300 },
    seconds: 300,
  });
  expect(item("nat-gateway-1")).toMatchObject({
    action: "create",
    seconds: 110,
    values: { allocationId: "(known after up)" },
    interruption: { kind: "none", what: "", seconds: 0 },
  });
  expect(item("vpc")).toMatchObject({ action: "none", seconds: 0, monthlyChange: 0 });
});

test("a saved plan is done as it is, without a question, once", async () => {
  const on = folder({ ...TARGET, tags: { team: "platform" } }, base.path);
  const saved = await on.rehearse("plan --out stack.plan");
  expect(saved.code).toBe(0);
  expect(saved.stdout).toContain("`buddyverse up stack.plan --sandbox` does exactly this.");
  const text = on.read("stack.plan");
  expect(JSON.parse(text)).toMatchObject({ stack: "buddyverse", region: "ap-northeast-2", account: null });
  const done = await on.rehearse("up stack.plan");
  expect(done.code).toBe(0);
  expect(done.stdout).toContain("updated");
  expect((await on.rehearse("plan --detailed-exit-code")).code).toBe(0);

  const again = await on.rehearse("up stack.plan --trace trace.jsonl");
  expect(again.code).toBe(2);
  expect(flowing(again.stderr)).toContain("What is there has changed since the plan stack.plan was made");
  expect(writesIn(on.trace())).toEqual([]);
});

test("what was allowed for it is allowed when it is done, and nothing else can be said then", async () => {
  const on = folder(BASTION, base.path);
  expect((await on.rehearse("plan --replace --out stack.plan")).code).toBe(0);
  const other = await on.rehearse("up stack.plan --allow-outage");
  expect(other.code).toBe(2);
  expect(other.stderr).toContain("is not changed by options: --allow-outage");
  expect((await on.rehearse("up stack.plan")).code).toBe(0);
});

test("where the config says something else since, both are shown and nothing is changed", async () => {
  const on = folder(TARGET, base.path);
  await on.rehearse("plan --out stack.plan");
  on.configure({ web: { cpuTarget: 75, max: 6 } });
  const { code, stderr } = await on.rehearse("up stack.plan --trace trace.jsonl");
  expect(code).toBe(2);
  const said = flowing(stderr);
  expect(said).toContain("The config has changed since the plan stack.plan was made");
  expect(said).toMatch(/scaling policy \S+: saved: update target 50 → 70; now: update target 50 → 75/);
  expect(said).toMatch(/group Buddy-AutoScaling-Group: saved: nothing; now: update max 4 → 6/);
  expect(said).toContain("Nothing was changed.");
  expect(writesIn(on.trace())).toEqual([]);
});

test("a plan for another stack, and what is no plan, are refused", async () => {
  const on = folder(TARGET, base.path);
  await on.rehearse("plan --out stack.plan");
  const elsewhere = folder({ stack: "other" });
  const text = on.read("stack.plan");
  const { writeFileSync } = await import("node:fs");
  writeFileSync(`${elsewhere.path}/stack.plan`, text);
  writeFileSync(`${elsewhere.path}/broken.plan`, text.slice(0, 40));
  const refused = await elsewhere.rehearse("up stack.plan");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("is for stack buddyverse in ap-northeast-2, the sandbox; this is stack other");
  for (const file of ["broken.plan", "none.plan"]) expect((await elsewhere.rehearse(`up ${file}`)).code).toBe(2);
});

test("the plan of a first up holds no secret", async () => {
  const on = folder({});
  await on.rehearse("plan --out stack.plan");
  const text = on.read("stack.plan");
  expect(text).toContain('"action": "create"');
  expect(text).not.toMatch(/BEGIN|ssh-|#!\//);
  expect((await on.rehearse("up stack.plan")).code).toBe(0);
  const password = /"value": ?"([A-Za-z0-9]{24,})"/.exec(on.read("buddyverse.sandbox.json"))?.[1];
  if (password !== undefined) expect(text).not.toContain(password);
});
