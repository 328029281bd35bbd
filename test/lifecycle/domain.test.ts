import { describe, expect, test } from "vitest";
import { ALL_OUTBOUND, securityGroup } from "../../src/aws/ec2/security-group.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { farewells } from "../../src/engine/destroy.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { resource, type Step } from "../../src/engine/resource.ts";
import { domainStep } from "../../steps/domain.ts";
import { loadBalancerStep } from "../../steps/load-balancer.ts";
import { routesStep } from "../../steps/routes.ts";
import { securityGroupsStep } from "../../steps/security-groups.ts";
import { subnetsStep } from "../../steps/subnets.ts";
import { vpcStep } from "../../steps/vpc.ts";
import { type Account, accountIn } from "../sandbox/grown.ts";
import { INPUTS, type Stage, stage, stageOn } from "./stage.ts";

/** The load balancer and the domain that leads to it. */
function domainSteps(config: Config): readonly Step[] {
  const vpc = vpcStep(config);
  const subnets = subnetsStep(config, vpc.resources);
  const routes = routesStep(config, vpc.resources, subnets.resources);
  const bastionGroup = resource(securityGroup, "group-bastion", "BastionHost", vpc.resources, ({ vpc }) => ({
    vpcId: vpc.id,
    description: "Nobody",
    inbound: [],
    outbound: ALL_OUTBOUND,
  }));
  const groups = securityGroupsStep(config, vpc.resources, { bastionGroup });
  const balance = loadBalancerStep(config, vpc.resources, subnets.resources, routes.resources, groups.resources);
  return [
    vpc,
    subnets,
    routes,
    groups,
    { ...balance, resources: { ...balance.resources, bastionGroup } },
    domainStep(config, balance.resources, { group: balance.resources.targetGroup }),
  ];
}

/** What `down --delete-zone` does. */
const deletingKept = (on: Stage) => Object.assign(on.run, { deleteKept: true });
const domainStage = (config: object = {}) => stage(config, 7, domainSteps);
/** Somebody else at work in the account. */
const them = (on: Stage): Account => accountIn(on.sandbox, on.clock);

interface Zone {
  readonly Id: string;
  readonly Name: string;
  readonly Config: { Comment?: string };
}
/** The SDK takes the prefix off where an id is a parameter. */
const bare = (id: string) => id.replace("/hostedzone/", "");
const zones = async (on: Stage) =>
  (await them(on).ask<{ HostedZones: Zone[] }>("route-53", "ListHostedZonesByName")).HostedZones.map((zone) => ({
    ...zone,
    Id: bare(zone.Id),
  }));
const ours = async (on: Stage) =>
  (await zones(on)).find(({ Config }) => Config.Comment?.startsWith("buddyverse stack=buddyverse")) as Zone;
const serversOf = async (on: Stage, Id: string) =>
  (await them(on).ask<{ DelegationSet: { NameServers: string[] } }>("route-53", "GetHostedZone", { Id })).DelegationSet
    .NameServers;
interface RecordSet {
  readonly Name: string;
  readonly Type: string;
  readonly TTL?: number;
  readonly ResourceRecords?: { Value: string }[];
}
const recordSets = async (on: Stage): Promise<readonly RecordSet[]> => {
  const found = await Promise.all(
    (await zones(on)).map(({ Id: HostedZoneId }) =>
      them(on).ask<{ ResourceRecordSets: RecordSet[] }>("route-53", "ListResourceRecordSets", { HostedZoneId }),
    ),
  );
  return found.flatMap(({ ResourceRecordSets }) => ResourceRecordSets);
};
const recordsOf = async (on: Stage) =>
  (await recordSets(on))
    .map(({ Name, Type }) => `${Name.replace(/\.$/, "").replace(/^_[0-9a-f]{32}/, "_x")} ${Type}`)
    .sort();
/** Somebody changes a record of the first zone. */
async function change(on: Stage, Action: "CREATE" | "DELETE", Name: string, Type: string, Value: string) {
  const [zone] = await zones(on);
  const ResourceRecordSet = { Name, Type, TTL: 60, ResourceRecords: [{ Value }] };
  await them(on).ask("route-53", "ChangeResourceRecordSets", {
    HostedZoneId: zone?.Id,
    ChangeBatch: { Changes: [{ Action, ResourceRecordSet }] },
  });
  await on.clock.sleep(5_000);
}
async function removeZones(on: Stage): Promise<void> {
  for (const { Id, Name } of await zones(on)) {
    await them(on).ask("route-53", "DeleteHostedZone", { Id });
    them(on).delegate(Name, []);
  }
}
const certificates = async (on: Stage) =>
  (
    await them(on).ask<{ CertificateSummaryList: { CertificateArn: string; Status: string }[] }>(
      "acm",
      "ListCertificates",
    )
  ).CertificateSummaryList;
