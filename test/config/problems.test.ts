import { describe, expect, test } from "vitest";
import { formatPath, nearest } from "../../src/config/problems.ts";

test("paths are written as in JavaScript", () => {
  expect(formatPath([])).toBe("");
  expect(formatPath(["network", "web", 1])).toBe("network.web[1]");
  expect(formatPath(["tags", "cost center"])).toBe('tags["cost center"]');
  expect(formatPath(["9a", "$b"])).toBe('["9a"].$b');
});

describe("nearest", () => {
  const keys = ["min", "desired", "max", "cpuTarget"];
  test.each([
    ["desird", "desired"],
    ["desierd", "desired"],
    ["CPUTARGET", "cpuTarget"],
    ["cputraget", "cpuTarget"],
    ["mni", "min"],
    ["mix", "min"],
    ["something", undefined],
    ["", undefined],
  ])("%j → %j", (word, found) => {
    expect(nearest(word, keys)).toBe(found);
  });
});
