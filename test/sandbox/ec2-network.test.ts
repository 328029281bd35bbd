/** AWS's rules for gateways, routes, groups, addresses, NAT gateways and key pairs, as the sandbox keeps them. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";

const START = Date.UTC(2026, 10, 22);
let clock: Clock;
let sandbox: Sandbox;
let ec2: Aws["ec2"];
beforeEach(async () => {
  clock = jumpingClock(START);
  sandbox = openSandbox({ world: freshWorld({ region: "ap-northeast-2", time: START, seed: 3 }), clock });
  ({ ec2 } = await connect({ region: "ap-northeast-2", clock, wire: sandbox, network: sandbox.network }));
});

/** Longer than any read lags. */
const settle = () => clock.sleep(5_000);
const refused = (call: Promise<unknown>, name: string) => expect(call).rejects.toMatchObject({ name });

async function newVpc(CidrBlock = "10.0.0.0/16"): Promise<string> {
  const { Vpc } = await ec2.createVpc({ CidrBlock });
  await settle();
  return Vpc?.VpcId as string;
}
async function newSubnet(VpcId: string, CidrBlock = "10.0.1.0/24", AvailabilityZone = "ap-northeast-2a") {
  const { Subnet } = await ec2.createSubnet({ VpcId, CidrBlock, AvailabilityZone });
  await settle();
  return Subnet?.SubnetId as string;
}
async function newGateway(VpcId?: string): Promise<string> {
  const { InternetGateway } = await ec2.createInternetGateway({});
  const InternetGatewayId = InternetGateway?.InternetGatewayId as string;
  await settle();
  if (VpcId) await ec2.attachInternetGateway({ InternetGatewayId, VpcId });
  await settle();
  return InternetGatewayId;
}
async function newTable(VpcId: string): Promise<string> {
  const { RouteTable } = await ec2.createRouteTable({ VpcId });
  await settle();
  return RouteTable?.RouteTableId as string;
}
async function newGroup(VpcId: string, GroupName: string): Promise<string> {
  const { GroupId } = await ec2.createSecurityGroup({ VpcId, GroupName, Description: "a group" });
  await settle();
  return GroupId as string;
}
const onlyIn = (VpcId: string) => ({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] });
const ask = (operation: string, input: object) => sandbox.answer("ec2", operation, input);
/** Somebody's interface. */
async function plug(SubnetId: string, Groups?: string[]): Promise<string> {
  const { NetworkInterface } = (await ask("CreateNetworkInterface", { SubnetId, ...(Groups ? { Groups } : {}) })) as {
    NetworkInterface: { NetworkInterfaceId: string };
  };
  await settle();
  return NetworkInterface.NetworkInterfaceId;
}
const unplug = (NetworkInterfaceId: string) => ask("DeleteNetworkInterface", { NetworkInterfaceId });

describe("VPC", () => {
  test("a new one has a main table and a default group, which go with it", async () => {
    const vpc = await newVpc();
    const { RouteTables } = await ec2.describeRouteTables(onlyIn(vpc));
    expect(RouteTables).toEqual([
      expect.objectContaining({
        Routes: [expect.objectContaining({ GatewayId: "local", DestinationCidrBlock: "10.0.0.0/16" })],
        Associations: [expect.objectContaining({ Main: true })],
      }),
    ]);
    const { SecurityGroups } = await ec2.describeSecurityGroups(onlyIn(vpc));
    expect(SecurityGroups?.map(({ GroupName }) => GroupName)).toEqual(["default"]);
    await refused(ec2.deleteSecurityGroup({ GroupId: SecurityGroups?.[0]?.GroupId as string }), "CannotDelete");
    await refused(
      ec2.deleteRouteTable({ RouteTableId: RouteTables?.[0]?.RouteTableId as string }),
      "DependencyViolation",
    );
    await ec2.deleteVpc({ VpcId: vpc });
    await settle();
    expect((await ec2.describeRouteTables(onlyIn(vpc))).RouteTables).toEqual([]);
    expect((await ec2.describeSecurityGroups(onlyIn(vpc))).SecurityGroups).toEqual([]);
  });

  test("the default VPC of a fresh account leads to the internet", async () => {
    const { Vpcs } = await ec2.describeVpcs({ Filters: [{ Name: "is-default", Values: ["true"] }] });
    const { RouteTables } = await ec2.describeRouteTables(onlyIn(Vpcs?.[0]?.VpcId as string));
    expect(RouteTables?.[0]?.Routes).toEqual([
      expect.objectContaining({ GatewayId: "local" }),
      expect.objectContaining({ GatewayId: expect.stringMatching(/^igw-/), State: "active" }),
    ]);
  });

  test.each<[string, (vpc: string) => Promise<unknown>]>([
    ["a group", (vpc) => newGroup(vpc, "web")],
    ["a route table", newTable],
    ["a gateway", newGateway],
    ["a subnet", (vpc) => newSubnet(vpc)],
  ])("%s keeps it from being deleted", async (_what, make) => {
    const vpc = await newVpc();
    await make(vpc);
    await refused(ec2.deleteVpc({ VpcId: vpc }), "DependencyViolation");
  });
});

