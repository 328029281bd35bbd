import { duration } from "../lib/duration.ts";
import { counted, pad, wrapped } from "../lib/text.ts";
import { plain, type Style } from "../report/style.ts";
import type { CheckResult, SkippedCheck, Verdict } from "./check.ts";

const WIDTH = 100;
const MARGIN = 8;

const SIGNS: Readonly<Record<Verdict, readonly [sign: string, colour: "green" | "red" | "yellow"]>> = {
  passed: ["✔", "green"],
  failed: ["✖", "red"],
  unknown: ["?", "yellow"],
};

/** A requirement's checks below each other: what was asked, and what was seen. */
export function verifyView(
  results: readonly CheckResult[],
  skipped: readonly SkippedCheck[],
  {
    style = plain,
    width = WIDTH,
    quiet = false,
  }: { readonly style?: Style; readonly width?: number; readonly quiet?: boolean } = {},
): string {
  const text = (words: string) => wrapped(words, width - MARGIN);
  const shown = quiet ? results.filter(({ result }) => result !== "passed") : results;
  const lines = shown.flatMap(({ requirement, title, result, evidence }, index) => {
    const [sign, colour] = SIGNS[result];
    const [first = "", ...rest] = text(title);
    const label = shown[index - 1]?.requirement === requirement ? "" : requirement;
    return [
      ` ${pad(label, 4)}${style[colour](sign)} ${first}`,
      ...rest.map((line) => `${" ".repeat(MARGIN - 1)}${line}`),
      ...text(evidence).map(
        (line) => `${" ".repeat(MARGIN - 1)}${(result === "passed" ? style.dim : style[colour])(line)}`,
      ),
    ];
  });
  const not = (quiet ? [] : skipped).flatMap(({ id, requirement, why }) =>
    text(`not asked: ${id} (${requirement}), as ${why}`).map((line) => ` ${" ".repeat(MARGIN - 2)}${style.dim(line)}`),
  );
  return [...lines, ...not, ...(lines.length + not.length > 0 ? [""] : []), summary(results, style)]
    .map((line) => line.trimEnd())
    .join("\n");
}

/** "20 of 22 checks passed, 1 failed, 1 could not be looked at (12s)." */
function summary(results: readonly CheckResult[], style: Style): string {
  const number = (wanted: Verdict) => results.filter(({ result }) => result === wanted).length;
  const longest = Math.max(0, ...results.map(({ ms }) => ms));
  const [failed, unknown] = [number("failed"), number("unknown")];
  const said = [
    `${number("passed")} of ${counted(results.length, "check")} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(unknown > 0 ? [`${unknown} could not be looked at`] : []),
  ].join(", ");
  const good = unknown > 0 ? style.yellow : style.green;
  return (failed > 0 ? style.red : good)(`${said} (${duration(longest)}).`);
}
