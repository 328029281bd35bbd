/** AWS's rules for alarms, dashboards, topics and subscriptions, as the sandbox keeps them. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { confirmSubscription } from "../../src/sandbox/outside.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";

const START = Date.UTC(2026, 10, 22);
let clock: Clock;
let sandbox: Sandbox;
let aws: Aws;
beforeEach(async () => {
  clock = jumpingClock(START);
  sandbox = openSandbox({ world: freshWorld({ region: "ap-northeast-2", time: START, seed: 3 }), clock });
  aws = await connect({ region: "ap-northeast-2", clock, wire: sandbox, network: sandbox.network });
});
const sim = () => simAt(sandbox.world, clock.now());
const settle = () => clock.sleep(5_000);
const refused = (call: Promise<unknown>, name: string) => expect(call).rejects.toMatchObject({ name });

describe("alarms", () => {
  const put = async (change: object = {}) => {
    await aws.cloudWatch.putMetricAlarm({
      AlarmName: "Buddy-x",
      Namespace: "AWS/EC2",
      MetricName: "StatusCheckFailed",
      Dimensions: [{ Name: "InstanceId", Value: "i-1" }],
      Statistic: "Maximum",
      Period: 60,
      EvaluationPeriods: 2,
      Threshold: 0,
      ComparisonOperator: "GreaterThanThreshold",
      ...change,
    });
    await settle();
  };
  const alarm = async () => (await aws.cloudWatch.describeAlarms({ AlarmNames: ["Buddy-x"] })).MetricAlarms?.[0];
  const state = async () => (await alarm())?.StateValue;

  test("a put replaces the whole alarm, but not its tags", async () => {
    await put({ AlarmDescription: "first", Tags: [{ Key: "a", Value: "1" }] });
    await put({ Tags: [{ Key: "a", Value: "2" }] });
    const found = await alarm();
    expect(found).not.toHaveProperty("AlarmDescription");
    const { Tags } = await aws.cloudWatch.listTagsForResource({ ResourceARN: found?.AlarmArn });
    expect(Tags).toEqual([{ Key: "a", Value: "1" }]);
  });

  test("no data at birth; wrong dimensions are accepted and never get any", async () => {
    await put({ TreatMissingData: "missing" });
    expect(await state()).toBe("INSUFFICIENT_DATA");
    await clock.sleep(3_600_000);
    expect(await state()).toBe("INSUFFICIENT_DATA");
    await put({ TreatMissingData: "breaching" });
    expect(await state()).toBe("ALARM");
    const { Subnets } = await aws.ec2.describeSubnets({});
    const { Instances } = await aws.ec2.runInstances({
      ImageId: "ami-0a12023000000a64d",
      InstanceType: "t3.micro",
      MinCount: 1,
      MaxCount: 1,
      SubnetId: Subnets?.[0]?.SubnetId,
    });
    await clock.sleep(10 * 60_000);
    const Dimensions = [{ Name: "InstanceId", Value: Instances?.[0]?.InstanceId }];
    await put({ Dimensions });
    expect(await state()).toBe("OK");

    // One value is no percentile.
    const percentile = { Dimensions, Statistic: undefined, ExtendedStatistic: "p95", Threshold: -1 };
    await put(percentile);
    expect(await state()).toBe("ALARM");
    await put({ ...percentile, EvaluateLowSampleCountPercentile: "ignore" });
    expect(await state()).toBe("INSUFFICIENT_DATA");
  });

  test("what CloudWatch refuses", async () => {
    await refused(put({ ExtendedStatistic: "p95" }), "InvalidParameterCombinationException");
    await refused(put({ Statistic: undefined }), "InvalidParameterCombinationException");
    await refused(put({ EvaluateLowSampleCountPercentile: "ignore" }), "InvalidParameterCombinationException");
    await refused(put({ Period: 90 }), "ValidationError");
    await refused(put({ Period: 300, EvaluationPeriods: 300 }), "ValidationError");
    await refused(put({ DatapointsToAlarm: 3 }), "ValidationError");
    await refused(
      aws.cloudWatch.describeAlarms({ AlarmNames: ["a"], AlarmNamePrefix: "a" }),
      "InvalidParameterCombinationException",
    );
  });

  test("of several to delete those that are there go; of the others it says nothing", async () => {
    await put();
    await aws.cloudWatch.deleteAlarms({ AlarmNames: ["Buddy-x", "Buddy-y"] });
    await settle();
    expect(await alarm()).toBeUndefined();
  });
});

describe("dashboards", () => {
  const put = (DashboardBody: string, DashboardName = "d") =>
    aws.cloudWatch.putDashboard({ DashboardName, DashboardBody });
  const metric = (properties: object) => JSON.stringify({ widgets: [{ type: "metric", properties }] });

  test("bodies that are refused, bodies that are complained of, and one that is good", async () => {
    const metrics = [["AWS/EC2", "CPUUtilization", "InstanceId", "i-1"]];
    await refused(put("{"), "DashboardInvalidInputError");
    await refused(put(metric({ metrics })), "DashboardInvalidInputError");
    await refused(
      put(metric({ region: "r", metrics: [["AWS/EC2", "CPUUtilization", "InstanceId"]] })),
      "DashboardInvalidInputError",
    );
    await refused(put('{"widgets":[{"type":"text","properties":{}}]}'), "DashboardInvalidInputError");
    await refused(
      put('{"widgets":[{"type":"text","x":20,"width":6,"properties":{"markdown":""}}]}'),
      "DashboardInvalidInputError",
    );
    await expect(put("{")).rejects.toMatchObject({
      Code: "InvalidParameterInput",
      dashboardValidationMessages: [{ Message: "Invalid JSON" }],
    });
    expect((await put(metric({ region: "r", metrics, colour: "red" }))).DashboardValidationMessages).toHaveLength(1);
    expect((await put(metric({ region: "r", metrics }))).DashboardValidationMessages).toEqual([]);
  });

  test("absent ones have a name of their own, and another code on the wire", async () => {
    await expect(aws.cloudWatch.getDashboard({ DashboardName: "d" })).rejects.toMatchObject({
      name: "DashboardNotFoundError",
      Code: "ResourceNotFound",
    });
    await refused(aws.cloudWatch.deleteDashboards({ DashboardNames: ["d"] }), "DashboardNotFoundError");
  });
});

describe("topics", () => {
  const subscribe = (TopicArn: string | undefined, Endpoint = "ops@example.com") =>
    aws.sns.subscribe({ TopicArn, Protocol: "email", Endpoint, ReturnSubscriptionArn: true });
  const listed = async (TopicArn: string | undefined) =>
    (await aws.sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions?.map(({ SubscriptionArn }) => SubscriptionArn);

  test("the same name is the same topic, whosever; with other tags it is refused", async () => {
    const { TopicArn } = await aws.sns.createTopic({ Name: "t", Tags: [{ Key: "a", Value: "1" }] });
    expect((await aws.sns.createTopic({ Name: "t" })).TopicArn).toBe(TopicArn);
    await refused(aws.sns.createTopic({ Name: "t", Tags: [] }), "InvalidParameterException");
    await aws.sns.deleteTopic({ TopicArn });
    await aws.sns.deleteTopic({ TopicArn });
    await settle();
    await expect(aws.sns.listTagsForResource({ ResourceArn: TopicArn })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      Code: "ResourceNotFound",
    });
  });

  test("unconfirmed subscriptions have no ARN in the list, cannot be unsubscribed, and are forgotten", async () => {
    const { TopicArn } = await aws.sns.createTopic({ Name: "t" });
    await settle();
    const { SubscriptionArn } = await subscribe(TopicArn);
    await settle();
    expect(await listed(TopicArn)).toEqual(["PendingConfirmation"]);
    await refused(aws.sns.unsubscribe({ SubscriptionArn }), "InvalidParameterException");
    await clock.sleep(50 * 3_600_000);
    expect(await listed(TopicArn)).toEqual([]);
    const again = await subscribe(TopicArn);
    confirmSubscription(sim(), "ops@example.com");
    await settle();
    expect(await listed(TopicArn)).toEqual([again.SubscriptionArn]);
    await aws.sns.unsubscribe({ SubscriptionArn: again.SubscriptionArn });
    await settle();
    expect(await listed(TopicArn)).toEqual([]);
    // Once more: AWS says nothing of it.
    await aws.sns.unsubscribe({ SubscriptionArn: again.SubscriptionArn });
    await refused(subscribe(`${TopicArn}x`), "NotFoundException");
    await refused(subscribe(TopicArn, "nobody"), "InvalidParameterException");
  });
});
