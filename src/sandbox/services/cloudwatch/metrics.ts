import { noise } from "../../noise.ts";
import type { Sim } from "../../world.ts";
import { type Size, groupTable as scalingGroupTable, sizesTable } from "../auto-scaling/tables.ts";
import { cpuOf, creditMetricsOf, creditsOf } from "../ec2/cpu.ts";
import { type Instance, instanceTable, interfaceTable, natGatewayTable, tagTable } from "../ec2/tables.ts";
import { lostSince } from "../ec2/zones.ts";
import { systemTable } from "../efs/tables.ts";
import { hostsTable, loadBalancerTable, type Minute, trafficTable } from "../elb/tables.ts";
import { replicaLag } from "../rds/replication.ts";
import { type Database, databaseTable } from "../rds/tables.ts";

/*
 * What the services send to CloudWatch: computed for any minute from what is in the world, so that nothing is kept minute by
 * minute. Only what happened by itself is looked up: changes of sizes, times of load, requests by the minute.
 */

export const MINUTE_MS = 60_000;
/** From the end of a minute until CloudWatch shows what was measured in it. */
export const PUBLISHED_MS = 60_000;
/** EC2's basic monitoring measures five minutes and sends them as one. */
const BASIC_MINUTES = 5;

export interface MetricName {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
}
export interface Source {
  readonly unit: string;
  /** What is sent for the minute that begins at `at`; nothing: there is no data. */
  samples(at: number): readonly number[];
}

/** The last change at or before that time. */
function standing<C extends { readonly at: number }>(changes: readonly C[], at: number): C | undefined {
  let found: C | undefined;
  for (const change of changes) if (change.at <= at) found = change;
  return found;
}

const ranAt = ({ runningFrom, runningUntil }: Instance, at: number): boolean =>
  runningFrom !== null && runningFrom <= at && (runningUntil === null || at < runningUntil);

/** True when that minute, or its end, fell into the loss of the subnet's zone. */
const lostAt = (sim: Sim, subnetId: string | undefined, at: number): boolean =>
  subnetId !== undefined && at + MINUTE_MS > (lostSince(sim, subnetId) ?? Number.POSITIVE_INFINITY);

/** True for the last minute of five that are sent as one. */
const lastOfBasic = (at: number): boolean => (at / MINUTE_MS) % BASIC_MINUTES === BASIC_MINUTES - 1;

/** One value of an instance: every minute, or five minutes as one, stamped with the last of them. */
function cpuSent(instance: Instance, at: number): readonly number[] {
  if (!ranAt(instance, at)) return [];
  if (instance.monitoring) return [cpuOf(instance, at, at + MINUTE_MS)];
  return lastOfBasic(at) ? [cpuOf(instance, at - (BASIC_MINUTES - 1) * MINUTE_MS, at + MINUTE_MS)] : [];
}

/** CPU credits are sent every five minutes, also with detailed monitoring (EC2 user guide, CPU credit metrics). */
function creditsSent(instance: Instance, metric: string, at: number): readonly number[] {
  if (!lastOfBasic(at)) return [];
  const value = creditsOf(instance, metric, at - (BASIC_MINUTES - 1) * MINUTE_MS, at + MINUTE_MS);
  return value === undefined ? [] : [value];
}

function ec2(sim: Sim, metric: string, of: Readonly<Record<string, string>>): Source | undefined {
  const [only, ...more] = Object.keys(of);
  if (more.length > 0) return undefined;
  const chosen =
    only === "InstanceId"
      ? [instanceTable(sim).get(of.InstanceId ?? "") ?? []].flat()
      : only === "AutoScalingGroupName"
        ? instanceTable(sim)
            .all()
            .filter(({ id }) => tagTable(sim).get(id)?.tags["aws:autoscaling:groupName"] === of.AutoScalingGroupName)
        : [];
  if (chosen.length === 0) return undefined;
  if (metric === "CPUUtilization")
    return {
      unit: "Percent",
      samples: (at) => chosen.flatMap((one) => (lostAt(sim, one.subnetId, at) ? [] : cpuSent(one, at))),
    };
  if (chosen.some((one) => creditMetricsOf(one, sim.now).includes(metric)))
    return {
      unit: "Count",
      samples: (at) => chosen.flatMap((one) => (lostAt(sim, one.subnetId, at) ? [] : creditsSent(one, metric, at))),
    };
  if (/^StatusCheckFailed(_Instance|_System)?$/.test(metric))
    return {
      unit: "Count",
      samples: (at) => chosen.flatMap((one) => (ranAt(one, at) ? [lostAt(sim, one.subnetId, at) ? 1 : 0] : [])),
    };
  return undefined;
}

