import { filesTrialOf } from "../../../src/recovery/files-trial.ts";
import { databaseRehearsal } from "../../../src/recovery/rehearsal.ts";
import { webInstances } from "../../../src/recovery/replication.ts";
import { trialOf } from "../../../src/recovery/trial.ts";
import { serveSite } from "../../../src/sandbox/site.ts";
import { commandsOf } from "../../../src/verify/aws/commands.ts";
import { runDrill } from "../../../src/verify/drills/drill.ts";
import type { DrillStack } from "../../../src/verify/drills/drill-stack.ts";
import { drills } from "../../../src/verify/drills/drills.ts";
import type { DrillName, DrillResult, TimelineEntry } from "../../../src/verify/drills/result.ts";
import { machinesBy } from "../../../src/verify/machines.ts";
import type { Site } from "../../../src/verify/site.ts";
import { networkSite } from "../../../src/verify/site.ts";
import { drillStack } from "../../../steps/drills.ts";
import { INPUTS, type Stage, stageOn } from "../../lifecycle/stage.ts";
import { sourceOf } from "../rehearse.ts";

/** A drill's world on a stage of the sandbox, as the command makes it. @param change parts that shall be others */
export async function onStage<T>(
  on: Stage,
  work: (world: DrillStack) => Promise<T>,
  {
    interrupted = new AbortController().signal,
    change = () => ({}),
  }: {
    readonly interrupted?: AbortSignal;
    readonly change?: (world: DrillStack, site: Site) => Partial<DrillStack>;
  } = {},
): Promise<T> {
  const served = await serveSite(on.sandbox, on.clock);
  try {
    const resolve = (name: string, port: number) => {
      const found = served.addressOf(name, port === 443 ? 443 : 80);
      return found && { host: found.address, port: found.port };
    };
    const site = networkSite({ clock: on.clock, resolve, ca: served.ca, atOnce: 24 });
    const machines = machinesBy(commandsOf(on.aws), on.clock, new AbortController().signal);
    const commands = commandsOf(on.aws);
    const { stack, ...databases } = databaseRehearsal({
      stack: on.stack,
      web: webInstances(on.stack, machines, (ids) => commands.online(ids)),
      config: on.config,
      reopened: async (names) =>
        (await stageOn(on.config, on.clock, on.sandbox, on.text, undefined, undefined, { ...INPUTS, databases: names }))
          .stack,
    });
    const world = await drillStack(sourceOf(on), {
      ...databases,
      clock: on.clock,
      interrupted,
      site,
      machines,
      trial: trialOf(on.stack, machines, (ids) => commands.online(ids)),
      filesTrial: filesTrialOf(on.stack, on.config.stack, machines, (ids) => commands.online(ids)),
      planned: async () =>
        (await stack().plan()).items
          .filter(({ action }) => action !== "none")
          .map(({ name, action }) => `${action} ${name}`),
      async heal() {
        const { settled } = await stack().up();
        return settled
          .filter(({ outcome }) => outcome !== "unchanged")
          .map(({ outcome, name }) => `${outcome} ${name}`);
      },
    });
    return await work({ ...world, ...change(world, site) });
  } finally {
    await served.close();
  }
}

/** Does a drill, and keeps quiet. */
export const done = (
  on: Stage,
  name: DrillName,
  options?: Parameters<typeof onStage>[2] & { readonly onEntry?: (entry: TimelineEntry) => void },
): Promise<DrillResult> =>
  onStage(
    on,
    (world) =>
      runDrill(drills[name], world, {
        entry: (entry) => options?.onEntry?.(entry),
        sample() {},
        probe() {},
        cpu() {},
      }),
    options,
  );
