/** `sandbox fail az ZONE`: what a lost zone does to what is in it, and what goes on without it. */
import * as http from "node:http";
import { beforeEach, expect, test } from "vitest";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { fail, mend, parseFailure } from "../../src/sandbox/failures.ts";
import { databaseFrom } from "../../src/sandbox/guests/database-client.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { activityTable, membersOf } from "../../src/sandbox/services/auto-scaling/tables.ts";
import { pointOf, sourceOf } from "../../src/sandbox/services/cloudwatch/metrics.ts";
import { noWayOut } from "../../src/sandbox/services/ec2/reach.ts";
import { type Instance, instanceTable, subnetTable } from "../../src/sandbox/services/ec2/tables.ts";
import { targetHealth } from "../../src/sandbox/services/elb/health.ts";
import { type Target, type TargetGroup, targetGroupTable, targetTable } from "../../src/sandbox/services/elb/tables.ts";
import { databaseTable } from "../../src/sandbox/services/rds/tables.ts";
import { isOnline } from "../../src/sandbox/services/ssm/agents.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { serveSite } from "../../src/sandbox/site.ts";
import type { World } from "../../src/sandbox/world.ts";
import { stage } from "../lifecycle/stage.ts";

const LOST = "ap-northeast-2a";
const OTHER = "ap-northeast-2c";
const GROUP = "Buddy-AutoScaling-Group";
const MINUTE = 60_000;

/** A stack that has stood for a while. Brought up once in each NAT mode; each test works on a copy. */
const grown: Partial<Record<string, { readonly world: string; readonly at: number }>> = {};
async function grow(mode: string) {
  const on = await stage(mode === "gateway" ? { nat: { mode } } : {});
  await on.up();
  await on.clock.sleep(30 * MINUTE);
  on.sandbox.settle();
  return { world: JSON.stringify(on.sandbox.world), at: on.clock.now() };
}

let clock: Clock;
let sandbox: Sandbox;
async function open(mode: "instance" | "gateway"): Promise<void> {
  grown[mode] ??= await grow(mode);
  const { world, at } = grown[mode];
  clock = jumpingClock(at);
  sandbox = openSandbox({ world: JSON.parse(world) as World, clock });
}
beforeEach(() => open("instance"));

const sim = () => {
  sandbox.settle();
  return simAt(sandbox.world, clock.now());
};
const lose = (zone = LOST) => fail(sim(), parseFailure("az", zone));
const zoneOf = ({ subnetId }: Instance) => subnetTable(sim()).get(subnetId)?.zone;
const running = () =>
  instanceTable(sim())
    .all()
    .filter(({ state }) => state === "running");
const web = (zone: string) =>
  running().find((one) => one.mount !== null && zoneOf(one) === zone && one.httpFrom !== null) as Instance;
const members = () => membersOf(sim(), GROUP);
const healthOf = (instanceId: string) => {
  const target = targetTable(sim())
    .all()
    .find((one) => one.instanceId === instanceId) as Target;
  const group = targetGroupTable(sim()).get(target.targetGroupArn);
  return group && targetHealth(sim(), group, target);
};

async function visits(count: number): Promise<number[]> {
  const site = await serveSite(sandbox, clock);
  const ask = () =>
    new Promise<number>((done, refuse) => {
      const to = site.addressOf("buddyverse.link", 80);
      http
        .get({ host: to?.address, port: to?.port, headers: { host: "buddyverse.link" }, agent: false }, (response) => {
          response.resume();
          done(response.statusCode ?? 0);
        })
        .on("error", refuse);
    });
  const statuses: number[] = [];
  for (let index = 0; index < count; index++) statuses.push(await clock.hold(ask()));
  await site.close();
  return statuses;
}

test("its instances do not answer: 504 for whom the load balancer sends there, until its next checks notice", async () => {
  // Without a domain's redirect the site answers on port 80.
  const [listener] = Object.values(sandbox.world.tables["elb.listeners"] ?? {}).filter(
    ({ row }) => (row as { port: number }).port === 80,
  );
  const forward = { kind: "forward", targetGroupArn: targetGroupTable(sim()).all()[0]?.arn };
  Object.assign(listener as object, { row: { ...listener?.row, action: forward } });
  expect(await visits(6)).toEqual([200, 200, 200, 200, 200, 200]);
  const there = web(LOST);
  lose();
  expect((await visits(6)).sort()).toEqual([200, 200, 200, 504, 504, 504]);

  const { seconds, unhealthy } = (targetGroupTable(sim()).all()[0] as TargetGroup).health;
  const from = clock.now();
  while (healthOf(there.id)?.State === "healthy") await clock.sleep(1_000);
  expect(clock.now() - from).toBeLessThanOrEqual((seconds * unhealthy + 1) * 1_000);
  expect(healthOf(there.id)).toMatchObject({ State: "unhealthy", Reason: "Target.Timeout" });
  expect(await visits(6)).toEqual([200, 200, 200, 200, 200, 200]);
  // EC2 still shows it as running.
  expect(instanceTable(sim()).get(there.id)?.state).toBe("running");
});

