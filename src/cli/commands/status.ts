import { heading } from "../../report/views/heading.ts";
import { statusView } from "../../report/views/status.ts";
import { costNow } from "../cost-summary.ts";
import type { CommonOptions } from "../options.ts";
import { screenOf } from "../screen.ts";
import { withSession } from "../session.ts";

/** Compares every property with what was recorded and with the config. Exit 3 when something is not in sync. */
export async function status(options: CommonOptions): Promise<number> {
  return withSession(options, { command: "status", writes: false, resolvesAddress: false }, async (session) => {
    const screen = screenOf(session);
    const { graph } = session.stack;
    const items = await session.stack.status();
    const inSync = items.every(({ standing }) => standing === "in-sync");
    const cost = costNow(session);
    screen.result(
      [
        heading(screen.place, screen.look),
        statusView(items, graph.steps, screen.place, screen.look),
        ...(cost ? [cost.text] : []),
      ].join("\n"),
      { inSync, resources: items, ...(cost ? { cost: cost.value } : {}) },
    );
    return inSync ? 0 : 3;
  });
}
