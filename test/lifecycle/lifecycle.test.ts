import { expect, test } from "vitest";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { stage } from "./stage.ts";

test("up; plan is empty; up writes nothing; down leaves nothing", async () => {
  const on = await stage();
  const before = Object.keys(on.sandbox.world.tables["ec2.vpcs"] ?? {});
  const { settled } = await on.up();
  expect(settled.filter(({ outcome }) => outcome !== "created")).toEqual([]);
  on.writes();
  expect(isEmpty(planUp(await on.survey()))).toBe(true);
  await on.up();
  expect(on.writes()).toEqual([]);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
  await on.down();
  expect(await on.left()).toEqual([]);
  expect(Object.keys(on.store.resources)).toEqual([]);
  await on.clock.sleep(10_000);
  await on.survey();
  expect(Object.keys(on.sandbox.world.tables["ec2.vpcs"] ?? {})).toEqual(before);
});
