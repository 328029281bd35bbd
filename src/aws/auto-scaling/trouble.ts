import type { Activity } from "@aws-sdk/client-auto-scaling";
import type { Aws } from "../aws.ts";
import { failureIn, type ReleaseReport } from "../ssm/release-report.ts";

export type { Activity };

/* Why instances do not come to serve, from the activities of their group: that is told nowhere else. */

/** AWS gives no more in one answer (API reference, DescribeScalingActivities); it keeps them for six weeks. */
const LATEST = 100;

/** The latest activities of a group, the newest first. @param IncludeDeletedGroups also of those that had its name before */
export async function latestActivities(
  aws: Aws,
  AutoScalingGroupName: string,
  IncludeDeletedGroups = false,
): Promise<readonly Activity[]> {
  const { Activities = [] } = await aws.autoScaling.describeScalingActivities({
    AutoScalingGroupName,
    MaxRecords: LATEST,
    ...(IncludeDeletedGroups ? { IncludeDeletedGroups } : {}),
  });
  return Activities;
}

/** Those that began then or later. @param from milliseconds since 1970 */
export const since = (from: number, activities: readonly Activity[]): readonly Activity[] =>
  activities.filter(({ StartTime }) => (StartTime?.getTime() ?? 0) >= from);

/** Why an instance could not be started that no later attempt will change. */
const DEFINITE =
  /vCPU (capacity|limit)|VcpuLimitExceeded|free tier|not eligible|InvalidAMI|image id .* does not exist|Unsupported|not supported|launch template .* (does not exist|not found)|security group .* does not exist|subnet ID .* does not exist|key pair .* does not exist|KMS|not authorized|UnauthorizedOperation|PendingVerification|being (verified|validated)|OptInRequired|InvalidParameter/i;
/** So many failed starts in a row are not bad luck. AWS itself goes on trying. */
const FAILED_STARTS = 3;
/**
 * In an account that never had a group AWS makes the role by which groups act, and the first starts fail until that is known
 * everywhere, a minute or two later (pelias-deprecated/kubernetes#32). A role that was broken otherwise fails for longer.
 */
const NO_ROLE_YET = /AWSServiceRoleForAutoScaling/;
/** For so long after the group was made, milliseconds. */
const ROLE_SPREADS_MS = 5 * 60_000;
/** An instance that its group removes as unhealthy within this time of its start never worked, milliseconds. */
const SHORT_LIFE_MS = 30 * 60_000;

/**
 * Why a group does not reach its capacity, from its latest activities (newest first): failed starts are told nowhere else.
 * Undefined while it may still come right by itself.
 * @param createdAt of the group, milliseconds since 1970
 */
export function troubleIn(activities: readonly Activity[], desired: number, createdAt = 0): string | undefined {
  const about = (kind: RegExp) => activities.filter(({ Description = "" }) => kind.test(Description));
  const withoutRole = ({ StatusCode, StatusMessage = "", StartTime }: Activity) =>
    StatusCode === "Failed" &&
    NO_ROLE_YET.test(StatusMessage) &&
    (StartTime?.getTime() ?? 0) < createdAt + ROLE_SPREADS_MS;
  const starts = about(/^Launching/).filter((start) => !withoutRole(start));
  const worked = starts.findIndex(({ StatusCode }) => StatusCode !== "Failed");
  const failed = worked === -1 ? starts.length : worked;
  const why = starts[0]?.StatusMessage ?? "";
  if (failed >= FAILED_STARTS || (failed > 0 && DEFINITE.test(why))) return why;

  const startOf = new Map(starts.map((start) => [instanceIn(start), start.StartTime?.getTime()]));
  const ends = about(/^Terminating/);
  const lasted = ends.findIndex((end) => {
    const started = startOf.get(instanceIn(end));
    const unwell = /health[- ]check/i.test(end.Cause ?? "");
    return !unwell || started === undefined || (end.StartTime?.getTime() ?? 0) - started > SHORT_LIFE_MS;
  });
  const shortLived = lasted === -1 ? ends.length : lasted;
  // Each place in the group was filled twice, in vain.
  return shortLived >= 2 * Math.max(1, desired)
    ? `the last ${shortLived} instances started but did not pass the health check: ${ends[0]?.Cause ?? ""}`
    : undefined;
}

const instanceIn = ({ Description = "" }: Activity) => /\bi-[0-9a-f]+/.exec(Description)?.[0];

/** Why a release comes to nothing for certain. */
export interface Doom {
  readonly why: string;
  /** The instance that showed it; undefined: none could be started. */
  readonly instanceId: string | undefined;
  /** What that instance said of it. */
  readonly told?: ReleaseReport;
}

/**
 * Why what a refresh has started will not come to serve, however long one waits: it cannot be launched, says itself that it does
 * not come up, or did not pass the load balancer's check in its grace period. Undefined while it may still come right. A lack of
 * capacity may pass, and an instance that ends by itself may have met bad luck.
 * @param activities of the group since the refresh began, the latest first: all that is started then is of the new version
 * @param report what an instance told last of a release, this one or another
 */
export function doomIn(activities: readonly Activity[], report?: ReleaseReport): Doom | undefined {
  const starts = activities.filter(({ Description = "" }) => Description.startsWith("Launching"));
  const started = new Set(starts.flatMap((start) => instanceIn(start) ?? []));
  const failure = report && started.has(report.instance) ? failureIn(report) : undefined;
  if (report && failure !== undefined) return { why: failure, instanceId: report.instance, told: report };
  const ended = activities.find(
    (end) =>
      /^Terminating/.test(end.Description ?? "") &&
      /\bELB\b.*health[- ]check/i.test(end.Cause ?? "") &&
      started.has(instanceIn(end) ?? ""),
  );
  if (ended)
    return {
      why: `${instanceIn(ended)} did not pass the load balancer's health check: ${sentence(ended.Cause)}`,
      instanceId: instanceIn(ended),
    };
  const [last] = starts;
  return last?.StatusCode === "Failed" && DEFINITE.test(last.StatusMessage ?? "")
    ? { why: sentence(last.StatusMessage), instanceId: instanceIn(last) }
    : undefined;
}

/** AWS's words as a part of a sentence. */
export const sentence = (text = ""): string => text.replace(/\.$/, "");
