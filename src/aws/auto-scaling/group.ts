import type { AutoScalingGroup, Instance } from "@aws-sdk/client-auto-scaling";
import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Health, Identified, Owner, ResourceType, Tags } from "../../engine/resource.ts";
import { mapBand } from "../../lib/band.ts";
import { createOnly, sameSet } from "../../lib/compare.ts";
import { list } from "../../lib/text.ts";
import type { Aws } from "../aws.ts";
import { COUNTER, STATE } from "../coverage.ts";
import { launchTemplate } from "../ec2/launch-template.ts";
import { creditCharges, instanceHours, volumeStorage } from "../ec2/prices.ts";
import { consoleOf, consoleTail } from "../ec2/read-console.ts";
import { protectionsOf } from "../ec2/read-instances.ts";
import { NO_TARGET_GROUP } from "../elb/named.ts";
import { hasCode, undefinedIf } from "../errors.ts";
import { assertOurs, STACK_TAG, tagList, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { failureIn, printed, readReleaseReport } from "../ssm/release-report.ts";
import { webInstances } from "./prices.ts";
import { latestRefresh, NO_GROUP, PREFERENCES, type Refresh, refreshText } from "./read-refresh.ts";
import { growthRollout, refreshRollout, rollBackRollout } from "./rollout.ts";
import { type Doom, doomIn, latestActivities, sentence, since, troubleIn } from "./trouble.ts";

export interface GroupSpec {
  readonly min: number;
  readonly max: number;
  /** At the start, and when the config changes it; in between the scaling policy decides. */
  readonly desired: number;
  readonly launchTemplateId: string;
  /**
   * A number: with `$Latest` nobody can tell what the instances run, and nothing can be rolled back. Of a group that is there: its
   * own, and after that those of instances in service that have others, and that a refresh brings ("1, 2").
   */
  readonly launchTemplateVersion: string;
  readonly subnetIds: readonly string[];
  readonly targetGroupArns: readonly string[];
  /** Its instances get visitors: those in service are registered with its target groups, as the group itself does it. */
  readonly registered: boolean;
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
  /**
   * Those in zones that the group has left: it starts others elsewhere first, and then ends them (user guide, "Rebalancing
   * activities"). One in standby is left to whoever put it there.
   */
  readonly leavingIds: readonly string[];
  /** Instances in service that the target groups call healthy too. */
  readonly serving: number;
  /** What it starts instances from by itself, and goes back to: the last version that all its instances had. */
  readonly own: { readonly templateId: string; readonly version: string };
  readonly refresh: Refresh | undefined;
  /** Instances in service that do not pass the load balancer's check, and why, in its words. */
  readonly unwell: readonly { readonly id: string; readonly why: string }[];
  /** Instances in service that somebody has deregistered from a target group. */
  readonly unregistered: readonly string[];
  /** Why it does not reach its capacity, in AWS's words, when waiting will not help. */
  readonly trouble: string | undefined;
  /** That processes which it needs to come right by itself are suspended; undefined: none is, or it needs none. */
  readonly held: string | undefined;
  /** Why what a refresh brings comes to nothing for certain. */
  readonly doom: Doom | undefined;
}

/** "Trying to remove Target Groups that are not part of the group": it was detached a moment ago. */
const NOT_ATTACHED = [{ code: "ValidationError", message: /not part of the group/i }];
/** By which a group replaces what fails (user guide, "How suspended processes affect other processes"). */
const HEALING = ["HealthCheck", "ReplaceUnhealthy", "Terminate", "Launch"];
/** How Auto Scaling says that no refresh is under way. */
const NO_REFRESH = ["ActiveInstanceRefreshNotFound"];

const describe = (aws: Aws, name: string): Promise<AutoScalingGroup | undefined> =>
  aws.batchById("auto-scaling:groups", name, async (names) => {
    const groups = await allPages(
      (NextToken) => aws.autoScaling.describeAutoScalingGroups({ AutoScalingGroupNames: [...names], NextToken }),
      (page) => page.AutoScalingGroups,
      (page) => page.NextToken,
    );
    return new Map(groups.map((group) => [group.AutoScalingGroupName ?? "", group]));
  });

/** How the load balancer finds the targets of a target group, by id; undefined when it is gone. */
export const targetHealth = (aws: Aws, arn: string): Promise<ReadonlyMap<string, TargetHealth> | undefined> =>
  aws.coalesce(`elb:target-health:${arn}`, () =>
    undefinedIf(NO_TARGET_GROUP, async () => {
      const { TargetHealthDescriptions = [] } = await aws.elb.describeTargetHealth({ TargetGroupArn: arn });
      return new Map(
        TargetHealthDescriptions.map(({ Target, TargetHealth = {} }) => [Target?.Id ?? "", TargetHealth] as const),
      );
    }),
  );

async function live(aws: Aws, group: AutoScalingGroup, stack: string): Promise<GroupLive> {
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
    registered: true,
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
    leavingIds: idsOf(
      ({ AvailabilityZone: zone, LifecycleState }) =>
        LifecycleState !== "Standby" && zone !== undefined && group.AvailabilityZones?.includes(zone) === false,
    ),
    serving: 0,
    own: { templateId: template?.LaunchTemplateId ?? "", version: template?.Version ?? "" },
    refresh: undefined,
    unwell: [],
    unregistered: [],
    trouble: undefined,
    held: undefined,
    doom: undefined,
    described: { ...group, EnabledMetrics: (group.EnabledMetrics ?? []).map(({ Metric }) => Metric) },
  };
  if (found.deleting) return found;

  const inService = (group.Instances ?? []).filter(({ LifecycleState }) => LifecycleState === "InService");
  const [refresh, ...targets] = await Promise.all([
    latestRefresh(aws, id),
    // Only those in service are judged by it.
    ...(inService.length === 0 ? [] : targetGroupArns.map((arn) => targetHealth(aws, arn))),
  ]);
  // A target group that is gone says nothing; that it is gone is a difference, which waiting would hide.
  const isHealthy = ({ InstanceId = "" }: Instance) =>
    targets.every((health) => health === undefined || health.get(InstanceId)?.State === "healthy");
  const serving = inService.filter(isHealthy).length;
  const unwell = inService.flatMap(({ InstanceId = "" }) =>
    targets.flatMap((health) => {
      const { State, Reason, Description } = health?.get(InstanceId) ?? {};
      return State === "unhealthy" ? [{ id: InstanceId, why: Description ?? Reason ?? "" }] : [];
    }),
  );
  const isRegistered = ({ InstanceId = "" }: Instance) =>
    targets.every((health) => health === undefined || (health.get(InstanceId)?.State ?? "draining") !== "draining");
  // One that the group itself takes out may be shown in service for a moment longer; then another one serves.
  const unregistered =
    serving >= desired
      ? []
      : inService.filter((one) => !isRegistered(one)).flatMap(({ InstanceId }) => InstanceId ?? []);
  // One that is new to its target groups is not judged yet.
  const isNew = ({ InstanceId = "" }: Instance) =>
    targets.some((health) => health?.get(InstanceId)?.State === "initial");
  const suspended = (group.SuspendedProcesses ?? []).flatMap(({ ProcessName }) => ProcessName ?? []);
  const lacks = idsOf(({ LifecycleState = "" }) => !/^(Terminat|Standby)/.test(LifecycleState)).length < desired;
  const isLost = inService.some((one) => !isHealthy(one) && !isNew(one));
  const needed = [...(lacks ? ["Launch"] : []), ...(isLost ? HEALING : [])];
  const missed = suspended.filter((process) => needed.includes(process));
  const templates = inService.flatMap(({ LaunchTemplate }) => LaunchTemplate ?? []);
  const brought = refresh?.advancing ? refresh.template : undefined;
  const all = (own: string, others: readonly (string | undefined)[]) =>
    [...new Set([own, ...others.flatMap((one) => one ?? [])])].join(", ");
  const settled = serving >= desired && !refresh?.underWay;
  const [latest, told] = settled
    ? [[], undefined]
    : await Promise.all([latestActivities(aws, id), readReleaseReport(aws, stack)]);
  // One that serves after all has come up.
  const well = new Set(inService.filter(isHealthy).map(({ InstanceId }) => InstanceId));
  const report = told && !well.has(told.instance) ? told : undefined;
  // What was in vain before it began says nothing of what it brings.
  const from = refresh?.underWay ? refresh.startedAt : 0;
  const activities = since(from, latest);
  const doom = refresh?.advancing ? doomIn(activities, report) : undefined;
  const failed = report && found.instanceIds.includes(report.instance) ? failureIn(report) : undefined;
  return {
    ...found,
    serving,
    refresh,
    unwell,
    unregistered,
    held:
      missed.length === 0
        ? undefined
        : `it does not heal by itself: ${list(missed)} ${missed.length === 1 ? "is" : "are"} suspended. To resume: \`${aws.cli} autoscaling resume-processes --auto-scaling-group-name ${id} --region ${aws.region}\``,
    registered: unregistered.length === 0,
    // What it runs, and is about to, counts too, not only what it was told to start by itself.
    launchTemplateId: all(found.launchTemplateId, [
      ...templates.map(({ LaunchTemplateId }) => LaunchTemplateId),
      brought?.id,
    ]),
    launchTemplateVersion: all(found.launchTemplateVersion, [
      ...templates.map(({ Version }) => Version),
      brought?.version,
    ]),
    trouble:
      doom?.why ??
      (report && failed
        ? [failed, printed(report)].filter(Boolean).join("; ")
        : troubleIn(activities, desired, group.CreatedTime?.getTime())),
    doom,
  };
}