describe("internet gateway", () => {
  test("one per VPC, one VPC per gateway", async () => {
    const [one, other] = [await newVpc(), await newVpc("10.1.0.0/16")];
    const gateway = await newGateway(one);
    const second = await newGateway();
    await refused(
      ec2.attachInternetGateway({ InternetGatewayId: gateway, VpcId: other }),
      "Resource.AlreadyAssociated",
    );
    await refused(ec2.attachInternetGateway({ InternetGatewayId: second, VpcId: one }), "InvalidParameterValue");
    await refused(ec2.detachInternetGateway({ InternetGatewayId: second, VpcId: one }), "Gateway.NotAttached");
    await refused(ec2.deleteInternetGateway({ InternetGatewayId: gateway }), "DependencyViolation");
  });

  test("it is not detached while public addresses are mapped", async () => {
    const vpc = await newVpc();
    const subnet = await newSubnet(vpc);
    const gateway = await newGateway(vpc);
    await plug(subnet);
    await ec2.detachInternetGateway({ InternetGatewayId: gateway, VpcId: vpc });
    await ec2.attachInternetGateway({ InternetGatewayId: gateway, VpcId: vpc });
    await ec2.runInstances({
      ImageId: "ami-0a12023000000a64d",
      InstanceType: "t3.micro",
      MinCount: 1,
      MaxCount: 1,
      NetworkInterfaces: [
        { DeviceIndex: 0, SubnetId: subnet, Groups: [await newGroup(vpc, "public")], AssociatePublicIpAddress: true },
      ],
    });
    await refused(ec2.detachInternetGateway({ InternetGatewayId: gateway, VpcId: vpc }), "DependencyViolation");
  });

  test("five per region, of which a fresh account has one", async () => {
    for (let n = 0; n < 4; n++) await newGateway();
    await refused(ec2.createInternetGateway({}), "InternetGatewayLimitExceeded");
  });
});

