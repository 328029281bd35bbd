import { awsError } from "../../service.ts";
import type { Sim, Table } from "../../world.ts";

export const SERVICE = "auto-scaling";

export interface GroupTag {
  readonly key: string;
  readonly value: string;
  readonly propagate: boolean;
}
/** What a group does by itself, and may be told to leave (API reference, SuspendProcesses). */
export const PROCESSES = [
  "Launch",
  "Terminate",
  "AddToLoadBalancer",
  "AlarmNotification",
  "AZRebalance",
  "HealthCheck",
  "InstanceRefresh",
  "ReplaceUnhealthy",
  "ScheduledActions",
] as const;
export type Process = (typeof PROCESSES)[number];
export type DeletionProtection = "none" | "prevent-force-deletion" | "prevent-all-deletion";
export interface Group {
  readonly name: string;
  readonly arn: string;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly templateId: string;
  readonly templateVersion: string;
  readonly subnetIds: readonly string[];
  readonly targetGroupArns: readonly string[];
  readonly healthCheckType: "EC2" | "ELB";
  readonly graceSeconds: number;
  readonly warmupSeconds: number | null;
  readonly tags: readonly GroupTag[];
  /** Group metrics that CloudWatch collects. */
  readonly metrics: readonly string[];
  readonly createdAt: number;
  readonly deleting: boolean;
  /** Absent: none. */
  readonly deletionProtection?: DeletionProtection;
  /** Absent: none. */
  readonly suspended?: readonly { readonly process: Process; readonly reason: string }[];
  /** Absent: AWS's default, 300. Only simple scaling policies, which the sandbox does not know, wait for it. */
  readonly cooldownSeconds?: number;
  /** Absent: new instances are not protected from scale-in. */
  readonly protectsNew?: boolean;
  /** Why the number of instances changes next, for the activity's Cause. */
  readonly why: string;
  /** Starts that failed in a row, and when AWS tries again. */
  readonly failures: number;
  readonly retryAt: number;
  /** It evens its zones out: one more than desired until all serve. */
  readonly balancing?: boolean;
}
/** An instance of a group. */
export interface Member {
  readonly instanceId: string;
  readonly group: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly templateId: string;
  readonly templateName: string;
  readonly templateVersion: string;
  readonly state: "Pending" | "InService" | "EnteringStandby" | "Standby" | "Terminating";
  readonly health: "Healthy" | "Unhealthy";
  readonly launchedAt: number;
  readonly inServiceAt: number | null;
  /** When its requests have ended, so that it may be terminated, or is in standby. */
  readonly endsAt: number | null;
  /** Scaling in leaves it; what fails its health checks is replaced all the same (user guide, scale-in protection). */
  readonly protected: boolean;
  /** The activity that is under way for it. */
  readonly activityId: string;
}
export interface Activity {
  readonly id: string;
  readonly group: string;
  readonly description: string;
  readonly cause: string;
  readonly status: "PreInService" | "InProgress" | "WaitingForELBConnectionDraining" | "Successful" | "Failed";
  readonly message: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
}
export interface Policy {
  readonly name: string;
  readonly group: string;
  readonly arn: string;
  readonly metric: string;
  readonly target: number;
  readonly alarms: readonly { readonly name: string; readonly arn: string }[];
}
/** The launch template, and its version as it was given. */
export interface Template {
  readonly templateId: string;
  readonly templateVersion: string;
}
export interface Refresh {
  readonly id: string;
  readonly group: string;
  readonly status:
    | "Pending"
    | "InProgress"
    | "Successful"
    | "Failed"
    | "Cancelling"
    | "Cancelled"
    | "RollbackInProgress"
    | "RollbackFailed"
    | "RollbackSuccessful";
  readonly reason: string | null;
  /** The configuration that the group gets when the refresh has succeeded; null: it refreshes to the one that it has. */
  readonly desired: Template | null;
  readonly preferences: {
    readonly minHealthy: number;
    readonly maxHealthy: number;
    /** Seconds; null: the group's. */
    readonly warmup: number | null;
    readonly skipMatching: boolean;
    readonly autoRollback: boolean;
    readonly scaleInProtected: "Refresh" | "Ignore" | "Wait";
    readonly standby: "Terminate" | "Ignore" | "Wait";
  };
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Instances to update, in all and still. */
  readonly total: number | null;
  readonly left: number | null;
  /** When one was last updated. */
  readonly progressAt: number;
  readonly rollback: {
    readonly reason: string;
    readonly startedAt: number;
    readonly total: number;
    readonly left: number;
    /** Instances that are still to be put back. */
    readonly deployed: number;
  } | null;
}

