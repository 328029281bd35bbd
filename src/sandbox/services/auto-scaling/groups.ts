import * as z from "zod";
import { linkedPrincipal, partitionOf } from "../../../aws/partition.ts";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { imageFor } from "../ec2/images.ts";
import { checkFit } from "../ec2/launch.ts";
import { launchTemplateFor, requestFromTemplate, versionNumber } from "../ec2/launch-templates.ts";
import { groupTable as securityGroupTable, subnetTable } from "../ec2/tables.ts";
import { deregisterTarget, registerTarget } from "../elb/health.ts";
import { targetGroupTable } from "../elb/tables.ts";
import { profileUsable } from "../iam/iam.ts";
import { useLinkedRole } from "../iam/linked-roles.ts";
import { dropHooks } from "./hooks.ts";
import { live, setDesired } from "./life.ts";
import { terminateAll } from "./members.ts";
import { dropPolicies, track } from "./policies.ts";
import {
  activityTable,
  type Group,
  type GroupTag,
  groupFor,
  groupTable,
  invalid,
  type Member,
  membersOf,
  modelled,
  noteSizes,
  refreshUnderWay,
  uuid,
} from "./tables.ts";

/** AWS tells of activities that long (API reference, DescribeScalingActivities): six weeks. */
const ACTIVITIES_KEPT_MS = 42 * 24 * 3_600_000;

const name = z.string().min(1).max(255);
const launchTemplate = z.strictObject({ LaunchTemplateId: z.string(), Version: z.string() });
const named = {
  ResourceId: z.string(),
  ResourceType: z.literal("auto-scaling-group"),
  Key: z
    .string()
    .min(1)
    .max(128)
    .regex(/^(?!aws:)/i),
  Value: z.string().max(256).optional(),
};
const tags = z.array(z.strictObject({ ...named, PropagateAtLaunch: z.boolean() })).max(50);
/** The group that is being created needs no name in its tags (API reference, Tag). */
const firstTags = z
  .array(
    z.strictObject({
      ...named,
      ResourceId: named.ResourceId.optional(),
      ResourceType: named.ResourceType.optional(),
      PropagateAtLaunch: z.boolean().default(false),
    }),
  )
  .max(50);
const namedTags = z.array(z.strictObject(named)).min(1);
const sizes = {
  MinSize: z.number().int().min(0).max(10_000),
  MaxSize: z.number().int().min(0).max(10_000),
  DesiredCapacity: z.number().int().min(0).optional(),
};
const settings = {
  VPCZoneIdentifier: z.string().min(1).max(5000),
  HealthCheckType: z.enum(["EC2", "ELB"]).optional(),
  HealthCheckGracePeriod: z.number().int().min(0).optional(),
  DefaultInstanceWarmup: z.number().int().min(-1).optional(),
};

/** The metrics of a group (Auto Scaling user guide, "Amazon CloudWatch metrics"). */
const GROUP_METRICS = [
  "GroupMinSize",
  "GroupMaxSize",
  "GroupDesiredCapacity",
  "GroupInServiceInstances",
  "GroupPendingInstances",
  "GroupStandbyInstances",
  "GroupTerminatingInstances",
  "GroupTotalInstances",
] as const;

const tagsOf = (given: z.infer<typeof firstTags>): GroupTag[] =>
  given.map(({ Key, Value, PropagateAtLaunch }) => ({ key: Key, value: Value ?? "", propagate: PropagateAtLaunch }));

function subnetsOf(sim: Sim, list: string): string[] {
  const ids = list.split(",");
  for (const id of ids) if (!subnetTable(sim).visible(id)) throw invalid(`The subnet ID '${id}' does not exist`);
  return ids;
}

