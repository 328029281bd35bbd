import type { Safety } from "../safety.ts";

export { DescribeDBInstancesCommand, RDSClient as Client } from "@aws-sdk/client-rds";

export const safety: Readonly<Record<string, Safety>> = {};
