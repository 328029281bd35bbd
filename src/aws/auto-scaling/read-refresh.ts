import type { InstanceRefresh, RefreshPreferences } from "@aws-sdk/client-auto-scaling";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { allPages } from "../pages.ts";

/** The latest instance refresh of a group. */
export interface Refresh {
  readonly id: string;
  readonly status: string;
  readonly underWay: boolean;
  /** It brings something new, and can be rolled back or cancelled. */
  readonly advancing: boolean;
  /** The launch template that it brings, and its version; none when it was started for what the group had. */
  readonly template: { readonly id: string; readonly version: string } | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Undefined: it has not ended. */
  readonly endedAt: number | undefined;
  /** How many of the group's instances have the new version, percent: in a rollback it goes back to 0. */
  readonly percent: number | undefined;
  /** What AWS says of it: why it waits, or why it was rolled back; "": nothing. */
  readonly reason: string;
}

const UNDER_WAY = new Set(["Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress"]);

/**
 * New instances first, then the old ones go: at 150 % two become three. The group gets the new version only when all have
 * it; where that does not come to be, AWS puts the old ones back (API reference, RefreshPreferences). One that is protected
 * from scale-in serves like the others and is replaced, too: left alone it would be waited for, an hour long. One in standby
 * serves nobody, and somebody looks at it: it stays, and is replaced by the next `up` once it serves again.
 */
export const PREFERENCES: RefreshPreferences = {
  MinHealthyPercentage: 100,
  MaxHealthyPercentage: 150,
  SkipMatching: true,
  ScaleInProtectedInstances: "Refresh",
  StandbyInstances: "Ignore",
};

/** How Auto Scaling says that there is no group of that name. */
export const NO_GROUP = [{ code: "ValidationError", message: /not found/i }];

export async function latestRefresh(aws: Aws, AutoScalingGroupName: string): Promise<Refresh | undefined> {
  // Newest first (API reference).
  const answer = await undefinedIf(NO_GROUP, () =>
    aws.autoScaling.describeInstanceRefreshes({ AutoScalingGroupName, MaxRecords: 1 }),
  );
  const [latest] = answer?.InstanceRefreshes ?? [];
  return latest && read(latest);
}

/** All that AWS still has of a group's instance refreshes, the newest first: those of six weeks (API reference). */
export async function allRefreshes(aws: Aws, AutoScalingGroupName: string): Promise<readonly Refresh[]> {
  const found = await undefinedIf(NO_GROUP, () =>
    allPages(
      (NextToken) => aws.autoScaling.describeInstanceRefreshes({ AutoScalingGroupName, NextToken }),
      (page) => page.InstanceRefreshes,
      (page) => page.NextToken,
    ),
  );
  return (found ?? []).map(read);
}

function read(one: InstanceRefresh): Refresh {
  const status = one.Status ?? "";
  const template = one.DesiredConfiguration?.LaunchTemplate;
  return {
    id: one.InstanceRefreshId ?? "",
    status,
    underWay: UNDER_WAY.has(status),
    advancing: status === "Pending" || status === "InProgress",
    template: template && { id: template.LaunchTemplateId ?? "", version: template.Version ?? "" },
    startedAt: one.StartTime?.getTime() ?? 0,
    endedAt: one.EndTime?.getTime(),
    percent: one.PercentageComplete,
    reason: [one.RollbackDetails?.RollbackReason, one.StatusReason].filter(Boolean).join(" "),
  };
}

/**
 * How far it is: "release 2: 1 of 2 replaced (InProgress: Waiting for instances to warm up …)".
 * @param desired instances of the group
 */
export function refreshText({ status, template, percent = 0, underWay, reason }: Refresh, desired: number): string {
  const done = Math.round((percent * desired) / 100);
  const far =
    status === "RollbackInProgress"
      ? `is rolled back, ${done} of ${desired} to put back`
      : underWay && status !== "Pending"
        ? `${done} of ${desired} replaced`
        : "";
  const why = [status, reason.replace(/\.$/, "")].filter(Boolean).join(": ");
  const subject = template?.version ? `release ${template.version}` : "instance refresh";
  return far === "" ? `${subject}: ${why}` : `${subject}${far.startsWith("is") ? "" : ":"} ${far} (${why})`;
}
