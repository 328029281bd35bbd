import { restoredBeside } from "../aws/rds/beside.ts";
import { deleteInstance } from "../aws/rds/delete.ts";
import { type InstanceLive, instanceHealth } from "../aws/rds/read-instances.ts";
import { refusesInState } from "../aws/rds/succession.ts";
import { patiently } from "../engine/observe.ts";
import type { Stack } from "../engine/stack.ts";
import { BuddyError } from "../lib/errors.ts";
import type { Trial } from "../verify/drills/drill-stack.ts";
import type { Machines } from "../verify/machines.ts";
import { compareContents } from "./contents.ts";
import { namesBeside, restorationOf, restoring } from "./restore-database.ts";

/** What its instances are for, by their names: nothing else is ever removed. */
const PURPOSE = "drill";

/** The database's newest backup, restored beside it, read, and removed again. */
export function trialOf(
  stack: Stack,
  machines: Machines,
  online: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
): Trial {
  const { run, graph } = stack;
  const { aws } = run;
  const stackName = graph.nodes.get("database")?.owner.stack ?? "";
  const prefix = namesBeside({ stack: stackName, region: aws.region }, PURPOSE);
  const copies = async (): Promise<readonly InstanceLive[]> =>
    (await patiently(run, () => restoredBeside(aws, stackName))).filter(({ id }) => id.startsWith(prefix));
  const foreseen = () => restorationOf(stack, { kind: "time", at: undefined }, PURPOSE);
  let ready: InstanceLive | undefined;
  return {
    async refuses() {
      try {
        await foreseen();
        return undefined;
      } catch (error) {
        if (error instanceof BuddyError && error.code === "refused") return error.message;
        throw error;
      }
    },
    async begin(say) {
      const restoration = await foreseen();
      const look = await restoring({ stack, say }, restoration, { retentionDays: 0 });
      return {
        name: restoration.name,
        primary: restoration.primary.id,
        asOf: restoration.asOf,
        async isReady() {
          ready ??= await patiently(run, look);
          return ready !== undefined;
        },
      };
    },
    async read() {
      if (!ready) throw new Error("nothing is restored yet");
      const found = await compareContents(stack, machines, online, ready);
      if ("unseen" in found) throw new Error(`what is in ${ready.id} could not be looked at: ${found.unseen}`);
      const { running, restored } = found;
      if ("error" in restored) throw new Error(`${ready.id} does not answer (MySQL error ${restored.error})`);
      const counted = (side: typeof restored) => ({
        tables: side.tables,
        rows: [...side.rows.values()].reduce((sum, { count }) => sum + count, 0),
      });
      return {
        version: restored.version,
        ...counted(restored),
        running: "error" in running ? undefined : counted(running),
      };
    },
    async remove() {
      const all = await copies();
      for (const one of all) {
        if (instanceHealth(one) === "deleting") continue;
        try {
          await patiently(run, () => deleteInstance(aws, one));
        } catch (error) {
          // It is still being made, or its backup is.
          if (!refusesInState(error)) throw error;
        }
      }
      return all.length === 0;
    },
  };
}
