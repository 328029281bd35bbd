/** AWS's rules for file systems and mount targets, as the sandbox keeps them. */
import { beforeEach, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";

const START = Date.UTC(2026, 10, 22);
let clock: Clock;
let efs: Aws["efs"];
let ec2: Aws["ec2"];
let subnetA: string;
let subnetA2: string;
let subnetC: string;
let group: string;
beforeEach(async () => {
  clock = jumpingClock(START);
  const sandbox = openSandbox({ world: freshWorld({ region: "ap-northeast-2", time: START, seed: 9 }), clock });
  ({ efs, ec2 } = await connect({ region: "ap-northeast-2", clock, wire: sandbox, network: sandbox.network }));
  const { Vpc } = await ec2.createVpc({ CidrBlock: "10.0.0.0/16" });
  await settle();
  const subnet = async (CidrBlock: string, AvailabilityZone: string) =>
    (await ec2.createSubnet({ VpcId: Vpc?.VpcId, CidrBlock, AvailabilityZone })).Subnet?.SubnetId as string;
  subnetA = await subnet("10.0.1.0/24", "ap-northeast-2a");
  subnetA2 = await subnet("10.0.2.0/24", "ap-northeast-2a");
  subnetC = await subnet("10.0.3.0/24", "ap-northeast-2c");
  const made = await ec2.createSecurityGroup({ VpcId: Vpc?.VpcId, GroupName: "efs", Description: "efs" });
  group = made.GroupId as string;
  await settle();
});

const settle = () => clock.sleep(5_000);
const refused = (call: Promise<unknown>, name: string) => expect(call).rejects.toMatchObject({ name });
async function newSystem(): Promise<string> {
  const { FileSystemId } = await efs.createFileSystem({ CreationToken: "token", Encrypted: true });
  await clock.sleep(15_000);
  return FileSystemId as string;
}
const mount = (FileSystemId: string, SubnetId: string, SecurityGroups = [group]) =>
  efs.createMountTarget({ FileSystemId, SubnetId, SecurityGroups });
async function targets(FileSystemId: string) {
  const { MountTargets = [] } = await efs.describeMountTargets({ FileSystemId });
  return MountTargets;
}

test("a token makes one file system, and a repeat names it", async () => {
  const { FileSystemId } = await efs.createFileSystem({ CreationToken: "token" });
  await expect(efs.createFileSystem({ CreationToken: "token", Encrypted: true })).rejects.toMatchObject({
    name: "FileSystemAlreadyExists",
    FileSystemId,
  });
});

test("a file system that is being made takes no mount target and no policies", async () => {
  const { FileSystemId = "" } = await efs.createFileSystem({ CreationToken: "token" });
  await settle();
  await refused(mount(FileSystemId, subnetA), "IncorrectFileSystemLifeCycleState");
  await refused(
    efs.putLifecycleConfiguration({ FileSystemId, LifecyclePolicies: [] }),
    "IncorrectFileSystemLifeCycleState",
  );
  await clock.sleep(15_000);
  expect((await efs.describeFileSystems({})).FileSystems?.[0]?.LifeCycleState).toBe("available");
});

test("one mount target per zone, with known subnets and groups", async () => {
  const id = await newSystem();
  await refused(mount(id, "subnet-00000000"), "SubnetNotFound");
  await refused(mount(id, subnetA, ["sg-00000000"]), "SecurityGroupNotFound");
  await mount(id, subnetA);
  await refused(mount(id, subnetA2), "MountTargetConflict");
  await mount(id, subnetC);
  await settle();
  expect((await targets(id)).map((one) => one.LifeCycleState)).toEqual(["creating", "creating"]);
  await clock.sleep(90_000);
  expect((await targets(id)).map((one) => one.LifeCycleState)).toEqual(["available", "available"]);
});

test("a mount target's interface holds subnet and group, and shows the groups that it has", async () => {
  const id = await newSystem();
  await mount(id, subnetA);
  await clock.sleep(90_000);
  const own = async () => {
    const Filters = [{ Name: "subnet-id", Values: [subnetA] }];
    return (await ec2.describeNetworkInterfaces({ Filters })).NetworkInterfaces?.[0];
  };
  const [target] = await targets(id);
  expect(await own()).toMatchObject({
    NetworkInterfaceId: target?.NetworkInterfaceId,
    Description: `Mount target ${target?.MountTargetId} for file system ${id}`,
    RequesterManaged: true,
    Groups: [{ GroupId: group }],
  });
  await refused(ec2.deleteSubnet({ SubnetId: subnetA }), "DependencyViolation");
  await refused(ec2.deleteSecurityGroup({ GroupId: group }), "DependencyViolation");
  await efs.modifyMountTargetSecurityGroups({ MountTargetId: target?.MountTargetId as string, SecurityGroups: [] });
  await settle();
  expect((await own())?.Groups).toEqual([]);
});

test("a mount target without groups of its own has the default one of the VPC", async () => {
  const id = await newSystem();
  const { MountTargetId, VpcId } = await efs.createMountTarget({ FileSystemId: id, SubnetId: subnetA });
  await clock.sleep(90_000);
  const { SecurityGroups = [] } = await ec2.describeSecurityGroups({
    Filters: [
      { Name: "vpc-id", Values: [VpcId as string] },
      { Name: "group-name", Values: ["default"] },
    ],
  });
  const { NetworkInterfaces = [] } = await ec2.describeNetworkInterfaces({
    Filters: [{ Name: "subnet-id", Values: [subnetA] }],
  });
  expect(NetworkInterfaces).toMatchObject([
    {
      Description: expect.stringContaining(MountTargetId as string),
      Groups: [{ GroupId: SecurityGroups[0]?.GroupId }],
    },
  ]);
});

test("a file system goes only when its mount targets are quite gone", async () => {
  const FileSystemId = await newSystem();
  const { MountTargetId = "" } = await mount(FileSystemId, subnetA);
  await clock.sleep(90_000);
  await refused(efs.deleteFileSystem({ FileSystemId }), "FileSystemInUse");
  await efs.deleteMountTarget({ MountTargetId });
  await refused(efs.deleteFileSystem({ FileSystemId }), "FileSystemInUse");
  await refused(ec2.deleteSubnet({ SubnetId: subnetA }), "DependencyViolation");
  await clock.sleep(70_000);
  await refused(efs.deleteMountTarget({ MountTargetId }), "MountTargetNotFound");
  await efs.deleteFileSystem({ FileSystemId });
  await clock.sleep(10_000);
  await refused(efs.describeMountTargets({ FileSystemId }), "FileSystemNotFound");
  await ec2.deleteSubnet({ SubnetId: subnetA });
});

test("one transition per policy; an empty list clears; no policy was never backed up", async () => {
  const FileSystemId = await newSystem();
  const put = (LifecyclePolicies: object[]) =>
    efs.putLifecycleConfiguration({ FileSystemId, LifecyclePolicies } as never);
  await refused(put([{ TransitionToIA: "AFTER_30_DAYS" }, { TransitionToIA: "AFTER_7_DAYS" }]), "BadRequest");
  await refused(put([{ TransitionToIA: "AFTER_31_DAYS" }]), "BadRequest");
  await put([{ TransitionToIA: "AFTER_30_DAYS" }]);
  await settle();
  expect((await efs.describeLifecycleConfiguration({ FileSystemId })).LifecyclePolicies).toHaveLength(1);
  await put([]);
  await settle();
  expect((await efs.describeLifecycleConfiguration({ FileSystemId })).LifecyclePolicies).toEqual([]);
  await refused(efs.describeBackupPolicy({ FileSystemId }), "PolicyNotFound");
  await efs.putBackupPolicy({ FileSystemId, BackupPolicy: { Status: "ENABLED" } });
  await settle();
  const { FileSystems } = await efs.describeFileSystems({ FileSystemId });
  expect(FileSystems?.[0]?.Tags).toContainEqual({ Key: "aws:elasticfilesystem:default-backup", Value: "enabled" });
});

test("an unknown parameter is refused, not ignored", async () => {
  const call = efs.createFileSystem({ CreationToken: "t", AvailabilityZoneName: "ap-northeast-2a" });
  await expect(call).rejects.toMatchObject({
    code: "sandbox",
    message: expect.stringContaining("AvailabilityZoneName"),
  });
});
