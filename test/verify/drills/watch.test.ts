import { describe, expect, test } from "vitest";
import { jumpingClock } from "../../../src/lib/clock.ts";
import type { DrillStack } from "../../../src/verify/drills/drill-stack.ts";
import { changesBetween, type GroupState, isWhole } from "../../../src/verify/drills/group-state.ts";
import { answersOf, type Probe } from "../../../src/verify/drills/result.ts";
import { watch } from "../../../src/verify/drills/watch.ts";

const member = (id: string, inService = true, zone = "a") => ({ id, zone, inService });
const target = (instanceId: string, state = "healthy", reason = "") => ({ instanceId, state, reason });
const state = (
  desired: number,
  instances: ReturnType<typeof member>[],
  targets: ReturnType<typeof target>[],
): GroupState => ({
  at: 0,
  targets,
  group: {
    name: "g",
    min: 2,
    max: 4,
    desired,
    healthCheckType: "ELB",
    graceSeconds: 300,
    zones: ["a"],
    suspended: [],
    instances,
  },
});

describe("isWhole", () => {
  const well = state(2, [member("i-1"), member("i-2")], [target("i-1"), target("i-2")]);
  test("as many as desired, all in service and healthy", () => expect(isWhole(well)).toBe(true));
  test.each<[string, GroupState]>([
    ["one is missing", state(3, [...well.group.instances], [...well.targets])],
    ["one is on its way out", state(2, [...well.group.instances, member("i-3", false)], [...well.targets])],
    ["one still drains", state(2, [...well.group.instances], [...well.targets, target("i-3", "draining")])],
    ["one is not healthy", state(2, [...well.group.instances], [target("i-1"), target("i-2", "initial")])],
    ["another is the target", state(2, [...well.group.instances], [target("i-1"), target("i-9")])],
  ])("not when %s", (_what, found) => expect(isWhole(found)).toBe(false));
});

test("changesBetween tells of the desired capacity, instances that come and go, and targets", () => {
  const before = state(2, [member("i-1"), member("i-2", true, "c")], [target("i-1"), target("i-2")]);
  const now = state(
    3,
    [member("i-1"), member("i-3", false, "c")],
    [target("i-1", "unhealthy", "Request timed out"), target("i-3", "initial")],
  );
  expect(changesBetween(before, now)).toEqual([
    "desired capacity: 2 → 3",
    "i-3 (c) is started",
    "i-2 (c) is gone",
    "the load balancer calls i-1 (a) unhealthy: Request timed out",
    "the load balancer calls i-3 (c) initial",
  ]);
  expect(changesBetween(now, now)).toEqual([]);
});

describe("watch", () => {
  const well = state(1, [member("i-1")], [target("i-1")]);
  const silent = { entry() {}, sample() {}, probe() {}, cpu() {} };
  const watched = (change: Partial<DrillStack>, clock = jumpingClock(0)) =>
    watch(
      {
        clock,
        group: async () => well.group,
        targets: async () => well.targets,
        activities: async () => [],
        cpu: async () => [],
        visit: async () => ({ status: 200 }),
        ...change,
      } as DrillStack,
      silent,
    );

  test("who waits gets the first state that is as wanted", async () => {
    const clock = jumpingClock(0);
    const watching = watched({ group: async () => ({ ...well.group, desired: clock.now() >= 60_000 ? 2 : 1 }) }, clock);
    const found = await watching.until("two are desired", 300, ({ group }) => group.desired === 2);
    expect(found.at).toBe(60_000);
    await watching.stop();
    expect(watching.timeline).toEqual([{ at: 60_000, who: "seen", what: "desired capacity: 1 → 2" }]);
  });

  test("an answer takes as long as the clock on the wall says, however fast the run's clock goes", async () => {
    const clock = jumpingClock(0);
    const watching = watched(
      {
        async visit() {
          await clock.sleep(40_000);
          return { status: 200 };
        },
      },
      clock,
    );
    await clock.sleep(60_000);
    await watching.stop();
    expect(watching.probes.length).toBeGreaterThan(0);
    for (const { ms } of watching.probes) expect(ms).toBeLessThan(10_000);
  });

  test("what does not happen in time is overdue, and what is there instead is said", async () => {
    const clock = jumpingClock(0);
    const watching = watched({}, clock);
    await expect(watching.until("two are desired", 300, ({ group }) => group.desired === 2)).rejects.toThrow(
      "not so after 5 min: two are desired: 1 instance in service of 1 desired, 1 target healthy",
    );
    expect(clock.now()).toBe(300_000);
    await watching.stop();
  });

  test("when the group cannot be read any more, nobody waits for it to the end", async () => {
    const clock = jumpingClock(0);
    const denied = new Error("AccessDenied");
    const watching = watched(
      {
        async group() {
          if (clock.now() >= 60_000) throw denied;
          return well.group;
        },
      },
      clock,
    );
    await expect(watching.until("two are desired", 300, ({ group }) => group.desired === 2)).rejects.toBe(denied);
    expect(clock.now()).toBe(60_000);
    await expect(watching.until("anything", 300, () => true)).rejects.toBe(denied);
    await watching.stop();
  });

  test("an interrupt ends a wait, not the watch", async () => {
    const stop = new AbortController();
    const watching = watched({});
    const reason = new Error("interrupted");
    const waiting = watching.until("two are desired", 300, ({ group }) => group.desired === 2, stop.signal);
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(await watching.until("one is desired", 300, ({ group }) => group.desired === 1)).toMatchObject({
      group: {},
    });
    await watching.stop();
  });
});

describe("answersOf", () => {
  const probes = (statuses: readonly (number | undefined)[]): Probe[] =>
    statuses.map((status, index) => ({ at: index * 500, ms: 3, status, error: undefined }));

  test("no answer and 5xx are failures, 4xx are answers", () =>
    expect(answersOf(probes([200, undefined, 404, 503, 200]), 3_000)).toEqual({
      asked: 5,
      failed: 2,
      failedPercent: 40,
      longestGapSeconds: 0.5,
    }));
  test("the longest gap is from the first failure to the next good answer", () =>
    expect(answersOf(probes([200, 502, 502, 502, 200, 502, 200]), 4_000).longestGapSeconds).toBe(1.5));
  test("one that does not end lasts until the end", () =>
    expect(answersOf(probes([200, 502, 502]), 10_000).longestGapSeconds).toBe(9.5));
  test("nothing asked, nothing failed", () =>
    expect(answersOf([], 1_000)).toEqual({ asked: 0, failed: 0, failedPercent: 0, longestGapSeconds: 0 }));
});
