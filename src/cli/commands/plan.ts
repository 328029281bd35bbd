import { warningsFor } from "../../config/warnings.ts";
import { costChangeJson, costChangeView } from "../../cost/view.ts";
import { preflight } from "../../doctor/preflight.ts";
import { isEmpty, isRefused, planUp } from "../../engine/plan.ts";
import { findingLines } from "../../report/findings.ts";
import { heading, warningsView } from "../../report/views/heading.ts";
import { planView } from "../../report/views/plan.ts";
import { planMarkdown } from "../../report/views/plan-markdown.ts";
import { applicationText } from "../application.ts";
import { askedText, costOfChange, costOfChangeByKey, monthlyAfter } from "../cost-summary.ts";
import { reportFile } from "../html-report.ts";
import { stepSummary } from "../on-github.ts";
import type { CommonOptions } from "../options.ts";
import { withOrigin } from "../origin.ts";
import { documentOf } from "../plan-document.ts";
import { type PlanningOptions, placeOf, savePlan } from "../plan-file.ts";
import { releaseIn } from "../release-words.ts";
import { again, screenOf } from "../screen.ts";
import { type Session, speedOf, withSession } from "../session.ts";

export interface PlanOptions extends CommonOptions, PlanningOptions {
  readonly out?: string;
  readonly detailedExitCode?: boolean;
  /** For a comment on a pull request. */
  readonly markdown?: boolean;
}

/**
 * Shows what `up` would do. Sends nothing that changes anything, writes nothing but `--out`. Answers 2 where `up --yes` with the
 * same options would refuse it.
 */
export async function plan(options: PlanOptions): Promise<number> {
  const refreshImage = options.refreshImage ?? false;
  if (options.out !== undefined) reportFile(options.out, "--out");
  const purpose = {
    command: "plan",
    writes: false,
    // What is saved is done as it is.
    resolvesAddress: options.out !== undefined || ("if-found" as const),
    deploys: true,
    refreshImage,
    replace: options.replace ?? false,
    // What it interrupts is told, and left to whoever answers `up`'s question.
    allowOutage: true,
    upgrade: options.upgrade ?? [],
  };
  return withSession(options, purpose, async (session) => {
    const screen = screenOf(session);
    const { run } = session.stack;
    const graph = session.stack.graphOf(options.step);
    const looked = await session.stack.refresh({ step: options.step });
    const seen = await withOrigin(session, screen, options, looked, false);
    const found = planUp(seen);
    const warnings = [...warningsFor(session.config), ...session.application.warnings];
    const application = applicationText(session.config, session.application);
    const facts = {
      speed: speedOf(session),
      monthly: options.step ? undefined : monthlyAfter(seen, session),
      release: releaseIn(found, session.config),
      costs: costOfChangeByKey(seen, session),
    };
    const changed = options.step ? undefined : costOfChange(seen, session);
    const findings = await preflight(session.aws, seen.entries.values());
    if (options.out !== undefined) savePlan(options.out, found, placeOf(session), savedHow(session, options));
    const stands = Object.keys(run.store.resources).length > 0;
    const markdown = () =>
      planMarkdown({
        plan: found,
        steps: graph.steps,
        facts,
        place: screen.place,
        warnings,
        findings,
        command: again("plan", options),
      });
    stepSummary(options, markdown);
    const text = () =>
      [
        heading(screen.place, screen.look),
        warningsView(warnings, session.paths.config, screen.look),
        application && `application: ${application}`,
        planView(found, graph.steps, facts, screen.look),
        ...(stands && changed && changed.objects.length > 0 ? [`\n${costChangeView(changed, screen.look.width)}`] : []),
        facts.monthly && askedText(session.prices).trim(),
        findings.length > 0 && `\n${findingLines(findings, screen.look).join("\n")}`,
        options.out !== undefined && `\nSaved: \`${again("up", options, [options.out])}\` does exactly this.`,
      ]
        .filter(Boolean)
        .join("\n");
    screen.result(options.markdown ? markdown() : text(), {
      ...documentOf(found, facts.costs),
      warnings,
      application,
      findings,
      monthly: facts.monthly,
      costChange: changed && costChangeJson(changed),
      pricesAsked: session.prices.asked,
    });
    if (findings.some(({ verdict }) => verdict === "problem") || isRefused(found, options.allowOutage ?? false))
      return 2;
    return options.detailedExitCode && !isEmpty(found) ? 3 : 0;
  });
}

const savedHow = ({ clock, inputs }: Session, options: PlanOptions) => ({
  options,
  at: clock.now(),
  version: options.programVersion,
  edition: options.refreshImage ? inputs.imageEdition : undefined,
});
