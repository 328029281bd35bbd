import { noWayOut } from "../../src/sandbox/services/ec2/reach.ts";
import { instanceTable } from "../../src/sandbox/services/ec2/tables.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import type { Stage } from "./stage.ts";

/** What is wrong at any second while that is done: which web instance has no way out, for how many seconds. */
export async function watched<T>(
  on: Pick<Stage, "sandbox" | "clock">,
  work: Promise<T>,
): Promise<{ readonly result: T; readonly cut: object }> {
  const cut: Record<string, number> = {};
  let over = false;
  const watch = async () => {
    while (!over) {
      on.sandbox.settle();
      const sim = simAt(on.sandbox.world, on.clock.now());
      for (const instance of instanceTable(sim).all()) {
        if (instance.state !== "running" || instance.httpFrom === null) continue;
        const why = noWayOut(sim, instance);
        if (why !== undefined) cut[why] = (cut[why] ?? 0) + 1;
      }
      await on.clock.sleep(1000);
    }
  };
  const watching = watch();
  try {
    return { result: await work, cut };
  } finally {
    over = true;
    await watching;
  }
}
