import { expect, test } from "vitest";
import { ALL_OUTBOUND, securityGroup } from "../../src/aws/ec2/security-group.ts";
import type { Config } from "../../src/config/schema.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { resource, type Step } from "../../src/engine/resource.ts";
import { certificateTable } from "../../src/sandbox/services/acm/acm.ts";
import { listenerTable } from "../../src/sandbox/services/elb/tables.ts";
import { delegationTable, recordTable, zoneTable } from "../../src/sandbox/services/route53/tables.ts";
import { addHostedZone, delegate } from "../../src/sandbox/services/route53/zones.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { domainStep } from "../../steps/domain.ts";
import { loadBalancerStep } from "../../steps/load-balancer.ts";
import { routesStep } from "../../steps/routes.ts";
import { securityGroupsStep } from "../../steps/security-groups.ts";
import { subnetsStep } from "../../steps/subnets.ts";
import { vpcStep } from "../../steps/vpc.ts";
import { type Stage, stage } from "./stage.ts";

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
    domainStep(config, balance.resources),
  ];
}

const domainStage = (config: object = {}) => stage(config, 7, domainSteps);
const sim = (on: Stage) => simAt(on.sandbox.world, on.clock.now());
const recordsOf = (on: Stage) =>
  recordTable(sim(on))
    .all()
    .map(({ name, type }) => `${name.replace(/^_[0-9a-f]{32}/, "_x")} ${type}`)
    .sort();
const BARE = ["buddyverse.link NS", "buddyverse.link SOA"];
const outcomes = (settled: readonly { readonly key: string; readonly outcome: string }[]) =>
  Object.fromEntries(settled.map(({ key, outcome }) => [key, outcome]));

test("up makes the names and https; plan is empty; up writes nothing; down leaves the zone as it was", async () => {
  const on = await domainStage();
  const { settled } = await on.up();
  expect(settled.filter(({ outcome }) => outcome !== "created").map(({ key }) => key)).toEqual([
    "zone-buddyverse.link",
  ]);
  expect(recordsOf(on)).toEqual([
    "_x.buddyverse.link CNAME",
    "_x.www.buddyverse.link CNAME",
    "buddyverse.link A",
    "buddyverse.link NS",
    "buddyverse.link SOA",
    "www.buddyverse.link A",
  ]);
  expect(
    listenerTable(sim(on))
      .all()
      .map(({ port, protocol, action }) => [port, protocol, action.kind])
      .sort(),
  ).toEqual([
    [443, "HTTPS", "forward"],
    [80, "HTTP", "redirect"],
  ]);
  on.writes();
  expect(isEmpty(planUp(await on.survey()))).toBe(true);
  await on.up();
  expect(on.writes()).toEqual([]);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
  await on.down();
  expect(await on.left()).toEqual([]);
  expect(recordsOf(on)).toEqual(BARE);
  expect(certificateTable(sim(on)).all()).toEqual([]);
  expect(zoneTable(sim(on)).all()).toHaveLength(1);
});

test("status costs two calls to ACM and one to Route 53", async () => {
  const on = await domainStage();
  await on.up();
  on.calls.length = 0;
  await on.status();
  const made = (service: string) =>
    on.calls.filter((call) => call.service === service).map(({ operation }) => operation);
  expect(made("acm").sort()).toEqual(["DescribeCertificate", "ListTagsForCertificate"]);
  expect(made("route-53").sort()).toEqual(["ListResourceRecordSets"]);
});

test("down finds everything when the state is lost", async () => {
  const on = await domainStage();
  await on.up();
  for (const key of Object.keys(on.store.resources)) on.store.drop(key);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
  await on.down();
  expect(await on.left()).toEqual([]);
  expect(recordsOf(on)).toEqual(BARE);
});

test("without a domain there is nothing to do", async () => {
  const on = await domainStage({ domain: null });
  const { settled } = await on.up();
  expect(settled.filter(({ object }) => /acm|route53/.test(object))).toEqual([]);
  expect(
    listenerTable(sim(on))
      .all()
      .map(({ port, action }) => [port, action.kind]),
  ).toEqual([[80, "forward"]]);
});

test("a zone of our own: https waits until the registrar names its servers, and says which; then up finishes", async () => {
  const on = await domainStage({ domain: { name: "new.example.com", zone: "create" } });
  const first = await on.up();
  const [blocked, ...more] = first.settled.filter(({ outcome }) => outcome === "blocked");
  expect(more).toEqual([]);
  const [zone] = zoneTable(sim(on))
    .all()
    .filter(({ comment }) => comment.startsWith("buddyverse stack=buddyverse"));
  expect(zone?.tags).toMatchObject({ "buddyverse:stack": "buddyverse", Name: "new.example.com" });
  expect(blocked?.reason).toContain(`the registrar must name these name servers: ${zone?.nameServers.join(", ")}`);
  expect(outcomes(first.settled)).toMatchObject({
    "record-new.example.com": "created",
    "listener-https": "skipped",
    redirect: "skipped",
  });
  delegate(sim(on), "new.example.com", zone?.id ?? "");
  const second = await on.up();
  expect(outcomes(second.settled)).toMatchObject({ "listener-https": "created", redirect: "created" });
  await on.down();
  expect(await on.left()).toEqual([]);
  expect(
    zoneTable(sim(on))
      .all()
      .map(({ comment }) => comment),
  ).toEqual([]);
});

