import { expect, test } from "vitest";
import { formatPath } from "../../src/config/problems.ts";

test("paths are written as in JavaScript", () => {
  expect(formatPath([])).toBe("");
  expect(formatPath(["network", "web", 1])).toBe("network.web[1]");
  expect(formatPath(["tags", "cost center"])).toBe('tags["cost center"]');
  expect(formatPath(["9a", "$b"])).toBe('["9a"].$b');
});
