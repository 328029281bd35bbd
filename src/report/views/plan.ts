import { stripVTControlCharacters } from "node:util";
import { count, isEmpty, type Plan, type PlanItem } from "../../engine/plan.ts";
import { about } from "../../lib/duration.ts";
import { dollars } from "../../lib/money.ts";
import { counted, indented, truncate, widthOf } from "../../lib/text.ts";
import { differenceLines, isSecret, type Names, namesOf, outlineText, valueText } from "../differences.ts";
import { LEFT_ALONE, NO_LONGER_WANTED } from "../names.ts";
import { plain, type Style } from "../style.ts";
import { byStep, noteLines, objectText, reasonLines, remedyLines } from "./items.ts";
import { joined, type Look, WIDTH } from "./look.ts";
import { foldedTags } from "./plan-tags.ts";

const DETAIL = " ".repeat(15);

const COUNTED = [
  ["create", "to create"],
  ["update", "to update"],
  ["accept", "to accept"],
  ["replace", "to replace"],
  ["delete", "to delete"],
  ["failed", "failed"],
  ["none", "unchanged"],
] as const;

export interface PlanFacts {
  /** How many times faster than AWS the sandbox's clock runs; undefined on AWS, Infinity where it does not wait at all. */
  readonly speed?: number | undefined;
  /** The web instances are replaced: what they get, and how, as a sentence. */
  readonly release?: string | undefined;
  /** US dollars a month: what the stack costs when the plan is done, and how much more that is than now; null: unknown. */
  readonly monthly?: { readonly after: number; readonly change: number | null; readonly complete: boolean } | undefined;
  /** By key: how many US dollars a month more an object costs; null: unknown. */
  readonly costs?: ReadonlyMap<string, number | null> | undefined;
  /** Every value of what is created is shown, and each change of tags with its object. */
  readonly details?: boolean;
}

/** "Plan: 68 to create. About 18 min on AWS (60× faster here), about $150 a month." */
export function planSummary(plan: Plan, facts: PlanFacts = {}): string {
  const counts = planCounts(plan);
  return [counts === "" ? "" : `Plan: ${counts}.`, planSentences(plan, facts)].filter((text) => text !== "").join(" ");
}

/** "3 to create, 60 unchanged"; "" where there is nothing to do. */
export function planCounts(plan: Plan): string {
  if (isEmpty(plan)) return "";
  return COUNTED.map(([action, words]) => ({ number: count(plan, action), words }))
    .filter(({ number }) => number > 0)
    .map(({ number, words }) => `${number} ${words}`)
    .join(", ");
}

/** All else that is said of a plan as a whole: the time, the money, a release, what waits or is left alone. */
export function planSentences(plan: Plan, { speed, monthly, release }: PlanFacts = {}): string {
  const blocked = count(plan, "blocked");
  const waiting = blocked === 0 ? "" : `${counted(blocked, "resource")} ${blocked === 1 ? "waits" : "wait"} for you.`;
  const rest = [waiting, aloneText(plan).trim()];
  const sentences = isEmpty(plan)
    ? [`Nothing to do: ${counted(count(plan, "none"), "resource")} as the config says.`, ...rest]
    : [factsText(plan, speed, monthly), release ?? "", ...rest];
  return sentences.filter((text) => text !== "").join(" ");
}

function factsText(plan: Plan, speed: number | undefined, monthly: PlanFacts["monthly"]): string {
  const time = plan.seconds < 1 ? "" : `about ${about(plan.seconds)}${speedText(speed)}`;
  const facts = [time, monthlyText(monthly)].filter((fact) => fact !== "").join(", ");
  return facts === "" ? "" : `${facts.charAt(0).toUpperCase()}${facts.slice(1)}.`;
}

/** What a person should know before the plan is carried out, or waits for them: for where the plan itself is not shown. */
export const planNotes = ({ items }: Plan, { width = WIDTH }: Look = {}): string[] => [
  ...items.flatMap(({ note }) => (note === undefined ? [] : indented(note, width, ""))),
  ...items.flatMap(({ action, name, reason }) =>
    action === "blocked" && reason !== undefined && !reason.startsWith("waits for ")
      ? indented(`${name} will wait for you: ${reason}`, width, "")
      : [],
  ),
];

/** What up leaves as it is, and what it finds and takes over. */
function aloneText(plan: Plan): string {
  const retained = count(plan, "retain");
  const adopted = plan.items.filter((item) => item.adopted).map(objectText);
  return [
    retained === 0 ? "" : ` ${counted(retained, "resource")} left alone.`,
    adopted.length === 0 ? "" : ` Not in the state, and managed by up from now on: ${adopted.join(", ")}.`,
    plan.unrecordedTags.length === 0
      ? ""
      : ` Tags that are not in the config, and stay, as there is no record of who set them: ${plan.unrecordedTags.join(", ")}.`,
  ].join("");
}

function speedText(speed: number | undefined): string {
  if (speed === undefined || speed === 1) return "";
  return Number.isFinite(speed) ? ` on AWS (${speed}× faster here)` : " on AWS (no waiting here)";
}

function monthlyText(monthly: PlanFacts["monthly"]): string {
  if (!monthly) return "";
  const { after, change, complete } = monthly;
  const how = complete ? "about" : "at least";
  if (change === null || Math.abs(after - change) < 0.005)
    return after < 0.005 ? "" : `${how} ${dollars(after)} a month`;
  if (Math.abs(change) < 0.005) return "";
  return `about ${dollars(Math.abs(change))} a month ${change > 0 ? "more" : "less"}`;
}

