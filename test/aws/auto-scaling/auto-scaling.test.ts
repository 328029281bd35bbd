import {
  type Activity,
  AutoScalingClient,
  AutoScalingServiceException,
  CreateAutoScalingGroupCommand,
  CreateOrUpdateTagsCommand,
  DeleteAutoScalingGroupCommand,
  DeletePolicyCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribePoliciesCommand,
  DescribeScalingActivitiesCommand,
  type Instance,
  type InstanceRefresh,
  PutScalingPolicyCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  TargetGroupNotFoundException,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { beforeEach, describe, expect, test } from "vitest";
import { type GroupLive, type GroupSpec, group } from "../../../src/aws/auto-scaling/group.ts";
import { scalingPolicy } from "../../../src/aws/auto-scaling/scaling-policy.ts";
import { troubleIn } from "../../../src/aws/auto-scaling/trouble.ts";
import { isOneOf } from "../../../src/aws/errors.ts";
import type { ReleaseReport } from "../../../src/aws/ssm/release-report.ts";
import { differences } from "../../../src/engine/differences.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

const scaling = mocked(AutoScalingClient);
const elb = mocked(ElasticLoadBalancingV2Client);
const ssm = mocked(SSMClient);
/** What an instance has told of a release. */
const told = (report: Partial<ReleaseReport>) =>
  ssm.on(GetParametersCommand).resolves({
    Parameters: [{ Name: "/buddyverse/test/release/report", Value: JSON.stringify(report) }],
  });
beforeEach(() => {
  scaling.reset();
  elb.reset();
  ssm.reset();
  told({});
});

const NAME = "Buddy-AutoScaling-Group";
const owner = ownerOf("auto-scaling-group", NAME);
const spec: GroupSpec = {
  min: 2,
  max: 4,
  desired: 2,
  registered: true,
  launchTemplateId: "lt-1",
  launchTemplateVersion: "1",
  subnetIds: ["subnet-a", "subnet-c"],
  targetGroupArns: ["arn:tg"],
  healthCheckType: "ELB",
  gracePeriodSeconds: 300,
  warmupSeconds: 120,
  metrics: ["GroupInServiceInstances"],
};
const instance = (
  InstanceId: string,
  Version = "1",
  LifecycleState: Instance["LifecycleState"] = "InService",
): Instance => ({
  InstanceId,
  AvailabilityZone: "ap-northeast-2a",
  HealthStatus: "Healthy",
  ProtectedFromScaleIn: false,
  LifecycleState,
  LaunchTemplate: { LaunchTemplateId: "lt-1", Version },
});
const groupIs = (change: object = {}, ...Instances: Instance[]) =>
  scaling.on(DescribeAutoScalingGroupsCommand).resolves({
    AutoScalingGroups: [
      {
        AutoScalingGroupName: NAME,
        MinSize: 2,
        MaxSize: 4,
        DesiredCapacity: 2,
        DefaultCooldown: 300,
        LaunchTemplate: { LaunchTemplateId: "lt-1", Version: "1" },
        AvailabilityZones: ["ap-northeast-2a", "ap-northeast-2c"],
        VPCZoneIdentifier: "subnet-c,subnet-a",
        TargetGroupARNs: ["arn:tg"],
        HealthCheckType: "ELB",
        HealthCheckGracePeriod: 300,
        DefaultInstanceWarmup: 120,
        EnabledMetrics: [{ Metric: "GroupInServiceInstances", Granularity: "1Minute" }],
        CreatedTime: new Date(0),
        Instances,
        Tags: awsTags("auto-scaling-group", NAME).map((tag) => ({ ...tag, ResourceId: NAME })),
        ...change,
      },
    ],
  });
const healthyAre = (...ids: string[]) =>
  elb.on(DescribeTargetHealthCommand).resolves({
    TargetHealthDescriptions: ["i-1", "i-2", "i-3"].map((Id) => ({
      Target: { Id },
      TargetHealth: { State: ids.includes(Id) ? "healthy" : "initial" },
    })),
  });
const find = async () => (await group.find(await testAws(), owner)) as GroupLive;
const asked = () => scaling.calls().map(({ firstArg }) => firstArg.constructor.name);
const validation = (message: string) =>
  new AutoScalingServiceException({
    name: "ValidationError",
    message,
    $fault: "client",
    $metadata: { httpStatusCode: 400 },
  });

test("an empty list is missingMessage; somebody else's group is refused; other errors pass", async () => {
  scaling.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [] });
  expect(await find()).toBeUndefined();
  groupIs({ Tags: [] });
  await expect(find()).rejects.toMatchObject({ code: "not-ours" });
  scaling.on(DescribeAutoScalingGroupsCommand).rejects(validation("no"));
  await expect(find()).rejects.toMatchObject({ name: "ValidationError" });
});

