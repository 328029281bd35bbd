import { describe, expect, test } from "vitest";
import { jumpingClock } from "../../src/lib/clock.ts";
import { BuddyError } from "../../src/lib/errors.ts";
import type { Widget } from "../../src/verify/aws/monitoring.ts";
import { applicableChecks, type Check, CheckFailed, type CheckResult, exitCode } from "../../src/verify/check.ts";
import type { Fact } from "../../src/verify/facts.ts";
import type { Group, Interface, Rule } from "../../src/verify/reach.ts";
import type { Answer, Site } from "../../src/verify/site.ts";
import { backups } from "../../steps/checks/availability.ts";
import { trackingPolicies } from "../../steps/checks/capacity.ts";
import {
  databaseInterfaces,
  databases,
  inService,
  loadBalancer,
  mountTargets,
  network,
  scalingGroup,
  targets,
} from "../../steps/checks/facts.ts";
import { alarms, subscription, widgets } from "../../steps/checks/monitoring.ts";
import { machineKeys, metadata, stores } from "../../steps/checks/protection.ts";
import { allChecks } from "../../steps/verify.ts";
import { type Broken, change, check, checksOn, config, good, goodTools, NOW, outcomeOf } from "./good.ts";

const notPassed = (results: readonly CheckResult[]) => results.filter(({ result }) => result !== "passed");
const idsOf = (results: readonly { readonly id: string }[]) => results.map(({ id }) => id);

test("all is well: every check passes, says what it saw, and leaves nothing behind", async () => {
  const tools = goodTools();
  const results = await checksOn({ tools });
  expect(notPassed(results)).toEqual([]);
  expect(idsOf(results)).toEqual(idsOf(allChecks));
  expect(results.every(({ evidence }) => evidence.length > 3)).toBe(true);
  expect([...tools.files]).toEqual([]);
  expect(exitCode(results)).toBe(0);
});

test("what a rehearsal answers in an application's place is not judged", async () => {
  const instead = changeAnswer((answer) => ({ ...answer, headers: { "x-not-rehearsed": "nothing ran" } }));
  const results = await checksOn(instead, [check("application")]);
  expect(results).toMatchObject([
    { result: "unknown", evidence: expect.stringContaining("not rehearsed: nothing ran") },
  ]);
  expect(exitCode(results)).toBe(3);
});

test("each check has an id of its own", () => {
  expect(new Set(idsOf(allChecks)).size).toBe(allChecks.length);
  for (const { id } of allChecks) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
});

const [ZONE_A = "", ZONE_C = ""] = config.zones;
const members = inService(await good(scalingGroup));
const memberIn = (zone: string) => members.find((member) => member.zone === zone)?.id ?? "";
const [A, C] = [memberIn(ZONE_A), memberIn(ZONE_C)];
const { groups } = await good(network);
const idOfGroup = (name: string) => groups.find((group) => group.name === name)?.id;

const changeInbound = (name: string, to: (group: Group) => readonly Rule[]): Broken =>
  change(network, (found) => ({
    ...found,
    groups: found.groups.map((group) => (group.name === name ? { ...group, inbound: to(group) } : group)),
  }));
const withoutRule = (name: string, closed: (rule: Rule) => boolean): Broken =>
  changeInbound(name, ({ inbound }) => inbound.filter((rule) => !closed(rule)));

/** Each has a site and machines of its own: they count requests. */
const changeSite = (to: (site: Site) => Partial<Site>): Broken => {
  const { site, machines } = goodTools();
  return { tools: { site: { ...site, ...to(site) }, machines } };
};
const changeAnswer = (to: (answer: Answer, url: string) => Partial<Answer>): Broken =>
  changeSite((site) => ({
    async get(url, asking) {
      const answer = await site.get(url, asking);
      return { ...answer, ...to(answer, url) };
    },
  }));
/** As if the visitor's headers were these. */
const visitor = (to: (headers: Readonly<Record<string, string>>) => Readonly<Record<string, string>>): Broken =>
  changeSite((site) => ({
    get: (url, asking = {}) => site.get(url, { ...asking, headers: to(asking.headers ?? {}) }),
  }));
