import {
  AutoScalingClient,
  DescribePoliciesCommand,
  DescribeScalingActivitiesCommand,
} from "@aws-sdk/client-auto-scaling";
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  InvocationDoesNotExist,
  SendCommandCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { commandsOf } from "../../src/verify/aws/commands.ts";
import { readAlarms, readGroupCpu, readWidgets } from "../../src/verify/aws/monitoring.ts";
import { readActivities, readPolicies } from "../../src/verify/aws/scaling.ts";
import { mocked, testAws } from "../aws/aws.ts";

const NOW = Date.UTC(2026, 10, 22);
const widget = (title: string, metrics: readonly unknown[], more: object = {}) => ({
  type: "metric" as const,
  x: 0,
  y: 0,
  width: 6,
  height: 6,
  properties: { title, stat: "Sum", period: 60, metrics, ...more },
});
/** CloudWatch with data for these metrics. */
const withData = (...names: readonly string[]) => {
  const mock = mocked(CloudWatchClient);
  mock.on(GetMetricDataCommand).callsFake(({ MetricDataQueries }) => ({
    MetricDataResults: MetricDataQueries.map(
      ({
        Id,
        MetricStat,
      }: {
        Id: string;
        MetricStat: { Metric: { MetricName: string; Dimensions: { Value: string }[] } };
      }) => {
        const { MetricName, Dimensions } = MetricStat.Metric;
        const there = names.includes(`${MetricName} ${Dimensions.map(({ Value }) => Value).join(" ")}`);
        return { Id, Values: there ? [1] : [] };
      },
    ),
  }));
  return mock;
};

test("a widget has data when one of its metrics has; expressions count by what they are made of", async () => {
  const mock = withData("CPUUtilization i-1", "DataReadIOBytes fs-1");
  const found = await readWidgets(
    await testAws(),
    [
      { ...widget("title", []), type: "text" as const },
      widget("CPU", [
        ["AWS/EC2", "CPUUtilization", "InstanceId", "i-1", { stat: "p95", period: 300 }],
        [".", ".", ".", "i-2"],
      ]),
      widget("other CPU", [["AWS/EC2", "CPUUtilization", "InstanceId", "i-3"]]),
      widget("files", [
        [{ expression: "a / PERIOD(a)" }],
        ["AWS/EFS", "DataReadIOBytes", "FileSystemId", "fs-1", { id: "a", visible: false }],
      ]),
      widget("nothing asked", []),
    ],
    NOW,
  );
  expect(found).toEqual([
    { title: "CPU", data: "some" },
    { title: "other CPU", data: "none" },
    { title: "files", data: "some" },
    { title: "nothing asked", data: "none" },
  ]);
  const [call] = mock.commandCalls(GetMetricDataCommand);
  expect(call?.args[0].input).toMatchObject({ EndTime: new Date(NOW), StartTime: new Date(NOW - 3 * 3_600_000) });
  expect(call?.args[0].input.MetricDataQueries?.slice(0, 2)).toEqual([
    {
      Id: "m0",
      MetricStat: {
        Metric: {
          Namespace: "AWS/EC2",
          MetricName: "CPUUtilization",
          Dimensions: [{ Name: "InstanceId", Value: "i-1" }],
        },
        Period: 300,
        Stat: "p95",
      },
    },
    {
      Id: "m1",
      MetricStat: {
        Metric: {
          Namespace: "AWS/EC2",
          MetricName: "CPUUtilization",
          Dimensions: [{ Name: "InstanceId", Value: "i-2" }],
        },
        Period: 60,
        Stat: "Sum",
      },
    },
  ]);
});

