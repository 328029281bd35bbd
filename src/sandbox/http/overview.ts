import { cpuOf } from "../services/ec2/cpu.ts";
import { instanceTable } from "../services/ec2/tables.ts";
import { services } from "../services/services.ts";
import { simAt } from "../sim.ts";
import type { World } from "../world.ts";

/** Something in the world, as AWS describes it. */
export interface Thing {
  readonly kind:
    | "instance"
    | "target"
    | "alarm"
    | "database"
    | "load balancer"
    | "NAT gateway"
    | "file system"
    | "group";
  readonly id: string;
  readonly name: string;
  readonly state: string;
  /** What AWS says of why it is so; where it stands. */
  readonly detail: string;
}

/** A line of the chart: each point's time, milliseconds since 1970, and the CPU in percent. */
export interface Curve {
  readonly id: string;
  readonly name: string;
  readonly points: readonly (readonly [at: number, percent: number])[];
}

/** How far back the curve of the CPU goes, and how far its points are apart. */
const CURVE_MS = 60 * 60_000;
const POINT_MS = 60_000;

// biome-ignore lint/suspicious/noExplicitAny: answers of the sandbox's operations have no types of their own
type Answer = any;

/** What the sandbox's own operations answer, without the way there. */
const reader = (world: World, now: number) => {
  const sim = simAt(world, now);
  return (service: string, operation: string, input: object = {}): Answer =>
    services[service]?.operations[operation]?.handle(input as never, sim);
};

const nameIn = (tags: readonly { Key?: string; Value?: string }[] | undefined): string =>
  tags?.find(({ Key }) => Key === "Name")?.Value ?? "";
const short = (arn: string): string => arn.split(/[:/]/).pop() ?? arn;

/** All that a person would watch in AWS's consoles. */
export function thingsIn(world: World, now: number): Thing[] {
  const read = reader(world, now);
  const things: Thing[] = [];
  const add = (kind: Thing["kind"], id: string, name: string, state: string, detail = "") =>
    things.push({ kind, id, name, state, detail });
  const names = new Map<string, string>();
  for (const { Instances } of read("ec2", "DescribeInstances").Reservations ?? [])
    for (const one of Instances) {
      names.set(one.InstanceId, nameIn(one.Tags));
      const where = `${one.InstanceType} in ${one.Placement?.AvailabilityZone ?? "?"}`;
      add("instance", one.InstanceId, nameIn(one.Tags), one.State.Name, one.StateReason?.Message ?? where);
    }
  for (const group of read("elastic-load-balancing-v2", "DescribeTargetGroups").TargetGroups ?? [])
    for (const { Target, TargetHealth } of read("elastic-load-balancing-v2", "DescribeTargetHealth", {
      TargetGroupArn: group.TargetGroupArn,
    }).TargetHealthDescriptions)
      add("target", Target.Id, names.get(Target.Id) ?? "", TargetHealth.State, TargetHealth.Description ?? "");
  for (const one of read("cloudwatch", "DescribeAlarms").MetricAlarms ?? [])
    add("alarm", one.AlarmName, "", one.StateValue, one.StateReason ?? "");
  for (const one of read("auto-scaling", "DescribeAutoScalingGroups").AutoScalingGroups ?? [])
    add(
      "group",
      one.AutoScalingGroupName,
      "",
      `${one.Instances.length} of ${one.DesiredCapacity}`,
      `${one.MinSize} to ${one.MaxSize} instances`,
    );
  for (const one of read("elastic-load-balancing-v2", "DescribeLoadBalancers").LoadBalancers ?? [])
    add("load balancer", one.LoadBalancerName, "", one.State.Code, one.DNSName);
  for (const one of read("rds", "DescribeDBInstances").DBInstances ?? [])
    add(
      "database",
      one.DBInstanceIdentifier,
      "",
      one.DBInstanceStatus,
      one.ReadReplicaSourceDBInstanceIdentifier ? `replica of ${short(one.ReadReplicaSourceDBInstanceIdentifier)}` : "",
    );
  for (const one of read("efs", "DescribeFileSystems").FileSystems ?? [])
    add("file system", one.FileSystemId, one.Name ?? "", one.LifeCycleState);
  for (const one of read("ec2", "DescribeNatGateways").NatGateways ?? [])
    add("NAT gateway", one.NatGatewayId, nameIn(one.Tags), one.State, one.FailureMessage ?? "");
  return things;
}

/** What Auto Scaling and RDS say that they have done, the oldest first: in their own words. */
export function activitiesIn(
  world: World,
  now: number,
): { readonly id: string; readonly at: number; readonly about: string; readonly what: string; readonly why: string }[] {
  const read = reader(world, now);
  const groups: Answer[] = read("auto-scaling", "DescribeAutoScalingGroups").AutoScalingGroups ?? [];
  return groups
    .flatMap(
      ({ AutoScalingGroupName }): Answer[] =>
        read("auto-scaling", "DescribeScalingActivities", { AutoScalingGroupName }).Activities ?? [],
    )
    .map((one) => ({
      id: `${one.ActivityId} ${one.StatusCode}`,
      at: (one.EndTime ?? one.StartTime).getTime(),
      about: one.AutoScalingGroupName,
      what: `${one.Description} (${one.StatusCode})`,
      why: one.StatusMessage ?? one.Cause,
    }))
    .sort((one, other) => one.at - other.at);
}

/** The CPU of each instance in the last hour, whole minutes. */
export function curvesIn(world: World, now: number): Curve[] {
  const sim = simAt(world, now);
  const from = Math.floor((now - CURVE_MS) / POINT_MS) * POINT_MS;
  const names = new Map(
    thingsIn(world, now)
      .filter(({ kind }) => kind === "instance")
      .map(({ id, name }) => [id, name]),
  );
  return instanceTable(sim)
    .all()
    .filter(({ state }) => state === "running")
    .map((instance) => {
      const points: [number, number][] = [];
      for (let at = from; at + POINT_MS <= now; at += POINT_MS)
        if (instance.runningFrom !== null && instance.runningFrom <= at)
          points.push([at, Math.round(cpuOf(instance, at, at + POINT_MS) * 10) / 10]);
      return { id: instance.id, name: names.get(instance.id) ?? "", points };
    });
}
