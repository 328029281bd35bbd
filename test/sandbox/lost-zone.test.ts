/** `sandbox fail az ZONE`: what a lost zone does to what is in it, and what goes on without it. */
import * as http from "node:http";
import { beforeEach, expect, test } from "vitest";
import { serveSite } from "../../src/sandbox/site.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { type Account, GROUP, grown } from "./grown.ts";

const LOST = "ap-northeast-2a";
const OTHER = "ap-northeast-2c";
const MINUTE = 60_000;
/** Without a domain the site answers on port 80. */
const PLAIN = { domain: null };

let account: Account;
const open = async (config: object = {}) => {
  account = await grown(config, 30);
};
beforeEach(() => open());

const lose = (zone = LOST) => account.fail("az", zone);
const webIn = async (zone: string) =>
  (await account.members()).find((member) => member.zone === zone && member.state === "InService")?.id as string;
const databases = async () =>
  (
    await account.ask<{
      DBInstances: {
        DBInstanceIdentifier: string;
        AvailabilityZone: string;
        DBInstanceStatus: string;
        ReadReplicaSourceDBInstanceIdentifier?: string;
      }[];
    }>("rds", "DescribeDBInstances")
  ).DBInstances;

async function visits(count: number): Promise<number[]> {
  const { LoadBalancers } = await account.ask<{ LoadBalancers: { DNSName: string }[] }>(
    "elastic-load-balancing-v2",
    "DescribeLoadBalancers",
  );
  const host = LoadBalancers[0]?.DNSName ?? "";
  const site = await serveSite(account.sandbox, account.clock);
  const ask = () =>
    new Promise<number>((done, refuse) => {
      const to = site.addressOf(host, 80);
      http
        .get({ host: to?.address, port: to?.port, headers: { host }, agent: false }, (response) => {
          response.resume();
          done(response.statusCode ?? 0);
        })
        .on("error", refuse);
    });
  const statuses: number[] = [];
  for (let index = 0; index < count; index++) statuses.push(await account.clock.hold(ask()));
  await site.close();
  return statuses;
}

test("its instances do not answer: 504 for whom the load balancer sends there, until its next checks notice", async () => {
  await open(PLAIN);
  expect(await visits(6)).toEqual([200, 200, 200, 200, 200, 200]);
  const there = await webIn(LOST);
  lose();
  expect((await visits(6)).sort()).toEqual([200, 200, 200, 504, 504, 504]);

  const { TargetGroups } = await account.ask<{
    TargetGroups: { HealthCheckIntervalSeconds: number; UnhealthyThresholdCount: number }[];
  }>("elastic-load-balancing-v2", "DescribeTargetGroups");
  const { HealthCheckIntervalSeconds: seconds = 0, UnhealthyThresholdCount: times = 0 } = TargetGroups[0] ?? {};
  const from = account.clock.now();
  while ((await account.health(there))?.State === "healthy") await account.sleep(1);
  expect(account.clock.now() - from).toBeLessThanOrEqual((seconds * times + 2) * 1_000);
  expect(await account.health(there)).toMatchObject({ State: "unhealthy", Reason: "Target.Timeout" });
  expect(await visits(6)).toEqual([200, 200, 200, 200, 200, 200]);
  // EC2 still shows it as running.
  expect((await account.running()).map(({ InstanceId }) => InstanceId)).toContain(there);
});

test("the group starts its instances in the other zone, without end neither there nor here, and evens them out afterwards", async () => {
  lose();
  const before = new Set((await account.running()).map(({ InstanceId }) => InstanceId));
  await account.sleep(15 * 60);
  const zones = async () => (await account.members()).map(({ zone, state }) => `${zone} ${state}`);
  expect(await zones()).toEqual([`${OTHER} InService`, `${OTHER} InService`]);
  const { Activities } = await account.ask<{ Activities: { StatusCode: string; StatusMessage?: string }[] }>(
    "auto-scaling",
    "DescribeScalingActivities",
    { AutoScalingGroupName: GROUP },
  );
  expect(Activities.find(({ StatusCode }) => StatusCode === "Failed")?.StatusMessage).toMatch(
    /sufficient t3\.micro capacity in the Availability Zone you requested \(ap-northeast-2a\)/,
  );
  await account.sleep(60 * 60);
  expect(await zones()).toEqual([`${OTHER} InService`, `${OTHER} InService`]);
  expect((await account.running()).filter(({ InstanceId }) => !before.has(InstanceId))).toHaveLength(1);

  account.mend();
  await account.sleep(30 * 60);
  expect(await zones()).toEqual([`${LOST} InService`, `${OTHER} InService`]);
});