test("a whole group is ready, without a question beyond the first three, and has no difference", async () => {
  groupIs({}, instance("i-1"), instance("i-2"));
  healthyAre("i-1", "i-2");
  const live = await find();
  expect(group.health?.(live)).toBe("ready");
  expect(differences(group, spec, live, owner.tags)).toEqual([]);
  expect(asked()).toEqual(["DescribeAutoScalingGroupsCommand", "DescribeInstanceRefreshesCommand"]);
  // The policy has moved the number: not ours to move back.
  expect(differences(group, { ...spec, desired: 4 }, live, owner.tags)).toEqual([]);
});

test("in service is not enough: the load balancer must find it healthy", async () => {
  scaling.on(DescribeScalingActivitiesCommand).resolves({ Activities: [] });
  groupIs({}, instance("i-1"), instance("i-2"));
  healthyAre("i-1");
  expect(group.health?.(await find())).toBe("pending");
});

test("a group that has left a zone is pending until its instances have left it, but for those in standby", async () => {
  const there = { ...instance("i-3"), AvailabilityZone: "ap-northeast-2b" };
  groupIs({}, instance("i-1"), instance("i-2"), there);
  healthyAre("i-1", "i-2", "i-3");
  const live = await find();
  expect(group.health?.(live)).toBe("pending");
  expect(group.doing?.(live)).toContain("i-3 leaves a zone");
  groupIs({}, instance("i-1"), instance("i-2"), { ...there, LifecycleState: "Standby" });
  expect(group.health?.(await find())).toBe("ready");
});

test("a target group that is gone does not hide that it is gone", async () => {
  groupIs({}, instance("i-1"), instance("i-2"));
  elb.on(DescribeTargetHealthCommand).rejects(new TargetGroupNotFoundException({ message: "", $metadata: {} }));
  const live = await find();
  expect(group.health?.(live)).toBe("ready");
  const fields = differences(group, { ...spec, targetGroupArns: ["arn:new"] }, live, undefined).map(
    ({ field }) => field,
  );
  expect(fields).toEqual(["targetGroupArns"]);
});

test("a group being deleted asks for nothing more", async () => {
  groupIs({ Status: "Delete in progress" }, instance("i-1", "1", "Terminating"));
  expect(group.health?.(await find())).toBe("deleting");
  expect(asked()).toHaveLength(1);
  expect(elb.calls()).toEqual([]);
});

test("instances of an older version: pending while a refresh goes on, a difference when none does", async () => {
  scaling.on(DescribeScalingActivitiesCommand).resolves({ Activities: [] });
  groupIs({ LaunchTemplate: { LaunchTemplateId: "lt-1", Version: "2" } }, instance("i-1"), instance("i-2", "2"));
  healthyAre("i-1", "i-2");
  scaling.on(DescribeInstanceRefreshesCommand).resolves({ InstanceRefreshes: [{ Status: "InProgress" }] });
  expect(group.health?.(await find())).toBe("pending");
  scaling.on(DescribeInstanceRefreshesCommand).resolves({ InstanceRefreshes: [{ Status: "Failed" }] });
  const live = await find();
  expect(group.health?.(live)).toBe("ready");
  const found = differences(group, { ...spec, launchTemplateVersion: "2" }, live, undefined);
  expect(found).toMatchObject([{ field: "launchTemplateVersion", wanted: "2", found: "2, 1" }]);
});

