import { expect, test } from "vitest";
import { foreignIn } from "../../src/residuals/foreign.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { START } from "../lifecycle/stage.ts";
import { downAgain, fresh, type Process, rehearse, start } from "./matrix.ts";

const rehearsal = rehearse({ domain: null }, "up");

async function standing(): Promise<Process> {
  const { config } = await rehearsal;
  const on = await start(config, { world: fresh(config), time: START, state: undefined });
  await on.up();
  return on;
}
const simOf = (on: Process) => simAt(on.sandbox.world, on.clock.now());
const idOf = (on: Process, key: string) => on.store.get(key)?.id as string;

/** Somebody's interface, put into a subnet of ours by hand. */
function plantInterface(on: Process, id: string): void {
  simOf(on)
    .table("ec2.interfaces")
    .putNow(id, {
      id,
      vpcId: idOf(on, "vpc"),
      subnetId: idOf(on, "subnet-web-1"),
      groupIds: [],
      privateIp: "172.31.11.200",
      publicIp: null,
      description: "the analytics team's",
      type: "interface",
      requester: null,
      instanceId: null,
      sourceDestCheck: true,
    });
}

test("somebody else's interface in our subnet is named, left alone, and not waited for for long", async () => {
  const { before, ...rest } = await rehearsal;
  const on = await standing();
  plantInterface(on, "eni-0somebodyelses000");
  const began = on.clock.now();
  const settled = await on.down();
  const subnet = settled.find(({ key }) => key === "subnet-web-1");
  expect(subnet?.error).toMatchObject({
    code: "blocked",
    message: expect.stringMatching(
      /cannot be removed: it is in use by eni-0somebodyelses000 \(interface, the analytics team's\)/,
    ),
    hint: expect.stringContaining("not the stack's"),
  });
  // What does not need the subnet is gone, and it did not take the twenty minutes that a passing hindrance may.
  expect(settled.find(({ key }) => key === "database")?.outcome).toBe("deleted");
  expect(settled.find(({ key }) => key === "vpc")?.outcome).toBe("skipped");
  expect((on.clock.now() - began) / 60_000).toBeLessThan(15);
  expect(simOf(on).table("ec2.interfaces").get("eni-0somebodyelses000")).toBeDefined();
  // Taken away by whoever put it there, the next down finishes.
  simOf(on).table("ec2.interfaces").removeNow("eni-0somebodyelses000");
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
  expect(await foreignIn(on.aws, vpc, stack)).toEqual([]);
  plantInterface(on, "eni-0somebodyelses000");
  const { GroupId } = await on.aws.ec2.createSecurityGroup({ GroupName: "theirs", Description: "theirs", VpcId: vpc });
  const { Subnet } = await on.aws.ec2.createSubnet({
    VpcId: vpc,
    CidrBlock: "172.31.99.0/24",
    AvailabilityZone: "ap-northeast-2a",
  });
  await on.clock.sleep(5_000);
  const found = await foreignIn(on.aws, vpc, stack);
  expect(found).toEqual(
    expect.arrayContaining([
      { id: GroupId, what: "security group theirs" },
      { id: Subnet?.SubnetId, what: "subnet 172.31.99.0/24" },
      { id: "eni-0somebodyelses000", what: "network interface, interface, the analytics team's" },
    ]),
  );
  expect(found).toHaveLength(3);
});

test("NAT gateways' interfaces are the stack's", async () => {
  const { config } = await rehearse({ domain: null, nat: { mode: "gateway" } }, "up");
  const on = await start(config, { world: fresh(config), time: START, state: undefined });
  await on.up();
  expect(await foreignIn(on.aws, idOf(on, "vpc"), config.stack)).toEqual([]);
});
