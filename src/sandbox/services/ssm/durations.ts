import { msOf } from "../../service.ts";

/** Seconds: typical values of the field reports behind docs/internals/sandbox.md. */
export const durations = {
  /** From running until the SSM agent has registered the instance. */
  agentOnline: 30,
  /** From SendCommand until the agent has run a short command. */
  commandRun: 2,
} as const;
export const ms = msOf(durations);
