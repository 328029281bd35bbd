import { DescribeNetworkInterfacesCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateFileSystemCommand,
  CreateMountTargetCommand,
  DeleteFileSystemCommand,
  DeleteMountTargetCommand,
  DependencyTimeout,
  DescribeBackupPolicyCommand,
  DescribeFileSystemsCommand,
  DescribeLifecycleConfigurationCommand,
  DescribeMountTargetsCommand,
  EFSClient,
  EFSServiceException,
  FileSystemAlreadyExists,
  type FileSystemDescription,
  FileSystemInUse,
  FileSystemNotFound,
  ModifyMountTargetSecurityGroupsCommand,
  type MountTargetDescription,
  PolicyNotFound,
  PutLifecycleConfigurationCommand,
} from "@aws-sdk/client-efs";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { type FileSystemLive, type FileSystemSpec, fileSystem } from "../../../src/aws/efs/file-system.ts";
import { isOneOf } from "../../../src/aws/errors.ts";
import { differences } from "../../../src/engine/differences.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

const owner = ownerOf("file-system", "Buddy-EFS");
const ID = "fs-0123456789abcdef0";
const metadata = { $metadata: { httpStatusCode: 400, attempts: 1 }, message: "no" };
const code = { ErrorCode: "x", ...metadata };

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const efs = mocked(EFSClient);
const ec2 = mocked(EC2Client);
beforeEach(() => {
  efs.reset();
  ec2.reset();
});

const spec: FileSystemSpec = {
  encrypted: true,
  performance: "generalPurpose",
  throughput: "bursting",
  transitionToIaDays: 30,
  backup: true,
  restoring: false,
  mounts: [
    { subnetId: "subnet-1", groupId: "sg-1" },
    { subnetId: "subnet-2", groupId: "sg-1" },
  ],
  zones: ["ap-northeast-2a", "ap-northeast-2c"],
};
const described = (change: Partial<FileSystemDescription> = {}): FileSystemDescription => ({
  OwnerId: "111122223333",
  CreationToken: "t",
  FileSystemId: ID,
  CreationTime: new Date(0),
  LifeCycleState: "available",
  NumberOfMountTargets: 2,
  SizeInBytes: { Value: 0 },
  PerformanceMode: "generalPurpose",
  ThroughputMode: "bursting",
  Encrypted: true,
  Tags: [{ Key: "aws:elasticfilesystem:default-backup", Value: "enabled" }, ...awsTags(owner.key, owner.name)],
  ...change,
});
const target = (number: number, change: Partial<MountTargetDescription> = {}): MountTargetDescription => ({
  MountTargetId: `fsmt-${number}`,
  FileSystemId: ID,
  SubnetId: `subnet-${number}`,
  LifeCycleState: "available",
  NetworkInterfaceId: `eni-${number}`,
  ...change,
});
/** All that AWS answers of a file system as it shall be, but for the given. */
function shown(change: { system?: Partial<FileSystemDescription>; targets?: MountTargetDescription[] } = {}) {
  efs.on(DescribeFileSystemsCommand).resolves({ FileSystems: [described(change.system)] });
  efs.on(DescribeMountTargetsCommand).resolves({ MountTargets: change.targets ?? [target(2), target(1)] });
  efs.on(DescribeLifecycleConfigurationCommand).resolves({ LifecyclePolicies: [{ TransitionToIA: "AFTER_30_DAYS" }] });
  efs.on(DescribeBackupPolicyCommand).resolves({ BackupPolicy: { Status: "ENABLING" } });
  ec2.on(DescribeNetworkInterfacesCommand).resolves({
    NetworkInterfaces: [1, 2].map((number) => ({ NetworkInterfaceId: `eni-${number}`, Groups: [{ GroupId: "sg-1" }] })),
  });
}
const find = async () => (await fileSystem.find(aws, owner)) as FileSystemLive;
const health = async () => fileSystem.health?.(await find());

