import { isFailed, type Probe } from "./result.ts";

/** The probes of one column of a curve. */
export interface Bucket {
  readonly at: number;
  readonly asked: number;
  readonly failed: number;
  /** Milliseconds, of those that were answered. */
  readonly median: number | undefined;
  readonly slow: number | undefined;
}

/** The probes in columns of that many milliseconds; empty ones are left out. @param slow which part is faster than `slow` */
export function bucketsOf(probes: readonly Probe[], from: number, size: number, slow = 0.95): readonly Bucket[] {
  const columns = new Map<number, Probe[]>();
  for (const probe of probes) {
    const at = from + Math.floor((probe.at - from) / size) * size;
    const column = columns.get(at);
    if (column) column.push(probe);
    else columns.set(at, [probe]);
  }
  return [...columns].toSorted(([a], [b]) => a - b).map(([at, column]) => bucketOf(at, column, slow));
}

function bucketOf(at: number, probes: readonly Probe[], slow: number): Bucket {
  const times = probes
    .filter((probe) => !isFailed(probe))
    .map(({ ms }) => ms)
    .sort((a, b) => a - b);
  const quantile = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return {
    at,
    asked: probes.length,
    failed: probes.filter(isFailed).length,
    median: quantile(0.5),
    slow: quantile(slow),
  };
}

/** From when to when there were answers, in runs without a hole. */
export function answeredRuns(
  buckets: readonly Bucket[],
  size: number,
): readonly (readonly [from: number, to: number])[] {
  const runs: [number, number][] = [];
  for (const { at, failed, asked } of buckets) {
    if (failed === asked) continue;
    const last = runs.at(-1);
    if (last && at <= last[1]) last[1] = at + size;
    else runs.push([at, at + size]);
  }
  return runs;
}
