/** The stack as it was asked for: every name, address, rule and attribute, read back from the embedded AWS. */
import { beforeAll, describe, expect, test } from "vitest";
import { type Stage, stage } from "./stage.ts";

let on: Stage;
beforeAll(async () => {
  on = await stage();
  await on.up();
});
type Tagged = {
  readonly Tags?: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined;
};
const nameOf = ({ Tags }: Tagged) => Tags?.find(({ Key }) => Key === "Name")?.Value ?? "";
const ours = [{ Name: "tag:buddyverse:stack", Values: ["buddyverse"] }];

describe("network", () => {
  test("VPC and subnets", async () => {
    const { Vpcs = [] } = await on.aws.ec2.describeVpcs({ Filters: ours });
    expect(Vpcs.map((vpc) => [nameOf(vpc), vpc.CidrBlock])).toEqual([["Buddy-Project", "172.31.0.0/16"]]);
    const VpcId = Vpcs[0]?.VpcId;
    expect(
      (await on.aws.ec2.describeVpcAttribute({ VpcId, Attribute: "enableDnsHostnames" })).EnableDnsHostnames?.Value,
    ).toBe(true);
    expect(
      (await on.aws.ec2.describeVpcAttribute({ VpcId, Attribute: "enableDnsSupport" })).EnableDnsSupport?.Value,
    ).toBe(true);
    const { Subnets = [] } = await on.aws.ec2.describeSubnets({ Filters: ours });
    const open = Subnets.filter(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch).map(nameOf);
    expect(open.sort()).toEqual(["Buddy-Public1", "Buddy-Public2"]);
    expect(Subnets.map((one) => `${nameOf(one)} ${one.CidrBlock} ${one.AvailabilityZone}`).sort()).toEqual([
      "Buddy-DB-Private1 172.31.12.0/24 ap-northeast-2a",
      "Buddy-DB-Private2 172.31.22.0/24 ap-northeast-2c",
      "Buddy-Public1 172.31.10.0/24 ap-northeast-2a",
      "Buddy-Public2 172.31.20.0/24 ap-northeast-2c",
      "Buddy-Web-Private1 172.31.11.0/24 ap-northeast-2a",
      "Buddy-Web-Private2 172.31.21.0/24 ap-northeast-2c",
    ]);
  });

  test("routes: out by the gateway, out by the zone's own NAT, and no way out for the databases", async () => {
    const { Subnets = [] } = await on.aws.ec2.describeSubnets({ Filters: ours });
    const subnetName = (id = "") => nameOf(Subnets.find(({ SubnetId }) => SubnetId === id) ?? {});
    const { Reservations = [] } = await on.aws.ec2.describeInstances({ Filters: ours });
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    const via = (id = "") => {
      const owner = instances.find(({ NetworkInterfaces = [] }) =>
        NetworkInterfaces.some(({ NetworkInterfaceId }) => NetworkInterfaceId === id),
      );
      return owner ? nameOf(owner) : id.replace(/-.*/, "");
    };
    const { RouteTables = [] } = await on.aws.ec2.describeRouteTables({ Filters: ours });
    const shown = RouteTables.map((table) => ({
      name: nameOf(table),
      subnets: (table.Associations ?? []).map(({ SubnetId }) => subnetName(SubnetId)).sort(),
      out: (table.Routes ?? [])
        .filter(({ GatewayId }) => GatewayId !== "local")
        .map((route) => `${route.DestinationCidrBlock} ${via(route.NetworkInterfaceId ?? route.GatewayId)}`),
    })).sort((a, b) => a.name.localeCompare(b.name));
    expect(shown).toEqual([
      { name: "Buddy-DB-Private", subnets: ["Buddy-DB-Private1", "Buddy-DB-Private2"], out: [] },
      { name: "Buddy-Private-GW1", subnets: ["Buddy-Web-Private1"], out: ["0.0.0.0/0 Buddy-NAT1"] },
      { name: "Buddy-Private-GW2", subnets: ["Buddy-Web-Private2"], out: ["0.0.0.0/0 Buddy-NAT2"] },
      { name: "Buddy-Routing", subnets: ["Buddy-Public1", "Buddy-Public2"], out: ["0.0.0.0/0 igw"] },
    ]);
    const nats = instances.filter((one) => nameOf(one).startsWith("Buddy-NAT"));
    expect(
      nats.map(({ SourceDestCheck, InstanceType, MetadataOptions }) => [
        SourceDestCheck,
        InstanceType,
        MetadataOptions?.HttpTokens,
      ]),
    ).toEqual([
      [false, "t3.micro", "required"],
      [false, "t3.micro", "required"],
    ]);
  });

  test("security groups", async () => {
    const { SecurityGroups = [] } = await on.aws.ec2.describeSecurityGroups({ Filters: ours });
    const groupName = (id = "") => SecurityGroups.find(({ GroupId }) => GroupId === id)?.GroupName ?? id;
    const rules = (permissions: (typeof SecurityGroups)[number]["IpPermissions"]) =>
      (permissions ?? [])
        .flatMap(({ IpProtocol, FromPort, IpRanges = [], UserIdGroupPairs = [] }) => {
          const port = IpProtocol === "-1" ? "all" : IpProtocol === "icmp" ? "icmp" : FromPort;
          return [
            ...IpRanges.map(({ CidrIp }) => `${port} ${CidrIp}`),
            ...UserIdGroupPairs.map(({ GroupId }) => `${port} ${groupName(GroupId)}`),
          ];
        })
        .sort();
    expect(
      Object.fromEntries(
        SecurityGroups.map((one) => [
          one.GroupName,
          { in: rules(one.IpPermissions), out: rules(one.IpPermissionsEgress) },
        ]),
      ),
    ).toEqual({
      BastionHost: { in: ["22 203.0.113.10/32"], out: ["all 0.0.0.0/0"] },
      "NAT-GateWay": { in: ["all 172.31.11.0/24", "all 172.31.21.0/24"], out: ["all 0.0.0.0/0"] },
      "LoadBalance-Security": { in: ["443 0.0.0.0/0", "80 0.0.0.0/0"], out: ["all 0.0.0.0/0"] },
      "Buddy-WEB": {
        in: ["22 BastionHost", "443 LoadBalance-Security", "80 LoadBalance-Security", "icmp 172.31.0.0/16"],
        out: ["all 0.0.0.0/0"],
      },
      "Buddy-EFS": { in: ["2049 Buddy-WEB"], out: [] },
      "Buddy-DB": { in: ["3306 BastionHost", "3306 Buddy-WEB"], out: [] },
      "Buddy-DB-Fence": { in: [], out: [] },
    });
    const described = SecurityGroups.flatMap(({ IpPermissions = [] }) =>
      IpPermissions.flatMap(({ IpRanges = [], UserIdGroupPairs = [] }) =>
        [...IpRanges, ...UserIdGroupPairs].map(({ Description }) => Description),
      ),
    );
    expect(described).toEqual(
      expect.arrayContaining(["Buddy-HTTP", "Buddy-HTTPS", "Buddy-Database-To-WEB", "Buddy-Database-To-Bastion"]),
    );
    const Filters = [
      { Name: "vpc-id", Values: [on.store.get("vpc")?.id as string] },
      { Name: "group-name", Values: ["default"] },
    ];
    expect((await on.aws.ec2.describeSecurityGroups({ Filters })).SecurityGroups).toMatchObject([
      { IpPermissions: [], IpPermissionsEgress: [] },
    ]);
  });
});

