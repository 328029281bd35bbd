import { expect, test } from "vitest";
import { nearest } from "../../src/lib/nearest.ts";

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