test("the group starts its instances in the other zone, without end neither there nor here, and evens them out afterwards", async () => {
  lose();
  const before = new Set(running().map(({ id }) => id));
  await clock.sleep(15 * MINUTE);
  const zones = () =>
    members()
      .map(({ zone, state }) => `${zone} ${state}`)
      .sort();
  expect(zones()).toEqual([`${OTHER} InService`, `${OTHER} InService`]);
  const told = activityTable(sim())
    .all()
    .filter(({ status }) => status === "Failed")
    .map(({ message }) => message);
  expect(told[0]).toMatch(/sufficient t3\.micro capacity in the Availability Zone you requested \(ap-northeast-2a\)/);
  await clock.sleep(60 * MINUTE);
  expect(zones()).toEqual([`${OTHER} InService`, `${OTHER} InService`]);
  const started = instanceTable(sim())
    .all()
    .filter(({ id }) => !before.has(id));
  expect(started).toHaveLength(1);

  mend(sim());
  await clock.sleep(30 * MINUTE);
  expect(zones()).toEqual([`${LOST} InService`, `${OTHER} InService`]);
});

test.each(["instance", "gateway"] as const)(
  "NAT %s: who goes out through the lost zone has no way out and no agent; the others have",
  async (mode) => {
    await open(mode);
    const [here, there] = [web(OTHER), web(LOST)];
    expect([noWayOut(sim(), here), noWayOut(sim(), there)]).toEqual([undefined, undefined]);
    // A machine of the other zone that went out through the lost one's NAT.
    const tables = sandbox.world.tables["ec2.routeTables"] ?? {};
    const routeOf = (subnetId: string) =>
      Object.values(tables).find(({ row }) => JSON.stringify(row).includes(subnetId)) as { row: { routes: unknown } };
    const own = routeOf(here.subnetId).row.routes;
    lose();
    expect(noWayOut(sim(), there)).toContain("is lost");
    expect(noWayOut(sim(), here)).toBeUndefined();
    expect([isOnline(sim(), here.id), isOnline(sim(), there.id)]).toEqual([true, false]);
    Object.assign(routeOf(here.subnetId).row, { routes: routeOf(there.subnetId).row.routes });
    expect(noWayOut(sim(), here)).toMatch(/the zone of NAT .* is lost/);
    Object.assign(routeOf(here.subnetId).row, { routes: own });
    mend(sim(), "az");
    expect(noWayOut(sim(), there)).toBeUndefined();
    await clock.sleep(2 * MINUTE);
    expect(healthOf(there.id)?.State).toBe("healthy");
  },
);

test("a database in it is not reached, while RDS shows it as available; reads go on at the replica in the other zone", () => {
  const zones = Object.fromEntries(
    databaseTable(sim())
      .all()
      .map(({ source, zone }) => [source === null ? "primary" : "replica", zone]),
  );
  expect([zones.primary, zones.replica].sort()).toEqual([LOST, OTHER]);
  const client = web(zones.replica as string);
  expect(databaseFrom(sim(), client, "primary")).toHaveProperty("database");
  lose(zones.primary);
  expect(databaseFrom(sim(), client, "primary")).toEqual({ error: 2003 });
  expect(databaseFrom(sim(), client, "replica")).toHaveProperty("database");
  expect(databaseTable(sim()).get("database1")?.status).toBe("available");
});

test("its instances fail their status checks and send nothing else; its database sends nothing", async () => {
  const { id } = running().find((one) => one.routes !== null && zoneOf(one) === LOST) as Instance;
  const begin = Math.ceil(clock.now() / (5 * MINUTE)) * 5 * MINUTE;
  const primary = databaseTable(sim()).get("database1");
  lose(LOST);
  lose(primary?.zone);
  await clock.sleep(begin - clock.now() + 8 * MINUTE);
  const value = (namespace: string, metric: string, Name: string, Value: string) => {
    const source = sourceOf(sim(), { namespace, metric, dimensions: [{ Name, Value }] });
    return source && pointOf(sim(), source, "Maximum", begin, 5 * MINUTE);
  };
  expect(value("AWS/EC2", "StatusCheckFailed", "InstanceId", id)).toBe(1);
  expect(value("AWS/EC2", "CPUUtilization", "InstanceId", id)).toBeUndefined();
  expect(value("AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "database1")).toBeUndefined();
});
