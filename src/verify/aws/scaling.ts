import { NOT_FOUND } from "../../aws/auto-scaling/scaling-policy.ts";
import type { Aws } from "../../aws/aws.ts";
import { undefinedIf } from "../../aws/errors.ts";
import { allPages } from "../../aws/pages.ts";
import { CheckFailed } from "../check.ts";
import type { Activity } from "../drills/drill-stack.ts";

export interface ScalingGroup {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly healthCheckType: string;
  readonly graceSeconds: number;
  /** Zones in which it may launch. */
  readonly zones: readonly string[];
  /** Suspended processes. */
  readonly suspended: readonly string[];
  readonly instances: readonly Member[];
}
export interface Member {
  readonly id: string;
  readonly zone: string;
  /** In service and healthy, says the group. */
  readonly inService: boolean;
  /** The group terminates or detaches it. */
  readonly leaving?: true;
}

/** A target tracking policy. */
export interface TrackingPolicy {
  readonly metric: string;
  readonly target: number;
  readonly enabled: boolean;
  readonly scalesIn: boolean;
  /** The alarms by which it acts. */
  readonly alarms: readonly PolicyAlarm[];
}
export interface PolicyAlarm {
  readonly name: string;
  /** It exists, and runs the policy. */
  readonly acts: boolean;
}

/** A target of a load balancer. */
export interface Target {
  readonly instanceId: string;
  /** As AWS says it: "healthy", "unhealthy", "initial", "draining", "unused". */
  readonly state: string;
  readonly reason: string;
}

/** @param zoneOf the zone of a subnet. @throws CheckFailed when there is no such group */
export async function readScalingGroup(
  aws: Aws,
  name: string,
  zoneOf: (subnetId: string) => string,
): Promise<ScalingGroup> {
  const { AutoScalingGroups } = await aws.autoScaling.describeAutoScalingGroups({ AutoScalingGroupNames: [name] });
  const group = AutoScalingGroups?.[0];
  if (!group) throw new CheckFailed(`the Auto Scaling group ${name} is not there`);
  const subnetIds = (group.VPCZoneIdentifier ?? "").split(",").filter(Boolean);
  return {
    name,
    min: group.MinSize ?? 0,
    max: group.MaxSize ?? 0,
    desired: group.DesiredCapacity ?? 0,
    healthCheckType: group.HealthCheckType ?? "",
    graceSeconds: group.HealthCheckGracePeriod ?? 0,
    zones: [...new Set(subnetIds.map(zoneOf))],
    suspended: (group.SuspendedProcesses ?? []).flatMap(({ ProcessName }) => ProcessName ?? []),
    instances: (group.Instances ?? []).map((instance) => ({
      id: instance.InstanceId ?? "",
      zone: instance.AvailabilityZone ?? "",
      inService: instance.LifecycleState === "InService" && instance.HealthStatus === "Healthy",
      ...(/^(Terminat|Detach)/.test(instance.LifecycleState ?? "") ? { leaving: true as const } : {}),
    })),
  };
}

/** The group's target tracking policies, each with the alarms that AWS made for it. */
export async function readPolicies(aws: Aws, groupName: string): Promise<readonly TrackingPolicy[]> {
  const found = await undefinedIf(NOT_FOUND, () =>
    allPages(
      (NextToken) => aws.autoScaling.describePolicies({ AutoScalingGroupName: groupName, NextToken }),
      (page) => page.ScalingPolicies,
      (page) => page.NextToken,
    ),
  );
  const tracking = (found ?? []).filter(({ PolicyType }) => PolicyType === "TargetTrackingScaling");
  const names = tracking.flatMap(({ Alarms }) => Alarms ?? []).flatMap(({ AlarmName }) => AlarmName ?? []);
  const { MetricAlarms = [] } =
    names.length === 0 ? {} : await aws.cloudWatch.describeAlarms({ AlarmNames: names, MaxRecords: 100 });
  return tracking.map((policy) => {
    const configuration = policy.TargetTrackingConfiguration;
    return {
      metric: configuration?.PredefinedMetricSpecification?.PredefinedMetricType ?? "",
      target: configuration?.TargetValue ?? 0,
      enabled: policy.Enabled ?? true,
      scalesIn: !(configuration?.DisableScaleIn ?? false),
      alarms: (policy.Alarms ?? []).map(({ AlarmName = "" }) => {
        const alarm = MetricAlarms.find((known) => known.AlarmName === AlarmName);
        const runs = alarm?.AlarmActions?.some((action) => action === policy.PolicyARN) ?? false;
        return { name: AlarmName, acts: runs && (alarm?.ActionsEnabled ?? true) };
      }),
    };
  });
}

export async function readTargets(aws: Aws, targetGroupArn: string): Promise<readonly Target[]> {
  const { TargetHealthDescriptions = [] } = await aws.elb.describeTargetHealth({ TargetGroupArn: targetGroupArn });
  return TargetHealthDescriptions.map(({ Target, TargetHealth }) => ({
    instanceId: Target?.Id ?? "",
    state: TargetHealth?.State ?? "",
    reason: TargetHealth?.Description ?? TargetHealth?.Reason ?? "",
  }));
}

/** What the group has begun since then, milliseconds since 1970. AWS gives the newest first. */
export async function readActivities(aws: Aws, groupName: string, since: number): Promise<readonly Activity[]> {
  const found: Activity[] = [];
  for (let NextToken: string | undefined; ; ) {
    const page = await aws.autoScaling.describeScalingActivities({
      AutoScalingGroupName: groupName,
      MaxRecords: 100,
      NextToken,
    });
    const all = (page.Activities ?? []).map(({ ActivityId = "", StartTime, Description = "", Cause = "" }) => ({
      id: ActivityId,
      at: StartTime?.getTime() ?? 0,
      what: said(Description, Cause),
    }));
    const fresh = all.filter(({ at }) => at >= since);
    found.push(...fresh);
    if (page.NextToken === undefined || fresh.length < all.length) return found;
    NextToken = page.NextToken;
  }
}

/**
 * The activity and its cause, without the times: AWS tells a chain of "At 2026-11-20T08:00:00Z an instance was …", whose end is
 * the nearest cause; the alarm that began it says more.
 */
function said(description: string, cause: string): string {
  const reasons = cause.split(/(?:^|\s+)At \d{4}-\S+Z /).filter((reason) => reason.trim() !== "");
  const reason = reasons.find((text) => text.includes("monitor alarm")) ?? reasons.at(-1);
  return reason === undefined ? description : `${description.replace(/\.$/, "")}: ${reason.trim().replace(/\.$/, "")}`;
}
