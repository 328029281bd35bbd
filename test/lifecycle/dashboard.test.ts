import { expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { type Identified, type ResourceType, resource, type Step, step } from "../../src/engine/resource.ts";
import { inventory } from "../../src/sandbox/inventory.ts";
import { dashboardStep } from "../../steps/dashboard.ts";
import type { Monitored } from "../../steps/monitored.ts";
import { type Account, accountIn } from "../sandbox/grown.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

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
/** Somebody else at work in the account. */
const them = (on: Stage): Account => accountIn(on.sandbox, on.clock);
interface Alarm {
  readonly AlarmName: string;
  readonly AlarmActions: string[];
  readonly Threshold: number;
  readonly ExtendedStatistic?: string;
}
const alarms = async (on: Stage) =>
  (await them(on).ask<{ MetricAlarms: Alarm[] }>("cloudwatch", "DescribeAlarms")).MetricAlarms;
const DASHBOARD = { DashboardName: "CPU-Per-Second" };
const body = async (on: Stage) =>
  (await them(on).ask<{ DashboardBody: string }>("cloudwatch", "GetDashboard", DASHBOARD)).DashboardBody;
const EMAIL = "ops@example.com";

test("up makes alarms and dashboard; plan is empty; up writes nothing; down leaves nothing", async () => {
  const on = await dashboardStage({ monitoring: { email: EMAIL } });
  const { settled } = await on.up();
  expect(settled.filter(({ outcome, object }) => outcome !== "created" && object !== "test:watched")).toEqual([]);
  expect((await alarms(on)).map(({ AlarmName }) => AlarmName).sort()).toEqual([
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
    "Buddy-Replica-Free-Storage",
    "Buddy-Replica-Lag",
    "Buddy-Replica-Stopped",
    "Buddy-Target-5xx",
    "Buddy-Unhealthy-Hosts",
    "Buddy-Web-CPU",
    "Buddy-Web-CPU-Credits",
  ]);
  const percentiles = (await alarms(on)).filter(({ ExtendedStatistic }) => ExtendedStatistic !== undefined);
  expect(percentiles).toMatchObject([{ EvaluateLowSampleCountPercentile: "ignore" }]);
  const topic = on.store.get("topic")?.id;
  expect((await alarms(on)).every(({ AlarmActions }) => AlarmActions[0] === topic)).toBe(true);
  on.writes();
  expect(isEmpty(planUp(await on.refresh()))).toBe(true);
  await on.up();
  expect(on.writes()).toEqual([]);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
  them(on).followLink(EMAIL);
  await on.down();
  expect(await on.left()).toEqual([]);
  expect(inventory(on.sandbox.world).filter(({ kind }) => /alarm|dashboard|topic|subscription/.test(kind))).toEqual([]);
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
  const names = (await alarms(on)).flatMap(({ AlarmName }) => /^Buddy-(.+)-CPU-Credits$/.exec(AlarmName)?.[1] ?? []);
  expect(names.sort()).toEqual(watched);
});

test("the person gets one mail, however often up runs", async () => {
  const on = await dashboardStage({ monitoring: { email: EMAIL } });
  await on.up();
  await on.up();
  for (const key of Object.keys(on.store.resources)) on.store.drop(key);
  await on.up();
  expect(them(on).mails(EMAIL)).toBe(1);
});

test("an alarm and a dashboard that somebody changed are drift, and are put right", async () => {
  const on = await dashboardStage();
  await on.up();
  const board = await body(on);
  const lag = (await alarms(on)).find(({ AlarmName }) => AlarmName === "Buddy-Replica-Lag");
  await them(on).ask("cloudwatch", "PutMetricAlarm", {
    AlarmName: "Buddy-Replica-Lag",
    Namespace: "AWS/RDS",
    MetricName: "ReplicaLag",
    Dimensions: [{ Name: "DBInstanceIdentifier", Value: "database1-replica" }],
    Statistic: "Average",
    Period: 60,
    EvaluationPeriods: 5,
    Threshold: 9000,
    ComparisonOperator: "GreaterThanThreshold",
    ActionsEnabled: false,
  });
  await them(on).ask("cloudwatch", "PutDashboard", { ...DASHBOARD, DashboardBody: '{"widgets":[]}' });
  await on.clock.sleep(5_000);
  const drifted = (await on.status()).filter(({ standing }) => standing === "drift");
  expect(drifted.map(({ name, drift }) => [name, drift.map(({ field }) => field)])).toEqual([
    ["Buddy-Replica-Lag", expect.arrayContaining(["threshold", "actionsEnabled"])],
    ["CPU-Per-Second", ["widgets"]],
  ]);
  await on.up();
  expect((await alarms(on)).find(({ AlarmName }) => AlarmName === "Buddy-Replica-Lag")).toMatchObject({
    Threshold: lag?.Threshold,
    ActionsEnabled: true,
  });
  expect(await body(on)).toEqual(board);
});

test("somebody else's dashboard of that name is left alone", async () => {
  const on = await dashboardStage();
  await them(on).ask("cloudwatch", "PutDashboard", { ...DASHBOARD, DashboardBody: '{"widgets":[]}' });
  await on.clock.sleep(5_000);
  await expect(on.up()).rejects.toMatchObject({ code: "refused" });
});

test("with NAT gateways their ports are watched, not status checks; without a replica there is no lag", async () => {
  const on = await dashboardStage({ nat: { mode: "gateway" }, database: { replica: false } });
  await on.up();
  const names = (await alarms(on)).map(({ AlarmName }) => AlarmName);
  expect(names).toEqual(expect.arrayContaining(["Buddy-NAT1-Port-Allocation", "Buddy-NAT2-Port-Allocation"]));
  expect(names).not.toContain("Buddy-NAT1-Status-Check");
  expect(names).not.toContain("Buddy-Replica-Lag");
  const board = await body(on);
  expect(board).toContain('"AWS/NATGateway","BytesOutToDestination","NatGatewayId","nat-1-id"');
  expect(board).not.toContain("ReplicaLag");
});

test("widgets lie on the grid, side by side, and none over another", async () => {
  const on = await dashboardStage();
  await on.up();
  const { widgets } = JSON.parse(await body(on)) as {
    widgets: { x: number; y: number; width: number; height: number }[];
  };
  const cells = widgets.flatMap(({ x, y, width, height }) =>
    Array.from({ length: width * height }, (_, i) => `${x + (i % width)},${y + Math.floor(i / width)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  // Full rows: nothing but the grid's 24 columns.
  expect(cells.length % 24).toBe(0);
});

test("another alarm address: the plan says what AWS does with the one that never confirmed; the new one is said to wait", async () => {
  const on = await stage({ monitoring: { email: "old@example.com" } }, 7, dashboardSteps);
  await on.up();
  const config = parseConfig({ monitoring: { email: "new@example.com" } }, "test.config.json");
  const next = await stageOn(config, on.clock, on.sandbox, on.text, dashboardSteps);
  const [planned] = (await next.plan()).items.filter(({ name }) => name.includes("old@example.com"));
  expect(planned).toMatchObject({
    action: "retain",
    reason: expect.stringContaining("it goes by itself two days after"),
  });
  await next.up();
  const waiting = (await next.status()).filter(({ notes }) => notes.length > 0);
  expect(waiting.map(({ name, standing }) => [name, standing])).toEqual([
    ["Buddy-Alarms → new@example.com", "in-sync"],
  ]);
  expect(waiting[0]?.notes[0]).toContain("new@example.com gets no alarm yet");
  expect(isEmpty(planUp(await next.refresh()))).toBe(true);
  await next.down();
  expect(await next.left()).toEqual([]);
});
