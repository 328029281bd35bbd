/** AWS's rules for load balancers, target groups, listeners and Auto Scaling groups, as the sandbox keeps them. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { durationSeconds } from "../../src/sandbox/durations.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { type Account, fresh, GROUP, grown } from "./grown.ts";

const DOMAIN = "a.link";
let account: Account;
let aws: Aws;
async function use(given: Account): Promise<void> {
  account = given;
  const { clock, sandbox } = account;
  aws = await connect({ region: "ap-northeast-2", clock, wire: sandbox, network: sandbox.network });
}
beforeEach(() => use(fresh(DOMAIN)));
const seconds = (count: number) => account.sleep(count);
/** Longer than any read lags. */
const settle = () => seconds(5);
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
const interfaces = async () =>
  ((await aws.ec2.describeNetworkInterfaces({})).NetworkInterfaces ?? []).filter(
    ({ RequesterId }) => RequesterId === "amazon-elb",
  );

describe("load balancers", () => {
  test("is provisioning first, takes an address with a public one in each subnet, and leaves them behind for a while", async () => {
    const at = await home();
    const LoadBalancerArn = await newBalancer(at);
    const state = async () =>
      (await aws.elb.describeLoadBalancers({ Names: ["site"] })).LoadBalancers?.[0]?.State?.Code;
    expect(await state()).toBe("provisioning");
    await seconds(durationSeconds("loadBalancerActive"));
    expect(await state()).toBe("active");
    const made = await interfaces();
    expect(made.map(({ SubnetId, Association }) => [SubnetId, Association?.PublicIp !== undefined])).toEqual([
      [at.a, true],
      [at.c, true],
    ]);
    expect(made[0]?.Description).toMatch(/^ELB app\/site\/[0-9a-f]{16}$/);
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
    // Eleven addresses are free in a /28, before somebody takes four of them.
    const small = await home({ size: 28 });
    for (let count = 0; count < 4; count++) await account.ask("ec2", "CreateNetworkInterface", { SubnetId: small.a });
    await expect(aws.elb.createLoadBalancer(balancerOf(small))).rejects.toMatchObject({
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

async function newCertificate(): Promise<string> {
  const { CertificateArn } = await aws.acm.requestCertificate({ DomainName: DOMAIN, ValidationMethod: "DNS" });
  await seconds(durationSeconds("certificateRecordShown") + 5);
  return CertificateArn as string;
}
/** Writes the record that ACM asks for, and waits until it has seen it. */
async function validate(CertificateArn: string): Promise<void> {
  const { Certificate } = await aws.acm.describeCertificate({ CertificateArn });
  const record = Certificate?.DomainValidationOptions?.[0]?.ResourceRecord;
  const { HostedZones } = await aws.route53.listHostedZonesByName({ DNSName: DOMAIN });
  await aws.route53.changeResourceRecordSets({
    HostedZoneId: HostedZones?.[0]?.Id,
    ChangeBatch: {
      Changes: [
        {
          Action: "CREATE",
          ResourceRecordSet: {
            Name: record?.Name,
            Type: "CNAME",
            TTL: 60,
            ResourceRecords: [{ Value: record?.Value }],
          },
        },
      ],
    },
  });
  await seconds(durationSeconds("certificateIssued") + 30);
}

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

  test("attributes of a load balancer are known, in their ranges; logs need a bucket that lets them in", async () => {
    const LoadBalancerArn = await newBalancer(await home());
    const set = (attributes: Readonly<Record<string, string>>) =>
      aws.elb.modifyLoadBalancerAttributes({
        LoadBalancerArn,
        Attributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
      });
    await refused(set({ "idle_timeout.seconds": "10" }), "ValidationError");
    await refused(set({ "idle_timeout.timeout_seconds": "4001" }), "ValidationError");
    await refused(set({ "load_balancing.cross_zone.enabled": "false" }), "ValidationError");
    await refused(set({ "access_logs.s3.enabled": "true" }), "InvalidConfigurationRequestException");
    await aws.s3.createBucket({
      Bucket: "our-logs",
      CreateBucketConfiguration: { LocationConstraint: "ap-northeast-2" },
    });
    const ours = { "access_logs.s3.enabled": "true", "access_logs.s3.bucket": "our-logs" };
    await refused(set(ours), "InvalidConfigurationRequestException");
    await set({ "idle_timeout.timeout_seconds": "4000", "routing.http.desync_mitigation_mode": "monitor" });
    await settle();
    const { Attributes } = await aws.elb.describeLoadBalancerAttributes({ LoadBalancerArn });
    expect(Attributes).toContainEqual({ Key: "idle_timeout.timeout_seconds", Value: "4000" });
    expect(Attributes).toContainEqual({ Key: "access_logs.s3.enabled", Value: "false" });
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
    await refused(https(), "ValidationError");
    await refused(https("arn:c"), "CertificateNotFoundException");
    const certificate = await newCertificate();
    await refused(https(certificate), "UnsupportedCertificate", "UnsupportedCertificate");
    await validate(certificate);
    expect((await https(certificate)).Listeners).toHaveLength(1);
  });
});

const LINUX = "ami-0a12023000000a64d";
async function newTemplate({ groupId }: Home, change: object = {}): Promise<string> {
  const { LaunchTemplate } = await aws.ec2.createLaunchTemplate({
    LaunchTemplateName: "web",
    LaunchTemplateData: { ImageId: LINUX, InstanceType: "t3.micro", SecurityGroupIds: [groupId], ...change },
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
/** Not an account that is new to Auto Scaling. */
async function withRole(): Promise<void> {
  await aws.iam.createServiceLinkedRole({ AWSServiceName: "autoscaling.amazonaws.com" });
  await seconds(60);
}
async function newScaling(at: Home, change: object = {}): Promise<string> {
  await withRole();
  const template = await newTemplate(at);
  await aws.autoScaling.createAutoScalingGroup(scalingOf(at, template, change));
  await settle();
  return template;
}
const group = async () =>
  (await aws.autoScaling.describeAutoScalingGroups({ AutoScalingGroupNames: ["web"] })).AutoScalingGroups?.[0];
const activities = async () =>
  (await aws.autoScaling.describeScalingActivities({ AutoScalingGroupName: "web" })).Activities ?? [];
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
    await aws.ec2.createLaunchTemplateVersion({
      LaunchTemplateId: template,
      LaunchTemplateData: { ImageId: "ami-00000000000000000", InstanceType: "t3.micro" },
    });
    await settle();
    const nothing = { LaunchTemplateId: template, Version: "2" };
    await refused(create({ ...other, LaunchTemplate: nothing }), "ValidationError");
  });

  test("a start that fails is told only in the activities, and tried again", async () => {
    const at = await home();
    await newScaling(at);
    account.fail("capacity", "t3.micro");
    await seconds(durationSeconds("groupActivity") + 5);
    const [failed] = await activities();
    expect(failed).toMatchObject({ StatusCode: "Failed", Description: "Launching a new EC2 instance." });
    expect(failed?.StatusMessage).toMatch(
      /We currently do not have sufficient t3\.micro capacity .* Launching EC2 instance failed\./,
    );
    expect(await members()).toEqual([]);
    account.mend();
    await seconds(120);
    expect(await members()).toHaveLength(2);
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
    expect(account.sandbox.world.timers.filter(({ name }) => name.startsWith("auto-scaling:"))).toEqual([]);
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
    const alarms = async () =>
      ((await aws.cloudWatch.describeAlarms({})).MetricAlarms ?? []).map(({ AlarmName, Threshold }) => [
        AlarmName?.replace(/-[0-9a-f]{8}-.*/, ""),
        Threshold,
      ]);
    const { Alarms } = await put(50);
    expect(Alarms).toHaveLength(2);
    expect(await alarms()).toEqual([
      ["TargetTracking-web-AlarmHigh", 50],
      ["TargetTracking-web-AlarmLow", 45],
    ]);
    expect((await put(60)).Alarms).toEqual(Alarms);
    await aws.autoScaling.deletePolicy({ AutoScalingGroupName: "web", PolicyName: "cpu" });
    expect(await alarms()).toEqual([]);
    await refused(aws.autoScaling.deletePolicy({ AutoScalingGroupName: "web", PolicyName: "cpu" }), "ValidationError");
    await put(50);
    await aws.autoScaling.deleteAutoScalingGroup({ AutoScalingGroupName: "web", ForceDelete: true });
    expect(await alarms()).toEqual([]);
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

/** Another target group and group of instances, in an account that has the stack: its image serves, and its template is right. */
describe("instances that serve", () => {
  let at: Home;
  let template: string;
  let web: string;
  beforeEach(async () => {
    await use(await grown());
    const named = (name: string) => ({ Filters: [{ Name: "tag:Name", Values: [name] }] });
    const subnet = async (name: string) =>
      (await aws.ec2.describeSubnets(named(name))).Subnets?.[0]?.SubnetId as string;
    const [group] = (await aws.ec2.describeSecurityGroups(named("LoadBalance-Security"))).SecurityGroups ?? [];
    at = {
      vpcId: group?.VpcId as string,
      a: await subnet("Buddy-Public1"),
      c: await subnet("Buddy-Public2"),
      groupId: group?.GroupId as string,
    };
    template = (await aws.autoScaling.describeAutoScalingGroups({ AutoScalingGroupNames: [GROUP] }))
      .AutoScalingGroups?.[0]?.LaunchTemplate?.LaunchTemplateId as string;
    web = `${await subnet("Buddy-Web-Private1")},${await subnet("Buddy-Web-Private2")}`;
  });
  const newServing = async (target: string, change: object = {}) => {
    await aws.autoScaling.createAutoScalingGroup({
      ...scalingOf(at, template),
      VPCZoneIdentifier: web,
      TargetGroupARNs: [target],
      ...change,
    });
    await settle();
  };
  const states = async (target: string) =>
    (await aws.elb.describeTargetHealth({ TargetGroupArn: target })).TargetHealthDescriptions?.map(
      ({ TargetHealth }) => TargetHealth?.State,
    ).sort();
  /** From a group's creation until its instances have booted. */
  const BOOTED =
    durationSeconds("groupActivity") + durationSeconds("instanceRunning") + durationSeconds("webBoot") + 20;

  test("are unused without a listener, initial, healthy by the threshold when they answer, unreachable through a closed group", async () => {
    const [arn, target] = [await newBalancer(at), await newTargetGroup(at, { Name: "other" })];
    await newServing(target);
    await seconds(BOOTED);
    expect(await states(target)).toEqual(["unused", "unused"]);
    await aws.elb.createListener(listenerOf(arn, target));
    await seconds(5);
    expect(await states(target)).toEqual(["initial", "initial"]);
    await seconds(durationSeconds("loadBalancerActive") + 60);
    expect(await states(target)).toEqual(["healthy", "healthy"]);
    const [instance] = await members();
    const { Reservations } = await aws.ec2.describeInstances({ InstanceIds: [instance?.InstanceId as string] });
    await account.close(Reservations?.[0]?.Instances?.[0]?.SecurityGroups?.[0]?.GroupId as string, "Ingress");
    await seconds(90);
    expect(await states(target)).toEqual(["unhealthy", "unhealthy"]);
  });

  test("that stop are replaced at once, those that fail their checks after the grace period; never fewer than wanted for long", async () => {
    const [arn, target] = [await newBalancer(at), await newTargetGroup(at, { Name: "other" })];
    await aws.elb.createListener(listenerOf(arn, target));
    await seconds(durationSeconds("loadBalancerActive"));
    await newServing(target, { HealthCheckType: "ELB", HealthCheckGracePeriod: 300 });
    await seconds(BOOTED);
    const [quiet = "", good = ""] = (await members()).map(({ InstanceId }) => InstanceId as string);
    await account.run(scriptFor("apache-stop", "a"), quiet);
    await seconds(150);
    expect((await members()).map(({ InstanceId }) => InstanceId)).toContain(quiet);
    await seconds(200);
    const ids = (await members()).map(({ InstanceId }) => InstanceId);
    expect(ids).not.toContain(quiet);
    expect(ids).toContain(good);
    expect((await activities()).some(({ Cause }) => Cause?.includes("ELB system health check failure"))).toBe(true);
    await account.ask("ec2", "StopInstances", { InstanceIds: [good] });
    await seconds(60);
    const { Reservations } = await aws.ec2.describeInstances({ InstanceIds: [good] });
    expect(Reservations?.[0]?.Instances?.[0]?.State?.Name).toMatch(/shutting-down|terminated/);
    expect((await activities()).some(({ Cause }) => Cause?.includes("EC2 health check"))).toBe(true);
    await seconds(60);
    expect((await members()).filter(({ LifecycleState }) => LifecycleState === "InService")).toHaveLength(2);
  });

  test("leave, when fewer are wanted, after their requests have ended, and are terminated", async () => {
    const [arn, target] = [await newBalancer(at), await newTargetGroup(at, { Name: "other" })];
    await aws.elb.createListener(listenerOf(arn, target));
    await aws.elb.modifyTargetGroupAttributes({
      TargetGroupArn: target,
      Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "60" }],
    });
    await seconds(durationSeconds("loadBalancerActive"));
    await newServing(target, { DesiredCapacity: 3 });
    await seconds(BOOTED + 60);
    await aws.autoScaling.updateAutoScalingGroup({ AutoScalingGroupName: "web", MaxSize: 2 });
    await seconds(durationSeconds("groupActivity") + 5);
    expect(await states(target)).toEqual(["draining", "healthy", "healthy"]);
    await seconds(150);
    expect(await members()).toHaveLength(2);
    expect((await group())?.DesiredCapacity).toBe(2);
  });
});
