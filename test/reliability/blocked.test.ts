import { expect, test } from "vitest";
import { findForeignResources } from "../../src/residuals/foreign.ts";
import { START } from "../lifecycle/stage.ts";
import { accountIn } from "../sandbox/grown.ts";
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
  const began = on.clock.now();
  const settled = await on.down();
  const group = settled.find(({ key }) => key === "group-bastion");
  expect(group?.error).toMatchObject({
    code: "blocked",
    message: expect.stringContaining(`${GroupId} (security group "theirs" has a rule that names this group)`),
  });
  expect((on.clock.now() - began) / 60_000).toBeLessThan(15);
});

test("what others put into the VPC is listed before anything is deleted; what AWS makes for the stack is not", async () => {
  const on = await standing();
  const { stack } = on.config;
  const vpc = idOf(on, "vpc");
  expect(await findForeignResources(on.aws, vpc, stack)).toEqual([]);
  const eni = await plantInterface(on);
  const { GroupId } = await on.aws.ec2.createSecurityGroup({ GroupName: "theirs", Description: "theirs", VpcId: vpc });
  const { Subnet } = await on.aws.ec2.createSubnet({
    VpcId: vpc,
    CidrBlock: "172.31.99.0/24",
    AvailabilityZone: "ap-northeast-2a",
  });
  await on.clock.sleep(5_000);
  const found = await findForeignResources(on.aws, vpc, stack);
  expect(found).toEqual(
    expect.arrayContaining([
      { id: GroupId, what: "security group theirs" },
      { id: Subnet?.SubnetId, what: "subnet 172.31.99.0/24" },
      { id: eni, what: "network interface, interface, the analytics team's" },
    ]),
  );
  expect(found).toHaveLength(3);
});

test("NAT gateways' interfaces are the stack's", async () => {
  const { config } = await rehearse({ domain: null, nat: { mode: "gateway" } }, "up");
  const on = await start(config, { world: fresh(config), time: START, state: undefined });
  await on.up();
  expect(await findForeignResources(on.aws, idOf(on, "vpc"), config.stack)).toEqual([]);
});
