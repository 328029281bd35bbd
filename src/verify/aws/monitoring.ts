import type { MetricDataQuery, MetricDataResult } from "@aws-sdk/client-cloudwatch";
import type { Aws, Call } from "../../aws/aws.ts";
import type { Widget as DashboardWidget } from "../../aws/cloudwatch/dashboard.ts";
import { instant } from "../../aws/instant.ts";
import { allPages } from "../../aws/pages.ts";
import type { CpuPoint } from "../drills/result.ts";

/** What these readers send besides what `up`, `status` and `down` do. */
export const monitoringCalls = ["cloudWatch.getMetricData"] as const satisfies readonly Call[];

export interface Alarm {
  readonly name: string;
  /** Undefined: there is no such alarm. */
  readonly state: string | undefined;
  /** How long ago it was created or changed. */
  readonly ageSeconds: number;
  /** How long it looks back before it can tell. */
  readonly needsSeconds: number;
  /** It does not judge a period with few values: without many visitors it cannot tell, and that is as it should be. */
  readonly needsMany: boolean;
}

/** A widget of the dashboard that shows metrics. */
export interface Widget {
  readonly title: string;
  /** `none`: CloudWatch has nothing. `quiet`: nothing yet, of a metric that is sent only when there is something to count. */
  readonly data: "some" | "quiet" | "none";
}

/** The most names of DescribeAlarms, and the most queries of GetMetricData (API references). */
const NAMES_PER_CALL = 100;
const QUERIES_PER_CALL = 500;
/** How old data may be that still counts, milliseconds. */
const WINDOW_MS = 3 * 3_600_000;
/** Metrics reach CloudWatch some minutes after their period, seconds. */
const DELIVERY = 300;

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));

/** The alarms of these names, also those that do not exist. @param now milliseconds since 1970 */
export async function readAlarms(aws: Aws, names: readonly string[], now: number): Promise<readonly Alarm[]> {
  const found = (
    await Promise.all(
      chunks(names, NAMES_PER_CALL).map((AlarmNames) =>
        allPages(
          (NextToken) => aws.cloudWatch.describeAlarms({ AlarmNames, MaxRecords: 100, NextToken }),
          (page) => page.MetricAlarms,
          (page) => page.NextToken,
        ),
      ),
    )
  ).flat();
  return names.map((name) => {
    const alarm = found.find(({ AlarmName }) => AlarmName === name);
    const changed = alarm?.AlarmConfigurationUpdatedTimestamp?.getTime();
    return {
      name,
      state: alarm?.StateValue,
      ageSeconds: changed === undefined ? Number.POSITIVE_INFINITY : (now - changed) / 1000,
      needsSeconds: (alarm?.Period ?? 0) * (alarm?.EvaluationPeriods ?? 0) + DELIVERY,
      needsMany: alarm?.EvaluateLowSampleCountPercentile === "ignore",
    };
  });
}

interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly stat: string;
  readonly period: number;
}

/**
 * Metrics that AWS sends only when there is something to count (ELB user guide, "CloudWatch metrics for your Application
 * Load Balancer": reporting criteria; EFS user guide, "CloudWatch metrics for Amazon EFS").
 */
const QUIET: Readonly<Record<string, RegExp>> = {
  "AWS/ApplicationELB": /^(RequestCount|TargetResponseTime|HTTPCode_.*)$/,
  "AWS/EFS": /^Data(Read|Write)IOBytes$/,
};
const isQuiet = ({ namespace, name }: Metric): boolean => QUIET[namespace]?.test(name) ?? false;

interface Shown {
  readonly title: string;
  readonly metrics: readonly Metric[];
}

