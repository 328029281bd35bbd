import type { Aws } from "../aws.ts";
import { allPages } from "../pages.ts";
import { deleteParameter } from "./names.ts";

/** Below it web instances write what came of release commands, each under its release's id. */
export const releaseResultPath = (stack: string): string => `/buddyverse/${stack}/release/`;

/** Removes what instances wrote of release commands. They carry no tags: their path is the stack's own. */
export async function deleteReleaseResults(aws: Aws, stack: string): Promise<void> {
  const found = await allPages(
    (NextToken) =>
      aws.ssm.describeParameters({
        ParameterFilters: [{ Key: "Name", Option: "BeginsWith", Values: [releaseResultPath(stack)] }],
        MaxResults: 50,
        NextToken,
      }),
    (page) => page.Parameters,
    (page) => page.NextToken,
  );
  for (const { Name = "" } of found) await deleteParameter(aws, Name);
}