// Not propagated: an instance is not this resource, and gets its tags from the launch template.
const taggedGroup = (name: string) => ({ ResourceId: name, ResourceType: "auto-scaling-group" });
const groupTags = (owner: Owner, name: string) =>
  tagList(owner.tags).map((tag) => ({ ...tag, ...taggedGroup(name), PropagateAtLaunch: false }));

/** Puts back what a refresh has replaced so far; where AWS cannot do that it only ends. One that has ended is left as it is. */
async function rollBack(aws: Aws, AutoScalingGroupName: string): Promise<void> {
  try {
    await undefinedIf(NO_REFRESH, () => aws.autoScaling.rollbackInstanceRefresh({ AutoScalingGroupName }));
  } catch (error) {
    // The group follows `$Latest` or `$Default`, as somebody has set it (API reference, RollbackInstanceRefresh).
    if (!hasCode(error, "IrreversibleInstanceRefresh")) throw error;
    await cancel(aws, AutoScalingGroupName);
  }
}

/** What is wanted is what the group goes back to. */
const isOwn = ({ own }: Pick<GroupLive, "own">, { launchTemplateId, launchTemplateVersion }: GroupSpec): boolean =>
  own.templateId === launchTemplateId && own.version === launchTemplateVersion;

const cancel = (aws: Aws, AutoScalingGroupName: string) =>
  undefinedIf(NO_REFRESH, () => aws.autoScaling.cancelInstanceRefresh({ AutoScalingGroupName }));

