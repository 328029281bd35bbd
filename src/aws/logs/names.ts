import { ownPath } from "../names.ts";

/** What the names of a stack's log groups begin with. */
export const logGroupPrefix = (stack: string): string => ownPath(stack);

/** What a run's lock of a stack is called. */
export const runLockName = (stack: string): string => `${logGroupPrefix(stack)}lock`;

/**
 * An ARN of a log group, without the partition. AWS writes it in two ways: to tag, untag and list the tags of a group it is this one, as
 * a resource in a policy too; all other actions are checked on what is in the group, `<this>:*` (API reference, LogGroup;
 * botocore's model: "arn" and "logGroupArn"). With `:*` those three answer "Invalid resourceArn" (boto/boto3#4104).
 */
export const logGroupArn = (region: string, account: string, name: string): string =>
  `logs:${region}:${account}:log-group:${name}`;
