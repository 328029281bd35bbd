import { describe, expect, test } from "vitest";
import { BuddyError } from "../../src/lib/errors.ts";
import { exitCode, type Finding, Refuted, runChecks } from "../../src/verify/check.ts";
import { allChecks, checksFor } from "../../src/verify/checks.ts";
import type { Interface, Network } from "../../src/verify/reach.ts";
import type { Answer } from "../../src/verify/site.ts";
import type { World } from "../../src/verify/world.ts";
import { ask, goodNetwork, NOW, type TestWorld, world } from "./world.ts";

const asked = async (on: World) => await runChecks(allChecks, on, () => 0);
const off = (findings: readonly Finding[]) => findings.filter(({ result }) => result !== "passed");
const ids = (findings: readonly Finding[]) => findings.map(({ id }) => id);

test("all is well: every check passes, says what it saw, and leaves nothing behind", async () => {
  const on = world();
  const findings = await asked(on);
  expect(off(findings)).toEqual([]);
  expect(findings.every(({ saw }) => saw.length > 3)).toBe(true);
  expect([...on.files]).toEqual([]);
  expect(new Set(ids(findings)).size).toBe(findings.length);
  expect(exitCode(findings)).toBe(0);
});

const whole = world();
const group = await whole.group();
const [policy] = await whole.policies();
const balancer = await whole.loadBalancer();
const network = await whole.network();
const databases = await whole.databases();
const [a, c] = group.instances;

const withNetwork = (change: (found: Network) => Partial<Network>): Partial<World> => ({
  network: async () => ({ ...network, ...change(goodNetwork()) }),
});
const withInbound = (groupId: string, change: (peer: string, port: number) => boolean): Partial<World> =>
  withNetwork(({ groups }) => ({
    groups: groups.map((one) =>
      one.id === groupId ? { ...one, inbound: one.inbound.filter(({ peer, from }) => change(peer, from)) } : one,
    ),
  }));
/** Each has a site and machines of its own: they count requests. */
type SiteChange = (site: TestWorld["site"]) => Partial<TestWorld["site"]>;
const withSite = (change: SiteChange): Partial<World> => {
  const { site, machines } = world();
  return { site: { ...site, ...change(site) }, machines };
};
const get = (change: (answer: Answer, url: string) => object): Partial<World> =>
  withSite((site) => ({
    async get(url, asking) {
      const answer = await site.get(url, asking);
      return { ...answer, ...change(answer, url) };
    },
  }));
