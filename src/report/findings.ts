import { counted, pad } from "../lib/text.ts";
import { plain } from "./style.ts";
import type { Look } from "./views/look.ts";

/** `warning`: it may be well, which only a person can tell. `unseen`: it could not be looked at. */
export type Verdict = "ok" | "problem" | "warning" | "unseen";

/** One thing that was looked at before `up`. */
export interface Finding {
  /** A few words: "vCPU quota". */
  readonly about: string;
  readonly verdict: Verdict;
  /** What is so; of `unseen` why. */
  readonly message: string;
  /** The place in the config that it is about. */
  readonly path?: string | undefined;
  /** What to do. */
  readonly hint?: string | undefined;
}

/** A line or two for each finding; what is to be done about several of them stands below the first. */
export function findingLines(findings: readonly Finding[], { style = plain }: Look = {}): readonly string[] {
  const wide = Math.max(0, ...findings.map(({ about }) => about.length)) + 2;
  const signs = {
    ok: style.green("✔"),
    problem: style.red("✖"),
    warning: style.yellow("!"),
    unseen: style.yellow("?"),
  };
  const told = new Set<string>();
  const isNew = (hint: string) => !told.has(hint) && told.add(hint);
  return findings.flatMap(({ about, verdict, path, message, hint }) => [
    ` ${signs[verdict]}  ${pad(about, wide)}${path === undefined ? "" : `${path}: `}${verdict === "unseen" ? `could not be looked at: ${message}` : message}`,
    ...(hint !== undefined && isNew(hint) ? [`    ${pad("", wide)}→ ${hint}`] : []),
  ]);
}

/** All findings, and the count of them. */
export function findingsView(findings: readonly Finding[], look: Look = {}): string {
  const number = (verdict: Verdict) => findings.filter((one) => one.verdict === verdict).length;
  const problems = number("problem");
  const warnings = number("warning");
  const unseen = number("unseen");
  const sum = [
    problems === 0 ? "No problem was found" : counted(problems, "problem"),
    warnings === 0 ? "" : `, ${counted(warnings, "warning")}`,
    `; ${number("ok")} ok`,
    unseen === 0 ? "" : `, ${unseen} could not be looked at`,
  ].join("");
  return [...findingLines(findings, look), "", `${sum}.`].join("\n");
}
