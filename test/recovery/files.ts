import { reachedInstances } from "../../src/recovery/replication.ts";
import { chosenPoint, mustBeOpen, recoveredFiles, switchFiles, type Wanted } from "../../src/recovery/restore-files.ts";
import { commandsOf } from "../../src/verify/aws/commands.ts";
import { machinesBy } from "../../src/verify/machines.ts";
import type { Stage } from "../lifecycle/stage.ts";

export const LATEST: Wanted = { until: Number.POSITIVE_INFINITY };

/** A web instance, through Run Command. */
export async function webInstance(on: Stage) {
  const commands = commandsOf(on.aws);
  const [instance = ""] = await reachedInstances(on.stack, (ids) => commands.online(ids));
  return { machines: machinesBy(commands, on.clock, on.run.signal), instance };
}

/** What `buddyverse restore files` does. */
export async function restoreFiles(on: Stage, wanted: Wanted, { open = false, switches = true } = {}) {
  const web = await webInstance(on);
  const point = await chosenPoint(on.stack, "buddyverse", wanted);
  if (!open) await mustBeOpen(on.stack, point, "the same with --open-vault");
  const restoration = { stack: on.stack, name: "buddyverse", point, ...web, say: () => {} };
  const recovered = await recoveredFiles(restoration);
  if ("aside" in recovered) return { aside: recovered.aside };
  return { recovered, aside: switches ? await switchFiles(restoration, recovered) : undefined };
}
