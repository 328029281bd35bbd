import type { SandboxService } from "../../service.ts";
import { healthChecks } from "./health.ts";
import { listeners } from "./listeners.ts";
import { loadBalancers } from "./load-balancers.ts";
import { tagging } from "./tags.ts";
import { targetGroups } from "./target-groups.ts";

const parts: readonly SandboxService[] = [loadBalancers, targetGroups, listeners, tagging, healthChecks];

export const elb: SandboxService = {
  operations: Object.assign({}, ...parts.map((part) => part.operations)),
  timers: Object.assign({}, ...parts.map((part) => part.timers)),
};
