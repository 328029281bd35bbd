import {
  CreateAutoScalingGroupCommand,
  DeleteAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSnapshotCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  DeleteSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeInstancesCommand,
  ModifyInstanceAttributeCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { CreateFileSystemCommand, DeleteFileSystemCommand, TagResourceCommand } from "@aws-sdk/client-efs";
import {
  AddTagsCommand,
  CreateTargetGroupCommand,
  DeleteTargetGroupCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  AddTagsToResourceCommand,
  CreateDBParameterGroupCommand,
  DeleteDBParameterGroupCommand,
} from "@aws-sdk/client-rds";
import { expect, test } from "vitest";
import { copyRefusals } from "../../src/cli/copy-rights.ts";
import type { Identified } from "../../src/engine/resource.ts";
import type { PolicyStatement } from "../../src/policy/policy.ts";
import { findAppSecret, listedSecrets, removeAppSecret, setAppSecret } from "../../src/recovery/app-secrets.ts";
import { secretsInUse } from "../../steps/app-secrets.ts";
import { dataSteps } from "../lifecycle/data.ts";
import { type Stranger, stranger } from "../stranger.ts";
import { type Account, account, bad, examined, policyOf, upAndDown, without } from "./lives.ts";

const STACK = "buddyverse:stack";
const OURS = [{ Key: STACK, Value: "buddyverse" }];
const DENIED = /^(UnauthorizedOperation|AccessDenied)$/;

/** What AWS says to somebody's call: "done", or the error's name. */
const said = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "done",
    (error: Error) => error.name,
  );

