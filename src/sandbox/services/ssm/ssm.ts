import { composed, type SandboxService } from "../../service.ts";
import { agents } from "./agents.ts";
import { runCommand } from "./commands.ts";
import { durations } from "./durations.ts";
import { parameters } from "./parameters.ts";

/** Systems Manager: parameters, the agents on instances, Run Command. */
export const ssm: SandboxService = composed(parameters, agents, runCommand, {
  durations,
  errors: { throttled: "ThrottlingException" },
  inventory: { "ssm.parameters": "SSM parameters" },
});
