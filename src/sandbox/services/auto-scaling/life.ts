import type { SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { terminateInstance } from "../ec2/instance-states.ts";
import { launchInstance } from "../ec2/launch.ts";
import { launchTemplateFor, requestFromTemplate, versionNumber } from "../ec2/launch-templates.ts";
import { instanceTable, subnetTable } from "../ec2/tables.ts";
import { deregisterTarget, isHealthyTarget, isUnhealthyTarget, registerTarget } from "../elb/health.ts";
import { ms } from "./durations.ts";
import {
  type Activity,
  activityTable,
  type Group,
  groupTable,
  type Member,
  membersOf,
  memberTable,
  noteSizes,
  type Refresh,
  refreshTable,
  refreshUnderWay,
  SERVICE,
  sizesTable,
  uuid,
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
/** An instance refresh that gets nowhere for an hour fails (user guide, instance refresh). */
const REFRESH_MS = 3_600_000;
/** Activities are kept for six weeks; the sandbox keeps the last of them. */
const ACTIVITIES = 100;

const at = (sim: Sim): string => `At ${new Date(sim.now).toISOString().replace(/\.\d+/, "")}`;
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

function note(sim: Sim, given: Omit<Activity, "id" | "startedAt" | "endedAt">, ended: boolean): Activity {
  const activity = { ...given, id: uuid(sim), startedAt: sim.now, endedAt: ended ? sim.now : null };
  const table = activityTable(sim);
  table.putNow(activity.id, activity);
  const old = table
    .all()
    .filter(({ group }) => group === given.group)
    .sort((one, other) => other.startedAt - one.startedAt)
    .slice(ACTIVITIES);
  for (const { id } of old) table.removeNow(id);
  return activity;
}

function finish(sim: Sim, id: string): void {
  const activity = activityTable(sim).get(id);
  if (activity) activityTable(sim).putNow(id, { ...activity, status: "Successful", endedAt: sim.now });
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
  const staying = membersOf(sim, group.name).filter(({ state }) => state !== "Terminating");
  // A refresh spreads the new ones: those that they replace leave.
  const refresh = refreshUnderWay(sim, group.name);
  const counted = refresh ? staying.filter((member) => !outdated(group, refresh, member)) : staying;
  const count = (subnetId: string) => counted.filter((member) => member.subnetId === subnetId).length;
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
  const failures = group.failures + 1;
  change(sim, group.name, {
    failures,
    retryAt: sim.now + Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** (failures - 1)),
  });
}

/** Starts one instance in that subnet. Throws as EC2 does. */
function launchIn(sim: Sim, group: Group, subnetId: string, cause: string): void {
  const template = launchTemplateFor(sim, { LaunchTemplateId: group.templateId });
  const version = versionNumber(template, group.templateVersion);
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
    activityId: activity.id,
  });
}

/** Takes an instance out of service; it is terminated when its requests have ended. */
function retire(sim: Sim, member: Member, cause: string, options: { readonly drain: boolean }): void {
  const group = groupTable(sim).get(member.group);
  const endsAt = Math.max(
    sim.now,
    ...(group?.targetGroupArns ?? []).map((arn) => deregisterTarget(sim, arn, member.instanceId)),
  );
  const waits = options.drain && endsAt > sim.now;
  const activity = note(
    sim,
    {
      group: member.group,
      description: `Terminating EC2 instance: ${member.instanceId}${waits ? " - Waiting For ELB Connection Draining." : ""}`,
      cause,
      status: waits ? "WaitingForELBConnectionDraining" : "InProgress",
      message: null,
    },
    false,
  );
  memberTable(sim).putNow(member.instanceId, {
    ...member,
    state: "Terminating",
    endsAt: waits ? endsAt : sim.now,
    activityId: activity.id,
  });
  if (!waits) end(sim, member.instanceId);
}

function end(sim: Sim, instanceId: string): void {
  if (instanceTable(sim).get(instanceId)) terminateInstance(sim, instanceId);
}

/** Terminates all at once: the group is deleted by force. */
export function terminateAll(sim: Sim, group: string): void {
  for (const member of membersOf(sim, group)) {
    if (member.state === "Terminating") end(sim, member.instanceId);
    else retire(sim, member, `${at(sim)} a user request force deleted the AutoScalingGroup.`, { drain: false });
  }
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
      for (const arn of group.targetGroupArns) registerTarget(sim, arn, member.instanceId);
    } else if (member.state === "Terminating") {
      if (state === "terminated") {
        finish(sim, member.activityId);
        memberTable(sim).removeNow(member.instanceId);
      } else if ((member.endsAt ?? 0) <= sim.now) end(sim, member.instanceId);
    }
  }
}

