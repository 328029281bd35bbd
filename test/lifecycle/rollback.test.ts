/** Going back to an earlier release: without a bake, without a failed request, and `up` leaves it so. */
import { get } from "node:http";
import { beforeEach, expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { historyOf } from "../../src/releases/history.ts";
import { rollBack, rollbackOf } from "../../src/releases/roll-back.ts";
import { fail, mend, parseFailure } from "../../src/sandbox/failures.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { serveSite } from "../../src/sandbox/site.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import { stepsFor } from "../../steps/index.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

const config = (revision: string, more: object = {}) => ({
  domain: null,
  image: { app: { git: "https://example.com/site.git", revision } },
  ...more,
});

/** A stack that stands with the second release; each test works on a copy. */
let grown: { readonly world: World; readonly at: number; readonly state: string | undefined } | undefined;
let on: Stage;
let tokens = 0;
/** Another process, later. */
const next = async (given: object): Promise<Stage> => {
  on = await stageOn(parseConfig(given, "t.json"), on.clock, on.sandbox, on.text, stepsFor, () => `token-${++tokens}`);
  return on;
};
beforeEach(async () => {
  if (!grown) {
    on = await stage(config("v1"));
    await on.up();
    await (await next(config("v2"))).up();
    on.sandbox.settle();
    grown = { world: copied(on.sandbox.world), at: on.clock.now() + 600_000, state: on.text.text };
  }
  const clock = jumpingClock(grown.at);
  const sandbox = openSandbox({ world: copied(grown.world), clock });
  on = await stageOn(parseConfig(config("v2"), "t.json"), clock, sandbox, memoryText(grown.state));
});

const history = async () => {
  const found = await historyOf(on.stack);
  if (!found) throw new Error("no releases");
  return found;
};
const list = async () =>
  (await history()).releases.map(({ version, result, current }) => [version.number, result, current]);
async function back(number?: number) {
  const found = await history();
  return rollBack(on.stack, found, rollbackOf(found, number));
}
async function versions(): Promise<(string | undefined)[]> {
  const { AutoScalingGroups = [] } = await on.aws.autoScaling.describeAutoScalingGroups({});
  return AutoScalingGroups[0]?.Instances?.map(({ LaunchTemplate }) => LaunchTemplate?.Version).sort() ?? [];
}
const order = (kind: string, about: string) => fail(simAt(on.sandbox.world, on.clock.now()), parseFailure(kind, about));
const toDo = async () => (await on.plan()).items.filter(({ action }) => action !== "none").map(({ key }) => key);
const notes = async () => (await on.status()).flatMap((one) => one.notes);

/** Asks the site twice a second while that lasts. Answers how often, and what was no 200. */
async function visited(work: Promise<unknown>): Promise<{ asked: number; failed: unknown[] }> {
  const site = await serveSite(on.sandbox, on.clock);
  const ask = () =>
    new Promise<number | string>((resolve) => {
      get(site.httpUrl, (answer) => {
        answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
      }).on("error", (error) => resolve(error.message));
    });
  const failed: unknown[] = [];
  let asked = 0;
  let over = false;
  const ends = work.finally(() => {
    over = true;
  });
  while (!over) {
    const status = await on.clock.hold(ask());
    asked++;
    if (status !== 200) failed.push([new Date(on.clock.now()).toISOString(), status]);
    await on.clock.sleep(500);
  }
  await ends;
  await site.close();
  return { asked, failed };
}

test("not one request fails during a release and a rollback; the rollback bakes nothing, and up leaves it so until the config changes", async () => {
  await next(config("v2", { web: { volumeGiB: 10 } }));
  const released = await visited(on.up());
  expect(released.failed).toEqual([]);
  expect(released.asked).toBeGreaterThan(400);
  expect(await versions()).toEqual(["3", "3"]);

  on.writes();
  const from = on.clock.now();
  const undone = await visited(back());
  expect(undone.failed).toEqual([]);
  expect((on.clock.now() - from) / 60_000).toBeLessThan(15);
  expect(new Set(on.writes())).toEqual(
    new Set([
      "ec2:CreateLaunchTemplateVersion",
      "ec2:CreateTags",
      "ec2:ModifyLaunchTemplate",
      "auto-scaling:StartInstanceRefresh",
    ]),
  );
  expect(await versions()).toEqual(["4", "4"]);
  expect(await list()).toEqual([
    [4, "succeeded", true],
    [3, "succeeded", false],
    [2, "succeeded", false],
    [1, "first", false],
  ]);
  const [latest] = (await history()).releases;
  expect(latest?.version).toMatchObject({
    release: "revision v2 of https://example.com/site.git",
    back: { to: 2, from: 3 },
    volumeGiB: 8,
    createdBy: expect.stringMatching(/user\/sandbox$/),
  });
  expect(latest?.seconds).toBeGreaterThan(120);

  // The config says the third still.
  expect(await toDo()).toEqual([]);
  expect(await notes()).toEqual([
    expect.stringMatching(/release 4 was gone back to from release 3.*until the config says something else/),
  ]);
  on.writes();
  expect((await on.up()).settled.filter(({ outcome }) => outcome !== "unchanged")).toEqual([]);
  expect(on.writes()).toEqual([]);

  // Once it says what runs, nothing is held back; and what was left may come again.
  await next(config("v2"));
  expect(await toDo()).toEqual(["launch-template"]);
  await on.up();
  expect(await versions()).toEqual(["4", "4"]);
  expect(await notes()).toEqual([]);
  await next(config("v2", { web: { volumeGiB: 10 } }));
  await on.up();
  expect(await versions()).toEqual(["5", "5"]);
});

test("without a number: not what was left, not what did not come up, not the same again; with one: any whose image is there", async () => {
  order("release", "3");
  await next(config("v3"));
  await on.up();
  expect(await list()).toEqual([
    [3, "rolled back", false],
    [2, "succeeded", true],
    [1, "first", false],
  ]);
  expect((await history()).releases[0]?.reason).toMatch(/^i-\w+ does not come up: ModuleNotFoundError/);
  const target = async (number?: number) => {
    const { from, to } = rollbackOf(await history(), number);
    return [from.version.number, to.version.number];
  };
  expect(await target()).toEqual([2, 1]);
  expect(await target(3)).toEqual([2, 3]);
  await expect(target(2)).rejects.toMatchObject({ code: "refused", message: "release 2 is what runs already" });
  await expect(target(9)).rejects.toMatchObject({
    message: "there is no release 9",
    hint: "These are there: 3, 2, 1.",
  });
  await back();
  expect(await versions()).toEqual(["4", "4"]);
  await expect(target()).rejects.toMatchObject({ message: "there is no release before 4 to go back to" });
  // To what was left, by its number: nothing is held back then.
  expect(await target(2)).toEqual([4, 2]);
  await back(2);
  await next(config("v2"));
  expect(await toDo()).toEqual([]);
  expect(await notes()).toEqual([]);

  // The first one's image goes with the next release but one, and the versions that start from it.
  mend(simAt(on.sandbox.world, on.clock.now()));
  await next(config("v4", { image: { app: { git: "https://example.com/site.git", revision: "v4" }, keep: 2 } }));
  await on.up();
  await on.clock.sleep(60_000);
  const images = new Set(
    (await history()).releases.map(({ version, imageThere }) => [version.imageId, imageThere].join(" ")),
  );
  expect([...images].every((one) => one.endsWith("true"))).toBe(true);
  expect(images.size).toBe(2);
});

test("one that hangs is ended by it, and up does not begin it again", async () => {
  order("capacity", "t3.small");
  await next(config("v2", { web: { instanceType: "t3.small" } }));
  await on.up();
  expect(rollbackOf(await history(), undefined)).toMatchObject({
    ends: true,
    rollout: { what: "release 3, which is under way, is rolled back; the site goes on" },
  });
  on.writes();
  const { number, settled } = await back();
  expect([number, settled.outcome]).toEqual([2, "updated"]);
  expect(on.writes()).toContain("auto-scaling:RollbackInstanceRefresh");
  expect(await versions()).toEqual(["2", "2"]);
  // What counts the credits of the type that the config says.
  expect(await toDo()).toEqual(["alarm-web-credits"]);
  expect(await notes()).toEqual([expect.stringMatching(/release 2 was gone back to from release 3/)]);
});
