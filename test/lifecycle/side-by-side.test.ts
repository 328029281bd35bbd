/** Two stacks in one account and region. Whole ones: side-by-side-whole.test.ts; over HTTP: test/moto/side-by-side.test.ts. */
import { expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { isEmpty } from "../../src/engine/plan.ts";
import { type Steps, stepsFor } from "../../steps/index.ts";
import { rowsIn } from "../sandbox/contents.ts";
import { stage, stageOn } from "./stage.ts";

/** What of a stack is made in seconds: the network, its instances and who may talk to whom. */
const someSteps: Steps = (config, inputs) => stepsFor(config, inputs).slice(0, 5);
const failed = ({ settled }: { readonly settled: readonly { readonly outcome: string; readonly name: string }[] }) =>
  settled.filter(({ outcome }) => outcome === "failed").map(({ name }) => name);

test("with equal address ranges: both in sync, and the end of one leaves the other as it was, to the last property", async () => {
  const one = await stage({}, 7, someSteps as typeof stepsFor);
  expect(failed(await one.up())).toEqual([]);
  const config = parseConfig({ stack: "staging" }, "stage.config.json");
  const other = await stageOn(config, one.clock, one.sandbox, memoryText(), someSteps as typeof stepsFor);
  const before = rowsIn(one.sandbox.world);
  expect(failed(await other.up())).toEqual([]);
  for (const on of [one, other]) {
    expect(isEmpty(await on.plan())).toBe(true);
    expect((await on.status()).filter(({ standing }) => standing !== "in-sync").map(({ key }) => key)).toEqual([]);
  }
  await other.down();
  expect(await other.left()).toEqual([]);
  const after = new Set(rowsIn(one.sandbox.world));
  expect(before.filter((row) => !after.has(row))).toEqual([]);
  expect(isEmpty(await one.plan())).toBe(true);
});
