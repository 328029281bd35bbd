import type { Safety } from "../safety.ts";

export { DescribeFileSystemsCommand, EFSClient as Client } from "@aws-sdk/client-efs";

export const safety: Readonly<Record<string, Safety>> = {};
