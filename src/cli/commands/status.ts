import { imageNotes } from "../../../steps/image-age.ts";
import { countsOf, coverageOf } from "../../engine/coverage.ts";
import type { Snapshot } from "../../engine/snapshot.ts";
import { statusOf } from "../../engine/status.ts";
import { accept } from "../../engine/watching.ts";
import { acceptedView } from "../../report/views/accepted.ts";
import { atWorkView } from "../../report/views/at-work.ts";
import { countsText, coverageView } from "../../report/views/coverage.ts";
import { dangersView } from "../../report/views/dangers.ts";
import { extrasView } from "../../report/views/extras.ts";
import { heading } from "../../report/views/heading.ts";
import { statusView } from "../../report/views/status.ts";
import { type Extras, lookAround, opensSomething } from "../../residuals/extras.ts";
import { type AtWork, atWork } from "../at-work.ts";
import { costNow } from "../cost-summary.ts";
import { annotate } from "../on-github.ts";
import type { CommonOptions } from "../options.ts";
import { type Screen, screenOf } from "../screen.ts";
import { type Session, withSession } from "../session.ts";
import { repeated } from "../watch.ts";

export interface StatusOptions extends CommonOptions {
  /** Only the stack's own objects. */
  readonly managed?: boolean;
  /** Whose each property is, in place of how it stands. */
  readonly coverage?: boolean;
  /** Keys or names of objects that are to be taken as they are. */
  readonly accept?: readonly string[];
  /** Seconds between two looks; true: as many as are usual. */
  readonly watch?: number | true;
}

const NOBODY: AtWork = {};
const NONE: Extras = { found: [], unseen: [] };
const WATCH_SECONDS = 30;

/**
 * Compares every property with what was recorded and with the config, and tells what others hung on the stack's objects or put
 * into its VPC. Exit 3 when something is not in sync, or was opened.
 */
export async function status(options: StatusOptions): Promise<number> {
  const { watch, accept = [] } = options;
  const purpose = { command: "status", writes: accept.length > 0, resolvesAddress: false };
  if (watch === undefined)
    return withSession(options, purpose, async (session) => {
      const screen = screenOf(session);
      const { text, value, code } = await looked(session, screen, options);
      screen.result(text, value, "status");
      if (code === 3) annotate(options, () => [{ level: "warning", title: "Not in sync", message: text }]);
      return code;
    });
  return repeated(options, watch === true ? WATCH_SECONDS : watch, () =>
    withSession(options, purpose, (session) => looked(session, screenOf(session), options)),
  );
}

/** Whose each property is that AWS shows. */
function covered(screen: Screen, seen: Snapshot) {
  const types = coverageOf(seen);
  const counts = countsOf(types);
  const text = [heading(screen.place, screen.look), coverageView(types, screen.look), "", countsText(counts)].join(
    "\n",
  );
  return { text, value: { properties: counts, types }, news: [types], code: 0 };
}

async function looked(
  session: Session,
  screen: Screen,
  { managed = false, coverage = false, accept: names = [] }: StatusOptions,
) {
  const { config, inputs, clock, stack } = session;
  // Who accepts holds the lock itself.
  const [{ seen: first, extras }, work] = await Promise.all([
    managed || coverage ? stack.refresh().then((seen) => ({ seen, extras: NONE })) : lookAround(config.stack, stack),
    names.length > 0 || coverage ? NOBODY : atWork(session.aws, config.stack),
  ]);
  const { snapshot: seen, accepted } =
    names.length > 0 ? accept(stack.run, first, names) : { snapshot: first, accepted: [] };
  if (coverage) return covered(screen, seen);
  const properties = countsOf(coverageOf(seen));
  const items = statusOf(seen);
  const inSync = items.every(({ standing }) => standing === "in-sync");
  const cost = costNow(session);
  const notes = imageNotes(config, inputs, (key) => seen.entries.get(key)?.look.live, clock.now());
  const text = [
    heading(screen.place, screen.look),
    ...atWorkView(work, screen.look),
    ...acceptedView(accepted, screen.look),
    ...dangersView(items, extras.found, screen.look),
    statusView(items, stack.graph.steps, screen.look),
    ...(properties.managed > 0 ? [countsText(properties)] : []),
    ...extrasView(extras, screen.look),
    ...notes.map((note) => `\n${note}`),
    ...(cost ? [cost.text] : []),
  ].join("\n");
  const value = {
    inSync,
    ...(work.lock ? { lock: work.lock } : {}),
    resources: items,
    properties,
    ...(names.length > 0 ? { accepted } : {}),
    ...(managed ? {} : { extras: extras.found, notLookedAt: extras.unseen }),
    notes,
    ...(cost ? { cost: cost.value } : {}),
  };
  return { text, value, news: [items, extras, work.lock?.token], code: inSync && !opensSomething(extras) ? 0 : 3 };
}
