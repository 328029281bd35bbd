import { about, at, clockMinute, dayAt, duration, zoneAt } from "../../lib/duration.ts";
import { counted, list, oneLine, truncate } from "../../lib/text.ts";
import type { PastChange, PastRun } from "../../state/history.ts";
import { nounOf } from "../names.ts";
import { plain, type Style } from "../style.ts";
import { joined, type Look, madeBy, tableLine, WIDTH } from "./look.ts";

const HEADS = ["", "when", "by", "result", "took", "run", "what changed"];
const OUTCOMES = ["created", "updated", "replaced", "deleted", "failed", "interrupted"] as const;
/** By this machine's clock alone: a table has no room for UTC besides. */
function minuteOf(iso: string): string {
  const ms = Date.parse(iso);
  return `${dayAt(ms)} ${clockMinute(ms)} ${zoneAt(ms)}`;
}
const took = ({ seconds }: PastRun): string => (seconds === undefined ? "" : duration(seconds * 1_000));

/** "3 created, 1 updated"; of what no object tells, the calls. */
function changed({ changes, calls }: PastRun): string {
  const parts = OUTCOMES.flatMap((outcome) => {
    const number = changes.filter((one) => one.outcome === outcome).length;
    return number === 0 ? [] : [`${number} ${outcome}`];
  });
  if (parts.length > 0) return parts.join(", ");
  const sent = Object.values(calls).reduce((sum, number) => sum + number, 0);
  return sent === 0 ? "nothing" : `${counted(sent, "changing call")} sent`;
}

/** Without its options: those are shown with the run. */
const commandOf = ({ command }: PastRun): string => command.replace(/ --?[a-z].*/, "");

const painted = ({ result }: PastRun, style: Style) =>
  result === "done" ? style.green : result === "failed" ? style.red : style.yellow;

/** The runs, the newest first: a line each. */
export function historyView(runs: readonly PastRun[], { style = plain, width = WIDTH }: Look = {}): string {
  if (runs.length === 0)
    return "No run is kept yet: each `buddyverse up` and `down`, and whatever else changes the stack, adds one.";
  const newest = runs.toReversed();
  const rows = newest.map((run) => [
    String(run.number),
    minuteOf(run.at),
    madeBy(run.by),
    run.result,
    took(run),
    oneLine(commandOf(run)),
    changed(run),
  ]);
  const { line } = tableLine([HEADS, ...rows]);
  return joined([
    style.bold(line(HEADS)),
    ...rows.map((row, index) => painted(newest[index] as PastRun, style)(truncate(line(row), width))),
    "",
    "`buddyverse history NUMBER` shows one, object by object.",
  ]);
}

/** One run, object by object. */
export function runView(run: PastRun, { style = plain, width = WIDTH }: Look = {}): string {
  const { plan, drift = [], error } = run;
  const actions = Object.entries(plan?.actions ?? {}).filter(([action]) => action !== "none");
  return joined([
    style.bold(`Run ${run.number}: ${oneLine(run.command)}`),
    `  when     ${at(Date.parse(run.at))}${run.seconds === undefined ? "" : `, for ${took(run)}`}`,
    `  by       ${oneLine(run.by)}`,
    `  version  ${oneLine(run.version)}`,
    ...(plan
      ? [
          `  plan     ${actions.length === 0 ? "nothing to do" : `${actions.map(([action, number]) => `${number} to ${action}`).join(", ")}, about ${about(plan.seconds)}`}`,
        ]
      : []),
    `  result   ${painted(run, style)(RESULT[run.result])}${error ? `: ${oneLine(error.message)}` : ""}`,
    ...(drift.length === 0
      ? []
      : [
          "",
          "Changed by others before it:",
          ...drift.map(({ name, object, fields }) =>
            truncate(`  ${thing({ name, object })}: ${fields.length === 0 ? "gone" : list(fields)}`, width),
          ),
        ]),
    ...(run.changes.length === 0 ? [] : ["", "What it did:", ...changeLines(run.changes, width)]),
    ...(Object.keys(run.calls).length === 0
      ? []
      : [
          "",
          "Changing calls:",
          ...Object.entries(run.calls).map(([call, number]) => `  ${String(number).padStart(4)}  ${call}`),
        ]),
  ]);
}

const RESULT: Readonly<Record<PastRun["result"], string>> = {
  done: "done",
  failed: "failed",
  refused: "refused, nothing was changed",
  interrupted: "interrupted",
  unfinished: "it never came to its end, or is under way",
};

const thing = ({ name, object }: { readonly name: string; readonly object: string }): string =>
  `${nounOf(object)} ${oneLine(name)}`;

function changeLines(changes: readonly PastChange[], width: number): string[] {
  const rows = changes.map((one) => [
    `  ${one.outcome}`,
    duration(one.seconds * 1_000),
    thing(one),
    one.reason ? oneLine(one.reason) : (one.fields ?? []).join(", "),
  ]);
  const { line } = tableLine([["", "", "", ""], ...rows]);
  return rows.map((row) => truncate(line(row), width));
}