async function listeners(on: Stage): Promise<(string | number)[][]> {
  const { LoadBalancers } = await on.aws.elb.describeLoadBalancers({});
  const { Listeners = [] } = await on.aws.elb.describeListeners({
    LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn as string,
  });
  return Listeners.map(({ Port, Protocol, DefaultActions }) => [
    Port as number,
    Protocol as string,
    DefaultActions?.[0]?.Type as string,
  ]).sort();
}
const BARE = ["buddyverse.link NS", "buddyverse.link SOA"];
const outcomes = (settled: readonly { readonly key: string; readonly outcome: string }[]) =>
  Object.fromEntries(settled.map(({ key, outcome }) => [key, outcome]));

test("up makes the names and https; plan is empty; up writes nothing; down leaves the zone as it was, but for the validation", async () => {
  const on = await domainStage();
  const { settled } = await on.up();
  expect(settled.filter(({ outcome }) => outcome !== "created").map(({ key }) => key)).toEqual([
    "existing-zone-buddyverse.link",
  ]);
  expect(await recordsOf(on)).toEqual([
    "_x.buddyverse.link CNAME",
    "_x.www.buddyverse.link CNAME",
    "buddyverse.link A",
    "buddyverse.link NS",
    "buddyverse.link SOA",
    "www.buddyverse.link A",
  ]);
  expect(await listeners(on)).toEqual([
    [443, "HTTPS", "forward"],
    [80, "HTTP", "redirect"],
  ]);
  on.writes();
  expect(isEmpty(planUp(await on.refresh()))).toBe(true);
  await on.up();
  expect(on.writes()).toEqual([]);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
  await on.down();
  expect(await on.left()).toEqual([]);
  // The validation records stay: certificates of other regions renew by them.
  expect(await recordsOf(on)).toEqual(["_x.buddyverse.link CNAME", "_x.www.buddyverse.link CNAME", ...BARE]);
  expect(await certificates(on)).toEqual([]);
  expect(await zones(on)).toHaveLength(1);
  // They serve the next stack.
  expect(outcomes((await on.up()).settled)).toMatchObject({ redirect: "created" });
});

test("without a domain there is nothing to do", async () => {
  const on = await domainStage({ domain: null });
  const { settled } = await on.up();
  expect(settled.filter(({ object }) => /acm|route53/.test(object))).toEqual([]);
  expect(await listeners(on)).toEqual([[80, "HTTP", "forward"]]);
});

test("a zone of our own: https waits until the registrar names its servers, and says which; then up finishes", async () => {
  const on = await domainStage({ domain: { name: "new.example.com", zone: "create" } });
  const first = await on.up();
  const [blocked, ...more] = first.settled.filter(({ outcome }) => outcome === "blocked");
  expect(more).toEqual([]);
  const { Id } = await ours(on);
  const { ResourceTagSet } = await them(on).ask<{ ResourceTagSet: { Tags: object[] } }>(
    "route-53",
    "ListTagsForResource",
    { ResourceType: "hostedzone", ResourceId: Id },
  );
  expect(ResourceTagSet.Tags).toEqual(
    expect.arrayContaining([
      { Key: "buddyverse:stack", Value: "buddyverse" },
      { Key: "Name", Value: "new.example.com" },
    ]),
  );
  const servers = await serversOf(on, Id);
  expect(blocked?.reason).toContain(`the registrar must name these name servers: ${servers.join(", ")}`);
  expect(outcomes(first.settled)).toMatchObject({
    "records-new.example.com": "created",
    "listener-https": "skipped",
    redirect: "skipped",
  });
  them(on).delegate("new.example.com", servers);
  const second = await on.up();
  expect(outcomes(second.settled)).toMatchObject({ "listener-https": "created", redirect: "created" });
  const parted = farewells(on.run, await on.stack.refresh({ removing: true }));
  expect(parted.kept).toContainEqual(expect.stringContaining(`new.example.com (${Id}), as the registrar`));
  await on.down();
  expect(await on.left()).toEqual([]);
  expect(await recordsOf(on)).toEqual([
    "_x.new.example.com CNAME",
    "_x.www.new.example.com CNAME",
    "new.example.com NS",
    "new.example.com SOA",
  ]);
  // The next up finds it again, and need not wait for the registrar.
  const again = await on.up();
  expect(outcomes(again.settled)).toMatchObject({ "zone-new.example.com": "unchanged", redirect: "created" });
  expect((await ours(on)).Id).toBe(Id);
  deletingKept(on);
  expect(farewells(on.run, await on.stack.refresh({ removing: true })).notes).toContainEqual(
    expect.stringContaining(servers.join(", ")),
  );
  await on.down();
  expect(await on.left()).toEqual([]);
  expect(await zones(on)).toEqual([]);
});

