import type { SandboxService } from "../../service.ts";
import { filterOperations } from "./filters.ts";
import { groupOperations } from "./groups.ts";
import { streamOperations } from "./streams.ts";

/** CloudWatch Logs. */
export const logs: SandboxService = {
  // Common errors and exceptions of the API reference.
  errors: {
    missingParameter: "InvalidParameterException",
    malformedParameter: "InvalidParameterException",
    throttled: "ThrottlingException",
    internal: "ServiceUnavailableException",
  },
  inventory: { "logs.groups": "log groups" },
  operations: { ...groupOperations, ...filterOperations, ...streamOperations },
};