/** All that `up` would do, by step, with old and new values; then the counts. */
export function planView(
  plan: Plan,
  steps: readonly string[],
  facts: PlanFacts = {},
  { style = plain, width = WIDTH }: Look = {},
): string {
  const changing = plan.items.filter(({ action, notes }) => action !== "none" || notes.length > 0);
  const names = namesOf(plan.items);
  const restOf = ({ action }: PlanItem) => (action === "retain" ? LEFT_ALONE : NO_LONGER_WANTED);
  const folded = facts.details ? { items: changing, tags: [] } : foldedTags(changing);
  const lines = byStep(folded.items, steps, restOf).flatMap(({ title, items }) => [
    style.bold(title),
    ...items.flatMap((item) => planItem(item, facts, names, style, width)),
    "",
  ]);
  const changed = folded.tags.map((text) => `  ${style.yellow("  ~ update ")}  ${text}`);
  const tags = changed.length > 0 ? [style.bold("   tags"), ...changed, ""] : [];
  return joined([...lines, ...tags, planSummary(plan, facts)]);
}

/** What says what it is: "t3.micro", "ap-northeast-2a". */
export const mattersOf = ({ matters, values = {} }: PlanItem, names: Names): readonly string[] =>
  matters.flatMap((field) => {
    const value = values[field];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return [];
    const text = Array.isArray(value) ? value.map((one) => valueText(one, names)).join(", ") : valueText(value, names);
    return [typeof value === "number" ? `${field} ${text}` : text];
  });

/** What says what it is, how long it takes and what it costs, in a line. */
function inShort(item: PlanItem, { costs }: PlanFacts, names: Names, room: number): string {
  const { seconds, interruption, rollout } = item;
  const what = mattersOf(item, names);
  const told = interruption.what !== "" || rollout !== undefined;
  const time = !told && seconds >= WORTH_SECONDS ? [`about ${about(seconds)}`] : [];
  const cost = costs?.get(item.key) ?? 0;
  const than = item.action === "create" ? "" : cost > 0 ? " more" : " less";
  const more = Math.abs(cost) < 0.005 ? [] : [`${dollars(Math.abs(cost))} a month${than}`];
  const rest = [...time, ...more].join(", ");
  // The price is not what is cut.
  const left = room - (rest === "" ? 0 : widthOf(rest) + 2);
  return [
    ...(what.length > 0 && left >= 10 ? [truncate(what.join(", "), left)] : []),
    ...(rest === "" ? [] : [rest]),
  ].join(", ");
}

/** A shorter time is not worth a word, seconds. */
const WORTH_SECONDS = 10;

/** A list that is shown whole, characters. */
const LONG = 500;

/** All values of what is to be created. */
const valueLines = ({ values = {} }: PlanItem, names: Names, width: number): string[] =>
  Object.entries(values).flatMap(([field, value]) =>
    indented(`${field}: ${isSecret(field) ? "(not shown)" : outlineText(value, names, LONG)}`, width, DETAIL),
  );

function planItem(item: PlanItem, facts: PlanFacts, names: Names, style: Style, width: number): string[] {
  const signs: Readonly<Record<PlanItem["action"], string>> = {
    create: style.green("  + create "),
    update: style.yellow("  ~ update "),
    accept: style.yellow("  ! accept "),
    // As Terraform writes which of the two comes first.
    replace: item.rollout === undefined ? style.red("-/+ replace") : style.yellow("+/- replace"),
    delete: style.red("  - delete "),
    retain: style.yellow("  = retain "),
    blocked: style.yellow("  ! blocked"),
    failed: style.red("  ✖ failed "),
    wait: style.cyan("  … wait   "),
    none: "           ",
  };
  const loses =
    item.holdsData && (item.action === "delete" || item.action === "replace") ? style.red("  holds data") : "";
  const head = `  ${signs[item.action]}  ${objectText(item)}${loses}`;
  const short = inShort(item, facts, names, width - widthOf(stripVTControlCharacters(head)) - 2);
  return [
    short === "" ? head : `${head}  ${style.dim(short)}`,
    ...(facts.details ? valueLines(item, names, width) : []),
    ...reasonLines(item, DETAIL, width),
    ...(item.note === undefined ? [] : indented(item.note, width, DETAIL)),
    ...(item.interruption.what === "" ? [] : indented(item.interruption.what, width, DETAIL).map(style.yellow)),
    ...(item.rollout === undefined ? [] : indented(item.rollout, width, DETAIL)),
    ...noteLines(item.notes, DETAIL, width),
    ...item.differences.flatMap(({ field, found, wanted, replaces }) => {
      const mark = replaces ? { mark: "(needs a new one)" } : {};
      return differenceLines({ field, before: found, after: wanted }, { indent: DETAIL, width, style, names, ...mark });
    }),
    ...(item.refused === undefined ? [] : indented(`up refuses. ${item.refused}`, width, DETAIL)),
    ...(item.asks === undefined ? [] : indented(`up asks first; up --yes does it with ${item.asks}.`, width, DETAIL)),
    ...remedyLines(item.remedies, DETAIL, style),
  ];
}