test("the plan says what waits for the registrar, before anything is made", async () => {
  const on = await domainStage();
  them(on).delegate("buddyverse.link", ["ns1.parking.example"]);
  const plan = await on.plan();
  const waiting = plan.items.filter(({ action }) => action === "blocked");
  expect(waiting.map(({ object }) => object)).toEqual(["acm:issued-certificate", "elb:listener", "elb:redirect"]);
  expect(waiting[0]?.reason).toMatch(/leads buddyverse.link to ns1.parking.example.*the registrar must name.*ns-/);
  const own = await domainStage({ domain: { name: "new.example.com", zone: "create" } });
  const first = (await own.plan()).items.find(({ object }) => object === "acm:issued-certificate");
  expect(first).toMatchObject({
    action: "blocked",
    reason: expect.stringMatching(/no hosted zone.*the registrar must/),
  });
});

test("a zone of our own with somebody's records is not removed, and they are named", async () => {
  const on = await domainStage({ domain: { name: "new.example.com", zone: "create" } });
  await on.up();
  await change(on, "CREATE", "new.example.com", "MX", "10 mx");
  deletingKept(on);
  const settled = await on.down();
  expect(settled.find(({ object }) => object === "route53:owned-zone")).toMatchObject({
    outcome: "failed",
    error: { code: "not-ours", message: expect.stringContaining("MX new.example.com") },
  });
});

test("no zone: what needs it waits, the rest is made", async () => {
  const on = await domainStage({ domain: { name: "nobody.example.com" } });
  await removeZones(on);
  const { settled } = await on.up();
  expect(outcomes(settled)).toMatchObject({
    "existing-zone-nobody.example.com": "blocked",
    "certificate-nobody.example.com+www.nobody.example.com": "skipped",
    "records-nobody.example.com": "skipped",
    "load-balancer": "created",
    listener: "created",
  });
});

test("somebody else's record at our name is never overwritten", async () => {
  const on = await domainStage();
  await change(on, "CREATE", "www.buddyverse.link", "A", "192.0.2.1");
  on.writes();
  await expect(on.up()).rejects.toMatchObject({ code: "refused", message: expect.stringContaining("192.0.2.1") });
  expect(on.writes()).toEqual([]);
  await on.down();
  expect((await recordSets(on)).find(({ Name, Type }) => Name === "www.buddyverse.link." && Type === "A")).toEqual({
    Name: "www.buddyverse.link.",
    Type: "A",
    TTL: 60,
    ResourceRecords: [{ Value: "192.0.2.1" }],
  });
});

test("a domain under the zone uses the zone; the longest name wins", async () => {
  const on = await domainStage({ domain: { name: "app.example.com", www: false } });
  await removeZones(on);
  const { HostedZone } = await them(on).ask<{ HostedZone: { Id: string } }>("route-53", "CreateHostedZone", {
    Name: "example.com",
    CallerReference: "theirs",
  });
  await on.clock.sleep(5_000);
  them(on).delegate("example.com", await serversOf(on, bare(HostedZone.Id)));
  const { settled } = await on.up();
  expect(settled.filter(({ outcome }) => outcome !== "created").map(({ key }) => key)).toEqual([
    "existing-zone-app.example.com",
  ]);
  expect(await recordsOf(on)).toContain("app.example.com A");
});

test("CAA records that forbid Amazon: said as such, and the next up asks for a new certificate", async () => {
  const on = await domainStage();
  await change(on, "CREATE", "buddyverse.link", "CAA", '0 issue "letsencrypt.org"');
  const first = await on.up();
  expect(first.settled.find(({ object }) => object === "acm:issued-certificate")?.reason).toMatch(/CAA.*amazon\.com/);
  const failed = (await certificates(on))[0]?.CertificateArn;
  await change(on, "DELETE", "buddyverse.link", "CAA", '0 issue "letsencrypt.org"');
  const second = await on.up();
  expect(outcomes(second.settled)).toMatchObject({ "listener-https": "created", redirect: "created" });
  expect((await certificates(on)).map(({ CertificateArn, Status }) => [CertificateArn === failed, Status])).toEqual([
    [false, "ISSUED"],
  ]);
});

