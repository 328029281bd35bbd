import { KEY_PAIR_KEY } from "../../../steps/inputs.ts";
import { outputRows, outputsFor } from "../../../steps/outputs.ts";
import { warningsFor } from "../../config/warnings.ts";
import { preflight, problemsAmong, throwProblems } from "../../doctor/preflight.ts";
import { forecastUp } from "../../engine/forecast.ts";
import { mend, mendsOf } from "../../engine/mend.ts";
import type { NodeResult } from "../../engine/node-result.ts";
import { isEmpty, type Plan, planUp } from "../../engine/plan.ts";
import { throwIfRefused } from "../../engine/refusal.ts";
import type { Identified } from "../../engine/resource.ts";
import { dependentsOf, isUnrecorded, type Snapshot } from "../../engine/snapshot.ts";
import { NOT_WATCHED, statusOf } from "../../engine/status.ts";
import { keepSeen } from "../../engine/watching.ts";
import { BuddyError, exitCodeOf } from "../../lib/errors.ts";
import { counted } from "../../lib/text.ts";
import { findingLines } from "../../report/findings.ts";
import { credentialsWarning, heading, warningsView } from "../../report/views/heading.ts";
import { mendView } from "../../report/views/mend.ts";
import { type PlanFacts, planNotes, planSummary, planView } from "../../report/views/plan.ts";
import { upEnd } from "../../report/views/up.ts";
import { applicationText, recordOf } from "../application.ts";
import { confirm, requireConsent } from "../ask.ts";
import { costNow, costOfChangeByKey, monthlyAfter } from "../cost-summary.ts";
import { fromWords } from "../from-copy.ts";
import { lostKey, makeKeyPair, privateKeyFile } from "../inputs.ts";
import type { CommonOptions } from "../options.ts";
import { withOrigin } from "../origin.ts";
import {
  PLANNING_OPTIONS,
  type PlanningOptions,
  placeOf,
  readPlan,
  type SavedPlan,
  throwIfElsewhere,
  throwIfMoved,
} from "../plan-file.ts";
import { releaseIn } from "../release-words.ts";
import { drawnTo } from "../run-timeline.ts";
import { again, errorJson, type Screen, screenOf } from "../screen.ts";
import { type Session, speedOf, withSession } from "../session.ts";

export interface UpOptions extends CommonOptions, PlanningOptions {
  readonly yes?: boolean;
  readonly timeline?: string;
  /** Keys or names of objects of which what others changed is put back. */
  readonly mend?: readonly string[];
}

/** The options of `up FILE`: those that the plan was made with. What is in the file was looked at, so nobody is asked. */
function optionsOf(file: string, saved: SavedPlan, given: UpOptions): UpOptions {
  const own = PLANNING_OPTIONS.filter((name) => isSaid(given[name]));
  if (own.length > 0)
    throw new BuddyError({
      code: "usage",
      message: `what is planned in ${file} is not changed by options: ${own.map(optionName).join(", ")}`,
      about: { file },
      hint: "Say them to `buddyverse plan --out FILE`.",
    });
  if (isSaid(given.mend))
    throw new BuddyError({
      code: "usage",
      message: `exactly what is planned in ${file} is done, and --mend would do more`,
      about: { file },
      hint: "Run `buddyverse up --mend KEY` without the file.",
    });
  return { ...given, ...(saved.options as Partial<PlanningOptions>), yes: true };
}

const isSaid = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : value !== undefined);
const optionName = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/**
 * Shows the plan, asks, then brings the stack to what the config says.
 * @param file a plan that was saved: exactly that is done, or nothing
 */
