import type { Service } from "../service.ts";
import { listener } from "./listener.ts";
import { loadBalancer } from "./load-balancer.ts";
import { redirect } from "./redirect.ts";
import { targetGroup } from "./target-group.ts";

export const elb: Service<typeof import("./client.ts")> = {
  package: "elastic-load-balancing-v2",
  load: () => import("./client.ts"),
  types: [loadBalancer, targetGroup, listener, redirect],
  safety: {
    // A repeat with the same settings answers the existing one (API reference, CreateLoadBalancer and its siblings).
    CreateLoadBalancer: "name",
    SetSubnets: "same",
    SetSecurityGroups: "same",
    DeleteLoadBalancer: "same",
    CreateTargetGroup: "name",
    ModifyTargetGroup: "same",
    ModifyTargetGroupAttributes: "same",
    DeleteTargetGroup: "same",
    CreateListener: "name",
    ModifyListener: "same",
    DeleteListener: "same",
    AddTags: "same",
  },
};
