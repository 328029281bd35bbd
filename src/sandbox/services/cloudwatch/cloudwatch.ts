import type { SandboxService } from "../../service.ts";
import { alarms } from "./alarms.ts";
import { dashboards } from "./dashboards.ts";
import { data } from "./data.ts";
import { tagging } from "./tags.ts";

/** CloudWatch: metrics, alarms and dashboards. */
export const cloudwatch: SandboxService = {
  operations: { ...data, ...alarms, ...dashboards, ...tagging },
  errors: {
    missingParameter: "MissingRequiredParameterException",
    malformedParameter: "InvalidParameterValueException",
  },
  inventory: { "cloudwatch.alarms": "alarms", "cloudwatch.dashboards": "dashboards" },
};
