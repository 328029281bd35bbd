/** What is protected from being deleted is found before the first delete, all of it named, and nothing is changed. */
import { UpdateAutoScalingGroupCommand } from "@aws-sdk/client-auto-scaling";
import {
  DisableImageDeregistrationProtectionCommand,
  EnableImageDeregistrationProtectionCommand,
  ModifyInstanceAttributeCommand,
} from "@aws-sdk/client-ec2";
import { CreateReplicationConfigurationCommand, DeleteReplicationConfigurationCommand } from "@aws-sdk/client-efs";
import { ModifyLoadBalancerAttributesCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  CreateDBInstanceReadReplicaCommand,
  ModifyDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { beforeEach, expect, test } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import { types } from "../../src/aws/services.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { applyUp } from "../../src/engine/apply.ts";
import { destroy } from "../../src/engine/destroy.ts";
import { planUp } from "../../src/engine/plan.ts";
import { takeSnapshot } from "../../src/engine/snapshot.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import type { BuddyError } from "../../src/lib/errors.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import { type Stranger, stranger } from "../stranger.ts";
import { dataStage, dataSteps } from "./data.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

const GIVEN = { domain: null };

/** A stack that stands, brought up once; each test works on a copy. */
let grown: { readonly world: World; readonly at: number; readonly state: string | undefined } | undefined;
let on: Stage;
let who: Stranger;
beforeEach(async () => {
  if (!grown) {
    const first = await stage(GIVEN);
    await first.up();
    first.sandbox.settle();
    grown = { world: copied(first.sandbox.world), at: first.clock.now(), state: first.text.text };
  }
  on = await again(GIVEN);
  who = stranger(on.sandbox);
});
async function again(given: object): Promise<Stage> {
  if (!grown) throw new Error("nothing stands");
  const clock = jumpingClock(grown.at);
  const sandbox = openSandbox({ world: copied(grown.world), clock });
  return stageOn(parseConfig(given, "test.config.json"), clock, sandbox, memoryText(grown.state));
}
const idOf = (key: string) => on.store.get(key)?.id as string;
const settle = () => on.clock.sleep(5_000);
const guard = (InstanceId: string, change: object) =>
  who.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, ...change }));
const groupInstances = async () => {
  const { AutoScalingGroups } = await on.aws.autoScaling.describeAutoScalingGroups({});
  return AutoScalingGroups?.[0]?.Instances?.map(({ InstanceId }) => InstanceId as string) ?? [];
};

/** What is said of a refusal, and the ways out of it, sorted. */
async function refusal(walk: () => Promise<unknown>): Promise<{ said: string[]; lifts: string[] }> {
  on.writes();
  const error = (await walk().then(
    () => undefined,
    (thrown: BuddyError) => thrown,
  )) as BuddyError;
  expect(error).toMatchObject({ code: "refused", hint: expect.stringMatching(/\nNothing was changed\.$/) });
  expect(on.writes()).toEqual([]);
  return {
    said: error.message.split("; ").sort(),
    lifts: (error.hint ?? "")
      .split("\n")
      .filter((line) => line.startsWith("to "))
      .sort(),
  };
}

