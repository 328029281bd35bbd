import { allChecks, isUp } from "../../../steps/verify.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Annotation } from "../../report/github.ts";
import { heading } from "../../report/views/heading.ts";
import { commandsOf } from "../../verify/aws/commands.ts";
import {
  applicableChecks,
  type Check,
  type CheckResult,
  exitCode,
  runChecks,
  type SkippedCheck,
} from "../../verify/check.ts";
import type { DrillName, DrillResult, PastDrill } from "../../verify/drills/result.ts";
import { drillJson, drillsSummary, drillView } from "../../verify/drills/view.ts";
import { factsReader, type StackSource } from "../../verify/facts.ts";
import { machinesBy, type RunCommand } from "../../verify/machines.ts";
import { networkSite, type Site } from "../../verify/site.ts";
import { verifyView } from "../../verify/view.ts";
import { requireConsent } from "../ask.ts";
import { annotate } from "../on-github.ts";
import type { CommonOptions } from "../options.ts";
import { fitTo } from "../output.ts";
import { again, type Screen, screenOf } from "../screen.ts";
import { open, type Session } from "../session.ts";

export interface VerifyOptions extends CommonOptions {
  readonly drill?: DrillName | "all";
  readonly report?: string;
  readonly yes?: boolean;
}

/** What checks and drills work with. */
export interface VerifyContext {
  readonly session: Session;
  readonly screen: Screen;
  readonly site: Site;
  readonly machines: RunCommand;
  readonly source: StackSource;
}

/** How the drills ended. `skipped`: those that would prove nothing here, and why. */
export interface DrillsOutcome {
  readonly code: number;
  readonly runs: readonly DrillRun[];
  readonly skipped: readonly SkippedCheck[];
}

/** A drill that was done, and how it went the last time. */
export interface DrillRun {
  readonly result: DrillResult;
  readonly past: PastDrill | undefined;
}

/**
 * Proves the requirements on the running stack; with --drill also by breaking something. What it writes or changes it puts
 * back. Exit 1 when a check or a drill failed, 3 when a check could not be looked at, 5 when it was interrupted. It takes
 * the lock: what another run is changing proves nothing.
 */
export async function verify(options: VerifyOptions): Promise<number> {
  const drilling = options.drill !== undefined;
  const line = again("verify", options, drilling ? ["--drill", options.drill] : []);
  if (drilling) requireConsent("verify --drill", options.yes ?? false, line);
  const report =
    options.report === undefined ? undefined : (await import("../html-report.ts")).reportFile(options.report);
  const session = await open(options, { command: "verify", writes: true, resolvesAddress: false, putsBack: true });
  try {
    const screen = screenOf(session);
    const { aws, clock, config, inputs, stack } = session;
    if (!(await isUp(stack))) {
      throw new BuddyError({
        code: "failed",
        message: `the stack ${config.stack} is not up: there is nothing to verify`,
        hint: "Run `buddyverse up` first.",
      });
    }
    screen.say(heading(screen.place, screen.errLook));
    const { site, close } = await siteOf(session, drilling);
    try {
      const machines = machinesBy(commandsOf(aws), clock, stack.run.signal);
      const source: StackSource = { config, aws, clock, stack, allowedCidrs: inputs.allowedCidrs };
      return await runVerify({ session, screen, site, machines, source }, options, report);
    } catch (error) {
      // Of a drill the report says it.
      throw error instanceof BuddyError && error.code === "interrupted" ? interruptedChecks(drilling) : error;
    } finally {
      await close();
    }
  } finally {
    await session.close();
  }
}

const interruptedChecks = (drilling: boolean): BuddyError =>
  new BuddyError({
    code: "interrupted",
    message: `interrupted: ${drilling ? "no drill was begun, and " : ""}what the checks wrote is put back`,
    hint: "Run it again when you like.",
  });

async function runVerify(
  context: VerifyContext,
  options: VerifyOptions,
  report: ((page: string) => void) | undefined,
): Promise<number> {
  const { applicable, skipped } = applicableChecks(allChecks, context.session.config);
  const results = await runAll(applicable, context);
  const { code, runs, skipped: skippedDrills } = await drillsAfter(results, context, options);
  const outcome: Outcome = { results, skipped: [...skipped, ...skippedDrills], runs };
  let lost = false;
  if (report) {
    // What was found out is not lost for a full disk.
    try {
      report(await pageOf(outcome, context));
      context.screen.say(`The report is in ${options.report}.`);
    } catch (error) {
      if (!(error instanceof BuddyError)) throw error;
      process.stderr.write(`${fitTo(process.stderr, `The report is missing: ${error.message}`)}\n`);
      lost = true;
    }
  }
  printOutcome(outcome, code, context, options);
  return lost && code === 0 ? 1 : code;
}

