import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { beforeEach, describe, expect, test } from "vitest";
import { natUserData } from "../../steps/scripts/user-data.ts";
import { type Stage, stage } from "../lifecycle/stage.ts";

const LINUX = "ami-0a12023000000a64d";
const TRUST =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}';
const MANAGED = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

let on: Stage;
let subnets: string[];
let group: string;
beforeEach(async () => {
  on = await stage({}, 7, () => []);
  const { Subnets = [] } = await on.aws.ec2.describeSubnets({});
  subnets = Subnets.map(({ SubnetId }) => SubnetId as string);
  const made = await on.aws.ec2.createSecurityGroup({
    GroupName: "test",
    Description: "test",
    VpcId: Subnets[0]?.VpcId as string,
  });
  group = made.GroupId as string;
  await pass(5);
});
const pass = async (seconds: number) => {
  await on.clock.sleep(seconds * 1000);
  on.sandbox.settle();
};
const given = (change: Partial<RunInstancesCommandInput> = {}): RunInstancesCommandInput => ({
  ImageId: LINUX,
  InstanceType: "t3.micro",
  MinCount: 1,
  MaxCount: 1,
  SubnetId: subnets[0],
  SecurityGroupIds: [group],
  ...change,
});
const run = async (change: Partial<RunInstancesCommandInput> = {}): Promise<string> => {
  const { Instances } = await on.aws.ec2.runInstances(given(change));
  return Instances?.[0]?.InstanceId as string;
};
const instances = async () =>
  (await on.aws.ec2.describeInstances({})).Reservations?.flatMap(({ Instances = [] }) => Instances) ?? [];
const interfaces = async () => (await on.aws.ec2.describeNetworkInterfaces({})).NetworkInterfaces;

