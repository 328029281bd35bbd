import { linkedPrincipal } from "../../../aws/partition.ts";
import type { SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { launchInstance } from "../ec2/launch.ts";
import { launchTemplateFor, requestFromTemplate, versionNumber } from "../ec2/launch-templates.ts";
import { instanceTable, subnetTable } from "../ec2/tables.ts";
import { isHealthyTarget, isUnhealthyTarget, registerTarget } from "../elb/health.ts";
import { linkedRoleArn, linkedRoleUsable } from "../iam/linked-roles.ts";
import { ms } from "./durations.ts";
import { at, end, finish, note, retire } from "./members.ts";
import { counted, refreshed, templateOf } from "./refreshing.ts";
import {
  activityTable,
  type Group,
  groupTable,
  type Member,
  membersOf,
  memberTable,
  noteSizes,
  refreshTable,
  refreshUnderWay,
  runs,
  SERVICE,
  sizesTable,
  staysIn,
} from "./tables.ts";

/*
 * What a group does by itself. It looks at its instances at intervals, as AWS does, as long as it exists: takes new ones
 * into service, replaces those that fail their checks, keeps to its desired number, goes on with a refresh.
 */

const TIMER = `${SERVICE}:life`;
/** How often a group looks at itself while something is under way, and while nothing is. */
const BUSY_MS = 10_000;
const QUIET_MS = 30_000;
/** AWS waits longer after each failed start. */
const RETRY_MS = { first: 30_000, most: 300_000 };
/** The principal of the group's role. */
const ROLE = linkedPrincipal("autoscaling");
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Has a group look at itself from now on, the first time after `wait`. */
export function live(sim: Sim, group: string, wait = ms("groupActivity")): void {
  sim.world.timers = sim.world.timers.filter(({ name, about }) => name !== TIMER || about !== group);
  sim.after(wait, TIMER, group);
}

function change(sim: Sim, name: string, changes: Partial<Group>): Group | undefined {
  const group = groupTable(sim).get(name);
  if (!group) return undefined;
  const changed = { ...group, ...changes };
  groupTable(sim).putNow(name, changed);
  return changed;
}

/** Why one more is started: there are too few, one was lost, or the zones are uneven (user guide, scaling activities). */
function causeOfLaunch(sim: Sim, group: Group, staying: readonly Member[]): string {
  const { length } = staying;
  if (refreshUnderWay(sim, group.name)) return `${at(sim)} an instance was started in response to an instance refresh.`;
  if (length >= group.desired) {
    const zones = [...new Set(group.subnetIds.map((id) => subnetTable(sim).get(id)?.zone ?? ""))];
    const numbers = zones.map((zone) => staying.filter((member) => member.zone === zone).length);
    return `${at(sim)} instances were launched to balance instances in zones ${zones.join(" ")}, which had ${numbers.join(" ")} instances respectively, with other zones resulting in more than desired number of instances in the group.`;
  }
  if (group.why === "")
    return `${at(sim)} an instance was launched in response to an unhealthy instance needing to be replaced.`;
  return `${group.why} ${at(sim)} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${length} to ${length + 1}.`;
}

/**
 * Starts one instance in the zone that has the fewest, or, where EC2 has no capacity there, in another one (user guide,
 * "Instance distribution"). To even the zones out only the emptiest will do. What fails is told only in the group's
 * activities.
 */
function launch(sim: Sim, group: Group): void {
  const staying = membersOf(sim, group.name).filter(staysIn);
  const refresh = refreshUnderWay(sim, group.name);
  const there = counted(sim, group, staying);
  const count = (subnetId: string) => there.filter((member) => member.subnetId === subnetId).length;
  const subnetIds = [...group.subnetIds].sort((one, other) => count(one) - count(other));
  const evensOut = staying.length >= group.desired && !refresh;
  const cause = causeOfLaunch(sim, group, staying);
  for (const subnetId of evensOut ? subnetIds.slice(0, 1) : subnetIds) {
    try {
      launchIn(sim, group, subnetId, cause);
      change(sim, group.name, { failures: 0, retryAt: 0 });
      return;
    } catch (error) {
      const message = `${messageOf(error)} Launching EC2 instance failed.`;
      note(
        sim,
        { group: group.name, description: "Launching a new EC2 instance.", cause, status: "Failed", message },
        true,
      );
      if (!(error instanceof Error && error.name === "InsufficientInstanceCapacity")) break;
    }
  }
  backOff(sim, group.name);
}

/** A start has failed: the next comes later, and later each time. */
function backOff(sim: Sim, name: string): void {
  const failures = (groupTable(sim).get(name)?.failures ?? 0) + 1;
  change(sim, name, {
    failures,
    retryAt: sim.now + Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** (failures - 1)),
  });
}