/** What a group's metrics say, from each change on. */
export interface Sizes {
  readonly group: string;
  readonly changes: readonly Size[];
}
export interface Size {
  readonly at: number;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly inService: number;
  readonly pending: number;
  readonly standby: number;
  readonly terminating: number;
}

export const sizesTable = (sim: Sim): Table<Sizes> => sim.table("autoScaling.sizes");
export const groupTable = (sim: Sim): Table<Group> => sim.table("autoScaling.groups");
export const memberTable = (sim: Sim): Table<Member> => sim.table("autoScaling.members");
export const activityTable = (sim: Sim): Table<Activity> => sim.table("autoScaling.activities");
export const policyTable = (sim: Sim): Table<Policy> => sim.table("autoScaling.policies");
export const refreshTable = (sim: Sim): Table<Refresh> => sim.table("autoScaling.refreshes");

export const membersOf = (sim: Sim, group: string): Member[] =>
  memberTable(sim)
    .all()
    .filter((member) => member.group === group);

/** How many changes of its sizes are kept for CloudWatch. */
const CHANGES = 200;

/** Keeps the group's sizes for CloudWatch, when they have changed. */
export function noteSizes(sim: Sim, name: string): void {
  const group = groupTable(sim).get(name);
  if (!group) {
    sizesTable(sim).removeNow(name);
    return;
  }
  const states = membersOf(sim, name).map(({ state }) => state);
  const count = (wanted: Member["state"]) => states.filter((state) => state === wanted).length;
  const { min, max, desired } = group;
  const counts = {
    min,
    max,
    desired,
    inService: count("InService"),
    pending: count("Pending"),
    standby: count("Standby"),
    terminating: count("Terminating"),
  };
  const changes = sizesTable(sim).get(name)?.changes ?? [];
  const last = changes.at(-1);
  if (last && JSON.stringify({ ...last, at: 0 }) === JSON.stringify({ at: 0, ...counts })) return;
  sizesTable(sim).putNow(name, { group: name, changes: [...changes, { at: sim.now, ...counts }].slice(-CHANGES) });
}

/** Whether the group does that by itself now. */
export const runs = ({ suspended = [] }: Group, process: Process): boolean =>
  suspended.every((one) => one.process !== process);

/** Those that count towards the desired number: neither leaving nor in standby. */
export const staysIn = ({ state }: Member): boolean => state === "Pending" || state === "InService";

const ACTIVE: ReadonlySet<Refresh["status"]> = new Set(["Pending", "InProgress", "Cancelling", "RollbackInProgress"]);

export const refreshUnderWay = (sim: Sim, group: string): Refresh | undefined =>
  refreshTable(sim)
    .all()
    .find((one) => one.group === group && ACTIVE.has(one.status));

export const modelled = (code: string, message: string): Error => awsError(`${code}Fault`, message, { code });
export const invalid = (message: string): Error => awsError("ValidationError", message);
export const noGroup = (): Error => invalid("AutoScalingGroup name not found - null");

/** The group as a call may refer to it: visible already, and not on its way out. */
export function groupFor(sim: Sim, name: string): Group {
  const group = groupTable(sim).visible(name) && groupTable(sim).get(name);
  if (!group || group.deleting) throw noGroup();
  return group;
}

export const uuid = (sim: Sim): string => [8, 4, 4, 4, 12].map((digits) => sim.hex(digits)).join("-");
