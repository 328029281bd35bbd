/** For any two configs: the plan from one to the other is what `up` does, and leads to what the other makes from nothing. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { isOwnTag } from "../../src/aws/owned.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import type { Snapshot } from "../../src/engine/snapshot.ts";
import { createOnly } from "../../src/lib/compare.ts";
import { openings, watchedSite } from "./site-watch.ts";
import { INPUTS } from "./stage.ts";
import { changedFrom, done, promised, tooFar } from "./told-before.ts";

/**
 * What is the same in both: other versions and images are in `database-changes.test.ts` and `release.test.ts`, a zone that comes or goes in
 * `no-gap.test.ts`.
 */
const LEFT_OUT = ["zones", "network", "database.engineVersion", "image"] as const;

/** How many pairs; each takes some seconds. */
const RUNS = Number(process.env.BUDDYVERSE_CHANGES ?? 20);
const SEED = Number(process.env.BUDDYVERSE_CHANGES_SEED ?? 15);

const web = fc
  .record({
    min: fc.integer({ min: 1, max: 3 }),
    more: fc.integer({ min: 1, max: 3 }),
    cpuTarget: fc.constantFrom(40, 60),
    instanceType: fc.constantFrom("t3.micro", "t3.small"),
    volumeGiB: fc.constantFrom(8, 20),
    stickinessSeconds: fc.constantFrom(0, 600),
    healthCheckPath: fc.constantFrom("/", "/health.json"),
  })
  .map(({ more, ...rest }) => ({ ...rest, desired: rest.min, max: rest.min + more }));

const config = fc.record({
  web,
  bastion: fc.record({
    instanceType: fc.constantFrom("t3.micro", "t3.small"),
    allowedCidrs: fc.constantFrom(["203.0.113.10/32"], ["203.0.113.10/32", "198.51.100.0/24"], ["198.51.100.0/24"]),
  }),
  nat: fc.record({
    mode: fc.constantFrom("instance" as const, "gateway" as const),
    instanceType: fc.constantFrom("t3.micro", "t3.small"),
  }),
  efs: fc.record({ transitionToIaDays: fc.constantFrom(null, 7, 30), backup: fc.boolean() }),
  database: fc.record({
    instanceClass: fc.constantFrom("db.t3.micro", "db.t3.small"),
    backupRetentionDays: fc.constantFrom(1, 7),
    replica: fc.boolean(),
    deletionProtection: fc.boolean(),
  }),
  tags: fc.dictionary(fc.constantFrom("team", "cost"), fc.constantFrom("one", "other")),
  domain: fc.option(fc.record({ name: fc.constant("buddyverse.link"), www: fc.boolean() }), { freq: 4 }),
  monitoring: fc.record({ email: fc.constantFrom(null, "ops@example.com", "on-call@example.com") }),
});
type Given = typeof config extends fc.Arbitrary<infer T> ? T : never;
type Config = Given & { readonly database: { readonly storageGiB: number } };

/** Storage only grows. */
const pair = fc
  .record({ a: config, b: config, storageGiB: fc.constantFrom(20, 40), growth: fc.constantFrom(0, 30) })
  .map(({ a, b, storageGiB, growth }): { a: Config; b: Config } => ({
    a: { ...a, database: { ...a.database, storageGiB } },
    b: { ...b, database: { ...b.database, storageGiB: storageGiB + growth } },
  }));

/** The redirect goes and its listener stays, whose target group changes: the redirect's removal is what leads it there again. */
function withoutDomain(): { a: Config; b: Config } {
  const [{ a }] = fc.sample(pair, { seed: 15, numRuns: 1 }) as [{ a: Config; b: Config }];
  const domain = { name: "buddyverse.link" as const, www: false };
  return {
    a: { ...a, domain, web: { ...a.web, stickinessSeconds: 600 } },
    b: { ...a, domain: null, web: { ...a.web, stickinessSeconds: 0 } },
  };
}

/** What AWS makes up, and what only another life of the object has. */
const withoutIds = (text: string): string =>
  text
    // Without a domain the application's settings hold the load balancer's name.
    .replace(/(?<=APP_ENV=)[\w+/=]+/, (encoded) => Buffer.from(encoded, "base64").toString())
    .replace(/\b([a-z]{1,8})-[0-9a-f]{8,17}\b/g, "$1-ID")
    .replace(/\/[0-9a-f]{16}\b/g, "/ID")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .replace(/-\d{6,}\./g, "-N.")
    .replace(/\.c[0-9a-f]{11}\./g, ".HASH.")
    .replace(/\bZ[0-9A-Z]{12,}\b/g, "ZONE");

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

/** The ranges of a config, as a command hands them to the steps. */
const inputsOf = ({ bastion }: { readonly bastion: { readonly allowedCidrs: readonly string[] } }) => ({
  ...INPUTS,
  allowedCidrs: bastion.allowedCidrs,
});

test("all else of the config changes", () => {
  const changing = fc.sample(pair, { seed: 15, numRuns: 1 }).flatMap(({ a }) => Object.keys(a));
  expect(changing.filter((key) => LEFT_OUT.some((out) => out === key))).toEqual([]);
});

test("from any config to any other", async () => {
  await fc.assert(
    fc.asyncProperty(pair, async ({ a, b }) => {
      const on = await changedFrom(a, b, { inputsBefore: inputsOf(a), inputs: inputsOf(b) });
      const before = openings(on);
      const plan = planUp(await on.refresh());
      const began = on.clock.now();
      const { result, silent, opened } = await watchedSite(on, on.up());
      expect(done(result.settled)).toEqual(promised(plan, on.graph));
      expect(tooFar(plan.seconds, (on.clock.now() - began) / 1000)).toBe(0);

      const after = await on.refresh();
      expect(planUp(after).items.filter(({ action }) => action !== "none")).toEqual([]);
      expect(isEmpty(planUp(after))).toBe(true);

      const both = new Set([...before, ...openings(on)]);
      expect([...opened].filter((one) => !both.has(one))).toEqual([]);
      if (plan.items.every(({ interruption }) => interruption.kind === "none")) expect([...silent]).toEqual([]);

      const fresh = await changedFrom(b, b, { inputsBefore: inputsOf(b), inputs: inputsOf(b) });
      expect(specsOf(after)).toEqual(specsOf(await fresh.refresh()));
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true, examples: [[withoutDomain()]] },
  );
}, 900_000);
