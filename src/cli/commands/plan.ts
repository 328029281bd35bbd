import { stepsFor } from "../../../steps/index.ts";
import { warningsFor } from "../../config/warnings.ts";
import { costChangeView } from "../../cost/view.ts";
import { preflight } from "../../doctor/preflight.ts";
import { graphOf, upTo } from "../../engine/graph.ts";
import { isEmpty, planOffline, planUp } from "../../engine/plan.ts";
import { findingLines } from "../../report/findings.ts";
import { heading, warningsView } from "../../report/views/heading.ts";
import { planView } from "../../report/views/plan.ts";
import { askedText, costOfChange, monthlyAfter, monthlyOf } from "../cost-summary.ts";
import type { FromOptions } from "../from-copy.ts";
import { leftOutWarnings, packedApp } from "../inputs.ts";
import { withOrigin } from "../origin.ts";
import { printResult } from "../output.ts";
import { configOf, pathsOf } from "../paths.ts";
import { pricesIn } from "../prices.ts";
import { releaseIn } from "../release-words.ts";
import { lookOf, screenOf } from "../screen.ts";
import { speedOf, withSession } from "../session.ts";

export interface PlanOptions extends FromOptions {
  readonly step?: string;
  readonly offline?: boolean;
  readonly refreshImage?: boolean;
  readonly detailedExitCode?: boolean;
}

/** Shows what `up` would do. Sends nothing that changes anything, writes nothing. */
export async function plan(options: PlanOptions): Promise<number> {
  if (options.offline) return offline(options);
  const refreshImage = options.refreshImage ?? false;
  const purpose = { command: "plan", writes: false, resolvesAddress: true, refreshImage, allowOutage: true };
  return withSession(options, purpose, async (session) => {
    const screen = screenOf(session);
    const { run } = session.stack;
    const graph = session.stack.graphOf(options.step);
    const looked = await session.stack.refresh({ step: options.step });
    const seen = await withOrigin(session, screen, options, looked, false);
    const found = planUp(seen);
    const warnings = [...warningsFor(session.config), ...leftOutWarnings(session.inputs)];
    const facts = {
      speed: speedOf(session),
      monthly: options.step ? undefined : monthlyAfter(seen, session),
      release: releaseIn(found, session.config),
    };
    const changed = options.step ? undefined : costOfChange(seen, session);
    const findings = await preflight(session.aws, seen.entries.values());
    const stands = Object.keys(run.store.resources).length > 0;
    screen.result(
      [
        heading(screen.place, screen.look),
        warningsView(warnings, session.paths.config, screen.look),
        planView(found, graph.steps, facts, screen.look),
        ...(stands && changed && changed.objects.length > 0 ? [`\n${costChangeView(changed)}`] : []),
        facts.monthly && askedText(session.prices).trim(),
        findings.length > 0 && `\n${findingLines(findings, screen.look).join("\n")}`,
      ]
        .filter(Boolean)
        .join("\n"),
      { ...found, warnings, findings, monthly: facts.monthly, costChange: changed, pricesAsked: session.prices.asked },
    );
    if (findings.some(({ verdict }) => verdict === "problem")) return 2;
    return options.detailedExitCode && !isEmpty(found) ? 3 : 0;
  });
}

/** Asks nobody, needs no credentials: the plan for an empty account. */
async function offline(options: PlanOptions): Promise<number> {
  const config = configOf(options);
  const inputs = {
    publicKey: undefined,
    allowedCidrs: config.bastion.allowedCidrs,
    appArchive: await packedApp(config, pathsOf(options)),
  };
  const whole = graphOf(stepsFor(config, inputs), config.stack, config.tags);
  const graph = options.step ? upTo(whole, options.step) : whole;
  const found = planOffline(graph);
  const prices = pricesIn(pathsOf(options).folder, config.region, options);
  const facts = { monthly: options.step ? undefined : monthlyOf(config, prices) };
  const view = planView(found, graph.steps, facts, lookOf(options, process.stdout));
  printResult(options, [view, facts.monthly && askedText(prices).trim()].filter(Boolean).join("\n"), {
    ...found,
    monthly: facts.monthly,
    pricesAsked: prices.asked,
  });
  return options.detailedExitCode ? 3 : 0;
}
