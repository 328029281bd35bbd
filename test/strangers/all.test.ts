/** What each of many changes by strangers is told as, and what `up` does about it. In `npm run test:all`. */
import { beforeAll, describe, expect, test } from "vitest";
import { type Standing, standing } from "./hand.ts";
import { CHANGES } from "./table.ts";
import { tried } from "./tried.ts";

let stack: Standing;
beforeAll(async () => {
  stack = await standing();
});

test("at least 150 different ones", () => {
  expect(new Set(CHANGES.map(({ type, name }) => `${type}: ${name}`)).size).toBe(CHANGES.length);
  expect(CHANGES.length).toBeGreaterThanOrEqual(150);
});

describe.each([...new Set(CHANGES.map(({ type }) => type))])("%s", (type) => {
  test.each(CHANGES.filter((change) => change.type === type))("$name", (change) => tried(stack, change));
});
