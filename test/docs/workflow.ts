/** The workflow of docs/ci.md, as GitHub reads it. */
import { parseDocument } from "yaml";
import { read } from "./pages.ts";

export interface WorkflowStep {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
}
export interface Job {
  readonly "runs-on": string;
  readonly environment?: string;
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly WorkflowStep[];
}
interface Workflow {
  readonly on: object;
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

const document = parseDocument(read("docs/ci/github.yml"), { strict: true, uniqueKeys: true });
/** What is wrong with it as YAML. */
export const mistakes = [...document.errors, ...document.warnings];
export const workflow = document.toJS() as Workflow;
