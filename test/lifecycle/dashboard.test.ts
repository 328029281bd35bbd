import { expect, test } from "vitest";
import type { Config } from "../../src/config/schema.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { type Identified, type ResourceType, resource, type Step, step } from "../../src/engine/resource.ts";
import { alarmTable, dashboardTable } from "../../src/sandbox/services/cloudwatch/tables.ts";
import { confirmSubscription, subscriptionTable, topicTable } from "../../src/sandbox/services/sns/sns.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { dashboardStep } from "../../steps/dashboard.ts";
import type { Monitored } from "../../steps/monitored.ts";
import { type Stage, stage } from "./stage.ts";

/** Something that is there and is watched. */
const there = (key: string, name: string, live: object = {}) => {
  const type: ResourceType<object, Identified> = {
    name: "test:watched",
    external: true,
    find: async () => ({ id: `${key}-id`, ...live }),
  };
  return resource(type, key, name, {}, () => ({}));
};

/** The dashboard over what only stands for the rest of the stack: that is tested elsewhere. */
function dashboardSteps(config: Config): readonly Step[] {
  const monitored = {
    natBastion: {
      nats: [there("nat-1", "Buddy-NAT1"), there("nat-2", "Buddy-NAT2")],
      bastions: [there("bastion-1", "Bastion1"), there("bastion-2", "Bastion2")],
    },
    efs: { fileSystem: there("file-system", "Buddy-EFS") },
    rds: {
      primary: there("database", "database1"),
      ...(config.database.replica ? { replica: there("replica", "database1-replica") } : {}),
    },
    loadBalancer: {
      loadBalancer: there("load-balancer", "Buddy-LoadBalance", { fullName: "app/Buddy-LoadBalance/0123456789abcdef" }),
      targetGroup: there("target-group", "TargetGroup", { fullName: "targetgroup/TargetGroup/0123456789abcdef" }),
    },
    autoScaling: { group: there("group", "Buddy-AutoScaling-Group") },
  };
  const { natBastion, efs, rds, loadBalancer, autoScaling } = monitored;
  const all = { ...natBastion, ...efs, ...rds, ...loadBalancer, ...autoScaling };
  return [step("watched", all), dashboardStep(config, monitored as unknown as Monitored)];
}

const dashboardStage = (config: object = {}) => stage(config, 7, dashboardSteps);
const sim = (on: Stage) => simAt(on.sandbox.world, on.clock.now());
const alarms = (on: Stage) => alarmTable(sim(on)).all();
const EMAIL = "ops@example.com";

test("up makes alarms and dashboard; plan is empty; up writes nothing; down leaves nothing", async () => {
  const on = await dashboardStage({ monitoring: { email: EMAIL } });
  const { settled } = await on.up();
  expect(settled.filter(({ outcome, object }) => outcome !== "created" && object !== "test:watched")).toEqual([]);
  expect(
    alarms(on)
      .map(({ name }) => name)
      .sort(),
  ).toEqual([
    "Buddy-ALB-5xx",
    "Buddy-Bastion1-CPU-Credits",
    "Buddy-Bastion1-Status-Check",
    "Buddy-Bastion2-CPU-Credits",
    "Buddy-Bastion2-Status-Check",
    "Buddy-Database-CPU",
    "Buddy-Database-Free-Storage",
    "Buddy-Latency-p95",
    "Buddy-NAT1-CPU-Credits",
    "Buddy-NAT1-Status-Check",
    "Buddy-NAT2-CPU-Credits",
    "Buddy-NAT2-Status-Check",
    "Buddy-Replica-Lag",
    "Buddy-Target-5xx",
    "Buddy-Unhealthy-Hosts",
    "Buddy-Web-CPU",
    "Buddy-Web-CPU-Credits",
  ]);
  const topic = topicTable(sim(on)).all()[0]?.arn;
  expect(alarms(on).every(({ settings }) => settings?.AlarmActions[0] === topic)).toBe(true);
  on.writes();
  expect(isEmpty(planUp(await on.survey()))).toBe(true);
  await on.up();
  expect(on.writes()).toEqual([]);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
  confirmSubscription(sim(on), EMAIL);
  await on.down();
  expect(await on.left()).toEqual([]);
  for (const table of [alarmTable, dashboardTable, topicTable, subscriptionTable])
    expect(table(sim(on)).all()).toEqual([]);
});

