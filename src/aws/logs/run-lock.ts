import type { LockPlace, Marks } from "../../state/stack-lock.ts";
import type { Aws, Call } from "../aws.ts";
import { hasCode, saysExists, undefinedIf } from "../errors.ts";
import { BUSY, NO_LOG_GROUP } from "./log-group.ts";
import { logGroupArn, runLockName } from "./names.ts";

/** What reading who holds a lock sends. */
export const lockCalls = ["logs.listTagsForResource"] as const satisfies readonly Call[];

/** Its tags. Not those of a stack's object: it is no part of the stack, and goes with the run. */
const PREFIX = "buddyverse:lock:";

/** What no tag can hold (API reference, TagResource), and what is too long. */
const asTag = (text: string): string => text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, "_").slice(0, 256);
const asTags = (marks: Marks): Record<string, string> =>
  Object.fromEntries(Object.entries(marks).map(([name, value]) => [`${PREFIX}${name}`, asTag(value)]));

/**
 * The lock of a stack's runs: an empty log group, which costs nothing. Its name is unique in an account and region, so that of two
 * runs one is refused, and it is free again as soon as it is deleted. (The name of a parameter is not for half a minute: API reference,
 * DeleteParameter.) Who holds it is in its tags.
 */
export function runLock(aws: Aws, stack: string, region = aws.region): LockPlace {
  const { logs } = aws.bookkeeping(region);
  const name = runLockName(stack);
  const resourceArn = `arn:${aws.partition}:${logGroupArn(region, aws.account, name)}`;
  return {
    path: `the lock ${name} of account ${aws.account}, ${region}`,
    async create(marks) {
      try {
        await logs.createLogGroup({ logGroupName: name, tags: asTags(marks) });
        return true;
      } catch (error) {
        // Busy: one of this name is just being deleted, or made.
        if (saysExists(error) || hasCode(error, ...BUSY)) return false;
        throw error;
      }
    },
    async read() {
      const answer = await undefinedIf(NO_LOG_GROUP, () => logs.listTagsForResource({ resourceArn }));
      const tags = Object.entries(answer?.tags ?? {}).filter(([key]) => key.startsWith(PREFIX));
      return tags.length === 0
        ? undefined
        : Object.fromEntries(tags.map(([key, value]) => [key.slice(PREFIX.length), value]));
    },
    async set(marks) {
      const done = await undefinedIf(NO_LOG_GROUP, async () => {
        await logs.tagResource({ resourceArn, tags: asTags(marks) });
        return true;
      });
      return done ?? false;
    },
    async remove() {
      const done = await undefinedIf([...NO_LOG_GROUP, ...BUSY], async () => {
        await logs.deleteLogGroup({ logGroupName: name });
        return true;
      });
      return done ?? false;
    },
  };
}
