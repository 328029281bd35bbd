import type { ComparisonOperator, MetricAlarm, Statistic } from "@aws-sdk/client-cloudwatch";
import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { chunksOf } from "../../lib/chunks.ts";
import { sameSet } from "../../lib/compare.ts";
import type { Aws } from "../aws.ts";
import { STATE } from "../coverage.ts";
import { hasCode, undefinedIf } from "../errors.ts";
import { assertOurs, tagList, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { ALARMS, alarmMonth } from "./prices.ts";
import { retag } from "./tags.ts";

export interface AlarmSpec {
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  /** Must be exactly those of the metric: a wrong one is accepted and never gets data. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** "Average", "Sum", … or a percentile: "p95". */
  readonly statistic: string;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly comparison: ComparisonOperator;
  readonly treatMissing: "breaching" | "notBreaching" | "ignore" | "missing";
  /**
   * Of percentiles: what to do with so few values that one of them is the percentile. "ignore": the alarm stays as it is (API
   * reference, PutMetricAlarm). Undefined: of another statistic, where it says nothing.
   */
  readonly lowSampleCount: "evaluate" | "ignore" | undefined;
  /** Told when the alarm goes off: ARNs, such as of an SNS topic. */
  readonly actions: readonly string[];
  /** Told when it is over. */
  readonly okActions: readonly string[];
  /** False: nobody is told, as somebody switched that off for a maintenance. */
  readonly actionsEnabled: boolean;
}
/** `id` is the ARN. Tags are not read: that costs a call for each alarm at each look. */
export interface AlarmLive extends AlarmSpec, Identified {
  /** OK, ALARM or INSUFFICIENT_DATA. */
  readonly state: string;
  /** Since when, milliseconds since 1970; undefined: AWS does not say. */
  readonly stateSince: number | undefined;
}

/** DescribeAlarms and DeleteAlarms take so many names (API reference). */
const NAMES_PER_CALL = 100;

/** All alarms of the region. */
export const allAlarms = (aws: Aws): Promise<readonly MetricAlarm[]> =>
  allPages(
    (NextToken) => aws.cloudWatch.describeAlarms({ MaxRecords: 100, NextToken }),
    (page) => page.MetricAlarms,
    (page) => page.NextToken,
  );

const describe = (aws: Aws, name: string): Promise<MetricAlarm | undefined> =>
  aws.batchById("cloudwatch:alarms", name, async (names) => {
    if (aws.amongOthers) return new Map((await allAlarms(aws)).map((alarm) => [alarm.AlarmName ?? "", alarm]));
    const found = await Promise.all(
      chunksOf(names, NAMES_PER_CALL).map((chunk) =>
        allPages(
          (NextToken) => aws.cloudWatch.describeAlarms({ AlarmNames: [...chunk], MaxRecords: 100, NextToken }),
          (page) => page.MetricAlarms,
          (page) => page.NextToken,
        ),
      ),
    );
    return new Map(found.flat().map((alarm) => [alarm.AlarmName ?? "", alarm]));
  });

/** "You do not have sufficient access to perform this action" (API reference, common errors, and as IAM's other services say it). */
const DENIED = ["AccessDenied", "AccessDeniedException"];

/**
 * Alarms that go at once go by one call: "if you specify any incorrect alarm names, the alarms you specify with correct names are still
 * deleted" (API reference, DeleteAlarms). IAM looks at each name, and denies the call for one: then each is asked for by itself.
 */
async function deleteTogether(aws: Aws, names: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
  const remove = async (some: readonly string[]): Promise<[string, unknown][]> => {
    try {
      await undefinedIf(["ResourceNotFound", "ResourceNotFoundException"], () =>
        aws.cloudWatch.deleteAlarms({ AlarmNames: [...some] }),
      );
      return [];
    } catch (error) {
      if (some.length === 1 || !hasCode(error, ...DENIED)) return some.map((name) => [name, error]);
      return (await Promise.all(some.map((name) => remove([name])))).flat();
    }
  };
  return new Map((await Promise.all(chunksOf(names, NAMES_PER_CALL).map(remove))).flat());
}

const live = (alarm: MetricAlarm): AlarmLive => ({
  id: alarm.AlarmArn as string,
  description: alarm.AlarmDescription ?? "",
  namespace: alarm.Namespace ?? "",
  metric: alarm.MetricName ?? "",
  dimensions: Object.fromEntries((alarm.Dimensions ?? []).map(({ Name = "", Value = "" }) => [Name, Value])),
  statistic: alarm.ExtendedStatistic ?? alarm.Statistic ?? "",
  periodSeconds: alarm.Period ?? 0,
  evaluationPeriods: alarm.EvaluationPeriods ?? 0,
  datapointsToAlarm: alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods ?? 0,
  threshold: alarm.Threshold ?? 0,
  comparison: alarm.ComparisonOperator as ComparisonOperator,
  lowSampleCount: alarm.EvaluateLowSampleCountPercentile as AlarmSpec["lowSampleCount"],
  treatMissing: (alarm.TreatMissingData ?? "missing") as AlarmSpec["treatMissing"],
  actions: alarm.AlarmActions ?? [],
  okActions: alarm.OKActions ?? [],
  actionsEnabled: alarm.ActionsEnabled ?? true,
  state: alarm.StateValue ?? "",
  stateSince: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.getTime(),
  described: alarm,
});

// The call replaces the whole alarm, whatever of it has changed; tags count only when it makes the alarm.
const put = (aws: Aws, name: string, spec: AlarmSpec, tags?: Tags) =>
  aws.cloudWatch.putMetricAlarm({
    AlarmName: name,
    AlarmDescription: spec.description,
    Namespace: spec.namespace,
    MetricName: spec.metric,
    Dimensions: Object.entries(spec.dimensions).map(([Name, Value]) => ({ Name, Value })),
    ...(/^p\d/.test(spec.statistic)
      ? { ExtendedStatistic: spec.statistic }
      : { Statistic: spec.statistic as Statistic }),
    Period: spec.periodSeconds,
    EvaluationPeriods: spec.evaluationPeriods,
    DatapointsToAlarm: spec.datapointsToAlarm,
    Threshold: spec.threshold,
    ComparisonOperator: spec.comparison,
    TreatMissingData: spec.treatMissing,
    ...(spec.lowSampleCount === undefined ? {} : { EvaluateLowSampleCountPercentile: spec.lowSampleCount }),
    ActionsEnabled: spec.actionsEnabled,
    AlarmActions: [...spec.actions],
    OKActions: [...spec.okActions],
    ...(tags ? { Tags: tagList(tags) } : {}),
  });

/** A CloudWatch alarm on one metric. Named as its owner. */
export const alarm: ResourceType<AlarmSpec, AlarmLive> = {
  name: "cloudwatch:alarm",
  naming: { longest: 255, within: "region" },
  matters: ["metric"],
  tagsUnread: true,
  same: { actions: sameSet, okActions: sameSet },
  coverage: {
    covers: {
      description: ["AlarmDescription"],
      namespace: ["Namespace"],
      metric: ["MetricName"],
      dimensions: ["Dimensions"],
      statistic: ["Statistic", "ExtendedStatistic"],
      periodSeconds: ["Period"],
      evaluationPeriods: ["EvaluationPeriods"],
      datapointsToAlarm: ["DatapointsToAlarm"],
      threshold: ["Threshold"],
      comparison: ["ComparisonOperator"],
      treatMissing: ["TreatMissingData"],
      lowSampleCount: ["EvaluateLowSampleCountPercentile"],
      actions: ["AlarmActions"],
      okActions: ["OKActions"],
      actionsEnabled: ["ActionsEnabled"],
    },
    ignores: { StateValue: STATE, StateReason: STATE, StateReasonData: STATE, EvaluationState: STATE },
    unshown: { tags: "another call for each alarm" },
    dangers: [{ at: ["actionsEnabled", "actions"], danger: "less protected" }],
  },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },

  async find(aws, owner, id) {
    const found = await describe(aws, owner.name);
    if (!found) return undefined;
    const alarm = live(found);
    if (alarm.id === id) return alarm;
    const { Tags } = await aws.cloudWatch.listTagsForResource({ ResourceARN: alarm.id });
    assertOurs(owner, alarm.id, tagsFrom(Tags));
    return alarm;
  },

  mend: (aws, live) => ({ put: () => put(aws, live.id.split(":alarm:")[1] ?? "", live) }),

  async create(aws, spec, owner) {
    await put(aws, owner.name, spec, owner.tags);
    return `arn:${aws.partition}:cloudwatch:${aws.region}:${aws.account}:alarm:${owner.name}`;
  },

  async update(aws, { id }, spec, changed, owner) {
    if ([...changed].some((field) => field !== "tags")) await put(aws, owner.name, spec);
    await retag(aws, id, changed, owner);
  },

  async delete(aws, { id }) {
    const name = id.slice(id.indexOf(":alarm:") + ":alarm:".length);
    const error = await aws.batchById("cloudwatch:delete-alarms", name, (names) => deleteTogether(aws, names));
    if (error !== undefined) throw error;
  },

  charges: () => [{ what: ALARMS, price: alarmMonth, quantity: 1, under: ALARMS }],
};
