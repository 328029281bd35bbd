/** AWS's rules for load balancers, target groups, listeners and Auto Scaling groups, as the sandbox keeps them. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { durationSeconds } from "../../src/sandbox/durations.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { changeInstance, stopInstance } from "../../src/sandbox/services/ec2/instance-states.ts";
import { addInterface } from "../../src/sandbox/services/ec2/interfaces.ts";
import {
  imageTable,
  instanceTable,
  interfaceTable,
  type Subnet,
  subnetTable,
} from "../../src/sandbox/services/ec2/tables.ts";
import { simAt } from "../../src/sandbox/sim.ts";

let clock: Clock;
let sandbox: Sandbox;
let aws: Aws;
beforeEach(async () => {
  clock = jumpingClock(Date.UTC(2026, 10, 22));
  sandbox = openSandbox({ world: freshWorld({ region: "ap-northeast-2", time: clock.now(), seed: 3 }), clock });
  aws = await connect({ region: "ap-northeast-2", clock, wire: sandbox, network: sandbox.network });
});
const sim = () => simAt(sandbox.world, clock.now());
/** Longer than any read lags. */
const settle = () => clock.sleep(5_000);
const seconds = async (count: number) => {
  await clock.sleep(count * 1_000);
  sandbox.settle();
};
const refused = (call: Promise<unknown>, name: string, Code?: string) =>
  expect(call).rejects.toMatchObject(Code ? { name, Code } : { name });

interface Home {
  readonly vpcId: string;
  readonly a: string;
  readonly c: string;
  readonly groupId: string;
}
async function home({ gateway = true, size = 24, openTo = "0.0.0.0/0" } = {}): Promise<Home> {
  const vpcId = (await aws.ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).Vpc?.VpcId as string;
  await settle();
  const subnet = async (third: number, zone: string) =>
    (
      await aws.ec2.createSubnet({
        VpcId: vpcId,
        CidrBlock: `10.0.${third}.0/${size}`,
        AvailabilityZone: `ap-northeast-2${zone}`,
      })
    ).Subnet?.SubnetId as string;
  const [a, c] = [await subnet(1, "a"), await subnet(2, "c")];
  const { GroupId: groupId } = await aws.ec2.createSecurityGroup({
    VpcId: vpcId,
    GroupName: "web",
    Description: "web",
  });
  const made = (await aws.ec2.createInternetGateway({})).InternetGateway?.InternetGatewayId as string;
  await settle();
  if (gateway) await aws.ec2.attachInternetGateway({ InternetGatewayId: made, VpcId: vpcId });
  await aws.ec2.authorizeSecurityGroupIngress({
    GroupId: groupId as string,
    IpPermissions: [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: openTo }] }],
  });
  await settle();
  return { vpcId, a, c, groupId: groupId as string };
}
const balancerOf = ({ a, c, groupId }: Home, change: object = {}) => ({
  Name: "site",
  Scheme: "internet-facing" as const,
  SecurityGroups: [groupId],
  Subnets: [a, c],
  ...change,
});
async function newBalancer(at: Home): Promise<string> {
  const { LoadBalancers } = await aws.elb.createLoadBalancer(balancerOf(at));
  await settle();
  return LoadBalancers?.[0]?.LoadBalancerArn as string;
}
const groupOf = ({ vpcId }: Home, change: object = {}) => ({
  Name: "web",
  Protocol: "HTTP" as const,
  Port: 80,
  VpcId: vpcId,
  HealthCheckIntervalSeconds: 10,
  HealthyThresholdCount: 2,
  ...change,
});
async function newTargetGroup(at: Home, change: object = {}): Promise<string> {
  const { TargetGroups } = await aws.elb.createTargetGroup(groupOf(at, change));
  await settle();
  return TargetGroups?.[0]?.TargetGroupArn as string;
}
const forward = (TargetGroupArn: string) => [{ Type: "forward" as const, TargetGroupArn }];
const listenerOf = (LoadBalancerArn: string, target: string, change: object = {}) => ({
  LoadBalancerArn,
  Port: 80,
  Protocol: "HTTP" as const,
  DefaultActions: forward(target),
  ...change,
});
const interfaces = () =>
  interfaceTable(sim())
    .all()
    .filter(({ requester }) => requester === "amazon-elb");

