import { VPC } from "../../../steps/vpc.ts";
import { afterDownView } from "../../cost/view.ts";
import { copyOf, toStop } from "../../engine/copies.ts";
import { deletable, type Farewells, farewells, forecastDown, leaving, secondsToDestroy } from "../../engine/destroy.ts";
import type { NodeResult } from "../../engine/node-result.ts";
import { mayHoldData } from "../../engine/observe.ts";
import { throwIfRefused } from "../../engine/refusal.ts";
import { removable } from "../../engine/resource.ts";
import type { Run } from "../../engine/run.ts";
import { dependentsOf, type Observed, type Snapshot } from "../../engine/snapshot.ts";
import { BuddyError, exitCodeOf } from "../../lib/errors.ts";
import { centsIfKnown, roundToCents } from "../../lib/money.ts";
import { list } from "../../lib/text.ts";
import { silentReporter } from "../../report/reporter.ts";
import { downEnd, downPreview, foreignView, type LeftAlone, leftAloneView } from "../../report/views/down.ts";
import { credentialsWarning, heading } from "../../report/views/heading.ts";
import { objectText } from "../../report/views/items.ts";
import { findForeignResources } from "../../residuals/foreign.ts";
import { ask, requireConsent } from "../ask.ts";
import { copyRefusals } from "../copy-rights.ts";
import { costAfterDown } from "../cost-summary.ts";
import type { CommonOptions } from "../options.ts";
import { leftAlone, residualBills } from "../residual-bills.ts";
import { drawnTo } from "../run-timeline.ts";
import { again, errorJson, type Screen, screenOf } from "../screen.ts";
import { type Session, withSession } from "../session.ts";

export interface DownOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly timeline?: string;
  readonly discardData?: boolean;
  readonly discardFiles?: boolean;
  readonly deleteZone?: boolean;
  readonly unprotect?: boolean;
  readonly remove?: readonly string[];
}

/** The command line that goes on. @param remove what is still to be removed besides. */
const lineOf = (options: DownOptions, remove: readonly string[]): string =>
  again("down", options, [
    ...(options.discardData ? ["--discard-data"] : []),
    ...(options.discardFiles ? ["--discard-files"] : []),
    ...(options.deleteZone ? ["--delete-zone"] : []),
    ...(options.unprotect ? ["--unprotect"] : []),
    ...remove.flatMap((id) => ["--remove", id]),
  ]);

/** Shows what goes and what stays, asks for the stack's name, removes it, and checks that nothing is left. */
export async function down(options: DownOptions): Promise<number> {
  requireConsent("down", options.yes ?? false, lineOf(options, options.remove ?? []));
  const drawTimeline = await drawnTo(options.timeline);
  const { discardData = false, discardFiles = false, unprotect = false, deleteZone: deleteKept = false } = options;
  return withSession(
    options,
    {
      command: "down",
      drawTimeline,
      writes: true,
      resolvesAddress: false,
      discardData,
      discardFiles,
      unprotect,
      deleteKept,
    },
    async (session) => {
      const screen = screenOf(session);
      const { config, stack } = session;
      screen.say(heading(screen.place, screen.errLook));
      const look = () => stack.refresh({ orphans: "all", removing: true });
      let found = await look();
      const named = idsOf(session, found, options.remove ?? []);
      if (named.length > 0) {
        for (const id of named) stack.run.remove.add(id);
        found = await look();
      }
      let going = goingIn(session, found);
      preview(session, screen, going);
      if (deleteKept && !keepsAny(found)) screen.say("--delete-zone: the stack has no hosted zone of its own.");
      await throwIfInTheWay(session, screen, found);
      warn(session, screen, going);
      if (!options.yes) {
        const question = `Type the stack's name, ${config.stack}, to remove it: `;
        if (going.gone.length > 0 && (await ask(question, stack.run.signal)) !== config.stack) {
          screen.say("Nothing was removed.");
          return 0;
        }
        if (await askForOthers(session, screen, going.alone)) {
          found = await look();
          await throwIfInTheWay(session, screen, found);
          going = goingIn(session, found);
          preview(session, screen, going);
        }
      }
      return remove(session, screen, going, options);
    },
  );
}

/** The ids of what is left alone, by id or name. Throws `usage` for what is none of it: then nothing is changed. */
function idsOf(session: Session, found: Snapshot, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const alone = leftAlone(session, found);
  const known =
    alone.length === 0
      ? "Nothing is left alone: all that carries the stack's tags goes with down."
      : `What is left alone: ${list(alone.map(({ id }) => id))}.`;
  return names.map((name) => {
    const meant = alone.filter(({ id }) => id === name);
    const called = meant.length > 0 ? meant : alone.filter((one) => one.name === name);
    const [only, other] = called;
    if (only && !other) return only.id;
    throw new BuddyError({
      code: "usage",
      message: other
        ? `--remove ${name}: ${list(called.map(({ id }) => id))} have that name`
        : `--remove ${name}: nothing that down leaves alone is called that`,
      hint: `${known} Nothing was changed.`,
    });
  });
}