test("file system", async () => {
  const { FileSystems = [] } = await on.aws.efs.describeFileSystems({});
  expect(FileSystems).toMatchObject([
    {
      Name: "Buddy-EFS",
      Encrypted: true,
      PerformanceMode: "generalPurpose",
      ThroughputMode: "bursting",
      NumberOfMountTargets: 2,
    },
  ]);
  const FileSystemId = FileSystems[0]?.FileSystemId;
  expect((await on.aws.efs.describeLifecycleConfiguration({ FileSystemId })).LifecyclePolicies).toEqual([
    { TransitionToIA: "AFTER_30_DAYS" },
  ]);
  expect((await on.aws.efs.describeBackupPolicy({ FileSystemId })).BackupPolicy?.Status).toBe("ENABLED");
});

test("databases", async () => {
  const { DBInstances = [] } = await on.aws.rds.describeDBInstances({});
  const common = {
    Engine: "mysql",
    DBInstanceClass: "db.t3.micro",
    AllocatedStorage: 20,
    StorageType: "gp3",
    StorageEncrypted: true,
    PubliclyAccessible: false,
    MasterUsername: "admin",
    DBName: "django_db",
  };
  expect(
    [...DBInstances].sort((a, b) => (a.DBInstanceIdentifier ?? "").localeCompare(b.DBInstanceIdentifier ?? "")),
  ).toMatchObject([
    {
      ...common,
      DBInstanceIdentifier: "database1",
      AvailabilityZone: "ap-northeast-2a",
      BackupRetentionPeriod: 1,
      EngineVersion: expect.stringMatching(/^8\.4/),
    },
    {
      ...common,
      DBInstanceIdentifier: "database1-replica",
      AvailabilityZone: "ap-northeast-2c",
      ReadReplicaSourceDBInstanceIdentifier: "database1",
    },
  ]);
  const { Parameters = [] } = await on.aws.rds.describeDBParameters({
    DBParameterGroupName: "utf8encoding",
    Source: "user",
  });
  expect(
    Object.fromEntries(Parameters.map(({ ParameterName, ParameterValue }) => [ParameterName, ParameterValue])),
  ).toEqual({
    character_set_client: "utf8mb4",
    character_set_connection: "utf8mb4",
    character_set_database: "utf8mb4",
    character_set_results: "utf8mb4",
    character_set_server: "utf8mb4",
    collation_connection: "utf8mb4_general_ci",
    collation_server: "utf8mb4_unicode_ci",
    require_secure_transport: "1",
  });
});