describe("an instance refresh", () => {
  const DESIRED = { LaunchTemplate: { LaunchTemplateId: "lt-1", Version: "2" } };
  const shows = (change: Partial<InstanceRefresh>, ...more: InstanceRefresh[]) =>
    scaling.on(DescribeInstanceRefreshesCommand).resolves({
      InstanceRefreshes: [{ InstanceRefreshId: "r-2", DesiredConfiguration: DESIRED, ...change }, ...more],
    });
  const wanted = { ...spec, launchTemplateVersion: "2" };

  test("shows before any instance is of the new version: the group has the old one until all have the new", async () => {
    groupIs({}, instance("i-1"), instance("i-2"));
    healthyAre("i-1", "i-2");
    shows({ Status: "InProgress", PercentageComplete: 50, StatusReason: "Waiting for instances to leave Standby." });
    scaling.on(DescribeScalingActivitiesCommand).resolves({ Activities: [] });
    const live = await find();
    expect(group.health?.(live)).toBe("pending");
    expect(group.doing?.(live)).toBe("release 2: 1 of 2 replaced (InProgress: Waiting for instances to leave Standby)");
  });

  test("that does not get on is said, and what ends it, before AWS gives up after an hour", async () => {
    groupIs({}, instance("i-1"), instance("i-2"));
    healthyAre("i-1", "i-2");
    const activities = [failed(3, CAPACITY), failed(2, CAPACITY), failed(1, CAPACITY)];
    scaling.on(DescribeScalingActivitiesCommand).resolves({ Activities: activities });
    shows({ Status: "InProgress", PercentageComplete: 0 });
    const live = await find();
    expect(group.health?.(live)).toEqual({
      blocked: expect.stringMatching(
        /^release 2: 0 of 2 replaced \(InProgress\); .*sufficient.*to end it now: `buddyverse rollback`, or put the config back/,
      ),
    });
    expect(group.hopeless?.(live)).toBeUndefined();
    // It may be turned to something else, but what it brings already is waited for.
    expect(group.mayChange?.(live, spec)).toBe(true);
    expect(group.mayChange?.(live, wanted)).toBe(false);
    // Already on its way back.
    shows({ Status: "RollbackInProgress", PercentageComplete: 50 });
    const back = await find();
    expect(group.health?.(back)).toBe("pending");
    expect(group.doing?.(back)).toBe("release 2 is rolled back, 1 of 2 to put back (RollbackInProgress)");
    expect(group.mayChange?.(back, spec)).toBe(false);
  });

  test("that cannot come right is given up: what can never start, what the load balancer's check ended", async () => {
    groupIs({}, instance("i-1"), instance("i-2"));
    healthyAre("i-1", "i-2");
    shows({ Status: "InProgress", PercentageComplete: 0, StartTime: new Date(60_000 * 2) });
    const why = async (...Activities: Activity[]) => {
      scaling.on(DescribeScalingActivitiesCommand).resolves({ Activities });
      return group.hopeless?.(await find());
    };
    expect(await why(failed(3, VCPU))).toMatch(/vCPU limit of 5/);
    // Of before it began.
    expect(await why(failed(1, VCPU))).toBeUndefined();
    expect(await why(removed(9, "i-0a"), start(3, "i-0a"))).toMatch(
      /^i-0a did not pass the load balancer's health check: .*an ELB system health check failure$/,
    );
    // An old instance that falls ill meanwhile says nothing of the new ones.
    expect(await why(removed(9, "i-0b"), start(3, "i-0a"))).toBeUndefined();
    expect(await why(start(3, "i-0a"))).toBeUndefined();
    // What it says itself counts at once; not what another release's instance said, nor one that serves after all.
    told({ result: "failed", stage: "release", instance: "i-0a", seconds: 12 });
    expect(await why(start(3, "i-0a"))).toBe("the release command failed on i-0a, after 12 s");
    expect(await why(start(3, "i-0b"))).toBeUndefined();
    told({ result: "succeeded", stage: "release", instance: "i-0a", seconds: 12 });
    expect(await why(start(3, "i-0a"))).toBeUndefined();
    told({ result: "failed", stage: "boot", instance: "i-1", seconds: 0 });
    expect(await why(start(3, "i-1"))).toBeUndefined();
  });

  test("of a new group: what an instance of it says of its release is why it does not serve", async () => {
    groupIs({}, instance("i-1"), instance("i-2"));
    healthyAre();
    scaling.on(DescribeScalingActivitiesCommand).resolves({ Activities: [start(3, "i-1"), start(3, "i-2")] });
    expect(group.health?.(await find())).toBe("pending");
    told({ result: "failed", stage: "release", instance: "i-2", seconds: 12, output: "line 1\nno such table\n" });
    expect(group.health?.(await find())).toEqual({
      failed: "the release command failed on i-2, after 12 s; it printed:\nline 1\nno such table",
    });
    told({ result: "failed", stage: "release", instance: "i-9", seconds: 12, output: "of before" });
    expect(group.health?.(await find())).toBe("pending");
  });

  test("that was rolled back leaves the group as it was: a difference, and why, to whoever saw it under way", async () => {
    groupIs({}, instance("i-1"), instance("i-2"));
    healthyAre("i-1", "i-2");
    scaling.on(DescribeScalingActivitiesCommand).resolves({ Activities: [] });
    shows({ Status: "InProgress" });
    const before = (await find()) as GroupLive;
    shows({ Status: "RollbackSuccessful", RollbackDetails: { RollbackReason: "Automatic rollback. Not healthy." } });
    const after = (await find()) as GroupLive;
    expect(group.health?.(after)).toBe("ready");
    expect(differences(group, wanted, after, undefined)).toMatchObject([{ wanted: "2", found: "1" }]);
    expect(group.undone?.(before, after, wanted)).toBe(
      "release 2: RollbackSuccessful: Automatic rollback. Not healthy; the site goes on with release 1",
    );
    // What somebody else wanted, what is still under way, and what was over before it began, says nothing of this change.
    expect(group.undone?.(before, after, { ...spec, launchTemplateVersion: "3" })).toBeUndefined();
    expect(group.undone?.(before, before, wanted)).toBeUndefined();
    shows({ InstanceRefreshId: "r-1", Status: "InProgress" });
    expect(group.undone?.((await find()) as GroupLive, after, wanted)).toBeUndefined();
  });

  test("that ended half way leaves instances of two versions: neither counts as what is wanted", async () => {
    groupIs({}, instance("i-1"), instance("i-2", "2"));
    healthyAre("i-1", "i-2");
    shows({ Status: "Cancelled" });
    expect(differences(group, wanted, await find(), undefined)).toMatchObject([{ wanted: "2", found: "1, 2" }]);
    expect(differences(group, spec, await find(), undefined)).toMatchObject([{ wanted: "1", found: "1, 2" }]);
  });

  test("of a group that went meanwhile is none", async () => {
    groupIs({}, instance("i-1"), instance("i-2"));
    healthyAre("i-1", "i-2");
    scaling.on(DescribeInstanceRefreshesCommand).rejects(validation("AutoScalingGroup name not found - null"));
    expect((await find())?.refresh).toBeUndefined();
  });
});

