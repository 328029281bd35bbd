/**
 * For any two configs: an `up` from one to the other that is killed half way is ended by the next, or taken back with the old config;
 * its plan names what it does.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { preflight } from "../../src/doctor/preflight.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { setAppSecret } from "../../src/recovery/app-secrets.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import type { StackState } from "../../src/state/state.ts";
import { type AnyConfig, inputsOf, pair } from "./any-config.ts";
import { type Stage, stageOn } from "./stage.ts";
import { changedFrom, done, promised, upgradeTo } from "./told-before.ts";

/** How many pairs; each takes some seconds. */
const RUNS = Number(process.env.BUDDYVERSE_CHANGES ?? 8);
const SEED = Number(process.env.BUDDYVERSE_CHANGES_SEED ?? 15);
/** By then reads show what the killed run has done, and a delete that it sent. */
const LATER_MS = 30_000;
const WINDOW_COMES_WITHIN_MS = 8 * 86_400_000;

type Given = AnyConfig;
/** What survives a kill. */
interface Left {
  readonly where: string;
  readonly world: string;
  readonly at: number;
  readonly state: string | undefined;
}

/** A new process on what is left. @param kill called before and after each call that changes something */
function from(given: Given, left: Left, kill?: (left: Left) => void): Promise<Stage> {
  const clock = jumpingClock(left.at);
  const sandbox = openSandbox({ world: JSON.parse(left.world), clock });
  const text = memoryText(left.state);
  const tell = (where: string) =>
    kill?.({ where, world: JSON.stringify(sandbox.world), at: clock.now(), state: text.text });
  const watched: typeof sandbox = {
    ...sandbox,
    async answer(service, operation, input) {
      if (isRead(operation, input)) return sandbox.answer(service, operation, input);
      tell(`before ${operation}`);
      const answer = await sandbox.answer(service, operation, input);
      tell(`after ${operation}`);
      return answer;
    },
  };
  return stageOn(
    parseConfig(given, "test.config.json"),
    clock,
    kill ? watched : sandbox,
    text,
    undefined,
    undefined,
    inputsOf(given),
    { replace: true, allowOutage: true, upgrade: upgradeTo(given) },
  );
}

async function withSecrets(on: Stage): Promise<Stage> {
  for (const name of on.config.app.secrets) await setAppSecret(on.run, on.config, name, name);
  return on;
}

/** What a new process has to say of what it finds, and what it does then, where that is not the same. */
async function goneOn(given: Given, left: Left): Promise<string[]> {
  const on = await withSecrets(await from(given, { ...left, at: left.at + LATER_MS }));
  const plan = planUp(await on.refresh());
  // Storage that has grown never shrinks: said, and nothing is done.
  if (isEmpty(plan) || plan.items.some(({ refused }) => refused !== undefined)) return [];
  const { settled } = await on.up();
  const failed = settled.filter(({ outcome }) => outcome === "failed").map(({ name, reason }) => `${name}: ${reason}`);
  const { resources } = JSON.parse(left.state ?? "{}") as StackState;
  // What was being made or removed may come, or be gone, by itself.
  const underWay = new Set(
    plan.items
      .filter(({ key, action }) => action === "wait" || resources[key]?.status === "deleting")
      .map(({ key }) => key),
  );
  const certain = (lines: readonly string[]) =>
    lines.filter((line) => !line.includes("#") && !underWay.has(line.split(" ")[0] as string));
  const [told, did] = [certain(promised(plan, on.graph)), certain(done(settled))];
  const leftOver = async () => planUp(await on.refresh()).items.filter(({ action }) => !/none|blocked/.test(action));
  if (given.database.apply === "window" || (await leftOver()).length > 0) {
    await on.clock.sleep(WINDOW_COMES_WITHIN_MS);
    await on.up();
  }
  return [
    ...failed,
    ...did.filter((one) => !told.includes(one) && !one.endsWith(" waits")).map((one) => `not told: ${one}`),
    ...told.filter((one) => !did.includes(one)).map((one) => `not done: ${one}`),
    ...(await leftOver()).map(({ key, action }) => `in the end: ${key} ${action}`),
  ];
}

const share = fc.integer({ min: 0, max: 999 }).map((thousandths) => thousandths / 1000);

test("killed anywhere on the way from any config to any other, the next plan is what its up does, on and back", async () => {
  let killed = 0;
  await fc.assert(
    fc.asyncProperty(pair, share, share, async ({ a, b }, forth, back) => {
      const on = await changedFrom(a, b, { inputsBefore: inputsOf(a), inputs: inputsOf(b), upgrade: upgradeTo(b) });
      const found = await (await withSecrets(on)).refresh();
      const problems = await preflight(on.aws, found.entries.values());
      if (problems.some(({ verdict }) => verdict === "problem")) return;
      if (planUp(found).items.some(({ refused }) => refused !== undefined)) return;
      const points: Left[] = [];
      const standing = { where: "", world: JSON.stringify(on.sandbox.world), at: on.clock.now(), state: on.text.text };
      await (await from(b, standing, (left) => points.push(left))).up();
      const at = (part: number) => points[Math.floor(part * points.length)];
      for (const [given, left] of [
        [b, at(forth)],
        [a, at(back)],
      ] as const) {
        if (!left) continue;
        killed += 1;
        expect(await goneOn(given, left), left.where).toEqual([]);
      }
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true },
  );
  expect(killed).toBeGreaterThan(RUNS);
}, 900_000);
