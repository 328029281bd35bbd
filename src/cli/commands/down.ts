import { VPC } from "../../../steps/vpc.ts";
import { afterDownView } from "../../cost/view.ts";
import { copyOf, toStop } from "../../engine/copies.ts";
import { deletable, type Farewells, farewells, secondsToDestroy } from "../../engine/destroy.ts";
import type { NodeResult } from "../../engine/node-result.ts";
import { mayHoldData } from "../../engine/observe.ts";
import { throwIfRefused } from "../../engine/refusal.ts";
import { removable } from "../../engine/resource.ts";
import type { Observed, Snapshot } from "../../engine/snapshot.ts";
import { exitCodeOf } from "../../lib/errors.ts";
import { list } from "../../lib/text.ts";
import { silentReporter } from "../../report/reporter.ts";
import { downEnd, downPreview, foreignView, type LeftAlone, leftAloneView } from "../../report/views/down.ts";
import { credentialsWarning, heading } from "../../report/views/heading.ts";
import { findForeignResources } from "../../residuals/foreign.ts";
import { ask, requireConsent } from "../ask.ts";
import { costAfterDown } from "../cost-summary.ts";
import type { CommonOptions } from "../options.ts";
import { leftAlone, residualBills } from "../residual-bills.ts";
import { again, errorJson, type Screen, screenOf } from "../screen.ts";
import { type Session, withSession } from "../session.ts";

export interface DownOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly discardData?: boolean;
  readonly deleteZone?: boolean;
}

/** Shows what goes and what stays, asks for the stack's name, removes it, and checks that nothing is left. */
export async function down(options: DownOptions): Promise<number> {
  const goOn = again("down", options, [
    ...(options.discardData ? ["--discard-data"] : []),
    ...(options.deleteZone ? ["--delete-zone"] : []),
  ]);
  requireConsent("down", options.yes ?? false, goOn);
  const discardData = options.discardData ?? false;
  const deleteKept = options.deleteZone ?? false;
  return withSession(
    options,
    { command: "down", writes: true, resolvesAddress: false, discardData, deleteKept },
    async (session) => {
      const screen = screenOf(session);
      const { config, stack } = session;
      screen.say(heading(screen.place, screen.errLook));
      const found = await stack.refresh({ orphans: "all", removing: true });
      const gone = deletable(found.entries);
      const alone = leftAlone(session, found);
      const parting = farewells(stack.run, found);
      preview(session, screen, { gone, alone, parting });
      if (deleteKept && !keepsAny(found)) screen.say("--delete-zone: the stack has no hosted zone of its own.");
      throwIfRefused(found);
      await warn(session, screen, found, gone);
      const question = `Type the stack's name, ${config.stack}, to remove it: `;
      if (gone.length > 0 && !options.yes && (await ask(question, stack.run.signal)) !== config.stack) {
        screen.say("Nothing was removed.");
        return 0;
      }
      return remove(session, screen, { found, gone, alone, parting, goOn });
    },
  );
}

/** True when something is there that a `down` keeps unless it is told otherwise. */
const keepsAny = ({ entries }: Snapshot): boolean =>
  [...entries.values()].some(
    ({ node, look }) =>
      removable(node.type) && look.live && node.type.farewell?.(look.live, { deleteKept: false })?.kept,
  );

/** "Final snapshot", "Recovery point": what a copy of an object is. */
function copyWord({ entries }: Snapshot, key: string): string {
  const { node, look } = entries.get(key) ?? {};
  const word = (look?.live && node?.type.finalCopy?.(look.live))?.replace(/^an? /, "") ?? "copy";
  return word.charAt(0).toUpperCase() + word.slice(1);
}

interface Going {
  readonly gone: readonly Observed[];
  readonly alone: readonly LeftAlone[];
  readonly parting: Farewells;
}

