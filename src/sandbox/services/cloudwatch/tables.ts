import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import type { Sim, Table } from "../../world.ts";

/** An alarm, by its name. Auto Scaling keeps its own here too. */
export interface AlarmRow {
  readonly name: string;
  readonly by: "user" | "autoscaling";
  /** What PutMetricAlarm was given; absent for Auto Scaling's. */
  readonly settings?: AlarmSettings;
  readonly tags?: Readonly<Record<string, string>>;
  readonly madeAt?: number;
  /** When its settings were put last. */
  readonly changedAt?: number;
}
export interface AlarmSettings {
  readonly AlarmDescription?: string | undefined;
  readonly ActionsEnabled: boolean;
  readonly OKActions: readonly string[];
  readonly AlarmActions: readonly string[];
  readonly InsufficientDataActions: readonly string[];
  readonly MetricName: string;
  readonly Namespace: string;
  readonly Statistic?: string | undefined;
  readonly ExtendedStatistic?: string | undefined;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number | undefined;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly EvaluateLowSampleCountPercentile?: string | undefined;
  readonly TreatMissingData?: string | undefined;
}
export interface DashboardRow {
  readonly name: string;
  readonly body: string;
  readonly tags: Readonly<Record<string, string>>;
}

export const alarmTable = (sim: Sim): Table<AlarmRow> => sim.table("cloudwatch.alarms");
export const dashboardTable = (sim: Sim): Table<DashboardRow> => sim.table("cloudwatch.dashboards");

export const alarmArn = (sim: Sim, name: string): string =>
  `arn:${partitionOf(sim.region).name}:cloudwatch:${sim.region}:${sim.account}:alarm:${name}`;
/** Dashboards belong to the account, not to a region. */
export const dashboardArn = (sim: Sim, name: string): string =>
  `arn:${partitionOf(sim.region).name}:cloudwatch::${sim.account}:dashboard/${name}`;

export const tagList = z.array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) })).max(50);
export const tagsOf = (list: z.infer<typeof tagList> | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key, Value]));
