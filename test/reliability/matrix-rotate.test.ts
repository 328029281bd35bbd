/** `rotate password` killed at each call: the site keeps a password that works, and the same command ends it. */
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { isEmpty } from "../../src/engine/plan.ts";
import { checks, NEXT, PASSWORD, rotate, secretIn, visitors } from "../lifecycle/rotation.ts";
import { START } from "../lifecycle/stage.ts";
import { accountIn } from "../sandbox/grown.ts";
import { FULL, fresh, type Process, type Surviving, start, tryAll } from "./matrix.ts";

const config = parseConfig({ domain: null }, "test.config.json");
/** A sample of the points in each run. */
const EVERY = 4;
const AFTER_MS = 200;

let old: string;

/** Every point of a rotation that differs in what survives. */
async function rehearsed(): Promise<{ readonly points: readonly Surviving[]; readonly calls: number }> {
  const distinct = new Map<string, Surviving>();
  let recording = false;
  const on = await start(
    config,
    { world: fresh(config), time: START, state: undefined },
    {
      points(where, { world, time, state, made }) {
        if (!recording) return;
        const text = JSON.stringify(world);
        const key = `${text.replace(/"time":\d+/, "")}${state?.replace(/"serial": \d+/, "")}`;
        if (!distinct.has(key)) distinct.set(key, { where, world: text, time, state, made });
      },
    },
  );
  await on.up();
  await on.clock.sleep(300_000);
  on.sandbox.settle();
  old = (await secretIn(on, PASSWORD)) as string;
  const before = on.sent.length;
  recording = true;
  await rotate(on);
  return { points: [...distinct.values()], calls: on.sent.length - before };
}

/** What is not as it must be when a rotation has ended. */
async function ended(on: Process): Promise<string[]> {
  const account = accountIn(on.sandbox, on.clock);
  await on.clock.sleep(5_000);
  on.sandbox.settle();
  const wrong = (await checks(on)).filter((said) => said !== "in-use");
  if ((await secretIn(on, NEXT)) !== undefined) wrong.push("the second parameter is there");
  const now = await secretIn(on, PASSWORD);
  if (now === old) wrong.push("the old password is in the parameter");
  for (const id of ["database1", "database1-replica"]) {
    if (account.mysql(id).login(old)) wrong.push(`${id} takes the old password`);
    if (!account.mysql(id).login(now)) wrong.push(`${id} does not take the new password`);
  }
  return wrong;
}

test("killed at many points: the site has a password all the time, up between is harmless, the command ends it", {
  timeout: 1_200_000,
}, async () => {
  const { points, calls } = await rehearsed();
  expect(calls).toBeGreaterThan(20);
  expect(points.length).toBeGreaterThan(12);
  const tried = FULL ? points : points.filter((_point, index) => index % EVERY === 1);
  /** @param between `up` and its readers come before the same command. */
  const attempt = async (from: Surviving, between: boolean): Promise<string[]> => {
    const on = await start(config, { ...from, time: from.time + AFTER_MS });
    const calledOff = await visitors(on);
    const wrong: string[] = [];
    if (between) {
      await on.clock.sleep(90_000);
      on.writes();
      if (!isEmpty(await on.plan())) wrong.push("plan has something to do");
      await on.up();
      wrong.push(...on.writes().map((call) => `up sends ${call}`));
      wrong.push(...(await checks(on)).filter((said) => said !== "in-use"));
    }
    await rotate(on);
    await on.clock.sleep(65_000);
    wrong.push(...(await calledOff()), ...(await ended(on)));
    if (!isEmpty(await on.plan())) wrong.push("plan has something to do in the end");
    return wrong.map((one) => (between ? `after up: ${one}` : one));
  };
  const failures = [
    ...(await tryAll(tried, (from) => attempt(from, false))),
    ...(await tryAll(tried, (from) => attempt(from, true))),
  ];
  console.log(
    `rotate: ${calls} calls, ${points.length} points that differ, ${tried.length} tried, ${failures.length} failures`,
  );
  expect(failures).toEqual([]);
});