test("an error count without data is quiet when its load balancer is known to send, and nothing when it is not", async () => {
  withData("HealthyHostCount targetgroup/t/1 app/lb/1");
  const ofLoadBalancer = (name: string, lb: string) => widget(name, [["AWS/ApplicationELB", name, "LoadBalancer", lb]]);
  const hosts = widget("hosts", [
    ["AWS/ApplicationELB", "HealthyHostCount", "TargetGroup", "targetgroup/t/1", "LoadBalancer", "app/lb/1"],
  ]);
  const found = await readWidgets(
    await testAws(),
    [
      hosts,
      ofLoadBalancer("HTTPCode_ELB_5XX_Count", "app/lb/1"),
      ofLoadBalancer("HTTPCode_Target_5XX_Count", "app/wrong/1"),
      ofLoadBalancer("ActiveConnectionCount", "app/lb/1"),
    ],
    NOW,
  );
  expect(found.map(({ data }) => data)).toEqual(["some", "quiet", "none", "none"]);
});

test("alarms: those that are not there are said so, with their age and what they need", async () => {
  const mock = mocked(CloudWatchClient);
  mock.on(DescribeAlarmsCommand).resolves({
    MetricAlarms: [
      {
        AlarmName: "a",
        StateValue: "INSUFFICIENT_DATA",
        Period: 300,
        EvaluationPeriods: 3,
        EvaluateLowSampleCountPercentile: "ignore",
        AlarmConfigurationUpdatedTimestamp: new Date(NOW - 60_000),
      },
    ],
  });
  expect(await readAlarms(await testAws(), ["a", "b"], NOW)).toEqual([
    { name: "a", state: "INSUFFICIENT_DATA", ageSeconds: 60, needsSeconds: 1200, needsMany: true },
    { name: "b", state: undefined, ageSeconds: Number.POSITIVE_INFINITY, needsSeconds: 300, needsMany: false },
  ]);
});

test("a policy's alarm acts when it is there, enabled, and runs that policy", async () => {
  mocked(AutoScalingClient)
    .on(DescribePoliciesCommand)
    .resolves({
      ScalingPolicies: [
        {
          PolicyARN: "arn:policy",
          PolicyType: "TargetTrackingScaling",
          Enabled: true,
          Alarms: ["good", "off", "other", "gone"].map((AlarmName) => ({ AlarmName })),
          TargetTrackingConfiguration: {
            PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" },
            TargetValue: 50,
          },
        },
        { PolicyType: "SimpleScaling" },
      ],
    });
  mocked(CloudWatchClient)
    .on(DescribeAlarmsCommand)
    .resolves({
      MetricAlarms: [
        { AlarmName: "good", ActionsEnabled: true, AlarmActions: ["arn:policy"] },
        { AlarmName: "off", ActionsEnabled: false, AlarmActions: ["arn:policy"] },
        { AlarmName: "other", ActionsEnabled: true, AlarmActions: ["arn:other"] },
      ],
    });
  const [policy, ...more] = await readPolicies(await testAws(), "group");
  expect(more).toEqual([]);
  expect(policy).toMatchObject({ target: 50, enabled: true, scalesIn: true });
  expect(policy?.alarms.map(({ name, acts }) => `${name} ${acts}`)).toEqual([
    "good true",
    "off false",
    "other false",
    "gone false",
  ]);
});