/** What checks and drills found. */
interface Outcome {
  readonly results: readonly CheckResult[];
  readonly skipped: readonly SkippedCheck[];
  readonly runs: readonly DrillRun[];
}

async function runAll(
  checks: readonly Check[],
  { session, screen, site, machines, source }: VerifyContext,
): Promise<readonly CheckResult[]> {
  const { config, clock, interrupted, stack } = session;
  screen.say(`Asking ${checks.length} questions, side by side.`);
  // With its spinner, which is a large part of what starting costs.
  const { asking } = await import("../check-progress.ts");
  const progress = asking(session, checks);
  const results = await runChecks(checks, {
    tools: {
      config,
      site,
      machines,
      now: () => clock.now(),
      signal: interrupted,
      token: stack.run.token().slice(0, 16),
    },
    newReader: () => factsReader(source),
    clock,
    onResult: progress.result,
  }).finally(progress.stop);
  interrupted.throwIfAborted();
  return results;
}

/** The drills that were asked for, if every check passed; what is broken already would prove nothing. */
async function drillsAfter(
  results: readonly CheckResult[],
  context: VerifyContext,
  { drill, yes = false }: VerifyOptions,
): Promise<DrillsOutcome> {
  const none: DrillsOutcome = { code: exitCode(results), runs: [], skipped: [] };
  if (drill === undefined) return none;
  if (none.code !== 0) {
    context.screen.say("Not everything is as it should be: no drill is done.");
    return none;
  }
  const { runDrills } = await import("./drill.ts");
  return runDrills(context, drill, yes);
}

async function pageOf({ results, skipped, runs }: Outcome, { session, screen }: VerifyContext): Promise<string> {
  const { reportPage } = await import("../../verify/drills/page.ts");
  const { clock, config } = session;
  const { stack, region, account, sandbox } = screen.place;
  return reportPage({
    stack,
    region,
    account,
    sandbox,
    at: clock.now(),
    results,
    skipped,
    drills: runs,
    cpuTarget: config.web.cpuTarget,
  });
}

function printOutcome(
  { results, skipped, runs }: Outcome,
  code: number,
  { screen, session }: VerifyContext,
  { drill, quiet = false }: VerifyOptions,
): void {
  const drillResults = runs.map(({ result }) => result);
  const text = [
    verifyView(results, skipped, { ...screen.look, quiet }),
    ...runs.map(({ result, past }) => drillView(result, past, screen.look)),
    ...(runs.length > 1 ? [drillsSummary(drillResults, screen.look.style)] : []),
  ];
  screen.result(
    text.join("\n\n"),
    {
      passed: code === 0,
      checks: results.map(checkJson),
      notAsked: skipped,
      ...(drill === undefined ? {} : { drills: runs.map(({ result, past }) => drillJson(result, past)) }),
    },
    "verify",
  );
  annotate(session.options, () => [
    ...results.flatMap(checkAnnotation),
    ...drillResults.filter(({ ending }) => ending !== "passed").map(drillAnnotation),
  ]);
}

/** What is not proved. */
const checkAnnotation = ({ id, result, title, evidence }: CheckResult): readonly Annotation[] =>
  result === "passed"
    ? []
    : [{ level: result === "failed" ? "error" : "warning", title: `${id}: ${title}`, message: evidence }];

const drillAnnotation = ({ drill, ending, title, problem }: DrillResult): Annotation => ({
  level: "error",
  title: `drill ${drill} ${ending}`,
  message: problem ?? title,
});

/** `saw`: scripts read it by that name. */
const checkJson = ({ id, requirement, title, result, evidence, ms }: CheckResult) => ({
  id,
  requirement,
  title,
  result,
  saw: evidence,
  ms,
});

/** A drill's visitors do not wait for each other: as many as ten seconds without an answer make. */
const VISITORS = 24;

/** The site over the network; the sandbox's on loopback, with the sandbox's DNS and authority. */
async function siteOf(
  { sandbox, served: elsewhere, clock, sandboxSpeed }: Session,
  drilling: boolean,
): Promise<{ site: Site; close(): Promise<void> }> {
  const many = drilling ? { atOnce: VISITORS } : {};
  if (!sandbox) return { site: networkSite({ clock, ...(await elsewhere?.site()), ...many }), close: async () => {} };
  const { serveSite } = await import("../../sandbox/site.ts");
  const served = await serveSite(sandbox, clock, { waits: sandboxSpeed !== "max" });
  const resolve = (name: string, port: number) => {
    const found = served.addressOf(name, port === 443 ? 443 : 80);
    // As nothing listens there: a name that the sandbox's DNS does not have.
    return found ? { host: found.address, port: found.port } : undefined;
  };
  return { site: networkSite({ clock, resolve, ca: served.ca, ...many }), close: () => served.close() };
}
