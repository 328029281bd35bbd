import { existsSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { configJsonSchemaText } from "../../config/for-editors.ts";
import {
  type Answers,
  initialConfig,
  QUESTIONS,
  type Question,
  type QuestionKey,
  schemaRefFor,
} from "../../config/init.ts";
import { type Config, configSchema } from "../../config/schema.ts";
import { monthlyTotal } from "../../cost/estimate.ts";
import type { PriceTable } from "../../cost/price-table.ts";
import { planOffline } from "../../engine/plan.ts";
import { BuddyError } from "../../lib/errors.ts";
import { dollars } from "../../lib/money.ts";
import { configView } from "../../report/views/init.ts";
import { planSummary } from "../../report/views/plan.ts";
import { removeIfThere } from "../../state/file.ts";
import { type Application, applicationAnywhere, applicationText, foundOf } from "../application.ts";
import { ask, requireConsent } from "../ask.ts";
import { billOf, monthlyOf } from "../cost-summary.ts";
import { beforeAnyChange } from "../interrupt.ts";
import { lookOf } from "../look.ts";
import type { CommonOptions } from "../options.ts";
import { fitTo, printResult } from "../output.ts";
import { type Paths, pathsOf, stemOf } from "../paths.ts";
import { pricesIn } from "../prices.ts";
import { again } from "../screen.ts";
import { graphOfConfig } from "./plan-offline.ts";

const thereAlready = (config: string): BuddyError =>
  new BuddyError({
    code: "usage",
    message: `${config} is there already`,
    about: { file: config },
    hint: "Edit it, or name another: --config FILE.",
  });

/** Writes a config; never over one that is there. */
export async function init(given: CommonOptions & { readonly yes?: boolean }): Promise<number> {
  // What it writes has the region: the commands that go on need not name it.
  const { region: _, ...options } = given;
  const paths = pathsOf(options);
  const { config } = paths;
  const file = resolve(config);
  if (existsSync(file)) throw thereAlready(config);
  requireConsent("init", options.yes ?? false, again("init", given));
  const here = { ...defaultsIn(paths.folder), ...defaultsFrom(given) };
  const answers = options.yes ? here : await interview(here, paths);
  const application = await lookAt(answers, paths);
  const schema = schemaRefFor(dirname(file));
  const written = initialConfig(answers, schema.ref, foundOf(application));
  try {
    writeFileSync(file, `${JSON.stringify(written, null, 2)}\n`, { flag: "wx" });
    if (schema.copyTo) writeFileSync(schema.copyTo, configJsonSchemaText());
  } catch (error) {
    // Somebody made it meanwhile, or it is a link to what is not there.
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw thereAlready(config);
    // On a full disk it is there by now, and empty.
    removeIfThere(file);
    throw new BuddyError({
      code: "usage",
      message: `${config} cannot be written`,
      about: { file: config },
      hint: "Name a file in a folder that is there and writable: --config FILE.",
      cause: error,
    });
  }
  const made = configSchema.parse(written);
  const found = applicationText(made, application);
  const { problems } = application;
  const rehearsal = `${again("up", { ...options, sandbox: true })} --yes`;
  const next =
    problems.length > 0
      ? `Next: correct that, which ${again("plan", options)} also says.`
      : `Next: ${rehearsal} (a rehearsal), or ${again("plan", options)}.`;
  const graph = graphOfConfig(made, application);
  const monthly = monthlyOf(graph, { config: made, prices: pricesFor(made, paths) });
  printResult(
    options,
    [
      `Wrote ${config}:`,
      "",
      configView(made, found, lookOf(options, process.stdout)),
      "",
      planSummary(planOffline(graph), { monthly }),
      `What it costs, part by part: ${again("cost", options)}`,
      ...problems.flatMap(({ path, message, hint }) => [
        `${path}: ${message}`,
        ...(hint === undefined ? [] : [`    → ${hint}`]),
      ]),
      next,
    ].join("\n"),
    {
      written: config,
      ...(found === undefined ? {} : { application: found }),
      ...(problems.length > 0 ? { problems } : {}),
    },
  );
  return 0;
}

/** A config that is named "stage.config.json" is for a stack "stage", of which there is no other. */
function defaultsFrom({ config, region }: CommonOptions): Answers {
  const complaint = (asked: QuestionKey, answer: string) =>
    QUESTIONS.find(({ key }) => key === asked)?.validate(answer, {});
  const stack = stemOf(config ?? "");
  const wrong = region === undefined ? undefined : complaint("region", region);
  if (wrong !== undefined)
    throw new BuddyError({
      code: "usage",
      message: `--region: ${wrong}`,
      hint: "Name a region, as --region eu-central-1.",
    });
  return {
    ...(stack !== "" && complaint("stack", stack) === undefined ? { stack } : {}),
    ...(region === undefined ? {} : { region }),
    // Route 53 has no public hosted zones there.
    ...(region?.startsWith("us-gov-") ? { "domain.name": "none" } : {}),
  };
}

/** Whoever begins in a Django project's folder means that project. */
const defaultsIn = (folder: string): Answers => (existsSync(join(folder, "manage.py")) ? { "image.app": "." } : {});

const lookAt = (answers: Answers, paths: Paths): Promise<Application> =>
  applicationAnywhere(configSchema.parse(initialConfig(answers, "")), paths);

async function interview(here: Answers, paths: Paths): Promise<Answers> {
  const answers: Partial<Record<QuestionKey, string>> = {};
  for (const question of QUESTIONS) {
    if (!question.applies(answers)) continue;
    for (const text of [question.note, choicesText(question, answers, paths)]) if (text !== undefined) say(text);
    for (;;) {
      const standard = here[question.key] ?? question.default(answers);
      const answer = await ask(`${question.question} [${standard}] `).catch((error: unknown) => {
        throw beforeAnyChange(error);
      });
      if (answer === undefined)
        throw new BuddyError({
          code: "usage",
          message: "the questions were not answered to their end",
          hint: "Nothing was written. `buddyverse init --yes` asks nothing, and takes the defaults.",
        });
      const given = answer || standard;
      const complaint =
        question.validate(given, answers) ??
        (question.key === "image.app" ? await notPacked({ "image.app": given }, paths) : undefined);
      if (!complaint) {
        answers[question.key] = given;
        break;
      }
      say(complaint);
    }
  }
  return answers;
}

const say = (text: string): void => void process.stderr.write(`${fitTo(process.stderr, text)}\n`);

const pricesFor = ({ region }: Config, { folder }: Paths): PriceTable => pricesIn(folder, region, { quiet: true });

/** What the whole stack costs a month by each answer, with the answers so far. Undefined: there is no choice, or no price. */
function choicesText({ key, choices }: Question, soFar: Answers, paths: Paths): string | undefined {
  const costs = choices.map((choice) => {
    // What costs nothing by itself, and is not there to be looked at yet.
    const config = configSchema.parse(initialConfig({ ...soFar, [key]: choice, "image.app": "none" }, ""));
    const { usd, unknown } = monthlyTotal(billOf(config, pricesFor(config, paths)));
    return usd === null ? undefined : `${choice} ${unknown.length > 0 ? "at least " : ""}${dollars(usd)}`;
  });
  return costs.length === 0 || costs.includes(undefined)
    ? undefined
    : `The whole stack in an ordinary month: ${costs.join(", ")}.`;
}

/** Why a folder cannot be sent; undefined: it can, or it is a repository. */
async function notPacked(answers: Answers, paths: Paths): Promise<string | undefined> {
  try {
    await lookAt(answers, paths);
    return undefined;
  } catch (error) {
    if (error instanceof BuddyError) return `${error.message} (${error.hint})`;
    throw error;
  }
}
