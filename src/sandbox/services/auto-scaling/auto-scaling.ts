import { composed, type SandboxService } from "../../service.ts";
import { durations } from "./durations.ts";
import { groups } from "./groups.ts";
import { hooks } from "./hooks.ts";
import { groupLife } from "./life.ts";
import { metrics } from "./metrics.ts";
import { policies } from "./policies.ts";
import { processes } from "./processes.ts";
import { refreshes } from "./refreshes.ts";
import { standby } from "./standby.ts";

/** Auto Scaling. What its scaling policies do, moving `desired` by a group's metrics, goes through `setDesired` in life.ts. */
export const autoScaling: SandboxService = composed(groups, hooks, policies, processes, refreshes, standby, groupLife, {
  durations,
  metrics,
  errors: { missingParameter: "ValidationError", malformedParameter: "ValidationError" },
  inventory: { "autoScaling.groups": "Auto Scaling groups", "autoScaling.policies": "scaling policies" },
});
