/** The secrets of an application in its instances: another value, and one that somebody has removed. */
import { expect, test } from "vitest";
import { isEmpty } from "../../src/engine/plan.ts";
import { setAppSecret } from "../../src/recovery/app-secrets.ts";
import { type AppSecretsSaid, scriptFor } from "../../src/verify/scripts.ts";
import { accountIn } from "../sandbox/grown.ts";
import { visitors } from "./rotation.ts";
import { type Stage, stage } from "./stage.ts";

const CONFIG = {
  domain: null,
  image: { app: { git: "https://example.com/site.git", revision: "v1" } },
  app: { secrets: ["JWT_KEY", "STRIPE_KEY"] },
};
const CURRENT = { current: ["JWT_KEY", "STRIPE_KEY"], stale: [], missing: [] };

const set = (on: Stage, name: string, value: string) => setAppSecret(on.run, on.config, name, value);

/** What each instance says of its application's secrets. */
async function said(on: Stage): Promise<AppSecretsSaid[]> {
  const account = accountIn(on.sandbox, on.clock);
  const all: AppSecretsSaid[] = [];
  for (const { id } of await account.members()) {
    const [, out] = await account.run(scriptFor("app-secrets", "a"), id, 15);
    all.push(JSON.parse(out));
  }
  return all;
}

test("another value is taken by the instances that run within two minutes, without a release or a failed request; a new instance needs all of them", async () => {
  const on = await stage(CONFIG);
  await set(on, "JWT_KEY", "one");
  await set(on, "STRIPE_KEY", "one");
  expect((await on.up()).settled.filter(({ error }) => error)).toEqual([]);
  await on.clock.sleep(300_000);
  on.sandbox.settle();
  expect(await said(on)).toEqual([CURRENT, CURRENT]);
  const account = accountIn(on.sandbox, on.clock);
  const before = await account.members();

  const calledOff = await visitors(on, () => []);
  on.writes();
  let began = on.clock.now();
  await set(on, "STRIPE_KEY", "two");
  expect(on.writes()).toEqual(["ssm:PutParameter", "ssm:AddTagsToResource"]);
  let now = await said(on);
  // Instances look once a minute: where one has just looked, the next value is seen too late.
  for (let tries = 0; tries < 4 && now.every(({ stale }) => stale.length === 0); tries += 1) {
    await on.clock.sleep(17_000);
    began = on.clock.now();
    await set(on, "STRIPE_KEY", `two, again ${tries}`);
    now = await said(on);
  }
  on.writes();
  expect(now).toContainEqual({ ...CURRENT, current: ["JWT_KEY"], stale: ["STRIPE_KEY"] });
  await on.clock.sleep(began + 110_000 - on.clock.now());
  expect(await said(on)).toEqual([CURRENT, CURRENT]);
  expect(isEmpty(await on.plan())).toBe(true);
  expect(await account.members()).toEqual(before);
  expect(await calledOff()).toEqual([]);

  // Who runs keeps what they have; who starts does not come up without it.
  await on.aws.ssm.deleteParameter({ Name: "/buddyverse/buddyverse/app/STRIPE_KEY" });
  const [gone] = before;
  await on.aws.ec2.terminateInstances({ InstanceIds: [gone?.id as string] });
  await on.clock.sleep(600_000);
  const state = async () => (await account.members()).map(({ id }) => account.health(id));
  expect((await Promise.all(await state())).filter((health) => health?.State === "healthy")).toHaveLength(1);
  await set(on, "STRIPE_KEY", "three");
  await on.clock.sleep(900_000);
  expect((await Promise.all(await state())).filter((health) => health?.State === "healthy")).toHaveLength(2);
  expect(await said(on)).toEqual([CURRENT, CURRENT]);
});
