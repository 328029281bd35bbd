import type { Safety } from "../safety.ts";

export { CloudWatchClient as Client, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";

export const safety: Readonly<Record<string, Safety>> = {};
