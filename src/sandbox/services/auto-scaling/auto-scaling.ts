import type { SandboxService } from "../../service.ts";
import { groups } from "./groups.ts";
import { groupLife } from "./life.ts";
import { policies } from "./policies.ts";
import { refreshes } from "./refreshes.ts";

const parts: readonly SandboxService[] = [groups, policies, refreshes, groupLife];

/** Auto Scaling. What its scaling policies do, moving `desired` by a group's metrics, goes through `setDesired` in life.ts. */
export const autoScaling: SandboxService = {
  operations: Object.assign({}, ...parts.map((part) => part.operations)),
  timers: Object.assign({}, ...parts.map((part) => part.timers)),
};