const changePrinted = (to: (script: string, id: string) => string | undefined): Broken => {
  const { site, machines } = goodTools();
  return {
    tools: {
      site,
      machines: {
        async run(ids, script) {
          const printed = await machines.run(ids, script);
          return new Map([...printed].map(([id, output]) => [id, to(script, id) ?? output]));
        },
      },
    },
  };
};
const changeCertificate = (to: object): Broken =>
  changeSite((site) => ({
    async handshake(name, min, max) {
      const shown = await site.handshake(name, min, max);
      return shown && { ...shown, ...to };
    },
  }));
const EMPTY: Widget = { title: "CPU", data: "none" };
const alarm = { name: "Buddy-X", state: "OK", ageSeconds: 9_999, needsSeconds: 600, needsMany: false };
const passwordSays = (said: string): Broken =>
  changePrinted((script) => (/: password /.test(script) ? said : undefined));

const secretsSaid = (said: string): Broken =>
  changePrinted((script) =>
    /: app-secrets /.test(script) ? `{"current": [], "stale": [], "missing": []${said}}` : undefined,
  );
const STALE = secretsSaid(', "stale": ["STRIPE_KEY"]');
const GONE = secretsSaid(', "missing": ["STRIPE_KEY"]');

/** In each row one thing is broken, and exactly that check says so. */
const BROKEN: readonly (readonly [id: string, what: string, broken: Broken, evidence: RegExp])[] = [
  ["group-size", "another maximum", change(scalingGroup, (group) => ({ ...group, max: 3 })), /max 3/],
  [
    "group-size",
    "fewer in service than desired",
    change(scalingGroup, (group) => ({ ...group, desired: 3 })),
    /desired 3.*2 in/,
  ],
  [
    "scaling-policy",
    "another target",
    change(trackingPolicies, (policies) => policies.map((policy) => ({ ...policy, target: 80 }))),
    /80 %/,
  ],
  [
    "scaling-policy",
    "an alarm that does nothing",
    change(trackingPolicies, (policies) =>
      policies.map((policy) => ({
        ...policy,
        alarms: policy.alarms.map(({ name }, index) => ({ name, acts: index > 0 })),
      })),
    ),
    /1 of 2 alarms/,
  ],
  [
    "scaling-policy",
    "never shrinks",
    change(trackingPolicies, (policies) => policies.map((policy) => ({ ...policy, scalesIn: false }))),
    /never shrinks/,
  ],
  ["scaling-policy", "no policy", change(trackingPolicies, () => []), /no target tracking/],
  [
    "scaling-policy",
    "alarms are not heard",
    change(scalingGroup, (group) => ({ ...group, suspended: ["AlarmNotification"] })),
    /AlarmNotification/,
  ],
  [
    "targets-healthy",
    "the load balancer misses a zone",
    change(loadBalancer, (balancer) => ({ ...balancer, zones: [ZONE_A, "elsewhere"] })),
    new RegExp(`not in ${ZONE_C}`),
  ],
  [
    "health-check",
    "EC2 checks only",
    change(scalingGroup, (group) => ({ ...group, healthCheckType: "EC2" })),
    /EC2 health check/,
  ],
  ["health-check", "no grace", change(scalingGroup, (group) => ({ ...group, graceSeconds: 0 })), /grace 0 s/],
  [
    "health-check",
    "nothing is replaced",
    change(scalingGroup, (group) => ({ ...group, suspended: ["ReplaceUnhealthy"] })),
    /ReplaceUnhealthy/,
  ],
  [
    "application",
    "it fails",
    changeAnswer((_answer, url) => (url.endsWith("//buddyverse.link/") ? { status: 404 } : {})),
    /https:\/\/buddyverse.link\/ answers 404/,
  ],
  [
    "zone-loss",
    "the group may launch in one zone only",
    change(scalingGroup, (group) => ({ ...group, zones: [ZONE_A] })),
    new RegExp(`without ${ZONE_A}: .*launch nowhere else`),
  ],
  [
    "zone-loss",
    "one mount target",
    change(mountTargets, (mounts) => mounts.filter(({ zone }) => zone === ZONE_C)),
    new RegExp(`without ${ZONE_C}: .*mounted nowhere else`),
  ],
  [
    "database-backups",
    "kept for a shorter time than the config says",
    { tools: { config: { ...config, database: { ...config.database, backupRetentionDays: 7 } } } },
    /keeps backups for 1 day, and could be restored to \d+ min ago/,
  ],
  ["database-backups", "off", change(backups, (found) => ({ ...found, retentionDays: 0 })), /no automated backups/],
  [
    "database-backups",
    "the last is old",
    change(backups, (found) => ({ ...found, restorableTo: NOW - 3 * 3_600_000 })),
    /restored to 1[89]\d min ago/,
  ],
  [
    "database-backups",
    "none yet",
    change(backups, (found) => ({ ...found, restorableTo: undefined })),
    /but has none yet/,
  ],
  [
    "spread",
    "an error among the answers",
    changeSite((site) => ({
      async get(url, asking) {
        const answer = await site.get(url, asking);
        return asking?.headers && url.endsWith("//buddyverse.link/") ? { ...answer, status: 502 } : answer;
      },
    })),
    /answered with 502/,
  ],
  ["sticky", "no cookie", changeAnswer(() => ({ cookies: [] })), /no AWSALB cookie/],
  [
    "replica-reads",
    "a late replica",
    changePrinted((script) => (/: database /.test(script) ? '{"lagMs": 45000}' : undefined)),
    /45 s later/,
  ],
  [
    "replica-reads",
    "no replica known",
    changePrinted((script) => (/: database-replication /.test(script) ? '{"endpoint": null}' : undefined)),
    /knows no replica, not database1-replica/,
  ],
  [
    "database-text",
    "MySQL's own collation",
    changePrinted((script) =>
      /: database-text /.test(script) ? '{"characterSet": "utf8mb4", "collation": "utf8mb4_0900_ai_ci"}' : undefined,
    ),
    /utf8mb4_0900_ai_ci, not utf8mb4_unicode_ci/,
  ],
  ["database-password", "the parameter is lost", passwordSays('{"outcome": "gone"}'), /: the parameter is gone/],
  ["database-password", "another is in use", passwordSays('{"outcome": "stale"}'), /still uses another one/],
  [
    "database-password",
    "the replica has another one",
    passwordSays('{"outcome": "denied", "role": "replica"}'),
    /the replica does not take it/,
  ],
  ["app-secrets", "another value", STALE, /still uses another value of STRIPE_KEY/],
  ["app-secrets", "removed by somebody", GONE, /^STRIPE_KEY has no value any more$/],
  ["app-secrets", "an instance of before", secretsSaid(""), /runs an earlier release, which does not read STRIPE_KEY/],
  [
    "shared-files",
    "another file",
    changePrinted((script) => (/: file-read /.test(script) ? "old" : undefined)),
    /read by 0 of 1/,
  ],
  [
    "shared-files",
    "not served",
    changeAnswer((_answer, url) => (url.includes("/media/") ? { status: 404, body: "" } : {})),
    /not served \(404\)/,
  ],
  ["dashboard-data", "an empty widget", change(widgets, () => [EMPTY]), /empty: "CPU"/],
  ["alarms", "one is missing", change(alarms, () => [{ ...alarm, state: undefined }]), /missing: Buddy-X/],
  [
    "alarms",
    "one has no data",
    change(alarms, () => [{ ...alarm, state: "INSUFFICIENT_DATA", ageSeconds: 700 }]),
    /without data: Buddy-X/,
  ],
  ["subscription", "not confirmed", change(subscription, () => ({ confirmed: false })), /has not followed/],
  [
    "redirect",
    "no redirect",
    changeAnswer((_answer, url) => (url.startsWith("http:") ? { status: 200, headers: {} } : {})),
    /200, no redirect/,
  ],
  ["redirect", "302", changeAnswer((_answer, url) => (url.startsWith("http:") ? { status: 302 } : {})), /302 to/],
  [
    "redirect",
    "the path is lost",
    changeAnswer((_answer, url) =>
      url.startsWith("http:") ? { headers: { location: "https://buddyverse.link/" } } : {},
    ),
    /301 to https/,
  ],
  ["certificate", "of somebody else", changeCertificate({ problem: "ERR_TLS_CERT_ALTNAME_INVALID" }), /ALTNAME/],
  ["certificate", "at its end", changeCertificate({ validTo: NOW + 5 * 86_400_000 }), /5 days left/],
  [
    "tls-versions",
    "TLS 1.0 is spoken",
    changeSite(() => ({
      handshake: async () => ({ protocol: "TLSv1", problem: undefined, issuer: "Amazon", validTo: NOW + 9e10 }),
    })),
    /TLSv1 and TLSv1\.1 should be refused/,
  ],
  [
    "reach-closed",
    "ssh for everybody",
    changeInbound("BastionHost", ({ inbound }) => [
      ...inbound,
      { protocol: "tcp", from: 22, to: 22, peer: "0.0.0.0/0" },
    ]),
    /Bastion1 .* at tcp 22 from 0\.0\.0\.0\/0/,
  ],
  [
    "reach-closed",
    "a stranger's open interface",
    change(network, (found) => ({
      ...found,
      interfaces: [
        ...found.interfaces,
        ...found.interfaces
          .filter(({ what }) => what.startsWith("ELB "))
          .map((open): Interface => ({ ...open, id: "eni-x", what: "stranger" })),
      ],
    })),
    /stranger at tcp 80/,
  ],
  ["reach-needed", "bastion to web", withoutRule("Buddy-WEB", ({ from }) => from === 22), /do not let Bastion1/],
  ["reach-needed", "load balancer to web", withoutRule("Buddy-WEB", ({ from }) => from === 80), /do not let ELB /],
  [
    "reach-needed",
    "web to files",
    withoutRule("Buddy-EFS", () => true),
    /of Mount target fsmt-\w+ .* do not let Buddy-WEB/,
  ],
  [
    "reach-needed",
    "web to MySQL",
    withoutRule("Buddy-DB", ({ peer }) => peer === idOfGroup("Buddy-WEB")),
    new RegExp(`do not let .*${A}`),
  ],
  [
    "reach-needed",
    "bastion to MySQL",
    withoutRule("Buddy-DB", ({ peer }) => peer === idOfGroup("BastionHost")),
    /do not let Bastion1/,
  ],
  [
    "reach-needed",
    "visitors",
    withoutRule("LoadBalance-Security", ({ from }) => from === 443),
    /does not reach ELB .* at 443/,
  ],
  [
    "reach-needed",
    "operators",
    withoutRule("BastionHost", () => true),
    /203\.0\.113\.10\/32 does not reach Bastion1 .* at 22/,
  ],
  [
    "outbound-address",
    "another address",
    changePrinted((script, id) => (/: outbound/.test(script) && id === A ? "192.0.2.1" : undefined)),
    new RegExp(`${A} is seen as 192\\.0\\.2\\.1, not as \\d`),
  ],
  [
    "encrypted",
    "a plain volume",
    change(stores, () => [{ what: "volume vol-1", encrypted: false }]),
    /not encrypted: volume vol-1/,
  ],
  [
    "ssh-key",
    "an old key on a bastion",
    change(machineKeys, (keys) => [...keys, { what: "Bastion1", trouble: "Bastion1 has the key of old" }]),
    /Bastion1 has the key of old/,
  ],
  ["imdsv2", "IMDSv1", change(metadata, () => [{ what: "Bastion1", tokensRequired: false }]), /IMDSv1 too: Bastion1/],
  [
    "database-private",
    "a public database",
    change(databases, (found) => found.map((database) => ({ ...database, publicAccess: true }))),
    /database1 is publicly/,
  ],
  [
    "database-private",
    "an interface with a public address",
    change(databaseInterfaces, (found) => found.map((nic) => ({ ...nic, publicAddresses: ["198.51.100.99"] }))),
    /198\.51\.100\.99/,
  ],
];

