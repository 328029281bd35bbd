import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { fail, mend, parseFailure } from "../../src/sandbox/failures.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import {
  confirmationMails,
  confirmSubscription,
  delegate,
  loadInstance,
  type MySql,
  mysql,
} from "../../src/sandbox/outside.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import { START, stage } from "../lifecycle/stage.ts";

export const GROUP = "Buddy-AutoScaling-Group";

/** An instance of the Auto Scaling group, as the group describes it. */
export interface Member {
  readonly id: string;
  readonly zone: string;
  readonly state: string;
}

/** An AWS account in which the whole stack has been up for some minutes. */
export interface Account {
  readonly clock: Clock;
  readonly sandbox: Sandbox;
  /** A call as any client makes it: the owner of the stack, or a stranger. */
  ask<T = Readonly<Record<string, unknown>>>(service: string, operation: string, input?: object): Promise<T>;
  sleep(seconds: number): Promise<void>;
  /** What `sandbox fail` and `sandbox mend` do. */
  fail(kind: string, about?: string): void;
  mend(kind?: string): void;
  /** What a person does at the registrar. */
  delegate(domain: string, nameServers: readonly string[]): void;
  /** What a person does with the mail that asks to confirm a subscription, and how many such mails came. */
  followLink(email: string): void;
  mails(email: string): number;
  /** What a person does on an instance, over SSH: its processors are busy from now on. */
  busy(instanceId: string, hours: number): void;
  /** What a person does with a MySQL client. */
  mysql(id: string): MySql;
  /** The group's instances, by zone. */
  members(): Promise<readonly Member[]>;
  /** What DescribeInstances says of all that run. */
  running(): Promise<readonly Running[]>;
  /** Somebody takes all rules of one way out of a security group. */
  close(groupId: string, way: "Ingress" | "Egress"): Promise<void>;
  /** What a script of the tool says on an instance: exit code, output, errors. */
  run(script: string, instanceId: string, seconds?: number): Promise<[number, string, string]>;
  /** The health of an instance behind the load balancer; undefined: it is no target. */
  health(instanceId: string): Promise<Health | undefined>;
  /** The maximum of a metric in the five minutes that begin then; undefined: CloudWatch has no data. */
  metric(
    namespace: string,
    name: string,
    dimension: readonly [string, string],
    begin: number,
  ): Promise<number | undefined>;
}
export interface Running {
  readonly InstanceId: string;
  readonly SubnetId: string;
  readonly State: { Name: string };
  readonly Placement: { AvailabilityZone: string };
  readonly PublicIpAddress?: string;
  readonly SecurityGroups: { GroupId: string }[];
  readonly SourceDestCheck?: boolean;
}
export interface Health {
  readonly State: string;
  readonly Reason?: string;
  readonly Description?: string;
}

const worlds = new Map<string, Promise<{ readonly world: World; readonly at: number }>>();

async function applyUp(config: object, minutes: number): Promise<{ readonly world: World; readonly at: number }> {
  const on = await stage(config);
  await on.up();
  await on.clock.sleep(minutes * 60_000);
  on.sandbox.settle();
  return { world: on.sandbox.world, at: on.clock.now() };
}

/** The account, each time a new copy; the stack is brought up once for a config. @param minutes that it has been up */
export async function grown(config: object = {}, minutes = 3): Promise<Account> {
  const name = JSON.stringify([config, minutes]);
  const before = worlds.get(name) ?? applyUp(config, minutes);
  worlds.set(name, before);
  const { world, at } = await before;
  return accountOn(copied(world), jumpingClock(at));
}

/** A new account, with nothing of the stack in it. */
export function fresh(domain?: string): Account {
  const world = freshWorld({ region: "ap-northeast-2", domain, time: START, seed: 7 });
  return accountOn(world, jumpingClock(START));
}

const accountOn = (world: World, clock: Clock): Account => accountIn(openSandbox({ world, clock }), clock);