describe("load balancers", () => {
  test("is provisioning first, takes an address with a public one in each subnet, and leaves them behind for a while", async () => {
    const at = await home();
    const LoadBalancerArn = await newBalancer(at);
    const state = async () =>
      (await aws.elb.describeLoadBalancers({ Names: ["site"] })).LoadBalancers?.[0]?.State?.Code;
    expect(await state()).toBe("provisioning");
    await seconds(durationSeconds("loadBalancerActive"));
    expect(await state()).toBe("active");
    expect(interfaces().map(({ subnetId, publicIp }) => [subnetId, publicIp !== null])).toEqual([
      [at.a, true],
      [at.c, true],
    ]);
    expect(interfaces()[0]?.description).toMatch(/^ELB app\/site\/[0-9a-f]{16}$/);
    await aws.elb.deleteLoadBalancer({ LoadBalancerArn });
    await settle();
    await refused(
      aws.elb.describeLoadBalancers({ Names: ["site"] }),
      "LoadBalancerNotFoundException",
      "LoadBalancerNotFound",
    );
    await refused(aws.ec2.deleteSecurityGroup({ GroupId: at.groupId }), "DependencyViolation");
    await refused(aws.ec2.deleteSubnet({ SubnetId: at.a }), "DependencyViolation");
    await seconds(durationSeconds("loadBalancerInterfaces"));
    await aws.ec2.deleteSubnet({ SubnetId: at.a });
    // Again is fine.
    await aws.elb.deleteLoadBalancer({ LoadBalancerArn });
  });

  test("reads lag behind the create", async () => {
    const at = await home();
    await aws.elb.createLoadBalancer(balancerOf(at));
    await refused(aws.elb.describeLoadBalancers({ Names: ["site"] }), "LoadBalancerNotFoundException");
  });

  test("equal settings hand over the one that is there, its tags as they are; other settings are refused", async () => {
    const at = await home();
    const first = await aws.elb.createLoadBalancer(balancerOf(at, { Tags: [{ Key: "owner", Value: "them" }] }));
    await settle();
    const second = await aws.elb.createLoadBalancer(balancerOf(at, { Tags: [{ Key: "owner", Value: "us" }] }));
    const arn = first.LoadBalancers?.[0]?.LoadBalancerArn as string;
    expect(second.LoadBalancers?.[0]?.LoadBalancerArn).toBe(arn);
    const { TagDescriptions } = await aws.elb.describeTags({ ResourceArns: [arn] });
    expect(TagDescriptions?.[0]?.Tags).toEqual([{ Key: "owner", Value: "them" }]);
    await refused(
      aws.elb.createLoadBalancer(balancerOf(at, { Scheme: "internal" })),
      "DuplicateLoadBalancerNameException",
      "DuplicateLoadBalancerName",
    );
  });

  test("needs two zones, a gateway, eight free addresses, its own VPC's groups and a good name", async () => {
    const at = await home();
    const create = (change: object) => aws.elb.createLoadBalancer(balancerOf(at, change));
    await refused(create({ Subnets: [at.a] }), "ValidationError");
    await refused(create({ Subnets: [at.a, "subnet-0"] }), "SubnetNotFoundException", "SubnetNotFound");
    await refused(create({ SecurityGroups: ["sg-0"] }), "InvalidSecurityGroupException", "InvalidSecurityGroup");
    for (const Name of ["a".repeat(33), "-site", "site-", "my_site", "internal-site"])
      await refused(create({ Name }), "ValidationError");
    await refused(create({ Tags: [{ Key: "why", Value: "because, of this" }] }), "ValidationError");
    const subnet = subnetTable(sim()).get(at.a) as Subnet;
    for (let count = 0; count < 244; count++) {
      addInterface(sim(), subnet, {
        groupIds: [],
        publicIp: null,
        description: "",
        type: "interface",
        requester: null,
        instanceId: null,
      });
    }
    await expect(create({})).rejects.toMatchObject({
      name: "InvalidSubnetException",
      message: expect.stringContaining("at least 8 free IP addresses"),
    });
    const cutOff = await home({ gateway: false });
    await expect(aws.elb.createLoadBalancer(balancerOf(cutOff))).rejects.toMatchObject({
      name: "InvalidSubnetException",
      message: expect.stringContaining("no internet gateway"),
    });
  });
});

