/** Releases: what plan says of one, and what of the earlier ones stays to go back to. */
import { expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { fail, mend, parseFailure } from "../../src/sandbox/failures.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import { stepsFor } from "../../steps/index.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

const config = (revision: string, image: object = {}) => ({
  domain: null,
  image: { app: { git: "https://example.com/site.git", revision }, ...image },
});

/** A stack that stands, with version v1. Each test works on a copy. */
let grown: { readonly world: World; readonly at: number; readonly state: string | undefined } | undefined;
async function standing(given: object): Promise<Stage> {
  if (!grown) {
    const first = await stage(config("v1"));
    await first.up();
    first.sandbox.settle();
    grown = { world: copied(first.sandbox.world), at: first.clock.now() + 600_000, state: first.text.text };
  }
  const clock = jumpingClock(grown.at);
  const sandbox = openSandbox({ world: copied(grown.world), clock });
  return stageOn(parseConfig(given, "test.config.json"), clock, sandbox, memoryText(grown.state));
}
/** No two processes make the same token. */
let tokens = 0;
/** Another process, later. @param text memoryText(): the state was lost */
const next = async (on: Stage, given: object, text = on.text): Promise<Stage> =>
  stageOn(parseConfig(given, "test.config.json"), on.clock, on.sandbox, text, stepsFor, () => `token-${++tokens}`);
const failures = ({ settled }: Awaited<ReturnType<Stage["up"]>>) =>
  settled.filter(({ error }) => error).map(({ key, reason }) => [key, reason]);
/** The images that there are, the oldest first. */
async function images({ aws, clock }: Stage): Promise<string[]> {
  await clock.sleep(5_000);
  const { Images = [] } = await aws.ec2.describeImages({ Owners: ["self"] });
  return Images.toSorted((a, b) => (a.CreationDate ?? "").localeCompare(b.CreationDate ?? "")).map(
    ({ ImageId = "" }) => ImageId,
  );
}

test("plan says that the instances are replaced, how, and how long that takes, before there is an image", async () => {
  const on = await standing(config("v2"));
  const plan = await on.plan();
  const group = plan.items.find(({ key }) => key === "auto-scaling-group");
  expect(group).toMatchObject({
    action: "update",
    rollout: "2 instances are replaced one at a time, about 7 min; the site goes on",
    differences: [{ field: "launchTemplateVersion", found: "1" }],
  });
  // The bake, the image and the replacement one after the other.
  expect(plan.seconds).toBeGreaterThan(585 + 400);
  expect(failures(await on.up())).toEqual([]);
  expect((await on.plan()).items.filter(({ action }) => action !== "none")).toEqual([]);
});

test("another instance type is a release too, and plan does not hide it", async () => {
  const on = await standing({ ...config("v1"), web: { instanceType: "t3.small" } });
  const plan = await on.plan();
  expect(plan.items.filter(({ action }) => action !== "none").map(({ key }) => key)).toEqual([
    "launch-template",
    "auto-scaling-group",
    "alarm-web-credits",
  ]);
  expect(plan.seconds).toBeGreaterThan(400);
});

test("the last three images stay, and an older one goes only when no instance has it; down removes all", async () => {
  let on = await standing(config("v1"));
  const all: string[] = await images(on);
  for (const revision of ["v2", "v3"]) {
    on = await next(on, config(revision));
    expect(failures(await on.up())).toEqual([]);
    all.push(...(await images(on)).filter((id) => !all.includes(id)));
    expect(await images(on)).toEqual(all);
    // What stays is nothing to do, and nothing that is wrong.
    expect((await on.plan()).items.filter(({ action }) => action !== "none")).toEqual([]);
    expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
  }
  on = await next(on, config("v4"));
  await on.up();
  expect(await images(on)).toHaveLength(3);
  expect(await images(on)).not.toContain(all[0]);
  expect(await images(on)).toEqual(expect.arrayContaining(all.slice(1)));

  // With the state lost, too.
  on = await next(on, config("v5"), memoryText());
  await on.up();
  expect(await images(on)).toHaveLength(3);
  expect(await images(on)).not.toContain(all[1]);

  // Going back to the content of one that is there bakes nothing.
  on = await next(on, config("v4"));
  on.writes();
  await on.up();
  expect(on.writes()).not.toContain("ec2:CreateImage");
  expect(await images(on)).toHaveLength(3);

  on = await next(on, config("v4", { keep: 1 }));
  await on.up();
  expect(await images(on)).toHaveLength(1);
  await on.down();
  await on.clock.sleep(60_000);
  expect(await images(on)).toEqual([]);
  expect(await on.left()).toEqual([]);
});

test("with one image kept, the old one stays until the last instance of it is replaced, with the state lost too", async () => {
  for (const lost of [false, true]) {
    const before = await standing(config("v2", { keep: 1 }));
    const on = lost ? await next(before, config("v2", { keep: 1 }), memoryText()) : before;
    const [old] = await images(on);
    on.writes();
    await on.up();
    const writes = on.calls.filter(({ operation, error }) => !error && /Refresh|DeregisterImage/.test(operation));
    // The last one is the look when all is through.
    const order = writes.map(({ operation }) => operation).slice(0, -1);
    expect(order.indexOf("DeregisterImage")).toBeGreaterThan(order.lastIndexOf("DescribeInstanceRefreshes"));
    expect(await images(on)).toHaveLength(1);
    expect(await images(on)).not.toContain(old);
  }
});

test("releases that never came up push out none that did: their images go first", async () => {
  const given = (revision: string) => config(revision, { keep: 2 });
  let on = await standing(given("v1"));
  on = await next(on, given("v2"));
  expect(failures(await on.up())).toEqual([]);
  const [, second] = await images(on);
  for (const [revision, release] of [
    ["v3", "3"],
    ["v4", "4"],
  ] as const) {
    fail(simAt(on.sandbox.world, on.clock.now()), parseFailure("release", release));
    on = await next(on, given(revision));
    expect(failures(await on.up())).toHaveLength(1);
  }
  on = await next(on, given("v5"));
  expect(failures(await on.up())).toEqual([]);
  const left = await images(on);
  expect(left).toHaveLength(2);
  expect(left[0]).toBe(second);
});

test("a release whose command fails is given up at once: with its output, the console, and the old release serving", async () => {
  const on = await standing(config("v2"));
  const sim = () => simAt(on.sandbox.world, on.clock.now());
  fail(sim(), parseFailure("release-command"));
  // The bake takes its time; the replacement is what is looked at.
  const { settled } = await on.up();
  const end = settled.find(({ key }) => key === "auto-scaling-group");
  expect(end?.reason).toMatch(
    /is as it was before: release 2: RollbackSuccessful: Manual rollback; the site goes on with release 1: the release command failed on (i-\w+), after 0 s; .*it printed:\npython manage\.py migrate --noinput: it fails.*\nthe end of its console output:\n(.*\n)*.*BUDDYVERSE-BOOT FAILED: the release command/,
  );
  const at = (name: string) => Date.parse(on.calls.find(({ operation }) => operation === name)?.at ?? "");
  expect((at("RollbackInstanceRefresh") - at("StartInstanceRefresh")) / 60_000).toBeLessThan(5);
  const [group] = (await on.aws.autoScaling.describeAutoScalingGroups({})).AutoScalingGroups ?? [];
  expect(group?.LaunchTemplate?.Version).toBe("1");
  // The same is tried again when it is asked for again.
  mend(sim(), "release-command");
  expect(failures(await (await next(on, config("v2"))).up())).toEqual([]);
});

test("the first release, whose command fails: up ends within minutes with its output, and the next one makes the group anew", async () => {
  const on = await stage(config("v1"));
  const sim = () => simAt(on.sandbox.world, on.clock.now());
  fail(sim(), parseFailure("release-command"));
  const end = (await on.up()).settled.find(({ key }) => key === "auto-scaling-group");
  expect(end).toMatchObject({
    outcome: "failed",
    reason: expect.stringMatching(/failed: the release command failed on i-\w+, after 0 s; it printed:\npython manage/),
  });
  const made = Date.parse(on.calls.find(({ operation }) => operation === "CreateAutoScalingGroup")?.at ?? "");
  expect((on.clock.now() - made) / 60_000).toBeLessThan(6);
  mend(sim(), "release-command");
  expect(failures(await (await next(on, config("v1"))).up())).toEqual([]);
  await on.down();
  expect(await on.left()).toEqual([]);
});

test.each([2, 4])("%i instances are replaced in about the time that plan says", async (desired) => {
  const web = { min: desired, max: desired + 1, desired };
  const before = await standing({ ...config("v1"), web });
  await before.up();
  await before.clock.sleep(600_000);
  const on = await next(before, { ...config("v1"), web: { ...web, instanceType: "t3.small" } });
  const { rollout = "" } = (await on.plan()).items.find(({ key }) => key === "auto-scaling-group") ?? {};
  expect(rollout).toContain(`${desired} instances are replaced`);
  const minutes = Number(/about (\d+) min/.exec(rollout)?.[1]);
  expect(failures(await on.up())).toEqual([]);
  const { InstanceRefreshes: [refresh] = [] } = await on.aws.autoScaling.describeInstanceRefreshes({
    AutoScalingGroupName: "Buddy-AutoScaling-Group",
  });
  const took = ((refresh?.EndTime?.getTime() ?? 0) - (refresh?.StartTime?.getTime() ?? 0)) / 60_000;
  expect(Math.abs(minutes / took - 1)).toBeLessThan(0.3);
});
