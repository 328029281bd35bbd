import { isEmpty, type Plan, type PlanItem } from "../../engine/plan.ts";
import { about } from "../../lib/duration.ts";
import type { Problem } from "../../lib/errors.ts";
import { dollars } from "../../lib/money.ts";
import { counted } from "../../lib/text.ts";
import { type Names, namesOf } from "../differences.ts";
import type { Finding } from "../findings.ts";
import { alert, block, code, folded, prose, row } from "../markdown.ts";
import { nounOf } from "../names.ts";
import { reasonOf } from "../progress.ts";
import type { Place } from "./look.ts";
import { mattersOf, type PlanFacts, planCounts, planSentences, planView } from "./plan.ts";
import { foldedTags } from "./plan-tags.ts";

/** GitHub takes a comment of 65,536 characters; whoever posts it may want to say something, too. */
export const MOST_CHARACTERS = 65_000;
/** So many rows are shown without being asked for. */
const OPEN_ROWS = 15;
/** Of one sort of remark so many are told, each so long. */
const MOST_TOLD = 20;
const LONGEST = 600;

export interface PlanMarkdown {
  readonly plan: Plan;
  readonly steps: readonly string[];
  readonly facts: PlanFacts;
  /** Undefined: it was planned without looking at AWS. */
  readonly place?: Place | undefined;
  /** What is odd in the config. */
  readonly warnings?: readonly Problem[];
  /** What was looked at before. */
  readonly findings?: readonly Finding[];
  /** The command that shows all of it. */
  readonly command: string;
}

/** A plan as a comment on a pull request: what matters first, all else folded, never longer than GitHub takes. */
export function planMarkdown(given: PlanMarkdown): string {
  const { plan, steps, facts, place, command } = given;
  const head = [
    `### buddyverse: ${planCounts(plan) || "nothing to do"}`,
    placeText(place),
    prose(planSentences(plan, facts)),
    ...remarks(given),
  ].filter((text) => text !== "");

  const names = namesOf(plan.items);
  const { items, tags } = foldedTags(plan.items.filter(isTold));
  const changing = items.toSorted((one, other) => weightOf(other) - weightOf(one));
  const loud = changing.length <= OPEN_ROWS ? changing : changing.filter((item) => weightOf(item) > 0);
  const quiet = changing.filter((item) => !loud.includes(item));
  const room = () => MOST_CHARACTERS - head.join("\n\n").length - RESERVE;
  const more = (number: number, what: string) => `… and ${counted(number, what)} more: ${code(command)} shows all.`;

  if (loud.length > 0) head.push(table(loud, facts, names, room(), (number) => more(number, "change")));
  if (quiet.length > 0) {
    const rows = table(quiet, facts, names, room(), (number) => more(number, "change"));
    head.push(folded(`${counted(quiet.length, loud.length > 0 ? "other change" : "change")}`, rows));
  }
  if (tags.length > 0) head.push(tags.map((text) => `- ${prose(text)}`).join("\n"));
  if (!isEmpty(plan)) {
    const lines = planView(plan, steps, facts).split("\n");
    const kept = fitting(lines, room());
    const rest = lines.length - kept.length;
    if (kept.length > 0)
      head.push(folded("Details", [block(kept.join("\n")), ...(rest > 0 ? [more(rest, "line")] : [])].join("\n\n")));
  }
  return head.join("\n\n");
}

/** For what stands around rows and lines that are counted. */
const RESERVE = 1_000;

const placeText = (place: Place | undefined): string =>
  place === undefined
    ? "From the config alone, as for an empty account."
    : [
        place.sandbox ? "**sandbox**" : `account ${code(place.account ?? "")}`,
        code(place.region),
        `stack ${code(place.stack)}`,
      ].join(" · ");

const isTold = ({ action }: PlanItem): boolean => action !== "none" && action !== "retain" && action !== "wait";

/** What should be seen comes first: what is refused, then what interrupts, is lost or waits for a person. */
function weightOf({ refused, asks, interruption, rollout, action }: PlanItem): number {
  if (refused !== undefined) return 5;
  if (asks !== undefined || interruption.kind === "outage") return 4;
  if (action === "delete" || action === "replace" || action === "failed") return 3;
  if (action === "blocked" || interruption.kind === "brief") return 2;
  return interruption.what === "" && rollout === undefined ? 0 : 1;
}

