import { expect, test } from "vitest";
import { address } from "../../src/aws/ec2/address.ts";
import { keyPair } from "../../src/aws/ec2/key-pair.ts";
import { natGateway } from "../../src/aws/ec2/nat-gateway.ts";
import { route } from "../../src/aws/ec2/route.ts";
import { ALL_OUTBOUND, securityGroup, tcp } from "../../src/aws/ec2/security-group.ts";
import { isRead } from "../../src/aws/safety.ts";
import type { Config } from "../../src/config/schema.ts";
import { resource, type Step, step } from "../../src/engine/resource.ts";
import { inventory } from "../../src/sandbox/inventory.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { routesStep } from "../../steps/routes.ts";
import { securityGroupsStep } from "../../steps/security-groups.ts";
import { subnetsStep } from "../../steps/subnets.ts";
import { vpcStep } from "../../steps/vpc.ts";
import { perZone } from "../../steps/zones.ts";
import { stage } from "./stage.ts";

/** The network of the stack with NAT gateways: all that needs no instance. */
function networkSteps(config: Config, inputs: Inputs): readonly Step[] {
  const vpc = vpcStep(config);
  const subnets = subnetsStep(config, vpc.resources);
  const routes = routesStep(config, vpc.resources, subnets.resources);
  const { publicRoutes, privateRoutes } = routes.resources;
  const bastionGroup = resource(securityGroup, "group-bastion", "BastionHost", vpc.resources, ({ vpc }) => ({
    vpcId: vpc.id,
    description: "The operator to the bastions",
    inbound: inputs.allowedCidrs.map((cidr) => tcp(22, { cidr }, "Buddy-SSH")),
    outbound: ALL_OUTBOUND,
  }));
  const pair = resource(keyPair, "key-pair", "Buddy-Project", {}, () => ({ publicKey: inputs.publicKey }));
  const addresses = perZone(config, ({ number }) =>
    resource(address, `nat-address-${number}`, `Buddy-NAT${number}`, {}, () => ({ domain: "vpc" as const })),
  );
  const nats = perZone(config, ({ number }) =>
    resource(
      natGateway,
      `nat-${number}`,
      `Buddy-NAT${number}`,
      { publicRoutes, subnets: subnets.resources.public, addresses },
      ({ subnets, addresses }) => ({
        subnetId: subnets[number - 1]?.id as string,
        allocationId: addresses[number - 1]?.id as string,
      }),
    ),
  );
  const natRoutes = perZone(config, ({ number }) =>
    resource(
      route,
      `nat-route-${number}`,
      `Buddy-Private-GW${number} 0.0.0.0/0`,
      { tables: privateRoutes, nats },
      ({ tables, nats }) => ({
        tableId: tables[number - 1]?.id as string,
        to: "0.0.0.0/0",
        via: { natGatewayId: nats[number - 1]?.id as string },
      }),
    ),
  );
  const natBastion = step("nat-bastion", { bastionGroup, pair, addresses, nats, natRoutes });
  return [vpc, subnets, routes, natBastion, securityGroupsStep(config, vpc.resources, { bastionGroup })];
}

const networkStage = (seed = 7) => stage({}, seed, networkSteps);
type On = Awaited<ReturnType<typeof networkStage>>;

/** Everything that the sandbox holds now, by kind. */
function held(on: On): Record<string, readonly string[]> {
  on.sandbox.settle();
  return Object.fromEntries(inventory(on.sandbox.world).map(({ kind, ids }) => [kind, ids]));
}
const idOf = (on: On, key: string) => on.store.get(key)?.id as string;
const driftOf = async (on: On) =>
  Object.fromEntries(
    (await on.status())
      .filter(({ standing }) => standing !== "in-sync")
      .map(({ key, standing, drift }) => [key, [standing, ...drift.map(({ field }) => field)]]),
  );
const failed = (result: Awaited<ReturnType<On["up"]>>) =>
  result.settled.filter(({ outcome }) => outcome === "failed" || outcome === "skipped");