const GROUP_METRICS: Readonly<Record<string, (size: Size) => number>> = {
  GroupMinSize: ({ min }) => min,
  GroupMaxSize: ({ max }) => max,
  GroupDesiredCapacity: ({ desired }) => desired,
  GroupInServiceInstances: ({ inService }) => inService,
  GroupPendingInstances: ({ pending }) => pending,
  GroupStandbyInstances: ({ standby }) => standby,
  GroupTerminatingInstances: ({ terminating }) => terminating,
  GroupTotalInstances: ({ inService, pending, standby, terminating }) => inService + pending + standby + terminating,
};

function autoScaling(sim: Sim, metric: string, of: Readonly<Record<string, string>>): Source | undefined {
  const read = GROUP_METRICS[metric];
  const name = of.AutoScalingGroupName ?? "";
  // Only what the group was told to send.
  if (!read || !scalingGroupTable(sim).get(name)?.metrics.includes(metric)) return undefined;
  const changes = sizesTable(sim).get(name)?.changes ?? [];
  return {
    unit: "None",
    samples(at) {
      const size = standing(changes, at);
      return size ? [read(size)] : [];
    },
  };
}

/** Seconds from the load balancer's question until the instance's answer. */
export const responseTime = (at: number, index: number): number => 0.004 + 0.03 * noise("response", at, index) ** 2;
/** As many answers of a minute are timed. */
const TIMED = 100;

function applicationElb(sim: Sim, metric: string, of: Readonly<Record<string, string>>): Source | undefined {
  const balancer = loadBalancerTable(sim)
    .all()
    .find(({ arn }) => arn.endsWith(`:loadbalancer/${of.LoadBalancer}`));
  if (!balancer) return undefined;
  const hosts = /^(Un)?HealthyHostCount$/i.exec(metric);
  if (hosts) {
    // Both dimensions, or there is no such metric.
    const changes =
      hostsTable(sim)
        .all()
        .find(({ targetGroupArn }) => targetGroupArn.endsWith(`:${of.TargetGroup}`))?.changes ?? [];
    return {
      unit: "Count",
      samples(at) {
        const now = standing(changes, at);
        // With cross-zone load balancing each zone's node counts all hosts.
        return now && at >= balancer.activeAt
          ? balancer.subnetIds.map(() => (metric === "HealthyHostCount" ? now.healthy : now.unhealthy))
          : [];
      },
    };
  }
  const minutes = new Map(
    trafficTable(sim)
      .get(balancer.arn)
      ?.minutes.map((minute) => [minute.at, minute]),
  );
  const counted = (count: (minute: Minute) => number): Source => ({
    unit: "Count",
    // Sent only while there is something to count (user guide, "Reporting criteria").
    samples(at) {
      const minute = minutes.get(at);
      const number = minute ? count(minute) : 0;
      return number > 0 ? [number] : [];
    },
  });
  if (metric === "RequestCount") return counted(({ requests }) => requests);
  if (/^(HTTPCode_|HTTP_Redirect_Count$)/.test(metric)) return counted(({ codes }) => codes[metric] ?? 0);
  if (metric === "TargetResponseTime")
    return {
      unit: "Seconds",
      samples(at) {
        const answered = Object.entries(minutes.get(at)?.codes ?? {})
          .filter(([code]) => code.startsWith("HTTPCode_Target_"))
          .reduce((sum, [, number]) => sum + number, 0);
        return Array.from({ length: Math.min(TIMED, answered) }, (_, index) => responseTime(at, index));
      },
    };
  return undefined;
}

/** Web instances whose boot was done: each keeps a connection to every database, and one to the file system. */
const workingAt = (sim: Sim, fileSystemId?: string) => {
  const all = instanceTable(sim)
    .all()
    .filter(({ mount }) => mount !== null && (fileSystemId === undefined || mount.fileSystemId === fileSystemId));
  return (at: number) =>
    all.filter((one) => ranAt(one, at) && !lostAt(sim, one.subnetId, at) && (one.mount?.from ?? 0) <= at).length;
};

const DATABASE_METRICS: Readonly<
  Record<string, { readonly unit: string; value(sim: Sim, database: Database): ((at: number) => number) | undefined }>
> = {
  CPUUtilization: {
    unit: "Percent",
    value:
      (_sim, { id }) =>
      (at) =>
        3 + 3 * noise(id, at),
  },
  DatabaseConnections: { unit: "Count", value: (sim) => workingAt(sim) },
  // What MySQL takes for itself, and a little that grows.
  FreeStorageSpace: {
    unit: "Bytes",
    value:
      (_sim, { storageGiB, createdAt }) =>
      (at) =>
        Math.round((storageGiB - 2) * 2 ** 30 - (at - createdAt) / 1_000),
  },
  ReplicaLag: { unit: "Seconds", value: replicaLag },
};

