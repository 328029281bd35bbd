import { beforeAll, expect, test } from "vitest";
import { CheckFailed } from "../../src/verify/check.ts";
import { type Fact, factsReader } from "../../src/verify/facts.ts";
import { network } from "../../steps/checks/facts.ts";
import { isUp } from "../../steps/verify.ts";
import { type Stage, stage } from "../lifecycle/stage.ts";
import { sourceOf, standing } from "./rehearse.ts";

let on: Stage;
beforeAll(async () => {
  on = await (await standing()).copy();
});

test("a fact is read once, and so is an object, however many ask at the same time or later", async () => {
  let readings = 0;
  const counted: Fact<number> = async ({ requireLive }) => {
    await Promise.all([requireLive("database"), requireLive("database")]);
    return ++readings;
  };
  const twice: Fact<number> = async ({ read }) => (await read(counted)) * 2;
  const read = factsReader(sourceOf(on));
  const before = on.calls.length;
  expect(await Promise.all([read(counted), read(counted), read(twice)])).toEqual([1, 1, 2]);
  const calls = on.calls.length - before;
  expect(await read(counted)).toBe(1);
  expect(on.calls.length - before).toBe(calls);
  expect(on.calls.slice(before).filter(({ operation }) => operation === "DescribeDBInstances")).toHaveLength(1);
  // Another reader has read nothing yet.
  expect(await factsReader(sourceOf(on))(counted)).toBe(2);
});

test("a failure is shared as an answer is", async () => {
  let readings = 0;
  const failing: Fact<never> = async () => {
    readings++;
    throw new Error("denied");
  };
  const read = factsReader(sourceOf(on));
  await expect(Promise.all([read(failing), read(failing)])).rejects.toThrow("denied");
  await expect(read(failing)).rejects.toThrow("denied");
  expect(readings).toBe(1);
});

test("an object that does not exist fails the checks that need it, by its name", async () => {
  const empty = await stage();
  expect(await isUp(empty.stack)).toBe(false);
  expect(await isUp(on.stack)).toBe(true);
  const reading = factsReader(sourceOf(empty))(network);
  await expect(reading).rejects.toThrow(CheckFailed);
  await expect(reading).rejects.toThrow("Buddy-Project is not there");
});
