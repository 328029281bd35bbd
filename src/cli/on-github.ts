import { appendFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { type Annotation, annotation, onGithub } from "../report/github.ts";
import { block } from "../report/markdown.ts";
import type { CommonOptions } from "./options.ts";
import { isForPrograms, tell } from "./output.ts";
import { staged } from "./staged.ts";

/** In a step of GitHub Actions: Markdown for the page of the run. Elsewhere nothing. Where that cannot be written it is missing, and said. */
export function stepSummary(options: CommonOptions, markdown: () => string): void {
  const { GITHUB_STEP_SUMMARY: file } = process.env;
  if (!file || !onGithub(process.env)) return;
  const text = `${staged(options)(markdown())}\n\n`;
  try {
    appendFileSync(file, text);
  } catch (error) {
    // What was done is done, and what was found out is told.
    tell(`The summary of the step is missing: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A screen as it is, under the name of its command. */
export const screenSummary = (command: string, text: string): string =>
  `### ${command}\n\n${block(stripVTControlCharacters(text))}`;

/** In a step of GitHub Actions: what a person should see on the page of the run. Elsewhere nothing. */
export function annotate(
  options: Pick<CommonOptions, "json" | "jsonLines">,
  annotations: () => readonly Annotation[],
): void {
  if (isForPrograms(options) || !onGithub(process.env)) return;
  for (const one of annotations()) process.stderr.write(annotation(one));
}
