import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  EC2ServiceException,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  UpdateSecurityGroupRuleDescriptionsIngressCommand,
} from "@aws-sdk/client-ec2";
import { DescribeMountTargetsCommand, EFSClient, MountTargetNotFound } from "@aws-sdk/client-efs";
import {
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
  LoadBalancerNotFoundException,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import {
  ALL_OUTBOUND,
  everything,
  icmp,
  type SecurityGroupLive,
  type SecurityGroupSpec,
  securityGroup,
  tcp,
} from "../../../src/aws/ec2/security-group.ts";
import { differences, showable } from "../../../src/engine/differences.ts";
import { differenceLines } from "../../../src/report/differences.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const ec2 = mocked(EC2Client);
const elb = mocked(ElasticLoadBalancingV2Client);
const efs = mocked(EFSClient);
const rds = mocked(RDSClient);
beforeEach(() => ec2.reset());
afterEach(() => ec2.reset());

const owner = ownerOf("group-web", "Buddy-WEB");
const failure = (name: string) =>
  new EC2ServiceException({ name, message: name, $fault: "client", $metadata: { httpStatusCode: 400, attempts: 1 } });
const spec = (change: Partial<SecurityGroupSpec> = {}): SecurityGroupSpec => ({
  vpcId: "vpc-1",
  description: "web",
  inbound: [
    tcp(80, { groupId: "sg-lb" }, "http"),
    tcp(22, { groupId: "sg-bastion" }, "ssh"),
    tcp(22, { cidr: "10.0.0.0/8" }, ""),
    icmp({ cidr: "172.31.0.0/16" }, "ping"),
  ],
  outbound: ALL_OUTBOUND,
  ...change,
});
/** The same rules as AWS gives them back: merged by ports, in another order, ports of "all" absent, ICMP's as -1. */
const inbound: IpPermission[] = [
  {
    IpProtocol: "icmp",
    FromPort: -1,
    ToPort: -1,
    IpRanges: [{ CidrIp: "172.31.0.0/16", Description: "ping" }],
    Ipv6Ranges: [],
    PrefixListIds: [],
    UserIdGroupPairs: [],
  },
  {
    IpProtocol: "tcp",
    FromPort: 22,
    ToPort: 22,
    IpRanges: [{ CidrIp: "10.0.0.0/8" }],
    UserIdGroupPairs: [{ GroupId: "sg-bastion", UserId: "111122223333", Description: "ssh" }],
  },
  { IpProtocol: "6", FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: "sg-lb", Description: "http" }] },
];
const outbound: IpPermission[] = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];

function thereIs(ingress: IpPermission[] = inbound, egress: IpPermission[] = outbound): void {
  ec2.on(DescribeSecurityGroupsCommand).resolves({
    SecurityGroups: [
      {
        GroupId: "sg-web",
        GroupName: "Buddy-WEB",
        VpcId: "vpc-1",
        Description: "web",
        IpPermissions: ingress,
        IpPermissionsEgress: egress,
        Tags: awsTags("group-web", "Buddy-WEB"),
      },
    ],
  });
}
const find = async (): Promise<SecurityGroupLive> => {
  const live = await securityGroup.find(aws, owner);
  if (!live) throw new Error("not found");
  return live;
};
async function update(wanted: SecurityGroupSpec): Promise<void> {
  const live = await find();
  const changed = differences(securityGroup, wanted, live, owner.tags).map(({ field }) => field);
  await securityGroup.update?.(aws, live, wanted, new Set(changed) as never, owner);
}
const sent = (command: Parameters<typeof ec2.commandCalls>[0]) =>
  ec2.commandCalls(command).map(({ args }) => args[0].input as { IpPermissions: IpPermission[] });