/**
 * Brings a version of the launch template to all instances. The group's own version is left to AWS, which changes it when all
 * have the new one: what fails is rolled back to that (user guide, "Undo changes with a rollback": to what was "last saved on the
 * Auto Scaling group before starting the instance refresh"). One that is under way to something else is ended first: AWS knows one
 * at a time.
 */
async function release(
  aws: Aws,
  id: string,
  spec: GroupSpec,
  { refresh, own }: Pick<GroupLive, "refresh" | "own">,
): Promise<void> {
  if (refresh?.advancing) {
    await (isOwn({ own }, spec) ? rollBack(aws, id) : cancel(aws, id));
    return;
  }
  await aws.autoScaling.startInstanceRefresh({
    AutoScalingGroupName: id,
    DesiredConfiguration: {
      LaunchTemplate: { LaunchTemplateId: spec.launchTemplateId, Version: spec.launchTemplateVersion },
    },
    // Refused for a group that somebody has set to `$Latest` or `$Default` (API reference, RefreshPreferences).
    Preferences: { ...PREFERENCES, AutoRollback: !own.version.startsWith("$") },
  });
}

/** What a group is, with another version of its launch template. */
export const atVersion = (live: GroupLive, version: number): GroupSpec => ({
  min: live.min,
  max: live.max,
  desired: live.desired,
  launchTemplateId: live.own.templateId,
  launchTemplateVersion: String(version),
  subnetIds: live.subnetIds,
  targetGroupArns: live.targetGroupArns,
  registered: live.registered,
  healthCheckType: live.healthCheckType,
  gracePeriodSeconds: live.gracePeriodSeconds,
  warmupSeconds: live.warmupSeconds,
  metrics: live.metrics,
});

