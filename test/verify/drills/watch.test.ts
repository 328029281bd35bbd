import { describe, expect, test } from "vitest";
import { answersOf, type Probe } from "../../../src/verify/drills/result.ts";
import { changesBetween, isWhole, type Look } from "../../../src/verify/drills/watch.ts";

const member = (id: string, inService = true, zone = "a") => ({ id, zone, inService });
const target = (instanceId: string, state = "healthy", reason = "") => ({ instanceId, state, reason });
const look = (desired: number, instances: ReturnType<typeof member>[], targets: ReturnType<typeof target>[]): Look => ({
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
  const well = look(2, [member("i-1"), member("i-2")], [target("i-1"), target("i-2")]);
  test("as many as desired, all in service and healthy", () => expect(isWhole(well)).toBe(true));
  test.each<[string, Look]>([
    ["one is missing", look(3, [...well.group.instances], [...well.targets])],
    ["one is on its way out", look(2, [...well.group.instances, member("i-3", false)], [...well.targets])],
    ["one still drains", look(2, [...well.group.instances], [...well.targets, target("i-3", "draining")])],
    ["one is not healthy", look(2, [...well.group.instances], [target("i-1"), target("i-2", "initial")])],
    ["another is the target", look(2, [...well.group.instances], [target("i-1"), target("i-9")])],
  ])("not when %s", (_what, found) => expect(isWhole(found)).toBe(false));
});

test("changesBetween tells of the desired capacity, instances that come and go, and targets", () => {
  const before = look(2, [member("i-1"), member("i-2", true, "c")], [target("i-1"), target("i-2")]);
  const now = look(
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
