import { type Dimensions, type Metrics, MINUTE_MS, type Source } from "../../metrics.ts";
import { noise } from "../../noise.ts";
import type { Sim } from "../../world.ts";
import { cpuOf, creditMetricsOf, creditsOf } from "./cpu.ts";
import { type Instance, instanceTable, natGatewayTable, tagTable } from "./tables.ts";
import { lostSince } from "./zones.ts";

/** EC2's basic monitoring measures five minutes and sends them as one. */
const BASIC_MINUTES = 5;

export const ranAt = ({ runningFrom, runningUntil }: Instance, at: number): boolean =>
  runningFrom !== null && runningFrom <= at && (runningUntil === null || at < runningUntil);

/** True when that minute, or its end, fell into the loss of the subnet's zone. */
export const lostAt = (sim: Sim, subnetId: string | undefined, at: number): boolean =>
  subnetId !== undefined && at + MINUTE_MS > (lostSince(sim, subnetId) ?? Number.POSITIVE_INFINITY);

/** The Auto Scaling group that started it, by the tag that it sets. */
const groupOf = (sim: Sim, { id }: Instance): string | undefined =>
  tagTable(sim).get(id)?.tags["aws:autoscaling:groupName"];

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

function instanceSource(sim: Sim, metric: string, of: Dimensions): Source | undefined {
  const [only, ...more] = Object.keys(of);
  if (more.length > 0) return undefined;
  const chosen =
    only === "InstanceId"
      ? [instanceTable(sim).get(of.InstanceId ?? "") ?? []].flat()
      : only === "AutoScalingGroupName"
        ? instanceTable(sim)
            .all()
            .filter((one) => groupOf(sim, one) === of.AutoScalingGroupName)
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

function natGatewaySource(sim: Sim, metric: string, of: Dimensions): Source | undefined {
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

/** Metrics that every instance sends, and every group for its instances. */
const LISTED = ["CPUUtilization", "StatusCheckFailed"];

export const metrics: Readonly<Record<string, Metrics>> = {
  "AWS/EC2": {
    source: instanceSource,
    list(sim) {
      const all = instanceTable(sim).all();
      const groups = new Set(all.flatMap((one) => groupOf(sim, one) ?? []));
      const dimensions = [
        ...all.map(({ id }) => ({ InstanceId: id })),
        ...[...groups].map((name) => ({ AutoScalingGroupName: name })),
      ];
      return dimensions.flatMap((of) => LISTED.map((metric) => ({ metric, dimensions: of })));
    },
  },
  "AWS/NATGateway": { source: natGatewaySource },
};