/** Asks for each thing that is left alone by its own name. True: something more is to go. */
async function askForOthers(
  { stack: { run } }: Session,
  screen: Screen,
  alone: readonly LeftAlone[],
): Promise<boolean> {
  let more = false;
  for (const { id, object, name } of alone) {
    const what = objectText({ object, name });
    const answer = await ask(
      `${what} is left alone. Type ${id} to remove it too, or press Enter to keep it: `,
      run.signal,
    );
    if (answer === id) run.remove.add(id);
    else screen.say(`${id} is kept.`);
    more ||= answer === id;
  }
  return more;
}

/** True when something is there that a `down` keeps unless it is told otherwise. */
const keepsAny = ({ entries }: Snapshot): boolean =>
  [...entries.values()].some(
    ({ node, look }) =>
      removable(node.type) && look.live && node.type.farewell?.(look.live, { deleteKept: false })?.kept,
  );

/** What goes, what becomes of the data in it, and what does not go. */
interface Going {
  readonly found: Snapshot;
  readonly gone: readonly Observed[];
  readonly alone: readonly LeftAlone[];
  readonly parting: Farewells;
  /** What copies are made, by key: "a final snapshot of database1". */
  readonly copies: ReadonlyMap<string, string>;
  /** What is deleted with all that it holds. */
  readonly lost: readonly Lost[];
}
interface Lost {
  readonly name: string;
  /** The option that says so; undefined: no copy can be made of it. */
  readonly option: string | undefined;
}

function goingIn(session: Session, found: Snapshot): Going {
  const { run } = session.stack;
  const gone = leaving(run, found.entries);
  const copies = new Map(
    gone.flatMap((one) => {
      const copy = copyOf(run, one);
      return copy === undefined ? [] : [[one.node.key, copy] as const];
    }),
  );
  const lost = gone
    .filter(({ node, look, recorded }) => look.live && mayHoldData(node.type, look.live, recorded))
    .filter(({ node }) => !copies.has(node.key))
    .map((one) => ({ name: one.node.name, option: optionFor(run, one) }));
  return { found, gone, alone: leftAlone(session, found), parting: farewells(run, found), copies, lost };
}

function optionFor(run: Run, { node: { type } }: Observed): string | undefined {
  if (run.discardData) return "--discard-data";
  return run.discardFiles && type.holdsFiles ? "--discard-files" : undefined;
}

/** In sentences, one for each reason. @param verb "will be deleted". */
function lostText(lost: readonly Lost[], verb: (many: boolean) => string): string[] {
  return [...new Set(lost.map(({ option }) => option))].map((option) => {
    const names = lost.filter((one) => one.option === option).map(({ name }) => name);
    const why = option === undefined ? "no copy is made" : `${option} leaves no copy`;
    return `${list(names)} ${verb(names.length > 1)} with all data: ${why}.`;
  });
}

/** What goes, what is kept of it, and what is left alone. */
function preview({ stack }: Session, screen: Screen, { gone, alone, parting, copies, lost }: Going): void {
  const shown = gone.map(({ node, look, recorded }) => ({
    name: node.name,
    object: node.type.name,
    step: node.step,
    holdsData: look.live !== undefined && mayHoldData(node.type, look.live, recorded),
  }));
  const lifted = gone.flatMap(({ node, lifted }) => lifted.map(({ what }) => `${node.name}: ${what}`));
  const stopped = toStop(stack.run, gone).map(({ node }) => node.name);
  const notes = [
    ...lifted.map((one) => `Lifted first, by --unprotect: ${one}.`),
    ...(stopped.length > 0
      ? [`First ${list(stopped)} is stopped and the copies are made; nothing is deleted before they are complete.`]
      : []),
    ...parting.notes,
  ];
  const facts = {
    lost: lostText(lost, (many) => `${many ? "go" : "goes"}`),
    keeps: [...[...copies.values()].map((copy) => `${copy}.`), ...parting.kept],
    notes,
  };
  if (gone.length > 0 || alone.length === 0)
    screen.say(downPreview(screen.place, shown, stack.graph.steps, facts, screen.errLook));
  if (alone.length > 0) screen.say(`\n${leftAloneView(alone, screen.errLook)}`);
}

