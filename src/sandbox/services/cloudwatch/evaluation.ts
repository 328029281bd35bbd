import { MINUTE_MS } from "../../metrics.ts";
import type { Sim } from "../../world.ts";
import { PUBLISHED_MS, pointOf, sourceOf } from "./metrics.ts";
import { type AlarmState, judge } from "./missing-data.ts";
import type { AlarmRow, AlarmSettings } from "./tables.ts";

/** From its birth until an alarm is evaluated first. */
const FIRST_EVALUATION_MS = 60_000;
/** CloudWatch looks at more periods than an alarm needs, to make up for those without data. AWS's own example has 5 for 3. */
const MORE_PERIODS = 2;

const BREACHES: Readonly<Record<string, (found: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (found, threshold) => found > threshold,
  GreaterThanOrEqualToThreshold: (found, threshold) => found >= threshold,
  LessThanThreshold: (found, threshold) => found < threshold,
  LessThanOrEqualToThreshold: (found, threshold) => found <= threshold,
};

const periodOf = ({ Period }: AlarmSettings) => Math.max(Period * 1_000, MINUTE_MS);
const statistic = ({ Statistic, ExtendedStatistic }: AlarmSettings) => Statistic ?? ExtendedStatistic ?? "Average";

/** The begins of the last periods of which all has been published, oldest first. */
function periods(sim: Sim, settings: AlarmSettings, count: number): number[] {
  const ms = periodOf(settings);
  const end = Math.floor((sim.now - PUBLISHED_MS) / ms) * ms;
  return Array.from({ length: count }, (_, index) => end - (count - index) * ms);
}

function points(sim: Sim, settings: AlarmSettings, count: number, of = statistic(settings)): (number | undefined)[] {
  const source = sourceOf(sim, {
    namespace: settings.Namespace,
    metric: settings.MetricName,
    dimensions: settings.Dimensions,
  });
  return periods(sim, settings, count).map((at) => source && pointOf(sim, source, of, at, periodOf(settings)));
}

/**
 * Which periods have too few values for the alarm's percentile, where such ones are to be ignored: fewer than 10 / (1 - p), or
 * 10 / p below the median (user guide, "Percentile-based CloudWatch alarms and low data samples").
 */
function ignored(sim: Sim, settings: AlarmSettings, count: number): boolean[] {
  const p = Number(settings.ExtendedStatistic?.slice(1)) / 100;
  if (settings.EvaluateLowSampleCountPercentile !== "ignore") return [];
  const least = 10 / (p < 0.5 ? p : 1 - p);
  return points(sim, settings, count, "SampleCount").map((values) => values !== undefined && values < least);
}

/** The newest value among the periods that the alarm looks at. */
export const latest = (sim: Sim, settings: AlarmSettings): number | undefined =>
  points(sim, settings, settings.EvaluationPeriods + MORE_PERIODS).findLast((point) => point !== undefined);

/** An alarm's state now, and why. It follows from the metric alone. */
export function stateOf(
  sim: Sim,
  { settings, madeAt }: AlarmRow,
): { readonly value: AlarmState; readonly reason: string } {
  if (!settings || sim.now < (madeAt ?? 0) + FIRST_EVALUATION_MS)
    return { value: "INSUFFICIENT_DATA", reason: "Unchecked: Initial alarm creation" };
  const needed = settings.EvaluationPeriods;
  const breaching = settings.DatapointsToAlarm ?? needed;
  const width = needed + MORE_PERIODS;
  // Where the rule retains a state, the state of the periods before decides.
  const found = points(sim, settings, 2 * width);
  const breaches = BREACHES[settings.ComparisonOperator];
  const marks = found.map((point) => (point === undefined ? undefined : breaches?.(point, settings.Threshold)));
  const treat = settings.TreatMissingData ?? "missing";
  const low = ignored(sim, settings, 2 * width);
  for (let end = marks.length; end >= width; end--) {
    if (low.slice(end - needed, end).some(Boolean)) continue;
    const value = judge(marks.slice(end - width, end), { needed, breaching, treat });
    if (value === "retain") continue;
    const seen = found.slice(end - width, end).filter((point) => point !== undefined);
    return {
      value,
      reason:
        seen.length === 0
          ? `no datapoints were received for ${needed} period(s) and ${needed} missing datapoint(s) were treated as [${treat}].`
          : `Threshold Crossed: ${seen.length} datapoint(s) [${seen.slice(-needed).join(", ")}] against the threshold (${settings.Threshold}).`,
    };
  }
  return { value: "INSUFFICIENT_DATA", reason: "Insufficient Data" };
}
