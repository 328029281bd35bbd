/** For any two configs: the plan from one to the other is what `up` does, and leads to what the other makes from nothing. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isOwnTag } from "../../src/aws/owned.ts";
import { parseConfig } from "../../src/config/load.ts";
import { preflight } from "../../src/doctor/preflight.ts";
import { isEmpty, type Plan, planUp } from "../../src/engine/plan.ts";
import type { Snapshot } from "../../src/engine/snapshot.ts";
import { createOnly } from "../../src/lib/compare.ts";
import type { BuddyError } from "../../src/lib/errors.ts";
import { setAppSecret } from "../../src/recovery/app-secrets.ts";
import { confirmSubscription } from "../../src/sandbox/outside.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { asItStands } from "../../steps/zones.ts";
import { HELD, IN_ACCOUNT, inputsOf, type Pair, pair } from "./any-config.ts";
import { openings, watchedSite } from "./site-watch.ts";
import type { Stage } from "./stage.ts";
import { changedFrom, done, promised, registered, tooFar, upgradeTo } from "./told-before.ts";
import { watched } from "./watched.ts";

/** How many pairs; each takes some seconds. */
const RUNS = Number(process.env.BUDDYVERSE_CHANGES ?? 20);
const SEED = Number(process.env.BUDDYVERSE_CHANGES_SEED ?? 15);
const WINDOW_COMES_WITHIN_MS = 8 * 86_400_000;

/** The redirect goes and its listener stays, whose target group changes: the redirect's removal is what leads it there again. */
function withoutDomain(): Pair {
  const [{ a }] = fc.sample(pair, { seed: 15, numRuns: 1 }) as [Pair];
  const domain = { name: IN_ACCOUNT.domain, www: false, zone: "existing" as const, takeOver: false };
  return {
    a: { ...a, domain, web: { ...a.web, stickinessSeconds: 600 } },
    b: { ...a, domain: null, web: { ...a.web, stickinessSeconds: 0 } },
  };
}

/** An upgrade to another major version, which is done at once and waited for although other changes wait for the window. */
function withUpgrade(): Pair {
  const [{ a }] = fc.sample(pair, { seed: 15, numRuns: 1 }) as [Pair];
  const database = { ...a.database, engineVersion: "8.0" as const, apply: "now" as const, replica: true };
  const upgraded = { engineVersion: "8.4" as const, apply: "window" as const, replica: false };
  return {
    a: { ...a, database: { ...database, backupRetentionDays: 7 } },
    b: { ...a, database: { ...database, ...upgraded, backupRetentionDays: 1 } },
  };
}

/** What AWS makes up, and what only another life of the object has. */
const withoutIds = (text: string): string =>
  text
    // Without a domain the application's settings hold the load balancer's name.
    .replace(/(?<=APP_ENV=)[\w+/=]+/, (encoded) => Buffer.from(encoded, "base64").toString())
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replace(/\b([a-z]{1,8})-[0-9a-f]{8,17}\b/g, "$1-ID")
    .replace(/\/[0-9a-f]{16}\b/g, "/ID")
    .replace(/-\d{6,}\./g, "-N.")
    .replace(/\.c[0-9a-f]{11}\./g, ".HASH.")
    .replace(/\bZ[0-9A-Z]{12,}\b/g, "ZONE")
    // AWS may have gone on to a newer minor version: that stays.
    .replace(/\b(8\.\d)\.\d+/g, "$1")
    // A key pair that has taken the place of another one.
    .replace(/\bBuddy-Project-\d\b/g, "Buddy-Project");

/** AWS shows lists in the order in which they came about. */
const asSet = (value: unknown): unknown =>
  Array.isArray(value) ? value.map((one) => withoutIds(JSON.stringify(one))).sort() : value;

/** Its spec, as AWS has it, and the config's tags of each object, ids aside. */
function specsOf({ entries }: Snapshot): Record<string, string> {
  return Object.fromEntries(
    [...entries.values()].flatMap(({ node, look, wanted }) => {
      if (!look.live || !wanted || node.type.external) return [];
      const fields = Object.keys(wanted).filter(
        (field) => node.type.same?.[field] !== createOnly && field !== "launchTemplateVersion",
      );
      const live = look.live as unknown as Record<string, unknown>;
      const tags = Object.entries(look.live.tags ?? {}).filter(([key]) => !isOwnTag(key) && key !== "Name");
      const spec = fields.map((field) => [field, asSet(live[field])]);
      return [[node.key, withoutIds(JSON.stringify([spec, tags.sort()]))]];
    }),
  );
}