describe("what AWS rewrites", () => {
  test("merged, reordered and numbered rules are the same rules", async () => {
    thereIs();
    expect(differences(securityGroup, spec(), await find(), owner.tags)).toEqual([]);
  });

  test("one rule that differs is shown alone, in words", async () => {
    thereIs([...inbound, { IpProtocol: "tcp", FromPort: 443, ToPort: 443, Ipv6Ranges: [{ CidrIpv6: "::/0" }] }]);
    const found = showable(securityGroup, differences(securityGroup, spec(), await find(), owner.tags));
    const lines = found.flatMap(({ field, wanted: after, found: before }) =>
      differenceLines({ field, before, after }, { indent: "", width: 80 }),
    );
    expect(lines).toEqual(["inbound:", "  - tcp 443 from ::/0"]);
  });

  test.each<[string, IpPermission, SecurityGroupSpec["inbound"][number]]>([
    ["all TCP ports", { IpProtocol: "tcp", FromPort: 0, ToPort: 65535 }, { protocol: "tcp", description: "" }],
    [
      "one type of ICMP",
      { IpProtocol: "icmp", FromPort: 8, ToPort: -1 },
      { protocol: "icmp", from: 8, description: "" },
    ],
    ["all protocols", { IpProtocol: "-1", FromPort: -1, ToPort: -1 }, { protocol: "all", description: "" }],
    ["another protocol", { IpProtocol: "47" }, { protocol: "47", description: "" }],
    [
      "a port range",
      { IpProtocol: "17", FromPort: 5, ToPort: 7 },
      { protocol: "udp", from: 5, to: 7, description: "" },
    ],
  ])("%s", async (_what, found, wanted) => {
    thereIs([{ ...found, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }]);
    expect(
      differences(securityGroup, spec({ inbound: [{ ...wanted, cidr: "10.0.0.0/8" }] }), await find(), undefined),
    ).toEqual([]);
    // And what is sent to make it is what AWS gives back.
    thereIs([]);
    ec2.on(AuthorizeSecurityGroupIngressCommand).resolves({});
    await update(spec({ inbound: [{ ...wanted, cidr: "10.0.0.0/8" }] }));
    const [made] = sent(AuthorizeSecurityGroupIngressCommand);
    thereIs(made?.IpPermissions ?? []);
    expect(
      differences(securityGroup, spec({ inbound: [{ ...wanted, cidr: "10.0.0.0/8" }] }), await find(), undefined),
    ).toEqual([]);
  });

  test("IPv6 ranges and prefix lists that somebody added show, and are taken away as what they are", async () => {
    thereIs([
      ...inbound,
      { IpProtocol: "tcp", FromPort: 22, ToPort: 22, Ipv6Ranges: [{ CidrIpv6: "::/0", Description: "mine" }] },
      { IpProtocol: "-1", PrefixListIds: [{ PrefixListId: "pl-1" }] },
    ]);
    ec2.on(RevokeSecurityGroupIngressCommand).resolves({});
    await update(spec());
    expect(sent(RevokeSecurityGroupIngressCommand)).toEqual([
      {
        GroupId: "sg-web",
        IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, Ipv6Ranges: [{ CidrIpv6: "::/0" }] }],
      },
      { GroupId: "sg-web", IpPermissions: [{ IpProtocol: "-1", PrefixListIds: [{ PrefixListId: "pl-1" }] }] },
    ]);
  });
});

test("the create call gives the name, the tags, and no rules", async () => {
  ec2.on(CreateSecurityGroupCommand).resolves({ GroupId: "sg-web" });
  expect(await securityGroup.create?.(aws, spec(), owner, "token")).toBe("sg-web");
  expect(ec2.calls().map(({ args }) => args[0].input)).toEqual([
    {
      GroupName: "Buddy-WEB",
      Description: "web",
      VpcId: "vpc-1",
      TagSpecifications: [
        {
          ResourceType: "security-group",
          Tags: [
            { Key: "Name", Value: "Buddy-WEB" },
            { Key: "buddyverse:key", Value: "group-web" },
            { Key: "buddyverse:stack", Value: "test" },
          ],
        },
      ],
    },
  ]);
});

test("each missing rule is a call of its own, and one that is there already is no error", async () => {
  thereIs([]);
  ec2.on(AuthorizeSecurityGroupIngressCommand).rejectsOnce(failure("InvalidPermission.Duplicate")).resolves({});
  await update(spec());
  expect(sent(AuthorizeSecurityGroupIngressCommand).map(({ IpPermissions }) => IpPermissions.length)).toEqual([
    1, 1, 1, 1,
  ]);
  expect(sent(AuthorizeSecurityGroupIngressCommand)[3]?.IpPermissions).toEqual([
    { IpProtocol: "icmp", FromPort: -1, ToPort: -1, IpRanges: [{ CidrIp: "172.31.0.0/16", Description: "ping" }] },
  ]);
  expect(ec2.commandCalls(AuthorizeSecurityGroupEgressCommand)).toEqual([]);
});

test("an error that is not about a duplicate stops the update", async () => {
  thereIs([]);
  ec2.on(AuthorizeSecurityGroupIngressCommand).rejects(failure("RulesPerSecurityGroupLimitExceeded"));
  await expect(update(spec())).rejects.toMatchObject({ name: "RulesPerSecurityGroupLimitExceeded" });
  expect(ec2.commandCalls(AuthorizeSecurityGroupIngressCommand)).toHaveLength(1);
});

test("a group that shall send nothing loses AWS's default rule", async () => {
  thereIs();
  ec2.on(RevokeSecurityGroupEgressCommand).resolves({});
  await update(spec({ outbound: [] }));
  expect(sent(RevokeSecurityGroupEgressCommand)).toEqual([
    { GroupId: "sg-web", IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] },
  ]);
});