describe("finding it", () => {
  test("as it shall be has no difference, in five calls, without AWS's own tags", async () => {
    shown();
    const live = await find();
    expect(differences(fileSystem, spec, live, owner.tags)).toEqual([]);
    expect(fileSystem.health?.(live)).toBe("ready");
    expect(live.dnsName).toBe(`${ID}.efs.ap-northeast-2.amazonaws.com`);
    expect(Object.keys(live.tags).filter((key) => key.startsWith("aws:"))).toEqual([]);
    expect([efs.calls().length, ec2.calls().length]).toEqual([4, 1]);
  });

  test("without a backup policy or a lifecycle has neither", async () => {
    shown();
    efs.on(DescribeLifecycleConfigurationCommand).resolves({ LifecyclePolicies: [] });
    efs.on(DescribeBackupPolicyCommand).rejects(new PolicyNotFound(code));
    expect(await find()).toMatchObject({ transitionToIaDays: null, backup: false });
  });

  test("of another stack is not ours; one that vanishes between the reads is not there", async () => {
    shown({ system: { Tags: [{ Key: "buddyverse:stack", Value: "other" }] } });
    expect(await fileSystem.find(aws, owner)).toBeUndefined();
    shown();
    efs.on(DescribeMountTargetsCommand).rejects(new FileSystemNotFound(code));
    expect(await fileSystem.find(aws, owner)).toBeUndefined();
  });

  test("a recorded one whose tags were taken away is not made a second time", async () => {
    efs.on(DescribeFileSystemsCommand).resolves({ FileSystems: [] });
    efs.on(DescribeFileSystemsCommand, { FileSystemId: ID }).resolves({ FileSystems: [described({ Tags: [] })] });
    efs.on(DescribeMountTargetsCommand).resolves({ MountTargets: [target(1, { LifeCycleState: "creating" })] });
    expect(await fileSystem.find(aws, owner, ID)).toMatchObject({ id: ID, tags: {} });
  });

  test("a denied read is no missingMessage", async () => {
    const denied = new EFSServiceException({ name: "AccessDeniedException", $fault: "client", ...metadata });
    efs.on(DescribeFileSystemsCommand).rejects(denied);
    await expect(fileSystem.find(aws, owner)).rejects.toBe(denied);
  });
});

test("it is pending while a mount target is on its way or its interface does not show", async () => {
  shown({ targets: [target(1), target(2, { LifeCycleState: "creating" })] });
  expect(await health()).toBe("pending");
  expect(efs.commandCalls(DescribeLifecycleConfigurationCommand)).toHaveLength(0);
  shown();
  ec2.on(DescribeNetworkInterfacesCommand).resolves({ NetworkInterfaces: [] });
  expect(await health()).toBe("pending");
});

