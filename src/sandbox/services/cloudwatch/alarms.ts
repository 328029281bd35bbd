import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { stateOf } from "./evaluation.ts";
import { alarmArn, alarmTable, tagList, tagsOf } from "./tables.ts";

const DAY_S = 86_400;

const arns = z.array(z.string().min(1).max(1024).regex(/^arn:/)).max(5).optional();
const invalid = (message: string) => awsError("ValidationError", message);
const combination = (message: string) =>
  awsError("InvalidParameterCombinationException", message, { code: "InvalidParameterCombination" });

const names = z.array(z.string().min(1).max(255)).max(100);

function switchActions(sim: Sim, chosen: readonly string[], ActionsEnabled: boolean): object {
  for (const name of chosen) {
    const alarm = alarmTable(sim).get(name);
    if (!alarm?.settings) continue;
    alarmTable(sim).put(name, { ...alarm, settings: { ...alarm.settings, ActionsEnabled }, changedAt: sim.now });
  }
  return {};
}

export const alarms: SandboxService["operations"] = {
  PutMetricAlarm: operation(
    {
      AlarmName: z.string().min(1).max(255),
      AlarmDescription: z.string().max(1024).optional(),
      ActionsEnabled: z.boolean().optional(),
      OKActions: arns,
      AlarmActions: arns,
      InsufficientDataActions: arns,
      MetricName: z.string().min(1).max(255),
      Namespace: z.string().min(1).max(255).regex(/^[^:]/),
      Statistic: z.enum(["SampleCount", "Average", "Sum", "Minimum", "Maximum"]).optional(),
      ExtendedStatistic: z.string().optional(),
      Dimensions: z
        .array(z.strictObject({ Name: z.string().min(1).max(255), Value: z.string().min(1).max(1024) }))
        .max(30)
        .optional(),
      Period: z.number().int().min(1),
      EvaluationPeriods: z.number().int().min(1),
      DatapointsToAlarm: z.number().int().min(1).optional(),
      Threshold: z.number(),
      ComparisonOperator: z.enum([
        "GreaterThanOrEqualToThreshold",
        "GreaterThanThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
      ]),
      EvaluateLowSampleCountPercentile: z.enum(["evaluate", "ignore"]).optional(),
      TreatMissingData: z.enum(["breaching", "notBreaching", "ignore", "missing"]).optional(),
      Tags: tagList.optional(),
    },
    ({ AlarmName, Tags, ...input }, sim) => {
      if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined))
        throw combination("Exactly one of Statistic and ExtendedStatistic must be given");
      if (input.ExtendedStatistic !== undefined && !/^p(\d{1,2}(\.\d{1,10})?|100)$/.test(input.ExtendedStatistic))
        throw invalid(`The value ${input.ExtendedStatistic} for parameter ExtendedStatistic is not supported.`);
      if (input.EvaluateLowSampleCountPercentile !== undefined && input.ExtendedStatistic === undefined)
        throw combination("EvaluateLowSampleCountPercentile can only be given with a percentile");
      if (![10, 20, 30].includes(input.Period) && input.Period % 60 !== 0)
        throw invalid("Period must be 10, 20, 30 or a multiple of 60");
      // A day in all; a week for periods of an hour and more (API reference).
      if (input.Period * input.EvaluationPeriods > (input.Period >= 3600 ? 7 * DAY_S : DAY_S))
        throw invalid(
          "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
        );
      if ((input.DatapointsToAlarm ?? 1) > input.EvaluationPeriods)
        throw invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods");
      const table = alarmTable(sim);
      const before = table.get(AlarmName);
      table.put(AlarmName, {
        name: AlarmName,
        by: "user",
        settings: {
          ...input,
          ActionsEnabled: input.ActionsEnabled ?? true,
          OKActions: input.OKActions ?? [],
          AlarmActions: input.AlarmActions ?? [],
          InsufficientDataActions: input.InsufficientDataActions ?? [],
          Dimensions: input.Dimensions ?? [],
        },
        // Tags count only when the call makes the alarm.
        tags: before ? (before.tags ?? {}) : tagsOf(Tags),
        madeAt: before?.madeAt ?? sim.now,
        changedAt: sim.now,
      });
      return {};
    },
  ),

  DescribeAlarms: operation(
    {
      AlarmNames: z.array(z.string().min(1).max(255)).max(100).optional(),
      AlarmNamePrefix: z.string().min(1).max(255).optional(),
      MaxRecords: z.number().int().min(1).max(100).optional(),
      NextToken: z.string().optional(),
    },
    (input, sim) => {
      if (input.AlarmNames && input.AlarmNamePrefix)
        throw combination("AlarmNames and AlarmNamePrefix cannot be given together");
      const found = alarmTable(sim)
        .allVisible()
        .filter(({ name }) => !input.AlarmNames || input.AlarmNames.includes(name))
        .filter(({ name }) => !input.AlarmNamePrefix || name.startsWith(input.AlarmNamePrefix))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const from = Number(input.NextToken ?? 0);
      const to = from + (input.MaxRecords ?? 50);
      return {
        MetricAlarms: found.slice(from, to).map((row) => {
          const { value, reason } = stateOf(sim, row);
          return {
            AlarmName: row.name,
            AlarmArn: alarmArn(sim, row.name),
            ...row.settings,
            AlarmConfigurationUpdatedTimestamp: new Date(row.changedAt ?? row.madeAt ?? 0),
            StateValue: value,
            StateReason: reason,
          };
        }),
        CompositeAlarms: [],
        ...(to < found.length ? { NextToken: String(to) } : {}),
      };
    },
  ),

  // Of those that are not there neither says anything.
  DisableAlarmActions: operation({ AlarmNames: names }, (input, sim) => switchActions(sim, input.AlarmNames, false)),
  EnableAlarmActions: operation({ AlarmNames: names }, (input, sim) => switchActions(sim, input.AlarmNames, true)),

  DeleteAlarms: operation({ AlarmNames: z.array(z.string().min(1).max(255)).max(100) }, ({ AlarmNames }, sim) => {
    const table = alarmTable(sim);
    // Of those that are not there it says nothing (aws-cloudformation/cloudformation-cli#456).
    for (const name of AlarmNames) if (table.get(name)) table.remove(name);
    return {};
  }),
};
