import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  ListTagsForResourceCommand,
  type MetricAlarm,
  PutMetricAlarmCommand,
  ResourceNotFound,
} from "@aws-sdk/client-cloudwatch";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { type AlarmLive, type AlarmSpec, alarm } from "../../../src/aws/cloudwatch/alarm.ts";
import { differences } from "../../../src/engine/differences.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const cloudWatch = mocked(CloudWatchClient);
beforeEach(() => cloudWatch.reset());

const ARN = "arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:Buddy-Latency-p95";
const owner = ownerOf("alarm-latency-p95", "Buddy-Latency-p95");
const spec: AlarmSpec = {
  description: "slow",
  namespace: "AWS/ApplicationELB",
  metric: "TargetResponseTime",
  dimensions: { LoadBalancer: "app/x/1", TargetGroup: "targetgroup/x/1" },
  statistic: "p95",
  periodSeconds: 60,
  evaluationPeriods: 5,
  datapointsToAlarm: 5,
  threshold: 2,
  comparison: "GreaterThanThreshold",
  treatMissing: "notBreaching",
  lowSampleCount: "ignore",
  actions: ["arn:aws:sns:ap-northeast-2:111122223333:Buddy-Alarms"],
  okActions: ["arn:aws:sns:ap-northeast-2:111122223333:Buddy-Alarms"],
  actionsEnabled: true,
};
/** What AWS answers for it: no DatapointsToAlarm when it equals the periods, dimensions in another order. */
const found: MetricAlarm = {
  AlarmName: owner.name,
  AlarmArn: ARN,
  AlarmDescription: "slow",
  Namespace: spec.namespace,
  MetricName: spec.metric,
  Dimensions: [
    { Name: "TargetGroup", Value: "targetgroup/x/1" },
    { Name: "LoadBalancer", Value: "app/x/1" },
  ],
  ExtendedStatistic: "p95",
  EvaluateLowSampleCountPercentile: "ignore",
  Period: 60,
  EvaluationPeriods: 5,
  Threshold: 2,
  ComparisonOperator: "GreaterThanThreshold",
  TreatMissingData: "notBreaching",
  ActionsEnabled: true,
  AlarmActions: [...spec.actions],
  OKActions: [...spec.actions],
  StateValue: "INSUFFICIENT_DATA",
};
const diff = async (change: MetricAlarm = {}) => {
  cloudWatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [{ ...found, ...change }] });
  const live = await alarm.find(aws, owner, ARN);
  return live && differences(alarm, spec, live, undefined).map(({ field }) => field);
};

test("what was put is found again without a difference; what a person changed is one", async () => {
  expect(await diff()).toEqual([]);
  expect(await diff({ ActionsEnabled: false })).toEqual(["actionsEnabled"]);
  expect(await diff({ OKActions: [] })).toEqual(["okActions"]);
  expect(await diff({ EvaluateLowSampleCountPercentile: undefined as never })).toEqual(["lowSampleCount"]);
  expect(await diff({ TreatMissingData: undefined as never })).toEqual(["treatMissing"]);
});

test("a percentile is an extended statistic, and then there is no other; the tags are in the same call", async () => {
  cloudWatch.on(PutMetricAlarmCommand).resolves({});
  expect(await alarm.create?.(aws, spec, owner, "t")).toBe(ARN);
  await alarm.create?.(aws, { ...spec, statistic: "Sum", lowSampleCount: undefined }, owner, "t");
  const [p95, sum] = cloudWatch.commandCalls(PutMetricAlarmCommand).map(({ args }) => args[0].input);
  expect(p95).toMatchObject({ ExtendedStatistic: "p95", AlarmName: owner.name });
  expect(p95).not.toHaveProperty("Statistic");
  expect(p95?.Tags).toContainEqual({ Key: "buddyverse:key", Value: owner.key });
  expect(sum).toMatchObject({ Statistic: "Sum" });
  expect(sum).not.toHaveProperty("ExtendedStatistic");
  expect(sum).not.toHaveProperty("EvaluateLowSampleCountPercentile");
});