const time = (minute: number) => new Date(minute * 60_000);
const start = (minute: number, id: string): Activity => ({
  ActivityId: `s${minute}`,
  AutoScalingGroupName: NAME,
  Description: `Launching a new EC2 instance: ${id}`,
  Cause: "",
  StartTime: time(minute),
  StatusCode: "Successful",
});
const failed = (minute: number, StatusMessage: string): Activity => ({
  ...start(minute, ""),
  Description: "Launching a new EC2 instance.",
  StatusCode: "Failed",
  StatusMessage,
});
const removed = (minute: number, id: string, why = "an ELB system health check failure."): Activity => ({
  ...start(minute, id),
  Description: `Terminating EC2 instance: ${id}`,
  Cause: `At 2026-11-22T09:00:00Z an instance was taken out of service in response to ${why}`,
});
const VCPU =
  "You have requested more vCPU capacity than your current vCPU limit of 5 allows for the instance bucket that the specified instance type belongs to. Launching EC2 instance failed.";
const CAPACITY =
  "We currently do not have sufficient t3.micro capacity in the Availability Zone you requested. Launching EC2 instance failed.";

test("a failed start that no later one will mend is trouble at once; a lack of capacity only when it lasts", () => {
  expect(troubleIn([failed(1, VCPU)], 2)).toBe(VCPU);
  expect(troubleIn([failed(2, CAPACITY), failed(1, CAPACITY)], 2)).toBeUndefined();
  expect(troubleIn([failed(3, CAPACITY), failed(2, CAPACITY), failed(1, CAPACITY)], 2)).toBe(CAPACITY);
  // One that worked since is the end of it.
  expect(troubleIn([start(4, "i-0a"), failed(3, VCPU), failed(2, VCPU), failed(1, VCPU)], 2)).toBeUndefined();
});

