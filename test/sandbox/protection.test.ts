/** AWS's rules for what protects an object from being deleted, as the sandbox keeps them. */
import {
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DisableImageDeregistrationProtectionCommand,
  EnableImageDeregistrationProtectionCommand,
  type Instance,
  ModifyInstanceAttributeCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  DeleteLoadBalancerCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  ModifyLoadBalancerAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { beforeEach, expect, test } from "vitest";
import { jumpingClock } from "../../src/lib/clock.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import { type Stage, stage } from "../lifecycle/stage.ts";
import { type Stranger, stranger } from "../stranger.ts";

const GROUP = { AutoScalingGroupName: "Buddy-AutoScaling-Group" };

/** A stack that stands, brought up once; each test works on a copy. */
let grown: { readonly world: World; readonly at: number } | undefined;
let clock: Stage["clock"];
let aws: Stranger;
beforeEach(async () => {
  if (!grown) {
    const on = await stage({ domain: null });
    await on.up();
    on.sandbox.settle();
    grown = { world: copied(on.sandbox.world), at: on.clock.now() };
  }
  clock = jumpingClock(grown.at);
  aws = stranger(openSandbox({ world: copied(grown.world), clock }));
});
const settle = () => clock.sleep(5_000);
const refused = (call: Promise<unknown>, name: string, message = /./) =>
  expect(call).rejects.toMatchObject({ name, message: expect.stringMatching(message) });

async function instances(): Promise<Instance[]> {
  const { Reservations = [] } = await aws.ec2.send(new DescribeInstancesCommand({}));
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}
async function instance(name: string): Promise<Instance> {
  const found = (await instances()).find(({ Tags }) => Tags?.some(({ Value }) => Value === name));
  if (!found) throw new Error(`no instance ${name}`);
  return found;
}
const stateOf = async (name: string) => (await instance(name)).State?.Name;
const guard = (InstanceId: string | undefined, change: object) =>
  aws.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, ...change }));
const terminate = (...ids: (string | undefined)[]) =>
  aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: ids as string[] }));

test("termination protection: shown by its own call only, refuses callers, and those beside it in its zone", async () => {
  const { InstanceId } = await instance("Bastion1");
  const before = JSON.stringify(await instance("Bastion1"));
  const attribute = async () => {
    const input = { InstanceId, Attribute: "disableApiTermination" } as const;
    return (await aws.ec2.send(new DescribeInstanceAttributeCommand(input))).DisableApiTermination;
  };
  expect(await attribute()).toEqual({ Value: false });
  await guard(InstanceId, { DisableApiTermination: { Value: true } });
  await settle();
  expect(await attribute()).toEqual({ Value: true });
  expect(JSON.stringify(await instance("Bastion1"))).toBe(before);
  await refused(
    terminate(InstanceId),
    "OperationNotPermitted",
    /^The instance 'i-[0-9a-f]+' may not be terminated\. Modify its 'disableApiTermination' instance attribute and try again\.$/,
  );
  const beside = (await instance("Buddy-NAT1")).InstanceId;
  const elsewhere = (await instance("Bastion2")).InstanceId;
  await refused(terminate(InstanceId, beside, elsewhere), "OperationNotPermitted");
  await settle();
  expect(await Promise.all(["Bastion1", "Buddy-NAT1", "Bastion2"].map(stateOf))).toEqual([
    "running",
    "running",
    "shutting-down",
  ]);
  await guard(InstanceId, { DisableApiTermination: { Value: false } });
  await terminate(InstanceId);
  expect(await stateOf("Bastion1")).toBe("shutting-down");
});

test("stop protection refuses to stop and to terminate", async () => {
  const { InstanceId } = await instance("Bastion1");
  await guard(InstanceId, { DisableApiStop: { Value: true } });
  await refused(
    guard(InstanceId, { DisableApiStop: { Value: true }, Groups: ["sg-1"] }),
    "InvalidParameterCombination",
  );
  const stop = () => aws.ec2.send(new StopInstancesCommand({ InstanceIds: [InstanceId as string] }));
  await refused(stop(), "OperationNotPermitted", /may not be stopped\. Modify its 'disableApiStop'/);
  await refused(terminate(InstanceId), "OperationNotPermitted");
  await guard(InstanceId, { DisableApiStop: { Value: false } });
  await stop();
});

test("a group's deletion protection; and an instance of it that is protected outlives it", async () => {
  const protect = (DeletionProtection: "none" | "prevent-force-deletion" | "prevent-all-deletion") =>
    aws.autoScaling.send(new UpdateAutoScalingGroupCommand({ ...GROUP, DeletionProtection }));
  const drop = () => aws.autoScaling.send(new DeleteAutoScalingGroupCommand({ ...GROUP, ForceDelete: true }));
  for (const level of ["prevent-force-deletion", "prevent-all-deletion"] as const) {
    await protect(level);
    await refused(drop(), "ValidationError", new RegExp(level));
  }
  await settle();
  const { AutoScalingGroups } = await aws.autoScaling.send(new DescribeAutoScalingGroupsCommand({}));
  expect(AutoScalingGroups?.[0]).toMatchObject({ DeletionProtection: "prevent-all-deletion", DesiredCapacity: 2 });
  const [kept, gone] = AutoScalingGroups?.[0]?.Instances?.map(({ InstanceId }) => InstanceId) ?? [];
  await protect("none");
  await guard(kept, { DisableApiTermination: { Value: true } });
  await drop();
  await clock.sleep(600_000);
  expect((await aws.autoScaling.send(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups).toEqual([]);
  const states = new Map((await instances()).map(({ InstanceId, State }) => [InstanceId, State?.Name]));
  expect([states.get(kept), states.get(gone)]).toEqual(["running", "terminated"]);
});

test("a load balancer's deletion protection is an attribute, and keeps its listeners too", async () => {
  const { LoadBalancers } = await aws.elb.send(new DescribeLoadBalancersCommand({}));
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn as string;
  const Key = "deletion_protection.enabled";
  const set = (Value: string) =>
    aws.elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes: [{ Key, Value }] }));
  const value = async () => {
    const { Attributes } = await aws.elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }));
    return Attributes?.find((one) => one.Key === Key)?.Value;
  };
  const drop = () => aws.elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
  expect(await value()).toBe("false");
  await set("true");
  await settle();
  expect(await value()).toBe("true");
  await expect(drop()).rejects.toMatchObject({ name: "OperationNotPermittedException", Code: "OperationNotPermitted" });
  await set("false");
  await drop();
  await settle();
  await refused(
    aws.elb.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn })),
    "LoadBalancerNotFoundException",
  );
});

test("an image's deregistration protection, with a cooldown of a day after it is lifted", async () => {
  const own = async () => (await aws.ec2.send(new DescribeImagesCommand({ Owners: ["self"] }))).Images?.[0];
  const ImageId = (await own())?.ImageId as string;
  const drop = () => aws.ec2.send(new DeregisterImageCommand({ ImageId }));
  expect((await own())?.DeregistrationProtection).toBe("disabled");
  await aws.ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId, WithCooldown: true }));
  await settle();
  expect((await own())?.DeregistrationProtection).toBe("enabled-with-cooldown");
  await refused(drop(), "OperationNotPermitted");
  await aws.ec2.send(new DisableImageDeregistrationProtectionCommand({ ImageId }));
  await settle();
  expect((await own())?.DeregistrationProtection).toMatch(/^disabled after 20/);
  await refused(drop(), "OperationNotPermitted");
  await clock.sleep(24 * 3_600_000);
  await drop();
});
