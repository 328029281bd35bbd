import { planUp } from "../engine/plan.ts";
import { throwIfRefused } from "../engine/refusal.ts";
import type { Snapshot } from "../engine/snapshot.ts";
import type { Stack } from "../engine/stack.ts";

const IDLE: ReadonlySet<string> = new Set(["none", "retain", "blocked"]);
/** The steps in which a change of the primary shows: the databases, and what watches them. */
const TOUCHED: ReadonlySet<string> = new Set(["rds", "dashboard"]);

/**
 * What `up` is to do once another instance is the primary: a new replica, and alarms that watch both. Where the config asks for
 * more than that, only what concerns the databases is done. Throws `refused`.
 * @param stack opened with the names that are right now
 */
export async function wholeAgain(
  stack: Stack,
): Promise<{ readonly seen: Snapshot; readonly step: string | undefined }> {
  const whole = await stack.refresh();
  const others = planUp(whole).items.filter(({ action, step }) => !IDLE.has(action) && !TOUCHED.has(step ?? ""));
  const step = others.length === 0 ? undefined : "rds";
  const seen = step === undefined ? whole : await stack.refresh({ step });
  throwIfRefused(seen);
  return { seen, step };
}