test("down names all that is protected, each with the command that lifts it; when that was done it goes through", async () => {
  const [web] = await groupInstances();
  const balancer = idOf("load-balancer");
  const image = Object.entries(on.store.resources).find(([, { type }]) => type === "ec2:image")?.[0] as string;
  const protect = async (yes: boolean) => {
    await guard(idOf("bastion-1"), { DisableApiTermination: { Value: yes } });
    await guard(idOf("nat-instance-2"), { DisableApiStop: { Value: yes } });
    await guard(web as string, { DisableApiTermination: { Value: yes } });
    await who.rds.send(
      new ModifyDBInstanceCommand({ DBInstanceIdentifier: "database1-replica", DeletionProtection: yes }),
    );
    await who.elb.send(
      new ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn: balancer,
        Attributes: [{ Key: "deletion_protection.enabled", Value: String(yes) }],
      }),
    );
    await who.autoScaling.send(
      new UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: "Buddy-AutoScaling-Group",
        DeletionProtection: yes ? "prevent-force-deletion" : "none",
      }),
    );
    await settle();
  };
  await protect(true);
  const region = "--region ap-northeast-2";
  const unguard = "aws --endpoint-url SANDBOX ec2 modify-instance-attribute --instance-id";
  const first = "AWS would refuse to delete";
  expect(await refusal(on.down)).toEqual({
    said: [
      `${first} Bastion1: termination protection is on`,
      `${first} Buddy-AutoScaling-Group: deletion protection is on`,
      `${first} Buddy-LoadBalance: deletion protection is on`,
      `${first} Buddy-NAT2: stop protection is on, which protects from termination, too`,
      `${first} database1-replica: deletion protection is on (the next up puts it back where database.deletionProtection is true)`,
      `its instance ${web}: termination protection is on`,
    ],
    lifts: [
      `to lift the deletion protection of Buddy-AutoScaling-Group: aws --endpoint-url SANDBOX autoscaling update-auto-scaling-group --auto-scaling-group-name Buddy-AutoScaling-Group --deletion-protection none ${region}`,
      `to lift the deletion protection of Buddy-LoadBalance: aws --endpoint-url SANDBOX elbv2 modify-load-balancer-attributes --load-balancer-arn ${balancer} --attributes Key=deletion_protection.enabled,Value=false ${region}`,
      `to lift the deletion protection of database1-replica: aws --endpoint-url SANDBOX rds modify-db-instance --db-instance-identifier database1-replica --no-deletion-protection ${region}`,
      `to lift the stop protection of ${idOf("nat-instance-2")}: ${unguard} ${idOf("nat-instance-2")} --no-disable-api-stop ${region}`,
      ...[web, idOf("bastion-1")]
        .map(
          (id) =>
            `to lift the termination protection of ${id}: ${unguard} ${id} --no-disable-api-termination ${region}`,
        )
        .sort(),
    ],
  });
  await protect(false);

  const ImageId = idOf(image);
  await who.ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId }));
  await settle();
  expect(await refusal(on.down)).toEqual({
    said: [expect.stringMatching(/: deregistration protection is on$/)],
    lifts: [
      expect.stringContaining(
        `: aws --endpoint-url SANDBOX ec2 disable-image-deregistration-protection --image-id ${ImageId} `,
      ),
    ],
  });
  await who.ec2.send(new DisableImageDeregistrationProtectionCommand({ ImageId }));
  await settle();
  await on.down();
  expect(await on.left()).toEqual([]);
});

test("what protects is asked for only of what is to go: plan, status and up of a stack as it should be do not", async () => {
  on.calls.length = 0;
  await on.status();
  await on.up();
  const asked = () => on.calls.map(({ operation }) => operation).filter((one) => /Attribute/.test(one) && isRead(one));
  const usual = asked();
  expect(usual).not.toContain("DescribeInstanceAttribute");
  // Of the load balancer all is read that may have changed.
  expect(usual.filter((one) => one === "DescribeLoadBalancerAttributes")).toHaveLength(2);
  on.calls.length = 0;
  await on.stack.refresh({ orphans: "all", removing: true });
  // Two of each instance, which DescribeInstances does not tell, and those of the load balancer, which were read anyway.
  expect(asked().filter((one) => one === "DescribeInstanceAttribute")).toHaveLength(2 * (4 + 2));
  expect(asked().filter((one) => one === "DescribeLoadBalancerAttributes")).toHaveLength(1);
});

test("a replacement is refused likewise, and plan says why and what lifts it", async () => {
  await guard(idOf("bastion-1"), { DisableApiTermination: { Value: true } });
  await settle();
  const { text } = on;
  const other = await stageOn(
    parseConfig({ ...GIVEN, bastion: { instanceType: "t3.small" } }, "test.config.json"),
    on.clock,
    on.sandbox,
    text,
  );
  const run = { ...other.run, replace: true };
  const found = await takeSnapshot(run, other.graph, types, { stack: other.config.stack, sweep: "known" });
  expect(planUp(found).items.filter(({ refused }) => refused !== undefined)).toMatchObject([
    { key: "bastion-1", action: "replace", remedies: [{ to: expect.stringMatching(/^lift the termination prot/) }] },
  ]);
  on = other;
  expect(await refusal(() => applyUp(run, found))).toMatchObject({
    said: [expect.stringContaining("Bastion1: termination prot")],
  });
});

