import type { Activity, AutoScalingGroup } from "@aws-sdk/client-auto-scaling";
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

export interface GroupSpec {
  readonly min: number;
  readonly max: number;
  /** At the start; then the scaling policy decides. */
  readonly desired: number;
  readonly launchTemplateId: string;
  /** A number: with `$Latest` nobody can tell what the instances run. */
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
  /** Instances in service that the target groups call healthy too. */
  readonly serving: number;
  /** An instance refresh is under way. */
  readonly refreshing: boolean;
  /** Why it does not reach its capacity, in AWS's words, when waiting will not help. */
  readonly trouble: string | undefined;
}

const NOT_FOUND = [{ code: "ValidationError", message: /not found/i }];
const REFRESHING = new Set(["Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress"]);

/** Why an instance could not be started that no later attempt will change. */
const DEFINITE =
  /vCPU (capacity|limit)|VcpuLimitExceeded|free tier|not eligible|InvalidAMI|image id .* does not exist|Unsupported|not supported|launch template .* (does not exist|not found)|security group .* does not exist|subnet ID .* does not exist|key pair .* does not exist|KMS|not authorized|UnauthorizedOperation|PendingVerification|being (verified|validated)|OptInRequired|InvalidParameter/i;
/** So many failed starts in a row are not bad luck. AWS itself goes on trying. */
const FAILED_STARTS = 3;
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
 */
export function troubleIn(activities: readonly Activity[], desired: number): string | undefined {
  const about = (kind: RegExp) => activities.filter(({ Description = "" }) => kind.test(Description));
  const starts = about(/^Launching/);
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
    instanceIds: (group.Instances ?? []).flatMap(({ InstanceId }) => InstanceId ?? []),
    serving: 0,
    refreshing: false,
    trouble: undefined,
  };
  if (found.deleting) return found;

  const inService = (group.Instances ?? []).filter(({ LifecycleState }) => LifecycleState === "InService");
  const healthy = await Promise.all(targetGroupArns.map((arn) => healthyTargets(aws, arn)));
  // A target group that is gone says nothing; that it is gone is a difference, which waiting would hide.
  const serving = inService.filter(({ InstanceId = "" }) =>
    healthy.every((set) => set?.has(InstanceId) ?? true),
  ).length;
  // Instances of another version: a refresh is under way, or was never started, or has failed.
  const other = inService.find(
    ({ LaunchTemplate: its }) =>
      its !== undefined &&
      (its.LaunchTemplateId !== found.launchTemplateId || its.Version !== found.launchTemplateVersion),
  )?.LaunchTemplate;
  const refreshing = other !== undefined && (await isRefreshing(aws, id));
  return {
    ...found,
    serving,
    refreshing,
    // What it runs counts, not what it was told to start next: the difference leads to a refresh.
    ...(other && !refreshing
      ? { launchTemplateId: other.LaunchTemplateId ?? "", launchTemplateVersion: other.Version ?? "" }
      : {}),
    trouble: serving < desired ? troubleIn(await latestActivities(aws, id), desired) : undefined,
  };
}

async function isRefreshing(aws: Aws, AutoScalingGroupName: string): Promise<boolean> {
  // Newest first (API reference).
  const { InstanceRefreshes = [] } = await aws.autoScaling.describeInstanceRefreshes({
    AutoScalingGroupName,
    MaxRecords: 1,
  });
  return REFRESHING.has(InstanceRefreshes[0]?.Status ?? "");
}

async function latestActivities(aws: Aws, AutoScalingGroupName: string): Promise<readonly Activity[]> {
  const { Activities = [] } = await aws.autoScaling.describeScalingActivities({ AutoScalingGroupName, MaxRecords: 50 });
  return Activities;
}

// Not propagated: an instance is not this resource, and gets its tags from the launch template.
const groupTags = (owner: Owner, name: string) =>
  tagList(owner.tags).map((tag) => ({
    ...tag,
    ResourceId: name,
    ResourceType: "auto-scaling-group",
    PropagateAtLaunch: false,
  }));

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
  timing: { createSeconds: 150, timeoutSeconds: 2400, deleteSeconds: 60 },
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

  health({ deleting, refreshing, serving, desired, trouble }): Health {
    if (deleting) return "deleting";
    if (refreshing) return "pending";
    if (serving >= desired) return "ready";
    if (trouble === undefined) return "pending";
    // What serves is not torn down for what is missing.
    return serving > 0 ? { blocked: `${serving} of ${desired} instances serve: ${trouble}` } : { failed: trouble };
  },

  /**
   * Its instances are asked, too: one that is protected outlives its group, and nobody knows of it any more
   * (go-to-k/cdkd#796).
   */
  async protections(aws, { id, deletionProtection, instanceIds }) {
    const command = `${aws.cli} autoscaling update-auto-scaling-group --auto-scaling-group-name ${id} --deletion-protection none --region ${aws.region}`;
    const lift = { to: `lift the deletion protection of ${id}`, commands: [command] };
    const own = deletionProtection === "none" ? [] : [{ what: "deletion protection is on", lift }];
    const instances = await Promise.all(
      instanceIds.map(async (instance) =>
        (await protectionsOf(aws, instance)).map(({ what, lift }) => ({
          what: `its instance ${instance}: ${what}`,
          lift,
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

  async update(aws, { id: AutoScalingGroupName, targetGroupArns: attached }, spec, changed, owner) {
    if (changed.has("metrics")) {
      await aws.autoScaling.enableMetricsCollection({
        AutoScalingGroupName,
        Granularity: "1Minute",
        Metrics: [...spec.metrics],
      });
    }
    const template = changed.has("launchTemplateId") || changed.has("launchTemplateVersion");
    const settings = {
      ...(changed.has("min") || changed.has("max") ? { MinSize: spec.min, MaxSize: spec.max } : {}),
      ...(template
        ? { LaunchTemplate: { LaunchTemplateId: spec.launchTemplateId, Version: spec.launchTemplateVersion } }
        : {}),
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
    if (changed.has("tags")) await aws.autoScaling.createOrUpdateTags({ Tags: groupTags(owner, AutoScalingGroupName) });
    if (template) {
      // New ones first, then the old ones go: at 150 % two instances become three.
      await aws.autoScaling.startInstanceRefresh({
        AutoScalingGroupName,
        Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150, SkipMatching: true },
      });
    }
  },

  async delete(aws, { id }) {
    await undefinedIf(NOT_FOUND, () =>
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
