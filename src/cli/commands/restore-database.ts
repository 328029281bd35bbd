import { type Origin, originText } from "../../aws/rds/beside.ts";
import { type InstanceLive, instanceNamed } from "../../aws/rds/read-instances.ts";
import { removal } from "../../aws/rds/succession.ts";
import { forecastUp } from "../../engine/forecast.ts";
import { age, at, measured } from "../../lib/duration.ts";
import { BuddyError, exitCodeOf } from "../../lib/errors.ts";
import { centsIfKnown, dollars } from "../../lib/money.ts";
import { type Compared, compareContents } from "../../recovery/contents.ts";
import { webInstances } from "../../recovery/replication.ts";
import { ended, type Restoration, restorationOf, restored, takePlace } from "../../recovery/restore-database.ts";
import { wholeAgain } from "../../recovery/whole-again.ts";
import { heading } from "../../report/views/heading.ts";
import { fitted } from "../../report/views/look.ts";
import { comparisonView } from "../../report/views/restore.ts";
import { commandsOf } from "../../verify/aws/commands.ts";
import { machinesBy } from "../../verify/machines.ts";
import { agreesAfterwards, confirm, requireConsent } from "../ask.ts";
import { primaryMonthly } from "../cost-summary.ts";
import { inSteps, PRIMARY_CHANGES } from "../in-steps.ts";
import { again, errorJson, type Screen, screenOf } from "../screen.ts";
import { type Session, withSession } from "../session.ts";
import type { RestoreOptions } from "./restore.ts";

