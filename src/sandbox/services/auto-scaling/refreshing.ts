import type { Sim } from "../../world.ts";
import { launchTemplateFor, versionNumber } from "../ec2/launch-templates.ts";
import { isHealthyTarget } from "../elb/health.ts";
import { at, retire } from "./members.ts";
import {
  type Group,
  groupTable,
  type Member,
  membersOf,
  type Refresh,
  refreshTable,
  refreshUnderWay,
  runs,
  staysIn,
  type Template,
} from "./tables.ts";

/*
 * What an instance refresh does (user guide, "How an instance refresh works in an Auto Scaling group"): it replaces the
 * instances by and by, gives the group its new configuration when all are replaced, and can be cancelled or rolled back.
 */

/** "Keeps retrying for an hour … If the problem persists after an hour, the operation fails" (the same, "Limitations"). */
const PATIENCE_MS = 3_600_000;

/** The configuration that new instances are started with: during a refresh the desired one (the same, "Desired configuration"). */
export function templateOf(sim: Sim, group: Group): Template {
  const refresh = refreshUnderWay(sim, group.name);
  const desired = refresh?.status === "Pending" || refresh?.status === "InProgress" ? refresh.desired : null;
  return desired ?? group;
}

/** A version as a number: "$Latest" and "$Default" move. */
function versionOf(sim: Sim, { templateId, templateVersion }: Template): string {
  try {
    return String(versionNumber(launchTemplateFor(sim, { LaunchTemplateId: templateId }), templateVersion));
  } catch {
    return templateVersion;
  }
}

/** True for what the refresh, or its rollback, has still to replace. */
function outdated(sim: Sim, group: Group, refresh: Refresh, member: Member): boolean {
  const { skipMatching, scaleInProtected, standby } = refresh.preferences;
  if (member.protected && scaleInProtected === "Ignore") return false;
  if (isStandby(member) && standby === "Ignore") return false;
  if (!skipMatching && refresh.status !== "RollbackInProgress") return member.launchedAt < refresh.startedAt;
  const wanted = templateOf(sim, group);
  return member.templateId !== wanted.templateId || member.templateVersion !== versionOf(sim, wanted);
}

const isStandby = ({ state }: Member): boolean => state === "Standby" || state === "EnteringStandby";

/** Those that a refresh counts as there already when it spreads new ones over the zones: what they replace leaves. */
export function counted(sim: Sim, group: Group, staying: readonly Member[]): readonly Member[] {
  const refresh = refreshUnderWay(sim, group.name);
  return refresh ? staying.filter((member) => !outdated(sim, group, refresh, member)) : staying;
}

/** In service long enough, and healthy behind the load balancer. */
const proven = (sim: Sim, group: Group, { preferences }: Refresh, member: Member): boolean =>
  member.state === "InService" &&
  sim.now >=
    (member.inServiceAt ?? sim.now) + (preferences.warmup ?? group.warmupSeconds ?? group.graceSeconds) * 1_000 &&
  group.targetGroupArns.every((arn) => isHealthyTarget(sim, arn, member.instanceId));

/** Begins to put the group back to what it was. @param reason as RollbackDetails tells it; the words are chosen. */
export function rollBack(sim: Sim, refresh: Refresh, reason: string): Refresh {
  const rolling: Refresh = {
    ...refresh,
    status: "RollbackInProgress",
    reason: null,
    progressAt: sim.now,
    rollback: {
      reason,
      startedAt: sim.now,
      total: refresh.total ?? 0,
      left: refresh.left ?? 0,
      deployed: (refresh.total ?? 0) - (refresh.left ?? 0),
    },
  };
  refreshTable(sim).putNow(refresh.id, rolling);
  return rolling;
}

function fail(sim: Sim, refresh: Refresh, reason: string): void {
  if (refresh.status === "RollbackInProgress")
    refreshTable(sim).putNow(refresh.id, { ...refresh, status: "RollbackFailed", reason, endedAt: sim.now });
  else if (refresh.preferences.autoRollback) rollBack(sim, refresh, `Automatic rollback. ${reason}`);
  else refreshTable(sim).putNow(refresh.id, { ...refresh, status: "Failed", reason, endedAt: sim.now });
}

function succeed(sim: Sim, group: Group, refresh: Refresh): void {
  const back = refresh.status === "RollbackInProgress";
  refreshTable(sim).putNow(refresh.id, {
    ...refresh,
    status: back ? "RollbackSuccessful" : "Successful",
    reason: null,
    // Of a rollback: those that were not updated before it (API reference, InstancesToUpdate).
    left: back ? refresh.left : 0,
    rollback: refresh.rollback && { ...refresh.rollback, deployed: 0 },
    endedAt: sim.now,
  });
  if (!back && refresh.desired) groupTable(sim).putNow(group.name, { ...group, ...refresh.desired });
}