test("a file system that is replicated is not deleted by AWS: said first, with what ends the replication", async () => {
  on = await dataStage();
  await on.up();
  await on.clock.sleep(600_000);
  const id = idOf("file-system");
  const { efs } = stranger(on.sandbox);
  await efs.send(
    new CreateReplicationConfigurationCommand({ SourceFileSystemId: id, Destinations: [{ Region: "us-west-2" }] }),
  );
  await settle();
  expect(await refusal(on.down)).toEqual({
    said: [expect.stringMatching(/^AWS would refuse to delete \S+: it is replicated to fs-\w+ in us-west-2$/)],
    lifts: [
      `to end the replication of ${id}: aws --endpoint-url SANDBOX efs delete-replication-configuration --source-file-system-id ${id} --region ap-northeast-2`,
    ],
  });
  await efs.send(new DeleteReplicationConfigurationCommand({ SourceFileSystemId: id }));
  await settle();
  await on.down();
  expect(await on.left()).toEqual([]);
});

test("a stopped database is not changed nor saved by AWS: down says to start it first; with its data discarded it goes", async () => {
  on = await dataStage({ database: { replica: false, deletionProtection: true } });
  await on.up();
  await on.clock.sleep(600_000);
  await stranger(on.sandbox).rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: "database1" }));
  await on.clock.sleep(600_000);
  expect(await refusal(on.down)).toEqual({
    said: [
      "AWS would refuse to delete database1: it is stopped, and AWS makes no final snapshot of it, and changes nothing of it, before it is started",
      expect.stringMatching(/^deletion protection is on /),
    ],
    lifts: [
      "to lift the deletion protection of database1: aws --endpoint-url SANDBOX rds modify-db-instance --db-instance-identifier database1 --no-deletion-protection --region ap-northeast-2",
      "to start database1: aws --endpoint-url SANDBOX rds start-db-instance --db-instance-identifier database1 --region ap-northeast-2 && aws --endpoint-url SANDBOX rds wait db-instance-available --db-instance-identifier database1 --region ap-northeast-2",
    ],
  });
  // All that was there is there still: the file system went first, once.
  expect(await on.left()).toHaveLength(Object.keys(on.store.resources).length);

  const free = await dataStage({ database: { replica: false } });
  await free.up();
  await free.clock.sleep(600_000);
  await stranger(free.sandbox).rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: "database1" }));
  await free.clock.sleep(600_000);
  on = free;
  expect(await refusal(on.down)).toMatchObject({ said: [expect.stringContaining("it is stopped")] });
  const run = { ...on.run, discardData: true };
  const before = await takeSnapshot(run, on.graph, types, { stack: on.config.stack, sweep: "all", removing: true });
  expect((await destroy(run, before)).filter(({ outcome }) => outcome === "failed")).toEqual([]);
  expect(await on.left()).toEqual([]);
});

