import * as z from "zod";
import { BuddyError } from "../../../lib/errors.ts";
import type { Metrics } from "../../metrics.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { pointOf, sourceOf } from "./metrics.ts";

const dimensions = z
  .array(z.strictObject({ Name: z.string().min(1).max(255), Value: z.string().min(1).max(1024) }))
  .max(30);
const STATISTIC = /^(Average|Sum|Minimum|Maximum|SampleCount|p(\d{1,2}(\.\d{1,10})?|100))$/;
const name = z.string().min(1).max(255);
const combination = (message: string) =>
  awsError("InvalidParameterCombinationException", message, { code: "InvalidParameterCombination" });
const value = (message: string) =>
  awsError("InvalidParameterValueException", message, { code: "InvalidParameterValue" });

/** Datapoints in one answer of GetMetricStatistics; metrics in one call of GetMetricData (quotas). */
const DATAPOINTS = 1_440;
const QUERIES = 500;

function checkTimes(start: Date, end: Date, period: number): void {
  if (start >= end) throw value("The parameter StartTime must be less than the parameter EndTime.");
  if (period % 60 !== 0) throw value("Period must be a multiple of 60: there are no high-resolution metrics here");
}

interface Point {
  readonly at: number;
  readonly value: number;
}

/** The points whose periods begin in that time, oldest first. */
function pointsBetween(
  sim: Sim,
  given: {
    readonly Namespace: string;
    readonly MetricName: string;
    readonly Dimensions?: z.infer<typeof dimensions> | undefined;
  },
  statistic: string,
  [start, end]: readonly [Date, Date],
  period: number,
): Point[] {
  const source = sourceOf(sim, {
    namespace: given.Namespace,
    metric: given.MetricName,
    dimensions: given.Dimensions ?? [],
  });
  const ms = period * 1_000;
  const found: Point[] = [];
  for (let at = Math.floor(start.getTime() / ms) * ms; source && at < end.getTime(); at += ms) {
    const point = pointOf(sim, source, statistic, at, ms);
    if (point !== undefined) found.push({ at, value: point });
  }
  return found;
}

/** What is sent in a namespace now. Throws `sandbox` when no service lists it. */
function known(sim: Sim, namespace: string): ReturnType<NonNullable<Metrics["list"]>> {
  const lists = sim.services.flatMap(({ metrics }) => metrics?.[namespace]?.list ?? []);
  if (lists.length > 0) return lists.flatMap((list) => list(sim));
  throw new BuddyError({
    code: "sandbox",
    message: `the sandbox does not list the metrics of ${namespace}`,
    hint: "GetMetricData gives the data of all that it knows.",
  });
}