describe("route table", () => {
  test("a destination is there once; a target is one, of the same VPC, and there", async () => {
    const vpc = await newVpc();
    const RouteTableId = await newTable(vpc);
    const GatewayId = await newGateway(vpc);
    const to = { RouteTableId, DestinationCidrBlock: "0.0.0.0/0" };
    await refused(ec2.createRoute(to), "MissingParameter");
    await refused(ec2.createRoute({ ...to, GatewayId, NatGatewayId: "nat-1" }), "InvalidParameterCombination");
    await refused(ec2.createRoute({ ...to, GatewayId: "igw-00000000" }), "InvalidGatewayID.NotFound");
    await refused(ec2.createRoute({ ...to, NatGatewayId: "nat-00000000" }), "InvalidNatGatewayID.NotFound");
    await refused(ec2.createRoute({ ...to, NetworkInterfaceId: "eni-00000000" }), "InvalidNetworkInterfaceID.NotFound");
    await refused(ec2.createRoute({ ...to, GatewayId: await newGateway() }), "InvalidParameterValue");
    await refused(ec2.replaceRoute({ ...to, GatewayId }), "InvalidParameterValue");
    await ec2.createRoute({ ...to, GatewayId });
    await refused(ec2.createRoute({ ...to, GatewayId }), "RouteAlreadyExists");
    await ec2.deleteRoute(to);
    await refused(ec2.deleteRoute(to), "InvalidRoute.NotFound");
  });

  test("a route through what is gone is a blackhole", async () => {
    const vpc = await newVpc();
    const subnet = await newSubnet(vpc);
    const RouteTableId = await newTable(vpc);
    const gateway = await newGateway(vpc);
    const eni = await plug(subnet);
    await ec2.createRoute({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: gateway });
    await ec2.createRoute({ RouteTableId, DestinationCidrBlock: "10.9.0.0/16", NetworkInterfaceId: eni });
    await settle();
    const states = async () => {
      const { RouteTables } = await ec2.describeRouteTables({ RouteTableIds: [RouteTableId] });
      return RouteTables?.[0]?.Routes?.map(({ State }) => State);
    };
    expect(await states()).toEqual(["active", "active", "active"]);
    await ec2.detachInternetGateway({ InternetGatewayId: gateway, VpcId: vpc });
    await unplug(eni);
    expect(await states()).toEqual(["active", "blackhole", "blackhole"]);
  });

  test("a subnet has one table; an association blocks the table's delete, and goes with the subnet", async () => {
    const vpc = await newVpc();
    const SubnetId = await newSubnet(vpc);
    const [one, other] = [await newTable(vpc), await newTable(vpc)];
    const { AssociationId } = await ec2.associateRouteTable({ RouteTableId: one, SubnetId });
    await refused(ec2.associateRouteTable({ RouteTableId: other, SubnetId }), "Resource.AlreadyAssociated");
    await refused(ec2.deleteRouteTable({ RouteTableId: one }), "DependencyViolation");
    const { NewAssociationId } = await ec2.replaceRouteTableAssociation({
      AssociationId: AssociationId as string,
      RouteTableId: other,
    });
    await refused(
      ec2.disassociateRouteTable({ AssociationId: AssociationId as string }),
      "InvalidAssociationID.NotFound",
    );
    expect(NewAssociationId).not.toBe(AssociationId);
    await ec2.deleteRouteTable({ RouteTableId: one });
    await ec2.deleteSubnet({ SubnetId });
    await ec2.deleteRouteTable({ RouteTableId: other });
  });

  test("a repeat with its token is the same table; with another VPC it is refused", async () => {
    const [vpc, elsewhere] = [await newVpc(), await newVpc("10.1.0.0/16")];
    const first = await ec2.createRouteTable({ VpcId: vpc, ClientToken: "t" });
    const second = await ec2.createRouteTable({ VpcId: vpc, ClientToken: "t" });
    expect(second.RouteTable?.RouteTableId).toBe(first.RouteTable?.RouteTableId);
    await refused(ec2.createRouteTable({ VpcId: elsewhere, ClientToken: "t" }), "IdempotentParameterMismatch");
  });
});