test("an update puts the whole alarm again", async () => {
  cloudWatch.on(PutMetricAlarmCommand).resolves({});
  await diff();
  const live = await alarm.find(aws, owner, ARN);
  if (!live) throw new Error("not found");
  await alarm.update?.(aws, live, spec, new Set(["threshold"]), owner);
  expect(cloudWatch.commandCalls(PutMetricAlarmCommand)[0]?.args[0].input).toMatchObject({
    MetricName: spec.metric,
    Threshold: 2,
    TreatMissingData: "notBreaching",
    AlarmActions: spec.actions,
  });
});

test("many alarms asked for at once are one call per hundred", async () => {
  cloudWatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [] });
  await Promise.all(Array.from({ length: 150 }, (_, index) => alarm.find(aws, ownerOf("k", `Buddy-${index}`))));
  const names = cloudWatch.commandCalls(DescribeAlarmsCommand).map(({ args }) => args[0].input.AlarmNames?.length);
  expect(names).toEqual([100, 50]);
});

test("one that is not recorded is ours only by its tags", async () => {
  await diff();
  cloudWatch.on(ListTagsForResourceCommand).resolves({ Tags: awsTags(owner.key, owner.name) });
  expect(await alarm.find(aws, owner)).toMatchObject({ id: ARN });
  cloudWatch.on(ListTagsForResourceCommand).resolves({ Tags: [] });
  await expect(alarm.find(aws, owner)).rejects.toMatchObject({ code: "not-ours" });
});

test("one that is gone is gone", async () => {
  await diff();
  const live = await alarm.find(aws, owner, ARN);
  if (!live) throw new Error("not found");
  cloudWatch
    .on(DeleteAlarmsCommand)
    .rejects(new ResourceNotFound({ message: "no", $metadata: { httpStatusCode: 404 } }));
  await alarm.delete?.(aws, live, { discardData: false, label: "" });
  expect(cloudWatch.commandCalls(DeleteAlarmsCommand)[0]?.args[0].input).toEqual({ AlarmNames: [owner.name] });
});

describe("alarms that go at once", () => {
  const NAMES = Array.from({ length: 120 }, (_, index) => `Buddy-${index}`);
  const away = (names: readonly string[]) =>
    Promise.allSettled(
      names.map((name) =>
        alarm.delete?.(aws, { id: ARN.replace("Buddy-Latency-p95", name) } as AlarmLive, {
          discardData: false,
          label: "",
        }),
      ),
    );
  const asked = () => cloudWatch.commandCalls(DeleteAlarmsCommand).map(({ args }) => args[0].input.AlarmNames);
  const denied = Object.assign(new Error("no"), { name: "AccessDenied", $metadata: { httpStatusCode: 403 } });

  test("go by one call of a hundred names at most", async () => {
    cloudWatch.on(DeleteAlarmsCommand).resolves({});
    expect((await away(NAMES)).filter(({ status }) => status === "rejected")).toEqual([]);
    expect(asked().map((names) => names?.length)).toEqual([100, 20]);
    expect(asked().flat()).toEqual(NAMES);
  });

  test("of which one may not be deleted: that one is denied, the others go", async () => {
    cloudWatch.on(DeleteAlarmsCommand).resolves({});
    for (const names of [["Buddy-0", "Buddy-1", "Buddy-2"], ["Buddy-1"]])
      cloudWatch.on(DeleteAlarmsCommand, { AlarmNames: names }).rejects(denied);
    expect((await away(NAMES.slice(0, 3))).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  test("fail together with trouble on the way, and are not asked for again by one each", async () => {
    cloudWatch.on(DeleteAlarmsCommand).rejects(Object.assign(new Error("slow down"), { name: "ThrottlingException" }));
    expect((await away(NAMES.slice(0, 3))).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(new Set(asked().map((names) => names?.length))).toEqual(new Set([3]));
  });
});
