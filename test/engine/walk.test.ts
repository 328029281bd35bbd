import { expect, test } from "vitest";
import { longestPath, walk } from "../../src/engine/walk.ts";

const order = (edges: Readonly<Record<string, readonly string[]>>) => (key: string) => edges[key] ?? [];

test("each key once, after all that is before it, with what those answered", async () => {
  const visited: string[] = [];
  const edges = { c: ["a", "b"], b: ["a"], d: [] };
  const results = await walk(["d", "c", "b", "a"], order(edges), async (key, before) => {
    visited.push(key);
    return `${key}(${before.join()})`;
  });
  expect(visited.filter((key) => key !== "d")).toEqual(["a", "b", "c"]);
  expect(visited.sort()).toEqual(["a", "b", "c", "d"]);
  expect(results.get("c")).toBe("c(a(),b(a()))");
});

test("what does not depend on a slow one does not wait for it", async () => {
  const ended: string[] = [];
  let finish = () => {};
  const slow = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await walk(["slow", "after", "free", "afterFree"], order({ after: ["slow"], afterFree: ["free"] }), async (key) => {
    if (key === "slow") await slow;
    ended.push(key);
    if (key === "afterFree") finish();
  });
  expect(ended).toEqual(["free", "afterFree", "slow", "after"]);
});

test("edges to keys that are not walked, and those that close a circle, hold nobody up", async () => {
  const edges = { a: ["b", "elsewhere"], b: ["a"] };
  expect([...(await walk(["a", "b"], order(edges), async (key) => key)).keys()].sort()).toEqual(["a", "b"]);
  expect(longestPath(["a", "b"], order(edges), () => 2)).toBe(4);
});

test("the longest path is the slowest chain, not the sum", () => {
  const seconds: Readonly<Record<string, number>> = { vpc: 2, database: 400, replica: 500, group: 60 };
  const edges = { database: ["vpc"], replica: ["database"], group: ["database"] };
  expect(longestPath(Object.keys(seconds), order(edges), (key) => seconds[key] as number)).toBe(902);
  expect(longestPath([], order({}), () => 1)).toBe(0);
});

test("a visit that throws ends the walk with its error", async () => {
  const walked = walk(["a", "b"], order({ b: ["a"] }), async (key) => {
    throw new Error(key);
  });
  await expect(walked).rejects.toThrow("a");
});