describe("making it", () => {
  test("encrypted, with backups, with the token and the tags, in one call", async () => {
    efs.on(CreateFileSystemCommand).resolves({ FileSystemId: ID });
    expect(await fileSystem.create?.(aws, spec, owner, "token-1")).toBe(ID);
    expect(efs.calls()).toHaveLength(1);
    expect(efs.commandCalls(CreateFileSystemCommand)[0]?.args[0].input).toMatchObject({
      CreationToken: "token-1",
      Encrypted: true,
      PerformanceMode: "generalPurpose",
      ThroughputMode: "bursting",
      Backup: true,
      Tags: expect.arrayContaining([{ Key: "buddyverse:key", Value: "file-system" }]),
    });
  });

  test("a repeat answers the one that its token made, also when the error does not name it", async () => {
    efs.on(CreateFileSystemCommand).rejectsOnce(new FileSystemAlreadyExists({ FileSystemId: ID, ...code }));
    expect(await fileSystem.create?.(aws, spec, owner, "token-1")).toBe(ID);
    efs.on(CreateFileSystemCommand).rejects(new FileSystemAlreadyExists({ FileSystemId: undefined as never, ...code }));
    efs.on(DescribeFileSystemsCommand, { CreationToken: "token-1" }).resolves({ FileSystems: [described()] });
    expect(await fileSystem.create?.(aws, spec, owner, "token-1")).toBe(ID);
  });

  test("missing mount targets are made with their group, wrong ones mended, strays removed", async () => {
    shown({ targets: [target(1), target(3)] });
    ec2.on(DescribeNetworkInterfacesCommand).resolves({
      NetworkInterfaces: [1, 3].map((number) => ({
        NetworkInterfaceId: `eni-${number}`,
        Groups: [{ GroupId: "sg-default" }],
      })),
    });
    const live = await find();
    efs.onAnyCommand().resolves({});
    await fileSystem.update?.(aws, live, spec, new Set(["mounts"]), owner);
    expect(efs.commandCalls(DeleteMountTargetCommand).map(({ args }) => args[0].input)).toEqual([
      { MountTargetId: "fsmt-3" },
    ]);
    expect(efs.commandCalls(ModifyMountTargetSecurityGroupsCommand).map(({ args }) => args[0].input)).toEqual([
      { MountTargetId: "fsmt-1", SecurityGroups: ["sg-1"] },
    ]);
    expect(efs.commandCalls(CreateMountTargetCommand).map(({ args }) => args[0].input)).toEqual([
      { FileSystemId: ID, SubnetId: "subnet-2", SecurityGroups: ["sg-1"] },
    ]);
  });

  test("its deletion waits while mount targets, or their interfaces, are still going", () => {
    const said = (error: Error) => isOneOf(error, fileSystem.retryable?.delete);
    expect(said(new FileSystemInUse(code))).toBe(true);
    expect(said(new DependencyTimeout(code))).toBe(true);
    expect(said(new FileSystemAlreadyExists({ FileSystemId: ID, ...code }))).toBe(false);
  });

  test("mount targets are made one after the other", async () => {
    shown({ targets: [] });
    const live = await find();
    let [underWay, most] = [0, 0];
    efs.on(CreateMountTargetCommand).callsFake(async () => {
      underWay++;
      most = Math.max(most, underWay);
      await Promise.resolve();
      underWay--;
      return {};
    });
    await fileSystem.update?.(aws, live, spec, new Set(["mounts"]), owner);
    expect(efs.commandCalls(CreateMountTargetCommand)).toHaveLength(spec.mounts.length);
    expect(most).toBe(1);
  });

  test("a mount target that AWS could not make is removed and recreated", async () => {
    shown({ targets: [target(1), target(2, { LifeCycleState: "error", NetworkInterfaceId: undefined })] });
    const live = await find();
    expect(fileSystem.health?.(live)).toBe("ready");
    expect(differences(fileSystem, spec, live, owner.tags).map(({ field }) => field)).toEqual(["mounts"]);
    efs.onAnyCommand().resolves({});
    await fileSystem.update?.(aws, live, spec, new Set(["mounts"]), owner);
    expect(efs.commandCalls(DeleteMountTargetCommand).map(({ args }) => args[0].input.MountTargetId)).toEqual([
      "fsmt-2",
    ]);
    expect(efs.commandCalls(CreateMountTargetCommand).map(({ args }) => args[0].input.SubnetId)).toEqual(["subnet-2"]);
  });

  test.each([
    [1, [{ TransitionToIA: "AFTER_1_DAY" }]],
    [90, [{ TransitionToIA: "AFTER_90_DAYS" }]],
    [null, []],
  ])("to IA after %s days is said in AWS's words", async (transitionToIaDays, LifecyclePolicies) => {
    shown();
    const live = await find();
    await fileSystem.update?.(aws, live, { ...spec, transitionToIaDays }, new Set(["transitionToIaDays"]), owner);
    expect(efs.commandCalls(PutLifecycleConfigurationCommand)[0]?.args[0].input.LifecyclePolicies).toEqual(
      LifecyclePolicies,
    );
  });
});

test("deleting it takes its mount targets first, and waits until they are gone", async () => {
  const options = { discardData: false, label: "1" };
  shown({ targets: [target(1), target(2, { LifeCycleState: "deleting" })] });
  await fileSystem.delete?.(aws, await find(), options);
  expect(efs.commandCalls(DeleteMountTargetCommand).map(({ args }) => args[0].input.MountTargetId)).toEqual(["fsmt-1"]);
  expect(efs.commandCalls(DeleteFileSystemCommand)).toHaveLength(0);
  shown({ targets: [] });
  efs.on(DeleteFileSystemCommand).rejects(new FileSystemNotFound(code));
  await fileSystem.delete?.(aws, await find(), options);
  expect(efs.commandCalls(DeleteFileSystemCommand)).toHaveLength(1);
});