describe("instances", () => {
  test("live through their states, show late, and stay visible after their end, with their tags", async () => {
    const id = await run({
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "x" }] }],
    });
    const find = async () =>
      (await on.aws.ec2.describeInstances({ Filters: [{ Name: "tag:Name", Values: ["x"] }] })).Reservations?.flatMap(
        ({ Instances = [] }) => Instances,
      ) ?? [];
    expect(await find()).toEqual([]);
    await pass(5);
    expect((await find())[0]?.State?.Name).toBe("pending");
    await pass(20);
    expect((await find())[0]).toMatchObject({ State: { Name: "running" }, PublicIpAddress: expect.any(String) });
    await on.aws.ec2.terminateInstances({ InstanceIds: [id] });
    await pass(5);
    expect((await find())[0]?.State?.Name).toBe("shutting-down");
    expect(await interfaces()).toHaveLength(1);
    await pass(60);
    expect((await find())[0]).toMatchObject({
      State: { Name: "terminated" },
      StateReason: { Code: "Client.UserInitiatedShutdown" },
    });
    expect(await interfaces()).toEqual([]);
    await on.aws.ec2.terminateInstances({ InstanceIds: [id] });
    await pass(3_700);
    expect(await find()).toEqual([]);
    await expect(on.aws.ec2.terminateInstances({ InstanceIds: [id] })).rejects.toMatchObject({
      name: "InvalidInstanceID.NotFound",
    });
  });

  test("a token gives the same instance again, even a terminated one, and refuses other parameters", async () => {
    const id = await run({ ClientToken: "t1" });
    expect(await run({ ClientToken: "t1" })).toBe(id);
    await pass(30);
    await on.aws.ec2.terminateInstances({ InstanceIds: [id] });
    await pass(60);
    const { Instances } = await on.aws.ec2.runInstances(given({ ClientToken: "t1" }));
    expect(Instances?.[0]).toMatchObject({ InstanceId: id, State: { Name: "terminated" } });
    await expect(run({ ClientToken: "t1", InstanceType: "t3.small" })).rejects.toMatchObject({
      name: "IdempotentParameterMismatch",
    });
    await pass(5);
    expect(await instances()).toHaveLength(1);
  });

  const refused: [string, () => Partial<RunInstancesCommandInput>, string, RegExp][] = [
    ["an unknown image", () => ({ ImageId: "ami-00000000000000000" }), "InvalidAMIID.NotFound", /does not exist/],
    ["a malformed image", () => ({ ImageId: "ubuntu" }), "InvalidAMIID.Malformed", /Invalid id/],
    ["an unknown type", () => ({ InstanceType: "t9.huge" as never }), "InvalidParameterValue", /InstanceType/],
    ["a type for another processor", () => ({ InstanceType: "t4g.micro" }), "InvalidParameterValue", /architecture/],
    ["a type that the zone has not", () => ({ InstanceType: "t2.micro", SubnetId: subnets[1] }), "Unsupported", /Zone/],
    ["an unknown subnet", () => ({ SubnetId: "subnet-00000000000000000" }), "InvalidSubnetID.NotFound", /./],
    ["an unknown group", () => ({ SecurityGroupIds: ["sg-00000000000000000"] }), "InvalidGroup.NotFound", /./],
    ["an unknown key", () => ({ KeyName: "nobody's" }), "InvalidKeyPair.NotFound", /nobody's/],
    [
      "an unknown profile",
      () => ({ IamInstanceProfile: { Name: "none" } }),
      "InvalidParameterValue",
      /Invalid IAM Instance Profile name/,
    ],
    ["user data that is not base64", () => ({ UserData: "#!/bin/bash" }), "InvalidParameterValue", /BASE64/],
    [
      "more than 16 KB of user data, before base64",
      () => ({ UserData: Buffer.alloc(16_385, "x").toString("base64") }),
      "InvalidParameterValue",
      /limited to 16384/,
    ],
    [
      "a volume smaller than the image",
      () => ({ BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 4 } }] }),
      "InvalidBlockDeviceMapping",
      /expect size >= 8GB/,
    ],
    [
      "another device than the root's",
      () => ({ BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 8 } }] }),
      "InvalidBlockDeviceMapping",
      /second volume/,
    ],
    [
      "network interfaces beside a subnet",
      () => ({ NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: subnets[0], Groups: [group] }] }),
      "InvalidParameterCombination",
      /same request/,
    ],
    [
      "credits for a type without",
      () => ({ InstanceType: "m7i.large", CreditSpecification: { CpuCredits: "standard" } }),
      "InstanceCreditSpecification.NotSupported",
      /m7i\.large/,
    ],
  ];
  test.each(refused)("refuses %s", async (_what, change, name, message) => {
    await expect(run(change())).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
    await pass(5);
    expect(await instances()).toEqual([]);
    expect(await interfaces()).toEqual([]);
  });

  test("16 KB of user data is taken", async () => {
    const script = natUserData({ vpcCidr: "172.31.0.0/16", stack: "buddyverse" });
    expect(await run({ UserData: Buffer.from(script.padEnd(16_384, "#")).toString("base64") })).toMatch(/^i-/);
  });

  test("the account's vCPUs have an end", async () => {
    for (let count = 0; count < 32; count++) await run();
    await expect(run()).rejects.toMatchObject({ name: "VcpuLimitExceeded" });
  });

  test("one attribute per call; the check is the interface's", async () => {
    const id = await run();
    await pass(30);
    await expect(
      on.aws.ec2.modifyInstanceAttribute({ InstanceId: id, SourceDestCheck: { Value: false }, Groups: [group] }),
    ).rejects.toMatchObject({ name: "InvalidParameterCombination" });
    await on.aws.ec2.modifyInstanceAttribute({ InstanceId: id, SourceDestCheck: { Value: false } });
    await pass(5);
    const { NetworkInterfaces } = await on.aws.ec2.describeNetworkInterfaces({});
    expect(NetworkInterfaces?.[0]?.SourceDestCheck).toBe(false);
  });

  test("zones offer different types", async () => {
    const { InstanceTypeOfferings = [] } = await on.aws.ec2.describeInstanceTypeOfferings({
      LocationType: "availability-zone",
      Filters: [{ Name: "instance-type", Values: ["t2.micro"] }],
    });
    expect(InstanceTypeOfferings.map(({ Location }) => Location)).toEqual(["ap-northeast-2a", "ap-northeast-2c"]);
    expect(subnets).toHaveLength(4);
  });
});

