import { imageNotes } from "../../../steps/image-age.ts";
import { statusOf } from "../../engine/status.ts";
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
    const seen = await session.stack.refresh();
    const items = statusOf(seen);
    const inSync = items.every(({ standing }) => standing === "in-sync");
    const cost = costNow(session);
    const { config, inputs, clock } = session;
    const notes = imageNotes(config, inputs, (key) => seen.entries.get(key)?.look.live, clock.now());
    screen.result(
      [
        heading(screen.place, screen.look),
        statusView(items, graph.steps, screen.place, screen.look),
        ...notes.map((note) => `\n${note}`),
        ...(cost ? [cost.text] : []),
      ].join("\n"),
      { inSync, resources: items, notes, ...(cost ? { cost: cost.value } : {}) },
    );
    return inSync ? 0 : 3;
  });
}
