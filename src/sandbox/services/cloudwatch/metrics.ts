import { MINUTE_MS, type Source } from "../../metrics.ts";
import type { Sim } from "../../world.ts";

/** From the end of a minute until CloudWatch shows what was measured in it. */
export const PUBLISHED_MS = 60_000;

export interface MetricName {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
}

/** Who sends that metric; undefined: nobody does, and CloudWatch has nothing. */
export function sourceOf(sim: Sim, { namespace, metric, dimensions }: MetricName): Source | undefined {
  const of = Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value]));
  for (const { metrics } of sim.services) {
    const found = metrics?.[namespace]?.source(sim, metric, of);
    if (found) return found;
  }
  return undefined;
}

/** One statistic over samples, as CloudWatch names them: Average, Sum, Minimum, Maximum, SampleCount, p95. */
function statisticOf(samples: readonly number[], statistic: string): number {
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