describe("target groups and listeners", () => {
  test("equal settings hand over the one that is there; other settings, long names and unknown attributes are refused", async () => {
    const at = await home();
    const arn = await newTargetGroup(at);
    expect((await aws.elb.createTargetGroup(groupOf(at))).TargetGroups?.[0]?.TargetGroupArn).toBe(arn);
    await refused(aws.elb.createTargetGroup(groupOf(at, { Port: 8080 })), "DuplicateTargetGroupNameException");
    await refused(aws.elb.createTargetGroup(groupOf(at, { Name: "x".repeat(33) })), "ValidationError");
    await refused(
      aws.elb.createTargetGroup(groupOf(at, { Name: "y", HealthCheckTimeoutSeconds: 10 })),
      "ValidationError",
    );
    const set = (Key: string, Value: string) =>
      aws.elb.modifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes: [{ Key, Value }] });
    await refused(set("stickyness.enabled", "true"), "ValidationError");
    await refused(set("stickiness.lb_cookie.duration_seconds", "604801"), "ValidationError");
    await refused(set("deregistration_delay.timeout_seconds", "3601"), "ValidationError");
    await set("deregistration_delay.timeout_seconds", "60");
  });

  test("a target group is in use while a listener leads to it, and seconds longer", async () => {
    const at = await home();
    const [LoadBalancerArn, TargetGroupArn] = [await newBalancer(at), await newTargetGroup(at)];
    const { Listeners } = await aws.elb.createListener(listenerOf(LoadBalancerArn, TargetGroupArn));
    await settle();
    await refused(aws.elb.deleteTargetGroup({ TargetGroupArn }), "ResourceInUseException", "ResourceInUse");
    await aws.elb.deleteLoadBalancer({ LoadBalancerArn });
    await refused(aws.elb.deleteTargetGroup({ TargetGroupArn }), "ResourceInUseException");
    await settle();
    await refused(
      aws.elb.describeListeners({ ListenerArns: [Listeners?.[0]?.ListenerArn as string] }),
      "ListenerNotFoundException",
    );
    await aws.elb.deleteTargetGroup({ TargetGroupArn });
  });

  test("one listener per port; a redirect to itself is a loop; another VPC's target group does not fit", async () => {
    const at = await home();
    const [arn, target] = [await newBalancer(at), await newTargetGroup(at)];
    const first = await aws.elb.createListener(listenerOf(arn, target));
    await settle();
    const again = await aws.elb.createListener(listenerOf(arn, target));
    expect(again.Listeners?.[0]?.ListenerArn).toBe(first.Listeners?.[0]?.ListenerArn);
    const redirect = (Protocol: string, Port: string) => [
      { Type: "redirect" as const, RedirectConfig: { Protocol, Port, StatusCode: "HTTP_301" as const } },
    ];
    await refused(
      aws.elb.createListener(listenerOf(arn, target, { DefaultActions: redirect("HTTPS", "443") })),
      "DuplicateListenerException",
      "DuplicateListener",
    );
    const ListenerArn = first.Listeners?.[0]?.ListenerArn as string;
    await refused(
      aws.elb.modifyListener({ ListenerArn, DefaultActions: redirect("HTTP", "80") }),
      "InvalidLoadBalancerActionException",
    );
    await refused(
      aws.elb.modifyListener({ ListenerArn, DefaultActions: forward(`${target}0`) }),
      "TargetGroupNotFoundException",
    );
    const elsewhere = await newTargetGroup(await home(), { Name: "other" });
    await refused(
      aws.elb.modifyListener({ ListenerArn, DefaultActions: forward(elsewhere) }),
      "InvalidConfigurationRequestException",
    );
  });

  test("https needs an issued certificate, and AWS's message names another reason", async () => {
    const at = await home();
    const [arn, target] = [await newBalancer(at), await newTargetGroup(at)];
    const https = (CertificateArn?: string) =>
      aws.elb.createListener(
        listenerOf(arn, target, {
          Port: 443,
          Protocol: "HTTPS",
          SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
          ...(CertificateArn ? { Certificates: [{ CertificateArn }] } : {}),
        }),
      );
    const certificate = (status: string) => sim().table("acm.certificates").putNow("arn:c", { arn: "arn:c", status });
    await refused(https(), "ValidationError");
    await refused(https("arn:c"), "CertificateNotFoundException");
    certificate("PENDING_VALIDATION");
    await refused(https("arn:c"), "UnsupportedCertificate", "UnsupportedCertificate");
    certificate("ISSUED");
    expect((await https("arn:c")).Listeners).toHaveLength(1);
  });
});