/** Throws `refused` when something will stop it: what is protected, and what others have put into the VPC. Nothing is changed then. */
async function throwIfInTheWay(session: Session, screen: Screen, found: Snapshot): Promise<void> {
  const { aws, config } = session;
  const gone = deletable(found.entries);
  const vpc = gone.find(({ node }) => node.key === VPC)?.look.live;
  const ids = new Set(gone.flatMap(({ look }) => look.live?.id ?? []));
  const others = vpc && (await findForeignResources(aws, vpc.id, config.stack, ids));
  const inTheWay = others && foreignView(others.found, others.unseen);
  if (inTheWay) screen.say(`\n${inTheWay}`);
  const staying = (others?.found ?? []).filter(({ passing }) => !passing);
  const denied = await copyRefusals(session, found);
  throwIfRefused(found, [
    ...staying.map(({ id, what, commands }) => ({
      message: `${id} (${what}) is in the stack's VPC, which cannot go before it`,
      hint: "What others have put into the VPC is not touched: remove it, or take it out of there.",
      remedies: commands.length > 0 ? [{ to: `remove ${id}`, commands }] : [],
    })),
    ...denied,
  ]);
}

/** What continues to cost, and credentials that will not hold out. */
function warn(session: Session, screen: Screen, { found, gone, copies }: Going): void {
  const { run } = session.stack;
  const { discardData, discardFiles, deleteKept } = run;
  if (Object.keys(run.store.resources).length > 0) {
    const options = { discardData: discardData || copies.size === 0, discardFiles, deleteKept };
    screen.say(`\n${afterDownView(costAfterDown(session, options), screen.errLook.width)}`);
  }
  const { credentials } = screen.place;
  const short =
    credentials && gone.length > 0 && credentialsWarning(credentials, secondsToDestroy(run, found), screen.errLook);
  if (short) screen.say(short);
}

/** Removes it, and says how that ended. Answers the exit code. */
async function remove(session: Session, screen: Screen, going: Going, options: DownOptions): Promise<number> {
  const { found, gone, alone, parting, lost } = going;
  const { stack, clock } = session;
  const began = clock.now();
  const wanted = new Set(gone.map(({ node }) => node.key));
  const reporter =
    gone.length > 0
      ? await screen.report(stack.graph, "down", forecastDown(stack.run, found), (key) => wanted.has(key))
      : silentReporter;
  session.listen(reporter.emit);
  session.history?.follows(dependentsOf(found.entries));
  const settled = await stack.down(found).finally(reporter.stop);
  const interrupted = settled.some(({ outcome }) => outcome === "interrupted");
  const left = interrupted ? undefined : await stack.leftovers();
  const bills = interrupted ? undefined : await residualBills(session, found, left ?? []);
  const trouble = settled.find(({ outcome }) => outcome === "failed" || outcome === "interrupted");
  const copies = settled.flatMap(({ key, leaves: id }) => {
    const what = going.copies.get(key);
    return id === undefined ? [] : [{ what: what ?? "a copy", id }];
  });
  const deleted = new Set(settled.filter(({ outcome }) => outcome === "deleted").map(({ name }) => name));
  const ms = clock.now() - began;
  const { place, look } = screen;
  const toGo = [...stack.run.remove].filter((id) => !settled.some((one) => one.id === id && one.outcome === "deleted"));
  screen.result(
    downEnd(
      {
        place,
        settled: settled.filter(({ key }) => wanted.has(key)),
        left,
        alone,
        parting,
        copies,
        lost: lostText(
          lost.filter(({ name }) => deleted.has(name)),
          (many) => (many ? "were deleted" : "was deleted"),
        ),
        bills,
        ms,
        again: lineOf(options, toGo),
        verbose: options.verbose ?? false,
      },
      look,
    ),
    {
      removed: removedIn(settled),
      left,
      leftAlone: alone.map((one) => ({ ...one, monthly: roundToCents(one.monthly) })),
      kept: parting.kept,
      notes: parting.notes,
      copies,
      lost: lost.map(({ name }) => name).filter((name) => deleted.has(name)),
      ...(bills
        ? {
            billsOn: bills.found.map((bill) => ({ ...bill, monthly: centsIfKnown(bill.monthly) })),
            notLookedAt: bills.unseen,
          }
        : {}),
      seconds: Math.round(ms / 1000),
      ...(trouble?.error ? { error: errorJson(trouble.error) } : {}),
    },
    "down",
  );
  if (interrupted) return 5;
  if (trouble) return exitCodeOf(trouble.error);
  return left && left.length > 0 ? 1 : 0;
}

const removedIn = (settled: readonly NodeResult[]) =>
  settled
    .filter(({ outcome }) => outcome === "deleted")
    .map(({ key, name, object, id }) => ({ key, name, object, id }));