describe.each(BROKEN)("%s: %s", (id, _what, broken, evidence) => {
  test("exactly that check fails", async () => {
    const found = notPassed(await checksOn(broken));
    expect(found.map((result) => `${result.id} ${result.result}`)).toEqual([`${id} failed`]);
    expect(found[0]?.evidence).toMatch(evidence);
    expect(exitCode(found)).toBe(1);
  });
});

test("each check is broken by a row above, or has a test of its own below", () => {
  const rows = BROKEN.map(([id]) => id);
  expect(idsOf(allChecks).filter((id) => !rows.includes(id))).toEqual(["zones-in-service"]);
});

test("an unhealthy target is named; the rest is asked of those that serve", async () => {
  const withTargets = (to: (known: Awaited<ReturnType<typeof targets>>) => Awaited<ReturnType<typeof targets>>) =>
    outcomeOf("targets-healthy", change(targets, to));
  const unhealthy = await withTargets((known) =>
    known.map((target) =>
      target.instanceId === C ? { ...target, state: "unhealthy", reason: "Request timed out" } : target,
    ),
  );
  expect(unhealthy).toEqual({
    ok: false,
    evidence: `healthy: 1 in ${ZONE_A} and 0 in ${ZONE_C}; ${C} is unhealthy, Request timed out`,
  });
  const gone = await withTargets((known) => known.filter(({ instanceId }) => instanceId !== C));
  expect(gone).toMatchObject({ ok: false, evidence: expect.stringContaining(`${C} is no target`) });
});

