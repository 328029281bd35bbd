/** AWS's rules for what others set on a stack's objects and this tool never does. */
import { beforeEach, expect, test } from "vitest";
import { type Account, grown } from "./grown.ts";

let on: Account;
beforeEach(async () => {
  on = await grown({}, 30);
});
const refused = (call: Promise<unknown>, name: string) => expect(call).rejects.toMatchObject({ name });
interface Instance {
  readonly InstanceId: string;
  readonly PublicIpAddress?: string;
  readonly IamInstanceProfile?: { readonly Arn: string };
  readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
}
async function instance(key: string): Promise<Instance> {
  const { Reservations } = await on.ask<{ Reservations: { Instances: Instance[] }[] }>("ec2", "DescribeInstances");
  const all = Reservations.flatMap(({ Instances }) => Instances);
  const found = all.find(({ Tags }) => Tags.some(({ Key, Value }) => Key === "buddyverse:key" && Value === key));
  return found ?? expect.unreachable(`no ${key}`);
}

test("an instance has one profile at most; another one takes its place while it runs, or none does", async () => {
  const ec2 = <T>(operation: string, input: object) => on.ask<T>("ec2", operation, input);
  const { InstanceId, IamInstanceProfile } = await instance("nat-instance-1");
  const profile = { Name: IamInstanceProfile?.Arn.split("/").at(-1) };
  await refused(ec2("AssociateIamInstanceProfile", { InstanceId, IamInstanceProfile: profile }), "IncorrectState");
  type Associations = { IamInstanceProfileAssociations: { AssociationId: string }[] };
  const associations = async () =>
    (
      await ec2<Associations>("DescribeIamInstanceProfileAssociations", {
        Filters: [{ Name: "instance-id", Values: [InstanceId] }],
      })
    ).IamInstanceProfileAssociations.map(({ AssociationId }) => AssociationId);
  const [first] = await associations();
  const other = { Arn: IamInstanceProfile?.Arn };
  await ec2("ReplaceIamInstanceProfileAssociation", { AssociationId: first, IamInstanceProfile: other });
  await on.sleep(5);
  const [second] = await associations();
  expect(second).not.toBe(first);
  await refused(ec2("DisassociateIamInstanceProfile", { AssociationId: first }), "NoSuchAssociation");
  await refused(
    ec2("ReplaceIamInstanceProfileAssociation", { AssociationId: second, IamInstanceProfile: { Name: "nobody" } }),
    "InvalidParameterValue",
  );
  await ec2("DisassociateIamInstanceProfile", { AssociationId: second });
  await on.sleep(5);
  expect((await instance("nat-instance-1")).IamInstanceProfile).toBeUndefined();
  expect(await associations()).toEqual([]);
  await ec2("AssociateIamInstanceProfile", { InstanceId, IamInstanceProfile: profile });
});

test("an Elastic IP takes the place of the public address, which does not come back; it is not released meanwhile", async () => {
  const { InstanceId, PublicIpAddress } = await instance("bastion-1");
  const { AllocationId, PublicIp } = await on.ask<{ AllocationId: string; PublicIp: string }>(
    "ec2",
    "AllocateAddress",
    { Domain: "vpc" },
  );
  await on.sleep(5);
  const { AssociationId } = await on.ask<{ AssociationId: string }>("ec2", "AssociateAddress", {
    AllocationId,
    InstanceId,
  });
  await on.sleep(5);
  expect((await instance("bastion-1")).PublicIpAddress).toBe(PublicIp);
  expect(PublicIp).not.toBe(PublicIpAddress);
  const other = (await instance("bastion-2")).InstanceId;
  await refused(
    on.ask("ec2", "AssociateAddress", { AllocationId, InstanceId: other, AllowReassociation: false }),
    "Resource.AlreadyAssociated",
  );
  await expect(on.ask("ec2", "ReleaseAddress", { AllocationId })).rejects.toThrow();
  await on.ask("ec2", "DisassociateAddress", { AssociationId });
  await on.sleep(5);
  expect((await instance("bastion-1")).PublicIpAddress).toBeUndefined();
  await on.ask("ec2", "ReleaseAddress", { AllocationId });
});