const IMAGE = "ami-0000000000000000a";
async function newTemplate({ groupId }: Home, change: object = {}): Promise<string> {
  imageTable(sim()).putNow(IMAGE, {
    id: IMAGE,
    name: "web",
    description: "",
    sourceInstanceId: "i-0",
    snapshotId: "snap-0",
    volumeGiB: 8,
    state: "available",
    stateReason: null,
    createdAt: 0,
    rootDevice: "/dev/sda1",
    content: "application",
  });
  const { LaunchTemplate } = await aws.ec2.createLaunchTemplate({
    LaunchTemplateName: "web",
    LaunchTemplateData: { ImageId: IMAGE, InstanceType: "t3.micro", SecurityGroupIds: [groupId], ...change },
  });
  await settle();
  return LaunchTemplate?.LaunchTemplateId as string;
}
const scalingOf = (at: Home, LaunchTemplateId: string, change: object = {}) => ({
  AutoScalingGroupName: "web",
  MinSize: 2,
  MaxSize: 4,
  LaunchTemplate: { LaunchTemplateId, Version: "1" },
  VPCZoneIdentifier: `${at.a},${at.c}`,
  ...change,
});
async function newScaling(at: Home, change: object = {}): Promise<string> {
  const template = await newTemplate(at);
  await aws.autoScaling.createAutoScalingGroup(scalingOf(at, template, change));
  await settle();
  return template;
}
const group = async () =>
  (await aws.autoScaling.describeAutoScalingGroups({ AutoScalingGroupNames: ["web"] })).AutoScalingGroups?.[0];
const activities = async () =>
  (await aws.autoScaling.describeScalingActivities({ AutoScalingGroupName: "web" })).Activities ?? [];
const serve = (id: string, from: number | null = clock.now()) => changeInstance(sim(), id, { httpFrom: from });
const members = async () => (await group())?.Instances ?? [];

