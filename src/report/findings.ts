import { counted, pad } from "../lib/text.ts";
import { plain } from "./style.ts";
import type { Look } from "./views/look.ts";

/** `unseen`: it could not be looked at. */
export type Verdict = "ok" | "problem" | "unseen";

/** One thing that was looked at before `up`. */
export interface Finding {
  /** A few words: "vCPU quota". */
  readonly about: string;
  readonly verdict: Verdict;
  /** What is so; of `unseen` why. */
  readonly message: string;
  /** What to do. */
  readonly hint?: string | undefined;
}

/** All findings, a line or two for each, and the count of them. */
export function findingsView(findings: readonly Finding[], { style = plain }: Look = {}): string {
  const wide = Math.max(0, ...findings.map(({ about }) => about.length)) + 2;
  const signs = { ok: style.green("✔"), problem: style.red("✖"), unseen: style.yellow("?") };
  const lines = findings.flatMap(({ about, verdict, message, hint }) => [
    ` ${signs[verdict]}  ${pad(about, wide)}${verdict === "unseen" ? `could not be looked at: ${message}` : message}`,
    ...(hint === undefined ? [] : [`    ${pad("", wide)}→ ${hint}`]),
  ]);
  const number = (verdict: Verdict) => findings.filter((one) => one.verdict === verdict).length;
  const problems = number("problem");
  const unseen = number("unseen");
  const sum = [
    problems === 0 ? "No problem was found" : counted(problems, "problem"),
    `; ${number("ok")} ok`,
    unseen === 0 ? "" : `, ${unseen} could not be looked at`,
  ].join("");
  return [...lines, "", `${sum}.`].join("\n");
}