test("Run Command: the agents that are online, the script as it is, and how it went", async () => {
  const mock = mocked(SSMClient);
  mock.on(DescribeInstanceInformationCommand).resolves({
    InstanceInformationList: [
      { InstanceId: "i-1", PingStatus: "Online" },
      { InstanceId: "i-2", PingStatus: "ConnectionLost" },
    ],
  });
  mock.on(SendCommandCommand).resolves({ Command: { CommandId: "c-1" } });
  mock
    .on(GetCommandInvocationCommand)
    .rejectsOnce(new InvocationDoesNotExist({ message: "", $metadata: {} }))
    .resolvesOnce({ Status: "InProgress", ResponseCode: -1 })
    .resolvesOnce({ Status: "Success", ResponseCode: 0, StandardOutputContent: "7\n" })
    .resolvesOnce({ Status: "Failed", ResponseCode: 3, StandardErrorContent: "no" })
    .resolvesOnce({ Status: "TimedOut", StatusDetails: "DeliveryTimedOut", ResponseCode: -1 });
  const commands = commandsOf(await testAws());
  expect([...(await commands.online(["i-1", "i-2"]))]).toEqual(["i-1"]);
  expect(await commands.send(["i-1"], "# one\ntwo\n", "requests")).toBe("c-1");
  expect(mock.commandCalls(SendCommandCommand)[0]?.args[0].input).toEqual({
    DocumentName: "AWS-RunShellScript",
    InstanceIds: ["i-1"],
    Comment: "buddyverse: requests",
    TimeoutSeconds: 60,
    Parameters: { commands: ["# one", "two", ""], executionTimeout: ["150"] },
  });
  const look = () => commands.result("c-1", "i-1");
  expect(await look()).toEqual({ state: "under-way" });
  expect(await look()).toEqual({ state: "under-way" });
  expect(await look()).toEqual({ state: "ended", exitCode: 0, output: "7\n", errors: "" });
  expect(await look()).toEqual({ state: "ended", exitCode: 3, output: "", errors: "no" });
  expect(await look()).toEqual({ state: "lost", why: "DeliveryTimedOut" });
});

test("activities: those since then, page by page, with the cause that says most", async () => {
  const at = (minute: number) => new Date(NOW + minute * 60_000);
  const mock = mocked(AutoScalingClient);
  mock
    .on(DescribeScalingActivitiesCommand)
    .resolvesOnce({
      Activities: [
        {
          ActivityId: "a3",
          AutoScalingGroupName: "g",
          StatusCode: "Successful",
          StartTime: at(3),
          Description: "Launching a new EC2 instance: i-3",
          Cause:
            "At 2026-11-22T00:02:50Z a monitor alarm TargetTracking-g-AlarmHigh-1 in state ALARM triggered policy cpu-target changing the desired capacity from 2 to 4.  At 2026-11-22T00:03:00Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 2 to 4.",
        },
      ],
      NextToken: "more",
    })
    .resolves({
      Activities: [
        {
          ActivityId: "a2",
          AutoScalingGroupName: "g",
          StatusCode: "Successful",
          StartTime: at(1),
          Description: "Terminating EC2 instance: i-2",
          Cause:
            "At 2026-11-22T00:01:00Z an instance was taken out of service in response to an ELB system health check failure.",
        },
        { ActivityId: "a1", AutoScalingGroupName: "g", StatusCode: "Failed", StartTime: at(-9), Cause: "At dawn" },
      ],
      NextToken: "older",
    });
  expect(await readActivities(await testAws(), "g", NOW)).toEqual([
    {
      id: "a3",
      at: NOW + 180_000,
      what: "Launching a new EC2 instance: i-3: a monitor alarm TargetTracking-g-AlarmHigh-1 in state ALARM triggered policy cpu-target changing the desired capacity from 2 to 4",
    },
    {
      id: "a2",
      at: NOW + 60_000,
      what: "Terminating EC2 instance: i-2: an instance was taken out of service in response to an ELB system health check failure",
    },
  ]);
  // What is older ends the reading, whatever else there is.
  expect(mock.commandCalls(DescribeScalingActivitiesCommand)).toHaveLength(2);
});

test("the group's CPU comes in order of time, page by page", async () => {
  mocked(CloudWatchClient)
    .on(GetMetricDataCommand)
    .resolvesOnce({ MetricDataResults: [{ Id: "cpu", Timestamps: [new Date(NOW)], Values: [12.5] }], NextToken: "2" })
    .resolves({ MetricDataResults: [{ Id: "cpu", Timestamps: [new Date(NOW + 300_000)], Values: [99] }] });
  expect(await readGroupCpu(await testAws(), "g", NOW, NOW + 600_000)).toEqual([
    { at: NOW, percent: 12.5 },
    { at: NOW + 300_000, percent: 99 },
  ]);
});
