import type { Activity, AutoScalingGroup, Instance } from "@aws-sdk/client-auto-scaling";
import type { Health, Identified, Owner, ResourceType, Tags } from "../../engine/resource.ts";
import { mapBand } from "../../lib/band.ts";
import { createOnly, sameSet } from "../../lib/compare.ts";
import type { Aws } from "../aws.ts";
import { launchTemplate } from "../ec2/launch-template.ts";
import { creditCharges, instanceHours, volumeStorage } from "../ec2/prices.ts";
import { protectionsOf } from "../ec2/read-instances.ts";
import { NO_TARGET_GROUP } from "../elb/named.ts";
import { undefinedIf } from "../errors.ts";
import { assertOurs, tagList, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { webInstances } from "./prices.ts";
import { latestRefresh, NO_GROUP, PREFERENCES, type Refresh } from "./read-refresh.ts";
import { refreshRollout } from "./rollout.ts";

export interface GroupSpec {
  readonly min: number;
  readonly max: number;
  /** At the start; then the scaling policy decides. */
  readonly desired: number;
  readonly launchTemplateId: string;
  /**
   * A number: with `$Latest` nobody can tell what the instances run. Of a group that is there: its own, and after that those of
   * instances in service that have others ("2, 1").
   */
  readonly launchTemplateVersion: string;
  readonly subnetIds: readonly string[];
  readonly targetGroupArns: readonly string[];
  readonly healthCheckType: "EC2" | "ELB";
  /** How long after its start an instance may fail its health checks. AWS's default of 0 kills instances as they boot. */
  readonly gracePeriodSeconds: number;
  /** How long a new instance's metrics do not count. */
  readonly warmupSeconds: number;
  /** The group's own metrics that CloudWatch collects; none unless asked for. */
  readonly metrics: readonly string[];
}
/** `id` is the name. */
export interface GroupLive extends GroupSpec, Identified {
  readonly tags: Tags;
  readonly deleting: boolean;
  /** "none", "prevent-force-deletion" or "prevent-all-deletion". */
  readonly deletionProtection: string;
  readonly instanceIds: readonly string[];
  /** Those that do not go when it gets smaller. */
  readonly keptIds: readonly string[];
  /** They are out of service and stay when it gets smaller. */
  readonly standbyIds: readonly string[];
  /** Instances in service that the target groups call healthy too. */
  readonly serving: number;
  readonly refresh: Refresh | undefined;
  /** Why it does not reach its capacity, in AWS's words, when waiting will not help. */
  readonly trouble: string | undefined;
}

/** Why an instance could not be started that no later attempt will change. */
const DEFINITE =
  /vCPU (capacity|limit)|VcpuLimitExceeded|free tier|not eligible|InvalidAMI|image id .* does not exist|Unsupported|not supported|launch template .* (does not exist|not found)|security group .* does not exist|subnet ID .* does not exist|key pair .* does not exist|KMS|not authorized|UnauthorizedOperation|PendingVerification|being (verified|validated)|OptInRequired|InvalidParameter/i;
/** So many failed starts in a row are not bad luck. AWS itself goes on trying. */
const FAILED_STARTS = 3;
/**
 * In an account that never had a group AWS makes the role by which groups act, and the first starts fail until that is known
 * everywhere, a minute or two later (pelias-deprecated/kubernetes#32). A role that was broken otherwise fails for longer.
 */
const NO_ROLE_YET = /AWSServiceRoleForAutoScaling/;
/** For so long after the group was made, milliseconds. */
const ROLE_SPREADS_MS = 5 * 60_000;
/** An instance that its group removes as unhealthy within this time of its start never worked, milliseconds. */
const SHORT_LIFE_MS = 30 * 60_000;

const describe = (aws: Aws, name: string): Promise<AutoScalingGroup | undefined> =>
  aws.batchById("auto-scaling:groups", name, async (names) => {
    const groups = await allPages(
      (NextToken) => aws.autoScaling.describeAutoScalingGroups({ AutoScalingGroupNames: [...names], NextToken }),
      (page) => page.AutoScalingGroups,
      (page) => page.NextToken,
    );
    return new Map(groups.map((group) => [group.AutoScalingGroupName ?? "", group]));
  });

/** The healthy targets of a target group; undefined when it is gone. */
const healthyTargets = (aws: Aws, arn: string): Promise<ReadonlySet<string> | undefined> =>
  aws.coalesce(`elb:target-health:${arn}`, () =>
    undefinedIf(NO_TARGET_GROUP, async () => {
      const { TargetHealthDescriptions = [] } = await aws.elb.describeTargetHealth({ TargetGroupArn: arn });
      return new Set(
        TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State === "healthy").map(
          ({ Target }) => Target?.Id ?? "",
        ),
      );
    }),
  );