/** Objects with these tags, and the calls that would destroy, change or take over each. */
async function objects(others: Stranger, who: Account, stack: string | undefined) {
  const Tags = stack === undefined ? [{ Key: "Name", Value: "theirs" }] : [{ Key: STACK, Value: stack }];
  const suffix = stack ?? "none";
  const { ec2, elb, efs, rds, autoScaling } = others;
  const of = (ResourceType: "vpc" | "subnet" | "security-group" | "instance" | "snapshot") => [{ ResourceType, Tags }];
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16", TagSpecifications: of("vpc") }));
  const VpcId = Vpc?.VpcId as string;
  await who.clock.sleep(10_000);
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({
      VpcId,
      CidrBlock: "10.0.1.0/24",
      AvailabilityZone: "ap-northeast-2a",
      TagSpecifications: of("subnet"),
    }),
  );
  const SubnetId = Subnet?.SubnetId as string;
  const { GroupId } = await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName: `theirs-${suffix}`,
      Description: "theirs",
      VpcId,
      TagSpecifications: of("security-group"),
    }),
  );
  await who.clock.sleep(10_000);
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ImageId: "ami-0a12023000000a64d",
      InstanceType: "t3.micro",
      MinCount: 1,
      MaxCount: 1,
      NetworkInterfaces: [{ DeviceIndex: 0, SubnetId, Groups: [GroupId as string] }],
      TagSpecifications: of("instance"),
    }),
  );
  const InstanceId = Instances?.[0]?.InstanceId as string;
  await who.clock.sleep(60_000);
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
  const VolumeId = Reservations?.[0]?.Instances?.[0]?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId as string;
  const { SnapshotId } = await ec2.send(new CreateSnapshotCommand({ VolumeId, TagSpecifications: of("snapshot") }));
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({ Name: `theirs-${suffix}`, VpcId, Protocol: "HTTP", Port: 80, Tags }),
  );
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn as string;
  const { FileSystemId } = await efs.send(new CreateFileSystemCommand({ CreationToken: suffix, Tags }));
  const DBParameterGroupName = `theirs-${suffix}`;
  const { DBParameterGroup } = await rds.send(
    new CreateDBParameterGroupCommand({
      DBParameterGroupName,
      DBParameterGroupFamily: "mysql8.4",
      Description: "theirs",
      Tags,
    }),
  );
  await who.clock.sleep(60_000);
  const rule = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
  const AutoScalingGroupName = `theirs-${suffix}`;
  return {
    makeGroup: (LaunchTemplateId: string, VPCZoneIdentifier: string) =>
      autoScaling.send(
        new CreateAutoScalingGroupCommand({
          AutoScalingGroupName,
          MinSize: 0,
          MaxSize: 0,
          LaunchTemplate: { LaunchTemplateId, Version: "1" },
          VPCZoneIdentifier,
          Tags: Tags.map((tag) => ({
            ...tag,
            ResourceId: AutoScalingGroupName,
            ResourceType: "auto-scaling-group",
            PropagateAtLaunch: false,
          })),
        }),
      ),
    /** As whoever these clients are. */
    attempts: ({ ec2, elb, efs, rds, autoScaling }: Stranger): Readonly<Record<string, () => Promise<unknown>>> => ({
      "take over the VPC": () => ec2.send(new CreateTagsCommand({ Resources: [VpcId], Tags: OURS })),
      "take over the instance": () => ec2.send(new CreateTagsCommand({ Resources: [InstanceId], Tags: OURS })),
      "take over the snapshot": () =>
        ec2.send(new CreateTagsCommand({ Resources: [SnapshotId as string], Tags: OURS })),
      "take over the target group": () => elb.send(new AddTagsCommand({ ResourceArns: [TargetGroupArn], Tags: OURS })),
      "take over the file system": () => efs.send(new TagResourceCommand({ ResourceId: FileSystemId, Tags: OURS })),
      "take over the parameter group": () =>
        rds.send(new AddTagsToResourceCommand({ ResourceName: DBParameterGroup?.DBParameterGroupArn, Tags: OURS })),
      "change the instance": () =>
        ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, SourceDestCheck: { Value: false } })),
      "open the group": () => ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [rule] })),
      "make a subnet in the VPC": () =>
        ec2.send(
          new CreateSubnetCommand({
            VpcId,
            CidrBlock: "10.0.2.0/24",
            AvailabilityZone: "ap-northeast-2a",
            TagSpecifications: [{ ResourceType: "subnet", Tags: OURS }],
          }),
        ),
      "scale the group": () =>
        autoScaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, MaxSize: 1 })),
      "delete the group": () =>
        autoScaling.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName, ForceDelete: true })),
      "delete the parameter group": () => rds.send(new DeleteDBParameterGroupCommand({ DBParameterGroupName })),
      "delete the file system": () => efs.send(new DeleteFileSystemCommand({ FileSystemId })),
      "delete the target group": () => elb.send(new DeleteTargetGroupCommand({ TargetGroupArn })),
      "delete the snapshot": () => ec2.send(new DeleteSnapshotCommand({ SnapshotId })),
      "terminate the instance": () => ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] })),
      "delete the security group": () => ec2.send(new DeleteSecurityGroupCommand({ GroupId })),
      "delete the subnet": () => ec2.send(new DeleteSubnetCommand({ SubnetId })),
      "delete the VPC": () => ec2.send(new DeleteVpcCommand({ VpcId })),
    }),
  };
}

test("what carries another stack's tag, or none, cannot be destroyed, changed or taken over; with the stack's own tag it can", async () => {
  const who = await account();
  const on = await who.under(await policyOf({}));
  expect(bad((await on.up()).settled)).toEqual([]);
  for (const stack of ["other", undefined, "buddyverse"]) {
    const made = await objects(who.stranger(), who, stack);
    await made.makeGroup(on.store.get("launch-template")?.id as string, on.store.get("subnet-web-1")?.id as string);
    await who.clock.sleep(10_000);
    for (const [what, attempt] of Object.entries(made.attempts(stranger(on.sandbox)))) {
      const answer = await said(attempt());
      // AWS's other objections are none of IAM's. RDS's objects are tagged by their names.
      if (stack !== "buddyverse") expect(answer, `${what} of ${stack}`).toMatch(DENIED);
      else if (what !== "take over the parameter group") expect(answer, what).not.toMatch(DENIED);
    }
  }
});

