import { cutOff } from "../../src/sandbox/outside.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import type { Stage } from "./stage.ts";

/** What is wrong at any second while that is done: what a web instance is cut off from, and for how many seconds. */
export async function watched<T>(
  on: Pick<Stage, "sandbox" | "clock">,
  work: Promise<T>,
): Promise<{ readonly result: T; readonly cut: Readonly<Record<string, number>> }> {
  const cut: Record<string, number> = {};
  let over = false;
  const watch = async () => {
    while (!over) {
      on.sandbox.settle();
      for (const why of cutOff(simAt(on.sandbox.world, on.clock.now()))) cut[why] = (cut[why] ?? 0) + 1;
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