test("web tier", async () => {
  const { LoadBalancers = [] } = await on.aws.elb.describeLoadBalancers({});
  expect(LoadBalancers).toMatchObject([
    { LoadBalancerName: "Buddy-LoadBalance", Type: "application", Scheme: "internet-facing", IpAddressType: "ipv4" },
  ]);
  const { TargetGroups = [] } = await on.aws.elb.describeTargetGroups({});
  expect(TargetGroups).toMatchObject([
    {
      TargetGroupName: "Buddy-LoadBalance-TargetGroup",
      Protocol: "HTTP",
      Port: 80,
      TargetType: "instance",
      HealthCheckPath: "/",
      Matcher: { HttpCode: "200" },
    },
  ]);
  const { Attributes = [] } = await on.aws.elb.describeTargetGroupAttributes({
    TargetGroupArn: TargetGroups[0]?.TargetGroupArn,
  });
  expect(Object.fromEntries(Attributes.map(({ Key, Value }) => [Key, Value]))).toMatchObject({
    "stickiness.enabled": "true",
    "stickiness.type": "lb_cookie",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "load_balancing.algorithm.type": "round_robin",
  });
  const { Listeners = [] } = await on.aws.elb.describeListeners({ LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn });
  expect([...Listeners].sort((a, b) => (a.Port ?? 0) - (b.Port ?? 0))).toMatchObject([
    {
      Port: 80,
      DefaultActions: [
        { Type: "redirect", RedirectConfig: { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301" } },
      ],
    },
    {
      Port: 443,
      Protocol: "HTTPS",
      SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      DefaultActions: [{ Type: "forward" }],
    },
  ]);
  const { AutoScalingGroups = [] } = await on.aws.autoScaling.describeAutoScalingGroups({});
  expect(AutoScalingGroups).toMatchObject([
    {
      AutoScalingGroupName: "Buddy-AutoScaling-Group",
      MinSize: 2,
      DesiredCapacity: 2,
      MaxSize: 4,
      HealthCheckType: "ELB",
      HealthCheckGracePeriod: 300,
      DefaultInstanceWarmup: 120,
      Instances: { length: 2 },
    },
  ]);
  const { ScalingPolicies = [] } = await on.aws.autoScaling.describePolicies({
    AutoScalingGroupName: "Buddy-AutoScaling-Group",
  });
  expect(ScalingPolicies).toMatchObject([
    {
      PolicyType: "TargetTrackingScaling",
      TargetTrackingConfiguration: {
        TargetValue: 50,
        PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" },
      },
    },
  ]);
  const { LaunchTemplateVersions = [] } = await on.aws.ec2.describeLaunchTemplateVersions({
    LaunchTemplateName: "Buddy-WEB-Image-Start",
    Versions: ["$Default"],
  });
  expect(LaunchTemplateVersions[0]?.LaunchTemplateData).toMatchObject({
    InstanceType: "t3.micro",
    BlockDeviceMappings: [{ Ebs: { VolumeSize: 8, VolumeType: "gp3", Encrypted: true } }],
    MetadataOptions: { HttpTokens: "required" },
  });
});

test("names and watch", async () => {
  const zone = (await on.aws.route53.listHostedZonesByName({ DNSName: "buddyverse.link" })).HostedZones?.[0]?.Id;
  const { ResourceRecordSets = [] } = await on.aws.route53.listResourceRecordSets({ HostedZoneId: zone });
  const aliases = ResourceRecordSets.filter(({ Type, AliasTarget }) => Type === "A" && AliasTarget).map(
    ({ Name }) => Name,
  );
  expect(aliases.sort()).toEqual(["buddyverse.link.", "www.buddyverse.link."]);
  const { CertificateSummaryList = [] } = await on.aws.acm.listCertificates({ Includes: { keyTypes: ["RSA_2048"] } });
  const { Certificate } = await on.aws.acm.describeCertificate({
    CertificateArn: CertificateSummaryList[0]?.CertificateArn,
  });
  expect(Certificate).toMatchObject({
    Status: "ISSUED",
    DomainName: "buddyverse.link",
    KeyAlgorithm: expect.stringMatching(/RSA.2048/),
    SubjectAlternativeNames: expect.arrayContaining(["www.buddyverse.link"]),
  });
  expect((await on.aws.cloudWatch.getDashboard({ DashboardName: "CPU-Per-Second" })).DashboardBody).toContain(
    "Buddy-AutoScaling-Group",
  );
  const { MetricAlarms = [] } = await on.aws.cloudWatch.describeAlarms({ AlarmNamePrefix: "Buddy-" });
  expect(MetricAlarms.map(({ AlarmName }) => AlarmName).sort()).toEqual([
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
});

test("everything that can carry tags carries its name and its owner", async () => {
  for (const node of on.graph.nodes.values()) {
    const live = await node.type.find(on.aws, node.owner);
    if (!live?.tags || node.type.external) continue;
    expect(live.tags, node.key).toMatchObject({ Name: node.name, "buddyverse:stack": "buddyverse" });
  }
});