/** Starts one instance in that subnet. Throws as EC2 does. */
function launchIn(sim: Sim, group: Group, subnetId: string, cause: string): void {
  const { templateId, templateVersion } = templateOf(sim, group);
  const template = launchTemplateFor(sim, { LaunchTemplateId: templateId });
  const version = versionNumber(template, templateVersion);
  const request = requestFromTemplate(sim, template, version, {
    subnetId,
    tags: {
      ...Object.fromEntries(group.tags.filter(({ propagate }) => propagate).map(({ key, value }) => [key, value])),
      "aws:autoscaling:groupName": group.name,
    },
  });
  const { id } = launchInstance(sim, request);
  const activity = note(
    sim,
    {
      group: group.name,
      description: `Launching a new EC2 instance: ${id}`,
      cause,
      status: "PreInService",
      message: null,
    },
    false,
  );
  memberTable(sim).putNow(id, {
    instanceId: id,
    group: group.name,
    subnetId,
    zone: subnetTable(sim).get(subnetId)?.zone ?? "",
    instanceType: request.instanceType,
    imageId: request.imageId,
    templateId: template.id,
    templateName: template.name,
    templateVersion: String(version),
    state: "Pending",
    health: "Healthy",
    launchedAt: sim.now,
    inServiceAt: null,
    endsAt: null,
    protected: group.protectsNew ?? false,
    activityId: activity.id,
  });
}

/**
 * The group acts by its role, which in an account that is new to it may be too young: every start fails, and is tried again
 * (the text: pelias-deprecated/kubernetes#32).
 */
function refuseByRole(sim: Sim, group: Group, lacking: number, staying: readonly Member[]): void {
  if (sim.now < group.retryAt) return;
  const cause = causeOfLaunch(sim, group, staying);
  const message = `Access denied when attempting to assume role ${linkedRoleArn(sim, ROLE)}. Validating load balancer configuration failed.`;
  for (let start = 0; start < lacking; start++)
    note(
      sim,
      { group: group.name, description: "Launching a new EC2 instance.", cause, status: "Failed", message },
      true,
    );
  change(sim, group.name, { retryAt: sim.now + RETRY_MS.first });
}

/** Moves the number of instances wanted: by a call, or by a scaling policy. `cause` ends the sentence "At <time> …". */
export function setDesired(sim: Sim, group: Group, desired: number, cause: string): Group {
  const text = `${at(sim)} ${cause} changing the desired capacity from ${group.desired} to ${desired}.`;
  return { ...group, desired, why: text, retryAt: 0 };
}