/** The account that a sandbox is. */
export function accountIn(sandbox: Sandbox, clock: Clock): Account {
  const now = () => {
    sandbox.settle();
    return simAt(sandbox.world, clock.now());
  };
  const ask = async <T>(service: string, operation: string, input: object = {}): Promise<T> =>
    (await sandbox.answer(service, operation, input)) as T;
  return {
    clock,
    sandbox,
    ask,
    async sleep(seconds) {
      await clock.sleep(seconds * 1_000);
      sandbox.settle();
    },
    fail: (kind, about) => fail(now(), parseFailure(kind, about)),
    mend: (kind) => mend(now(), kind),
    delegate: (domain, nameServers) => delegate(now(), domain, nameServers),
    followLink: (email) => confirmSubscription(now(), email),
    busy: (instanceId, hours) => loadInstance(now(), instanceId, hours * 3_600_000),
    mysql: (id) => mysql(now(), id),
    mails: (email) => confirmationMails(now(), email),
    async running() {
      const { Reservations } = await ask<{ Reservations: { Instances: Running[] }[] }>("ec2", "DescribeInstances");
      return Reservations.flatMap((one) => one.Instances).filter(({ State }) => State.Name === "running");
    },
    async close(GroupId, way) {
      const { SecurityGroups } = await ask<{
        SecurityGroups: { IpPermissions: object[]; IpPermissionsEgress: object[] }[];
      }>("ec2", "DescribeSecurityGroups", { GroupIds: [GroupId] });
      const [group] = SecurityGroups;
      const IpPermissions = way === "Egress" ? group?.IpPermissionsEgress : group?.IpPermissions;
      await ask("ec2", `RevokeSecurityGroup${way}`, { GroupId, IpPermissions });
    },
    async run(script, InstanceId, seconds = 4) {
      const { Command } = await ask<{ Command: { CommandId: string } }>("ssm", "SendCommand", {
        InstanceIds: [InstanceId],
        DocumentName: "AWS-RunShellScript",
        Parameters: { commands: script.split("\n") },
      });
      await clock.sleep(seconds * 1_000);
      const ended = await ask<{
        ResponseCode: number;
        StandardOutputContent: string;
        StandardErrorContent: string;
      }>("ssm", "GetCommandInvocation", { CommandId: Command.CommandId, InstanceId });
      return [ended.ResponseCode, ended.StandardOutputContent, ended.StandardErrorContent];
    },
    async health(instanceId) {
      const { TargetGroups } = await ask<{ TargetGroups: { TargetGroupArn: string }[] }>(
        "elastic-load-balancing-v2",
        "DescribeTargetGroups",
      );
      const { TargetHealthDescriptions } = await ask<{
        TargetHealthDescriptions: { Target: { Id: string }; TargetHealth: Health }[];
      }>("elastic-load-balancing-v2", "DescribeTargetHealth", { TargetGroupArn: TargetGroups[0]?.TargetGroupArn });
      return TargetHealthDescriptions.find(({ Target }) => Target.Id === instanceId)?.TargetHealth;
    },
    async metric(Namespace, MetricName, [Name, Value], begin) {
      const { Datapoints } = await ask<{ Datapoints: { Maximum: number }[] }>("cloudwatch", "GetMetricStatistics", {
        Namespace,
        MetricName,
        Dimensions: [{ Name, Value }],
        StartTime: new Date(begin),
        EndTime: new Date(begin + 300_000),
        Period: 300,
        Statistics: ["Maximum"],
      });
      return Datapoints[0]?.Maximum;
    },
    async members() {
      const { AutoScalingGroups } = await ask<{
        AutoScalingGroups: { Instances: { InstanceId: string; AvailabilityZone: string; LifecycleState: string }[] }[];
      }>("auto-scaling", "DescribeAutoScalingGroups", { AutoScalingGroupNames: [GROUP] });
      return (AutoScalingGroups[0]?.Instances ?? [])
        .map((one) => ({ id: one.InstanceId, zone: one.AvailabilityZone, state: one.LifecycleState }))
        .sort((one, other) => one.zone.localeCompare(other.zone));
    },
  };
}