/** Restores a database beside the running one, shows what is in both, and has it take the other's place when that is wanted. */
export async function restoreDatabase(options: RestoreOptions): Promise<number> {
  const origin = originOf(options);
  const words = originWords(options);
  const goOn = again("restore", options, ["database", ...words, ...(options.switch === false ? ["--no-switch"] : [])]);
  requireConsent("restore", options.yes ?? false, goOn);
  const purpose = { command: "restore", writes: true, resolvesAddress: false, inSteps: true };
  return withSession(options, purpose, async (session) => {
    const screen = screenOf(session);
    const { config, stack } = session;
    screen.say(heading(screen.place, screen.errLook));
    const began = session.clock.now();
    const restoration = await restorationOf(stack, origin);
    if (options.switch !== false && restoration.unfit !== undefined) throw notSwitched(restoration, goOn);
    const monthly = await primaryMonthly(session);
    let heir = restoration.restored;
    let compared: Compared | undefined;
    if (!restoration.switched || !heir) {
      screen.say(fitted(announced(session, restoration, monthly), screen.errLook));
      if (!(await confirm(options.yes ?? false, stack.run.signal))) {
        screen.say("Nothing was changed.");
        return 0;
      }
      const meanwhile = `The site goes on with ${restoration.primary.id}.`;
      [heir, compared] = await inSteps(screen, { meanwhile, line: goOn }, async (say) => {
        const there = await restored({ stack, say }, restoration, {
          retentionDays: config.database.backupRetentionDays,
        });
        return [there, await look(session, screen, restoration, there)];
      });
      const seconds = Math.round((session.clock.now() - began) / 1000);
      const beside: Beside = { session, screen, restoration, heir, compared, monthly, seconds };
      if (options.switch === false) return keptBeside(beside, goOn);
      if (compared === undefined || "error" in compared.restored) return notChecked(beside, goOn);
      const question = `What was written to ${restoration.primary.id} since then is not in ${heir.id}. Type the stack's name, ${config.stack}, to have the site write to ${heir.id}: `;
      const { agreed, code } = await agreesAfterwards(options.yes ?? false, question, config.stack, stack.run.signal);
      if (!agreed) return keptBeside(beside, goOn, code);
    }
    const heirs = heir;
    return inSteps(screen, { meanwhile: PRIMARY_CHANGES, line: goOn }, async (say) => {
      const names = await takePlace({ stack, say }, restoration, heirs);
      await tellWeb(session);
      const old = restoration.switched ? restoration.switched.old : restoration.primary;
      say("makes its replica");
      return follow(session, screen, {
        heir: heirs,
        old,
        monthly,
        compared,
        began,
        stack: session.stackWith({ databases: names }, true),
      });
    });
  });
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function originOf({ to, snapshot }: RestoreOptions): Origin {
  if ((to === undefined) === (snapshot === undefined))
    throw new BuddyError({
      code: "usage",
      message: "restore database needs one of --to TIME and --snapshot ID",
      hint: "`buddyverse snapshots` lists what there is.",
    });
  if (snapshot !== undefined) return { kind: "snapshot", id: snapshot.toLowerCase() };
  if (to === "latest") return { kind: "time", at: undefined };
  if (to === undefined || !ISO.test(to) || Number.isNaN(Date.parse(to)))
    throw new BuddyError({
      code: "usage",
      message: `"${to}" is no time`,
      hint: "As in --to 2026-11-22T11:55:00Z (UTC), --to 2026-11-22T20:55:00+09:00, or --to latest.",
    });
  return { kind: "time", at: Math.floor(Date.parse(to) / 1000) * 1000 };
}
const originWords = ({ to, snapshot }: RestoreOptions): readonly string[] => [
  ...(to === undefined ? [] : ["--to", to]),
  ...(snapshot === undefined ? [] : ["--snapshot", snapshot]),
];

const notSwitched = ({ unfit, primary }: Restoration, goOn: string): BuddyError =>
  new BuddyError({
    code: "refused",
    message: `what is restored cannot take the place of ${primary.id}: ${unfit}`,
    hint: `To have it beside, and take out of it what you need: ${goOn} --no-switch\nNothing was changed.`,
  });

const costs = (monthly: number | undefined): string =>
  monthly === undefined ? "it costs as much as that one" : `it costs ${dollars(monthly)} a month`;

function announced(
  { clock }: Session,
  { origin, name, primary, restored: there, asOf }: Restoration,
  monthly: number | undefined,
): string {
  const what =
    asOf === undefined
      ? originText(origin)
      : `${originText(origin)}: as it was at ${at(asOf)}, ${age(clock.now() - asOf)} ago`;
  return [
    there ? `\nContinues with ${name}, which an earlier run began.` : `\nRestores ${name} from ${what}.`,
    `  ${primary.id} runs on, and the site is not touched. A restore takes about 10 to 30 min, and longer with much data.`,
    `  Until ${name} is removed, ${costs(monthly)}.`,
  ].join("\n");
}

interface Beside {
  readonly session: Session;
  readonly screen: Screen;
  readonly restoration: Restoration;
  readonly heir: InstanceLive;
  readonly compared: Compared | undefined;
  readonly monthly: number | undefined;
  readonly seconds: number;
}

/** Shows what is in both. Undefined: no web instance could be asked. */
async function look(
  { aws, clock, stack }: Session,
  screen: Screen,
  { primary, asOf }: Restoration,
  heir: InstanceLive,
): Promise<Compared | undefined> {
  const commands = commandsOf(aws);
  const machines = machinesBy(commands, clock, stack.run.signal);
  const found = await compareContents(stack, machines, (ids) => commands.online(ids), heir);
  if ("unseen" in found) {
    screen.say(`! What is in ${heir.id} could not be looked at: ${found.unseen}`);
    return undefined;
  }
  const names = { running: primary.id, restored: asOf === undefined ? heir.id : `${heir.id}, of ${at(asOf)}` };
  screen.say(`\n${comparisonView(found, names, screen.errLook)}\n`);
  return found;
}

const plain = (compared: Compared | undefined) =>
  compared &&
  Object.fromEntries(
    Object.entries(compared).map(([which, side]) => [
      which,
      "error" in side
        ? side
        : { ...side, rows: Object.fromEntries([...side.rows].map(([table, { count }]) => [table, count])) },
    ]),
  );

/** It stays beside; nothing was switched. Answers the exit code. */
function keptBeside(
  { session, screen, restoration, heir, compared, monthly, seconds }: Beside,
  goOn: string,
  code = 0,
): number {
  const { aws } = session;
  const remove = removal(aws, heir);
  screen.result(
    [
      `${heir.id} is beside ${restoration.primary.id}, at ${heir.endpoint}; the site does not use it, and ${costs(monthly)}.`,
      ...(restoration.unfit === undefined
        ? [`To have it take the other's place:\n  ${goOn.replace(/ --no-switch$/, "")}`]
        : []),
      `To remove it, with a final snapshot:\n  ${remove}`,
    ].join("\n"),
    {
      restored: heir.id,
      endpoint: heir.endpoint,
      switched: false,
      contents: plain(compared),
      monthly: centsIfKnown(monthly),
      remove,
      seconds,
    },
  );
  return code;
}

/** Nobody has seen that it can be read: the site is not led there. */
function notChecked(beside: Beside, goOn: string): number {
  const { compared, heir, screen } = beside;
  const why =
    compared && "error" in compared.restored
      ? `${heir.id} does not answer (MySQL error ${compared.restored.error})`
      : `what is in ${heir.id} could not be looked at`;
  screen.say(`! ${why}: the site is not switched. To try it again: ${goOn}`);
  keptBeside(beside, goOn);
  return 1;
}

/** The web instances would learn the new address within a minute by themselves. */
async function tellWeb({ aws, clock, stack }: Session): Promise<void> {
  const commands = commandsOf(aws);
  const web = webInstances(stack, machinesBy(commands, clock, stack.run.signal), (ids) => commands.online(ids));
  await web.fetchSettings().catch((error: unknown) => {
    if (stack.run.signal.aborted) throw error;
  });
}

interface Done {
  readonly heir: InstanceLive;
  readonly old: InstanceLive | undefined;
  readonly monthly: number | undefined;
  readonly compared: Compared | undefined;
  readonly began: number;
  readonly stack: Session["stack"];
}

/** Recreates the replica, of the new primary, and says how it ended. Answers the exit code. */
async function follow(
  session: Session,
  screen: Screen,
  { heir, old, monthly, compared, began, stack }: Done,
): Promise<number> {
  const { aws, options, clock } = session;
  const { seen, step } = await wholeAgain(stack);
  const reporter = await screen.report(stack.graphOf(step), "up", forecastUp(seen));
  session.listen(reporter.emit);
  const { settled } = await stack.up(seen).finally(reporter.stop);
  const trouble = settled.find(({ outcome }) => outcome === "failed" || outcome === "interrupted");
  const interrupted = trouble?.outcome === "interrupted";
  // An interrupted run asks nothing more.
  if (!interrupted) await tellWeb(session);
  if (!trouble) await ended(stack, heir);
  const kept = interrupted ? old : old && (await instanceNamed(aws, old.id));
  const upAgain = again("up", options, ["--replace"]);
  const seconds = Math.round((clock.now() - began) / 1000);
  screen.result(
    [
      `\n${heir.id} is the primary, after ${measured(seconds)}.`,
      ...(kept
        ? [
            `Kept: ${kept.id}, to which nobody can connect; ${costs(monthly)}. Removed, with a final snapshot, by`,
            `  ${removal(aws, kept)}`,
          ]
        : []),
      ...(trouble
        ? [`Its replica is not there yet: ${trouble.error?.message ?? trouble.reason}. To continue: ${upAgain}`]
        : []),
      ...(step === undefined ? [] : [`The config asks for more than that: ${again("up", options)}`]),
    ].join("\n"),
    {
      restored: heir.id,
      switched: true,
      contents: plain(compared),
      kept: kept ? { id: kept.id, monthly: centsIfKnown(monthly), remove: removal(aws, kept) } : null,
      seconds,
      ...(trouble?.error ? { error: errorJson(trouble.error) } : {}),
    },
  );
  if (!trouble) return 0;
  return interrupted ? 5 : exitCodeOf(trouble.error);
}
