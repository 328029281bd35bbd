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

/** Without the breaks of lines. */
const flowing = (text: string): string => text.replace(/\s+/g, " ");

const SMALL = { database: { instanceClass: "db.t3.small" } };

test("plan says what a change interrupts; up --yes refuses it before any change, and does it with --allow-outage", async () => {
  const on = folder(SMALL, base.path);
  const plan = await on.rehearse("plan");
  expect(plan.code).toBe(2);
  expect((await on.rehearse("plan --allow-outage")).code).toBe(0);
  expect(plan.stdout).toContain("~ update   database database1");
  expect(plan.stdout).toContain("database1 is away for about 5 min: db.t3.micro → db.t3.small");
  expect(plan.stdout).toMatch(/2 to update.* About 10 min on AWS/);

  const refused = await on.rehearse("up --yes --trace trace.jsonl");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("up refuses. Say --allow-outage to have it done now");
  expect(refused.stderr).toContain("Nothing was changed.");
  expect(writesIn(on.trace())).toEqual([]);

  const done = await on.rehearse("up --yes --allow-outage");
  expect(done.code).toBe(0);
  expect(done.stdout).toMatch(/Done in 1\dm\d\ds.*: 2 updated/);
  expect((await on.rehearse("status")).code).toBe(0);
});

test("what waits for the maintenance window is shown by up, plan and status, which are content", async () => {
  const on = folder({ database: { ...SMALL.database, apply: "window" } }, base.path);
  expect((await on.rehearse("up --yes")).code).toBe(0);
  const words = "instanceClass db.t3.small: waits for the maintenance window of database1 (sun:17:00-sun:17:30 UTC)";
  const again = await on.rehearse("up --yes");
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining(`! database1: ${words}`) });
  const plan = await on.rehearse("plan --detailed-exit-code");
  expect(plan.code).toBe(0);
  expect(flowing(plan.stdout)).toContain(words);
  const status = await on.rehearse("status");
  expect(status.code).toBe(0);
  expect(status.stdout).toMatch(/Everything is in sync: \d+ resources\.\n +database database1\n/);
  expect(flowing(status.stdout)).toContain(words);
});

test("shrinking is refused by up and shown by plan and status, and no saving is booked", async () => {
  const on = folder({ database: { storageGiB: 40 } }, base.path);
  expect((await on.rehearse("up --yes")).code).toBe(0);
  on.configure({ database: { storageGiB: 20 } });
  const words = "the storage of database1 cannot shrink from 40 to 20 GiB";
  const plan = await on.rehearse("plan --json");
  expect(JSON.stringify(JSON.parse(plan.stdout).items)).toContain(words);
  expect(JSON.parse(plan.stdout)).toMatchObject({ monthly: { change: 0 }, costChange: { objects: [] } });
  const refused = await on.rehearse("up --yes");
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
  const status = await on.rehearse("status");
  expect(status).toMatchObject({ code: 3, stdout: expect.stringContaining(`waits for you: database database1`) });
  expect(status.stdout).toContain("cannot shrink from 40 to 20 GiB");
});
