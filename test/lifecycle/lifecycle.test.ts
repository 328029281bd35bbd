import { describe, expect, test } from "vitest";
import { criticalPath, isEmpty, planUp } from "../../src/engine/plan.ts";
import { delegate } from "../../src/sandbox/outside.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { contents } from "../sandbox/contents.ts";
import { stage } from "./stage.ts";

const THREE_ZONES = {
  zones: ["ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c"],
  network: {
    public: ["172.31.10.0/24", "172.31.20.0/24", "172.31.30.0/24"],
    web: ["172.31.11.0/24", "172.31.21.0/24", "172.31.31.0/24"],
    db: ["172.31.12.0/24", "172.31.22.0/24", "172.31.32.0/24"],
  },
};

describe.each<[string, object, number?]>([
  ["defaults", {}],
  // Reads that lag otherwise.
  ["defaults, another seed", {}, 42],
  ["NAT gateways", { nat: { mode: "gateway" } }],
  ["no domain", { domain: null }],
  ["three zones", THREE_ZONES],
  ["another region", { region: "eu-central-1", zones: ["eu-central-1a", "eu-central-1b"] }],
  [
    "mail, no replica, tags",
    {
      monitoring: { email: "ops@example.com" },
      database: { replica: false },
      tags: { team: "play" },
    },
  ],
])("%s", (_name, config, seed) => {
  test("up; plan is empty; up writes nothing; down leaves nothing", async () => {
    const on = await stage(config, seed);
    const before = contents(on.sandbox.world);
    const first = await on.refresh();
    const began = on.clock.now();
    const { settled } = await on.up();
    expect(settled.filter(({ outcome }) => !["created", "unchanged", "deleted"].includes(outcome))).toEqual([]);
    // It takes as long as the longest chain of what AWS itself takes, and an eighth of it at most: how long what is new stays
    // unseen differs with the seed, and so with each call that comes before.
    expect((on.clock.now() - began) / 1000).toBeLessThanOrEqual(1.125 * criticalPath(first));
    on.writes();

    expect(planUp(await on.refresh()).items.filter(({ action }) => action !== "none")).toEqual([]);
    expect(isEmpty(await on.plan())).toBe(true);
    await on.up();
    expect(on.writes()).toEqual([]);
    expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);

    const gone = await on.down();
    expect(gone.filter(({ outcome }) => outcome === "failed" || outcome === "skipped")).toEqual([]);
    expect(await on.left()).toEqual([]);
    expect(on.store.resources).toEqual({});
    // Until AWS has forgotten what it still shows for a while, and mail that nobody confirmed.
    await on.clock.sleep(3 * 24 * 3_600_000);
    on.sandbox.settle();
    const after = contents(on.sandbox.world);
    expect(on.sandbox.world.timers).toEqual([]);
    expect(after).toEqual(before);
  });
});

test("reads of one kind are one call: looking at the stack, or a second up, asks nothing twice, and a third zone asks for nothing more", async () => {
  const looking = async (config: object) => {
    const on = await stage(config);
    await on.up();
    const looks = [on.status, on.up].map((look) => async () => {
      const before = on.calls.length;
      await look();
      return on.calls
        .slice(before)
        .map(({ service, operation, input }) => ({ call: `${service}:${operation}`, input }));
    });
    return [await looks[0]?.(), await looks[1]?.()].map((calls = []) => calls);
  };
  const [two, three] = [await looking({}), await looking(THREE_ZONES)];
  for (const calls of [...two, ...three]) {
    const asked = calls.map(({ call, input }) => `${call} ${JSON.stringify(input)}`);
    expect(asked.filter((one, index) => asked.indexOf(one) !== index)).toEqual([]);
  }
  const names = (calls: readonly { readonly call: string }[] = []) => calls.map(({ call }) => call).sort();
  expect(three.map(names)).toEqual(two.map(names));
});

test("with the state lost, everything is found again: nothing is made twice, and down leaves nothing", async () => {
  const on = await stage();
  await on.up();
  on.writes();
  for (const key of Object.keys(on.store.resources)) on.store.drop(key);
  await on.up();
  expect(on.writes()).toEqual([]);
  for (const key of Object.keys(on.store.resources)) on.store.drop(key);
  await on.down();
  expect(await on.left()).toEqual([]);
});

test("no secret reaches the state or the trace", async () => {
  const on = await stage();
  await on.up();
  const { Parameter } = await on.aws.ssm.getParameter({
    Name: "/buddyverse/buddyverse/database/password",
    WithDecryption: true,
  });
  const password = Parameter?.Value as string;
  expect(password?.length).toBeGreaterThanOrEqual(24);
  for (const written of [on.text.text, JSON.stringify(on.calls), JSON.stringify(on.events)])
    expect(written).not.toContain(password);
});

test("a zone of our own that nobody points to yet: the rest is finished over http, and https is taken up when it is delegated", async () => {
  const on = await stage({ domain: { name: "buddyverse.example", zone: "create" } });
  const first = await on.up();
  const waiting = first.settled.filter(({ outcome }) => outcome === "blocked");
  expect(waiting.map(({ reason }) => reason)).toEqual([expect.stringMatching(/name servers: ns-.*awsdns/)]);
  expect(first.settled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  expect(first.settled.find(({ key }) => key === "records-buddyverse.example")?.outcome).toBe("created");
  on.writes();
  expect(isEmpty(await on.plan())).toBe(true);
  expect((await on.status()).some(({ standing }) => standing === "blocked")).toBe(true);

  const nameServers = await on.aws.route53
    .listHostedZonesByName({ DNSName: "buddyverse.example" })
    .then(
      async ({ HostedZones }) =>
        (await on.aws.route53.getHostedZone({ Id: HostedZones?.[0]?.Id ?? "" })).DelegationSet?.NameServers ?? [],
    );
  delegate(simAt(on.sandbox.world, on.clock.now()), "buddyverse.example", nameServers);
  const second = await on.up();
  expect(
    second.settled.filter(({ outcome }) => outcome === "blocked" || outcome === "failed" || outcome === "skipped"),
  ).toEqual([]);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
  await on.down();
  expect(await on.left()).toEqual([]);
});