/** Brings what EC2 did in the meantime into the group's picture. */
function follow(sim: Sim, group: Group): void {
  for (const member of membersOf(sim, group.name)) {
    const state = instanceTable(sim).get(member.instanceId)?.state ?? "terminated";
    if (member.state === "Pending" && state === "running") {
      finish(sim, member.activityId);
      memberTable(sim).putNow(member.instanceId, { ...member, state: "InService", inServiceAt: sim.now });
      // What comes while that is suspended is not added later either (user guide, how suspended processes affect others).
      if (runs(group, "AddToLoadBalancer"))
        for (const arn of group.targetGroupArns) registerTarget(sim, arn, member.instanceId);
    } else if (member.state === "EnteringStandby" && (member.endsAt ?? 0) <= sim.now) {
      finish(sim, member.activityId);
      memberTable(sim).putNow(member.instanceId, { ...member, state: "Standby", endsAt: null });
    } else if (member.state === "Terminating") {
      if (state === "terminated") {
        finish(sim, member.activityId);
        memberTable(sim).removeNow(member.instanceId);
      } else if ((member.endsAt ?? 0) <= sim.now) end(sim, member.instanceId);
    }
  }
}

/** EC2 took the launch and ended it: the activity fails with EC2's reason. */
function failStart(sim: Sim, member: Member): void {
  const activity = activityTable(sim).get(member.activityId);
  const reason = instanceTable(sim).get(member.instanceId)?.stateReason?.message ?? "";
  const message = `Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: ${reason}`;
  if (activity) activityTable(sim).putNow(activity.id, { ...activity, status: "Failed", message, endedAt: sim.now });
  memberTable(sim).removeNow(member.instanceId);
  backOff(sim, member.group);
}

/**
 * Replaces what fails: what EC2 no longer runs at once, what the load balancer finds unhealthy after the grace period, and what somebody
 * has called unhealthy. What may not be replaced now keeps the mark, and is replaced once it may.
 */
function heal(sim: Sim, group: Group): void {
  for (const member of membersOf(sim, group.name)) {
    // Health checks leave instances in standby alone (user guide, "Temporarily remove instances").
    if (!staysIn(member)) continue;
    const state = instanceTable(sim).get(member.instanceId)?.state ?? "terminated";
    if (member.state === "Pending" && state === "terminated") {
      failStart(sim, member);
      continue;
    }
    const lost = state !== "running" && state !== "pending";
    const graceEnds = (member.inServiceAt ?? sim.now) + group.graceSeconds * 1_000;
    const unwell =
      group.healthCheckType === "ELB" &&
      sim.now >= graceEnds &&
      group.targetGroupArns.some((arn) => isUnhealthyTarget(sim, arn, member.instanceId));
    const failed = (lost || unwell) && runs(group, "HealthCheck");
    if (!failed && member.health === "Healthy") continue;
    if (!runs(group, "ReplaceUnhealthy") || !runs(group, "Terminate")) {
      memberTable(sim).putNow(member.instanceId, { ...member, health: "Unhealthy" });
      continue;
    }
    retire(
      sim,
      { ...member, health: "Unhealthy" },
      lost
        ? `${at(sim)} an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.`
        : unwell
          ? `${at(sim)} an instance was taken out of service in response to an ELB system health check failure.`
          : `${at(sim)} an instance was taken out of service in response to a user health-check.`,
      { drain: false },
    );
  }
}

/** Instances where the group may no longer be, or zones of which one has two more than another. */
function uneven({ subnetIds }: Group, staying: readonly Member[]): boolean {
  if (staying.some(({ subnetId }) => !subnetIds.includes(subnetId))) return true;
  const counts = subnetIds.map((id) => staying.filter(({ subnetId }) => subnetId === id).length);
  return Math.max(...counts) - Math.min(...counts) > 1;
}

/**
 * Evens the zones out; answers how many instances more than desired there may be: a new one is in service before one that
 * is too many goes (user guide, "Rebalancing activities").
 */