/**
 * Why a group does not reach its capacity, from its latest activities (newest first): failed starts are told nowhere else.
 * Undefined while it may still come right by itself.
 * @param createdAt of the group, milliseconds since 1970
 */
export function troubleIn(activities: readonly Activity[], desired: number, createdAt = 0): string | undefined {
  const about = (kind: RegExp) => activities.filter(({ Description = "" }) => kind.test(Description));
  const withoutRole = ({ StatusCode, StatusMessage = "", StartTime }: Activity) =>
    StatusCode === "Failed" &&
    NO_ROLE_YET.test(StatusMessage) &&
    (StartTime?.getTime() ?? 0) < createdAt + ROLE_SPREADS_MS;
  const starts = about(/^Launching/).filter((start) => !withoutRole(start));
  const worked = starts.findIndex(({ StatusCode }) => StatusCode !== "Failed");
  const failed = worked === -1 ? starts.length : worked;
  const why = starts[0]?.StatusMessage ?? "";
  if (failed >= FAILED_STARTS || (failed > 0 && DEFINITE.test(why))) return why;

  const instance = ({ Description = "" }: Activity) => /\bi-[0-9a-f]+/.exec(Description)?.[0];
  const startOf = new Map(starts.map((start) => [instance(start), start.StartTime?.getTime()]));
  const ends = about(/^Terminating/);
  const lasted = ends.findIndex((end) => {
    const started = startOf.get(instance(end));
    const unwell = /health[- ]check/i.test(end.Cause ?? "");
    return !unwell || started === undefined || (end.StartTime?.getTime() ?? 0) - started > SHORT_LIFE_MS;
  });
  const shortLived = lasted === -1 ? ends.length : lasted;
  // Each place in the group was filled twice, in vain.
  return shortLived >= 2 * Math.max(1, desired)
    ? `the last ${shortLived} instances started but did not pass the health check: ${ends[0]?.Cause ?? ""}`
    : undefined;
}

