import { logGroup } from "../src/aws/logs/log-group.ts";
import { logGroupPrefix } from "../src/aws/logs/names.ts";
import type { Config } from "../src/config/schema.ts";
import { resource } from "../src/engine/resource.ts";

/** What the web instances send, each to a log group of its own. */
export const LOGS = ["apache", "app", "boot", "release"] as const;
export type LogName = (typeof LOGS)[number];

const RETENTION_DAYS = 30;

/** Key of a log group. */
export const logKey = (name: LogName): string => `log-${name}`;
/** Its name on AWS. */
export const logGroupName = (stack: string, name: LogName): string => `${logGroupPrefix(stack)}${name}`;

/** The log groups: made before the instances, which may write to them and make none. */
export const logGroups = ({ stack }: Pick<Config, "stack">) =>
  LOGS.map((name) =>
    resource(logGroup, logKey(name), logGroupName(stack, name), {}, () => ({ retentionDays: RETENTION_DAYS })),
  );
