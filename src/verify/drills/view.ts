import { duration, measured, offset } from "../../lib/duration.ts";
import { grouped, percent } from "../../lib/number.ts";
import { counted, pad, wrapped } from "../../lib/text.ts";
import { plain, type Style } from "../../report/style.ts";
import { comparedWith } from "./history.ts";
import {
  type Answers,
  type DrillResult,
  type Ending,
  isFailed,
  type PastDrill,
  type Probe,
  type TimelineEntry,
} from "./result.ts";

const WIDTH = 100;

const SIGNS: Readonly<Record<Ending, readonly [sign: string, colour: "green" | "red" | "yellow"]>> = {
  passed: ["✔", "green"],
  failed: ["✖", "red"],
  interrupted: ["!", "yellow"],
};

export const WHO: Readonly<Record<TimelineEntry["who"], string>> = { drill: "drill", aws: "AWS", seen: "seen" };

/**
 * From when the timeline counts: the injected failure, which is the first thing that the drill did. Milliseconds since 1970; the
 * beginning when it never did anything.
 */
export const zeroOf = ({ timeline, began }: DrillResult): number =>
  timeline.find(({ who }) => who === "drill")?.at ?? began;

/** "all 1,204 were answered", "3 of 1,204 failed (0.2 %), longest gap 1.5s". */
function answersIn({ asked, failed, failedPercent, longestGapSeconds }: Answers): string {
  if (asked === 0) return "none was asked for";
  if (failed === 0) return `${grouped(asked)} asked, none failed`;
  return `${grouped(asked)} asked, ${grouped(failed)} failed (${percent(failedPercent)}), longest gap ${measured(longestGapSeconds)}`;
}

/** "passed in 6m12s". */
const endingIn = ({ ending, began, ended }: DrillResult): string =>
  `${ending} ${ending === "passed" ? "in" : "after"} ${duration(ended - began)}`;

/** One drill: what it proves, how it went, step by step, and beside the last time. */
export function drillView(
  result: DrillResult,
  past: PastDrill | undefined,
  { style = plain, width = WIDTH }: { readonly style?: Style; readonly width?: number } = {},
): string {
  const { drill, requirement, title, ending, problem, detectSeconds, recoverSeconds, timeline, notAsBefore } = result;
  const [sign, colour] = SIGNS[ending];
  const block = (indent: string, first: string, words: string, paint: (text: string) => string = (text) => text) =>
    wrapped(words, width - indent.length - first.length).map(
      (line, index) => `${indent}${index === 0 ? first : " ".repeat(first.length)}${paint(line)}`,
    );
  const fact = (name: string, words: string) => block("   ", pad(name, 11), words);
  const never = ending === "interrupted" ? "not by then" : "never";
  const took = (value: number | undefined, meaning: string) =>
    `${value === undefined ? never : `after ${measured(value)}`}: ${meaning}`;
  const compared = comparedWith(result, past);

  const zero = zeroOf(result);
  const whens = timeline.map(({ at }) => offset(zero, at));
  const column = Math.max(0, ...whens.map((when) => when.length)) + 2;
  const steps = timeline.flatMap(({ who, what }, index) =>
    block("   ", `${pad(whens[index] ?? "", column)}${pad(WHO[who], 7)}`, what, who === "seen" ? style.dim : undefined),
  );
  return [
    ` ${style[colour](sign)} ${style.bold(drill)} (${requirement}) ${style[colour](endingIn(result))}`,
    ...block("   ", "", title),
    ...(problem === undefined ? [] : block("   ", "", problem, style[colour])),
    ...(ending === "interrupted" && notAsBefore.length === 0
      ? block("   ", "", "It was broken off; what it had changed was put back.", style.yellow)
      : []),
    "",
    ...fact("detected", took(detectSeconds, result.detected)),
    ...fact("recovered", took(recoverSeconds, result.recovered)),
    ...fact("answers", answersIn(result.answers)),
    ...fact("compared", compared.words),
    ...(steps.length > 0 ? ["", ...steps] : []),
    ...(notAsBefore.length > 0
      ? ["", `   ${style.red("Not as before:")}`, ...notAsBefore.flatMap((what) => block("   ", "- ", what, style.red))]
      : []),
  ]
    .map((line) => line.trimEnd())
    .join("\n");
}

