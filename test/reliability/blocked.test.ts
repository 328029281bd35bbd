import {
  AttachVpnGatewayCommand,
  CreateEgressOnlyInternetGatewayCommand,
  CreateNetworkAclCommand,
  CreateSecurityGroupCommand,
  CreateTransitGatewayVpcAttachmentCommand,
  CreateVpcEndpointCommand,
  CreateVpcPeeringConnectionCommand,
  CreateVpnGatewayCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { CreateLoadBalancerCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { CreateDBInstanceCommand, type CreateDBInstanceMessage } from "@aws-sdk/client-rds";
import { expect, test } from "vitest";
import { findForeignResources } from "../../src/residuals/foreign.ts";
import { awsError } from "../../src/sandbox/service.ts";
import { START } from "../lifecycle/stage.ts";
import { accountIn } from "../sandbox/grown.ts";
import { type Stranger, stranger } from "../stranger.ts";
import { downAgain, fresh, type Process, rehearse, start } from "./matrix.ts";

const rehearsal = rehearse({ domain: null }, "up");

async function standing(): Promise<Process> {
  const { config } = await rehearsal;
  const on = await start(config, { world: fresh(config), time: START, state: undefined });
  await on.up();
  return on;
}
const idOf = (on: Process, key: string) => on.store.get(key)?.id as string;

/** Somebody puts an interface into a subnet of ours by hand. */
async function plantInterface(on: Process): Promise<string> {
  const { NetworkInterface } = await accountIn(on.sandbox, on.clock).ask<{
    NetworkInterface: { NetworkInterfaceId: string };
  }>("ec2", "CreateNetworkInterface", {
    SubnetId: idOf(on, "subnet-web-1"),
    Description: "the analytics team's",
  });
  await on.clock.sleep(5_000);
  return NetworkInterface.NetworkInterfaceId;
}

test("somebody else's interface in our subnet is named, left alone, and not waited for for long", async () => {
  const { before, ...rest } = await rehearsal;
  const on = await standing();
  const eni = await plantInterface(on);
  const began = on.clock.now();
  const settled = await on.down();
  const subnet = settled.find(({ key }) => key === "subnet-web-1");
  expect(subnet?.error).toMatchObject({
    code: "blocked",
    message: expect.stringContaining(`cannot be removed: it is in use by ${eni} (interface, the analytics team's)`),
    hint: expect.stringContaining("not the stack's"),
  });
  // What does not need the subnet is gone, and it did not take the twenty minutes that a passing hindrance may.
  expect(settled.find(({ key }) => key === "database")?.outcome).toBe("deleted");
  expect(settled.find(({ key }) => key === "vpc")?.outcome).toBe("skipped");
  expect((on.clock.now() - began) / 60_000).toBeLessThan(15);
  // Taken away by whoever put it there, the next down finishes.
  await accountIn(on.sandbox, on.clock).ask("ec2", "DeleteNetworkInterface", { NetworkInterfaceId: eni });
  expect(await downAgain({ before, ...rest }, on)).toEqual([]);
});

test("a foreign group whose rule names ours is named", async () => {
  const on = await standing();
  const { GroupId } = await on.aws.ec2.createSecurityGroup({
    GroupName: "theirs",
    Description: "theirs",
    VpcId: idOf(on, "vpc"),
  });
  await on.clock.sleep(5_000);
  await on.aws.ec2.authorizeSecurityGroupIngress({
    GroupId,
    IpPermissions: [
      { IpProtocol: "tcp", FromPort: 22, ToPort: 22, UserIdGroupPairs: [{ GroupId: idOf(on, "group-bastion") }] },
    ],
  });
  await on.clock.sleep(5_000);
  Object.assign(on.run, { discardData: true });
  const began = on.clock.now();
  const settled = await on.down();
  const group = settled.find(({ key }) => key === "group-bastion");
  expect(group?.error).toMatchObject({
    code: "blocked",
    message: expect.stringContaining(`${GroupId} (security group "theirs" has a rule that names this group)`),
    hint: expect.stringContaining(
      `ec2 revoke-security-group-ingress --group-id ${GroupId} --ip-permissions '[{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"UserIdGroupPairs":[{"GroupId":"${idOf(on, "group-bastion")}"}]}]'`,
    ),
  });
  expect((on.clock.now() - began) / 60_000).toBeLessThan(15);
});

type Put = (who: Stranger, on: Process) => Promise<unknown>;
const inSubnet = (on: Process) => ({ VpcId: idOf(on, "vpc"), SubnetIds: [idOf(on, "subnet-web-1")] });
test.each<[string, Put, string, RegExp, RegExp]>([
  [
    "an endpoint's interface, though a service manages it",
    ({ ec2 }, on) =>
      ec2.send(
        new CreateVpcEndpointCommand({
          ...inSubnet(on),
          ServiceName: "com.amazonaws.ap-northeast-2.guardduty-data",
          VpcEndpointType: "Interface",
        }),
      ),
    "subnet-web-1",
    /eni-\w+ \(vpc_endpoint, VPC Endpoint Interface vpce-\w+, made by amazon-aws\)/,
    /ec2 delete-vpc-endpoints --vpc-endpoint-ids vpce-\w+ /,
  ],
  [
    "an endpoint that has one of our groups",
    ({ ec2 }, on) =>
      ec2.send(
        new CreateVpcEndpointCommand({
          ...inSubnet(on),
          ServiceName: "com.amazonaws.ap-northeast-2.ssm",
          VpcEndpointType: "Interface",
          SecurityGroupIds: [idOf(on, "group-web")],
        }),
      ),
    "group-web",
    /VPC Endpoint Interface vpce-\w+/,
    /ec2 delete-vpc-endpoints --vpc-endpoint-ids vpce-\w+ /,
  ],
  [
    "a transit gateway's attachment",
    ({ ec2 }, on) =>
      ec2.send(new CreateTransitGatewayVpcAttachmentCommand({ ...inSubnet(on), TransitGatewayId: "tgw-0a" })),
    "subnet-web-1",
    /transit_gateway, Network Interface for Transit Gateway Attachment tgw-attach-\w+/,
    /ec2 delete-transit-gateway-vpc-attachment --transit-gateway-attachment-id tgw-attach-\w+ /,
  ],
  [
    "a load balancer of somebody else's, which is there to stay",
    async ({ ec2, elb }, on) => {
      const { GroupId } = await ec2.send(
        new CreateSecurityGroupCommand({ GroupName: "theirs", Description: "x", VpcId: idOf(on, "vpc") }),
      );
      await on.clock.sleep(5_000);
      const Subnets = [idOf(on, "subnet-public-1"), idOf(on, "subnet-public-2")];
      await elb.send(new CreateLoadBalancerCommand({ Name: "theirs", Subnets, SecurityGroups: [GroupId as string] }));
    },
    "subnet-public-1",
    /ELB app\/theirs\/\w+/,
    /elbv2 delete-load-balancer --load-balancer-arn arn:aws:elasticloadbalancing:\S+theirs\S+ /,
  ],
  [
    "an instance of somebody else's",
    ({ ec2 }, on) =>
      ec2.send(
        new RunInstancesCommand({
          ImageId: "ami-0a12023000000a64d",
          InstanceType: "t3.micro",
          MinCount: 1,
          MaxCount: 1,
          SubnetId: idOf(on, "subnet-web-1"),
        }),
      ),
    "subnet-web-1",
    /on i-\w+/,
    /ec2 terminate-instances --instance-ids i-\w+ /,
  ],
  [
    "a database of somebody else's in our DB subnet group",
    ({ rds }, on) => {
      const ours = on.calls.find(({ operation }) => operation === "CreateDBInstance")?.input as CreateDBInstanceMessage;
      const own = { DBInstanceIdentifier: "reports", MasterUserPassword: "something-else-1", Tags: [] };
      return rds.send(new CreateDBInstanceCommand({ ...ours, ...own }));
    },
    "db-subnet-group",
    /in use by reports \(DB instance, available\)/,
    /rds delete-db-instance --db-instance-identifier reports --final-db-snapshot-identifier reports-final /,
  ],
  [
    "a peering connection",
    ({ ec2 }, on) =>
      ec2.send(new CreateVpcPeeringConnectionCommand({ VpcId: idOf(on, "vpc"), PeerVpcId: "vpc-0theirs" })),
    "vpc",
    /pcx-\w+ \(VPC peering connection with vpc-0theirs\)/,
    /ec2 delete-vpc-peering-connection --vpc-peering-connection-id pcx-\w+ /,
  ],
  [
    "an egress-only gateway",
    ({ ec2 }, on) => ec2.send(new CreateEgressOnlyInternetGatewayCommand({ VpcId: idOf(on, "vpc") })),
    "vpc",
    /eigw-\w+ \(egress-only internet gateway\)/,
    /ec2 delete-egress-only-internet-gateway --egress-only-internet-gateway-id eigw-\w+ /,
  ],
  [
    "a VPN gateway",
    async ({ ec2 }, on) => {
      const { VpnGateway } = await ec2.send(new CreateVpnGatewayCommand({ Type: "ipsec.1" }));
      await ec2.send(new AttachVpnGatewayCommand({ VpcId: idOf(on, "vpc"), VpnGatewayId: VpnGateway?.VpnGatewayId }));
    },
    "vpc",
    /vgw-\w+ \(VPN gateway\)/,
    /ec2 detach-vpn-gateway --vpn-gateway-id vgw-\w+ --vpc-id vpc-\w+ /,
  ],
  [
    "a network ACL",
    ({ ec2 }, on) => ec2.send(new CreateNetworkAclCommand({ VpcId: idOf(on, "vpc") })),
    "vpc",
    /acl-\w+ \(network ACL\)/,
    /ec2 delete-network-acl --network-acl-id acl-\w+ /,
  ],
  [
    "a security group",
    ({ ec2 }, on) =>
      ec2.send(new CreateSecurityGroupCommand({ GroupName: "theirs", Description: "x", VpcId: idOf(on, "vpc") })),
    "vpc",
    /sg-\w+ \(security group theirs\)/,
    /ec2 delete-security-group --group-id sg-\w+ /,
  ],
])("%s is named in minutes, with the command that removes it", async (_what, put, key, named, removes) => {
  const on = await standing();
  await put(stranger(on.sandbox), on);
  await on.clock.sleep(900_000);
  // The copies have their own time.
  Object.assign(on.run, { discardData: true });
  const began = on.clock.now();
  const settled = await on.down();
  const error = settled.find((one) => one.key === key)?.error;
  expect(error).toMatchObject({ code: "blocked", message: expect.stringMatching(named) });
  expect(error?.hint).toMatch(removes);
  expect((on.clock.now() - began) / 60_000).toBeLessThan(15);
});

test("what others put into the VPC is listed before anything is deleted; what AWS makes for the stack is not", async () => {
  const on = await standing();
  const { stack } = on.config;
  const vpc = idOf(on, "vpc");
  expect(await findForeignResources(on.aws, vpc, stack)).toEqual({ found: [], unseen: [] });
  const eni = await plantInterface(on);
  const { GroupId } = await on.aws.ec2.createSecurityGroup({ GroupName: "theirs", Description: "theirs", VpcId: vpc });
  const { Subnet } = await on.aws.ec2.createSubnet({
    VpcId: vpc,
    CidrBlock: "172.31.99.0/24",
    AvailabilityZone: "ap-northeast-2a",
  });
  await on.clock.sleep(5_000);
  const who = stranger(on.sandbox);
  const { VpcEndpoint } = await who.ec2.send(
    new CreateVpcEndpointCommand({
      VpcId: vpc,
      ServiceName: "com.amazonaws.ap-northeast-2.guardduty-data",
      VpcEndpointType: "Interface",
      SubnetIds: [idOf(on, "subnet-web-1"), idOf(on, "subnet-web-2")],
      SecurityGroupIds: [GroupId as string],
    }),
  );
  await on.clock.sleep(5_000);
  const region = "--region ap-northeast-2";
  const cli = "aws --endpoint-url SANDBOX ec2";
  const { found, unseen } = await findForeignResources(on.aws, vpc, stack);
  expect(unseen).toEqual([]);
  // The endpoint's interfaces are not told of beside it.
  expect(found.map(({ id, what, commands }) => [id, what, ...commands])).toEqual([
    [
      VpcEndpoint?.VpcEndpointId,
      "VPC endpoint of com.amazonaws.ap-northeast-2.guardduty-data",
      `${cli} delete-vpc-endpoints --vpc-endpoint-ids ${VpcEndpoint?.VpcEndpointId} ${region}`,
    ],
    [
      eni,
      "network interface, interface, the analytics team's",
      `${cli} delete-network-interface --network-interface-id ${eni} ${region}`,
    ],
    [Subnet?.SubnetId, "subnet 172.31.99.0/24", `${cli} delete-subnet --subnet-id ${Subnet?.SubnetId} ${region}`],
    [GroupId, "security group theirs", `${cli} delete-security-group --group-id ${GroupId} ${region}`],
  ]);

  // What may not be read is said, and hides nothing else.
  on.sandbox.answer = ((answer) => async (service: string, operation: string, input: object) => {
    if (operation === "DescribeVpnGateways") throw awsError("UnauthorizedOperation", "You are not authorized");
    return answer(service, operation, input);
  })(on.sandbox.answer.bind(on.sandbox));
  const fewer = await findForeignResources(on.aws, vpc, stack);
  expect(fewer.found).toHaveLength(found.length);
  expect(fewer.unseen).toEqual(["VPN gateways: UnauthorizedOperation: You are not authorized"]);
});

test("NAT gateways' interfaces are the stack's", async () => {
  const { config } = await rehearse({ domain: null, nat: { mode: "gateway" } }, "up");
  const on = await start(config, { world: fresh(config), time: START, state: undefined });
  await on.up();
  expect(await findForeignResources(on.aws, idOf(on, "vpc"), config.stack)).toEqual({ found: [], unseen: [] });
});