/** What goes, what is kept of it, and what is left alone. */
function preview({ stack }: Session, screen: Screen, { gone, alone, parting }: Going): void {
  const { discardData } = stack.run;
  const shown = gone.map(({ node, look, recorded }) => ({
    name: node.name,
    object: node.type.name,
    step: node.step,
    holdsData: mayHoldData(node.type, look.live, recorded),
    finalCopy: look.live && node.type.finalCopy?.(look.live),
  }));
  const holding = shown.filter(({ holdsData }) => holdsData);
  const stopped = toStop(stack.run, gone).map(({ node }) => node.name);
  const notes = [
    ...(stopped.length > 0
      ? [`First ${list(stopped)} is stopped, and the copies are made; nothing is deleted before they are complete.`]
      : []),
    ...parting.notes,
  ];
  const keeps = [
    ...(discardData ? [] : holding.flatMap(({ name, finalCopy }) => (finalCopy ? [`${finalCopy} of ${name}.`] : []))),
    ...parting.kept,
  ];
  if (gone.length > 0 || alone.length === 0)
    screen.say(downPreview(screen.place, shown, stack.graph.steps, { discardData, keeps, notes }, screen.errLook));
  const lost = holding.flatMap(({ name, finalCopy }) => (finalCopy ? [] : [name]));
  if (lost.length > 0) screen.say(`Deleted with all that they hold, except what AWS Backup has: ${lost.join(", ")}.`);
  if (alone.length > 0) screen.say(`\n${leftAloneView(alone, screen.errLook)}`);
}

/** What is in the way, what continues to cost, and credentials that will not hold out. */
async function warn(session: Session, screen: Screen, found: Snapshot, gone: readonly Observed[]): Promise<void> {
  const { aws, config, stack } = session;
  const { discardData, deleteKept } = stack.run;
  const vpc = found.entries.get(VPC)?.look.live;
  const others = vpc && (await findForeignResources(aws, vpc.id, config.stack));
  const inTheWay = others && foreignView(others.found, others.unseen);
  if (inTheWay) screen.say(`\n${inTheWay}`);
  const copied = gone.some((one) => copyOf(stack.run, one) !== undefined);
  if (Object.keys(stack.run.store.resources).length > 0)
    screen.say(`\n${afterDownView(costAfterDown(session, { discardData: discardData || !copied, deleteKept }))}`);
  const { credentials } = screen.place;
  const short =
    credentials &&
    gone.length > 0 &&
    credentialsWarning(credentials, secondsToDestroy(stack.run, found), screen.errLook);
  if (short) screen.say(short);
}

/** Removes it, and says how that ended. Answers the exit code. */
async function remove(
  session: Session,
  screen: Screen,
  { found, gone, alone, parting, goOn }: Going & { readonly found: Snapshot; readonly goOn: string },
): Promise<number> {
  const { stack, clock, options } = session;
  const began = clock.now();
  const wanted = new Set(gone.map(({ node }) => node.key));
  const reporter =
    gone.length > 0 ? await screen.report(stack.graph, "down", (key) => wanted.has(key)) : silentReporter;
  session.listen(reporter.emit);
  const settled = await stack.down(found).finally(reporter.stop);
  const interrupted = settled.some(({ outcome }) => outcome === "interrupted");
  const left = interrupted ? undefined : await stack.leftovers();
  const bills = interrupted ? undefined : await residualBills(session, found, left ?? []);
  const trouble = settled.find(({ outcome }) => outcome === "failed" || outcome === "interrupted");
  const snapshots = settled.flatMap(({ key, leaves }) => (leaves ? [{ what: copyWord(found, key), id: leaves }] : []));
  const ms = clock.now() - began;
  const { place, look } = screen;
  screen.result(
    downEnd(
      {
        place,
        settled: settled.filter(({ key }) => wanted.has(key)),
        left,
        alone,
        parting,
        snapshots,
        bills,
        ms,
        again: goOn,
        verbose: options.verbose ?? false,
      },
      look,
    ),
    {
      removed: removedIn(settled),
      left,
      leftAlone: alone,
      kept: parting.kept,
      notes: parting.notes,
      snapshots: snapshots.map(({ id }) => id),
      ...(bills ? { billsOn: bills.found, notLookedAt: bills.unseen } : {}),
      seconds: Math.round(ms / 1000),
      ...(trouble?.error ? { error: errorJson(trouble.error) } : {}),
    },
  );
  if (interrupted) return 5;
  if (trouble) return exitCodeOf(trouble.error);
  return left && left.length > 0 ? 1 : 0;
}

const removedIn = (settled: readonly NodeResult[]) =>
  settled
    .filter(({ outcome }) => outcome === "deleted")
    .map(({ key, name, object, id }) => ({ key, name, object, id }));