test("starts that fail for want of the linked role do not count in the group's first five minutes", () => {
  const ROLE =
    "Access denied when attempting to assume role arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling. Validating load balancer configuration failed.";
  const created = 60 * 60_000;
  const first = [failed(61, ROLE), failed(61, ROLE), failed(60, ROLE), failed(60, ROLE)];
  expect(troubleIn(first, 2, created)).toBeUndefined();
  // What fails otherwise meanwhile counts, and a role that stays broken too.
  expect(troubleIn([failed(62, VCPU), ...first], 2, created)).toBe(VCPU);
  expect(troubleIn([67, 66, 65].map((minute) => failed(minute, ROLE)).concat(first), 2, created)).toBe(ROLE);
});

test("instances that never pass their checks are trouble when each place was filled twice; an outage of long-lived ones is not", () => {
  const young = [
    removed(14, "i-4"),
    removed(13, "i-3"),
    start(8, "i-4"),
    start(8, "i-3"),
    removed(7, "i-2"),
    removed(7, "i-1"),
    start(1, "i-2"),
    start(1, "i-1"),
  ];
  expect(troubleIn(young, 2)).toMatch(/the last 4 instances started but did not pass the health check/);
  expect(troubleIn(young.slice(2), 2)).toBeUndefined();
  const old = [removed(907, "i-2"), removed(906, "i-1"), start(1, "i-2"), start(1, "i-1")];
  expect(troubleIn(old, 1)).toBeUndefined();
  const shrunk = young.map((one) =>
    one.Description?.startsWith("T") ? removed(14, "i-1", "a difference between desired and actual capacity") : one,
  );
  expect(troubleIn(shrunk, 2)).toBeUndefined();
});

test("what serves is not torn down for what cannot be started", () => {
  const health = (serving: number) =>
    group.health?.({ ...({} as GroupLive), serving, desired: 2, deleting: false, refresh: undefined, trouble: VCPU });
  expect(health(0)).toEqual({ failed: VCPU });
  expect(health(1)).toEqual({ blocked: `1 of 2 instances serve: ${VCPU}` });
});

