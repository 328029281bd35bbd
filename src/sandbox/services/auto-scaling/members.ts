import type { Sim } from "../../world.ts";
import { guardOf, terminateInstance } from "../ec2/instance-states.ts";
import { instanceTable } from "../ec2/tables.ts";
import { deregisterTarget, registerTarget } from "../elb/health.ts";
import { type Activity, activityTable, groupTable, type Member, membersOf, memberTable, uuid } from "./tables.ts";

/* How an instance comes to leave its group, and what the group notes about it. */

/** Activities are kept for six weeks; the sandbox keeps the last of them. */
const ACTIVITIES = 100;

export const at = (sim: Sim): string => `At ${new Date(sim.now).toISOString().replace(/\.\d+/, "")}`;
export function note(sim: Sim, given: Omit<Activity, "id" | "startedAt" | "endedAt">, ended: boolean): Activity {
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

export function finish(sim: Sim, id: string): void {
  const activity = activityTable(sim).get(id);
  if (activity) activityTable(sim).putNow(id, { ...activity, status: "Successful", endedAt: sim.now });
}

/** Takes an instance out of service; it is terminated when its requests have ended. */
export function retire(sim: Sim, member: Member, cause: string, options: { readonly drain: boolean }): void {
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

export function end(sim: Sim, instanceId: string): void {
  if (instanceTable(sim).get(instanceId)) terminateInstance(sim, instanceId);
}

/** Terminates all at once: the group is deleted by force. */
export function terminateAll(sim: Sim, group: string): void {
  for (const member of membersOf(sim, group)) {
    const instance = instanceTable(sim).get(member.instanceId);
    // It stays, and is nobody's any more (seen in go-to-k/cdkd#796).
    if (instance && guardOf(instance)) memberTable(sim).removeNow(member.instanceId);
    else if (member.state === "Terminating") end(sim, member.instanceId);
    else retire(sim, member, `${at(sim)} a user request force deleted the AutoScalingGroup.`, { drain: false });
  }
}

/** Takes an instance out of service for a while, when its requests have ended: it keeps running. */
export function moveToStandby(sim: Sim, member: Member, cause: string): string {
  const group = groupTable(sim).get(member.group);
  const endsAt = Math.max(
    sim.now,
    ...(group?.targetGroupArns ?? []).map((arn) => deregisterTarget(sim, arn, member.instanceId)),
  );
  const activity = note(
    sim,
    {
      group: member.group,
      description: `Moving EC2 instance to Standby: ${member.instanceId}`,
      cause,
      status: "InProgress",
      message: null,
    },
    false,
  );
  memberTable(sim).putNow(member.instanceId, { ...member, state: "EnteringStandby", endsAt, activityId: activity.id });
  return activity.id;
}

/** Puts an instance in standby back into service. */
export function moveToService(sim: Sim, member: Member, cause: string): string {
  const activity = note(
    sim,
    {
      group: member.group,
      description: `Moving EC2 instance out of Standby: ${member.instanceId}`,
      cause,
      status: "Successful",
      message: null,
    },
    true,
  );
  memberTable(sim).putNow(member.instanceId, {
    ...member,
    state: "InService",
    inServiceAt: sim.now,
    endsAt: null,
    activityId: activity.id,
  });
  for (const arn of groupTable(sim).get(member.group)?.targetGroupArns ?? [])
    registerTarget(sim, arn, member.instanceId);
  return activity.id;
}
