import type { Call } from "../aws/aws.ts";

/** What `cost --live` sends besides what `up`, `status` and `down` do. */
export const liveCostCalls = ["ec2.describeSpotPriceHistory", "pricing.getProducts"] as const satisfies readonly Call[];
