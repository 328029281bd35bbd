import { type AlarmLive, type AlarmSpec, alarm as alarmType } from "../src/aws/cloudwatch/alarm.ts";
import { cpuCreditsOf } from "../src/aws/ec2/cpu-credits.ts";
import { nameFor } from "../src/aws/names.ts";
import type { TopicLive } from "../src/aws/sns/topic.ts";
import type { Config } from "../src/config/schema.ts";
import { type LiveOf, type Need, type Resource, resource } from "../src/engine/resource.ts";
import type { Monitored } from "./monitored.ts";

const GIB = 2 ** 30;

type Given = "actions" | "okActions" | "actionsEnabled" | "datapointsToAlarm" | "lowSampleCount";
type Watch = Omit<AlarmSpec, Given> & { readonly datapointsToAlarm?: number };

/** The alarms that say when the site does badly. @param topic is told, when there is one. */
export function alarmsFor(
  config: Config,
  { natBastion, rds, loadBalancer: { loadBalancer, targetGroup }, autoScaling: { group } }: Monitored,
  topic: Resource<object, TopicLive> | undefined,
): readonly Resource<AlarmSpec, AlarmLive>[] {
  const { primary, replica } = rds;
  const balanced = { loadBalancer, targetGroup };
  const told: Readonly<Record<string, Resource<object, TopicLive>>> = topic ? { topic } : {};

  const alarm = <N extends Readonly<Record<string, Need>>>(
    key: string,
    name: string,
    needs: N,
    watch: (live: { readonly [K in keyof N]: LiveOf<N[K]> }) => Watch,
  ) =>
    resource(
      alarmType,
      `alarm-${key}`,
      nameFor(config, alarmType, `Buddy-${name}`),
      { ...needs, ...told },
      (live): AlarmSpec => {
        const { topic } = live as { readonly topic?: TopicLive };
        const spec = watch(live as { readonly [K in keyof N]: LiveOf<N[K]> });
        const told = topic ? [topic.id] : [];
        return {
          datapointsToAlarm: spec.evaluationPeriods,
          // With a handful of visitors one slow answer is the percentile.
          lowSampleCount: spec.statistic.startsWith("p") ? "ignore" : undefined,
          ...spec,
          actions: told,
          okActions: told,
          actionsEnabled: true,
        };
      },
    );

  const database = (name: string) => ({
    namespace: "AWS/RDS",
    dimensions: { DBInstanceIdentifier: name.toLowerCase() },
  });
  // Counts of errors and times of answers are not sent at all while there are none: no data is no trouble there.
  const quiet = { periodSeconds: 60, treatMissing: "notBreaching" } as const;
  const above = { comparison: "GreaterThanThreshold" } as const;

  /**
   * An instance in unlimited mode that goes on using more CPU than it earns costs money. One that ends owing some credits is
   * no reason to call anybody: so two hours in a row. The period is an hour as AWS charges at the end of each (EC2 user
   * guide, burstable-performance-instances-unlimited-mode-concepts). Without a charge, or without data, all is well.
   */
  const surplusCredits = (instanceType: string, what: string, dimensions: Watch["dimensions"]): Watch => ({
    description: `${what} (${instanceType}) uses more CPU than its type earns, two hours in a row, and AWS charges for the surplus credits. Find what is busy, or take a larger type.`,
    namespace: "AWS/EC2",
    metric: "CPUSurplusCreditsCharged",
    dimensions,
    statistic: "Sum",
    periodSeconds: 3_600,
    treatMissing: "notBreaching",
    ...above,
    evaluationPeriods: 2,
    threshold: 0,
  });
  const costsCredits = (instanceType: string) => cpuCreditsOf(instanceType, config.cpuCredits) === "unlimited";

  const serverErrors = (key: string, name: string, from: "ELB" | "Target", description: string) =>
    alarm(key, name, balanced, ({ loadBalancer }) => ({
      description,
      namespace: "AWS/ApplicationELB",
      metric: `HTTPCode_${from}_5XX_Count`,
      dimensions: { LoadBalancer: loadBalancer.fullName },
      statistic: "Sum",
      ...quiet,
      ...above,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      threshold: 5,
    }));
  const ofSite = [
    serverErrors(
      "alb-5xx",
      "ALB-5xx",
      "ELB",
      "The load balancer itself answers with errors: no instance took the request.",
    ),
    serverErrors("target-5xx", "Target-5xx", "Target", "The web instances answer with errors."),
    alarm("unhealthy-hosts", "Unhealthy-Hosts", balanced, ({ loadBalancer, targetGroup }) => ({
      description: "A web instance fails its health check and was not replaced within minutes.",
      namespace: "AWS/ApplicationELB",
      metric: "UnHealthyHostCount",
      dimensions: { TargetGroup: targetGroup.fullName, LoadBalancer: loadBalancer.fullName },
      statistic: "Maximum",
      ...quiet,
      ...above,
      evaluationPeriods: 5,
      threshold: 0,
    })),
    alarm("latency-p95", "Latency-p95", balanced, ({ loadBalancer }) => ({
      description: "One request of twenty takes longer than 2 seconds.",
      namespace: "AWS/ApplicationELB",
      metric: "TargetResponseTime",
      dimensions: { LoadBalancer: loadBalancer.fullName },
      statistic: "p95",
      ...quiet,
      ...above,
      evaluationPeriods: 5,
      threshold: 2,
    })),
    alarm("web-cpu", "Web-CPU", { group }, () => ({
      description:
        "The web instances are busy although the group may grow: it is at its greatest size, or cannot grow.",
      namespace: "AWS/EC2",
      metric: "CPUUtilization",
      dimensions: { AutoScalingGroupName: group.name },
      statistic: "Average",
      // EC2's basic monitoring sends CPU every five minutes.
      periodSeconds: 300,
      treatMissing: "missing",
      ...above,
      evaluationPeriods: 3,
      threshold: Math.min(95, Math.max(80, config.web.cpuTarget + 20)),
    })),
    ...(costsCredits(config.web.instanceType)
      ? [
          alarm("web-credits", "Web-CPU-Credits", { group }, () =>
            surplusCredits(config.web.instanceType, "A web instance", { AutoScalingGroupName: group.name }),
          ),
        ]
      : []),
  ];

  /** Of the size that it has: it may have grown by itself, or by hand. */
  const freeStorage = (name: string, what: string, { storageGiB }: { readonly storageGiB: number }): Watch => ({
    ...database(name),
    description: `${what} has less than 15 % of its storage left. Full, it stops.`,
    metric: "FreeStorageSpace",
    statistic: "Minimum",
    periodSeconds: 300,
    treatMissing: "missing",
    comparison: "LessThanThreshold",
    evaluationPeriods: 1,
    // Unknown before it is there.
    threshold: Math.round((typeof storageGiB === "number" ? storageGiB : config.database.storageGiB) * 0.15 * GIB),
  });

  const ofDatabase = [
    alarm("database-cpu", "Database-CPU", { primary }, () => ({
      ...database(primary.name),
      description: "The primary database is busy.",
      metric: "CPUUtilization",
      statistic: "Average",
      periodSeconds: 300,
      treatMissing: "missing",
      ...above,
      evaluationPeriods: 3,
      threshold: 80,
    })),
    alarm("database-storage", "Database-Free-Storage", { primary }, (live) =>
      freeStorage(primary.name, "The primary database", live.primary),
    ),
    ...(replica
      ? [
          alarm("replica-storage", "Replica-Free-Storage", { replica }, (live) =>
            freeStorage(replica.name, "The replica", live.replica),
          ),
          alarm("replica-lag", "Replica-Lag", { replica }, () => ({
            ...database(replica.name),
            description: "The replica is more than a minute behind the primary.",
            metric: "ReplicaLag",
            statistic: "Maximum",
            periodSeconds: 60,
            treatMissing: "missing",
            ...above,
            evaluationPeriods: 5,
            threshold: 60,
          })),
          // The lag is -1 while replication is not running (RDS user guide, "Monitoring read replication").
          alarm("replica-stopped", "Replica-Stopped", { replica }, () => ({
            ...database(replica.name),
            description:
              "The replica follows the primary no more: replication has stopped, or the replica is not there. AWS ends it for good after 30 days.",
            metric: "ReplicaLag",
            statistic: "Maximum",
            periodSeconds: 60,
            treatMissing: "breaching",
            comparison: "LessThanThreshold",
            evaluationPeriods: 5,
            threshold: 0,
          })),
        ]
      : []),
  ];

  /** A stopped instance sends no status checks at all: that is trouble too. */
  const statusCheck = (instanceId: string, what: string): Watch => ({
    description: `${what} fails EC2's status checks, or is stopped.`,
    namespace: "AWS/EC2",
    metric: "StatusCheckFailed",
    dimensions: { InstanceId: instanceId },
    statistic: "Maximum",
    periodSeconds: 60,
    treatMissing: "breaching",
    ...above,
    evaluationPeriods: 5,
    threshold: 0,
  });
  const ofNetwork = [
    ...natBastion.nats.map((nat, index) =>
      config.nat.mode === "instance"
        ? alarm(`nat-instance-${index + 1}`, `NAT${index + 1}-Status-Check`, { nat }, ({ nat }) =>
            statusCheck(nat.id, `NAT instance ${index + 1}, the way out of its zone,`),
          )
        : alarm(`nat-gateway-${index + 1}`, `NAT${index + 1}-Port-Allocation`, { nat }, ({ nat }) => ({
            description: `NAT gateway ${index + 1} has no source port left for new connections.`,
            namespace: "AWS/NATGateway",
            metric: "ErrorPortAllocation",
            dimensions: { NatGatewayId: nat.id },
            statistic: "Sum",
            ...quiet,
            ...above,
            evaluationPeriods: 5,
            datapointsToAlarm: 3,
            threshold: 0,
          })),
    ),
    ...natBastion.bastions.map((bastion, index) =>
      alarm(`bastion-${index + 1}`, `Bastion${index + 1}-Status-Check`, { bastion }, ({ bastion }) =>
        statusCheck(bastion.id, `Bastion ${index + 1}`),
      ),
    ),
    ...(config.nat.mode === "instance" && costsCredits(config.nat.instanceType) ? natBastion.nats : []).map(
      (nat, index) =>
        alarm(`nat-credits-${index + 1}`, `NAT${index + 1}-CPU-Credits`, { nat }, ({ nat }) =>
          surplusCredits(config.nat.instanceType, `NAT instance ${index + 1}`, { InstanceId: nat.id }),
        ),
    ),
    ...(costsCredits(config.bastion.instanceType) ? natBastion.bastions : []).map((bastion, index) =>
      alarm(`bastion-credits-${index + 1}`, `Bastion${index + 1}-CPU-Credits`, { bastion }, ({ bastion }) =>
        surplusCredits(config.bastion.instanceType, `Bastion ${index + 1}`, { InstanceId: bastion.id }),
      ),
    ),
  ];

  return [...ofSite, ...ofDatabase, ...ofNetwork];
}
