/** Another value in `app.env`: a release without a bake. */
import { expect, test } from "vitest";
import { releaseIn } from "../../src/cli/release-words.ts";
import { parseConfig } from "../../src/config/load.ts";
import { isEmpty } from "../../src/engine/plan.ts";
import { accountIn } from "../sandbox/grown.ts";
import { visitors } from "./rotation.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

type Env = Readonly<Record<string, string>>;

const config = (env: Env, more: object = {}) => ({
  domain: null,
  image: { app: { git: "https://example.com/site.git", revision: "v1" } },
  app: { env, ...more },
});

/** The instances behind the load balancer, asked every five seconds until called off: how many there were, and how many healthy. */
function watched(on: Stage): () => Promise<readonly { readonly all: number; readonly healthy: number }[]> {
  const account = accountIn(on.sandbox, on.clock);
  const seen: { all: number; healthy: number }[] = [];
  const abort = new AbortController();
  const work = (async () => {
    while (!abort.signal.aborted) {
      const members = (await account.members()).filter(({ state }) => !state.startsWith("Terminating"));
      const states = await Promise.all(members.map(({ id }) => account.health(id)));
      seen.push({ all: members.length, healthy: states.filter((health) => health?.State === "healthy").length });
      await on.clock.sleep(5_000, abort.signal).catch(() => {});
    }
  })();
  return async () => {
    abort.abort();
    await work;
    return seen;
  };
}

test("the instances are replaced one at a time, and nothing else is done; the order of the variables is no change", async () => {
  const first = await stage(config({ LANGUAGE: "de", DEBUG: "0" }));
  expect((await first.up()).settled.filter(({ error }) => error)).toEqual([]);
  await first.clock.sleep(300_000);
  first.sandbox.settle();
  let tokens = 0;
  const next = (env: Env, more?: object) =>
    stageOn(
      parseConfig(config(env, more), "test.config.json"),
      first.clock,
      first.sandbox,
      first.text,
      undefined,
      () => `token-${++tokens}`,
    );
  expect(isEmpty(await (await next({ DEBUG: "0", LANGUAGE: "de" })).plan())).toBe(true);

  const much = await next({ LANGUAGE: "ko", NEW: "1" }, { release: "python manage.py migrate --plan" });
  expect(releaseIn(await much.plan(), much.config)).toMatch(
    /^Release: app.env \(DEBUG, LANGUAGE and NEW\) and app.release change; 2 instances/,
  );

  const on = await next({ LANGUAGE: "ko", DEBUG: "0" });
  const plan = await on.plan();
  expect(plan.items.filter(({ action }) => action !== "none").map(({ key }) => key)).toEqual([
    "launch-template",
    "auto-scaling-group",
  ]);
  expect(releaseIn(plan, on.config)).toBe(
    "Release: app.env (LANGUAGE) changes; 2 instances are replaced one at a time, about 7 min; the site goes on.",
  );

  const before = (await accountIn(on.sandbox, on.clock).members()).map(({ id }) => id);
  const visited = await visitors(on, () => []);
  const calledOff = watched(on);
  on.writes();
  expect((await on.up()).settled.filter(({ error }) => error)).toEqual([]);
  const seen = await calledOff();
  expect(await visited()).toEqual([]);
  expect([...new Set(on.writes())].sort()).toEqual([
    "auto-scaling:StartInstanceRefresh",
    "ec2:CreateLaunchTemplateVersion",
    "ec2:ModifyLaunchTemplate",
  ]);
  // One more than there are to be, and never fewer healthy ones.
  expect(Math.max(...seen.map(({ all }) => all))).toBe(3);
  expect(Math.min(...seen.map(({ healthy }) => healthy))).toBe(2);
  const after = (await accountIn(on.sandbox, on.clock).members()).map(({ id }) => id);
  expect(after.filter((id) => before.includes(id))).toEqual([]);
  expect(isEmpty(await on.plan())).toBe(true);
});
