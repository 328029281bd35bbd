import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Folder, folder, folderThatIsUp, writesIn } from "./folder.ts";

const STATE = "buddyverse.sandbox.json";
const DAY_MS = 86_400_000;
let up: string;
beforeAll(async () => {
  up = await folderThatIsUp();
});
afterAll(() => rmSync(up, { recursive: true, force: true }));

const stored = (on: Folder) => JSON.parse(on.read(STATE));
const idsOf = (on: Folder, type: string): string[] =>
  Object.values<{ type: string; id: string }>(stored(on).state.resources).flatMap((one) =>
    one.type === type ? [one.id] : [],
  );
/** Every web instance's image, as the state knows only the group. */
const imageId = (on: Folder) => idsOf(on, "ec2:image");

test("plan --refresh-image shows a new image and what rolls it out, and writes nothing; a plain plan wants nothing", async () => {
  const on = folder({}, up);
  const before = on.read(STATE);
  const { code, stdout } = await on.rehearse("plan --refresh-image --json");
  expect(code).toBe(0);
  const items = JSON.parse(stdout).items as { object: string; action: string; name: string }[];
  const actions = items.filter(({ action }) => action !== "none").map(({ object, action }) => `${action} ${object}`);
  expect(actions.sort()).toEqual(
    ["create ec2:image", "create ec2:image-builder", "update ec2:launch-template", "update auto-scaling:group"].sort(),
  );
  expect((await on.rehearse("plan --refresh-image")).stdout).toContain(
    "2 instances are replaced one at a time, about 7 min; the site goes on",
  );
  expect((await on.rehearse("plan")).stdout).toContain("Nothing to do");
  expect(stored(on).state).toEqual(JSON.parse(before).state);
});

test("up --refresh-image makes a new image and rolls it out; NATs and bastions stay; then nothing is left to do", async () => {
  const on = folder({}, up);
  const [old] = imageId(on);
  const hosts = idsOf(on, "ec2:instance");
  const monthly = JSON.parse((await on.rehearse("status --json")).stdout).cost.monthly.typical;
  expect((await on.rehearse("up --refresh-image --yes --trace first.jsonl")).code).toBe(0);
  const { stdout: status } = await on.rehearse("status --json");
  // Its snapshot is paid for: 4 GB at $0.05.
  expect(JSON.parse(status).cost.monthly.typical - monthly).toBeCloseTo(0.2);
  // The one before it stays, to go back to (image.keep).
  const both = imageId(on);
  expect(both).toHaveLength(2);
  expect(both).toContain(old);
  expect(idsOf(on, "ec2:instance")).toEqual(hosts);
  const writes = writesIn(on.trace("first.jsonl"));
  expect(writes).toEqual(expect.arrayContaining(["CreateImage", "StartInstanceRefresh"]));
  expect(writes).not.toContain("DeregisterImage");
  expect(stored(on).state.imageRefresh).toMatchObject({ done: true });
  expect((await on.rehearse("up --yes --trace idle.jsonl")).stdout).toContain("Everything is as the config says");
  expect(writesIn(on.trace("idle.jsonl"))).toEqual([]);
  expect((await on.rehearse("status")).code).toBe(0);
  // Asked for again, there is another one.
  expect((await on.rehearse("up --refresh-image --yes")).code).toBe(0);
  expect(imageId(on)).toHaveLength(3);
});

test("a refresh that was cut off is continued with its own image, by either command", async () => {
  for (const line of ["up --yes", "up --refresh-image --yes"]) {
    const on = folder({}, up);
    // Ends before the group is told.
    expect((await on.rehearse("up --refresh-image --yes --step image")).code).toBe(0);
    const { imageRefresh } = stored(on).state;
    expect(imageRefresh).toMatchObject({ done: false });
    const made = imageId(on);
    expect(made).toHaveLength(2);
    expect((await on.rehearse(line)).code).toBe(0);
    expect(stored(on).state.imageRefresh).toEqual({ ...imageRefresh, done: true });
    expect(imageId(on)).toEqual(made);
  }
});

test("with the state lost, the refreshed image is still the wanted one", async () => {
  const on = folder({}, up);
  await on.rehearse("up --refresh-image --yes");
  const { state, ...rest } = stored(on);
  writeFileSync(join(on.path, STATE), JSON.stringify(rest));
  const { code } = await on.rehearse("up --yes --trace lost.jsonl");
  expect(code).toBe(0);
  expect(writesIn(on.trace("lost.jsonl"))).toEqual([]);
  expect(stored(on).state.imageRefresh).toEqual(state.imageRefresh);
});

test("status says when the image is old, with the command, and stays in sync", async () => {
  const on = folder({}, up);
  const fresh = await on.rehearse("status --json --trace status.jsonl");
  expect(JSON.parse(fresh.stdout).notes).toEqual([]);
  // The bases' parameters are asked for with the stack's own, and both bases with the stack's image: no call more than without.
  const asked = on.trace("status.jsonl").map(({ operation }) => operation);
  expect(asked.filter((operation) => /^(DescribeImages|GetParameters?)$/.test(operation)).sort()).toEqual([
    "DescribeImages",
    "GetParameters",
  ]);
  const file = JSON.parse(on.read(STATE), (key, value) =>
    key !== "" && typeof value?.sourceInstanceId === "string"
      ? { ...value, createdAt: value.createdAt - 31 * DAY_MS }
      : value,
  );
  writeFileSync(join(on.path, STATE), JSON.stringify(file));
  const { code, stdout } = await on.rehearse("status");
  expect(code).toBe(0);
  expect(stdout).toMatch(/The web image ami-\w+ was made 31 days ago.*: buddyverse up --sandbox --refresh-image/);
});