describe("security group", () => {
  const http = (source: object) => [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, ...source }];
  const world = { IpRanges: [{ CidrIp: "0.0.0.0/0" }] };

  test("names are unique in a VPC whatever their case; Unicode is refused", async () => {
    const vpc = await newVpc();
    await newGroup(vpc, "Buddy-WEB");
    await refused(newGroup(vpc, "buddy-web"), "InvalidGroup.Duplicate");
    await refused(newGroup(vpc, "sg-web"), "InvalidParameterValue");
    await refused(
      ec2.createSecurityGroup({ VpcId: vpc, GroupName: "x", Description: "웹 서버" }),
      "InvalidParameterValue",
    );
    const GroupId = await newGroup(vpc, "other");
    const IpPermissions = http({ IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "it's" }] });
    await refused(ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions }), "InvalidParameterValue");
  });

  test("a new one lets everything out; the same rule again rejects the whole batch", async () => {
    const GroupId = await newGroup(await newVpc(), "web");
    const all = [{ IpProtocol: "-1", ...world }];
    await refused(ec2.authorizeSecurityGroupEgress({ GroupId, IpPermissions: all }), "InvalidPermission.Duplicate");
    await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: http(world) });
    await refused(
      ec2.authorizeSecurityGroupIngress({
        GroupId,
        IpPermissions: [...http({ IpRanges: [{ CidrIp: "10.0.0.0/8" }] }), ...http(world)],
      }),
      "InvalidPermission.Duplicate",
    );
    await settle();
    const { SecurityGroups } = await ec2.describeSecurityGroups({ GroupIds: [GroupId] });
    expect(SecurityGroups?.[0]).toMatchObject({ IpPermissions: http(world), IpPermissionsEgress: all });
    await ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions: http(world) });
    await refused(
      ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions: http(world) }),
      "InvalidPermission.NotFound",
    );
  });

  test("rules come back normalised and merged", async () => {
    const GroupId = await newGroup(await newVpc(), "web");
    await ec2.authorizeSecurityGroupIngress({
      GroupId,
      IpPermissions: [{ IpProtocol: "6", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "100.68.0.18/18" }] }],
    });
    await ec2.authorizeSecurityGroupIngress({
      GroupId,
      IpPermissions: http({ UserIdGroupPairs: [{ GroupId, Description: "self" }] }),
    });
    await settle();
    const { SecurityGroups } = await ec2.describeSecurityGroups({ GroupIds: [GroupId] });
    expect(SecurityGroups?.[0]?.IpPermissions).toEqual([
      {
        IpProtocol: "tcp",
        FromPort: 80,
        ToPort: 80,
        IpRanges: [{ CidrIp: "100.68.0.0/18" }],
        Ipv6Ranges: [],
        PrefixListIds: [],
        UserIdGroupPairs: [{ GroupId, UserId: "111122223333", Description: "self" }],
      },
    ]);
  });

  test.each([
    ["all protocols with ports", { IpProtocol: "-1", FromPort: 80, ToPort: 80 }],
    ["TCP without ports", { IpProtocol: "tcp" }],
    ["a port that is none", { IpProtocol: "tcp", FromPort: 1, ToPort: 70_000 }],
    ["an unknown protocol", { IpProtocol: "http", FromPort: 80, ToPort: 80 }],
  ])("%s is refused", async (_what, permission) => {
    const GroupId = await newGroup(await newVpc(), "web");
    await refused(
      ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [{ ...permission, ...world }] }),
      "InvalidParameterValue",
    );
  });

  test("60 rules each way", async () => {
    const GroupId = await newGroup(await newVpc(), "web");
    const rules = (count: number) => ({
      IpProtocol: "tcp",
      FromPort: 80,
      ToPort: 80,
      IpRanges: Array.from({ length: count }, (_, n) => ({ CidrIp: `10.0.${n}.0/24` })),
    });
    await refused(
      ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [rules(61)] }),
      "RulesPerSecurityGroupLimitExceeded",
    );
    await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [rules(60)] });
  });

  test("an interface in it, or another group's rule, blocks its delete; its own rule does not", async () => {
    const vpc = await newVpc();
    const subnet = await newSubnet(vpc);
    const [one, other] = [await newGroup(vpc, "one"), await newGroup(vpc, "other")];
    const of = (GroupId: string) => http({ UserIdGroupPairs: [{ GroupId }] });
    await ec2.authorizeSecurityGroupIngress({ GroupId: one, IpPermissions: of(one) });
    await ec2.authorizeSecurityGroupEgress({ GroupId: other, IpPermissions: of(one) });
    await refused(ec2.deleteSecurityGroup({ GroupId: one }), "DependencyViolation");
    await ec2.revokeSecurityGroupEgress({ GroupId: other, IpPermissions: of(one) });
    const eni = await plug(subnet, [one]);
    await refused(ec2.deleteSecurityGroup({ GroupId: one }), "DependencyViolation");
    await unplug(eni);
    await ec2.deleteSecurityGroup({ GroupId: one });
    await settle();
    await refused(ec2.describeSecurityGroups({ GroupIds: [one] }), "InvalidGroup.NotFound");
  });

  test("a group that was just made may not be visible to a call that names it", async () => {
    const vpc = await newVpc();
    const one = await newGroup(vpc, "one");
    const { GroupId } = await ec2.createSecurityGroup({ VpcId: vpc, GroupName: "two", Description: "new" });
    await refused(
      ec2.authorizeSecurityGroupIngress({
        GroupId: one,
        IpPermissions: http({ UserIdGroupPairs: [{ GroupId: GroupId as string }] }),
      }),
      "InvalidGroup.NotFound",
    );
  });
});

