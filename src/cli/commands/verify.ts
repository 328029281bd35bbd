import { allChecks, isUp } from "../../../steps/verify.ts";
import { BuddyError } from "../../lib/errors.ts";
import { heading } from "../../report/views/heading.ts";
import { commandsOf } from "../../verify/aws/commands.ts";
import { applicableChecks, type CheckResult, exitCode, runChecks, type SkippedCheck } from "../../verify/check.ts";
import type { DrillName, DrillResult, PastDrill } from "../../verify/drills/result.ts";
import { drillJson, drillsSummary, drillView } from "../../verify/drills/view.ts";
import { factsReader, type StackSource } from "../../verify/facts.ts";
import { machinesBy, type RunCommand } from "../../verify/machines.ts";
import { networkSite, type Site } from "../../verify/site.ts";
import { verifyView } from "../../verify/view.ts";
import { requireConsent } from "../ask.ts";
import type { CommonOptions } from "../options.ts";
import { again, type Screen, screenOf } from "../screen.ts";
import { open, type Session } from "../session.ts";

export interface VerifyOptions extends CommonOptions {
  readonly drill?: DrillName | "all";
  readonly report?: string;
  readonly yes?: boolean;
}

/** What checks and drills work with. */
export interface Proving {
  readonly session: Session;
  readonly screen: Screen;
  readonly site: Site;
  readonly machines: RunCommand;
  readonly source: StackSource;
}

/** A drill that was done, and how it went the last time. */
export interface Done {
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
        hint: `Run \`buddyverse up${options.sandbox ? " --sandbox" : ""}\` first.`,
      });
    }
    screen.say(heading(screen.place, screen.errLook));
    const { site, close } = await siteOf(session, drilling);
    try {
      const machines = machinesBy(commandsOf(aws), clock, stack.run.signal);
      const source: StackSource = { config, aws, clock, stack, allowedCidrs: inputs.allowedCidrs };
      return await prove({ session, screen, site, machines, source }, options, report);
    } finally {
      await close();
    }
  } finally {
    session.close();
  }
}

async function prove(
  proving: Proving,
  options: VerifyOptions,
  report: ((page: string) => void) | undefined,
): Promise<number> {
  const { session, screen, site, machines, source } = proving;
  const { config, clock, interrupted, stack } = session;
  const { applicable, skipped: notAsked } = applicableChecks(allChecks, config);
  screen.say(`Asking ${applicable.length} questions, side by side.`);
  const findings = await runChecks(applicable, {
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
    onResult: ({ id, result }) => options.verbose && screen.say(`${id}: ${result}`),
  });
  interrupted.throwIfAborted();
  const proven = exitCode(findings);

  let code = proven;
  let done: readonly Done[] = [];
  let notDone: readonly SkippedCheck[] = [];
  if (options.drill !== undefined) {
    if (proven !== 0) screen.say("Not everything is as it should be: no drill is done.");
    else {
      const { runDrills } = await import("./drill.ts");
      ({ code, done, notDone } = await runDrills(proving, options.drill, options.yes ?? false));
    }
  }

  const skipped = [...notAsked, ...notDone];
  if (report) {
    const { reportPage } = await import("../../verify/drills/page.ts");
    const { stack, region, account, sandbox } = screen.place;
    const page = reportPage({
      stack,
      region,
      account,
      sandbox,
      at: clock.now(),
      findings,
      skipped,
      drills: done,
      cpuTarget: config.web.cpuTarget,
    });
    report(page);
    screen.say(`The report is in ${options.report}.`);
  }
  const told = done.map(({ result, past }) => drillView(result, past, screen.look));
  const results = done.map(({ result }) => result);
  screen.result(
    [
      verifyView(findings, skipped, screen.look),
      ...told,
      ...(results.length > 1 ? [drillsSummary(results, screen.look.style)] : []),
    ].join("\n\n"),
    {
      passed: code === 0,
      checks: findings.map(checkJson),
      notAsked: skipped,
      ...(options.drill === undefined ? {} : { drills: done.map(({ result, past }) => drillJson(result, past)) }),
    },
  );
  return code;
}

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
  { sandbox, clock, sandboxSpeed }: Session,
  drilling: boolean,
): Promise<{ site: Site; close(): Promise<void> }> {
  const many = drilling ? { atOnce: VISITORS } : {};
  if (!sandbox) return { site: networkSite({ clock, ...many }), close: async () => {} };
  const { serveSite } = await import("../../sandbox/site.ts");
  const served = await serveSite(sandbox, clock, { waits: sandboxSpeed !== "max" });
  const resolve = (name: string, port: number) => {
    const found = served.addressOf(name, port === 443 ? 443 : 80);
    // As nothing listens there: a name that the sandbox's DNS does not have.
    return found ? { host: found.address, port: found.port } : undefined;
  };
  return { site: networkSite({ clock, resolve, ca: served.ca, ...many }), close: () => served.close() };
}