test("no instance in one zone: that zone is named, and what follows from it", async () => {
  const inOneZone = change(scalingGroup, (group) => ({
    ...group,
    instances: group.instances.map((member) => ({ ...member, zone: ZONE_A })),
  }));
  const found = notPassed(await checksOn(inOneZone));
  expect(idsOf(found)).toEqual(["zones-in-service", "zone-loss"]);
  expect(found[0]?.evidence).toBe(`2 in ${ZONE_A} and 0 in ${ZONE_C}`);
});

test("with three zones and one of them empty, the loss of one can still be borne", async () => {
  const zones = [ZONE_A, "b", ZONE_C];
  const three: Broken = {
    ...change(scalingGroup, (group) => ({
      ...group,
      desired: 3,
      zones,
      instances: [...members, { id: "i-c2", zone: ZONE_C, inService: true }],
    })),
    tools: { config: { ...config, zones } },
  };
  expect((await outcomeOf("zones-in-service", three)).ok).toBe(false);
  expect((await outcomeOf("zone-loss", three)).ok).toBe(true);
});

test("requests that all go to one instance are not spread, and those that wander are not sticky", async () => {
  const stuck = await outcomeOf(
    "spread",
    visitor((headers) => ({ ...headers, cookie: `AWSALB=${A}` })),
  );
  expect(stuck).toMatchObject({ ok: false, evidence: expect.stringContaining(`0 to ${C}`) });
  const wandering = await outcomeOf(
    "sticky",
    visitor(({ cookie: _, ...headers }) => headers),
  );
  expect(wandering).toMatchObject({ ok: false, evidence: expect.stringMatching(/6 to i-\w+ and 6 to i-\w+/) });
});