describe("images", () => {
  test("take their time, hold their name and their snapshot, and fail when their instance goes too early", async () => {
    const id = await run();
    await pass(30);
    const Name = "Buddy-WEB-Image-1";
    const { ImageId } = await on.aws.ec2.createImage({ InstanceId: id, Name });
    await expect(on.aws.ec2.createImage({ InstanceId: id, Name })).rejects.toMatchObject({
      name: "InvalidAMIName.Duplicate",
    });
    await pass(10);
    await expect(run({ ImageId })).rejects.toMatchObject({ name: "InvalidAMIID.Unavailable" });
    await pass(400);
    const { Images } = await on.aws.ec2.describeImages({ Owners: ["self"] });
    expect(Images).toMatchObject([{ ImageId, State: "available", RootDeviceName: "/dev/xvda" }]);
    const SnapshotId = Images?.[0]?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId as string;
    await expect(on.aws.ec2.deleteSnapshot({ SnapshotId })).rejects.toMatchObject({ name: "InvalidSnapshot.InUse" });
    await on.aws.ec2.deregisterImage({ ImageId });
    await pass(5);
    await on.aws.ec2.deleteSnapshot({ SnapshotId });

    const early = await on.aws.ec2.createImage({ InstanceId: id, Name: "Buddy-WEB-Image-2" });
    await on.aws.ec2.terminateInstances({ InstanceIds: [id] });
    await expect(on.aws.ec2.createImage({ InstanceId: id, Name: "Buddy-3" })).rejects.toMatchObject({
      name: "IncorrectInstanceState",
    });
    await pass(400);
    const after = await on.aws.ec2.describeImages({ ImageIds: [early.ImageId as string] });
    expect(after.Images?.[0]).toMatchObject({ State: "failed", StateReason: { Message: expect.any(String) } });
  });
});

describe("launch templates", () => {
  test("are checked when they are used, not when they are made; a version inherits nothing", async () => {
    const { LaunchTemplate } = await on.aws.ec2.createLaunchTemplate({
      LaunchTemplateName: "template",
      LaunchTemplateData: { ImageId: "ami-nonsense", InstanceType: "t3.micro" },
    });
    const LaunchTemplateId = LaunchTemplate?.LaunchTemplateId as string;
    await expect(
      on.aws.ec2.createLaunchTemplate({ LaunchTemplateName: "template", LaunchTemplateData: {} }),
    ).rejects.toMatchObject({ name: "InvalidLaunchTemplateName.AlreadyExistsException" });
    await pass(5);
    await on.aws.ec2.createLaunchTemplateVersion({
      LaunchTemplateId,
      LaunchTemplateData: { InstanceType: "t3.small" },
    });
    await pass(5);
    const read = async (version: string) =>
      (await on.aws.ec2.describeLaunchTemplateVersions({ LaunchTemplateId, Versions: [version] }))
        .LaunchTemplateVersions?.[0];
    expect(await read("$Latest")).toMatchObject({ VersionNumber: 2, LaunchTemplateData: { InstanceType: "t3.small" } });
    expect((await read("$Latest"))?.LaunchTemplateData?.ImageId).toBeUndefined();
    expect(await read("$Default")).toMatchObject({ VersionNumber: 1, DefaultVersion: true });
    await expect(on.aws.ec2.modifyLaunchTemplate({ LaunchTemplateId, DefaultVersion: "7" })).rejects.toMatchObject({
      name: "InvalidLaunchTemplateId.VersionNotFound",
    });
  });
});