describe("NAT gateway and address", () => {
  async function network() {
    const vpc = await newVpc();
    const SubnetId = await newSubnet(vpc);
    const { AllocationId } = await ec2.allocateAddress({ Domain: "vpc" });
    await settle();
    return { vpc, SubnetId, AllocationId: AllocationId as string };
  }
  const stateOf = async (id: string) =>
    (await ec2.describeNatGateways({ Filter: [{ Name: "nat-gateway-id", Values: [id] }] })).NatGateways?.[0];

  test("it takes its time, holds its address, and lets go of it some seconds after it is deleted", async () => {
    const { vpc, SubnetId, AllocationId } = await network();
    const gateway = await newGateway(vpc);
    const { NatGateway } = await ec2.createNatGateway({ SubnetId, AllocationId });
    const NatGatewayId = NatGateway?.NatGatewayId as string;
    await settle();
    expect((await stateOf(NatGatewayId))?.State).toBe("pending");
    const RouteTableId = await newTable(vpc);
    const route = { RouteTableId, DestinationCidrBlock: "0.0.0.0/0", NatGatewayId };
    await refused(ec2.createRoute(route), "InvalidNatGatewayID.NotFound");
    await clock.sleep(110_000);
    expect((await stateOf(NatGatewayId))?.State).toBe("available");
    await ec2.createRoute(route);
    await refused(ec2.deleteSubnet({ SubnetId }), "DependencyViolation");
    await refused(ec2.detachInternetGateway({ InternetGatewayId: gateway, VpcId: vpc }), "DependencyViolation");
    const release = () => ec2.releaseAddress({ AllocationId });
    await expect(release()).rejects.toMatchObject({ name: expect.stringMatching(/^(AuthFailure|InvalidIPAddress)/) });

    await ec2.deleteNatGateway({ NatGatewayId });
    await settle();
    expect((await stateOf(NatGatewayId))?.State).toBe("deleting");
    await clock.sleep(46_000);
    expect((await stateOf(NatGatewayId))?.State).toBe("deleted");
    await expect(release()).rejects.toMatchObject({ name: expect.stringMatching(/^(AuthFailure|InvalidIPAddress)/) });
    await clock.sleep(10_000);
    await release();
    await ec2.deleteSubnet({ SubnetId });
    await clock.sleep(3_600_000);
    expect(await stateOf(NatGatewayId)).toBeUndefined();
  });

  test("without an internet gateway it fails, later, and can only be deleted", async () => {
    const { SubnetId, AllocationId } = await network();
    const { NatGateway } = await ec2.createNatGateway({ SubnetId, AllocationId });
    expect(NatGateway?.State).toBe("pending");
    await clock.sleep(120_000);
    const NatGatewayId = NatGateway?.NatGatewayId as string;
    expect(await stateOf(NatGatewayId)).toMatchObject({ State: "failed", FailureCode: "Gateway.NotAttached" });
    await ec2.deleteNatGateway({ NatGatewayId });
    await clock.sleep(60_000);
    expect((await stateOf(NatGatewayId))?.State).toBe("deleted");
    await ec2.releaseAddress({ AllocationId });
  });

  test("an address that is taken makes it fail; a repeat with its token is the same gateway", async () => {
    const { vpc, SubnetId, AllocationId } = await network();
    await newGateway(vpc);
    const first = await ec2.createNatGateway({ SubnetId, AllocationId, ClientToken: "t" });
    const again = await ec2.createNatGateway({ SubnetId, AllocationId, ClientToken: "t" });
    expect(again.NatGateway?.NatGatewayId).toBe(first.NatGateway?.NatGatewayId);
    const other = await ec2.createNatGateway({ SubnetId, AllocationId, ClientToken: "u" });
    await clock.sleep(20_000);
    expect(await stateOf(other.NatGateway?.NatGatewayId as string)).toMatchObject({
      State: "failed",
      FailureCode: "Resource.AlreadyAssociated",
    });
  });

  test("five addresses per region", async () => {
    for (let n = 0; n < 5; n++) await ec2.allocateAddress({ Domain: "vpc" });
    await refused(ec2.allocateAddress({ Domain: "vpc" }), "AddressLimitExceeded");
  });
});

