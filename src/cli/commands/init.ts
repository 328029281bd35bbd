import { existsSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { configJsonSchemaText } from "../../config/for-editors.ts";
import { type Answers, initialConfig, QUESTIONS, schemaRefFor } from "../../config/init.ts";
import { BuddyError } from "../../lib/errors.ts";
import { ask, requireConsent } from "../ask.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";
import { pathsOf } from "../paths.ts";
import { again } from "../screen.ts";

/** Writes a config; never over one that is there. */
export async function init(options: CommonOptions & { readonly yes?: boolean }): Promise<number> {
  const { config } = pathsOf(options);
  const file = resolve(config);
  if (existsSync(file)) {
    throw new BuddyError({
      code: "usage",
      message: `${config} is there already`,
      about: { file: config },
      hint: "Edit it, or name another: --config FILE.",
    });
  }
  requireConsent("init", options.yes ?? false, again("init", options));
  const answers = options.yes ? {} : await interview();
  const schema = schemaRefFor(dirname(file));
  try {
    writeFileSync(file, `${JSON.stringify(initialConfig(answers, schema.ref), null, 2)}\n`, { flag: "wx" });
    if (schema.copyTo) writeFileSync(schema.copyTo, configJsonSchemaText());
  } catch (error) {
    throw new BuddyError({
      code: "usage",
      message: `${config} cannot be written`,
      about: { file: config },
      hint: "Name a file in a folder that is there and writable: --config FILE.",
      cause: error,
    });
  }
  const rehearsal = `${again("up", { ...options, sandbox: true })} --yes`;
  printResult(options, `Wrote ${config}. Next: ${rehearsal} (a rehearsal), or ${again("plan", options)}.`, {
    written: config,
  });
  return 0;
}

async function interview(): Promise<Answers> {
  const answers: Record<string, string> = {};
  for (const question of QUESTIONS) {
    if (!question.applies(answers)) continue;
    for (;;) {
      const standard = question.default(answers);
      const given = (await ask(`${question.question} [${standard}] `)) || standard;
      const complaint = question.validate(given, answers);
      if (!complaint) {
        answers[question.key] = given;
        break;
      }
      process.stderr.write(`${complaint}\n`);
    }
  }
  return answers;
}