test("a changed description is reworded in place, not revoked", async () => {
  thereIs();
  ec2.on(UpdateSecurityGroupRuleDescriptionsIngressCommand).resolves({});
  const [http, ...others] = spec().inbound;
  await update(
    spec({ inbound: [{ ...(http as SecurityGroupSpec["inbound"][number]), description: "web" }, ...others] }),
  );
  expect(sent(UpdateSecurityGroupRuleDescriptionsIngressCommand)).toEqual([
    {
      GroupId: "sg-web",
      IpPermissions: [
        { IpProtocol: "tcp", FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: "sg-lb", Description: "web" }] },
      ],
    },
  ]);
  expect(ec2.commandCalls(RevokeSecurityGroupIngressCommand)).toEqual([]);
});

test("the same rule wanted twice is one rule", async () => {
  thereIs(inbound, outbound);
  const twice = spec({ outbound: [...ALL_OUTBOUND, everything({ cidr: "0.0.0.0/0" })] });
  expect(differences(securityGroup, twice, await find(), undefined)).toEqual([]);
});

test("a group that is gone is deleted; one in use names interfaces and the groups that refer to it", async () => {
  ec2.on(DeleteSecurityGroupCommand).rejectsOnce(failure("InvalidGroup.NotFound"));
  const live = { id: "sg-web", tags: {}, groupName: "g", ...spec() };
  await securityGroup.delete?.(aws, live, { discardData: false, label: "" });

  ec2.on(DescribeNetworkInterfacesCommand).resolves({
    NetworkInterfaces: [
      { NetworkInterfaceId: "eni-1", Description: "ELB app/ours/1f", RequesterManaged: true },
      { NetworkInterfaceId: "eni-2", Description: "ELB app/theirs/2f", RequesterManaged: true },
      { NetworkInterfaceId: "eni-3", Description: "Interface for NAT Gateway nat-0a", RequesterManaged: true },
      { NetworkInterfaceId: "eni-4", Description: "EFS mount target for fs-0a (fsmt-0b)", RequesterManaged: true },
      { NetworkInterfaceId: "eni-5", Description: "RDSNetworkInterface", SubnetId: "subnet-1", RequesterManaged: true },
      {
        NetworkInterfaceId: "eni-6",
        Description: "AWS Lambda VPC ENI-re-size-0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f",
        RequesterManaged: true,
      },
      { NetworkInterfaceId: "eni-7", Description: "VPC Endpoint Interface vpce-0a", RequesterManaged: true },
      { NetworkInterfaceId: "eni-8", Description: "something new of AWS's", RequesterManaged: true },
      { NetworkInterfaceId: "eni-9", Description: "theirs" },
    ],
  });
  ec2.on(DescribeSecurityGroupsCommand).resolves({
    SecurityGroups: [
      { GroupId: "sg-web", GroupName: "Buddy-WEB" },
      {
        GroupId: "sg-other",
        GroupName: "theirs",
        IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: "sg-web" }, { GroupId: "sg-else" }] }],
      },
    ],
  });
  // Of what a service made for something, its own word counts: whether that is there still.
  elb.on(DescribeLoadBalancersCommand).callsFake(({ Names: [name] }) => {
    if (name === "ours") throw new LoadBalancerNotFoundException({ message: "", $metadata: {} });
    return { LoadBalancers: [{ LoadBalancerName: name, LoadBalancerArn: "arn:theirs" }] };
  });
  elb.on(DescribeTagsCommand).resolves({ TagDescriptions: [{ ResourceArn: "arn:theirs", Tags: [] }] });
  ec2.on(DescribeNatGatewaysCommand).resolves({ NatGateways: [{ State: "deleting" }] });
  efs.on(DescribeMountTargetsCommand).rejects(new MountTargetNotFound({ ErrorCode: "", message: "", $metadata: {} }));
  rds.on(DescribeDBInstancesCommand).resolves({
    DBInstances: [
      {
        DBInstanceIdentifier: "gone",
        DBInstanceStatus: "deleting",
        DBSubnetGroup: { Subnets: [{ SubnetIdentifier: "subnet-1" }] },
      },
    ],
  });
  const found = await securityGroup.blockers?.(aws, live);
  expect(
    found?.map(({ id, passing, commands }) => [id, passing, ...commands.map((one) => one.split(" --region")[0])]),
  ).toEqual([
    ["eni-1", true],
    ["eni-2", false, "aws elbv2 delete-load-balancer --load-balancer-arn arn:theirs"],
    ["eni-3", true],
    ["eni-4", true],
    ["eni-5", true],
    [
      "eni-6",
      false,
      "aws lambda update-function-configuration --function-name re-size --vpc-config SubnetIds=[],SecurityGroupIds=[]",
    ],
    ["eni-7", false, "aws ec2 delete-vpc-endpoints --vpc-endpoint-ids vpce-0a"],
    ["eni-8", false],
    ["eni-9", false, "aws ec2 delete-network-interface --network-interface-id eni-9"],
    [
      "sg-other",
      false,
      `aws ec2 revoke-security-group-ingress --group-id sg-other --ip-permissions '[{"IpProtocol":"-1","UserIdGroupPairs":[{"GroupId":"sg-web"}]}]'`,
    ],
  ]);
});