test("a file that was written is removed, whatever fails after it", async () => {
  const tools = goodTools();
  const machines = {
    run: async (ids: readonly string[], script: string) => {
      if (script.includes(": file-read ")) throw new CheckFailed("file-read on i-c: No such file");
      return tools.machines.run(ids, script);
    },
  };
  const outcome = await outcomeOf("shared-files", { tools: { ...tools, machines } });
  expect(outcome).toEqual({ ok: false, evidence: "file-read on i-c: No such file" });
  expect([...tools.files]).toEqual([]);
});

test("data that comes late is waited for", async () => {
  let readings = 0;
  const clock = jumpingClock(NOW);
  const late = change(widgets, (): readonly Widget[] => [{ ...EMPTY, data: ++readings > 5 ? "some" : "none" }]);
  expect((await outcomeOf("dashboard-data", late, clock)).ok).toBe(true);
  expect(clock.now() - NOW).toBe(150_000);
});

test.each<[string, Broken, seconds: number]>([
  ["dashboard-data", change(widgets, () => [EMPTY]), 7 * 60],
  ["alarms", change(alarms, () => [{ ...alarm, state: "INSUFFICIENT_DATA", ageSeconds: 7_000 }]), 7 * 60],
  ["alarms", change(alarms, () => [{ ...alarm, state: undefined }]), 0],
  ["database-backups", change(backups, (found) => ({ ...found, restorableTo: undefined })), 10 * 60],
  ["database-backups", change(backups, (found) => ({ ...found, retentionDays: 0 })), 0],
  ["replica-reads", changePrinted((script) => (/: database /.test(script) ? '{"lagMs": null}' : undefined)), 90],
  // A replica that is gone, or that has become the primary.
  [
    "replica-reads",
    changePrinted((script) => (/: database-replication /.test(script) ? '{"endpoint": "former:3306"}' : undefined)),
    90,
  ],
  ["replica-reads", changePrinted((script) => (/: database /.test(script) ? '{"lagMs": 45000}' : undefined)), 0],
  ["app-secrets", STALE, 150],
  ["app-secrets", GONE, 0],
  ["database-password", passwordSays('{"outcome": "stale"}'), 90],
  ["database-password", passwordSays('{"outcome": "gone"}'), 0],
])("%s, %#: only what may pass by itself is waited for, and not for ever", async (id, broken, seconds) => {
  const clock = jumpingClock(NOW);
  expect((await outcomeOf(id, broken, clock)).ok).toBe(false);
  expect(clock.now() - NOW).toBe(seconds * 1_000);
});