/** As if the visitor's headers were these. */
const visitor = (
  headers: (given: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
): Partial<World> =>
  withSite((site) => ({
    get: (url, asking = {}) => site.get(url, { ...asking, headers: headers(asking.headers ?? {}) }),
  }));
const machines = (change: (script: string, id: string) => string | undefined): Partial<World> => {
  const { site, machines } = world();
  return {
    site,
    machines: {
      async run(list, script) {
        const said = await machines.run(list, script);
        return new Map([...said].map(([id, output]) => [id, change(script, id) ?? output]));
      },
    },
  };
};
const shaken = (change: object): Partial<World> =>
  withSite((site) => ({
    async handshake(name, min, max) {
      const shown = await site.handshake(name, min, max);
      return shown && { ...shown, ...change };
    },
  }));
const speaksAll: SiteChange = () => ({
  handshake: async () => ({ protocol: "TLSv1", problem: undefined, issuer: "Amazon", validTo: NOW + 9e10 }),
});

/** In each row one thing is broken, and exactly that check says so. */
describe.each<[string, string, Partial<World>, RegExp]>([
  ["group-size", "another maximum", { group: async () => ({ ...group, max: 3 }) }, /max 3/],
  ["group-size", "fewer in service than desired", { group: async () => ({ ...group, desired: 3 }) }, /desired 3.*2 in/],
  ["scaling-policy", "another target", { policies: async () => [{ ...policy, target: 80 } as never] }, /80 %/],
  [
    "scaling-policy",
    "an alarm that does nothing",
    {
      policies: async () => [
        {
          ...policy,
          alarms: [
            { name: "high", acts: false },
            { name: "low", acts: true },
          ],
        } as never,
      ],
    },
    /1 of 2 alarms/,
  ],
  [
    "scaling-policy",
    "never shrinks",
    { policies: async () => [{ ...policy, scalesIn: false } as never] },
    /never shrinks/,
  ],
  ["scaling-policy", "no policy", { policies: async () => [] }, /no target tracking/],
  [
    "scaling-policy",
    "alarms are not heard",
    { group: async () => ({ ...group, suspended: ["AlarmNotification"] }) },
    /AlarmNotification/,
  ],
  [
    "targets-healthy",
    "the load balancer misses a zone",
    { loadBalancer: async () => ({ ...balancer, zones: ["a", "b"] }) },
    /not in c/,
  ],
  [
    "health-check",
    "EC2 checks only",
    { group: async () => ({ ...group, healthCheckType: "EC2" }) },
    /EC2 health check/,
  ],
  ["health-check", "no grace", { group: async () => ({ ...group, graceSeconds: 0 }) }, /grace 0 s/],
  [
    "health-check",
    "nothing is replaced",
    { group: async () => ({ ...group, suspended: ["ReplaceUnhealthy"] }) },
    /ReplaceUnhealthy/,
  ],
  [
    "zone-loss",
    "the group may launch in one zone only",
    { group: async () => ({ ...group, zones: ["a"] }) },
    /without a: .*launch nowhere else/,
  ],
  [
    "zone-loss",
    "one mount target",
    { fileSystem: async () => ({ id: "fs-1", zones: ["c"] }) },
    /without c: .*mounted nowhere else/,
  ],
  [
    "spread",
    "an error among the answers",
    get((_answer, url) => (url.endsWith("//buddyverse.link/") ? { status: 502 } : {})),
    /answered with 502/,
  ],
  ["sticky", "no cookie", get(() => ({ cookies: [] })), /no AWSALB cookie/],
  [
    "replica-reads",
    "a late replica",
    machines((script) => (/: database /.test(script) ? '{"lagMs": 45000}' : undefined)),
    /45 s later/,
  ],
  [
    "replica-reads",
    "no replica known",
    machines((script) => (/: database /.test(script) ? '{"lagMs": null}' : undefined)),
    /knows no replica/,
  ],
  [
    "shared-files",
    "another file",
    machines((script, id) => (/: file-read /.test(script) && id === "i-c" ? "old" : undefined)),
    /read by 0 of 1/,
  ],
  [
    "shared-files",
    "not served",
    get((_answer, url) => (url.includes("/media/") ? { status: 404, body: "" } : {})),
    /not served \(404\)/,
  ],
  [
    "dashboard-data",
    "an empty widget",
    { widgets: async () => [{ title: "CPU", data: "none" as const }] },
    /empty: "CPU"/,
  ],
  [
    "alarms",
    "one is missing",
    {
      alarms: async () => [
        { name: "Buddy-X", state: undefined, ageSeconds: Number.POSITIVE_INFINITY, needsSeconds: 300 },
      ],
    },
    /missing: Buddy-X/,
  ],
  [
    "alarms",
    "one has no data",
    { alarms: async () => [{ name: "Buddy-X", state: "INSUFFICIENT_DATA", ageSeconds: 700, needsSeconds: 600 }] },
    /without data: Buddy-X/,
  ],
  ["subscription", "not confirmed", { subscribed: async () => false }, /has not followed/],
  [
    "redirect",
    "no redirect",
    get((_answer, url) => (url.startsWith("http:") ? { status: 200, headers: {} } : {})),
    /200, no redirect/,
  ],
  ["redirect", "302", get((_answer, url) => (url.startsWith("http:") ? { status: 302 } : {})), /302 to/],
  [
    "redirect",
    "the path is lost",
    get((_answer, url) => (url.startsWith("http:") ? { headers: { location: "https://buddyverse.link/" } } : {})),
    /301 to https/,
  ],
  ["certificate", "of somebody else", shaken({ problem: "ERR_TLS_CERT_ALTNAME_INVALID" }), /ALTNAME/],
  ["certificate", "at its end", shaken({ validTo: NOW + 5 * 86_400_000 }), /5 days left/],
  ["tls-versions", "TLS 1.0 is spoken", withSite(speaksAll), /TLSv1 and TLSv1\.1 should be refused/],
  [
    "reach-closed",
    "ssh for everybody",
    withNetwork(({ groups }) => ({
      groups: groups.map((one) =>
        one.id === "sg-bastion"
          ? { ...one, inbound: [...one.inbound, { protocol: "tcp", from: 22, to: 22, peer: "0.0.0.0/0" }] }
          : one,
      ),
    })),
    /bastion-a at tcp 22 from 0\.0\.0\.0\/0/,
  ],
  [
    "reach-closed",
    "a stranger's open interface",
    withNetwork(({ interfaces }) => ({
      interfaces: [...interfaces, { ...(interfaces[0] as Interface), id: "eni-x", what: "stranger" }],
    })),
    /stranger at tcp 80/,
  ],
  ["reach-needed", "bastion to web", withInbound("sg-web", (_peer, port) => port !== 22), /do not let bastion-a/],
  ["reach-needed", "load balancer to web", withInbound("sg-web", (_peer, port) => port !== 80), /lb-a/],
  ["reach-needed", "web to files", withInbound("sg-efs", () => false), /efs-a/],
  ["reach-needed", "web to MySQL", withInbound("sg-db", (peer) => peer !== "sg-web"), /web-a/],
  ["reach-needed", "bastion to MySQL", withInbound("sg-db", (peer) => peer !== "sg-bastion"), /bastion-a/],
  ["reach-needed", "visitors", withInbound("sg-lb", (_peer, port) => port !== 443), /does not reach lb-a at 443/],
  [
    "reach-needed",
    "operators",
    withInbound("sg-bastion", () => false),
    /203\.0\.113\.10\/32 does not reach bastion-a at 22/,
  ],
  [
    "outbound-address",
    "another address",
    machines((script, id) => (/: outbound/.test(script) && id === "i-a" ? "192.0.2.1" : undefined)),
    /web-a is seen as 192\.0\.2\.1, not as 198\.51\.100\.12/,
  ],
  [
    "encrypted",
    "a plain volume",
    { stores: async () => [{ what: "volume vol-1", encrypted: false }] },
    /not encrypted: volume vol-1/,
  ],
  ["imdsv2", "IMDSv1", { metadata: async () => [{ what: "Bastion1", tokensRequired: false }] }, /IMDSv1 too: Bastion1/],
  [
    "database-private",
    "a public database",
    { databases: async () => databases.map((one) => ({ ...one, publicAccess: true })) },
    /database1 is publicly/,
  ],
  [
    "database-private",
    "an interface with a public address",
    {
      databases: async () =>
        databases.map((one) => ({
          ...one,
          interfaces: one.interfaces.map((nic) => ({ ...nic, publicAddresses: ["198.51.100.99"] })),
        })),
    },
    /198\.51\.100\.99/,
  ],
])("%s: %s", (id, _what, broken, said) => {
  test("exactly that check fails", async () => {
    const found = off(await asked(world(broken)));
    expect(found.map((one) => `${one.id} ${one.result}`)).toEqual([`${id} failed`]);
    expect(found[0]?.saw).toMatch(said);
    expect(exitCode(found)).toBe(1);
  });
});

test("an unhealthy target is named; the rest is asked of those that serve", async () => {
  const targets = async () => [
    { instanceId: "i-a", state: "healthy", reason: "" },
    { instanceId: "i-c", state: "unhealthy", reason: "Request timed out" },
  ];
  expect(await ask("targets-healthy", { targets })).toEqual({
    ok: false,
    saw: "healthy: 1 in a and 0 in c; i-c is unhealthy, Request timed out",
  });
  expect(await ask("targets-healthy", { targets: async () => (await targets()).slice(0, 1) })).toMatchObject({
    ok: false,
    saw: expect.stringContaining("i-c is no target"),
  });
});

test("no instance in one zone: that zone is named, and what follows from it", async () => {
  const both = { ...group, zones: ["a", "c"], instances: [a, { ...c, zone: "a" }] as never };
  const found = off(await asked(world({ group: async () => both })));
  expect(ids(found)).toEqual(["zones-in-service", "zone-loss"]);
  expect(found[0]?.saw).toBe("2 in a and 0 in c");
  // With three zones and one of them empty, a loss can still be borne.
  const three = {
    ...group,
    desired: 3,
    min: 3,
    zones: ["a", "b", "c"],
    instances: [a, c, { ...c, id: "i-c2" }] as never,
  };
  const wanted = { ...whole.wanted, zones: ["a", "b", "c"], min: 3 };
  expect((await ask("zones-in-service", { group: async () => three, wanted })).ok).toBe(false);
  expect((await ask("zone-loss", { group: async () => three, wanted })).ok).toBe(true);
});

test("requests that all go to one instance are not spread, and those that wander are not sticky", async () => {
  const one = await ask(
    "spread",
    visitor((headers) => ({ ...headers, cookie: "AWSALB=i-a" })),
  );
  expect(one).toMatchObject({ ok: false, saw: expect.stringContaining("0 to i-c") });
  const many = await ask(
    "sticky",
    visitor(({ cookie: _, ...headers }) => headers),
  );
  expect(many).toMatchObject({ ok: false, saw: expect.stringMatching(/6 to i-[ac] and 6 to i-[ac]/) });
});

test("a file that was written is removed, whatever fails after it", async () => {
  const on = world();
  const broken = {
    ...on,
    machines: {
      run: async (list: readonly string[], script: string) => {
        if (script.includes(": file-read ")) throw new Refuted("file-read on i-c: No such file");
        return on.machines.run(list, script);
      },
    },
  };
  const [finding] = await runChecks(
    allChecks.filter(({ id }) => id === "shared-files"),
    broken,
    () => 0,
  );
  expect(finding).toMatchObject({ result: "failed", saw: "file-read on i-c: No such file" });
  expect([...on.files]).toEqual([]);
});

test("data that comes late is waited for, seven minutes at most", async () => {
  const clock = world().clock;
  let looks = 0;
  const late = await ask("dashboard-data", {
    clock,
    widgets: async () => [{ title: "CPU", data: ++looks > 5 ? "some" : "none" }],
  });
  expect(late.ok).toBe(true);
  expect(clock.now() - NOW).toBe(150_000);
});

test("an alarm without data that is younger than what it needs is no failure", async () => {
  const young = { name: "Buddy-X", state: "INSUFFICIENT_DATA", ageSeconds: 100, needsSeconds: 600 };
  expect(await ask("alarms", { alarms: async () => [young] })).toMatchObject({
    ok: true,
    saw: expect.stringContaining("too young to tell: Buddy-X"),
  });
});

test("what cannot be looked at is unknown, never passed: exit 3, but 1 when another one failed", async () => {
  const denied = Object.assign(new Error("not authorized to perform: ec2:DescribeVolumes"), {
    name: "UnauthorizedOperation",
  });
  const found = await asked(world({ stores: () => Promise.reject(denied) }));
  expect(off(found)).toMatchObject([
    { id: "encrypted", result: "unknown", saw: expect.stringContaining("UnauthorizedOperation: not authorized") },
  ]);
  expect(exitCode(found)).toBe(3);
  expect(exitCode([...found, { ...(found[0] as Finding), result: "failed" }])).toBe(1);
});

test("a denied read makes exactly the checks unknown that need it", async () => {
  const denied = () => Promise.reject(new Error("AccessDenied"));
  const found = off(await asked(world({ network: denied })));
  expect(found.map(({ id, result }) => `${id} ${result}`)).toEqual([
    "reach-closed unknown",
    "reach-needed unknown",
    "outbound-address unknown",
  ]);
});

test("an interrupt ends the run, it is no finding", async () => {
  const stop = new BuddyError({ code: "interrupted", message: "interrupted" });
  await expect(asked(world({ metadata: () => Promise.reject(stop) }))).rejects.toBe(stop);
});

test("an interrupted run ends when every check has cleared up", async () => {
  const stop = new BuddyError({ code: "interrupted", message: "interrupted" });
  let cleared = false;
  const check = (id: string, run: () => Promise<never>) => ({ id, requirement: "R1" as const, title: id, run });
  const slow = async (): Promise<never> => {
    await new Promise((resolve) => setImmediate(resolve));
    cleared = true;
    throw stop;
  };
  const run = runChecks([check("fast", () => Promise.reject(stop)), check("slow", slow)], undefined, () => 0);
  await expect(run).rejects.toBe(stop);
  expect(cleared).toBe(true);
});

test("what the config does not want is not asked, and said so", () => {
  const { asked, notAsked } = checksFor({ ...whole.wanted, names: [], replica: false, email: undefined });
  expect(notAsked.map(({ id }) => id)).toEqual([
    "replica-reads",
    "subscription",
    "redirect",
    "certificate",
    "tls-versions",
  ]);
  expect(asked.length).toBe(allChecks.length - notAsked.length);
  expect(checksFor(whole.wanted).notAsked).toEqual([]);
});
