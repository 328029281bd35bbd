import type { InstanceRefresh, RefreshPreferences } from "@aws-sdk/client-auto-scaling";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";

/** The latest instance refresh of a group. */
export interface Refresh {
  readonly id: string;
  readonly status: string;
  readonly underWay: boolean;
  /** The launch template that it brings, and its version; none when it was started for what the group had. */
  readonly template: { readonly id: string; readonly version: string } | undefined;
  /** How far it is, and what AWS says of it: why it waits, or why it was rolled back. */
  readonly text: string;
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

function read(one: InstanceRefresh): Refresh {
  const status = one.Status ?? "";
  const template = one.DesiredConfiguration?.LaunchTemplate;
  const back = one.RollbackDetails;
  const percent = status.startsWith("Rollback") ? back?.PercentageCompleteOnRollback : one.PercentageComplete;
  const what = `instance refresh${template?.Version ? ` to launch template version ${template.Version}` : ""}`;
  const reasons = [back?.RollbackReason, one.StatusReason].filter(Boolean);
  return {
    id: one.InstanceRefreshId ?? "",
    status,
    underWay: UNDER_WAY.has(status),
    template: template && { id: template.LaunchTemplateId ?? "", version: template.Version ?? "" },
    text: `${what}: ${[`${status}${percent === undefined ? "" : `, ${percent} %`}`, ...reasons].join(": ")}`,
  };
}