test("the creating call has tags that do not reach the instances, a grace period and the target group", async () => {
  scaling.on(CreateAutoScalingGroupCommand).resolves({});
  expect(await group.create?.(await testAws(), spec, owner, "t")).toBe(NAME);
  const [call, ...more] = scaling.calls();
  expect(more).toEqual([]);
  expect(call?.firstArg.input).toMatchObject({
    VPCZoneIdentifier: "subnet-a,subnet-c",
    TargetGroupARNs: ["arn:tg"],
    LaunchTemplate: { LaunchTemplateId: "lt-1", Version: "1" },
    HealthCheckType: "ELB",
    HealthCheckGracePeriod: 300,
    DefaultInstanceWarmup: 120,
  });
  expect(call?.firstArg.input.Tags).toContainEqual({
    Key: "buddyverse:key",
    Value: "auto-scaling-group",
    ResourceId: NAME,
    ResourceType: "auto-scaling-group",
    PropagateAtLaunch: false,
  });
});

test("updates: bounds alone start no refresh and leave the number alone; a new version does; target groups are attached", async () => {
  scaling.onAnyCommand().resolves({});
  const aws = await testAws();
  const own = { templateId: "lt-1", version: "1" };
  const live = { id: NAME, targetGroupArns: ["arn:old"], own } as unknown as GroupLive;
  await group.update?.(aws, live, { ...spec, max: 6 }, new Set(["max"]), owner);
  expect(scaling.calls().map(({ firstArg }) => firstArg.input)).toEqual([
    { AutoScalingGroupName: NAME, MinSize: 2, MaxSize: 6 },
  ]);
  scaling.resetHistory();
  await group.update?.(aws, live, spec, new Set(["launchTemplateVersion", "targetGroupArns"]), owner);
  expect(asked()).toEqual([
    "AttachLoadBalancerTargetGroupsCommand",
    "DetachLoadBalancerTargetGroupsCommand",
    "StartInstanceRefreshCommand",
  ]);
  // The version goes with the refresh, which puts the old one back where the new one does not come up.
  expect(scaling.calls().at(-1)?.firstArg.input).toEqual({
    AutoScalingGroupName: NAME,
    DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: "lt-1", Version: "1" } },
    Preferences: {
      MinHealthyPercentage: 100,
      MaxHealthyPercentage: 150,
      SkipMatching: true,
      ScaleInProtectedInstances: "Refresh",
      StandbyInstances: "Ignore",
      AutoRollback: true,
    },
  });
  // AWS refuses to roll back to a version that moves.
  await group.update?.(
    aws,
    { ...live, own: { ...own, version: "$Latest" } },
    spec,
    new Set(["launchTemplateVersion"]),
    owner,
  );
  expect(scaling.calls().at(-1)?.firstArg.input.Preferences).toMatchObject({ AutoRollback: false });
  scaling.resetHistory();
  await group.update?.(aws, live, spec, new Set(["tags"]), owner);
  expect(scaling.commandCalls(CreateOrUpdateTagsCommand)).toHaveLength(1);
  expect(asked()).toHaveLength(1);
});

test("deleting is by force; a group that is not there is gone", async () => {
  scaling.on(DeleteAutoScalingGroupCommand).rejects(validation("AutoScalingGroup name not found - null"));
  await group.delete?.(await testAws(), { id: NAME } as GroupLive, { discardData: false, label: "" });
  expect(scaling.calls()[0]?.firstArg.input).toEqual({ AutoScalingGroupName: NAME, ForceDelete: true });
});

test("an instance profile that Auto Scaling does not know yet is waited for; another bad template is not", () => {
  const template = (why: string) => validation(`You must use a valid fully-formed launch template. ${why}`);
  const waits = (why: string) => isOneOf(template(why), group.retryable?.create);
  expect(
    waits("Value (Buddy-WEB) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"),
  ).toBe(true);
  expect(waits("The image id '[ami-1]' does not exist")).toBe(false);
});