/** What a refresh that replaces nothing now waits for. AWS's words where they are known ("warm up": AWS CLI's examples), else chosen. */
function waitsFor(sim: Sim, group: Group, refresh: Refresh, members: readonly Member[]): string | null {
  const held = members.filter((member) => outdated(sim, group, refresh, member));
  const standby = held.find((member) => isStandby(member) && refresh.preferences.standby === "Wait");
  const guarded = held.find((member) => member.protected && refresh.preferences.scaleInProtected === "Wait");
  const young = members.find(
    (member) => staysIn(member) && !held.includes(member) && !proven(sim, group, refresh, member),
  );
  if (young)
    return `Waiting for instances to warm up before continuing. For example: ${young.instanceId} is warming up.`;
  if (standby) return `Waiting for instances to leave Standby. For example: ${standby.instanceId} is in Standby.`;
  if (guarded)
    return `Waiting for scale-in protection to be removed from instances. For example: ${guarded.instanceId} is protected from scale in.`;
  return null;
}

/** One step of a refresh; answers how many instances more than desired there may be. */
export function refreshed(sim: Sim, group: Group): number {
  const refresh = refreshUnderWay(sim, group.name);
  if (!refresh) return 0;
  const members = membersOf(sim, group.name);
  if (refresh.status === "Cancelling") {
    // In-flight launches and terminations end first (API reference, WaitForTransitioningInstances).
    if (members.every(({ state }) => state === "InService" || state === "Standby"))
      refreshTable(sim).putNow(refresh.id, { ...refresh, status: "Cancelled", endedAt: sim.now });
    return 0;
  }
  const { minHealthy, maxHealthy, scaleInProtected, standby } = refresh.preferences;
  const old = members.filter((member) => member.state !== "Terminating" && outdated(sim, group, refresh, member));
  const kept = members.filter((member) => staysIn(member) && !old.includes(member));
  const good = kept.filter((member) => proven(sim, group, refresh, member));
  if (old.length === 0 && good.length >= group.desired && members.every(({ state }) => state !== "Terminating")) {
    succeed(sim, group, refresh);
    return 0;
  }
  const rolls = refresh.status === "RollbackInProgress";
  const total = refresh.total ?? old.length;
  const left = rolls ? refresh.left : Math.min(total, old.length + (kept.length - good.length));
  const noted: Refresh = {
    ...refresh,
    status: rolls ? "RollbackInProgress" : "InProgress",
    total,
    left,
    reason: waitsFor(sim, group, refresh, members),
    progressAt: left !== refresh.left || !runs(group, "InstanceRefresh") ? sim.now : refresh.progressAt,
    rollback: refresh.rollback && { ...refresh.rollback, deployed: Math.min(refresh.rollback.deployed, old.length) },
  };
  refreshTable(sim).putNow(refresh.id, noted);
  if (sim.now - noted.progressAt > PATIENCE_MS) {
    fail(sim, noted, noted.reason ?? "The replacement instances did not become healthy within an hour.");
    return 0;
  }
  // Suspended it pauses, and neither does it replace any where nothing may be started or ended (user guide, as above).
  if (!runs(group, "InstanceRefresh") || !runs(group, "Launch") || !runs(group, "Terminate")) return 0;
  const mayGo = old.filter(
    (member) =>
      (!member.protected || scaleInProtected === "Refresh") && (!isStandby(member) || standby === "Terminate"),
  );
  const cause = `${at(sim)} an instance was taken out of service in response to an instance refresh.`;
  for (const member of mayGo.filter(isStandby)) retire(sim, member, cause, { drain: false });
  const most = Math.ceil((group.desired * maxHealthy) / 100);
  const least = Math.ceil((group.desired * minHealthy) / 100);
  const serving = old.filter(({ state }) => state === "InService").length + good.length;
  const replaceable = mayGo.filter((member) => !isStandby(member));
  const leaving = replaceable.slice(0, Math.max(0, serving - least));
  for (const member of leaving) retire(sim, member, cause, { drain: true });
  // "Launch the new instances first … if the minimum healthy percentage is set to 100 percent" (user guide, how it works).
  const ahead = minHealthy === 100 ? Math.max(most, group.desired + 1) : most;
  return Math.max(0, Math.min(ahead - group.desired, replaceable.length - leaving.length));
}
