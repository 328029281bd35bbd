import { allPages } from "../pages.ts";
import type { Check } from "../preflight.ts";
import { countingCheck } from "../service-quotas/quota.ts";
import { loadBalancer } from "./load-balancer.ts";

/** An account that is new may have none at all, or far fewer than the usual 50. */
export const preflight: readonly Check[] = [
  countingCheck(
    "load balancer quota",
    { service: "elasticloadbalancing", code: "L-53DA6B97", name: "Application Load Balancers per Region" },
    loadBalancer,
    async (aws) =>
      (
        await allPages(
          (Marker) => aws.elb.describeLoadBalancers({ Marker }),
          (page) => page.LoadBalancers,
          (page) => page.NextMarker,
        )
      ).filter(({ Type }) => Type === "application").length,
  ),
];