const policyOwner = ownerOf("scaling-policy", `${NAME}:cpu-target`);

test("a policy is found in its group; without the group, or of another kind, there is none", async () => {
  const aws = await testAws();
  scaling.on(DescribePoliciesCommand).rejects(validation(`Group ${NAME} not found`));
  expect(await scalingPolicy.find(aws, policyOwner)).toBeUndefined();
  scaling
    .on(DescribePoliciesCommand)
    .resolves({ ScalingPolicies: [{ PolicyARN: "arn:p", PolicyName: "cpu-target", PolicyType: "SimpleScaling" }] });
  expect(await scalingPolicy.find(aws, policyOwner)).toBeUndefined();
  scaling.on(DescribePoliciesCommand).resolves({
    ScalingPolicies: [
      { PolicyARN: "arn:other", PolicyName: "theirs", AutoScalingGroupName: NAME },
      {
        PolicyARN: "arn:p",
        PolicyName: "cpu-target",
        AutoScalingGroupName: NAME,
        TargetTrackingConfiguration: {
          PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" },
          TargetValue: 50,
        },
      },
    ],
  });
  const live = await scalingPolicy.find(aws, policyOwner);
  expect(live).toMatchObject({ id: "arn:p", groupName: NAME, target: 50, metric: "ASGAverageCPUUtilization" });
  scaling.on(DescribePoliciesCommand).rejects(validation("1 validation error detected"));
  await expect(scalingPolicy.find(aws, policyOwner)).rejects.toMatchObject({ name: "ValidationError" });
});

test("a policy is found by its recorded ARN, else by its name, whatever marks are in either", async () => {
  const aws = await testAws();
  const policy = { PolicyARN: "arn:p", PolicyName: "a:b/c d", TargetTrackingConfiguration: { TargetValue: 50 } };
  scaling.on(DescribePoliciesCommand).resolves({ ScalingPolicies: [policy] });
  const arn = "arn:aws:autoscaling:ap-northeast-2:1:scalingPolicy:u:autoScalingGroupName/team/web:policyName/a:b/c d";
  const found = [
    await scalingPolicy.find(aws, ownerOf("scaling-policy", "an older version's/name"), arn),
    await scalingPolicy.find(aws, ownerOf("scaling-policy", "team/web:a:b/c d")),
  ];
  expect(found).toMatchObject([{ id: "arn:p" }, { id: "arn:p" }]);
  const asked = { AutoScalingGroupName: "team/web" };
  expect(scaling.commandCalls(DescribePoliciesCommand).map(({ args }) => args[0].input)).toEqual([asked, asked]);
});

test("a policy is made and changed by the same call, as target tracking; deleting one that is gone is done", async () => {
  scaling.on(PutScalingPolicyCommand).resolves({ PolicyARN: "arn:p" });
  scaling.on(DeletePolicyCommand).rejects(validation("Scaling policy not found"));
  const aws = await testAws();
  const wanted = { groupName: NAME, metric: "ASGAverageCPUUtilization" as const, target: 50 };
  expect(await scalingPolicy.create?.(aws, wanted, policyOwner, "t")).toBe("arn:p");
  const live = { ...wanted, id: "arn:p", policyName: "cpu-target" };
  await scalingPolicy.update?.(aws, live, { ...wanted, target: 60 }, new Set(["target"]), policyOwner);
  const sent = scaling.commandCalls(PutScalingPolicyCommand).map(({ args }) => args[0].input);
  expect(
    sent.map(({ PolicyName, PolicyType, TargetTrackingConfiguration }) => [
      PolicyName,
      PolicyType,
      TargetTrackingConfiguration?.TargetValue,
    ]),
  ).toEqual([
    ["cpu-target", "TargetTrackingScaling", 50],
    ["cpu-target", "TargetTrackingScaling", 60],
  ]);
  await scalingPolicy.delete?.(aws, live, { discardData: false, label: "" });
});
