import type { NodeResult } from "../../engine/node-result.ts";
import { explain } from "../../lib/errors.ts";
import { counted, oneLine, some } from "../../lib/text.ts";
import { NO_LONGER_WANTED } from "../names.ts";
import { reasonOf } from "../progress.ts";
import type { Style } from "../style.ts";
import { objectText } from "./items.ts";

export const isTrouble = ({ outcome }: NodeResult): boolean =>
  outcome === "failed" || outcome === "blocked" || outcome === "interrupted" || outcome === "skipped";

/** What failed, waits or was interrupted, each with what to do; then what that holds up, and the command that goes on. */
export function troubles(
  settled: readonly NodeResult[],
  {
    again,
    verbose,
    style,
    held,
  }: {
    /** The command that goes on. */
    readonly again: string;
    readonly verbose: boolean;
    readonly style: Style;
    /** What became of what was skipped. */
    readonly held: "left" | "not started";
  },
): string[] {
  const as = (outcome: NodeResult["outcome"]) => settled.filter((one) => one.outcome === outcome);
  const lines = [
    ...failures(as("failed"), verbose, style),
    ...as("blocked").flatMap((one) => [
      "",
      `${style.yellow("waits for you")}: ${stepOf(one)} · ${objectText(one)}`,
      `  to do  ${reasonOf(one)}`,
    ]),
    ...interruptions(as("interrupted"), style),
    ...heldUp(as("skipped"), style.dim(`${held}:`)),
  ];
  return lines.length === 0 ? [] : [...lines, "", `To continue: ${style.cyan(again)}`];
}

const stepOf = ({ step }: NodeResult): string => step ?? NO_LONGER_WANTED;

/** In groups by what is alike in them. */
function groupsBy(
  settled: readonly NodeResult[],
  alike: (one: NodeResult) => string,
): readonly [NodeResult, ...NodeResult[]][] {
  const groups = new Map<string, [NodeResult, ...NodeResult[]]>();
  for (const one of settled) {
    const group = groups.get(alike(one));
    if (group) group.push(one);
    else groups.set(alike(one), [one]);
  }
  return [...groups.values()];
}

/** One cause (a login that ran out) can fail many things; it is explained once. */
function failures(failed: readonly NodeResult[], verbose: boolean, style: Style): string[] {
  return groupsBy(failed, (one) => `${one.error?.code} ${reasonOf(one)}`).flatMap(([first, ...others]) => [
    "",
    ...failureLines(first, verbose, style),
    ...(others.length === 0 ? [] : [`  also ${others.map(({ name }) => oneLine(name)).join(", ")}`]),
  ]);
}

function failureLines(one: NodeResult, verbose: boolean, style: Style): string[] {
  const head = `${style.red("failed")}: ${stepOf(one)} · ${objectText(one)}`;
  if (one.error === undefined) return [head, `  ${reasonOf(one)}`];
  const [first = "", ...rest] = explain(one.error, { verbose }).split("\n");
  // What a machine said is a part of the message.
  const said = one.error.message.split("\n").length - 1;
  const below = rest.map((line, index) => (index < said ? `         ${line}` : line));
  return [head, `  what   ${reasonOf({ ...one, reason: first.replace(/^error: /, "") })}`, ...below];
}

function interruptions(interrupted: readonly NodeResult[], style: Style): string[] {
  if (interrupted.length === 0) return [];
  const names = some(
    interrupted.map(({ name }) => oneLine(name)),
    4,
  );
  return ["", `${style.yellow("interrupted")}: ${names}. All that was begun is recorded; nothing is lost.`];
}

function heldUp(skipped: readonly NodeResult[], label: string): string[] {
  const lines = groupsBy(skipped, reasonOf).map((group) => {
    const steps = [...new Set(group.map(stepOf))];
    return `${label} ${counted(group.length, "resource")} of ${steps.join(", ")}: ${reasonOf(group[0])}`;
  });
  return lines.length === 0 ? [] : ["", ...lines];
}
