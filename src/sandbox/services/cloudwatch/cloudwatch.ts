import type { SandboxService } from "../../service.ts";
import { alarms } from "./alarms.ts";
import { dashboards } from "./dashboards.ts";
import { tagging } from "./tags.ts";

/** CloudWatch: alarms and dashboards. */
export const cloudwatch: SandboxService = { operations: { ...alarms, ...dashboards, ...tagging } };