async function live(aws: Aws, group: AutoScalingGroup): Promise<GroupLive> {
  const id = group.AutoScalingGroupName as string;
  const template = group.LaunchTemplate ?? group.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
  const desired = group.DesiredCapacity ?? 0;
  const targetGroupArns = group.TargetGroupARNs ?? [];
  const idsOf = (which: (instance: Instance) => boolean) =>
    (group.Instances ?? []).filter(which).flatMap(({ InstanceId }) => InstanceId ?? []);
  const found: GroupLive = {
    id,
    tags: tagsFrom(group.Tags),
    min: group.MinSize ?? 0,
    max: group.MaxSize ?? 0,
    desired,
    launchTemplateId: template?.LaunchTemplateId ?? "",
    launchTemplateVersion: template?.Version ?? "",
    subnetIds: (group.VPCZoneIdentifier ?? "").split(",").filter((one) => one !== ""),
    targetGroupArns,
    healthCheckType: group.HealthCheckType?.includes("ELB") ? "ELB" : "EC2",
    gracePeriodSeconds: group.HealthCheckGracePeriod ?? 0,
    warmupSeconds: group.DefaultInstanceWarmup ?? 0,
    metrics: (group.EnabledMetrics ?? []).flatMap(({ Metric }) => Metric ?? []),
    // Set only while the group is being deleted ("Delete in progress").
    deleting: group.Status !== undefined && group.Status !== "",
    deletionProtection: group.DeletionProtection ?? "none",
    instanceIds: idsOf(() => true),
    keptIds: idsOf(({ ProtectedFromScaleIn }) => ProtectedFromScaleIn === true),
    standbyIds: idsOf(({ LifecycleState }) => LifecycleState === "Standby"),
    serving: 0,
    refresh: undefined,
    trouble: undefined,
  };
  if (found.deleting) return found;

  const inService = (group.Instances ?? []).filter(({ LifecycleState }) => LifecycleState === "InService");
  const [refresh, ...healthy] = await Promise.all([
    latestRefresh(aws, id),
    ...targetGroupArns.map((arn) => healthyTargets(aws, arn)),
  ]);
  // A target group that is gone says nothing; that it is gone is a difference, which waiting would hide.
  const serving = inService.filter(({ InstanceId = "" }) =>
    healthy.every((set) => set?.has(InstanceId) ?? true),
  ).length;
  const templates = inService.flatMap(({ LaunchTemplate }) => LaunchTemplate ?? []);
  const all = (own: string, others: readonly (string | undefined)[]) =>
    [...new Set([own, ...others.flatMap((one) => one ?? [])])].join(", ");
  const failing =
    serving < desired || refresh?.underWay
      ? troubleIn(await latestActivities(aws, id), desired, group.CreatedTime?.getTime())
      : undefined;
  return {
    ...found,
    serving,
    refresh,
    // What it runs counts too, not only what it was told to start next: the difference leads to a refresh.
    launchTemplateId: all(
      found.launchTemplateId,
      templates.map(({ LaunchTemplateId }) => LaunchTemplateId),
    ),
    launchTemplateVersion: all(
      found.launchTemplateVersion,
      templates.map(({ Version }) => Version),
    ),
    trouble:
      failing !== undefined && refresh?.underWay
        ? `${refresh.text}; ${failing}. AWS rolls it back after an hour in vain; now: ${aws.cli} autoscaling rollback-instance-refresh --auto-scaling-group-name ${id} --region ${aws.region}`
        : failing,
  };
}

async function latestActivities(aws: Aws, AutoScalingGroupName: string): Promise<readonly Activity[]> {
  const { Activities = [] } = await aws.autoScaling.describeScalingActivities({ AutoScalingGroupName, MaxRecords: 50 });
  return Activities;
}

// Not propagated: an instance is not this resource, and gets its tags from the launch template.
const taggedGroup = (name: string) => ({ ResourceId: name, ResourceType: "auto-scaling-group" });
const groupTags = (owner: Owner, name: string) =>
  tagList(owner.tags).map((tag) => ({ ...tag, ...taggedGroup(name), PropagateAtLaunch: false }));