test("drift in gateway, routes, associations and rules shows, and up mends it", async () => {
  const on = await networkStage();
  await on.up();
  const { ec2 } = on.aws;
  const gatewayId = idOf(on, "gateway");
  // The databases get a way to the internet, and one of their subnets moves to the public table.
  await ec2.createRoute({
    RouteTableId: idOf(on, "routes-db"),
    DestinationCidrBlock: "0.0.0.0/0",
    GatewayId: gatewayId,
  });
  const { RouteTables = [] } = await ec2.describeRouteTables({
    Filters: [{ Name: "association.subnet-id", Values: [idOf(on, "subnet-db-1")] }],
  });
  const moved = RouteTables[0]?.Associations?.find(({ SubnetId }) => SubnetId === idOf(on, "subnet-db-1"));
  await ec2.replaceRouteTableAssociation({
    AssociationId: moved?.RouteTableAssociationId as string,
    RouteTableId: idOf(on, "routes-public"),
  });
  // A private route leads past its NAT, the other is gone.
  await ec2.replaceRoute({
    RouteTableId: idOf(on, "routes-private-1"),
    DestinationCidrBlock: "0.0.0.0/0",
    GatewayId: gatewayId,
  });
  await ec2.deleteRoute({ RouteTableId: idOf(on, "routes-private-2"), DestinationCidrBlock: "0.0.0.0/0" });
  // ssh from everywhere to the web instances; MySQL from the web instances is closed; a way out for the file system.
  const anywhere = [{ CidrIp: "0.0.0.0/0" }];
  await ec2.authorizeSecurityGroupIngress({
    GroupId: idOf(on, "group-web"),
    IpPermissions: [{ IpProtocol: "6", FromPort: 22, ToPort: 22, IpRanges: anywhere }],
  });
  await ec2.revokeSecurityGroupIngress({
    GroupId: idOf(on, "group-db"),
    IpPermissions: [
      { IpProtocol: "tcp", FromPort: 3306, ToPort: 3306, UserIdGroupPairs: [{ GroupId: idOf(on, "group-web") }] },
    ],
  });
  await ec2.authorizeSecurityGroupEgress({
    GroupId: idOf(on, "group-efs"),
    IpPermissions: [{ IpProtocol: "-1", IpRanges: anywhere }],
  });
  await ec2.updateSecurityGroupRuleDescriptionsIngress({
    GroupId: idOf(on, "group-load-balancer"),
    IpPermissions: [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
  });
  await on.clock.sleep(10_000);

  expect(await driftOf(on)).toEqual({
    "routes-public": ["drift", "subnetIds"],
    "routes-db": ["drift", "routes", "subnetIds"],
    "nat-route-1": ["drift", "via"],
    "nat-route-2": ["missing"],
    "group-web": ["drift", "inbound"],
    "group-db": ["drift", "inbound"],
    "group-efs": ["drift", "outbound"],
    "group-load-balancer": ["drift", "inbound"],
  });
  expect(failed(await on.up())).toEqual([]);
  expect(await driftOf(on)).toEqual({});
  on.writes();
  await on.up();
  expect(on.writes()).toEqual([]);
});

test("a NAT gateway removed by hand is recreated, on the same address, and its blackhole route is led there", async () => {
  const on = await networkStage();
  await on.up();
  const lost = idOf(on, "nat-1");
  await on.aws.ec2.deleteNatGateway({ NatGatewayId: lost });
  await on.clock.sleep(120_000);
  expect(await driftOf(on)).toEqual({ "nat-1": ["missing"], "nat-route-1": ["drift", "via"] });
  expect(failed(await on.up())).toEqual([]);
  expect(idOf(on, "nat-1")).not.toBe(lost);
  expect(await driftOf(on)).toEqual({});
  await on.down();
  expect(await on.left()).toEqual([]);
});

test("a VPC that loses its gateway gets it back", async () => {
  const on = await stage({}, 7, (config) => {
    const vpc = vpcStep(config);
    const subnets = subnetsStep(config, vpc.resources);
    return [vpc, subnets, routesStep(config, vpc.resources, subnets.resources)];
  });
  await on.up();
  await on.aws.ec2.detachInternetGateway({ InternetGatewayId: idOf(on, "gateway"), VpcId: idOf(on, "vpc") });
  await on.clock.sleep(10_000);
  expect(await driftOf(on)).toEqual({ gateway: ["drift", "vpcId"] });
  expect(failed(await on.up())).toEqual([]);
  expect(await driftOf(on)).toEqual({});
});

test("somebody else's key pair of the same name is not touched", async () => {
  const on = await networkStage();
  await on.aws.ec2.importKeyPair({
    KeyName: "Buddy-Project",
    PublicKeyMaterial: new TextEncoder().encode(
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+F32zvWUmKn7mFBTcyDi9v6ec1JZC6c6nfQZv/NRlJ other",
    ),
  });
  await on.clock.sleep(10_000);
  await expect(on.up()).rejects.toMatchObject({ code: "refused", message: expect.stringContaining("does not belong") });
  expect((await on.aws.ec2.describeKeyPairs({})).KeyPairs).toHaveLength(1);
});

test("answers that are lost after AWS has acted leave no duplicates", async () => {
  const on = await networkStage();
  const { answer } = on.sandbox;
  const lost: string[] = [];
  Object.assign(on.sandbox, {
    async answer(service: string, operation: string, input: object) {
      const output = await answer(service, operation, input);
      if (isRead(operation) || lost.includes(operation)) return output;
      lost.push(operation);
      throw Object.assign(new Error("socket hang up"), { name: "TimeoutError" });
    },
  });
  const before = held(on);
  expect(failed(await on.up())).toEqual([]);
  expect(lost.length).toBeGreaterThan(10);
  expect(await driftOf(on)).toEqual({});
  expect((await on.down()).filter(({ outcome }) => outcome === "failed")).toEqual([]);
  await on.clock.sleep(2 * 3_600_000);
  await on.refresh();
  expect(held(on)).toEqual(before);
});