describe("IAM", () => {
  const RoleName = "role";
  const InstanceProfileName = "profile";
  // The tool attaches none; others do.
  const attach = (input: { RoleName: string; PolicyArn: string }) =>
    on.sandbox.answer("iam", "AttachRolePolicy", input);
  const roleAndProfile = async () => {
    await on.aws.iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUST });
    await on.aws.iam.createInstanceProfile({ InstanceProfileName });
    await pass(5);
    await on.aws.iam.addRoleToInstanceProfile({ InstanceProfileName, RoleName });
  };

  test("documents come back URL-encoded, names are one whatever their case, errors have the SDK's names", async () => {
    await on.aws.iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUST });
    await pass(5);
    const { Role } = await on.aws.iam.getRole({ RoleName });
    expect(Role?.AssumeRolePolicyDocument).toMatch(/^%7B%22Version/);
    expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ""))).toEqual(JSON.parse(TRUST));
    await expect(on.aws.iam.createRole({ RoleName: "ROLE", AssumeRolePolicyDocument: TRUST })).rejects.toMatchObject({
      name: "EntityAlreadyExistsException",
      Code: "EntityAlreadyExists",
    });
    await expect(on.aws.iam.getRole({ RoleName: "none" })).rejects.toMatchObject({
      name: "NoSuchEntityException",
      Code: "NoSuchEntity",
    });
    await expect(on.aws.iam.createRole({ RoleName: "bad", AssumeRolePolicyDocument: "{" })).rejects.toMatchObject({
      name: "MalformedPolicyDocumentException",
    });
    const PolicyDocument = JSON.stringify({
      Statement: [{ Effect: "Allow", Action: "s3:*", Resource: ["*", "files"] }],
    });
    await expect(on.aws.iam.putRolePolicy({ RoleName, PolicyName: "p", PolicyDocument })).rejects.toMatchObject({
      name: "MalformedPolicyDocumentException",
      message: 'Resource files must be in ARN format or "*".',
    });
    await expect(attach({ RoleName, PolicyArn: "arn:aws:iam::aws:policy/NoSuchPolicy" })).rejects.toMatchObject({
      name: "NoSuchEntityException",
    });
  });

  test("a profile holds one role, and EC2 knows it some seconds later", async () => {
    await roleAndProfile();
    const profile = { IamInstanceProfile: { Name: InstanceProfileName } };
    await expect(run(profile)).rejects.toMatchObject({ name: "InvalidParameterValue" });
    await expect(on.aws.iam.addRoleToInstanceProfile({ InstanceProfileName, RoleName })).rejects.toMatchObject({
      name: "LimitExceededException",
    });
    await pass(15);
    expect(await run(profile)).toMatch(/^i-/);
  });

  test("nothing goes while something hangs on it", async () => {
    await roleAndProfile();
    await attach({ RoleName, PolicyArn: MANAGED });
    await on.aws.iam.putRolePolicy({ RoleName, PolicyName: "own", PolicyDocument: TRUST });
    await pass(5);
    const conflict = { name: "DeleteConflictException", Code: "DeleteConflict" };
    await expect(on.aws.iam.deleteRole({ RoleName })).rejects.toMatchObject(conflict);
    await expect(on.aws.iam.deleteInstanceProfile({ InstanceProfileName })).rejects.toMatchObject(conflict);
    await on.aws.iam.removeRoleFromInstanceProfile({ InstanceProfileName, RoleName });
    await on.aws.iam.deleteInstanceProfile({ InstanceProfileName });
    await expect(on.aws.iam.deleteRole({ RoleName })).rejects.toMatchObject(conflict);
    await on.aws.iam.detachRolePolicy({ RoleName, PolicyArn: MANAGED });
    await expect(on.aws.iam.deleteRole({ RoleName })).rejects.toMatchObject(conflict);
    await on.aws.iam.deleteRolePolicy({ RoleName, PolicyName: "own" });
    await on.aws.iam.deleteRole({ RoleName });
  });
});
