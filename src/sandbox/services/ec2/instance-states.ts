import { awsError } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { ms } from "./durations.ts";
import { type Instance, instanceTable, interfaceTable } from "./tables.ts";

/** Terminated instances stay visible for about an hour (EC2 user guide). */
export const VISIBLE_MS = 3_600_000;

export const instanceNotFound = (id: string) =>
  awsError("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);

/** The instance as another call may refer to it: it must be visible already. */
export function instanceFor(sim: Sim, id: string): Instance {
  const instance = instanceTable(sim).visible(id) && instanceTable(sim).get(id);
  if (!instance) throw instanceNotFound(id);
  return instance;
}

/** Changes an instance as AWS does by itself: at once visible. Nothing when it is gone. */
export function changeInstance(sim: Sim, id: string, change: Partial<Instance>): void {
  const instance = instanceTable(sim).get(id);
  if (instance) instanceTable(sim).putNow(id, { ...instance, ...change });
}

/** EC2 keeps the console as it is now, for those who do not ask for the latest (API reference, GetConsoleOutput). */
export function keepConsole(sim: Sim, id: string): void {
  const instance = instanceTable(sim).get(id);
  if (instance) changeInstance(sim, id, { keptConsole: instance.console });
}

/** What ends with a machine's run. */
const ended = (sim: Sim, { runningUntil, runningFrom, stress }: Instance) => ({
  httpFrom: null,
  routes: null,
  runningUntil: runningFrom === null ? null : (runningUntil ?? sim.now),
  stress: stress.map(({ from, until }) => ({ from, until: Math.min(until, sim.now) })),
});

const USER_SHUTDOWN = {
  code: "Client.UserInitiatedShutdown",
  message: "Client.UserInitiatedShutdown: User initiated shutdown",
};
const OWN_SHUTDOWN = {
  code: "Client.InstanceInitiatedShutdown",
  message: "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
};

/** The attribute that keeps callers from terminating it: stop protection does as well (EC2 user guide, "Enable stop protection"). */
export function guardOf(instance: Instance): "disableApiTermination" | "disableApiStop" | undefined {
  if (instance.state === "terminated" || instance.state === "shutting-down") return undefined;
  if (instance.disableApiTermination) return "disableApiTermination";
  return instance.disableApiStop ? "disableApiStop" : undefined;
}

/** Terminates an instance, by a caller or an Auto Scaling group; again is nothing. */
export function terminateInstance(sim: Sim, id: string): Instance {
  const instance = instanceFor(sim, id);
  if (instance.state === "shutting-down" || instance.state === "terminated") return instance;
  const ending: Instance = {
    ...instance,
    state: "shutting-down",
    stateReason: USER_SHUTDOWN,
    ...ended(sim, instance),
  };
  instanceTable(sim).putNow(id, ending);
  sim.tell("instanceEnded", id);
  sim.after(ms("instanceTerminated"), "ec2:instance-terminated", id);
  return ending;
}

/** AWS ends a launch that it had taken: for want of capacity, of volumes, of a key. The reason stands only on the instance. */
export function failLaunch(sim: Sim, id: string, code: string, message: string): void {
  const instance = instanceTable(sim).get(id);
  if (!instance) return;
  interfaceTable(sim).removeNow(instance.interfaceId);
  changeInstance(sim, id, {
    state: "terminated",
    stateReason: { code, message: `${code}: ${message}` },
    publicIp: null,
  });
  sim.after(VISIBLE_MS, "ec2:instance-forgotten", id);
}

/** Stops an instance. @param own it powers itself off (`shutdown -h now`, `init 0`), as its shutdown behavior says. */
export function stopInstance(sim: Sim, id: string, own: boolean): Instance | undefined {
  const instance = instanceTable(sim).get(id);
  if (!instance || (instance.state !== "running" && instance.state !== "pending")) return instance;
  const terminates = own && instance.shutdownBehavior === "terminate";
  const stopping: Instance = {
    ...instance,
    state: terminates ? "shutting-down" : "stopping",
    stateReason: own ? OWN_SHUTDOWN : USER_SHUTDOWN,
    ...ended(sim, instance),
  };
  instanceTable(sim).putNow(id, stopping);
  sim.tell("instanceEnded", id);
  if (terminates) sim.after(ms("instanceTerminated"), "ec2:instance-terminated", id);
  else sim.after(ms("instanceStopped"), "ec2:instance-stopped", id);
  return stopping;
}

/** An automatically assigned public address goes with a stop. */
export function releaseAddress(sim: Sim, { interfaceId }: Instance): void {
  const eni = interfaceTable(sim).get(interfaceId);
  if (eni) interfaceTable(sim).putNow(eni.id, { ...eni, publicIp: null });
}
