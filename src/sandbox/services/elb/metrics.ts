import { type Dimensions, lastChange, type Metrics, type Source } from "../../metrics.ts";
import { noise } from "../../noise.ts";
import type { Sim } from "../../world.ts";
import { hostsTable, loadBalancerTable, type Minute, trafficTable } from "./tables.ts";

/** Seconds from the load balancer's question until the instance's answer. */
const responseTime = (at: number, index: number): number => 0.004 + 0.03 * noise("response", at, index) ** 2;
/** As many answers of a minute are timed. */
const TIMED = 100;

function source(sim: Sim, metric: string, of: Dimensions): Source | undefined {
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
        const now = lastChange(changes, at);
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

export const metrics: Readonly<Record<string, Metrics>> = { "AWS/ApplicationELB": { source } };