function rds(sim: Sim, metric: string, of: Readonly<Record<string, string>>): Source | undefined {
  const database = databaseTable(sim).get(of.DBInstanceIdentifier ?? "");
  const kind = DATABASE_METRICS[metric];
  const value = database && kind?.value(sim, database);
  if (!database || !kind || !value) return undefined;
  const { servesFrom } = database;
  const subnetId = interfaceTable(sim).get(database.interfaceId)?.subnetId;
  return {
    unit: kind.unit,
    samples: (at) => (servesFrom !== null && servesFrom <= at && !lostAt(sim, subnetId, at) ? [value(at)] : []),
  };
}

/** What a new file system may burst with, bytes (EFS user guide, "Burst credits": 2.1 TiB). */
const BURST_CREDITS = 2.1 * 2 ** 40;

function efs(sim: Sim, metric: string, of: Readonly<Record<string, string>>): Source | undefined {
  const id = of.FileSystemId ?? "";
  const system = systemTable(sim).get(id);
  if (!system) return undefined;
  const clients = workingAt(sim, id);
  const whileMounted = (unit: string, value: (at: number) => number): Source => ({
    unit,
    samples: (at) => (clients(at) > 0 ? [value(at)] : []),
  });
  switch (metric) {
    case "ClientConnections":
      return whileMounted("Count", clients);
    // Apache reads its files from the page cache: next to nothing goes over the wire.
    case "DataReadIOBytes":
      return whileMounted("Bytes", (at) => 4096 * clients(at));
    case "DataWriteIOBytes":
      return whileMounted("Bytes", () => 0);
    case "BurstCreditBalance":
      return { unit: "Bytes", samples: (at) => (at >= system.createdAt ? [BURST_CREDITS] : []) };
    default:
      return undefined;
  }
}

function natGateway(sim: Sim, metric: string, of: Readonly<Record<string, string>>): Source | undefined {
  const gateway = natGatewayTable(sim).get(of.NatGatewayId ?? "");
  if (gateway?.state !== "available") return undefined;
  const value =
    metric === "ErrorPortAllocation"
      ? () => 0
      : metric === "BytesOutToDestination"
        ? (at: number) => Math.round(20_000 + 30_000 * noise(gateway.id, at))
        : undefined;
  return (
    value && {
      unit: metric.startsWith("Bytes") ? "Bytes" : "Count",
      samples: (at) => (at >= gateway.createdAt ? [value(at)] : []),
    }
  );
}

const NAMESPACES: Readonly<
  Record<string, (sim: Sim, metric: string, of: Readonly<Record<string, string>>) => Source | undefined>
> = {
  "AWS/EC2": ec2,
  "AWS/AutoScaling": autoScaling,
  "AWS/ApplicationELB": applicationElb,
  "AWS/RDS": rds,
  "AWS/EFS": efs,
  "AWS/NATGateway": natGateway,
};

/** Who sends that metric; undefined: nobody does, and CloudWatch has nothing. */
export const sourceOf = (sim: Sim, { namespace, metric, dimensions }: MetricName): Source | undefined =>
  NAMESPACES[namespace]?.(sim, metric, Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])));

/** One statistic over samples, as CloudWatch names them: Average, Sum, Minimum, Maximum, SampleCount, p95. */
export function statisticOf(samples: readonly number[], statistic: string): number {
  const sum = samples.reduce((one, other) => one + other, 0);
  switch (statistic) {
    case "Sum":
      return sum;
    case "Average":
      return sum / samples.length;
    case "Minimum":
      return Math.min(...samples);
    case "Maximum":
      return Math.max(...samples);
    case "SampleCount":
      return samples.length;
    default: {
      const ordered = [...samples].sort((one, other) => one - other);
      const rank = Math.ceil((Number(statistic.slice(1)) / 100) * ordered.length);
      return ordered[Math.max(0, rank - 1)] as number;
    }
  }
}

/** The statistic of the period that begins at `at`, of what CloudWatch shows by now; undefined: no data. */
export function pointOf(sim: Sim, source: Source, statistic: string, at: number, periodMs: number): number | undefined {
  const samples: number[] = [];
  for (let minute = at; minute < at + periodMs && minute + MINUTE_MS + PUBLISHED_MS <= sim.now; minute += MINUTE_MS)
    samples.push(...source.samples(minute));
  return samples.length > 0 ? statisticOf(samples, statistic) : undefined;
}