test("an alarm without data that is younger than what it needs is no failure", async () => {
  const young = change(alarms, () => [{ ...alarm, state: "INSUFFICIENT_DATA", ageSeconds: 100 }]);
  expect(await outcomeOf("alarms", young)).toMatchObject({
    ok: true,
    evidence: expect.stringContaining("too young to tell: Buddy-X"),
  });
});

test("an alarm that judges only many values may lack them, however old it is", async () => {
  const idle = change(alarms, () => [{ ...alarm, state: "INSUFFICIENT_DATA", needsMany: true }]);
  expect(await outcomeOf("alarms", idle)).toMatchObject({
    ok: true,
    evidence: expect.stringContaining("too few visitors to tell: Buddy-X"),
  });
});

/** That fact cannot be read. */
const unreadable = (fact: Fact<never>, error: Error): Broken =>
  change<never>(fact, () => {
    throw error;
  });

test("what cannot be looked at is unknown, never passed: exit 3, but 1 when another one failed", async () => {
  const denied = Object.assign(new Error("not authorized to perform: ec2:DescribeVolumes"), {
    name: "UnauthorizedOperation",
  });
  const results = await checksOn(unreadable(stores as Fact<never>, denied));
  expect(notPassed(results)).toMatchObject([
    { id: "encrypted", result: "unknown", evidence: expect.stringContaining("UnauthorizedOperation: not authorized") },
  ]);
  expect(exitCode(results)).toBe(3);
  expect(exitCode([...results, { ...(results[0] as CheckResult), result: "failed" }])).toBe(1);
});

test("a fact that cannot be read makes exactly the checks unknown that need it", async () => {
  const found = notPassed(await checksOn(unreadable(network as Fact<never>, new Error("AccessDenied"))));
  expect(found.map(({ id, result }) => `${id} ${result}`)).toEqual([
    "reach-closed unknown",
    "reach-needed unknown",
    "outbound-address unknown",
  ]);
});

test("an interrupt ends the run, it is no result", async () => {
  const stop = new BuddyError({ code: "interrupted", message: "interrupted" });
  await expect(checksOn(unreadable(metadata as Fact<never>, stop))).rejects.toBe(stop);
});

test("an interrupted run ends when every check has cleared up", async () => {
  const stop = new BuddyError({ code: "interrupted", message: "interrupted" });
  let cleared = false;
  const stopping = (id: string, run: () => Promise<never>): Check => ({ ...check("imdsv2"), id, run });
  const slow = async (): Promise<never> => {
    await new Promise((resolve) => setImmediate(resolve));
    cleared = true;
    throw stop;
  };
  const run = checksOn({}, [stopping("fast", () => Promise.reject(stop)), stopping("slow", slow)]);
  await expect(run).rejects.toBe(stop);
  expect(cleared).toBe(true);
});

test("what the config gives no reason to ask is skipped, and why", () => {
  const plain = { ...config, domain: null, monitoring: { ...config.monitoring, email: null } };
  const { applicable, skipped } = applicableChecks(allChecks, {
    ...plain,
    database: { ...config.database, replica: false },
    web: { ...config.web, stickinessSeconds: 0 },
  });
  expect(Object.fromEntries(skipped.map(({ id, why }) => [id, why]))).toMatchObject({
    "replica-reads": "the config wants no replica",
    sticky: "the config turns stickiness off (web.stickinessSeconds is 0)",
    subscription: "the config names no e-mail address",
    redirect: "the config names no domain: the site is plain http",
    certificate: "the config names no domain: the site is plain http",
    "tls-versions": "the config names no domain: the site is plain http",
  });
  expect(idsOf([...applicable, ...skipped]).sort()).toEqual(idsOf(allChecks).sort());
  expect(applicableChecks(allChecks, config).skipped).toEqual([]);
});
