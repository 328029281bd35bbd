import type { Narrowed, PolicyScope } from "../permissions.ts";
import { logGroupArn, logGroupPrefix, runLockName } from "./names.ts";

/**
 * The stack's log groups by what their names begin with, so that those of an older config can be deleted, too. The star is for what
 * is in a group as well: most actions are checked on that (`names.ts`). DescribeLogGroups knows no resource. Who lists the stacks of the
 * account reads who holds their locks.
 */
export function narrowed({ stack, region, arn, inputs }: PolicyScope): readonly Narrowed[] {
  const own = { Sid: "LogGroups", Resource: arn(`${logGroupArn(region, "*", logGroupPrefix(stack))}*`) };
  const locks = logGroupArn("*", "*", runLockName("*"));
  const readsLocks = inputs("ListTagsForResource").some(({ resourceArn }) => resourceArn === locks);
  return [
    ...(readsLocks
      ? [
          {
            takes: (action: string) => action === "ListTagsForResource",
            statements: [own, { Sid: "Locks", Resource: arn(locks) }],
          },
        ]
      : []),
    { takes: (action) => action !== "DescribeLogGroups", statements: [own] },
  ];
}