/** A group of instances that keeps its number and replaces what fails. Named as its owner. */
export const group: ResourceType<GroupSpec, GroupLive> = {
  name: "auto-scaling:group",
  naming: { longest: 255, within: "region" },
  matters: ["min", "max", "desired"],
  // Then the load decides.
  once: ["desired"],
  coverage: {
    covers: {
      min: ["MinSize"],
      max: ["MaxSize"],
      desired: "watched",
      launchTemplateId: ["LaunchTemplate.LaunchTemplateId"],
      launchTemplateVersion: ["LaunchTemplate.Version"],
      subnetIds: ["VPCZoneIdentifier", "AvailabilityZones", "AvailabilityZoneIds"],
      targetGroupArns: ["TargetGroupARNs", "TrafficSources"],
      registered: "unshown",
      healthCheckType: ["HealthCheckType"],
      gracePeriodSeconds: ["HealthCheckGracePeriod"],
      warmupSeconds: "watched",
      metrics: ["EnabledMetrics[=]"],
    },
    ignores: {
      Status: STATE,
      DesiredCapacity: "the scaling policy decides",
      PredictedCapacity: "the scaling policy decides",
      Instances: "instances come and go; those in service are judged",
      WarmPoolSize: COUNTER,
      "SuspendedProcesses[].SuspensionReason": "since when; that it is suspended is told",
    },
    unshown: {
      registered: "its target groups say it",
      notifications: "objects of their own",
    },
    dangers: [{ at: ["SuspendedProcesses[]"], danger: "less protected", when: (text) => text !== "" }],
  },
  same: {
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

  knownBefore: (_aws, { name }) => ({ id: name }),

  async find(aws, owner, recorded) {
    const found = await describe(aws, owner.name);
    if (!found) return undefined;
    assertOurs(owner, owner.name, tagsFrom(found.Tags), recorded === owner.name && "name");
    const group = await live(aws, found, owner.stack);
    const { refresh, own } = group;
    const showsIt = refresh?.template?.id === own.templateId && refresh.template.version === own.version;
    if (refresh?.status !== "Successful" || refresh.template === undefined || showsIt) return group;
    // It ended between the two reads, or somebody has set another version since.
    const now = await describe(aws, owner.name);
    return now && live(aws, now, owner.stack);
  },

  health({ deleting, refresh, serving, desired, trouble, doom, leavingIds, held }): Health {
    if (deleting) return "deleting";
    // What is doomed is not for a person to end: `up` gives it up.
    if (refresh?.underWay)
      return trouble !== undefined && refresh.advancing && doom === undefined
        ? {
            blocked: `${refreshText(refresh, desired)}; ${sentence(trouble)}. The instances of before serve. AWS goes on trying for an hour, and then rolls it back; to end it now: \`buddyverse rollback\`, or put the config back and run \`buddyverse up\``,
          }
        : "pending";
    if (serving >= desired) return leavingIds.length > 0 ? "pending" : "ready";
    if (held !== undefined) return { blocked: `${serving} of ${desired} instances serve, and ${held}` };
    if (trouble === undefined) return "pending";
    // What serves is not torn down for what is missing.
    return serving > 0 ? { blocked: `${serving} of ${desired} instances serve: ${trouble}` } : { failed: trouble };
  },

  doing({ refresh, desired, unwell, unregistered, doom, leavingIds }) {
    if (unregistered.length > 0)
      return `${list(unregistered)} ${unregistered.length === 1 ? "was" : "were"} deregistered from the target group and ${unregistered.length === 1 ? "gets" : "get"} no visitors`;
    if (!refresh?.underWay)
      return leavingIds.length > 0 ? `${leavingIds.join(", ")} leaves a zone that the group is in no more` : undefined;
    const [first] = unwell;
    const waits = first && `${first.id} does not pass the load balancer's check yet: ${first.why}`;
    const why = doom?.why ?? (refresh.advancing ? waits : undefined);
    return [refreshText(refresh, desired), why].filter(Boolean).join("; ");
  },

  mayChange(
    { refresh, trouble, held, registered, targetGroupArns },
    { launchTemplateId, launchTemplateVersion, ...spec },
  ) {
    // Waiting mends neither: nobody else registers an instance again, and another's target group may never find one healthy.
    if (!registered || !sameSet(spec.targetGroupArns, targetGroupArns)) return true;
    if (!refresh?.underWay) return trouble !== undefined || held !== undefined;
    const { id, version } = refresh.template ?? {};
    return refresh.advancing && (id !== launchTemplateId || version !== launchTemplateVersion);
  },

  hopeless: ({ doom }) => doom?.why,

  async giveUp(aws, live, before) {
    await rollBack(aws, live.id);
    const { instanceId, told } = live.doom ?? {};
    if (instanceId === undefined) return "";
    const said = before?.unwell.filter(({ id }) => id === instanceId).map(({ why }) => why) ?? [];
    const words = told === undefined ? "" : printed(told);
    const shown = [words, consoleTail(await consoleOf(aws, instanceId))].filter(Boolean).join("\n");
    return [...said, shown].join("; ");
  },

  undone({ refresh: before }, { refresh, desired, own }, { launchTemplateId, launchTemplateVersion }) {
    const ended = refresh?.id === before?.id && !refresh?.underWay && refresh?.status !== "Successful";
    const wanted = refresh?.template?.id === launchTemplateId && refresh.template.version === launchTemplateVersion;
    return refresh && ended && wanted
      ? `${refreshText(refresh, desired)}; the site goes on with release ${own.version}`
      : undefined;
  },

  /** AWS's own reason: its activities are kept, also when nobody looked on. */
  async whyUndone(aws, { id, refresh, tags }) {
    if (!refresh) return undefined;
    const stack = tags[STACK_TAG] ?? "";
    const [activities, told] = await Promise.all([latestActivities(aws, id), readReleaseReport(aws, stack)]);
    const doom = doomIn(since(refresh.startedAt, activities), told);
    return doom && [doom.why, doom.told && printed(doom.told)].filter(Boolean).join("; ");
  },

  rollout(changed, live, spec) {
    const asked = changed.has("desired") ? spec.desired : live.desired;
    const desired = Math.min(spec.max, Math.max(spec.min, asked));
    if (!changed.has("launchTemplateId") && !changed.has("launchTemplateVersion"))
      return growthRollout(live.desired, desired);
    return live.refresh?.advancing && isOwn(live, spec)
      ? rollBackRollout(live.refresh, live)
      : refreshRollout(live, desired);
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

  mend(aws, { id }, { path, before }) {
    const [, process] = /^SuspendedProcesses\[(\w+)\]/.exec(path) ?? [];
    if (process !== undefined && before === undefined)
      return {
        command: `${aws.cli} autoscaling resume-processes --auto-scaling-group-name ${id} --scaling-processes ${process} --region ${aws.region}`,
      };
    if (path === "DeletionProtection")
      return {
        command: `${aws.cli} autoscaling update-auto-scaling-group --auto-scaling-group-name ${id} --deletion-protection ${before ?? "none"} --region ${aws.region}`,
      };
    if (before === undefined) return undefined;
    const set = {
      DefaultInstanceWarmup: { DefaultInstanceWarmup: Number(before) },
      DefaultCooldown: { DefaultCooldown: Number(before) },
      NewInstancesProtectedFromScaleIn: { NewInstancesProtectedFromScaleIn: before === "true" },
    }[path];
    return set && { put: () => aws.autoScaling.updateAutoScalingGroup({ AutoScalingGroupName: id, ...set }) };
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
      ...(found.desired === 0 || changed.has("desired") ? { DesiredCapacity: spec.desired } : {}),
    };
    const settings = {
      ...(changed.has("min") || changed.has("max") || changed.has("desired") ? sizes : {}),
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
        await undefinedIf(NOT_ATTACHED, () =>
          aws.autoScaling.detachLoadBalancerTargetGroups({ AutoScalingGroupName, TargetGroupARNs: less }),
        );
    }
    if (changed.has("registered"))
      for (const TargetGroupArn of spec.targetGroupArns)
        await aws.elb.registerTargets({ TargetGroupArn, Targets: found.unregistered.map((Id) => ({ Id })) });
    if (changed.has("tags")) {
      const obsolete = owner.obsoleteTags ?? [];
      if (obsolete.length > 0)
        await aws.autoScaling.deleteTags({
          Tags: obsolete.map((Key) => ({ Key, ...taggedGroup(AutoScalingGroupName) })),
        });
      await aws.autoScaling.createOrUpdateTags({ Tags: groupTags(owner, AutoScalingGroupName) });
    }
    if (template) await release(aws, AutoScalingGroupName, spec, found);
  },

  /** Activities tell of six weeks, those of a group that is deleted too (API reference, DescribeScalingActivities). */
  async restingSince(aws, { name }) {
    const activities = (await undefinedIf(NO_GROUP, () => latestActivities(aws, name, true))) ?? [];
    if (activities.length === 0 || activities.some(({ EndTime }) => EndTime === undefined)) return undefined;
    return Math.max(...activities.map(({ EndTime }) => (EndTime as Date).getTime()));
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
