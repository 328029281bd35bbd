import { z } from "zod";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { alarmArn, alarmTable } from "../cloudwatch/tables.ts";
import { groupFor, groupTable, invalid, type Policy, policyTable, uuid } from "./tables.ts";

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
            `arn:aws:autoscaling:${sim.region}:${sim.account}:scalingPolicy:${uuid(sim)}:autoScalingGroupName/${group.name}:policyName/${input.PolicyName}`,
          metric: input.TargetTrackingConfiguration.PredefinedMetricSpecification.PredefinedMetricType,
          target: input.TargetTrackingConfiguration.TargetValue,
        };
        const made = { ...policy, alarms: putAlarms(sim, policy, before) };
        policyTable(sim).put(key(made.group, made.name), made);
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
        if (!groupTable(sim).seen(input.AutoScalingGroupName))
          throw invalid(`AutoScalingGroup name not found - ${input.AutoScalingGroupName}`);
        const found = policyTable(sim)
          .seenAll()
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
