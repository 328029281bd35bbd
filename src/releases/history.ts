import { GROUP_KEY } from "../../steps/auto-scaling.ts";
import { LAUNCH_TEMPLATE_KEY } from "../../steps/image.ts";
import type { GroupLive } from "../aws/auto-scaling/group.ts";
import { allRefreshes, type Refresh } from "../aws/auto-scaling/read-refresh.ts";
import { type Activity, doomIn, latestActivities, since } from "../aws/auto-scaling/trouble.ts";
import { listImages } from "../aws/ec2/image.ts";
import type { LaunchTemplateLive, TemplateVersion } from "../aws/ec2/launch-template.ts";
import { type ReleaseReport, readReleaseReport } from "../aws/ssm/release-report.ts";
import type { Stack } from "../engine/stack.ts";

/**
 * How a release ended. `first`: the group was made with it. `unknown`: AWS keeps the record of a replacement for six weeks.
 * `never started`: the run ended before that.
 */
export type ReleaseResult =
  | "first"
  | "succeeded"
  | "under way"
  | "being rolled back"
  | "rolled back"
  | "failed"
  | "cancelled"
  | "never started"
  | "unknown";

/** A release: a version of the launch template, and what came of it. */
export interface Release {
  readonly version: TemplateVersion;
  /** Instances start from it: what the group goes back to. */
  readonly current: boolean;
  readonly result: ReleaseResult;
  /** AWS's own reason, where it gives one; "": none. */
  readonly reason: string;
  /** How long the instances were being replaced; undefined: not known, or not over. */
  readonly seconds: number | undefined;
  /** Its image is there: it can be gone back to. */
  readonly imageThere: boolean;
}

/** The releases of a stack, and the objects that tell of them. */
export interface History {
  /** The newest first. */
  readonly releases: readonly Release[];
  readonly template: LaunchTemplateLive;
  readonly group: GroupLive;
}

const RESULTS: Readonly<Record<string, ReleaseResult>> = {
  Successful: "succeeded",
  Failed: "failed",
  Cancelling: "cancelled",
  Cancelled: "cancelled",
  RollbackInProgress: "being rolled back",
  RollbackFailed: "failed",
  RollbackSuccessful: "rolled back",
};

/** Looks at the releases that there are. Undefined: there is no site yet. Only reads. */
export async function historyOf({ run, find, graph }: Stack): Promise<History | undefined> {
  const [template, group] = await Promise.all([
    find(LAUNCH_TEMPLATE_KEY) as Promise<LaunchTemplateLive | undefined>,
    find(GROUP_KEY) as Promise<GroupLive | undefined>,
  ]);
  if (!template || !group) return undefined;
  const stack = graph.nodes.get(GROUP_KEY)?.owner.stack ?? "";
  const [refreshes, activities, images, told] = await Promise.all([
    allRefreshes(run.aws, group.id),
    latestActivities(run.aws, group.id),
    listImages(run.aws, stack),
    readReleaseReport(run.aws, stack),
  ]);
  const there = new Set(images.filter(({ state }) => state === "available").map(({ id }) => id));
  return {
    template,
    group,
    releases: template.versions.map((version): Release => {
      const refresh = refreshes.find(({ template: its }) => its?.version === String(version.number));
      return {
        version,
        current: String(version.number) === group.own.version,
        ...outcomeOf(version.number, refresh, Number(group.own.version), { activities, told }),
        imageThere: there.has(version.imageId),
      };
    }),
  };
}

/** @param refresh the last that brought it */
function outcomeOf(
  number: number,
  refresh: Refresh | undefined,
  current: number,
  tell: Tellers,
): Pick<Release, "result" | "reason" | "seconds"> {
  if (refresh)
    return {
      result: RESULTS[refresh.status] ?? "under way",
      reason: reasonOf(refresh, tell),
      seconds: refresh.endedAt === undefined ? undefined : Math.round((refresh.endedAt - refresh.startedAt) / 1000),
    };
  const result = number === 1 ? "first" : number > current ? "never started" : "unknown";
  return { result, reason: "", seconds: undefined };
}

/** What tells why a release failed: the group's activities, and what an instance told last. */
interface Tellers {
  readonly activities: readonly Activity[];
  readonly told: ReleaseReport | undefined;
}

/** Of one that ended in vain: why, where that is still kept. */
function reasonOf({ status, reason, startedAt, endedAt }: Refresh, { activities, told }: Tellers): string {
  if (endedAt === undefined || status === "Successful") return reason;
  const its = since(startedAt, activities).filter(({ StartTime }) => (StartTime?.getTime() ?? 0) <= endedAt);
  return doomIn(its, told)?.why ?? reason;
}