export const data: SandboxService["operations"] = {
  GetMetricData: operation(
    {
      StartTime: z.date(),
      EndTime: z.date(),
      ScanBy: z.enum(["TimestampDescending", "TimestampAscending"]).optional(),
      MaxDatapoints: z.number().int().max(100_800).optional(),
      NextToken: z.string().optional(),
      MetricDataQueries: z
        .array(
          z.strictObject({
            Id: z.string().regex(/^[a-z]\w{0,254}$/),
            Label: z.string().optional(),
            ReturnData: z.boolean().optional(),
            Expression: z.string().max(2048).optional(),
            Period: z.number().int().min(1).optional(),
            MetricStat: z
              .strictObject({
                Metric: z.strictObject({ Namespace: name, MetricName: name, Dimensions: dimensions.optional() }),
                Period: z.number().int().min(1),
                Stat: z.string().regex(STATISTIC),
                Unit: z.string().optional(),
              })
              .optional(),
          }),
        )
        .min(1)
        .max(QUERIES),
    },
    (input, sim) => {
      const ids = input.MetricDataQueries.map(({ Id }) => Id);
      if (new Set(ids).size < ids.length) throw value("The value for Id must be unique within one request.");
      const found = new Map<string, { readonly points: Point[]; readonly period: number }>();
      for (const { Id, MetricStat, Expression } of input.MetricDataQueries) {
        if ((MetricStat === undefined) === (Expression === undefined))
          throw combination("Exactly one of MetricStat and Expression must be given");
        if (!MetricStat) continue;
        checkTimes(input.StartTime, input.EndTime, MetricStat.Period);
        const points = pointsBetween(
          sim,
          MetricStat.Metric,
          MetricStat.Stat,
          [input.StartTime, input.EndTime],
          MetricStat.Period,
        );
        found.set(Id, { points, period: MetricStat.Period });
      }
      for (const { Id, Expression } of input.MetricDataQueries) {
        if (Expression === undefined) continue;
        const [, of = "", again] = /^(\w+)\s*\/\s*PERIOD\((\w+)\)$/.exec(Expression) ?? [];
        const operand = of === again ? found.get(of) : undefined;
        if (!operand)
          throw new BuddyError({
            code: "sandbox",
            message: `the sandbox does not know the metric expression ${Expression}`,
            hint: "It computes a / PERIOD(a).",
          });
        const points = operand.points.map((point) => ({ ...point, value: point.value / operand.period }));
        found.set(Id, { points, period: operand.period });
      }
      return {
        MetricDataResults: input.MetricDataQueries.filter(({ ReturnData }) => ReturnData !== false).map(
          ({ Id, Label, MetricStat, Expression }) => {
            const points = found.get(Id)?.points ?? [];
            const ordered = input.ScanBy === "TimestampAscending" ? points : [...points].reverse();
            return {
              Id,
              Label: Label ?? MetricStat?.Metric.MetricName ?? Expression,
              Timestamps: ordered.map(({ at }) => new Date(at)),
              Values: ordered.map((point) => point.value),
              StatusCode: "Complete",
            };
          },
        ),
        Messages: [],
      };
    },
  ),

  GetMetricStatistics: operation(
    {
      Namespace: name,
      MetricName: name,
      Dimensions: dimensions.optional(),
      StartTime: z.date(),
      EndTime: z.date(),
      Period: z.number().int().min(1),
      Statistics: z
        .array(z.enum(["SampleCount", "Average", "Sum", "Minimum", "Maximum"]))
        .min(1)
        .max(5)
        .optional(),
      ExtendedStatistics: z.array(z.string().regex(/^p/).regex(STATISTIC)).min(1).max(10).optional(),
    },
    (input, sim) => {
      if ((input.Statistics === undefined) === (input.ExtendedStatistics === undefined))
        throw combination("Exactly one of Statistics and ExtendedStatistics must be given");
      checkTimes(input.StartTime, input.EndTime, input.Period);
      const times = [input.StartTime, input.EndTime] as const;
      if ((input.EndTime.getTime() - input.StartTime.getTime()) / (input.Period * 1_000) > DATAPOINTS)
        throw combination(
          `You have requested more than ${DATAPOINTS} datapoints. Reduce the datapoints requested by increasing Period or decreasing the time range.`,
        );
      const wanted = input.Statistics ?? input.ExtendedStatistics ?? [];
      const columns = wanted.map((statistic) => pointsBetween(sim, input, statistic, times, input.Period));
      return {
        Label: input.MetricName,
        Datapoints: (columns[0] ?? []).map(({ at }, index) => {
          const values = Object.fromEntries(
            wanted.map((statistic, column) => [statistic, columns[column]?.[index]?.value]),
          );
          return { Timestamp: new Date(at), ...(input.Statistics ? values : { ExtendedStatistics: values }) };
        }),
      };
    },
  ),

  ListMetrics: operation(
    {
      Namespace: name,
      MetricName: name.optional(),
      Dimensions: z
        .array(z.strictObject({ Name: name, Value: z.string().optional() }))
        .max(10)
        .optional(),
      NextToken: z.string().optional(),
    },
    (input, sim) => ({
      Metrics: known(sim, input.Namespace)
        .filter(({ metric }) => !input.MetricName || metric === input.MetricName)
        .filter(({ dimensions }) =>
          (input.Dimensions ?? []).every(
            ({ Name, Value }) => dimensions[Name] !== undefined && (Value === undefined || Value === dimensions[Name]),
          ),
        )
        .map(({ metric, dimensions }) => ({
          Namespace: input.Namespace,
          MetricName: metric,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        })),
    }),
  ),
};
