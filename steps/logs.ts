import type { Statement } from "../src/aws/iam/role.ts";
import { logGroup } from "../src/aws/logs/log-group.ts";
import { logGroupArn, logGroupPrefix } from "../src/aws/logs/names.ts";
import { arnIn } from "../src/aws/partition.ts";
import type { Config } from "../src/config/schema.ts";
import { resource } from "../src/engine/resource.ts";
import type { LogName } from "./log-names.ts";

type Named = Pick<Config, "stack">;

const RETENTION_DAYS = 30;

/** Its name on AWS. */
export const logGroupName = ({ stack }: Named, name: LogName): string => `${logGroupPrefix(stack)}${name}`;

/** The log groups by their names: made before the machines that write to them, as those may make none. */
export function logGroups(config: Named) {
  const group = (name: LogName) =>
    resource(logGroup, `log-${name}`, logGroupName(config, name), {}, () => ({ retentionDays: RETENTION_DAYS }));
  return {
    apache: group("apache"),
    app: group("app"),
    boot: group("boot"),
    release: group("release"),
    builder: group("builder"),
    nat: group("nat"),
  } satisfies Readonly<Record<LogName, unknown>>;
}
export type LogGroups = ReturnType<typeof logGroups>;

/** What an agent needs to send lines to these logs. The groups are the stack's: one that the agent made would be without tags and keep for ever. */
export const writesTo = (config: Named & Pick<Config, "region">, names: readonly LogName[]): Statement => ({
  Effect: "Allow",
  Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
  Resource: names.map(
    (name) => `${arnIn(config.region, logGroupArn(config.region, "*", logGroupName(config, name)))}:*`,
  ),
});
