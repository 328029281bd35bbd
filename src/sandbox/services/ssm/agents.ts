import type { SandboxService } from "../../service.ts";
import type { Sim, Table } from "../../world.ts";
import { noWayOut } from "../ec2/reach.ts";
import { type Instance, instanceTable } from "../ec2/tables.ts";
import { profileAllows } from "../iam/iam.ts";
import { ms } from "./durations.ts";

/** An instance whose agent has registered it with Systems Manager. */
export interface Agent {
  readonly instanceId: string;
  readonly registeredAt: number;
}
export const agentTable = (sim: Sim): Table<Agent> => sim.table("ssm.agents");

const TRY_AGAIN_MS = 60_000;

/**
 * The ways on which an agent gets its commands; one is enough (Systems Manager user guide,
 * systems-manager-setting-up-messageAPIs).
 */
const CHANNELS = [
  ["ssmmessages:CreateControlChannel", "ssmmessages:OpenControlChannel"],
  ["ec2messages:AcknowledgeMessage", "ec2messages:GetMessages", "ec2messages:SendReply"],
];

/** The role lets the agent work, and it reaches Systems Manager: both images of the stack bring the agent with them. */
function works(sim: Sim, instance: Instance): boolean {
  const may = (action: string) => profileAllows(sim, instance.profileArn, action, "*");
  return (
    instance.state === "running" &&
    may("ssm:UpdateInstanceInformation") &&
    CHANNELS.some((actions) => actions.every(may)) &&
    noWayOut(sim, instance) === undefined
  );
}

/** True when Systems Manager reaches the instance's agent now. */
export function isOnline(sim: Sim, instanceId: string): boolean {
  const instance = instanceTable(sim).get(instanceId);
  return agentTable(sim).get(instanceId) !== undefined && instance !== undefined && works(sim, instance);
}

/** An instance's agent tries to register it, until it succeeds or the instance stops. */
function register(instanceId: string, sim: Sim): void {
  const instance = instanceTable(sim).get(instanceId);
  // Without a role it never asks; a role that comes later is not simulated.
  if (instance?.state !== "running" || instance.profileArn === null || agentTable(sim).get(instanceId)) return;
  if (works(sim, instance)) agentTable(sim).putNow(instanceId, { instanceId, registeredAt: sim.now });
  else sim.after(TRY_AGAIN_MS, "ssm:agent", instanceId);
}

export const agents: SandboxService = {
  operations: {},
  timers: { agent: register },
  hooks: {
    instanceStarted: (instanceId, sim) => sim.after(ms("agentOnline"), "ssm:agent", instanceId),
    // A terminated instance is managed no longer.
    instanceTerminated: (instanceId, sim) => agentTable(sim).removeNow(instanceId),
  },
};