const HEADS = ["", "Object", "What changes, and what users notice", "Takes", "A month"];

function table(
  items: readonly PlanItem[],
  facts: PlanFacts,
  names: Names,
  room: number,
  more: (number: number) => string,
): string {
  const heads = [row(HEADS), row(["---", "---", "---", "--:", "--:"])];
  const rows = items.map((item) => rowOf(item, facts, names));
  const kept = fitting(rows, room - heads.join("\n").length);
  const rest = rows.length - kept.length;
  return [[...heads, ...kept].join("\n"), ...(rest > 0 ? [more(rest)] : [])].join("\n\n");
}

function rowOf(item: PlanItem, { costs }: PlanFacts, names: Names): string {
  const { action, object, name, interruption, rollout, seconds, holdsData, differences } = item;
  const loses = holdsData && (action === "delete" || action === "replace") ? " (**holds data**)" : "";
  const notices = interruption.what || rollout || (action === "blocked" ? (item.reason ?? "") : "");
  return row([
    action === "replace" && rollout === undefined ? "**replace**" : action === "delete" ? "**delete**" : action,
    `${nounOf(object)} ${code(name)}${loses}`,
    [code(short((action === "create" ? mattersOf(item, names) : differences.map(({ field }) => field)).join(", ")))]
      .concat(prose(short(notices)))
      .filter((text) => text !== "")
      .join("<br>"),
    seconds >= 10 ? about(seconds) : "",
    monthText(costs?.get(item.key)),
  ]);
}

function monthText(usd: number | null | undefined): string {
  if (usd === null) return "unknown";
  if (usd === undefined || Math.abs(usd) < 0.005) return "";
  return `${usd > 0 ? "+" : "−"}${dollars(Math.abs(usd))}`;
}

/** What hinders `up`, what it asks, and what a person should know. */
function remarks({ plan, warnings = [], findings = [] }: PlanMarkdown): string[] {
  const about = ({ object, name }: PlanItem) => `${nounOf(object)} ${code(name)}`;
  const refusals = plan.items.flatMap((item) =>
    item.refused === undefined
      ? []
      : [`${about(item)}: ${prose(short([item.reason && reasonOf(item), item.refused].filter(Boolean).join(". ")))}`],
  );
  const problems = findings.filter(({ verdict }) => verdict === "problem").map(findingText);
  const asked = plan.items.flatMap((item) =>
    item.asks === undefined ? [] : [`${about(item)}: ${prose(short(item.interruption.what))} (${code(item.asks)})`],
  );
  const notes = [
    ...warnings.map(({ path, message, hint }) => remark(path, message, hint)),
    ...findings.filter(({ verdict }) => verdict === "warning" || verdict === "unseen").map(findingText),
    ...plan.items.flatMap((item) => (item.note === undefined ? [] : [`${about(item)}: ${prose(short(item.note))}`])),
    ...plan.items.flatMap((item) => item.notes.map((note) => `${about(item)}: ${prose(short(note))}`)),
  ];
  return [
    ...listed("CAUTION", "`up` refuses this.", [...refusals, ...problems]),
    ...listed("WARNING", "`up --yes` does this only with the option that is named.", asked),
    ...listed("NOTE", "To know before:", notes),
  ];
}

const findingText = ({ about, path, message, hint }: Finding): string =>
  `${prose(about)}: ${remark(path ?? "", message, hint)}`;

const remark = (path: string, message: string, hint: string | undefined): string =>
  `${path === "" ? "" : `${code(path)}: `}${prose(short(message))}${hint === undefined ? "" : `. ${prose(short(hint))}`}`;

function listed(kind: "CAUTION" | "WARNING" | "NOTE", title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const rest = lines.length - MOST_TOLD;
  const shown = lines.slice(0, MOST_TOLD).map((line) => `- ${line}`);
  return [alert(kind, [`**${title}**`, "", ...shown, ...(rest > 0 ? [`- … and ${rest} more`] : [])])];
}

const short = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`);

/** As many of the lines as have room, from the first on. */
function fitting(lines: readonly string[], room: number): readonly string[] {
  let left = room;
  const kept = lines.findIndex((line) => {
    left -= line.length + 1;
    return left < 0;
  });
  return kept < 0 ? lines : lines.slice(0, kept);
}