/** A group of instances that keeps its number and replaces what fails. Named as its owner. */
export const group: ResourceType<GroupSpec, GroupLive> = {
  name: "auto-scaling:group",
  same: {
    desired: createOnly,
    warmupSeconds: createOnly,
    metrics: (wanted, found) => wanted.every((metric) => found.includes(metric)),
    subnetIds: sameSet,
    targetGroupArns: sameSet,
  },
  timing: { createSeconds: 150, timeoutSeconds: 2400, deleteSeconds: 60, quietSeconds: 150 },
  retryable: {
    create: [
      // An instance profile made a moment ago (terraform-provider-aws issues 5633, 29866).
      { code: "ValidationError", message: /Invalid IAM Instance Profile/i },
      // The group of that name is still going.
      { code: "AlreadyExistsFault", message: /pending delet/i },
      // The role that Auto Scaling makes for itself at its first use in an account.
      "ServiceLinkedRoleFailure",
    ],
    update: ["InstanceRefreshInProgressFault", "ScalingActivityInProgressFault"],
    delete: ["ResourceInUseFault", "ScalingActivityInProgressFault"],
  },

  async find(aws, owner) {
    const found = await describe(aws, owner.name);
    if (!found) return undefined;
    assertOurs(owner, owner.name, tagsFrom(found.Tags));
    return live(aws, found);
  },

  health({ deleting, refresh, serving, desired, trouble }): Health {
    if (deleting) return "deleting";
    // What is not rolled back yet goes on starting instances in vain.
    if (refresh?.underWay)
      return trouble !== undefined && refresh.status === "InProgress" ? { blocked: trouble } : "pending";
    if (serving >= desired) return "ready";
    if (trouble === undefined) return "pending";
    // What serves is not torn down for what is missing.
    return serving > 0 ? { blocked: `${serving} of ${desired} instances serve: ${trouble}` } : { failed: trouble };
  },

  doing: ({ refresh }) => (refresh?.underWay ? refresh.text : undefined),

  undone({ refresh: before }, { refresh }, { launchTemplateId, launchTemplateVersion }) {
    const ended = refresh !== undefined && refresh.id === before?.id && !refresh.underWay;
    const wanted = refresh?.template?.id === launchTemplateId && refresh.template.version === launchTemplateVersion;
    return ended && wanted ? refresh.text : undefined;
  },

  rollout(changed, live) {
    return changed.has("launchTemplateId") || changed.has("launchTemplateVersion") ? refreshRollout(live) : undefined;
  },

  /**
   * Its instances are asked, too: one that is protected outlives its group, and nobody knows of it any more
   * (go-to-k/cdkd#796).
   */
  async protections(aws, { id, deletionProtection, instanceIds }) {
    const command = `${aws.cli} autoscaling update-auto-scaling-group --auto-scaling-group-name ${id} --deletion-protection none --region ${aws.region}`;
    const lift = { to: `lift the deletion protection of ${id}`, commands: [command] };
    const unprotect = () =>
      aws.autoScaling.updateAutoScalingGroup({ AutoScalingGroupName: id, DeletionProtection: "none" });
    const own = deletionProtection === "none" ? [] : [{ what: "deletion protection is on", lift, unprotect }];
    const instances = await Promise.all(
      instanceIds.map(async (instance) =>
        (await protectionsOf(aws, instance)).map((one) => ({
          ...one,
          what: `its instance ${instance}: ${one.what}`,
        })),
      ),
    );
    return [...own, ...instances.flat()];
  },

  async create(aws, spec, owner) {
    await aws.autoScaling.createAutoScalingGroup({
      AutoScalingGroupName: owner.name,
      MinSize: spec.min,
      MaxSize: spec.max,
      DesiredCapacity: spec.desired,
      LaunchTemplate: { LaunchTemplateId: spec.launchTemplateId, Version: spec.launchTemplateVersion },
      VPCZoneIdentifier: spec.subnetIds.join(","),
      TargetGroupARNs: [...spec.targetGroupArns],
      HealthCheckType: spec.healthCheckType,
      HealthCheckGracePeriod: spec.gracePeriodSeconds,
      DefaultInstanceWarmup: spec.warmupSeconds,
      Tags: groupTags(owner, owner.name),
    });
    return owner.name;
  },

  async update(aws, { id: AutoScalingGroupName, targetGroupArns: attached, ...found }, spec, changed, owner) {
    if (changed.has("metrics")) {
      await aws.autoScaling.enableMetricsCollection({
        AutoScalingGroupName,
        Granularity: "1Minute",
        Metrics: [...spec.metrics],
      });
    }
    const template = changed.has("launchTemplateId") || changed.has("launchTemplateVersion");
    // One without instances was stopped (`quiet`): not the load, but somebody has said so.
    const sizes = {
      MinSize: spec.min,
      MaxSize: spec.max,
      ...(found.desired === 0 ? { DesiredCapacity: spec.desired } : {}),
    };
    const settings = {
      ...(changed.has("min") || changed.has("max") ? sizes : {}),
      ...(changed.has("subnetIds") ? { VPCZoneIdentifier: spec.subnetIds.join(",") } : {}),
      ...(changed.has("healthCheckType") ? { HealthCheckType: spec.healthCheckType } : {}),
      ...(changed.has("gracePeriodSeconds") ? { HealthCheckGracePeriod: spec.gracePeriodSeconds } : {}),
    };
    if (Object.keys(settings).length > 0)
      await aws.autoScaling.updateAutoScalingGroup({ AutoScalingGroupName, ...settings });
    if (changed.has("targetGroupArns")) {
      const more = spec.targetGroupArns.filter((arn) => !attached.includes(arn));
      const less = attached.filter((arn) => !spec.targetGroupArns.includes(arn));
      if (more.length > 0)
        await aws.autoScaling.attachLoadBalancerTargetGroups({ AutoScalingGroupName, TargetGroupARNs: more });
      if (less.length > 0)
        await aws.autoScaling.detachLoadBalancerTargetGroups({ AutoScalingGroupName, TargetGroupARNs: less });
    }
    if (changed.has("tags")) {
      const obsolete = owner.obsoleteTags ?? [];
      if (obsolete.length > 0)
        await aws.autoScaling.deleteTags({
          Tags: obsolete.map((Key) => ({ Key, ...taggedGroup(AutoScalingGroupName) })),
        });
      await aws.autoScaling.createOrUpdateTags({ Tags: groupTags(owner, AutoScalingGroupName) });
    }
    if (template) {
      await aws.autoScaling.startInstanceRefresh({
        AutoScalingGroupName,
        DesiredConfiguration: {
          LaunchTemplate: { LaunchTemplateId: spec.launchTemplateId, Version: spec.launchTemplateVersion },
        },
        // Refused for a group that somebody has set to `$Latest` or `$Default` (API reference, RefreshPreferences).
        Preferences: { ...PREFERENCES, AutoRollback: !found.launchTemplateVersion.includes("$") },
      });
    }
  },

  /**
   * None at all, and none that a policy could start. Instances in standby serve nobody, and stay when it gets smaller, as do
   * those that are protected from it (user guide, "Temporarily remove instances", "Use instance scale-in protection").
   */
  async quiet(aws, { id: AutoScalingGroupName, max, deleting, instanceIds, keptIds, standbyIds }) {
    if (!deleting && max > 0) {
      if (keptIds.length > 0)
        await aws.autoScaling.setInstanceProtection({
          AutoScalingGroupName,
          InstanceIds: [...keptIds],
          ProtectedFromScaleIn: false,
        });
      await aws.autoScaling.updateAutoScalingGroup({
        AutoScalingGroupName,
        MinSize: 0,
        MaxSize: 0,
        DesiredCapacity: 0,
      });
      return false;
    }
    return instanceIds.every((one) => standbyIds.includes(one));
  },

  async delete(aws, { id }) {
    await undefinedIf(NO_GROUP, () =>
      aws.autoScaling.deleteAutoScalingGroup({ AutoScalingGroupName: id, ForceDelete: true }),
    );
  },

  charges({ min, desired, max, launchTemplateId }, costing) {
    const { use, specOf } = costing;
    const template = specOf(launchTemplate, launchTemplateId);
    const type = template?.instanceType ?? "of an unknown type";
    const volumeGiB = template?.volumeGiB;
    const running = use(webInstances, { low: min, typical: desired, high: max });
    const beyond = mapBand(running, (count) => Math.max(0, count - min));
    const volumes = { price: volumeStorage } as const;
    return [
      instanceHours(`${min} × ${type}`, type, min),
      instanceHours(`${type} beyond ${min}`, type, beyond),
      {
        ...volumes,
        what: `${min} root volumes`,
        quantity: volumeGiB === undefined ? "unknown" : min * volumeGiB,
      },
      {
        ...volumes,
        what: `root volumes beyond ${min}`,
        quantity: volumeGiB === undefined ? "unknown" : mapBand(beyond, (count) => count * volumeGiB),
      },
      ...creditCharges(type, template?.cpuCredits, running, costing),
    ];
  },
};