/** Replaces what fails: what EC2 no longer runs at once, what the load balancer finds unhealthy after the grace period. */
function heal(sim: Sim, group: Group): void {
  for (const member of membersOf(sim, group.name)) {
    if (member.state === "Terminating") continue;
    const state = instanceTable(sim).get(member.instanceId)?.state ?? "terminated";
    const lost = state !== "running" && state !== "pending";
    const graceEnds = (member.inServiceAt ?? sim.now) + group.graceSeconds * 1_000;
    const unwell =
      group.healthCheckType === "ELB" &&
      sim.now >= graceEnds &&
      group.targetGroupArns.some((arn) => isUnhealthyTarget(sim, arn, member.instanceId));
    if (!lost && !unwell) continue;
    retire(
      sim,
      { ...member, health: "Unhealthy" },
      lost
        ? `${at(sim)} an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.`
        : `${at(sim)} an instance was taken out of service in response to an ELB system health check failure.`,
      { drain: false },
    );
  }
}

/** In service long enough, and healthy behind the load balancer: a refresh may go on. */
const proven = (sim: Sim, group: Group, member: Member): boolean =>
  member.state === "InService" &&
  sim.now >= (member.inServiceAt ?? sim.now) + (group.warmupSeconds ?? group.graceSeconds) * 1_000 &&
  group.targetGroupArns.every((arn) => isHealthyTarget(sim, arn, member.instanceId));

const outdated = (group: Group, refresh: Refresh, member: Member): boolean =>
  refresh.skipMatching
    ? member.templateId !== group.templateId || member.templateVersion !== group.templateVersion
    : member.launchedAt < refresh.startedAt;

/** One step of an instance refresh; answers how many instances more than desired there may be. */
function refreshed(sim: Sim, group: Group): number {
  const refresh = refreshUnderWay(sim, group.name);
  if (!refresh) return 0;
  const put = (changes: Partial<Refresh>) => refreshTable(sim).putNow(refresh.id, { ...refresh, ...changes });
  const members = membersOf(sim, group.name);
  const staying = members.filter(({ state }) => state !== "Terminating");
  const old = staying.filter((member) => outdated(group, refresh, member));
  const good = staying.filter((member) => !old.includes(member) && proven(sim, group, member));
  if (old.length === 0 && staying.length === members.length && good.length >= group.desired) {
    put({ status: "Successful", endedAt: sim.now });
    return 0;
  }
  if (sim.now - refresh.startedAt > REFRESH_MS) {
    put({
      status: "Failed",
      endedAt: sim.now,
      reason: "The instance refresh failed because the replacement instances did not become healthy in an hour.",
    });
    return 0;
  }
  if (refresh.status === "Pending") put({ status: "InProgress" });
  const most = Math.ceil((group.desired * refresh.maxHealthy) / 100);
  const least = Math.ceil((group.desired * refresh.minHealthy) / 100);
  const serving = old.filter(({ state }) => state === "InService").length + good.length;
  const leaving = old.slice(0, Math.max(0, serving - least));
  for (const member of leaving) {
    retire(sim, member, `${at(sim)} an instance was taken out of service in response to an instance refresh.`, {
      drain: true,
    });
  }
  return Math.min(most - group.desired, old.length - leaving.length);
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
  const members = membersOf(sim, group.name);
  const staying = members.filter(({ state }) => state !== "Terminating");
  const serves = ({ state, instanceId }: Member) =>
    state === "InService" && group.targetGroupArns.every((arn) => isHealthyTarget(sim, arn, instanceId));
  const goesOn = group.balancing
    ? staying.length > group.desired && !staying.every(serves)
    : staying.length === group.desired && uneven(group, staying) && members.every(serves);
  const balancing = goesOn && refreshUnderWay(sim, group.name) === undefined;
  if (balancing !== (group.balancing ?? false)) change(sim, group.name, { balancing });
  return balancing ? 1 : 0;
}

/**
 * Keeps to the desired number. Those where the group may no longer be go first, then those of an old template version, then
 * the oldest of the fuller zone.
 */
function fill(sim: Sim, group: Group, extra: number): void {
  const staying = membersOf(sim, group.name).filter(({ state }) => state !== "Terminating");
  for (let missing = group.desired + extra - staying.length; missing > 0; missing--) {
    const now = groupTable(sim).get(group.name);
    if (!now || sim.now < now.retryAt) return;
    launch(sim, now);
  }
  // The reason is told once: what comes later has another.
  if (group.why !== "") change(sim, group.name, { why: "" });
  if (extra > 0 || refreshUnderWay(sim, group.name)) return;
  const zoneCount = (zone: string) => staying.filter((member) => member.zone === zone).length;
  const leaving = [...staying].sort(
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
  const members = membersOf(sim, group.name);
  return (
    members.length === group.desired &&
    members.every(
      ({ state, instanceId }) =>
        state === "InService" &&
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
        for (const { id, group: its } of activityTable(sim).all()) if (its === name) activityTable(sim).removeNow(id);
        for (const { id, group: its } of refreshTable(sim).all()) if (its === name) refreshTable(sim).removeNow(id);
        return;
      }
      live(sim, name, busy ? BUSY_MS : QUIET_MS);
    },
  },
};