interface Table {
  readonly RouteTableId: string;
  readonly Associations: { SubnetId?: string }[];
  readonly Routes: { DestinationCidrBlock: string; NatGatewayId?: string; NetworkInterfaceId?: string }[];
}
/** Sends what leaves the one subnet through the NAT of the other. */
async function reroute(subnetId: string, likeSubnetId: string): Promise<void> {
  const { RouteTables } = await account.ask<{ RouteTables: Table[] }>("ec2", "DescribeRouteTables");
  const of = (id: string) =>
    RouteTables.find(({ Associations }) => Associations.some(({ SubnetId }) => SubnetId === id)) as Table;
  const way = of(likeSubnetId).Routes.find(({ DestinationCidrBlock: to }) => to === "0.0.0.0/0");
  await account.ask("ec2", "ReplaceRoute", {
    RouteTableId: of(subnetId).RouteTableId,
    DestinationCidrBlock: "0.0.0.0/0",
    ...(way?.NatGatewayId ? { NatGatewayId: way.NatGatewayId } : { NetworkInterfaceId: way?.NetworkInterfaceId }),
  });
}

test.each([{}, { nat: { mode: "gateway" } }])(
  "NAT %o: who goes out through the lost zone has no way out and no agent; the others have",
  async (config) => {
    await open(config);
    const [here, there] = [await webIn(OTHER), await webIn(LOST)];
    const online = async () => {
      const { InstanceInformationList } = await account.ask<{
        InstanceInformationList: { InstanceId: string; PingStatus: string }[];
      }>("ssm", "DescribeInstanceInformation");
      return InstanceInformationList.filter(({ PingStatus }) => PingStatus === "Online").map((one) => one.InstanceId);
    };
    expect((await online()).sort()).toEqual([here, there].sort());
    const subnetOf = async (id: string) =>
      (await account.running()).find(({ InstanceId }) => InstanceId === id)?.SubnetId ?? "";
    const [hereIn, thereIn] = [await subnetOf(here), await subnetOf(there)];
    lose();
    expect(await online()).toEqual([here]);
    // A machine of the other zone that goes out through the lost one's NAT.
    await reroute(hereIn, thereIn);
    await account.sleep(5);
    expect(await online()).toEqual([]);
    account.mend("az");
    expect((await online()).sort()).toEqual([here, there].sort());
    await account.sleep(2 * 60);
    expect((await account.health(there))?.State).toBe("healthy");
  },
);

test("a database in it is not reached, while RDS shows it as available; reads go on at the replica in the other zone", async () => {
  const found = await databases();
  const primary = found.find((one) => one.ReadReplicaSourceDBInstanceIdentifier === undefined);
  const replica = found.find((one) => one.ReadReplicaSourceDBInstanceIdentifier !== undefined);
  expect([primary?.AvailabilityZone, replica?.AvailabilityZone].sort()).toEqual([LOST, OTHER]);
  const client = await webIn(replica?.AvailabilityZone as string);
  expect((await account.run(scriptFor("database", "a"), client))[0]).toBe(0);
  lose(primary?.AvailabilityZone);
  expect(await account.run(scriptFor("database", "a"), client, 15)).toEqual([1, "", "primary: MySQL error 2003\n"]);
  account.mend();
  lose(replica?.AvailabilityZone);
  const other = await webIn(primary?.AvailabilityZone as string);
  expect(await account.run(scriptFor("database", "a"), other, 15)).toEqual([1, "", "replica: MySQL error 2003\n"]);
  expect((await databases()).map(({ DBInstanceStatus }) => DBInstanceStatus)).toEqual(["available", "available"]);
});

test("its instances fail their status checks and send nothing else; its database sends nothing", async () => {
  const nat = (await account.running()).find(
    ({ SourceDestCheck, Placement }) => SourceDestCheck === false && Placement.AvailabilityZone === LOST,
  );
  const id = nat?.InstanceId as string;
  const begin = Math.ceil(account.clock.now() / (5 * MINUTE)) * 5 * MINUTE;
  const primary = (await databases()).find(({ DBInstanceIdentifier }) => DBInstanceIdentifier === "database1");
  lose(LOST);
  if (primary?.AvailabilityZone !== LOST) lose(primary?.AvailabilityZone);
  await account.sleep((begin - account.clock.now() + 8 * MINUTE) / 1_000);
  expect(await account.metric("AWS/EC2", "StatusCheckFailed", ["InstanceId", id], begin)).toBe(1);
  expect(await account.metric("AWS/EC2", "CPUUtilization", ["InstanceId", id], begin)).toBeUndefined();
  const database = ["DBInstanceIdentifier", "database1"] as const;
  expect(await account.metric("AWS/RDS", "CPUUtilization", database, begin)).toBeUndefined();
});