export async function up(file: string | undefined, given: UpOptions): Promise<number> {
  const saved = file === undefined ? undefined : readPlan(file);
  const options = file !== undefined && saved ? optionsOf(file, saved, given) : given;
  const goOn = again("up", options, [
    ...(options.step ? ["--step", options.step] : []),
    ...(options.replace ? ["--replace"] : []),
    ...(options.refreshImage ? ["--refresh-image"] : []),
    ...(options.allowOutage ? ["--allow-outage"] : []),
    ...(options.upgrade ?? []).flatMap((name) => ["--upgrade", name]),
    ...(options.mend ?? []).flatMap((name) => ["--mend", name]),
    ...fromWords(options),
  ]);
  requireConsent("up", options.yes ?? false, goOn);
  const purpose = {
    command: "up",
    drawTimeline: await drawnTo(options.timeline),
    writes: true,
    resolvesAddress: true,
    deploys: true,
    // What the line asks for is to be done.
    looksFirst: [...PLANNING_OPTIONS, "mend" as const].every((name) => !isSaid(options[name])),
    replace: options.replace ?? false,
    refreshImage: options.refreshImage ?? false,
    // Who answers the question has read in the plan what it interrupts.
    allowOutage: options.allowOutage ?? !options.yes,
    upgrade: options.upgrade ?? [],
    edition: saved?.edition,
  };
  return withSession(options, purpose, async (session) => {
    const screen = screenOf(session);
    if (file !== undefined && saved) throwIfElsewhere(file, saved, placeOf(session));
    greet(session, screen);
    const looked = await look(session, options.step);
    const { stack } = session;
    const found = await withOrigin(session, screen, options, looked.found, true);
    const planned = found === looked.found ? looked.planned : planUp(found);
    const facts = show(session, screen, found, planned, options.step);
    if (file !== undefined && saved) throwIfMoved(file, saved, planned, placeOf(session));
    const findings = isEmpty(planned) ? [] : await preflight(session.aws, found.entries.values());
    const isRefused = [...found.entries.values()].some(({ refused }) => refused !== undefined);
    if (isRefused) throwIfRefused(found, problemsAmong(findings));
    const mends = mendsOf(stack.run, found, options.mend ?? []);
    if (mends.length > 0) screen.say(mendView(mends, screen.errLook).join("\n"));
    const mended = mends.some(({ put }) => put !== undefined);
    if (isEmpty(planned) && !mended) {
      session.history?.planned(planned, statusOf(found, NOT_WATCHED));
      await recordAnew(stack, found);
      return nothingToDo(session, screen, found, planned, options.step);
    }
    // What AWS would refuse half way through is refused here; what could not be looked at is said.
    throwProblems(findings, session.paths.config);
    if (findings.length > 0) screen.say(findingLines(findings, screen.errLook).join("\n"));
    const { steps } = stack.graphOf(options.step);
    const details = () => screen.say(planView(planned, steps, { ...facts, details: true }, screen.errLook));
    if (!(await confirm(options.yes ?? false, stack.run.signal, details))) {
      screen.say("Nothing was changed.");
      return 0;
    }
    session.history?.planned(planned, statusOf(found, NOT_WATCHED));
    const count = await mend(stack.run, found, mends);
    if (count > 0) screen.say(`Put back: ${counted(count, "change")} of others.`);
    if (isEmpty(planned)) return nothingToDo(session, screen, found, planned, options.step);
    return apply(session, screen, { found, planned, goOn, step: options.step });
  });
}

/** The stack as it is, and what is to be done: looked at under its lock, where that is anything. */
async function look(session: Session, step: string | undefined): Promise<{ found: Snapshot; planned: Plan }> {
  const seen = async () => {
    const found = await session.stack.refresh({ step });
    return { found, planned: planUp(found) };
  };
  const first = await seen();
  const isAtRest = isEmpty(first.planned) && !isUnrecorded(first.found);
  return (await session.lock(!isAtRest)) ? seen() : first;
}

function greet({ config, paths, application }: Session, screen: Screen): void {
  screen.say(heading(screen.place, screen.errLook));
  const warnings = [...warningsFor(config), ...application.warnings];
  if (warnings.length > 0) screen.say(warningsView(warnings, paths.config, screen.errLook));
  const text = applicationText(config, application);
  if (text !== undefined) screen.say(`application: ${text}`);
}

/** The plan, and what a person should know before it is carried out. */
function show(session: Session, screen: Screen, found: Snapshot, planned: Plan, step: string | undefined): PlanFacts {
  const { stack } = session;
  const told = step === undefined && !isEmpty(planned);
  const facts = {
    speed: speedOf(session),
    monthly: told ? monthlyAfter(found, session) : undefined,
    release: releaseIn(planned, session.config),
    costs: told ? costOfChangeByKey(found, session) : undefined,
  };
  const onlyCreates = planned.items.every(
    ({ action, refused, notes }) =>
      notes.length === 0 &&
      (action === "create" ||
        action === "wait" ||
        action === "none" ||
        (action === "blocked" && refused === undefined)),
  );
  screen.say(
    onlyCreates
      ? [planSummary(planned, facts), ...planNotes(planned, screen.errLook)].join("\n")
      : planView(toldBelow(planned), stack.graphOf(step).steps, facts, screen.errLook),
  );
  const { credentials } = screen.place;
  const short = credentials && credentialsWarning(credentials, planned.seconds, screen.errLook);
  if (short !== undefined) screen.say(short);
  return facts;
}

/** Without a record of what is there `down` would not know the stack's data from a copy of it, nor `status` what has changed. */
async function recordAnew(stack: Session["stack"], found: Snapshot): Promise<void> {
  if (!isUnrecorded(found)) return keepSeen(stack.run, found, []);
  const failed = (await stack.up(found)).settled.find(({ error }) => error !== undefined);
  if (failed?.error) throw failed.error;
}

const outputsIn = ({ config, paths }: Session, live: (key: string) => Identified | undefined) =>
  outputsFor(config, live, privateKeyFile(paths));

const leftAloneIn = ({ items }: Plan) => items.filter(({ action }) => action === "retain");