describe("Auto Scaling", () => {
  test("launches by its template, spread over the zones, and says so in its activities", async () => {
    const at = await home();
    await newScaling(at, {
      Tags: [{ ResourceId: "web", ResourceType: "auto-scaling-group", Key: "k", Value: "v", PropagateAtLaunch: true }],
    });
    expect(await members()).toEqual([]);
    await seconds(durationSeconds("groupActivity"));
    expect((await members()).map(({ LifecycleState }) => LifecycleState)).toEqual(["Pending", "Pending"]);
    await seconds(durationSeconds("instanceRunning") + 15);
    const there = await members();
    expect(there.map(({ LifecycleState, AvailabilityZone }) => [LifecycleState, AvailabilityZone]).sort()).toEqual([
      ["InService", "ap-northeast-2a"],
      ["InService", "ap-northeast-2c"],
    ]);
    expect((await activities()).map(({ StatusCode }) => StatusCode)).toEqual(["Successful", "Successful"]);
    const { Reservations } = await aws.ec2.describeInstances({
      InstanceIds: there.map(({ InstanceId }) => InstanceId as string),
    });
    const tags = Reservations?.[0]?.Instances?.[0]?.Tags ?? [];
    expect(tags).toContainEqual({ Key: "aws:autoscaling:groupName", Value: "web" });
    expect(tags).toContainEqual({ Key: "k", Value: "v" });
  });

  test("refuses a name twice, bounds that do not fit, and a template that refers to nothing", async () => {
    const at = await home();
    const template = await newScaling(at);
    const create = (change: object) => aws.autoScaling.createAutoScalingGroup(scalingOf(at, template, change));
    await refused(create({}), "AlreadyExistsFault", "AlreadyExists");
    const other = { AutoScalingGroupName: "other" };
    await refused(create({ ...other, MinSize: 5 }), "ValidationError");
    await refused(create({ ...other, DesiredCapacity: 5 }), "ValidationError");
    await refused(create({ ...other, TargetGroupARNs: ["arn:none"] }), "ValidationError");
    const bad = create({ ...other, LaunchTemplate: { LaunchTemplateId: template, Version: "7" } });
    await expect(bad).rejects.toMatchObject({ message: expect.stringContaining("valid fully-formed launch template") });
    imageTable(sim()).removeNow(IMAGE);
    await refused(create(other), "ValidationError");
  });

  test("a start that fails is told only in the activities, and tried again", async () => {
    const at = await home();
    await newScaling(at);
    const image = imageTable(sim()).get(IMAGE);
    imageTable(sim()).removeNow(IMAGE);
    await seconds(durationSeconds("groupActivity") + 5);
    const [failed] = await activities();
    expect(failed).toMatchObject({ StatusCode: "Failed", Description: "Launching a new EC2 instance." });
    expect(failed?.StatusMessage).toMatch(/The image id .* does not exist Launching EC2 instance failed\./);
    expect(await members()).toEqual([]);
    imageTable(sim()).putNow(IMAGE, image as never);
    await seconds(120);
    expect(await members()).toHaveLength(2);
  });

  test("targets: unused without a listener, initial, healthy by the threshold when they answer, unreachable through a closed group", async () => {
    const at = await home({ openTo: "203.0.113.0/24" });
    const [arn, target] = [await newBalancer(at), await newTargetGroup(at)];
    await newScaling(at, { TargetGroupARNs: [target] });
    await seconds(60);
    for (const { InstanceId } of await members()) serve(InstanceId as string);
    const states = async () =>
      (await aws.elb.describeTargetHealth({ TargetGroupArn: target })).TargetHealthDescriptions?.map(
        ({ TargetHealth }) => TargetHealth?.State,
      );
    expect(await states()).toEqual(["unused", "unused"]);
    await aws.elb.createListener(listenerOf(arn, target));
    await seconds(5);
    expect(await states()).toEqual(["initial", "initial"]);
    await seconds(durationSeconds("loadBalancerActive") + 60);
    expect(await states()).toEqual(["unhealthy", "unhealthy"]);
    await aws.ec2.authorizeSecurityGroupIngress({
      GroupId: at.groupId,
      IpPermissions: [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: at.groupId }] }],
    });
    await seconds(90);
    expect(await states()).toEqual(["healthy", "healthy"]);
  });

  test("a stopped instance is replaced at once, one that fails its checks after the grace period; never fewer than wanted for long", async () => {
    const at = await home();
    const [arn, target] = [await newBalancer(at), await newTargetGroup(at)];
    await aws.elb.createListener(listenerOf(arn, target));
    await seconds(durationSeconds("loadBalancerActive"));
    await newScaling(at, { TargetGroupARNs: [target], HealthCheckType: "ELB", HealthCheckGracePeriod: 300 });
    await seconds(60);
    const [quiet, good] = (await members()).map(({ InstanceId }) => InstanceId as string);
    serve(good as string);
    await seconds(200);
    expect((await members()).map(({ InstanceId }) => InstanceId)).toContain(quiet);
    await seconds(160);
    const ids = (await members()).map(({ InstanceId }) => InstanceId);
    expect(ids).not.toContain(quiet);
    expect(ids).toContain(good);
    expect((await activities()).some(({ Cause }) => Cause?.includes("ELB system health check failure"))).toBe(true);
    stopInstance(sim(), good as string, true);
    await seconds(60);
    expect(instanceTable(sim()).get(good as string)?.state).toMatch(/shutting-down|terminated/);
    expect((await activities()).some(({ Cause }) => Cause?.includes("EC2 health check"))).toBe(true);
    await seconds(60);
    expect((await members()).filter(({ LifecycleState }) => LifecycleState === "InService")).toHaveLength(2);
  });

  test("fewer wanted: an instance leaves after its requests have ended, and is terminated", async () => {
    const at = await home();
    const [arn, target] = [await newBalancer(at), await newTargetGroup(at)];
    await aws.elb.createListener(listenerOf(arn, target));
    await aws.elb.modifyTargetGroupAttributes({
      TargetGroupArn: target,
      Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "60" }],
    });
    await seconds(durationSeconds("loadBalancerActive"));
    await newScaling(at, { TargetGroupARNs: [target], DesiredCapacity: 3 });
    await seconds(60);
    for (const { InstanceId } of await members()) serve(InstanceId as string);
    await seconds(90);
    await aws.autoScaling.updateAutoScalingGroup({ AutoScalingGroupName: "web", MaxSize: 2 });
    await seconds(durationSeconds("groupActivity") + 5);
    const { TargetHealthDescriptions } = await aws.elb.describeTargetHealth({ TargetGroupArn: target });
    expect(TargetHealthDescriptions?.map(({ TargetHealth }) => TargetHealth?.State).sort()).toEqual([
      "draining",
      "healthy",
      "healthy",
    ]);
    await seconds(150);
    expect(await members()).toHaveLength(2);
    expect((await group())?.DesiredCapacity).toBe(2);
  });

  test("deleting: refused with instances, unless by force; then in progress until they are terminated", async () => {
    const at = await home();
    await newScaling(at);
    await seconds(60);
    const remove = (ForceDelete?: boolean) =>
      aws.autoScaling.deleteAutoScalingGroup({ AutoScalingGroupName: "web", ...(ForceDelete ? { ForceDelete } : {}) });
    await refused(remove(), "ResourceInUseFault", "ResourceInUse");
    await remove(true);
    await settle();
    expect((await group())?.Status).toBe("Delete in progress");
    await expect(aws.autoScaling.createAutoScalingGroup(scalingOf(at, "lt-0"))).rejects.toMatchObject({
      message: expect.stringContaining("pending delete"),
    });
    await seconds(durationSeconds("instanceTerminated") + 15);
    expect(await group()).toBeUndefined();
    await refused(remove(true), "ValidationError");
    expect(sandbox.world.timers.filter(({ name }) => name.startsWith("auto-scaling:"))).toEqual([]);
  });

  test("a tracking policy has two alarms of Auto Scaling's, which go with it, or with its group", async () => {
    const at = await home();
    await newScaling(at);
    const put = (target: number) =>
      aws.autoScaling.putScalingPolicy({
        AutoScalingGroupName: "web",
        PolicyName: "cpu",
        PolicyType: "TargetTrackingScaling",
        TargetTrackingConfiguration: {
          PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" },
          TargetValue: target,
        },
      });
    const alarms = () =>
      sim()
        .table<{ name: string; by: string; settings: { Threshold: number } }>("cloudwatch.alarms")
        .all()
        .map(({ name, by, settings }) => [name.replace(/-[0-9a-f]{8}-.*/, ""), by, settings.Threshold]);
    const { Alarms } = await put(50);
    expect(Alarms).toHaveLength(2);
    expect(alarms()).toEqual([
      ["TargetTracking-web-AlarmHigh", "autoscaling", 50],
      ["TargetTracking-web-AlarmLow", "autoscaling", 45],
    ]);
    expect((await put(60)).Alarms).toEqual(Alarms);
    await aws.autoScaling.deletePolicy({ AutoScalingGroupName: "web", PolicyName: "cpu" });
    expect(alarms()).toEqual([]);
    await refused(aws.autoScaling.deletePolicy({ AutoScalingGroupName: "web", PolicyName: "cpu" }), "ValidationError");
    await put(50);
    await aws.autoScaling.deleteAutoScalingGroup({ AutoScalingGroupName: "web", ForceDelete: true });
    expect(alarms()).toEqual([]);
  });

  test("one instance refresh at a time, with percentages that fit; skipping what matches it ends at once", async () => {
    const at = await home();
    await newScaling(at);
    await seconds(400);
    const refresh = (Preferences: object) =>
      aws.autoScaling.startInstanceRefresh({ AutoScalingGroupName: "web", Preferences });
    await refused(refresh({ MaxHealthyPercentage: 150 }), "ValidationError");
    await refused(refresh({ MinHealthyPercentage: 90, MaxHealthyPercentage: 200 }), "ValidationError");
    await refresh({ MinHealthyPercentage: 100, MaxHealthyPercentage: 150, SkipMatching: true });
    await refused(refresh({}), "InstanceRefreshInProgressFault", "InstanceRefreshInProgress");
    const before = (await members()).map(({ InstanceId }) => InstanceId);
    await seconds(60);
    const { InstanceRefreshes } = await aws.autoScaling.describeInstanceRefreshes({ AutoScalingGroupName: "web" });
    expect(InstanceRefreshes?.[0]?.Status).toBe("Successful");
    expect((await members()).map(({ InstanceId }) => InstanceId)).toEqual(before);
  });
});
