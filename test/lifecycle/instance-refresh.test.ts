/** A new version of the web instances that does not come up: the group is as it was, which is said, and not tried in a loop. */
import { RollbackInstanceRefreshCommand, SetInstanceProtectionCommand } from "@aws-sdk/client-auto-scaling";
import { beforeEach, expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { fail, mend, parseFailure } from "../../src/sandbox/failures.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import { accountIn, GROUP } from "../sandbox/grown.ts";
import { stranger } from "../stranger.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

const OLD = { domain: null };
const NEW = { ...OLD, web: { instanceType: "t3.small" } };

/** A stack that stands, brought up once; each test works on a copy. */
let grown: { readonly world: World; readonly at: number; readonly state: string | undefined } | undefined;
let on: Stage;
beforeEach(async () => {
  if (!grown) {
    const first = await stage(OLD);
    await first.up();
    first.sandbox.settle();
    grown = { world: copied(first.sandbox.world), at: first.clock.now() + 600_000, state: first.text.text };
  }
  const clock = jumpingClock(grown.at);
  const sandbox = openSandbox({ world: copied(grown.world), clock });
  on = await stageOn(parseConfig(NEW, "test.config.json"), clock, sandbox, memoryText(grown.state));
});
/** Another process, later. */
const next = async (config: object = NEW): Promise<Stage> =>
  stageOn(parseConfig(config, "test.config.json"), on.clock, on.sandbox, on.text);
const order = (about: string, kind = "capacity") =>
  fail(simAt(on.sandbox.world, on.clock.now()), parseFailure(kind, about));
const mended = () => mend(simAt(on.sandbox.world, on.clock.now()));

const groupOf = async ({ settled }: Awaited<ReturnType<Stage["up"]>>) =>
  settled.find(({ key }) => key === "auto-scaling-group");
const started = ({ calls }: Stage) =>
  calls.filter(({ operation, error }) => operation === "StartInstanceRefresh" && !error).length;
async function group({ aws } = on) {
  const { AutoScalingGroups = [] } = await aws.autoScaling.describeAutoScalingGroups({});
  const [found] = AutoScalingGroups;
  return {
    version: found?.LaunchTemplate?.Version,
    versions: found?.Instances?.map(({ LaunchTemplate }) => LaunchTemplate?.Version).sort(),
    ids: found?.Instances?.map(({ InstanceId }) => InstanceId as string) ?? [],
  };
}
async function refreshStatus() {
  const { InstanceRefreshes } = await on.aws.autoScaling.describeInstanceRefreshes({ AutoScalingGroupName: GROUP });
  return InstanceRefreshes?.[0]?.Status;
}
/** Does something once, before the first call at which it is due. */
function when(due: () => Promise<boolean>, act: () => Promise<unknown>): void {
  const answer = on.sandbox.answer.bind(on.sandbox);
  let done = false;
  Object.assign(on.sandbox, {
    async answer(service: string, operation: string, input: object) {
      if (!done && operation === "DescribeAutoScalingGroups") {
        done = true;
        if (await due()) await act();
        else done = false;
      }
      return answer(service, operation, input);
    },
  });
}

test("the new version that works is the group's when all its instances have it", async () => {
  expect(await groupOf(await on.up())).toMatchObject({ outcome: "updated" });
  expect(await group()).toMatchObject({ version: "2", versions: ["2", "2"] });
  expect(started(on)).toBe(1);
  expect(on.calls.map(({ operation }) => operation)).not.toContain("UpdateAutoScalingGroup");
});

test("one that cannot be started: said within minutes, with how to end it; the old ones serve, and AWS puts the group back", async () => {
  const before = (await group()).ids;
  order("t3.small");
  const from = on.clock.now();
  expect(await groupOf(await on.up())).toMatchObject({
    outcome: "blocked",
    reason: expect.stringMatching(
      /release 2: 0 of 2 replaced \(InProgress\).*sufficient t3\.small capacity.*put the config back and run `buddyverse up`/,
    ),
  });
  expect((on.clock.now() - from) / 60_000).toBeLessThan(20);
  expect(await group()).toMatchObject({ version: "1", ids: before });

  // Again: the refresh is still under way, and no second one is begun.
  const again = await next();
  expect(await groupOf(await again.up())).toMatchObject({ outcome: "blocked" });
  expect(started(again)).toBe(0);

  await on.clock.sleep(2 * 3_600_000);
  expect(await refreshStatus()).toBe("RollbackSuccessful");
  expect(await group()).toMatchObject({ version: "1", versions: ["1", "1"], ids: before });
  expect((await (await next()).status()).find(({ key }) => key === "auto-scaling-group")).toMatchObject({
    pending: [{ field: "launchTemplateVersion", found: "1", wanted: "2" }],
  });
  // Whoever asks for it again gets it.
  mended();
  const mendedUp = await next();
  expect(await groupOf(await mendedUp.up())).toMatchObject({ outcome: "updated" });
  expect(await group()).toMatchObject({ version: "2", versions: ["2", "2"] });
});

test("one that is rolled back while up looks on: it fails with AWS's reason, and is not tried again", async () => {
  const { autoScaling } = stranger(on.sandbox);
  when(
    async () => (await refreshStatus()) === "InProgress" && (await group()).versions?.includes("2") === true,
    () => autoScaling.send(new RollbackInstanceRefreshCommand({ AutoScalingGroupName: GROUP })),
  );
  expect(await groupOf(await on.up())).toMatchObject({
    outcome: "failed",
    reason: expect.stringMatching(
      /is as it was before: release 2: RollbackSuccessful.*Manual rollback.*the site goes on with release 1/,
    ),
    error: { code: "failed" },
  });
  expect(started(on)).toBe(1);
  expect(await group()).toMatchObject({ version: "1", versions: ["1", "1"] });
  // What the old version starts with is still there.
  const back = await next(OLD);
  expect((await back.up()).settled.filter(({ error }) => error)).toEqual([]);
});

test("one whose application does not start is rolled back when the load balancer ends its first instance: why, by AWS and by its console", async () => {
  const before = (await group()).ids;
  order("2", "release");
  const from = on.clock.now();
  const end = await groupOf(await on.up());
  expect(end).toMatchObject({
    outcome: "failed",
    error: { code: "failed", hint: expect.stringMatching(/^Mend the cause/) },
  });
  expect(end?.reason).toMatch(
    /is as it was before: release 2: RollbackSuccessful: Manual rollback; the site goes on with release 1: (i-\w+) did not pass the load balancer's health check: At .* ELB system health check failure; Health checks failed; the end of its console output:\n(?:.*\n)*.*BUDDYVERSE-BOOT FAILED: ModuleNotFoundError: No module named 'config\.wsgi'/,
  );
  expect((on.clock.now() - from) / 60_000).toBeLessThan(15);
  expect(await group()).toMatchObject({ version: "1", versions: ["1", "1"], ids: before });
  // It was told on the way, too.
  const notes = on.events.flatMap((event) => (event.type === "resource.note" ? event.note : []));
  expect(notes).toContainEqual(
    expect.stringMatching(/^release 2: 0 of 2 replaced .*; i-\w+ does not pass the load balancer's check yet: Health/),
  );
});

test("one that can never be started is rolled back at once", async () => {
  const before = (await group()).ids;
  order("", "verification");
  const from = on.clock.now();
  expect(await groupOf(await on.up())).toMatchObject({
    outcome: "failed",
    reason: expect.stringMatching(/the site goes on with release 1: .*validated|verif/),
  });
  expect((on.clock.now() - from) / 60_000).toBeLessThan(5);
  expect(await group()).toMatchObject({ version: "1", versions: ["1", "1"], ids: before });
});

test("the config put back while one hangs ends it at once, and the version of before stays what it was", async () => {
  const before = (await group()).ids;
  order("t3.small");
  expect(await groupOf(await on.up())).toMatchObject({ outcome: "blocked" });
  const back = await next(OLD);
  expect((await back.plan()).items.find(({ key }) => key === "auto-scaling-group")).toMatchObject({
    action: "update",
    differences: [{ field: "launchTemplateVersion", found: "1, 2", wanted: "1" }],
    rollout: "release 2, which is under way, is rolled back; the site goes on",
  });
  const from = on.clock.now();
  expect((await back.up()).settled.filter(({ error, outcome }) => error ?? outcome === "blocked")).toEqual([]);
  expect((on.clock.now() - from) / 60_000).toBeLessThan(3);
  const calls = back.calls.map(({ operation }) => operation);
  expect(calls).toContain("RollbackInstanceRefresh");
  expect(calls).not.toContain("CreateLaunchTemplateVersion");
  expect(await group()).toMatchObject({ version: "1", versions: ["1", "1"], ids: before });
  expect((await back.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
});

test("a third version while one hangs: the second is ended, and the third is the group's", async () => {
  order("t3.small");
  await on.up();
  const third = await next({ ...OLD, web: { instanceType: "t3.medium" } });
  expect(await groupOf(await third.up())).toMatchObject({ outcome: "updated" });
  expect(third.calls.map(({ operation }) => operation)).toContain("CancelInstanceRefresh");
  expect(await group(third)).toMatchObject({ version: "3", versions: ["3", "3"] });
});

test("killed in the middle of it, the next up waits for the same refresh", async () => {
  when(
    async () => (await refreshStatus()) === "InProgress",
    async () => on.interrupt(),
  );
  expect(await groupOf(await on.up())).toMatchObject({ outcome: "interrupted" });
  const again = await next();
  expect((await again.status()).find(({ key }) => key === "auto-scaling-group")).toMatchObject({
    standing: "under-way",
  });
  await again.up();
  expect([started(on), started(again)]).toEqual([1, 0]);
  expect(await group(again)).toMatchObject({ version: "2", versions: ["2", "2"] });
});

test("what is protected from scale-in is replaced too; what is in standby is left to whoever put it there, until it serves again", async () => {
  const { ids } = await group();
  const [guarded = "", aside = ""] = ids;
  const ask = accountIn(on.sandbox, on.clock).ask;
  await stranger(on.sandbox).autoScaling.send(
    new SetInstanceProtectionCommand({
      AutoScalingGroupName: GROUP,
      InstanceIds: [guarded],
      ProtectedFromScaleIn: true,
    }),
  );
  await ask("auto-scaling", "EnterStandby", {
    AutoScalingGroupName: GROUP,
    InstanceIds: [aside],
    ShouldDecrementDesiredCapacity: false,
  });
  await on.clock.sleep(600_000);
  expect((await groupOf(await on.up()))?.outcome).toBe("updated");
  const after = await group();
  expect(after.ids).not.toContain(guarded);
  expect(after.ids).toContain(aside);
  expect(after.versions).toEqual(["1", "2", "2"]);

  await ask("auto-scaling", "ExitStandby", { AutoScalingGroupName: GROUP, InstanceIds: [aside] });
  await on.clock.sleep(60_000);
  expect((await group()).versions).toEqual(["1", "2", "2"]);
  const again = await next();
  expect((await groupOf(await again.up()))?.outcome).toBe("updated");
  expect(new Set((await group()).versions)).toEqual(new Set(["2"]));
});