describe("key pair", () => {
  const key = (text: string) => ({ KeyName: "Buddy-Project", PublicKeyMaterial: new TextEncoder().encode(text) });
  const body = "AAAAC3NzaC1lZDI1NTE5AAAAIJ+F32zvWUmKn7mFBTcyDi9v6ec1JZC6c6nfQZv/NRlJ";

  test("names are unique; the comment is lost; deleting twice is no error", async () => {
    await ec2.importKeyPair(key(`ssh-ed25519 ${body} me@laptop`));
    await refused(ec2.importKeyPair(key(`ssh-ed25519 ${body}`)), "InvalidKeyPair.Duplicate");
    await settle();
    const { KeyPairs } = await ec2.describeKeyPairs({ IncludePublicKey: true });
    expect(KeyPairs).toEqual([
      expect.objectContaining({ KeyType: "ed25519", PublicKey: `ssh-ed25519 ${body} Buddy-Project\n` }),
    ]);
    expect((await ec2.describeKeyPairs({})).KeyPairs?.[0]?.PublicKey).toBeUndefined();
    await ec2.deleteKeyPair({ KeyName: "Buddy-Project" });
    await ec2.deleteKeyPair({ KeyName: "Buddy-Project" });
    await settle();
    expect((await ec2.describeKeyPairs({})).KeyPairs).toEqual([]);
  });

  test.each([
    ["no key", "hello"],
    ["half a key", `ssh-ed25519 ${body.slice(0, 40)}`],
    ["a key of another type than it says", `ssh-rsa ${body}`],
    ["a type that EC2 does not take", `ecdsa-sha2-nistp256 ${body}`],
  ])("%s is refused", async (_what, text) => {
    await refused(ec2.importKeyPair(key(text)), "InvalidKey.Format");
  });
});

test.each([
  ["vpc-00000000000000000", "InvalidVpcID.NotFound"],
  ["subnet-00000000000000000", "InvalidSubnetID.NotFound"],
  ["igw-00000000000000000", "InvalidInternetGatewayID.NotFound"],
  ["rtb-00000000", "InvalidRouteTableID.NotFound"],
  ["sg-00000000000000000", "InvalidGroup.NotFound"],
  ["i-00000000000000000", "InvalidInstanceID.NotFound"],
  ["192.0.2.1", "InvalidID"],
])("%s cannot be tagged: there is none", async (id, error) => {
  const Resources = [await newVpc(), id];
  await refused(ec2.createTags({ Resources, Tags: [{ Key: "a", Value: "b" }] }), error);
  await refused(ec2.deleteTags({ Resources }), error);
  await settle();
  const { Vpcs = [] } = await ec2.describeVpcs({ Filters: [{ Name: "tag-key", Values: ["a"] }] });
  expect(Vpcs).toEqual([]);
});

test("volumes are asked for by their ids", async () => {
  await refused(ec2.describeVolumes({ VolumeIds: ["vol-00000000000000000"] }), "InvalidVolume.NotFound");
  await refused(ec2.describeVolumes({ VolumeIds: ["nonsense"] }), "InvalidParameterValue");
});