function nothingToDo(
  session: Session,
  screen: Screen,
  found: Snapshot,
  planned: Plan,
  step: string | undefined,
): number {
  const pending = planned.items
    .filter(({ action }) => action === "blocked")
    .map(({ key, name, reason }) => ({ key, name, reason }));
  const causes = pending.filter(({ reason }) => !reason?.startsWith("waits for"));
  if (step === undefined) recordDone(session);
  const key = lostKey(session, found.entries.get(KEY_PAIR_KEY)?.look.live);
  if (key !== undefined) screen.say(`! ${key}`);
  const noted = planned.items.flatMap(({ name, notes }) => notes.map((note) => `! ${name}: ${note}`));
  screen.result(
    [...causes.map(({ name, reason }) => `! waits for you: ${name}: ${reason}`), ...noted].join("\n") ||
      "Everything is as the config says.",
    {
      changed: 0,
      pending,
      notes: planned.items.filter(({ notes }) => notes.length > 0).map(({ key, notes }) => ({ key, notes })),
      outputs: outputsIn(session, (key) => found.entries.get(key)?.look.live),
      leftAlone: leftAloneIn(planned),
    },
    "up",
  );
  return 0;
}

/** Carries the plan out, and says how that ended. Answers the exit code. */
async function apply(
  session: Session,
  screen: Screen,
  {
    found,
    planned,
    goOn,
    step,
  }: { readonly found: Snapshot; readonly planned: Plan; readonly goOn: string; readonly step: string | undefined },
): Promise<number> {
  const { stack, clock, options } = session;
  const graph = stack.graphOf(step);
  // One that stands keeps its key: another one would have to take its place.
  const keyPair = found.entries.get(KEY_PAIR_KEY);
  if (keyPair && !keyPair.look.live) sayKeyPair(session, screen);
  recordWanted(session);
  const dependents = dependentsOf(found.entries);
  session.history?.follows((key) => {
    const entry = found.entries.get(key);
    return entry?.wanted ? entry.node.needs : dependents(key);
  });
  const began = { clock: clock.now(), real: performance.now() };
  const waits = planned.items.filter(({ action }) => action === "blocked").map(({ key }) => key);
  const reporter = await screen.report(graph, "up", forecastUp(found, new Set(waits)));
  session.listen(reporter.emit);
  const { settled, live } = await stack.up(found).finally(reporter.stop);
  const trouble = settled.find(({ outcome }) => outcome === "failed" || outcome === "interrupted");
  if (!trouble && step === undefined) recordDone(session);
  const ms = clock.now() - began.clock;
  const key = lostKey(session, live.get(KEY_PAIR_KEY) ?? keyPair?.look.live);
  if (key !== undefined) screen.say(`! ${key}`);
  const outputs = outputsIn(session, (key) => live.get(key) ?? found.entries.get(key)?.look.live);
  const { Site: siteUrl, ...rest } = outputRows(session.config, session.aws.cli, outputs);
  const cost = costNow(session);
  screen.result(
    upEnd(
      {
        place: screen.place,
        settled,
        ms,
        realMs: performance.now() - began.real,
        siteUrl,
        outputs: rest,
        cost: cost?.text,
        next: again("status", options),
        again: goOn,
        verbose: options.verbose ?? false,
      },
      screen.look,
    ),
    {
      changed: settled.filter(({ outcome }) => outcome !== "unchanged").length,
      settled: settled.map(plain),
      outputs,
      leftAlone: leftAloneIn(planned),
      ...(cost ? { cost: cost.value } : {}),
      seconds: Math.round(ms / 1000),
      ...(trouble?.error ? { error: errorJson(trouble.error) } : {}),
    },
    "up",
  );
  if (!trouble) return 0;
  return settled.some(({ outcome }) => outcome === "interrupted") ? 5 : exitCodeOf(trouble.error);
}

/** Before the first change: whoever continues after a kill wants the same image, of the same application. */
function recordWanted(session: Session): void {
  const { imageEdition } = session.inputs;
  const { store } = session.stack.run;
  recordApplication(session);
  if (imageEdition !== undefined && imageEdition !== store.imageRefresh?.edition)
    store.setImageRefresh({ edition: imageEdition, done: false });
}

function recordApplication({ config, application, stack }: Session): void {
  if (config.image.app !== null) stack.run.store.setApplication(recordOf(config, application));
}

/** All of the config, and the image that was asked for, are in use. */
function recordDone(session: Session): void {
  const { config, inputs, stack } = session;
  const { imageEdition } = inputs;
  const { store } = stack.run;
  recordApplication(session);
  const { zoneNumbers: _, plainNames: __, ...written } = config;
  store.setConfig(written);
  if (imageEdition !== undefined) store.setImageRefresh({ edition: imageEdition, done: true });
}

function sayKeyPair({ config, paths, inputs }: Session, screen: Screen): void {
  const file = makeKeyPair({ config, paths, inputs });
  if (file) screen.say(`The private key of the key pair is in ${file}. It is written only this once.`);
}

/** A plan without the ways out of what is refused: the error after it tells them. */
const toldBelow = (plan: Plan): Plan => ({
  ...plan,
  items: plan.items.map((item) => (item.refused === undefined ? item : { ...item, remedies: [] })),
});

const plain = ({ error, ...rest }: NodeResult) => ({ ...rest, ...(error ? { error: errorJson(error) } : {}) });
