import type { Identified, ResourceType } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { ownPath } from "../names.ts";
import {
  createParameter,
  deleteParameter,
  findParameter,
  NAME_TAKEN,
  parameterText,
  retag,
  taggedParameters,
} from "./names.ts";

const PATH = "release/report";
/** Where web instances write what came of a release. */
export const releaseReportName = (stack: string): string => `${ownPath(stack)}${PATH}`;
export const isReleaseReport = (name: string): boolean => name.endsWith(`/${PATH}`);

/** What the first instance of a release that came so far says of it (web-release.py); the last one that was told. */
export interface ReleaseReport {
  readonly result: "succeeded" | "failed";
  /** Of the release command, or of what comes before and after it: all that an instance does until it serves. */
  readonly stage: "release" | "boot";
  /** The id of the instance. */
  readonly instance: string;
  readonly seconds: number;
  /** The end of what it printed, without the values of secrets. */
  readonly output: string;
}

/** Nothing is asked of it but to be there. */
export type ReleaseReportSpec = Readonly<Record<never, never>>;

/** Before the first release. */
const NONE = "{}";

/** What came of the last release that had something to tell; undefined: none had, or there is no such parameter. */
export async function readReleaseReport(aws: Aws, stack: string): Promise<ReleaseReport | undefined> {
  const text = (await parameterText(aws, releaseReportName(stack))) ?? NONE;
  try {
    const found = JSON.parse(text) as Partial<ReleaseReport>;
    return found.result === undefined ? undefined : (found as ReleaseReport);
  } catch {
    // Somebody else has written it.
    return undefined;
  }
}

/** "the release command failed on i-0a1b2c3d, after 12 s"; undefined: it did not. */
export function failureIn({ result, stage, instance, seconds, output }: ReleaseReport): string | undefined {
  if (result !== "failed") return undefined;
  return stage === "release"
    ? `the release command failed on ${instance}, after ${seconds} s`
    : `${instance} does not come up: ${output.split("\n")[0]}`;
}

/** So many lines of what it printed are shown. */
const LINES = 30;

/** What it printed, as the end of a sentence; "": the reason says it all. */
export function printed({ stage, output }: ReleaseReport): string {
  // The first line is the reason, the others are the application's.
  const lines = output
    .trimEnd()
    .split("\n")
    .slice(stage === "boot" ? 1 : 0);
  if (lines.join("") === "") return stage === "boot" ? "" : "it printed nothing";
  return `${stage === "boot" ? "the application's last words" : "it printed"}:\n${lines.slice(-LINES).join("\n")}`;
}

/**
 * A parameter that `up` makes, so that it is the stack's own and goes with it, and whose value is the instances'. The release that
 * is brought is the only one that writes to it.
 */
export const releaseReport: ResourceType<ReleaseReportSpec, Identified> = {
  name: "ssm:release-report",
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 1 },
  retryable: { create: NAME_TAKEN, update: ["TooManyUpdates"] },

  tagsUnread: true,
  listNeedsExtraCalls: true,
  list: async (aws, stack) => (await taggedParameters(aws, stack, "String")).filter(({ id }) => isReleaseReport(id)),

  async find(aws, owner, id) {
    const found = await findParameter(aws, owner, id);
    return found && { id: found.name };
  },

  create: (aws, _spec, owner) => createParameter(aws, owner, { Type: "String", Value: NONE }),
  update: (aws, { id }, _spec, changed, owner) => retag(aws, id, changed, owner),
  delete: (aws, { id }) => deleteParameter(aws, id),
};