test.each<[string, object, readonly string[]]>([
  ["standard mode: nobody can owe credits", { cpuCredits: "standard" }, []],
  ["T2 is in standard mode by itself", { web: { instanceType: "t2.micro" } }, ["Bastion1", "Bastion2", "NAT1", "NAT2"]],
  [
    "T2 that is told to go on",
    { cpuCredits: "unlimited", web: { instanceType: "t2.micro" }, nat: { mode: "gateway" } },
    ["Bastion1", "Bastion2", "Web"],
  ],
  ["a type without credits", { nat: { instanceType: "m7i.large" } }, ["Bastion1", "Bastion2", "Web"]],
])("surplus credits are watched where they can be charged: %s", async (_why, config, watched) => {
  const on = await dashboardStage(config);
  await on.up();
  const names = alarms(on).flatMap(({ name }) => /^Buddy-(.+)-CPU-Credits$/.exec(name)?.[1] ?? []);
  expect(names.sort()).toEqual(watched);
});

test("the person gets one mail, however often up runs", async () => {
  const on = await dashboardStage({ monitoring: { email: EMAIL } });
  await on.up();
  await on.up();
  for (const key of Object.keys(on.store.resources)) on.store.drop(key);
  await on.up();
  expect(
    subscriptionTable(sim(on))
      .all()
      .map(({ endpoint, mails }) => [endpoint, mails]),
  ).toEqual([[EMAIL, 1]]);
});

test("status costs two calls to CloudWatch and two to SNS", async () => {
  const on = await dashboardStage({ monitoring: { email: EMAIL } });
  await on.up();
  on.calls.length = 0;
  await on.status();
  const made = on.calls.map(({ service, operation }) => `${service} ${operation}`).sort();
  expect(made).toEqual([
    "cloudwatch DescribeAlarms",
    "cloudwatch GetDashboard",
    "sns ListSubscriptionsByTopic",
    "sns ListTagsForResource",
  ]);
});

test("an alarm and a dashboard that somebody changed are drift, and are put right", async () => {
  const on = await dashboardStage();
  await on.up();
  const lag = alarmTable(sim(on)).get("Buddy-Replica-Lag");
  if (!lag?.settings) throw new Error("there is no alarm");
  alarmTable(sim(on)).putNow(lag.name, {
    ...lag,
    settings: { ...lag.settings, Threshold: 9000, ActionsEnabled: false },
  });
  const board = dashboardTable(sim(on)).all()[0];
  if (!board) throw new Error("there is no dashboard");
  dashboardTable(sim(on)).putNow(board.name, { ...board, body: '{"widgets":[]}' });
  const drifted = (await on.status()).filter(({ standing }) => standing === "drift");
  expect(drifted.map(({ name, drift }) => [name, drift.map(({ field }) => field)])).toEqual([
    ["Buddy-Replica-Lag", ["threshold", "actions"]],
    ["CPU-Per-Second", ["widgets"]],
  ]);
  await on.up();
  expect(alarmTable(sim(on)).get(lag.name)).toEqual({ ...lag, changedAt: expect.any(Number) });
  expect(dashboardTable(sim(on)).get(board.name)).toEqual(board);
});

test("somebody else's dashboard of that name is left alone", async () => {
  const on = await dashboardStage();
  dashboardTable(sim(on)).putNow("CPU-Per-Second", { name: "CPU-Per-Second", body: '{"widgets":[]}', tags: {} });
  await expect(on.up()).rejects.toMatchObject({ code: "not-ours" });
});

test("with NAT gateways their ports are watched, not status checks; without a replica there is no lag", async () => {
  const on = await dashboardStage({ nat: { mode: "gateway" }, database: { replica: false } });
  await on.up();
  const names = alarms(on).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["Buddy-NAT1-Port-Allocation", "Buddy-NAT2-Port-Allocation"]));
  expect(names).not.toContain("Buddy-NAT1-Status-Check");
  expect(names).not.toContain("Buddy-Replica-Lag");
  const body = dashboardTable(sim(on)).all()[0]?.body ?? "";
  expect(body).toContain('"AWS/NATGateway","BytesOutToDestination","NatGatewayId","nat-1-id"');
  expect(body).not.toContain("ReplicaLag");
});

test("widgets lie on the grid, side by side, and none over another", async () => {
  const on = await dashboardStage();
  await on.up();
  const { widgets } = JSON.parse(dashboardTable(sim(on)).all()[0]?.body ?? "{}") as {
    widgets: { x: number; y: number; width: number; height: number }[];
  };
  const cells = widgets.flatMap(({ x, y, width, height }) =>
    Array.from({ length: width * height }, (_, i) => `${x + (i % width)},${y + Math.floor(i / width)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  // Full rows: nothing but the grid's 24 columns.
  expect(cells.length % 24).toBe(0);
});
