import type { Safety } from "../safety.ts";

export {
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client as Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";

export const safety: Readonly<Record<string, Safety>> = {};