test("a zone of our own with somebody's records is not removed, and they are named", async () => {
  const on = await domainStage({ domain: { name: "new.example.com", zone: "create" } });
  await on.up();
  const zone = zoneTable(sim(on))
    .all()
    .find(({ comment }) => comment.startsWith("buddyverse"));
  const mail = { zoneId: zone?.id ?? "", name: "new.example.com", type: "MX", ttl: 60, values: ["10 mx"], alias: null };
  recordTable(sim(on)).putNow(`${mail.zoneId}|${mail.name}|MX`, mail);
  const settled = await on.down();
  expect(settled.find(({ object }) => object === "route53:owned-zone")).toMatchObject({
    outcome: "failed",
    error: { code: "not-ours", message: expect.stringContaining("new.example.com MX") },
  });
});

test("no zone: what needs it waits, the rest is made", async () => {
  const on = await domainStage({ domain: { name: "nobody.example.com" } });
  for (const { id } of zoneTable(sim(on)).all()) zoneTable(sim(on)).removeNow(id);
  const { settled } = await on.up();
  expect(outcomes(settled)).toMatchObject({
    "zone-nobody.example.com": "blocked",
    "certificate-nobody.example.com+www.nobody.example.com": "skipped",
    "record-nobody.example.com": "skipped",
    "load-balancer": "created",
    listener: "created",
  });
});

test("somebody else's record at our name is never overwritten", async () => {
  const on = await domainStage();
  const [zone] = zoneTable(sim(on)).all();
  const key = `${zone?.id}|www.buddyverse.link|A`;
  const old = {
    zoneId: zone?.id ?? "",
    name: "www.buddyverse.link",
    type: "A",
    ttl: 60,
    values: ["192.0.2.1"],
    alias: null,
  };
  recordTable(sim(on)).putNow(key, old);
  const { settled } = await on.up();
  expect(settled.find((one) => one.key === "record-www.buddyverse.link")).toMatchObject({
    outcome: "failed",
    error: { code: "not-ours", message: expect.stringContaining("192.0.2.1") },
  });
  await on.down();
  expect(recordTable(sim(on)).get(key)).toEqual(old);
});

test("a domain under the zone uses the zone; the longest name wins", async () => {
  const on = await domainStage({ domain: { name: "app.example.com", www: false } });
  for (const { id, name } of zoneTable(sim(on)).all()) {
    zoneTable(sim(on)).removeNow(id);
    delegationTable(sim(on)).removeNow(name);
  }
  addHostedZone(sim(on), "example.com");
  const { settled } = await on.up();
  expect(settled.filter(({ outcome }) => outcome !== "created").map(({ key }) => key)).toEqual([
    "zone-app.example.com",
  ]);
  expect(recordsOf(on)).toContain("app.example.com A");
});

test("CAA records that forbid Amazon: said as such, and the next up asks for a new certificate", async () => {
  const on = await domainStage();
  const [zone] = zoneTable(sim(on)).all();
  const caa = {
    zoneId: zone?.id ?? "",
    name: "buddyverse.link",
    type: "CAA",
    ttl: 60,
    values: ['0 issue "letsencrypt.org"'],
    alias: null,
  };
  recordTable(sim(on)).putNow(`${zone?.id}|buddyverse.link|CAA`, caa);
  const first = await on.up();
  expect(first.settled.find(({ object }) => object === "acm:issued-certificate")?.reason).toMatch(/CAA.*amazon\.com/);
  const failed = certificateTable(sim(on)).all()[0]?.arn;
  recordTable(sim(on)).removeNow(`${zone?.id}|buddyverse.link|CAA`);
  const second = await on.up();
  expect(outcomes(second.settled)).toMatchObject({ "listener-https": "created", redirect: "created" });
  expect(
    certificateTable(sim(on))
      .all()
      .map(({ arn, status }) => [arn === failed, status]),
  ).toEqual([[false, "ISSUED"]]);
});

test("the registrar leads elsewhere: blocked, not waited for", async () => {
  const on = await domainStage();
  delegationTable(sim(on)).putNow("buddyverse.link", { nameServers: ["ns1.parking.example"] });
  const before = on.clock.now();
  const { settled } = await on.up();
  expect(settled.filter(({ outcome }) => outcome === "blocked").map(({ object }) => object)).toEqual([
    "acm:issued-certificate",
  ]);
  expect(on.clock.now() - before).toBeLessThan(10 * 60_000);
});
