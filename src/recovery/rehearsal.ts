import { type Databases, PRIMARY } from "../../steps/databases.ts";
import { deleteWithSnapshot } from "../aws/rds/delete.ts";
import { instanceHealth, instanceNamed } from "../aws/rds/read-instances.ts";
import type { Config } from "../config/schema.ts";
import { patiently } from "../engine/observe.ts";
import type { Stack } from "../engine/stack.ts";
import type { DrillStack } from "../verify/drills/drill-stack.ts";
import { cutConnections, failOver, situationOf } from "./failover.ts";
import type { WebInstances } from "./replication.ts";
import { fence, until } from "./switch-primary.ts";
import { wholeAgain } from "./whole-again.ts";

/** What a drill does to the databases. The stack is another one after it: with other names. */
export interface Rehearsal extends Pick<DrillStack, "cutPrimary" | "failOver" | "carryOn" | "removeOld"> {
  /** The stack as it is now. */
  stack(): Stack;
}

const DELETED_SECONDS = 60 * 60;

export function databaseRehearsal({
  stack: first,
  web,
  config,
  reopened,
}: {
  readonly stack: Stack;
  readonly web: WebInstances;
  readonly config: Config;
  reopened(names: Databases): Stack | Promise<Stack>;
}): Rehearsal {
  let stack = first;
  let cut = false;
  let taken: { readonly primary: string; readonly kept: string | undefined } | undefined;
  const { aws, clock } = first.run;

  async function takeOver(say: (what: string) => void) {
    if (!taken) {
      const found = await situationOf(stack, web, true);
      // As if it were lost: it is not asked, and not waited for.
      const lost = { ...found, alive: false, planned: false };
      const { primary, kept, names } = await failOver({ stack, say }, lost, web, config.database.backupRetentionDays);
      taken = { primary, kept };
      stack = await reopened(names);
    }
    const { seen } = await wholeAgain(stack);
    const trouble = (await stack.up(seen)).settled.find(({ error }) => error !== undefined);
    if (trouble?.error) throw trouble.error;
    return taken;
  }

  return {
    stack: () => stack,
    async cutPrimary() {
      const primary = await instanceNamed(aws, stack.graph.nodes.get(PRIMARY)?.name ?? "");
      if (!primary) throw new Error("there is no primary");
      cut = true;
      const quiet = { stack, say() {} };
      const refused = await fence(quiet, primary);
      if (refused !== undefined) throw new Error(`AWS does not shut ${primary.id} off: ${refused}`);
      await cutConnections(quiet, primary);
    },
    failOver: takeOver,
    async carryOn(say) {
      if (cut) await takeOver(say);
    },
    async removeOld(id) {
      const old = await patiently(stack.run, () => instanceNamed(aws, id));
      if (!old) return `${id} is gone`;
      if (old.deletionProtection) return `${id} is protected from being deleted: it stays, and costs`;
      const snapshot = await deleteWithSnapshot(aws, old, {
        discardData: false,
        label: String(Math.round(clock.now())),
      });
      await until(stack, { what: `${id} is still being deleted`, seconds: DELETED_SECONDS }, async () => {
        const now = await instanceNamed(aws, id);
        if (now && instanceHealth(now) !== "deleting" && now.replicas.length > 0)
          throw new Error(`${id} has a replica`);
        return now === undefined ? true : undefined;
      });
      return `${id} is deleted; the snapshot ${snapshot} has what it held`;
    },
  };
}
