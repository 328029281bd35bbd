import { composed, type SandboxService } from "../../service.ts";
import { durations } from "./durations.ts";
import { healthChecks } from "./health.ts";
import { listeners } from "./listeners.ts";
import { loadBalancers } from "./load-balancers.ts";
import { metrics } from "./metrics.ts";
import { rules } from "./rules.ts";
import { tagging } from "./tags.ts";
import { targetGroups } from "./target-groups.ts";

export const elb: SandboxService = composed(loadBalancers, targetGroups, listeners, rules, tagging, healthChecks, {
  durations,
  metrics,
  errors: { missingParameter: "ValidationError", malformedParameter: "ValidationError" },
  quotas: { "elasticloadbalancing/L-53DA6B97": { name: "Application Load Balancers per Region", value: 50 } },
  inventory: {
    "elb.loadBalancers": "load balancers",
    "elb.listeners": "listeners",
    "elb.targetGroups": "target groups",
  },
});