/** What the group will launch from must be complete and refer to what is there. */
export function checkTemplate(sim: Sim, given: z.infer<typeof launchTemplate>, subnetId: string): void {
  const refuse = (why: string) => invalid(`You must use a valid fully-formed launch template. ${why}`);
  let request: ReturnType<typeof requestFromTemplate>;
  try {
    const template = launchTemplateFor(sim, { LaunchTemplateId: given.LaunchTemplateId });
    request = requestFromTemplate(sim, template, versionNumber(template, given.Version), { subnetId, tags: {} });
    checkFit(request.instanceType, imageFor(sim, request.imageId).architecture);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const vpcId = subnetTable(sim).get(subnetId)?.vpcId;
  for (const id of request.groupIds) {
    const group = securityGroupTable(sim).visible(id);
    if (!group) throw refuse(`The security group '${id}' does not exist`);
    if (group.vpcId !== vpcId) throw refuse(`The security group '${id}' does not exist in VPC '${vpcId}'`);
  }
  const profile = request.profileName ?? request.profileArn?.split("/").at(-1);
  if (profile && !profileUsable(sim, profile)) {
    throw refuse(
      `Value (${profile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  }
}

function checkTargetGroups(sim: Sim, arns: readonly string[]): void {
  if (arns.some((arn) => !targetGroupTable(sim).visible(arn)))
    throw invalid("Provided Target Groups may not be valid. Please ensure they exist and try again.");
}

function checkSizes({ min, max, desired }: Pick<Group, "min" | "max" | "desired">): void {
  if (min > max) throw invalid(`Max bound, ${max}, must be greater than or equal to min bound, ${min}`);
  if (desired < min || desired > max)
    throw invalid(`Desired capacity:${desired} must be between the specified min size:${min} and max size:${max}`);
}

const describedMember = (one: Member) => ({
  InstanceId: one.instanceId,
  InstanceType: one.instanceType,
  AvailabilityZone: one.zone,
  LifecycleState: one.state,
  HealthStatus: one.health,
  ProtectedFromScaleIn: one.protected,
  LaunchTemplate: {
    LaunchTemplateId: one.templateId,
    LaunchTemplateName: one.templateName,
    Version: one.templateVersion,
  },
});

const described = (sim: Sim, one: Group) => ({
  AutoScalingGroupName: one.name,
  AutoScalingGroupARN: one.arn,
  MinSize: one.min,
  MaxSize: one.max,
  DesiredCapacity: one.desired,
  DefaultCooldown: one.cooldownSeconds ?? 300,
  LaunchTemplate: { LaunchTemplateId: one.templateId, Version: one.templateVersion },
  AvailabilityZones: one.subnetIds.map((id) => subnetTable(sim).get(id)?.zone),
  // In an order of AWS's own.
  VPCZoneIdentifier: [...one.subnetIds].reverse().join(","),
  TargetGroupARNs: one.targetGroupArns,
  HealthCheckType: one.healthCheckType,
  HealthCheckGracePeriod: one.graceSeconds,
  ...(one.warmupSeconds === null ? {} : { DefaultInstanceWarmup: one.warmupSeconds }),
  EnabledMetrics: one.metrics.map((Metric) => ({ Metric, Granularity: "1Minute" })),
  CreatedTime: new Date(one.createdAt),
  DeletionProtection: one.deletionProtection ?? "none",
  NewInstancesProtectedFromScaleIn: one.protectsNew ?? false,
  SuspendedProcesses: (one.suspended ?? []).map(({ process, reason }) => ({
    ProcessName: process,
    SuspensionReason: reason,
  })),
  ...(one.deleting ? { Status: "Delete in progress" } : {}),
  Instances: membersOf(sim, one.name).map(describedMember),
  Tags: one.tags.map(({ key, value, propagate }) => ({
    ResourceId: one.name,
    ResourceType: "auto-scaling-group",
    Key: key,
    Value: value,
    PropagateAtLaunch: propagate,
  })),
});

export const groups: SandboxService = {
  operations: {
    CreateAutoScalingGroup: operation(
      {
        AutoScalingGroupName: name.regex(/^[!-9;-~]+$/),
        ...sizes,
        LaunchTemplate: launchTemplate,
        ...settings,
        TargetGroupARNs: z.array(z.string()).optional(),
        Tags: firstTags.optional(),
      },
      (input, sim) => {
        const before = groupTable(sim).get(input.AutoScalingGroupName);
        if (before) {
          throw modelled(
            "AlreadyExists",
            `AutoScalingGroup by this name already exists - A group with the name ${before.name} already exists${before.deleting ? " and is pending delete" : ""}`,
          );
        }
        const desired = input.DesiredCapacity ?? input.MinSize;
        checkSizes({ min: input.MinSize, max: input.MaxSize, desired });
        const subnetIds = subnetsOf(sim, input.VPCZoneIdentifier);
        checkTemplate(sim, input.LaunchTemplate, subnetIds[0] ?? "");
        checkTargetGroups(sim, input.TargetGroupARNs ?? []);
        useLinkedRole(sim, linkedPrincipal("autoscaling"));
        const made: Group = {
          name: input.AutoScalingGroupName,
          arn: `arn:${partitionOf(sim.region).name}:autoscaling:${sim.region}:${sim.account}:autoScalingGroup:${uuid(sim)}:autoScalingGroupName/${input.AutoScalingGroupName}`,
          min: input.MinSize,
          max: input.MaxSize,
          desired: 0,
          templateId: input.LaunchTemplate.LaunchTemplateId,
          templateVersion: input.LaunchTemplate.Version,
          subnetIds,
          targetGroupArns: input.TargetGroupARNs ?? [],
          healthCheckType: input.HealthCheckType ?? "EC2",
          // The console's 300 is not the API's default (user guide, health check grace period).
          graceSeconds: input.HealthCheckGracePeriod ?? 0,
          warmupSeconds: input.DefaultInstanceWarmup ?? null,
          metrics: [],
          tags: tagsOf(input.Tags ?? []),
          createdAt: sim.now,
          deleting: false,
          why: "",
          failures: 0,
          retryAt: 0,
        };
        groupTable(sim).put(made.name, setDesired(sim, made, desired, "a user request created an AutoScalingGroup"));
        noteSizes(sim, made.name);
        live(sim, made.name);
        return {};
      },
    ),

    EnableMetricsCollection: operation(
      {
        AutoScalingGroupName: name,
        Granularity: z.literal("1Minute"),
        Metrics: z.array(z.enum(GROUP_METRICS)).optional(),
      },
      (input, sim) => {
        const group = groupFor(sim, input.AutoScalingGroupName);
        const metrics = [...new Set([...group.metrics, ...(input.Metrics ?? GROUP_METRICS)])].sort();
        groupTable(sim).put(group.name, { ...group, metrics });
        return {};
      },
    ),

    // Without names all of them (API reference).
    DisableMetricsCollection: operation(
      { AutoScalingGroupName: name, Metrics: z.array(z.enum(GROUP_METRICS)).optional() },
      (input, sim) => {
        const group = groupFor(sim, input.AutoScalingGroupName);
        const metrics = group.metrics.filter((one) => !(input.Metrics ?? group.metrics).some((less) => less === one));
        groupTable(sim).put(group.name, { ...group, metrics });
        return {};
      },
    ),

    DescribeAutoScalingGroups: operation(
      {
        AutoScalingGroupNames: z.array(name).max(100).optional(),
        MaxRecords: z.number().int().min(1).max(100).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        // A name that is not there is left out of the answer, not an error.
        const found = groupTable(sim)
          .allVisible()
          .filter((one) => !input.AutoScalingGroupNames?.length || input.AutoScalingGroupNames.includes(one.name));
        const from = Number(input.NextToken ?? 0);
        const to = from + (input.MaxRecords ?? 50);
        return {
          AutoScalingGroups: found.slice(from, to).map((one) => described(sim, one)),
          ...(to < found.length ? { NextToken: String(to) } : {}),
        };
      },
    ),

    UpdateAutoScalingGroup: operation(
      {
        AutoScalingGroupName: name,
        MinSize: sizes.MinSize.optional(),
        MaxSize: sizes.MaxSize.optional(),
        DesiredCapacity: sizes.DesiredCapacity,
        LaunchTemplate: launchTemplate.optional(),
        ...settings,
        VPCZoneIdentifier: settings.VPCZoneIdentifier.optional(),
        DeletionProtection: z.enum(["none", "prevent-force-deletion", "prevent-all-deletion"]).optional(),
        DefaultCooldown: z.number().int().min(0).optional(),
        NewInstancesProtectedFromScaleIn: z.boolean().optional(),
      },
      (input, sim) => {
        const group = groupFor(sim, input.AutoScalingGroupName);
        // Quoted in the user guide, "How an instance refresh works", "Limitations".
        if (input.LaunchTemplate && refreshUnderWay(sim, group.name)?.desired)
          throw invalid(
            "An active instance refresh with a desired configuration exists. All configuration options derived from the desired configuration are not available for update while the instance refresh is active.",
          );
        const min = input.MinSize ?? group.min;
        const max = input.MaxSize ?? group.max;
        // Without DesiredCapacity, new bounds move the number into them (API reference).
        const desired = input.DesiredCapacity ?? Math.min(max, Math.max(min, group.desired));
        checkSizes({ min, max, desired });
        const subnetIds =
          input.VPCZoneIdentifier === undefined ? group.subnetIds : subnetsOf(sim, input.VPCZoneIdentifier);
        if (input.LaunchTemplate) checkTemplate(sim, input.LaunchTemplate, subnetIds[0] ?? "");
        const changed: Group = {
          ...group,
          min,
          max,
          subnetIds,
          templateId: input.LaunchTemplate?.LaunchTemplateId ?? group.templateId,
          templateVersion: input.LaunchTemplate?.Version ?? group.templateVersion,
          healthCheckType: input.HealthCheckType ?? group.healthCheckType,
          graceSeconds: input.HealthCheckGracePeriod ?? group.graceSeconds,
          warmupSeconds: input.DefaultInstanceWarmup ?? group.warmupSeconds,
          deletionProtection: input.DeletionProtection ?? group.deletionProtection ?? "none",
          ...(input.DefaultCooldown === undefined ? {} : { cooldownSeconds: input.DefaultCooldown }),
          ...(input.NewInstancesProtectedFromScaleIn === undefined
            ? {}
            : { protectsNew: input.NewInstancesProtectedFromScaleIn }),
        };
        const moved = desired !== group.desired;
        groupTable(sim).put(
          group.name,
          moved
            ? setDesired(
                sim,
                changed,
                desired,
                `a user request update of AutoScalingGroup constraints to min: ${min}, max: ${max}, desired: ${desired}`,
              )
            : changed,
        );
        noteSizes(sim, group.name);
        if (moved) track(sim, group.name);
        if (moved || input.VPCZoneIdentifier !== undefined) live(sim, group.name);
        return {};
      },
    ),

    SetDesiredCapacity: operation(
      { AutoScalingGroupName: name, DesiredCapacity: z.number().int(), HonorCooldown: z.literal(false).optional() },
      ({ AutoScalingGroupName, DesiredCapacity: desired }, sim) => {
        const group = groupFor(sim, AutoScalingGroupName);
        const [bound, value] = desired < group.min ? ["below min", group.min] : ["above max", group.max];
        if (desired < group.min || desired > group.max)
          throw invalid(`New SetDesiredCapacity value ${desired} is ${bound} value ${value} for the AutoScalingGroup.`);
        if (desired === group.desired) return {};
        groupTable(sim).put(
          group.name,
          setDesired(sim, group, desired, "a user request explicitly set group desired capacity"),
        );
        noteSizes(sim, group.name);
        track(sim, group.name);
        live(sim, group.name);
        return {};
      },
    ),

    AttachLoadBalancerTargetGroups: operation(
      { AutoScalingGroupName: name, TargetGroupARNs: z.array(z.string()).min(1).max(10) },
      (input, sim) => {
        const group = groupFor(sim, input.AutoScalingGroupName);
        checkTargetGroups(sim, input.TargetGroupARNs);
        const targetGroupArns = [...new Set([...group.targetGroupArns, ...input.TargetGroupARNs])];
        groupTable(sim).put(group.name, { ...group, targetGroupArns });
        for (const member of membersOf(sim, group.name).filter(({ state }) => state === "InService"))
          for (const arn of input.TargetGroupARNs) registerTarget(sim, arn, member.instanceId);
        return {};
      },
    ),

    DetachLoadBalancerTargetGroups: operation(
      { AutoScalingGroupName: name, TargetGroupARNs: z.array(z.string()).min(1).max(10) },
      (input, sim) => {
        const group = groupFor(sim, input.AutoScalingGroupName);
        const unknown = input.TargetGroupARNs.find((arn) => !group.targetGroupArns.includes(arn));
        if (unknown) throw invalid(`Trying to remove target groups that are not part of the group: ${unknown}`);
        const targetGroupArns = group.targetGroupArns.filter((arn) => !input.TargetGroupARNs.includes(arn));
        groupTable(sim).put(group.name, { ...group, targetGroupArns });
        for (const member of membersOf(sim, group.name))
          for (const arn of input.TargetGroupARNs) deregisterTarget(sim, arn, member.instanceId);
        return {};
      },
    ),

    CreateOrUpdateTags: operation({ Tags: tags.min(1) }, ({ Tags }, sim) => {
      for (const given of Tags) {
        const group = groupTable(sim).get(given.ResourceId);
        if (!group) throw invalid(`AutoScalingGroup name not found - ${given.ResourceId}`);
        const [tag] = tagsOf([given]) as [GroupTag];
        const others = group.tags.filter(({ key }) => key !== tag.key);
        groupTable(sim).put(group.name, { ...group, tags: [...others, tag] });
      }
      return {};
    }),

    // A value takes the tag away only where it has that value (API reference).
    DeleteTags: operation({ Tags: namedTags }, ({ Tags }, sim) => {
      for (const { ResourceId, Key, Value } of Tags) {
        const group = groupTable(sim).get(ResourceId);
        if (!group) throw invalid(`AutoScalingGroup name not found - ${ResourceId}`);
        const goes = ({ key, value }: GroupTag) => key === Key && (Value === undefined || value === Value);
        groupTable(sim).put(group.name, { ...group, tags: group.tags.filter((tag) => !goes(tag)) });
      }
      return {};
    }),

    DescribeScalingActivities: operation(
      {
        AutoScalingGroupName: name,
        IncludeDeletedGroups: z.boolean().optional(),
        MaxRecords: z.number().int().min(1).max(100).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const its = activityTable(sim)
          .all()
          .filter(
            ({ group, startedAt }) => group === input.AutoScalingGroupName && startedAt > sim.now - ACTIVITIES_KEPT_MS,
          );
        const there = groupTable(sim).visible(input.AutoScalingGroupName);
        if (!there && !(input.IncludeDeletedGroups && its.length > 0))
          throw invalid(`AutoScalingGroup name not found - ${input.AutoScalingGroupName}`);
        // One of the same name that was deleted.
        const found = its
          .filter(({ startedAt }) => input.IncludeDeletedGroups || startedAt >= (there?.createdAt ?? 0))
          .sort((one, other) => other.startedAt - one.startedAt);
        const from = Number(input.NextToken ?? 0);
        const to = from + (input.MaxRecords ?? 100);
        return {
          Activities: found.slice(from, to).map((one) => ({
            ActivityId: one.id,
            AutoScalingGroupName: one.group,
            Description: one.description,
            Cause: one.cause,
            StatusCode: one.status,
            ...(one.message === null ? {} : { StatusMessage: one.message }),
            StartTime: new Date(one.startedAt),
            ...(one.endedAt === null ? {} : { EndTime: new Date(one.endedAt) }),
            Progress: one.endedAt === null ? 50 : 100,
          })),
          ...(to < found.length ? { NextToken: String(to) } : {}),
        };
      },
    ),

    DeleteAutoScalingGroup: operation(
      { AutoScalingGroupName: name, ForceDelete: z.boolean().optional() },
      (input, sim) => {
        const group = groupTable(sim).get(input.AutoScalingGroupName);
        if (!group) throw invalid(`AutoScalingGroup name not found - ${input.AutoScalingGroupName}`);
        // A ValidationError, before anything else (user guide, "Configure deletion protection"); the words are chosen.
        const { deletionProtection = "none" } = group;
        if (
          deletionProtection === "prevent-all-deletion" ||
          (deletionProtection === "prevent-force-deletion" && input.ForceDelete)
        )
          throw invalid(`AutoScalingGroup ${group.name} is protected from deletion: ${deletionProtection}`);
        const members = membersOf(sim, group.name);
        if (members.length > 0 && !input.ForceDelete) {
          if (members.some(({ state }) => state !== "InService")) {
            throw modelled(
              "ScalingActivityInProgress",
              "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.",
            );
          }
          throw modelled(
            "ResourceInUse",
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.",
          );
        }
        dropPolicies(sim, group.name);
        dropHooks(sim, group.name);
        groupTable(sim).put(group.name, { ...group, deleting: true, min: 0, max: 0, desired: 0 });
        terminateAll(sim, group.name);
        live(sim, group.name, 5_000);
        return {};
      },
    ),
  },
};
