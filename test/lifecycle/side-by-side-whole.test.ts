/** Two whole stacks in one account and region. By two processes over HTTP, as far as the mock can: test/moto/side-by-side.test.ts. */
import { expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { stopped } from "../../src/engine/node-result.ts";
import { isEmpty } from "../../src/engine/plan.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { confirmSubscription } from "../../src/sandbox/outside.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { census, contents, rowsIn } from "../sandbox/contents.ts";
import { verifyOn } from "../verify/rehearse.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

const EMAIL = "ops@example.com";
/** The longest name that a config takes, and tags as people write them. */
const LONGEST = "staging-of-the-shops";
const OTHER = {
  stack: LONGEST,
  domain: null,
  tags: { 팀: "버디버스 개발팀", 용도: "스테이징" },
  monitoring: { email: EMAIL },
};

const bad = (results: readonly Parameters<typeof stopped>[0][]) =>
  results.filter(stopped).map(({ outcome, name, reason }) => `${outcome} ${name}: ${reason}`);

/** In a copy of the account, as looking leaves traces: visits, commands. */
async function well({ config, clock: { now }, sandbox: { world }, text }: Stage): Promise<void> {
  const clock = jumpingClock(now());
  const copy = openSandbox({ world: JSON.parse(JSON.stringify(world)), clock });
  const on = await stageOn(config, clock, copy, memoryText(text.text));
  expect(isEmpty(await on.plan())).toBe(true);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync").map(({ key }) => key)).toEqual([]);
  const findings = await verifyOn(on);
  expect(findings.length).toBeGreaterThan(20);
  expect(findings.filter(({ result }) => result !== "passed")).toEqual([]);
}

/** All that there is, once AWS no longer shows what is gone; how often a target was well is not its state. */
async function account({ clock, sandbox }: Stage) {
  confirmSubscription(simAt(sandbox.world, clock.now()), EMAIL);
  await clock.sleep(2 * 3_600_000);
  sandbox.settle();
  const rows = rowsIn(sandbox.world).map((row) => row.replace(/"good":\d+/, ""));
  return { census: census(sandbox.world), contents: contents(sandbox.world), rows };
}

test("both up, in sync and proven; each ends without touching the other", async () => {
  const one = await stage({ monitoring: { email: EMAIL } });
  const empty = contents(one.sandbox.world);
  expect(bad((await one.up()).settled)).toEqual([]);
  const alone = await account(one);
  const other = await stageOn(parseConfig(OTHER, "stage.config.json"), one.clock, one.sandbox, memoryText());
  expect(bad((await other.up()).settled)).toEqual([]);
  await account(one);
  await well(one);
  await well(other);

  expect(bad(await other.down())).toEqual([]);
  expect(await other.left()).toEqual([]);
  const { rows, ...left } = await account(one);
  expect(left).toEqual({ census: alone.census, contents: alone.contents });
  expect(alone.rows.filter((row) => !rows.includes(row))).toEqual([]);
  await well(one);
  expect(bad(await one.down())).toEqual([]);
  expect(await one.left()).toEqual([]);
  expect((await account(one)).contents).toEqual(empty);
});

test("both at the same moment, up and down: each makes and removes its own", async () => {
  const one = await stage();
  const empty = contents(one.sandbox.world);
  const other = await stageOn(parseConfig(OTHER, "stage.config.json"), one.clock, one.sandbox, memoryText());
  const both = [one, other];
  for (const { settled } of await Promise.all(both.map((on) => on.up()))) expect(bad(settled)).toEqual([]);
  for (const on of both) expect(isEmpty(await on.plan())).toBe(true);
  for (const results of await Promise.all(both.map((on) => on.down()))) expect(bad(results)).toEqual([]);
  for (const on of both) expect(await on.left()).toEqual([]);
  expect((await account(one)).contents).toEqual(empty);
});