/** The metrics of a widget, as dashboards write them: [namespace, name, dimension, value, …, options]; "." repeats the one above. */
function shownIn({ properties }: DashboardWidget): Shown {
  const given = properties as {
    readonly title?: string;
    readonly stat?: string;
    readonly period?: number;
    readonly metrics?: readonly (readonly (string | { readonly stat?: string; readonly period?: number })[])[];
  };
  let above: readonly string[] = [];
  const metrics = (given.metrics ?? []).flatMap((entry) => {
    const options = entry.find((part) => typeof part === "object") ?? {};
    const words = entry
      .filter((part) => typeof part === "string")
      .map((word, index) => (word === "." ? (above[index] ?? word) : word));
    // An expression has data when its metrics have.
    if (words.length < 2) return [];
    above = words;
    const [namespace = "", name = "", ...pairs] = words;
    const dimensions = chunks(pairs, 2).map(([Name = "", Value = ""]) => ({ Name, Value }));
    return [
      {
        namespace,
        name,
        dimensions,
        stat: options.stat ?? given.stat ?? "Average",
        period: options.period ?? given.period ?? 300,
      },
    ];
  });
  return { title: given.title ?? "untitled", metrics };
}

/** Which of the widgets that show metrics have data. @param now milliseconds since 1970 */
export async function readWidgets(
  aws: Aws,
  widgets: readonly DashboardWidget[],
  now: number,
): Promise<readonly Widget[]> {
  const shown = widgets.filter(({ type }) => type === "metric").map(shownIn);
  const metrics = shown.flatMap((widget) => widget.metrics);
  const queries = metrics.map(
    ({ namespace, name, dimensions, stat, period }, index): MetricDataQuery => ({
      Id: `m${index}`,
      MetricStat: {
        Metric: { Namespace: namespace, MetricName: name, Dimensions: [...dimensions] },
        Period: period,
        Stat: stat,
      },
    }),
  );
  const results = (
    await Promise.all(
      chunks(queries, QUERIES_PER_CALL).map((MetricDataQueries) =>
        allPages<
          { MetricDataResults?: MetricDataResult[] | undefined; NextToken?: string | undefined },
          MetricDataResult
        >(
          (NextToken) =>
            aws.cloudWatch.getMetricData({
              MetricDataQueries,
              StartTime: instant(now - WINDOW_MS),
              EndTime: instant(now),
              NextToken,
            }),
          (page) => page.MetricDataResults,
          (page) => page.NextToken,
        ),
      ),
    )
  ).flat();
  const filled = new Set(results.filter(({ Values }) => (Values ?? []).length > 0).map(({ Id }) => Id));
  const has = (metric: Metric): boolean => filled.has(`m${metrics.indexOf(metric)}`);
  // A quiet metric differs from a misspelt one by its dimensions: other metrics of the same object have data.
  const proven = new Set(
    metrics
      .filter(has)
      .flatMap(({ namespace, dimensions }) => dimensions.map(({ Name, Value }) => `${namespace} ${Name} ${Value}`)),
  );
  const quiet = (metric: Metric): boolean =>
    isQuiet(metric) &&
    metric.dimensions.length > 0 &&
    metric.dimensions.every(({ Name, Value }) => proven.has(`${metric.namespace} ${Name} ${Value}`));
  return shown.map(({ title, metrics }) => ({
    title,
    data: metrics.some(has) ? "some" : metrics.length > 0 && metrics.every(quiet) ? "quiet" : "none",
  }));
}

/** The average CPU of a group's instances, minute by minute where EC2 sends it. @param since, @param now milliseconds since 1970 */
export async function readGroupCpu(
  aws: Aws,
  groupName: string,
  since: number,
  now: number,
): Promise<readonly CpuPoint[]> {
  const Metric = {
    Namespace: "AWS/EC2",
    MetricName: "CPUUtilization",
    Dimensions: [{ Name: "AutoScalingGroupName", Value: groupName }],
  };
  const results = await allPages<
    { MetricDataResults?: MetricDataResult[] | undefined; NextToken?: string | undefined },
    MetricDataResult
  >(
    (NextToken) =>
      aws.cloudWatch.getMetricData({
        MetricDataQueries: [{ Id: "cpu", MetricStat: { Metric, Period: 60, Stat: "Average" } }],
        StartTime: instant(since),
        EndTime: instant(now),
        ScanBy: "TimestampAscending",
        NextToken,
      }),
    (page) => page.MetricDataResults,
    (page) => page.NextToken,
  );
  return results.flatMap(({ Timestamps = [], Values = [] }) =>
    Timestamps.map((at, index) => ({ at: at.getTime(), percent: Values[index] ?? 0 })),
  );
}
