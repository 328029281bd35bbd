import type { Service } from "../service.ts";
import { group } from "./group.ts";
import { scalingPolicy } from "./scaling-policy.ts";

export const autoScaling: Service<typeof import("./client.ts")> = {
  package: "auto-scaling",
  load: () => import("./client.ts"),
  types: [group, scalingPolicy],
  safety: {
    EnableMetricsCollection: "same",
    // A repeat is refused (AlreadyExists), which would look like somebody else's group.
    CreateAutoScalingGroup: "look",
    UpdateAutoScalingGroup: "same",
    AttachLoadBalancerTargetGroups: "same",
    DetachLoadBalancerTargetGroups: "same",
    CreateOrUpdateTags: "same",
    DeleteAutoScalingGroup: "same",
    PutScalingPolicy: "same",
    DeletePolicy: "same",
    SetDesiredCapacity: "same",
    // A repeat is refused (InstanceRefreshInProgress), or starts a second refresh after a short first one.
    StartInstanceRefresh: "look",
  },
};