test("with --unprotect all of that is lifted in the same run, before anything is copied or deleted", async () => {
  on = await again({ ...GIVEN, database: { replica: false, deletionProtection: true } });
  await on.up();
  who = stranger(on.sandbox);
  const { rds, elb, autoScaling, ec2 } = who;
  const [web] = await groupInstances();
  await guard(idOf("bastion-1"), { DisableApiTermination: { Value: true } });
  await guard(idOf("nat-instance-2"), { DisableApiStop: { Value: true } });
  await guard(web as string, { DisableApiTermination: { Value: true } });
  const Attributes = [{ Key: "deletion_protection.enabled", Value: "true" }];
  await elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: idOf("load-balancer"), Attributes }));
  await autoScaling.send(
    new UpdateAutoScalingGroupCommand({
      AutoScalingGroupName: "Buddy-AutoScaling-Group",
      DeletionProtection: "prevent-all-deletion",
    }),
  );
  const image = Object.values(on.store.resources).find(({ type }) => type === "ec2:image")?.id;
  await ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId: image }));
  await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: "database1" }));
  await on.clock.sleep(600_000);
  // What no look lifts is offered.
  const offered = (await on.down().catch((error: unknown) => error)) as BuddyError;
  expect(offered).toMatchObject({ code: "refused", hint: expect.stringContaining("or say --unprotect") });

  Object.assign(on.run, { unprotect: true });
  on.writes();
  await on.down();
  const order = on.writes();
  const lifts = [
    "ec2:DisableImageDeregistrationProtection",
    "ec2:ModifyInstanceAttribute",
    "elastic-load-balancing-v2:ModifyLoadBalancerAttributes",
    "rds:ModifyDBInstance",
    "rds:StartDBInstance",
  ];
  const copies = order.indexOf("rds:CreateDBSnapshot");
  for (const call of lifts) expect(order.indexOf(call), call).toBeGreaterThanOrEqual(0);
  for (const call of lifts) expect(order.lastIndexOf(call), call).toBeLessThan(copies);
  expect(order.findIndex((call) => /:(Delete|Terminate)/.test(call))).toBeGreaterThan(copies);
  expect(await on.left()).toEqual([]);
});

test("what is not ours to lift is refused with --unprotect, too: others' replicas, a replicated file system", async () => {
  on = await dataStage({ database: { deletionProtection: true } });
  await on.up();
  await on.clock.sleep(600_000);
  const { efs, rds } = stranger(on.sandbox);
  const replica = { DBInstanceIdentifier: "reports", SourceDBInstanceIdentifier: "database1" };
  await rds.send(new CreateDBInstanceReadReplicaCommand(replica));
  const SourceFileSystemId = idOf("file-system");
  await efs.send(
    new CreateReplicationConfigurationCommand({ SourceFileSystemId, Destinations: [{ Region: "us-west-2" }] }),
  );
  await on.clock.sleep(900_000);
  Object.assign(on.run, { unprotect: true });
  expect(await refusal(on.down)).toEqual({
    said: [
      expect.stringMatching(/^AWS would refuse to delete Buddy-EFS: it is replicated to fs-\w+ in us-west-2$/),
      "AWS would refuse to delete database1: reports is a read replica of it, and is not the stack's",
    ],
    lifts: [
      expect.stringMatching(/^to end the replication of /),
      "to make reports a database of its own: aws --endpoint-url SANDBOX rds promote-read-replica --db-instance-identifier reports --region ap-northeast-2",
    ],
  });
});

test("interrupted when the protection was lifted, up puts the config's back", async () => {
  on = await dataStage({ database: { replica: false, deletionProtection: true } });
  await on.up();
  await on.clock.sleep(600_000);
  Object.assign(on.run, { unprotect: true });
  const { answer } = on.sandbox;
  Object.assign(on.sandbox, {
    answer: (service: string, operation: string, input: object) => {
      if (operation === "CreateDBSnapshot") on.interrupt();
      return answer(service, operation, input);
    },
  });
  await expect(on.down()).rejects.toMatchObject({ code: "interrupted" });
  const isProtected = async () => {
    await on.clock.sleep(600_000);
    const { DBInstances } = await on.aws.rds.describeDBInstances({ DBInstanceIdentifier: "database1" });
    return DBInstances?.[0]?.DeletionProtection;
  };
  const next = await stageOn(on.config, on.clock, on.sandbox, on.text, dataSteps as Parameters<typeof stageOn>[4]);
  on = next;
  expect(await isProtected()).toBe(false);
  await on.up();
  expect(await isProtected()).toBe(true);
  // Where nothing is copied in between, what was lifted must show before the delete.
  Object.assign(on.run, { unprotect: true, discardData: true });
  expect((await on.down()).filter(({ outcome }) => outcome === "failed")).toEqual([]);
  expect(await on.left()).toEqual([]);
});
