import type { UserDataScript } from "../../../steps/scripts/user-data.ts";
import { workTakes } from "../services/ec2/cpu.ts";
import { ms as ec2Ms } from "../services/ec2/durations.ts";
import { changeInstance } from "../services/ec2/instance-states.ts";
import { type Instance, instanceTable } from "../services/ec2/tables.ts";
import type { Sim } from "../world.ts";
import { builder } from "./builder.ts";
import { durations, ms } from "./durations.ts";
import { type BootScript, say } from "./guest.ts";
import { nat } from "./nat.ts";
import { readUserData } from "./scripts.ts";
import { web } from "./web.ts";

/** Every script that the stack sends as user data. One that is not here does not compile. */
const SCRIPTS: Readonly<Record<UserDataScript, BootScript>> = {
  "nat-setup": nat,
  "web-builder": builder,
  "web-user-data": web,
};
const SETTINGS = {
  "nat-setup": nat.settings,
  "web-builder": builder.settings,
  "web-user-data": web.settings,
};

const TRY_AGAIN_MS = 15_000;

/** Throws `sandbox` for user data that the sandbox cannot run. @param userData base64 */
export function checkUserData(userData: string): void {
  readUserData(userData, SETTINGS);
}

const scriptOf = ({ userData }: Instance): BootScript | undefined =>
  userData === null ? undefined : SCRIPTS[readUserData(userData, SETTINGS).name];

/** A boot without user data. */
const PLAIN_BOOT = { cpuSeconds: 20, seconds: 60 };

/** From running until the script is tried first: later where the instance has no CPU credits, milliseconds. */
const triedAfter = (instance: Instance, { takes }: BootScript): number => Math.max(ms(takes), workTakes(instance));

/** An instance has come up: its user data runs. */
export function boot(id: string, sim: Sim): void {
  const instance = instanceTable(sim).get(id);
  if (!instance) return;
  say(sim, instance, "Linux version 6.8.0-aws, cloud-init: running user data");
  const script = scriptOf(instance);
  const work = script ? { cpuSeconds: script.cpuSeconds, seconds: durations[script.takes] } : PLAIN_BOOT;
  changeInstance(sim, id, { work });
  if (script) sim.after(triedAfter({ ...instance, work }, script), "guests:boot", id);
}

/** The script is tried, again and again until it is done or gives up. */
export function attempt(id: string, sim: Sim): void {
  const instance = instanceTable(sim).get(id);
  const script = instance?.state === "running" ? scriptOf(instance) : undefined;
  if (!instance || !script) return;
  const found = script.attempt(sim, instance);
  const givesUpAt =
    instance.launchedAt + ec2Ms("instanceRunning") + triedAfter(instance, script) + script.triesForSeconds * 1_000;
  if (found === "done") script.succeed(sim, instance);
  else if ("fails" in found) script.fail(sim, instance, found.fails);
  else if (sim.now >= givesUpAt) script.fail(sim, instance, found.waitsFor);
  else sim.after(TRY_AGAIN_MS, "guests:boot", id);
}