/** How long something took; or that it never came, or not before the drill was interrupted. @param time how seconds are written */
export function tookOr(
  seconds: number | undefined,
  ending: Ending,
  time: (seconds: number) => string = measured,
): string {
  if (seconds !== undefined) return time(seconds);
  return ending === "interrupted" ? "–" : "never";
}

/** One line for each drill, and their sum. Fits into 80 columns. */
export function drillsSummary(results: readonly DrillResult[], style: Style = plain): string {
  const rows = results.map(({ drill, requirement, ending, detectSeconds, recoverSeconds, answers }) => ({
    ending,
    cells: [
      drill,
      requirement,
      ending,
      tookOr(detectSeconds, ending),
      tookOr(recoverSeconds, ending),
      answers.failed === 0 ? "none" : `${grouped(answers.failed)} (${percent(answers.failedPercent)})`,
      answers.failed === 0 ? "none" : measured(answers.longestGapSeconds),
    ],
  }));
  const head = ["drill", "for", "ended", "detected", "recovered", "failed answers", "gap"];
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) => cells.map((cell, column) => pad(cell, widths[column] ?? 0)).join("  ");
  const passed = results.filter(({ ending }) => ending === "passed").length;
  const failed = results.filter(({ ending }) => ending === "failed").length;
  const took = results.reduce((sum, { began, ended }) => sum + ended - began, 0);
  const sum = [
    `${passed} of ${counted(results.length, "drill")} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(passed + failed < results.length ? [`${results.length - passed - failed} interrupted`] : []),
  ].join(", ");
  const good = passed < results.length ? style.yellow : style.green;
  return [
    `   ${style.dim(line(head).trimEnd())}`,
    ...rows.map(({ ending, cells }) => ` ${style[SIGNS[ending][1]](SIGNS[ending][0])} ${line(cells).trimEnd()}`),
    "",
    (failed > 0 ? style.red : good)(`${sum} (${duration(took)}).`),
  ].join("\n");
}

const iso = (at: number): string => new Date(at).toISOString();

/**
 * A result for `--json`: times in ISO 8601. Of the requests to the site, the failed ones one by one, and of all of them how
 * often each status came in each minute ("none": no answer).
 */
export function drillJson(result: DrillResult, past?: PastDrill): Readonly<Record<string, unknown>> {
  const { probes, timeline, samples, cpu, began, ended, ...rest } = result;
  const timed = <T extends { readonly at: number }>(all: readonly T[]) =>
    all.map((item) => ({ ...item, at: iso(item.at) }));
  return {
    ...rest,
    answers: { ...rest.answers, failedPercent: Number(rest.answers.failedPercent.toFixed(2)) },
    began: iso(began),
    ended: iso(ended),
    compared: comparedWith(result, past),
    last: past,
    moments: timed(timeline),
    samples: timed(samples),
    cpu: timed(cpu),
    answersByMinute: byMinute(probes).map(({ at, statuses }) => ({ at: iso(at), statuses })),
    failedProbes: timed(probes.filter(isFailed)),
  };
}

function byMinute(probes: readonly Probe[]): { readonly at: number; readonly statuses: Record<string, number> }[] {
  const minutes = new Map<number, Record<string, number>>();
  for (const { at, status } of probes) {
    const minute = Math.floor(at / 60_000) * 60_000;
    const statuses = minutes.get(minute) ?? {};
    const name = status === undefined ? "none" : String(status);
    statuses[name] = (statuses[name] ?? 0) + 1;
    minutes.set(minute, statuses);
  }
  return [...minutes].toSorted(([one], [other]) => one - other).map(([at, statuses]) => ({ at, statuses }));
}