/** Each key of the config, by its path: groups are taken apart. */
const keysOf = (value: object, above = ""): string[] =>
  Object.entries(value).flatMap(([key, one]) =>
    above === "" && GROUPS.includes(key) && one !== null ? keysOf(one, `${key}.`) : [`${above}${key}`],
  );
const DEFAULTS = parseConfig({}, "test.config.json");
const GROUPS = Object.entries(DEFAULTS).flatMap(([key, value]) =>
  key !== "tags" && value !== null && typeof value === "object" && !Array.isArray(value) ? [key] : [],
);

test("each key of the config changes, or is left out for a reason", () => {
  const pairs = fc.sample(pair, { seed: 15, numRuns: 300 });
  const at = (config: object, path: string) =>
    path.split(".").reduce((value, key) => (value as Record<string, unknown> | null)?.[key], config as unknown);
  const changes = (path: string) => pairs.some(({ a, b }) => !isDeepStrictEqual(at(a, path), at(b, path)));
  expect(keysOf(DEFAULTS).filter((key) => !changes(key))).toEqual(Object.keys(HELD));
});

/** What is refused is said by the plan, with its reason and what to do, and changes nothing. */
async function isRefused(on: Stage, { items }: Plan): Promise<boolean> {
  // What a plan shows of what AWS would refuse half way ends a run before its first change.
  const found = await preflight(on.aws, (await on.refresh()).entries.values());
  const problems = found.filter(({ verdict }) => verdict === "problem");
  for (const { hint } of problems) expect(hint).toMatch(/\w/);
  const refused = items.filter((item) => item.refused !== undefined);
  if (refused.length === 0) return problems.length > 0;
  on.writes();
  const error = (await on.up().catch((one: unknown) => one)) as BuddyError;
  expect(error.code).toBe("refused");
  for (const { reason } of refused) expect(error.message).toContain(reason);
  expect(error.hint).toContain("Nothing was changed.");
  expect(on.writes()).toEqual([]);
  return true;
}

test("from any config to any other", async () => {
  await fc.assert(
    fc.asyncProperty(pair, async ({ a, b }) => {
      const upgrade = upgradeTo(b);
      const on = await changedFrom(a, b, { inputsBefore: inputsOf(a), inputs: inputsOf(b), upgrade });
      for (const name of b.app.secrets) await setAppSecret(on.run, on.config, name, name);
      const before = openings(on);
      const plan = planUp(await on.refresh());
      if (await isRefused(on, plan)) return;
      const began = on.clock.now();
      const {
        result: { result, silent, opened },
        cut,
      } = await watched(on, watchedSite(on, on.up()));
      const told = promised(plan, on.graph);
      // What has nothing to do does not wait.
      expect(done(result.settled).filter((one) => !one.endsWith(" waits") || told.includes(one))).toEqual(told);
      // How slowly instances start without CPU credits nobody knows before.
      if (b.cpuCredits !== "standard") expect(tooFar(plan.seconds, (on.clock.now() - began) / 1000)).toBe(0);

      const both = new Set([...before, ...openings(on)]);
      expect([...opened].filter((one) => !both.has(one))).toEqual([]);
      if (plan.items.every(({ interruption }) => interruption.kind === "none"))
        expect({ silent: [...silent], cut }).toEqual({ silent: [], cut: {} });

      if (await registered(on)) await on.up();
      if (b.monitoring.email !== null) confirmSubscription(simAt(on.sandbox.world, on.clock.now()), b.monitoring.email);
      if (b.database.apply === "window") {
        await on.clock.sleep(WINDOW_COMES_WITHIN_MS);
        // The alarms on storage follow what came in the window.
        await on.up();
      }
      const after = await on.refresh();
      expect(planUp(after).items.filter(({ action }) => action !== "none")).toEqual([]);
      expect(isEmpty(planUp(after))).toBe(true);

      const { zoneNumbers } = await asItStands(on.config, undefined, on.store.resources);
      const fresh = await changedFrom(b, b, { inputsBefore: inputsOf(b), inputs: inputsOf(b), zoneNumbers });
      expect(specsOf(after)).toEqual(specsOf(await fresh.refresh()));
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true, examples: [[withoutDomain()], [withUpgrade()]] },
  );
}, 900_000);