test("nothing but these is allowed without the stack's tag, a name or a kind of resource that matters to nobody", async () => {
  const given = {
    nat: { mode: "gateway" },
    monitoring: { email: "ops@example.com" },
    domain: { name: "new.example.com", zone: "create" },
    image: { app: { folder: "app" } },
  };
  const wide = ({ Resource, Condition }: PolicyStatement) =>
    Resource === "*" && !JSON.stringify(Condition ?? {}).includes(STACK);
  const actions = (await policyOf(given))
    .flatMap(({ Statement }) => Statement)
    .filter(wide)
    .flatMap(({ Action }) => Action);
  expect(actions.filter((action) => !/:(Describe|Get|List|Simulate)/.test(action)).toSorted()).toEqual([
    // To bind a key to a vault: IAM narrows it to nothing.
    "backup-storage:MountCapsule",
    "route53:CreateHostedZone",
    // It knows no resources (Service Authorization Reference).
    "sns:Unsubscribe",
    // It knows no resources (Service Authorization Reference): of the commands of others, too.
    "ssm:CancelCommand",
  ]);
});

test("one action less, and a run fails; doctor says which before it is run", async () => {
  const documents = await policyOf({});
  for (const taken of ["ChangeOwn ec2:DeleteSubnet", "DomainRecords route53:ChangeResourceRecordSets"]) {
    const action = taken.split(" ")[1] as string;
    const who = await account();
    const on = await who.under(without(documents, taken));
    const [permissions] = (await examined(on, documents)).filter(({ about }) => about === "permissions");
    expect(permissions, taken).toMatchObject({ verdict: "problem", message: expect.stringContaining(action) });
    expect((await upAndDown(on)).join("\n"), taken).toContain(action);
  }
});

test("down finds out before anything is touched that the caller may not make the copies", async () => {
  const documents = await policyOf({ domain: null });
  const who = await account({ domain: null });
  const on = await who.under(documents, { steps: dataSteps as never });
  expect(bad((await on.up()).settled)).toEqual([]);
  const refusals = async (taken?: string) => {
    const then = await who.under(taken === undefined ? documents : without(documents, taken), {
      steps: dataSteps as never,
    });
    return (await copyRefusals(then, await then.stack.refresh({ removing: true }))).map(({ message }) => message);
  };
  expect(await refusals()).toEqual([]);
  for (const taken of [
    "ChangeOwn rds:CreateDBSnapshot",
    "BackupVault backup:StartBackupJob",
    "RolePassBackup iam:PassRole",
  ])
    expect(await refusals(taken)).toEqual([
      `not all copies can be made: IAM's policy simulator refuses the caller ${taken.split(" ")[1]}`,
    ]);
  // Who may not ask is told nothing.
  expect(await refusals("Caller iam:SimulatePrincipalPolicy")).toEqual([]);
});

test("with all of it doctor is content: it asks with the tags that the conditions demand", async () => {
  const given = { nat: { mode: "gateway" }, monitoring: { email: "ops@example.com" } };
  const documents = await policyOf(given);
  const who = await account(given);
  const on = await who.under(documents);
  expect((await examined(on, documents)).filter(({ verdict }) => verdict !== "ok")).toEqual([]);
  expect(who.denials()).toEqual([]);
});

test("secrets of the application need nothing besides what up does, also before the config names any", async () => {
  const who = await account();
  const { run, stack, config } = await who.under(await policyOf({}, []));
  expect(await setAppSecret(run, config, "KEY", "one")).toBe("created");
  expect(await setAppSecret(run, config, "KEY", "two")).toBe("changed");
  expect(await listedSecrets(run, config)).toMatchObject([{ name: "KEY", set: true }]);
  expect(await secretsInUse(stack)).toEqual(new Set());
  await removeAppSecret(run, "KEY", (await findAppSecret(run, config, "KEY")) as Identified);
  expect(who.denials()).toEqual([]);
});

test("where IAM learns the tags of a new object late, what is denied until then is tried again", async () => {
  const documents = await policyOf({});
  const who = await account({}, 7, 8_000);
  const on = await who.under(documents);
  expect(bad((await on.up()).settled)).toEqual([]);
  const denied = new Set(who.denials().map(({ action }) => action));
  // On the object itself, on one that it is made in, and on one of another service.
  for (const action of ["ec2:ModifyVpcAttribute", "ec2:AttachInternetGateway", "elasticloadbalancing:ModifyListener"])
    expect(denied).toContain(action);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);
});
