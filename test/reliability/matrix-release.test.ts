/** A release, and a rollback, killed at each call: the next `up`, or the same command, ends it or heals, and never half. */
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { isEmpty } from "../../src/engine/plan.ts";
import { historyOf } from "../../src/releases/history.ts";
import { rollBack, rollbackOf } from "../../src/releases/roll-back.ts";
import { START, type Stage } from "../lifecycle/stage.ts";
import { FULL, fresh, type Surviving, start, tryAll } from "./matrix.ts";

const config = (volumeGiB: number): Config => parseConfig({ domain: null, web: { volumeGiB } }, "test.config.json");
const [OLD, NEW] = [config(8), config(10)];
/** A sample of the points in each run. */
const EVERY = 16;
/** Whoever starts the command again does so when reads have caught up: what is the default version shows late. */
const AFTER_MS = 10_000;

async function rollback(on: Stage, number?: number): Promise<unknown> {
  const history = await historyOf(on.stack);
  return history && rollBack(on.stack, history, rollbackOf(history, number));
}
async function group({ aws }: Stage) {
  const { AutoScalingGroups = [] } = await aws.autoScaling.describeAutoScalingGroups({});
  const [found] = AutoScalingGroups;
  const running = new Set(found?.Instances?.map(({ LaunchTemplate }) => LaunchTemplate?.Version));
  return { own: found?.LaunchTemplate?.Version, running: [...running].sort().join(",") };
}

/** Every point of `act` that differs in what survives, and what is there in its end. */
async function rehearsed(given: Config, from: Surviving, act: (on: Stage) => Promise<unknown>) {
  const distinct = new Map<string, Surviving>();
  const on = await start(given, from, {
    points(where, { world, time, state, made }) {
      const text = JSON.stringify(world);
      const key = `${text.replace(/"time":\d+/, "")}${state?.replace(/"serial": \d+/, "")}`;
      if (!distinct.has(key)) distinct.set(key, { where, world: text, time, state, made });
    },
  });
  await act(on);
  await on.clock.sleep(600_000);
  on.sandbox.settle();
  const end = {
    where: "end",
    world: JSON.stringify(on.sandbox.world),
    time: on.clock.now(),
    state: on.text.text,
    made: 0,
  };
  return { points: [...distinct.values()], end };
}
const sampled = (points: readonly Surviving[]) =>
  FULL ? points : points.filter((_point, index) => index % EVERY === 3);

test("killed at many points of a release and of a rollback", { timeout: 1_200_000 }, async () => {
  const begin = { where: "", world: fresh(OLD), time: START, state: undefined, made: 0 };
  const { end: standing } = await rehearsed(OLD, begin, (on) => on.up());
  const release = await rehearsed(NEW, standing, (on) => on.up());
  const back = await rehearsed(NEW, release.end, (on) => rollback(on));
  expect(release.points.length).toBeGreaterThan(10);
  expect(back.points.length).toBeGreaterThan(10);

  /** Continues after a kill. Answers what is not as it must be then. */
  async function after(from: Surviving, act: (on: Stage) => Promise<unknown>, allowed: readonly string[]) {
    const on = await start(NEW, { ...from, time: from.time + AFTER_MS }, { direct: true });
    await act(on);
    await on.clock.sleep(600_000);
    const { own, running } = await group(on);
    const wrong: string[] = [];
    if (running !== own) wrong.push(`the group has ${own}, and its instances ${running}`);
    if (!allowed.includes(own ?? "")) wrong.push(`the group has ${own}`);
    const plan = await on.plan();
    if (!isEmpty(plan))
      wrong.push(`to do: ${plan.items.filter(({ action }) => action !== "none").map(({ key }) => key)}`);
    return wrong;
  }
  const failures = [
    ...(await tryAll(sampled(release.points), (from) => after(from, (on) => on.up(), ["2"]))),
    // Put back, before it was whole or after: one of them, and all of it.
    ...(await tryAll(sampled(back.points), (from) => after(from, (on) => on.up(), ["2", "3"]))),
    // The same command again, unless the first had done it.
    ...(await tryAll(sampled(back.points), (from) =>
      after(from, async (on) => (await group(on)).own === "3" || rollback(on), ["3"]),
    )),
  ];
  console.log(`release: ${release.points.length} points, rollback: ${back.points.length}; ${failures.length} failures`);
  expect(failures).toEqual([]);
});