test("the registrar leads elsewhere: blocked, not waited for", async () => {
  const on = await domainStage();
  them(on).delegate("buddyverse.link", ["ns1.parking.example"]);
  const before = on.clock.now();
  const { settled } = await on.up();
  expect(settled.filter(({ outcome }) => outcome === "blocked").map(({ object }) => object)).toEqual([
    "acm:issued-certificate",
  ]);
  expect(on.clock.now() - before).toBeLessThan(10 * 60_000);
});

describe("another zone", () => {
  const NAMES = ["buddyverse.link", "www.buddyverse.link"];
  const next = (on: Stage, domain: object | null): Promise<Stage> =>
    stageOn(parseConfig({ domain }, "test.config.json"), on.clock, on.sandbox, on.text, domainSteps, undefined, INPUTS);
  const EXISTING = { name: "buddyverse.link", zone: "existing" };
  const CREATE = { name: "buddyverse.link", zone: "create" };
  /** The site's records in a zone. */
  async function siteIn(on: Stage, HostedZoneId: string): Promise<readonly string[]> {
    const { ResourceRecordSets } = await them(on).ask<{ ResourceRecordSets: RecordSet[] }>(
      "route-53",
      "ListResourceRecordSets",
      { HostedZoneId },
    );
    return ResourceRecordSets.filter(({ Type }) => Type === "A").map(({ Name }) => Name.replace(/\.$/, ""));
  }
  const blocked = ({ settled }: Awaited<ReturnType<Stage["up"]>>) =>
    settled.filter(({ outcome }) => outcome === "blocked");
  const inSync = async (on: Stage) =>
    expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);

  test("existing → create: both hold the names until the registrar leads to the new one; no certificate is asked for anew", async () => {
    const on = await domainStage();
    await on.up();
    const before = await certificates(on);
    const [old] = await zones(on);
    const oldId = old?.Id as string;
    const moved = await next(on, CREATE);
    expect((await moved.plan()).items.filter(({ action }) => action === "replace" || action === "delete")).toEqual([]);
    const first = await moved.up();
    const own = await ours(on);
    const servers = await serversOf(on, own.Id);
    expect(blocked(first).map(({ reason }) => reason)).toEqual([expect.stringContaining(servers.join(", "))]);
    expect([await siteIn(on, oldId), await siteIn(on, own.Id)]).toEqual([NAMES, NAMES]);
    expect(await certificates(on)).toEqual(before);
    // Nothing is to be done but what a person has to do; nothing is sent.
    moved.writes();
    expect(blocked(await moved.up())).toHaveLength(1);
    expect(moved.writes()).toEqual([]);
    them(on).delegate("buddyverse.link", servers);
    expect(blocked(await moved.up())).toEqual([]);
    expect([await siteIn(on, oldId), await siteIn(on, own.Id)]).toEqual([[], NAMES]);
    await inSync(moved);
    moved.writes();
    await moved.up();
    expect(moved.writes()).toEqual([]);
  });

  test("another name, which waits for the registrar: the plan says that what the old one has stays until then", async () => {
    const on = await domainStage();
    await on.up();
    const moved = await next(on, { name: "new.example.com", zone: "create" });
    const plan = await moved.plan();
    const left = ({ key }: { readonly key: string }) => key.includes("buddyverse.link");
    expect(plan.items.filter(({ action }) => action === "delete")).toEqual([]);
    const waiting = plan.items.filter((one) => left(one) && one.action === "blocked");
    const reason = "stays until new.example.com is there";
    expect(waiting.map((one) => [one.key, one.reason])).toEqual([
      ["certificate-buddyverse.link+www.buddyverse.link", reason],
      ["records-buddyverse.link", reason],
    ]);
    const { settled } = await moved.up();
    expect(settled.filter(({ outcome }) => outcome === "deleted")).toEqual([]);
    expect(settled.filter(left).map(({ key }) => key)).toEqual(expect.arrayContaining(waiting.map(({ key }) => key)));
  });

  test("existing → create, and back before the registrar leads there: the new zone's records go, then the zone", async () => {
    const on = await domainStage();
    await on.up();
    const [old] = await zones(on);
    await (await next(on, CREATE)).up();
    const own = await ours(on);
    const back = await next(on, EXISTING);
    await back.up();
    await back.clock.sleep(10_000);
    await back.up();
    expect(await siteIn(on, old?.Id as string)).toEqual(NAMES);
    expect((await zones(on)).map(({ Id }) => Id)).not.toContain(own.Id);
    await inSync(back);
  });

  test("while both hold the names, down takes them out of both", async () => {
    const on = await domainStage();
    await on.up();
    const [old] = await zones(on);
    const moved = await next(on, CREATE);
    await moved.up();
    deletingKept(moved);
    const ended = await moved.down();
    expect(ended.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect((await zones(on)).map(({ Id }) => Id)).toEqual([old?.Id]);
    expect(await siteIn(on, old?.Id as string)).toEqual([]);
  });

  async function standingInOwn(): Promise<{ readonly on: Stage; readonly own: Zone; readonly theirs: string }> {
    const on = await domainStage({ domain: CREATE });
    await on.up();
    const own = await ours(on);
    them(on).delegate("buddyverse.link", await serversOf(on, own.Id));
    await on.up();
    const { HostedZone } = await them(on).ask<{ HostedZone: { Id: string } }>("route-53", "CreateHostedZone", {
      Name: "buddyverse.link",
      CallerReference: "theirs",
    });
    await on.clock.sleep(5_000);
    return { on, own, theirs: bare(HostedZone.Id) };
  }

  test("create → existing: the stack's own zone stays until the registrar leads to the other one, then it goes", async () => {
    const { on, own, theirs } = await standingInOwn();
    const moved = await next(on, EXISTING);
    const first = await moved.up();
    expect(blocked(first).map(({ reason }) => reason)).toEqual(
      expect.arrayContaining([
        expect.stringContaining((await serversOf(on, theirs)).join(", ")),
        expect.stringContaining("which the stack made, stays until the public DNS no longer leads to it"),
      ]),
    );
    expect([await siteIn(on, own.Id), await siteIn(on, theirs)]).toEqual([NAMES, NAMES]);
    them(on).delegate("buddyverse.link", await serversOf(on, theirs));
    await moved.up();
    await moved.clock.sleep(10_000);
    expect(blocked(await moved.up())).toEqual([]);
    expect((await zones(on)).map(({ Id }) => Id)).toEqual([theirs]);
    expect(await siteIn(on, theirs)).toEqual(NAMES);
    await inSync(moved);
  });

  test("create → existing, with somebody's records in the own zone: it is kept, and they are named", async () => {
    const { on, own, theirs } = await standingInOwn();
    await them(on).ask("route-53", "ChangeResourceRecordSets", {
      HostedZoneId: own.Id,
      ChangeBatch: {
        Changes: [
          {
            Action: "CREATE",
            ResourceRecordSet: {
              Name: "buddyverse.link",
              Type: "MX",
              TTL: 60,
              ResourceRecords: [{ Value: "10 mx.example" }],
            },
          },
        ],
      },
    });
    await on.clock.sleep(5_000);
    const moved = await next(on, EXISTING);
    await moved.up();
    them(on).delegate("buddyverse.link", await serversOf(on, theirs));
    await moved.up();
    await moved.clock.sleep(10_000);
    expect(blocked(await moved.up()).map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/stays while there is something in it: MX buddyverse\.link/),
    ]);
    expect((await zones(on)).map(({ Id }) => Id)).toContain(own.Id);
  });

  test("create → no domain, when nothing leads to the own zone any more: the plan says that it goes with its records", async () => {
    const on = await domainStage({ domain: CREATE });
    await on.up();
    const own = await ours(on);
    them(on).delegate("buddyverse.link", await serversOf(on, own.Id));
    await on.up();
    them(on).delegate("buddyverse.link", []);
    await on.clock.sleep(5_000);
    const without = await next(on, null);
    const gone = (await without.plan()).items.filter(({ action }) => action === "delete").map(({ key }) => key);
    expect(gone).toEqual(expect.arrayContaining(["zone-buddyverse.link", "records-buddyverse.link"]));
    expect(blocked(await without.up())).toEqual([]);
    expect(await zones(on)).toEqual([]);
  });

  test("create → existing with no other zone there: said, and all stays as it is", async () => {
    const on = await domainStage({ domain: CREATE });
    await on.up();
    const own = await ours(on);
    them(on).delegate("buddyverse.link", await serversOf(on, own.Id));
    await on.up();
    const moved = await next(on, EXISTING);
    moved.writes();
    expect(blocked(await moved.up()).map(({ key }) => key)).toContain("existing-zone-buddyverse.link");
    expect(moved.writes()).toEqual([]);
    expect(await siteIn(on, own.Id)).toEqual(NAMES);
  });
});
