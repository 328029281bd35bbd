import type { Narrowed, PolicyScope } from "../permissions.ts";
import { logGroupArn, logGroupPrefix } from "./names.ts";

/**
 * The stack's log groups by what their names begin with, so that those of an older config can be deleted, too. The star is for what
 * is in a group as well: most actions are checked on that (`names.ts`). DescribeLogGroups knows no resource.
 */
export const narrowed = ({ stack, region, arn }: PolicyScope): readonly Narrowed[] => [
  {
    takes: (action) => action !== "DescribeLogGroups",
    statements: [{ Sid: "LogGroups", Resource: arn(`${logGroupArn(region, "*", logGroupPrefix(stack))}*`) }],
  },
];
