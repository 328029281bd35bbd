import { stepsFor } from "../../../steps/index.ts";
import { rangesIn } from "../../../steps/let-in.ts";
import { cidrsOf } from "../../config/allowed-cidrs.ts";
import type { Config } from "../../config/schema.ts";
import { type Graph, graphOf, upTo } from "../../engine/graph.ts";
import { planOffline } from "../../engine/plan.ts";
import { planView } from "../../report/views/plan.ts";
import { planMarkdown } from "../../report/views/plan-markdown.ts";
import { type Application, applicationOf, throwUnfit } from "../application.ts";
import { askedText, monthlyOf } from "../cost-summary.ts";
import { lookOf } from "../look.ts";
import { stepSummary } from "../on-github.ts";
import { printResult } from "../output.ts";
import { configOf, pathsOf } from "../paths.ts";
import { documentOf } from "../plan-document.ts";
import { pricesIn } from "../prices.ts";
import { stageWords } from "../staged.ts";
import type { PlanOptions } from "./plan.ts";

/** The stack of a config, of which nothing is there yet. */
export const graphOfConfig = (config: Config, { archive, project }: Application): Graph =>
  graphOf(
    stepsFor(config, {
      publicKey: undefined,
      allowedCidrs: cidrsOf(config.bastion.allowedCidrs),
      letIn: rangesIn(config.bastion.allowedCidrs),
      appArchive: archive,
      project,
    }),
    config.stack,
    config.tags,
  );

/** Asks nobody, needs no credentials: the plan for an empty account. */
export async function planOfConfig(options: PlanOptions): Promise<number> {
  const config = configOf(options);
  const application = await applicationOf(config, pathsOf(options));
  throwUnfit(application, pathsOf(options).config);
  const whole = graphOfConfig(config, application);
  const graph = options.step ? upTo(whole, options.step) : whole;
  const found = planOffline(graph);
  const prices = pricesIn(pathsOf(options).folder, config.region, options);
  const facts = { monthly: options.step ? undefined : monthlyOf(whole, { config, prices }) };
  const command = ["buddyverse plan", ...stageWords(options), "--offline"].join(" ");
  const markdown = () => planMarkdown({ plan: found, steps: graph.steps, facts, command });
  stepSummary(options, markdown);
  const text = () =>
    [planView(found, graph.steps, facts, lookOf(options, process.stdout)), facts.monthly && askedText(prices).trim()]
      .filter(Boolean)
      .join("\n");
  printResult(options, options.markdown ? markdown() : text(), {
    ...documentOf(found),
    monthly: facts.monthly,
    pricesAsked: prices.asked,
  });
  return options.detailedExitCode ? 3 : 0;
}
