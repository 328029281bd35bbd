/** NAT instances and bastions replaced, killed at each call: the same command ends it, and so does the config put back. */
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { isEmpty } from "../../src/engine/plan.ts";
import { START } from "../lifecycle/stage.ts";
import { watched } from "../lifecycle/watched.ts";
import { census } from "../sandbox/contents.ts";
import {
  amiss,
  compare,
  FULL,
  fresh,
  type Process,
  restartAfter,
  type Surviving,
  start,
  tryAll,
  withoutState,
} from "./matrix.ts";

const config = (instanceType: string) =>
  parseConfig({ domain: null, nat: { instanceType }, bastion: { instanceType } }, "test.config.json");
/** A sample of the points in each run. */
const EVERY = 25;

/** A person has put the config back: by then reads show what was written last (the sandbox's lag is 2.5 s). */
const PUT_BACK_MS = 5_000;

async function replacing(type: string, from: Parameters<typeof start>[1], more: Parameters<typeof start>[2] = {}) {
  const on = await start(config(type), from, more);
  Object.assign(on.run, { replace: true });
  return on;
}

/** What is not as after a run that nothing has interrupted. */
async function ended(on: Process, normal: Record<string, number>): Promise<string[]> {
  const { result, cut } = await watched(on, on.up());
  const wrong = [...amiss(result.settled), ...Object.keys(cut)];
  on.sandbox.settle();
  wrong.push(...compare("after up", census(on.sandbox.world), normal));
  const plan = await on.plan();
  if (!isEmpty(plan))
    wrong.push(
      ...plan.items.flatMap(({ key, action, differences }) =>
        action === "none" ? [] : [`in the end: ${action} ${key} ${JSON.stringify(differences)}`],
      ),
    );
  wrong.push(...Object.keys(on.store.resources).filter((key) => key.includes("#")));
  return wrong;
}

test("killed at many points: each zone has a way out all the time, and the next run ends it", {
  timeout: 1_200_000,
}, async () => {
  const first = await start(config("t3.micro"), { world: fresh(config("t3.micro")), time: START, state: undefined });
  await first.up();
  await first.clock.sleep(300_000);
  first.sandbox.settle();
  const normal = census(first.sandbox.world);
  const distinct = new Map<string, Surviving>();
  const on = await replacing(
    "t3.small",
    { world: JSON.stringify(first.sandbox.world), time: first.clock.now(), state: first.text.text },
    {
      points(where, { world, time, state, made }) {
        const text = JSON.stringify(world);
        const key = `${text.replace(/"time":\d+/, "")}${state?.replace(/"serial": \d+/, "")}`;
        if (!distinct.has(key)) distinct.set(key, { where, world: text, time, state, made });
      },
    },
  );
  expect(await ended(on, normal)).toEqual([]);
  const points = [...distinct.values()];
  expect(points.length).toBeGreaterThan(60);
  const every = (all: readonly Surviving[], offset: number) =>
    FULL ? all : all.filter((_point, index) => index % EVERY === offset);
  const again = (type: string, after?: number) => async (from: Surviving) =>
    ended(
      await replacing(type, { ...from, time: from.time + (after ?? restartAfter(from)) }, { direct: true }),
      normal,
    );
  const failures = [
    ...(await tryAll(every(points, 0), again("t3.small"))),
    ...(await tryAll(every(points, 4), again("t3.micro", PUT_BACK_MS))),
    ...(await tryAll(every(withoutState(points), 2), again("t3.small"))),
  ];
  console.log(`replacement: ${points.length} points that differ, ${failures.length} failures`);
  expect(failures).toEqual([]);
});
