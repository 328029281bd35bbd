import { z } from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { groupTable } from "../auto-scaling/tables.ts";
import { instanceTable } from "../ec2/tables.ts";
import { loadBalancerTable, targetTable } from "../elb/tables.ts";
import { databaseTable } from "../rds/tables.ts";
import { type AlarmRow, type AlarmSettings, alarmArn, alarmTable, tagList, tagsOf } from "./tables.ts";

const DAY_S = 86_400;
/** From its birth until an alarm is evaluated first: data must come in, milliseconds. */
const FIRST_EVALUATION_MS = 60_000;

const arns = z.array(z.string().min(1).max(1024).regex(/^arn:/)).max(5).optional();
const invalid = (message: string) => awsError("ValidationError", message);
const combination = (message: string) =>
  awsError("InvalidParameterCombinationException", message, { code: "InvalidParameterCombination" });

/** What the metric says now; undefined: CloudWatch has no data, because nothing of these dimensions is there or it says nothing. */
function value(sim: Sim, { Namespace, MetricName, Dimensions }: AlarmSettings): number | undefined {
  const of = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  switch (`${Namespace} ${MetricName}`) {
    case "AWS/EC2 StatusCheckFailed":
      return instanceTable(sim).get(of.InstanceId ?? "")?.state === "running" ? 0 : undefined;
    case "AWS/EC2 CPUUtilization":
      return groupTable(sim).get(of.AutoScalingGroupName ?? "") ? 5 : undefined;
    case "AWS/ApplicationELB UnHealthyHostCount": {
      // Both dimensions, or there is no such metric.
      const balancer = loadBalancerTable(sim)
        .all()
        .some(({ arn }) => arn.endsWith(`:loadbalancer/${of.LoadBalancer}`));
      const targets = targetTable(sim)
        .all()
        .filter(({ targetGroupArn }) => targetGroupArn.endsWith(`:${of.TargetGroup}`));
      return balancer && targets.length > 0 ? targets.filter(({ state }) => state === "unhealthy").length : undefined;
    }
    case "AWS/RDS CPUUtilization":
    case "AWS/RDS ReplicaLag":
    case "AWS/RDS FreeStorageSpace": {
      const database = databaseTable(sim).get(of.DBInstanceIdentifier ?? "");
      if (!database) return undefined;
      if (MetricName === "FreeStorageSpace") return (database.storageGiB - 2) * 2 ** 30;
      return MetricName === "ReplicaLag" ? 0 : 4;
    }
    default:
      return undefined;
  }
}

const BREACHES: Readonly<Record<string, (found: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (found, threshold) => found > threshold,
  GreaterThanOrEqualToThreshold: (found, threshold) => found >= threshold,
  LessThanThreshold: (found, threshold) => found < threshold,
  LessThanOrEqualToThreshold: (found, threshold) => found <= threshold,
};

function stateOf(sim: Sim, { settings, madeAt }: AlarmRow): string {
  if (!settings || sim.now < (madeAt ?? 0) + FIRST_EVALUATION_MS) return "INSUFFICIENT_DATA";
  const found = value(sim, settings);
  if (found === undefined) {
    if (settings.TreatMissingData === "breaching") return "ALARM";
    return settings.TreatMissingData === "notBreaching" ? "OK" : "INSUFFICIENT_DATA";
  }
  return BREACHES[settings.ComparisonOperator]?.(found, settings.Threshold) ? "ALARM" : "OK";
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
      TreatMissingData: z.enum(["breaching", "notBreaching", "ignore", "missing"]).optional(),
      Tags: tagList.optional(),
    },
    ({ AlarmName, Tags, ...input }, sim) => {
      if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined))
        throw combination("Exactly one of Statistic and ExtendedStatistic must be given");
      if (input.ExtendedStatistic !== undefined && !/^p(\d{1,2}(\.\d{1,10})?|100)$/.test(input.ExtendedStatistic))
        throw invalid(`The value ${input.ExtendedStatistic} for parameter ExtendedStatistic is not supported.`);
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
        .seenAll()
        .filter(({ name }) => !input.AlarmNames || input.AlarmNames.includes(name))
        .filter(({ name }) => !input.AlarmNamePrefix || name.startsWith(input.AlarmNamePrefix))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const from = Number(input.NextToken ?? 0);
      const to = from + (input.MaxRecords ?? 50);
      return {
        MetricAlarms: found.slice(from, to).map((row) => ({
          AlarmName: row.name,
          AlarmArn: alarmArn(sim, row.name),
          ...row.settings,
          StateValue: stateOf(sim, row),
        })),
        CompositeAlarms: [],
        ...(to < found.length ? { NextToken: String(to) } : {}),
      };
    },
  ),

  DeleteAlarms: operation({ AlarmNames: z.array(z.string().min(1).max(255)).max(100) }, ({ AlarmNames }, sim) => {
    const table = alarmTable(sim);
    const missing = AlarmNames.filter((name) => !table.get(name));
    // Those that are there go, even when others are not (API reference).
    for (const name of AlarmNames) if (table.get(name)) table.remove(name);
    if (missing.length > 0)
      throw awsError("ResourceNotFound", `Alarm(s) not found: ${missing.join(", ")}`, { status: 404 });
    return {};
  }),
};