test("DHCP options are the VPC's until it has others; a range more must be free", async () => {
  const { Vpcs } = await on.ask<{
    Vpcs: { VpcId: string; IsDefault: boolean; CidrBlock: string; DhcpOptionsId: string }[];
  }>("ec2", "DescribeVpcs");
  const { VpcId, DhcpOptionsId, CidrBlock } =
    Vpcs.find(({ IsDefault }) => !IsDefault) ?? expect.unreachable("there is no VPC");
  await refused(
    on.ask("ec2", "AssociateDhcpOptions", { VpcId, DhcpOptionsId: "dopt-0" }),
    "InvalidDhcpOptionID.NotFound",
  );
  const { DhcpOptions } = await on.ask<{ DhcpOptions: { DhcpOptionsId: string } }>("ec2", "CreateDhcpOptions", {
    DhcpConfigurations: [{ Key: "domain-name-servers", Values: ["198.51.100.53"] }],
  });
  await on.sleep(5);
  await on.ask("ec2", "AssociateDhcpOptions", { VpcId, DhcpOptionsId: DhcpOptions.DhcpOptionsId });
  await refused(
    on.ask("ec2", "DeleteDhcpOptions", { DhcpOptionsId: DhcpOptions.DhcpOptionsId }),
    "DependencyViolation",
  );
  await on.ask("ec2", "AssociateDhcpOptions", { VpcId, DhcpOptionsId });
  await on.ask("ec2", "DeleteDhcpOptions", { DhcpOptionsId: DhcpOptions.DhcpOptionsId });
  await refused(on.ask("ec2", "AssociateVpcCidrBlock", { VpcId, CidrBlock }), "CidrConflict");
  await refused(on.ask("ec2", "AssociateVpcCidrBlock", { VpcId, CidrBlock: "10.0.0.0/8" }), "InvalidVpc.Range");
});

test("with a permissions boundary a role may do what both allow", async () => {
  const { IamInstanceProfile } = await instance("nat-instance-1");
  const { InstanceProfile } = await on.ask<{ InstanceProfile: { Roles: { RoleName: string; Arn: string }[] } }>(
    "iam",
    "GetInstanceProfile",
    { InstanceProfileName: IamInstanceProfile?.Arn.split("/").at(-1) },
  );
  const [{ RoleName, Arn } = { RoleName: "", Arn: "" }] = InstanceProfile.Roles;
  const decision = async (action: string) =>
    (
      await on.ask<{ EvaluationResults: { EvalDecision: string }[] }>("iam", "SimulatePrincipalPolicy", {
        PolicySourceArn: Arn,
        ActionNames: [action],
      })
    ).EvaluationResults[0]?.EvalDecision;
  const PolicyArn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
  await on.ask("iam", "AttachRolePolicy", { RoleName, PolicyArn });
  await on.sleep(30);
  expect(await decision("ssm:UpdateInstanceInformation")).toBe("allowed");
  await refused(
    on.ask("iam", "PutRolePermissionsBoundary", { RoleName, PermissionsBoundary: "arn:aws:iam::aws:policy/Nothing" }),
    "NoSuchEntityException",
  );
  await on.ask("iam", "PutRolePermissionsBoundary", {
    RoleName,
    PermissionsBoundary: "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
  });
  await on.sleep(30);
  expect(await decision("ssm:UpdateInstanceInformation")).toBe("implicitDeny");
  await on.ask("iam", "DeleteRolePermissionsBoundary", { RoleName });
  await on.sleep(30);
  expect(await decision("ssm:UpdateInstanceInformation")).toBe("allowed");
  await refused(on.ask("iam", "DeleteRolePermissionsBoundary", { RoleName }), "NoSuchEntityException");
});

test("a group of logs has two subscription filters at most, and takes its filters with it", async () => {
  const logGroupName = "/buddyverse/buddyverse/apache";
  const put = (filterName: string) =>
    on.ask("cloudwatch-logs", "PutSubscriptionFilter", {
      logGroupName,
      filterName,
      filterPattern: "",
      destinationArn: "arn:aws:logs:ap-northeast-2:999988887777:destination:theirs",
    });
  await put("one");
  await put("two");
  await put("one");
  await refused(put("three"), "LimitExceededException");
  await on.ask("cloudwatch-logs", "DeleteSubscriptionFilter", { logGroupName, filterName: "two" });
  await refused(
    on.ask("cloudwatch-logs", "DeleteSubscriptionFilter", { logGroupName, filterName: "two" }),
    "ResourceNotFoundException",
  );
  await put("three");
});
