/** A change that failed, or hangs, is left by putting the config back. */
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { INPUTS, type Stage, stage, stageOn } from "./stage.ts";

const BARE = { domain: null };
const ALLOWED = { replace: true, allowOutage: true };
const next = (on: Stage, config: object): Promise<Stage> =>
  stageOn(
    parseConfig(config, "test.config.json"),
    on.clock,
    on.sandbox,
    on.text,
    undefined,
    undefined,
    INPUTS,
    ALLOWED,
  );
const failed = ({ settled }: Awaited<ReturnType<Stage["up"]>>) =>
  settled.filter(({ outcome }) => outcome === "failed" || outcome === "blocked").map(({ key }) => key);

/** The config put back: in sync afterwards, with an empty plan. Answers how long that took, seconds. */
async function putBack(on: Stage, config: object): Promise<number> {
  const back = await next(on, config);
  const before = back.clock.now();
  const { settled } = await back.up();
  expect(settled.filter(({ outcome }) => /failed|skipped|blocked/.test(outcome))).toEqual([]);
  const seconds = (back.clock.now() - before) / 1000;
  expect((await back.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
  expect(isEmpty(planUp(await back.refresh()))).toBe(true);
  return seconds;
}

test("NAT instances of a type that AWS refuses", async () => {
  const on = await stage(BARE);
  await on.up();
  const broken = await next(on, { ...BARE, nat: { instanceType: "t3.mega" } });
  expect(failed(await broken.up())).toEqual(expect.arrayContaining(["nat-instance-1"]));
  expect(await putBack(on, BARE)).toBeLessThan(5 * 60);
});

test("a database whose change was interrupted", async () => {
  const on = await stage(BARE);
  await on.up();
  const larger = await next(on, { ...BARE, database: { instanceClass: "db.t3.small" } });
  const running = larger.up();
  await on.clock.sleep(20_000);
  larger.interrupt();
  await running;
  expect(await putBack(on, BARE)).toBeLessThan(20 * 60);
});

test("a certificate that waits for the registrar", async () => {
  const on = await stage({});
  await on.up();
  const other = await next(on, { domain: { name: "example.org", zone: "create" } });
  expect(failed(await other.up())).toEqual(["certificate-issued-example.org+www.example.org"]);
  await putBack(on, {});
});