function evened(sim: Sim, group: Group): number {
  const members = membersOf(sim, group.name).filter(({ state }) => state !== "Standby");
  const staying = members.filter(staysIn);
  const serves = ({ state, instanceId }: Member) =>
    state === "InService" && group.targetGroupArns.every((arn) => isHealthyTarget(sim, arn, instanceId));
  const goesOn = group.balancing
    ? staying.length > group.desired && !staying.every(serves)
    : staying.length === group.desired && uneven(group, staying) && members.every(serves);
  const balancing =
    goesOn && runs(group, "AZRebalance") && runs(group, "Launch") && refreshUnderWay(sim, group.name) === undefined;
  if (balancing !== (group.balancing ?? false)) change(sim, group.name, { balancing });
  return balancing ? 1 : 0;
}

/**
 * Keeps to the desired number. Those where the group may no longer be go first, then those of an old template version, then
 * the oldest of the fuller zone.
 */
function fill(sim: Sim, group: Group, extra: number): void {
  const staying = membersOf(sim, group.name).filter(staysIn);
  const lacking = runs(group, "Launch") ? group.desired + extra - staying.length : 0;
  if (lacking > 0 && !linkedRoleUsable(sim, ROLE)) {
    refuseByRole(sim, group, lacking, staying);
    return;
  }
  for (let missing = lacking; missing > 0; missing--) {
    const now = groupTable(sim).get(group.name);
    if (!now || sim.now < now.retryAt) return;
    launch(sim, now);
  }
  // The reason is told once: what comes later has another.
  if (group.why !== "") change(sim, group.name, { why: "" });
  if (extra > 0 || refreshUnderWay(sim, group.name) || !runs(group, "Terminate")) return;
  const zoneCount = (zone: string) => staying.filter((member) => member.zone === zone).length;
  const leaving = staying
    .filter((member) => !member.protected)
    .sort(
      (one, other) =>
        Number(group.subnetIds.includes(one.subnetId)) - Number(group.subnetIds.includes(other.subnetId)) ||
        Number(one.templateVersion) - Number(other.templateVersion) ||
        zoneCount(other.zone) - zoneCount(one.zone) ||
        one.launchedAt - other.launchedAt,
    );
  for (const member of leaving.slice(0, Math.max(0, staying.length - group.desired))) {
    retire(
      sim,
      member,
      `${group.why === "" ? "" : `${group.why} `}${at(sim)} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from ${staying.length} to ${group.desired}. ${at(sim)} instance ${member.instanceId} was selected for termination.`,
      { drain: true },
    );
  }
}

/** As many as wanted, all in service and well, and nothing else to do. */
function whole(sim: Sim, group: Group): boolean {
  const members = membersOf(sim, group.name).filter(({ state }) => state !== "Standby");
  return (
    members.length === group.desired &&
    members.every(
      ({ state, health, instanceId }) =>
        state === "InService" &&
        health === "Healthy" &&
        instanceTable(sim).get(instanceId)?.state === "running" &&
        group.targetGroupArns.every((arn) => isHealthyTarget(sim, arn, instanceId)),
    ) &&
    !uneven(group, members) &&
    refreshUnderWay(sim, group.name) === undefined
  );
}

/** One look of a group at itself; answers whether something is under way. */
function step(sim: Sim, group: Group): boolean {
  if (!group.deleting && whole(sim, group)) return false;
  follow(sim, group);
  if (group.deleting) return true;
  heal(sim, group);
  fill(sim, groupTable(sim).get(group.name) ?? group, refreshed(sim, group) || evened(sim, group));
  noteSizes(sim, group.name);
  return !whole(sim, group);
}

export const groupLife: SandboxService = {
  operations: {},
  timers: {
    life(name, sim) {
      const group = groupTable(sim).get(name);
      if (!group) return;
      const busy = step(sim, group);
      if (group.deleting && membersOf(sim, name).length === 0) {
        groupTable(sim).removeNow(name);
        sizesTable(sim).removeNow(name);
        for (const { id, group: its } of refreshTable(sim).all()) if (its === name) refreshTable(sim).removeNow(id);
        return;
      }
      live(sim, name, busy ? BUSY_MS : QUIET_MS);
    },
  },
};
