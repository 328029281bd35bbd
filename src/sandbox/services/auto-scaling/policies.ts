import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { latest, stateOf } from "../cloudwatch/evaluation.ts";
import { alarmArn, alarmTable } from "../cloudwatch/tables.ts";
import { instanceTable, tagTable } from "../ec2/tables.ts";
import { live, setDesired } from "./life.ts";
import {
  type Group,
  groupFor,
  groupTable,
  invalid,
  membersOf,
  noteSizes,
  type Policy,
  policyTable,
  runs,
  SERVICE,
  staysIn,
  uuid,
} from "./tables.ts";

/** A group without a default warm-up: as long as its default cooldown (user guide). */
const DEFAULT_WARMUP_S = 300;

const name = z.string().min(1).max(255);
const key = (group: string, policy: string) => `${group}/${policy}`;

// Above the target for 3 minutes: more. Below 90 % of it for 15 minutes: fewer (user guide, target tracking). Nobody's
// business but Auto Scaling's: they are there for as long as the policy is.
function putAlarms(sim: Sim, policy: Omit<Policy, "alarms">, before: Policy | undefined): Policy["alarms"] {
  const kinds = [
    { kind: "AlarmHigh", ComparisonOperator: "GreaterThanThreshold", Threshold: policy.target, EvaluationPeriods: 3 },
    {
      kind: "AlarmLow",
      ComparisonOperator: "LessThanThreshold",
      Threshold: policy.target * 0.9,
      EvaluationPeriods: 15,
    },
  ] as const;
  return kinds.map(({ kind, ...rule }) => {
    const alarm =
      before?.alarms.find((one) => one.name.includes(kind))?.name ??
      `TargetTracking-${policy.group}-${kind}-${uuid(sim)}`;
    alarmTable(sim).putNow(alarm, {
      name: alarm,
      by: "autoscaling",
      settings: {
        AlarmDescription: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${policy.arn}.`,
        ActionsEnabled: true,
        OKActions: [],
        AlarmActions: [policy.arn],
        InsufficientDataActions: [],
        Namespace: "AWS/EC2",
        MetricName: "CPUUtilization",
        Statistic: "Average",
        Dimensions: [{ Name: "AutoScalingGroupName", Value: policy.group }],
        Period: 60,
        ...rule,
      },
      madeAt: sim.now,
    });
    return { name: alarm, arn: alarmArn(sim, alarm) };
  });
}

function drop(sim: Sim, policy: Policy): void {
  for (const alarm of policy.alarms) alarmTable(sim).removeNow(alarm.name);
  policyTable(sim).remove(key(policy.group, policy.name));
}

/** The policies of a group that is deleted go with it. */
export function dropPolicies(sim: Sim, group: string): void {
  for (const policy of policyTable(sim).all()) if (policy.group === group) drop(sim, policy);
}

const TIMER = `${SERVICE}:track`;
/** CloudWatch evaluates an alarm once a minute. */
const EVALUATED_MS = 60_000;
/** A group that has stood still for so long, at its smallest, moves only when something happens to it. */
const STILL_MS = 20 * 60_000;

/** Has the group's policies watch its load from now on, for as long as they could act. */
export function track(sim: Sim, group: string): void {
  for (const policy of policyTable(sim).all()) {
    const about = key(policy.group, policy.name);
    if (policy.group !== group || sim.world.timers.some((timer) => timer.name === TIMER && timer.about === about))
      continue;
    sim.after(EVALUATED_MS, TIMER, about);
  }
}

/** The number of instances that brings the metric to its target, rounded up so as not to fall short of it (user guide). */
const needed = (count: number, metric: number, target: number): number => Math.ceil((count * metric) / target - 1e-9);

/** What an alarm of the policy makes of the group; undefined: nothing. */
function wanted(
  sim: Sim,
  policy: Policy,
  group: Group,
): { readonly alarm: string; readonly desired: number } | undefined {
  const staying = membersOf(sim, group.name).filter(staysIn);
  const warm = staying.filter(
    ({ state, inServiceAt }) =>
      state === "InService" && sim.now >= (inServiceAt ?? 0) + (group.warmupSeconds ?? DEFAULT_WARMUP_S) * 1_000,
  );
  for (const { name } of policy.alarms) {
    const alarm = alarmTable(sim).get(name);
    if (!alarm?.settings || stateOf(sim, alarm).value !== "ALARM") continue;
    const metric = latest(sim, alarm.settings);
    if (metric === undefined) continue;
    if (alarm.settings.ComparisonOperator === "GreaterThanThreshold") {
      // Those that warm up count as there already: a second breach adds only what they will not cover.
      const desired = Math.min(group.max, needed(Math.max(1, warm.length), metric, policy.target));
      if (desired > group.desired) return { alarm: name, desired };
    } else if (
      staying.length === warm.length &&
      warm.length === group.desired &&
      membersOf(sim, group.name).length === group.desired
    ) {
      // One at a time, and only when nothing is under way: it scales in more gradually than out.
      const desired = Math.max(group.min, group.desired - 1, needed(group.desired, metric, policy.target));
      if (desired < group.desired) return { alarm: name, desired };
    }
  }
  return undefined;
}

/** True while the policy could have something to do. */
function stirs(sim: Sim, group: Group): boolean {
  const recently = sim.now - STILL_MS;
  return (
    group.desired > group.min ||
    membersOf(sim, group.name).some(
      ({ instanceId, launchedAt }) =>
        launchedAt > recently ||
        (instanceTable(sim).get(instanceId)?.stress ?? []).some(({ until }) => until > recently),
    )
  );
}

const described = (one: Policy) => ({
  AutoScalingGroupName: one.group,
  PolicyName: one.name,
  PolicyARN: one.arn,
  PolicyType: "TargetTrackingScaling",
  Enabled: true,
  Alarms: one.alarms.map((alarm) => ({ AlarmName: alarm.name, AlarmARN: alarm.arn })),
  TargetTrackingConfiguration: {
    PredefinedMetricSpecification: { PredefinedMetricType: one.metric },
    TargetValue: one.target,
    DisableScaleIn: false,
  },
});

export const policies: SandboxService = {
  hooks: {
    // Load is for the group's policy to see.
    instanceLoadChanged(instanceId, sim) {
      const group = tagTable(sim).get(instanceId)?.tags["aws:autoscaling:groupName"];
      if (group) track(sim, group);
    },
  },
  timers: {
    track(about, sim) {
      const policy = policyTable(sim).get(about);
      const group = policy && groupTable(sim).get(policy.group);
      if (!policy || !group || group.deleting) return;
      const move = runs(group, "AlarmNotification") ? wanted(sim, policy, group) : undefined;
      if (move) {
        const cause = `a monitor alarm ${move.alarm} in state ALARM triggered policy ${policy.name}`;
        groupTable(sim).putNow(group.name, setDesired(sim, group, move.desired, cause));
        noteSizes(sim, group.name);
        live(sim, group.name);
      }
      if (move || stirs(sim, group)) track(sim, group.name);
    },
  },
  operations: {
    PutScalingPolicy: operation(
      {
        AutoScalingGroupName: name,
        PolicyName: name,
        PolicyType: z.literal("TargetTrackingScaling"),
        TargetTrackingConfiguration: z.strictObject({
          PredefinedMetricSpecification: z.strictObject({
            PredefinedMetricType: z.literal("ASGAverageCPUUtilization"),
          }),
          TargetValue: z.number().positive(),
        }),
      },
      (input, sim) => {
        const group = groupFor(sim, input.AutoScalingGroupName);
        const before = policyTable(sim).get(key(group.name, input.PolicyName));
        const policy = {
          name: input.PolicyName,
          group: group.name,
          arn:
            before?.arn ??
            `arn:${partitionOf(sim.region).name}:autoscaling:${sim.region}:${sim.account}:scalingPolicy:${uuid(sim)}:autoScalingGroupName/${group.name}:policyName/${input.PolicyName}`,
          metric: input.TargetTrackingConfiguration.PredefinedMetricSpecification.PredefinedMetricType,
          target: input.TargetTrackingConfiguration.TargetValue,
        };
        const made = { ...policy, alarms: putAlarms(sim, policy, before) };
        policyTable(sim).put(key(made.group, made.name), made);
        track(sim, made.group);
        return { PolicyARN: made.arn, Alarms: described(made).Alarms };
      },
    ),

    DescribePolicies: operation(
      {
        AutoScalingGroupName: name,
        PolicyNames: z.array(name).optional(),
        MaxRecords: z.number().int().min(1).max(100).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        if (!groupTable(sim).visible(input.AutoScalingGroupName))
          throw invalid(`AutoScalingGroup name not found - ${input.AutoScalingGroupName}`);
        const found = policyTable(sim)
          .allVisible()
          .filter(({ group }) => group === input.AutoScalingGroupName)
          .filter((one) => !input.PolicyNames || input.PolicyNames.includes(one.name));
        const from = Number(input.NextToken ?? 0);
        const to = from + (input.MaxRecords ?? 50);
        return {
          ScalingPolicies: found.slice(from, to).map(described),
          ...(to < found.length ? { NextToken: String(to) } : {}),
        };
      },
    ),

    DeletePolicy: operation({ AutoScalingGroupName: name, PolicyName: name }, (input, sim) => {
      const policy = policyTable(sim).get(key(input.AutoScalingGroupName, input.PolicyName));
      if (!policy) throw invalid(`Scaling policy ${input.PolicyName} not found`);
      drop(sim, policy);
      return {};
    }),
  },
};
