import type { Safety } from "../safety.ts";

export { AutoScalingClient as Client, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";

export const safety: Readonly<Record<string, Safety>> = {};
