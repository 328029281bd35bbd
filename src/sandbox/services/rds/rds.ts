import type { SandboxService } from "../../service.ts";
import { groups } from "./groups.ts";
import { instances } from "./instances.ts";

export const rds: SandboxService = {
  operations: { ...groups.operations, ...instances.operations },
  timers: { ...instances.timers },
};
