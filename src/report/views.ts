import type { CredentialsEnd } from "../aws/aws.ts";
import type { Difference } from "../engine/differences.ts";
import { count, isEmpty, type Plan, type PlanItem } from "../engine/plan.ts";
import type { Remedy } from "../engine/resource.ts";
import type { Settled } from "../engine/settled.ts";
import type { Standing, StatusItem } from "../engine/status.ts";
import { about, duration } from "../lib/duration.ts";
import { explain, type Problem } from "../lib/errors.ts";
import { dollars } from "../lib/money.ts";
import { counted, indented, oneLine, pad, some, truncate, widthOf } from "../lib/text.ts";
import { NO_LONGER_WANTED, namesIn, nounOf } from "./names.ts";
import { reasonOf } from "./progress.ts";
import { plain, type Style } from "./style.ts";

/** Every view answers text without a line break at its end. */
export interface Look {
  readonly style?: Style;
  /** Columns; long values are cut to it. 100 unless told. */
  readonly width?: number;
}

/** Where a command works. */
export interface Place {
  readonly stack: string;
  readonly region: string;
  readonly sandbox: boolean;
  /** The AWS account's number; not for the sandbox. */
  readonly account?: string | undefined;
  /** Until when the credentials hold, where they say so; and what time it is, milliseconds since 1970. */
  readonly credentials?: { readonly end: CredentialsEnd; readonly now: number } | undefined;
}

const WIDTH = 100;
const LEFT_ALONE = "left alone";
const text = (lines: readonly string[]): string => lines.map((line) => line.trimEnd()).join("\n");

/** The first lines of every command's screen: where it works, and until when it may. On the sandbox it says so. */
export function heading(place: Place, { style = plain, width = WIDTH }: Look = {}): string {
  const where = place.sandbox ? ["sandbox"] : place.account === undefined ? [] : [`account ${place.account}`];
  const left = ["buddyverse", ...where, place.region, `stack ${place.stack}`].join(" · ");
  const shown = style.bold("buddyverse") + left.slice("buddyverse".length);
  if (!place.sandbox)
    return place.credentials ? `${shown}\n${credentialsText(place.credentials.end, place.credentials.now)}` : shown;
  const most = Math.min(width - 1, 108);
  const long = "SANDBOX, nothing reaches AWS";
  const right = [long, "SANDBOX"].find((words) => widthOf(left) + 2 + words.length <= most);
  if (right === undefined) return `${shown}\n${style.yellow(long)}`;
  return shown + " ".repeat(most - widthOf(left) - right.length) + style.yellow(right);
}

/** "credentials until 14:05 UTC (in 55 min)". @param now milliseconds since 1970. */
export function credentialsText({ at, renewed }: CredentialsEnd, now: number): string {
  const [end, today] = [new Date(at).toISOString(), new Date(now).toISOString().slice(0, 10)];
  const until = `${end.startsWith(today) ? "" : `${end.slice(0, 10)} `}${end.slice(11, 16)} UTC`;
  const left = at > now ? `in ${about((at - now) / 1000)}` : "over, by this machine's clock";
  return `credentials until ${until} (${left})${renewed ? "; the AWS SDK renews them while the login or role behind them holds" : ""}`;
}

/** What to expect, and do, when the work will take longer than the credentials hold. @param seconds of the work. */
export function credentialsWarning(
  { end: { at, renewed }, now }: NonNullable<Place["credentials"]>,
  seconds: number,
  { style = plain }: Look = {},
): string | undefined {
  const left = (at - now) / 1000;
  if (seconds <= left) return undefined;
  const facts = `takes about ${about(seconds)}, and the credentials ${left > 0 ? `hold ${about(left)} more` : "have ended"}`;
  const after = "the run stops cleanly, nothing is lost, and the same command goes on after a new login";
  return renewed
    ? `This ${facts}. The AWS SDK renews them while the login or role behind them holds; where that ends too, ${after}.`
    : `${style.yellow("warning")}: this ${facts}. They are from environment variables, which are not renewed: when they end, ${after}. To do it in one go, set fresh ones first.`;
}

// ---- Plan ---------------------------------------------------------------------------------------------------------

export interface PlanFacts {
  /** How many times faster than AWS the sandbox's clock runs; undefined on AWS, Infinity where it does not wait at all. */
  readonly speed?: number | undefined;
  /** US dollars a month: what the stack costs when the plan is done, and how much more that is than now; null: unknown. */
  readonly monthly?: { readonly after: number; readonly change: number | null; readonly complete: boolean } | undefined;
}

/** "Plan: 68 to create. About 18 min on AWS (60× faster here), about $150 a month." */
export function planSummary(plan: Plan, { speed, monthly }: PlanFacts = {}): string {
  const unchanged = count(plan, "none");
  const blocked = count(plan, "blocked");
  const retained = count(plan, "retain");
  const adopted = plan.items.filter((item) => item.adopted).map(objectText);
  const alone = [
    retained === 0 ? "" : ` ${counted(retained, "resource")} left alone.`,
    adopted.length === 0 ? "" : ` Not in the state, and managed by up from now on: ${adopted.join(", ")}.`,
  ].join("");
  const waiting = blocked === 0 ? "" : ` ${counted(blocked, "resource")} ${blocked === 1 ? "waits" : "wait"} for you.`;
  if (isEmpty(plan)) return `Nothing to do: ${counted(unchanged, "resource")} as the config says.${waiting}${alone}`;
  const counts = (
    [
      ["create", "to create"],
      ["update", "to update"],
      ["accept", "to accept"],
      ["replace", "to replace"],
      ["delete", "to delete"],
      ["failed", "failed"],
    ] as const
  )
    .map(([action, words]) => ({ number: count(plan, action), words }))
    .filter(({ number }) => number > 0)
    .map(({ number, words }) => `${number} ${words}`);
  if (unchanged > 0) counts.push(`${unchanged} unchanged`);
  const faster =
    speed === undefined || speed === 1
      ? ""
      : Number.isFinite(speed)
        ? ` on AWS (${speed}× faster here)`
        : " on AWS (no waiting here)";
  const time = plan.seconds < 1 ? "" : `About ${about(plan.seconds)}${faster}`;
  const facts = [time, monthlyText(monthly)].filter((fact) => fact !== "").join(", ");
  const sentence = facts === "" ? "" : ` ${facts.charAt(0).toUpperCase()}${facts.slice(1)}.`;
  return `Plan: ${counts.join(", ")}.${sentence}${waiting}${alone}`;
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
  const changing = plan.items.filter(({ action }) => action !== "none");
  const restOf = ({ action }: PlanItem) => (action === "retain" ? LEFT_ALONE : NO_LONGER_WANTED);
  const lines = byStep(changing, steps, restOf).flatMap(({ title, items }) => [
    style.bold(title),
    ...items.flatMap((item) => planItem(item, style, width)),
    "",
  ]);
  return text([...lines, planSummary(plan, facts)]);
}

function planItem(item: PlanItem, style: Style, width: number): string[] {
  const signs: Readonly<Record<PlanItem["action"], string>> = {
    create: style.green("  + create "),
    update: style.yellow("  ~ update "),
    accept: style.yellow("  ! accept "),
    replace: style.red("-/+ replace"),
    delete: style.red("  - delete "),
    retain: style.yellow("  = retain "),
    blocked: style.yellow("  ! blocked"),
    failed: style.red("  ✖ failed "),
    wait: style.cyan("  … wait   "),
    none: "           ",
  };
  const loses =
    item.holdsData && (item.action === "delete" || item.action === "replace") ? style.red("  holds data") : "";
  return [
    `  ${signs[item.action]}  ${objectText(item)}${loses}`,
    ...reasonLines(item, DETAIL, width),
    ...item.differences.flatMap((one) => differenceLines(one, style, width)),
    ...(item.refused === undefined ? [] : indented(`up refuses. ${item.refused}`, width, DETAIL)),
    ...remedyLines(item.remedies, DETAIL, style),
  ];
}

/** Why it is so, in one line; whole where it is left to a person. */
function reasonLines(item: PlanItem | StatusItem, indent: string, width: number): string[] {
  if (item.reason === undefined) return [];
  if (item.remedies.length === 0) return [truncate(`${indent}${reasonOf(item)}`, width)];
  return indented(reasonOf(item), width, indent);
}

/** What a person can do about it. Not cut, so that commands can be copied. */
const remedyLines = (remedies: readonly Remedy[], indent: string, style: Style): string[] =>
  remedies.flatMap(({ to, commands }) => [`${indent}to ${to}:`, `${indent}  ${style.cyan(commands.join(" && "))}`]);

const DETAIL = " ".repeat(15);

/** `storageGiB: 20 → 40`; of lists only what comes and goes, of objects each property that differs. */
function differenceLines(difference: Difference, style: Style, width: number): string[] {
  const { field, found, wanted, replaces } = difference;
  const forced = replaces ? style.red("  (needs a new one)") : "";
  const room = width - (replaces ? 19 : 0);
  if (isSecret(field)) return [`${DETAIL}${field}: (secret) → (secret)${forced}`];
  if (Array.isArray(found) && Array.isArray(wanted)) {
    const [gone, come] = [without(found, wanted), without(wanted, found)];
    if (gone.length + come.length > 0) {
      return [
        `${DETAIL}${field}:${forced}`,
        ...gone.map((one) => style.red(truncate(`${DETAIL}  - ${show(one)}`, width))),
        ...come.map((one) => style.green(truncate(`${DETAIL}  + ${show(one)}`, width))),
      ];
    }
  }
  if (isRecord(found) && isRecord(wanted)) {
    const fields = Object.keys({ ...found, ...wanted }).filter((key) => show(found[key]) !== show(wanted[key]));
    return fields.flatMap((key) =>
      differenceLines({ field: `${field}.${key}`, found: found[key], wanted: wanted[key], replaces }, style, width),
    );
  }
  return [`${changeText(`${DETAIL}${field}: `, show(found), " → ", show(wanted), room)}${forced}`];
}

const without = (list: readonly unknown[], other: readonly unknown[]): unknown[] => {
  const there = new Set(other.map(show));
  return list.filter((one) => !there.has(show(one)));
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Both values cut to an equal share of what is left of the width. */
function changeText(before: string, one: string, between: string, other: string, width: number): string {
  const room = Math.max(20, width - before.length - between.length);
  const half = Math.floor(room / 2);
  const first = truncate(one, Math.max(half, room - widthOf(other)));
  return `${before}${first}${between}${truncate(other, Math.max(half, room - widthOf(first)))}`;
}

// What may hold a secret is recorded nowhere, but a plan compares it; its value is never shown.
const isSecret = (field: string): boolean => /password|secret|privateKey|userData/i.test(field);

/** A value as a person reads it: text bare, "nothing" for none, the rest as short JSON. */
function show(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") return value === "" ? '""' : oneLine(value);
  return oneLine((JSON.stringify(value) ?? String(value)).replace(/"(\(known after up\))"/g, "$1"));
}

// ---- Status -------------------------------------------------------------------------------------------------------

const STANDING: Readonly<Record<Standing, string>> = {
  "in-sync": "in sync",
  drift: "drift",
  "pending-change": "change in the config",
  missing: "missing",
  unhealthy: "unhealthy",
  "under-way": "under way",
  blocked: "waits for you",
  retained: LEFT_ALONE,
  extra: NO_LONGER_WANTED,
};

/** How the stack stands: a line per step, under it each thing that is not in sync with its properties. */
export function statusView(
  items: readonly StatusItem[],
  steps: readonly string[],
  { sandbox }: Pick<Place, "sandbox">,
  { style = plain, width = WIDTH }: Look = {},
): string {
  // A command that is copied from the sandbox's screen must not reach AWS.
  const flags = sandbox ? " --sandbox" : "";
  const off = items.filter(({ standing }) => standing !== "in-sync");
  if (items.length === 0) return "Nothing is there, and nothing is wanted.";
  if (off.length === 0) return style.green(`Everything is in sync: ${counted(items.length, "resource")}.`);
  if (items.every(({ standing }) => standing === "missing" || standing === "blocked")) {
    return `Nothing is there yet: ${counted(items.length, "resource")} to make. \`buddyverse up${flags}\` makes them.`;
  }
  const restOf = ({ standing }: StatusItem) => (standing === "retained" ? LEFT_ALONE : NO_LONGER_WANTED);
  const lines = byStep(items, steps, restOf).flatMap(({ title, items: own }) => {
    const good = own.filter(({ standing }) => standing === "in-sync").length;
    const all = good === own.length;
    return [
      ` ${all ? style.green("✔") : style.yellow("!")} ${pad(title, 21)} ${good} of ${own.length} in sync`,
      ...own.filter(({ standing }) => standing !== "in-sync").flatMap((item) => statusItem(item, style, width)),
    ];
  });
  const kinds = (Object.keys(STANDING) as Standing[])
    .map((standing) => ({ standing, number: items.filter((item) => item.standing === standing).length }))
    .filter(({ number }) => number > 0)
    .map(({ standing, number }) => `${number} ${STANDING[standing]}`);
  return text([
    ...lines,
    "",
    `${counted(items.length, "resource")}: ${kinds.join(", ")}.`,
    `\`buddyverse plan${flags}\` shows what \`buddyverse up${flags}\` would do about it.`,
  ]);
}

function statusItem(item: StatusItem, style: Style, width: number): string[] {
  const indent = " ".repeat(11);
  const bad = item.standing === "missing" || item.standing === "unhealthy";
  const property = (field: string, first: string, one: unknown, second: string, other: unknown) =>
    isSecret(field)
      ? `${indent}${field}: differs (secret)`
      : changeText(`${indent}${field}: ${first} `, show(one), `, ${second} `, show(other), width);
  return [
    `         ${(bad ? style.red : style.yellow)(STANDING[item.standing])}: ${objectText(item)}`,
    ...reasonLines(item, indent, width),
    ...item.drift.map(({ field, wanted, found }) => property(field, "recorded", wanted, "live", found)),
    ...item.pending.map(({ field, wanted, found }) => property(field, "live", found, "config", wanted)),
    ...remedyLines(item.remedies, indent, style),
  ];
}

// ---- Outputs ------------------------------------------------------------------------------------------------------

export type Outputs = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Aligned names and values, in the order given; never cut, so that they can be copied. What is undefined is left out. */
export function outputsView(outputs: Outputs, { style = plain }: Look = {}): string {
  const rows = Object.entries(outputs).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const wide = Math.max(0, ...rows.map(({ name }) => widthOf(name))) + 2;
  return text(
    rows.flatMap(({ name, value }) => {
      const values = typeof value === "object" ? value : [String(value)];
      return values.map((one, index) => `${style.bold(pad(index === 0 ? name : "", wide))}${oneLine(one)}`);
    }),
  );
}

// ---- Down ---------------------------------------------------------------------------------------------------------

export interface Doomed {
  readonly name: string;
  readonly object: string;
  readonly step: string | undefined;
  readonly holdsData: boolean;
}

export interface DownFacts {
  readonly discardData: boolean;
  /** What is left behind on purpose, one a line: "a final snapshot of database1". */
  readonly keeps?: readonly string[];
}

/** What `down` will remove, in the order in which it goes. */
export function downPreview(
  place: Place,
  doomed: readonly Doomed[],
  steps: readonly string[],
  { discardData, keeps = [] }: DownFacts,
  { style = plain, width = WIDTH }: Look = {},
): string {
  const where = place.sandbox
    ? "the sandbox"
    : [place.account && `account ${place.account}`, place.region].filter(Boolean).join(", ");
  if (doomed.length === 0) return `Nothing of stack ${place.stack} is in ${where}.`;
  const data = doomed.filter(({ holdsData }) => holdsData).map(({ name }) => oneLine(name));
  const groups = byStep(doomed, steps);
  // What nobody wants any more may use anything, so it goes first.
  const lines = groups.toReversed().map(({ title, items }) => {
    return `  ${pad(title, 20)} ${namesIn(items, Math.max(20, width - 24))}`;
  });
  return text([
    `${style.bold(`This removes ${counted(doomed.length, "resource")} of stack ${place.stack}`)} from ${where}:`,
    "",
    ...lines,
    ...(data.length + keeps.length === 0 ? [] : [""]),
    ...(discardData && data.length > 0
      ? [style.red(`The data of ${data.join(", ")} will be lost: --discard-data leaves no copy.`)]
      : []),
    ...(discardData ? [] : keeps.map((one) => `Stays: ${one}.`)),
  ]);
}

/** Something that holds data and that nobody claims. */
export interface LeftAlone {
  readonly name: string;
  readonly object: string;
  readonly id: string;
  /** What it costs a month at least, US dollars; 0: nothing, or it depends on its use. */
  readonly monthly: number;
  readonly remedies: readonly Remedy[];
  /** What of the stack cannot go because it uses that. */
  readonly holds: readonly { readonly name: string; readonly object: string }[];
}

/** What `down` leaves alone, what stays because of it, and what a person can do about it. Empty text when there is nothing. */
export function leftAloneView(
  alone: readonly LeftAlone[],
  { style = plain, width = WIDTH }: Pick<Look, "style" | "width"> = {},
): string {
  if (alone.length === 0) return "";
  return text([
    style.yellow("Left alone, as it holds data and neither the config nor the state names it (it still costs):"),
    ...alone.flatMap((one) => [
      `  ${objectText(one)}${one.monthly === 0 ? "" : `, at least ${dollars(one.monthly)} a month`}`,
      ...(one.holds.length === 0
        ? []
        : indented(`what it uses stays: ${namesIn(one.holds, 4 * width)}`, width, "    ")),
      ...remedyLines(one.remedies, "    ", style),
    ]),
  ]);
}

/** Something that goes on costing after the stack is gone. */
export interface Bill {
  /** What it is, and its id. */
  readonly what: string;
  readonly id: string;
  readonly why: string;
  /** Size in GB, at most, where it is known. */
  readonly gib?: number | undefined;
  /** US dollars a month, at most, or for each GB where the size is not known; undefined: the price is not known. */
  readonly monthly: number | undefined;
  /** What removes it, with the AWS CLI. */
  readonly commands: readonly string[];
  /** The price is for each GB. */
  readonly eachGB: boolean;
}

export interface Bills {
  readonly found: readonly Bill[];
  /** What could not be looked at, and why. */
  readonly unseen: readonly string[];
}

export interface DownEnd {
  readonly place: Place;
  readonly settled: readonly Settled[];
  /** What a last look found; undefined when it was not taken (an interruption). */
  readonly left: readonly { readonly object: string; readonly id: string; readonly name: string }[] | undefined;
  /** What was left alone on purpose; it is in `left` as well. */
  readonly alone: readonly LeftAlone[];
  /** Ids of the final snapshots left behind. */
  readonly snapshots: readonly string[];
  /** What goes on costing; undefined when that was not looked for (an interruption). */
  readonly bills?: Bills | undefined;
  /** How long it took on the run's clock, milliseconds. */
  readonly ms: number;
  /** The command that goes on: "buddyverse down --sandbox". */
  readonly again: string;
  readonly verbose?: boolean;
}

/** The last screen of `down`: what went, what stays, what is left, what to do. */
export function downEnd(end: DownEnd, look: Look = {}): string {
  const { style = plain } = look;
  const { place, settled, left, alone, snapshots, ms, again } = end;
  const removed = settled.filter(({ outcome }) => outcome === "deleted");
  const clean = left?.length === 0 && !settled.some(({ outcome }) => outcome === "failed");
  const done = `${removed.length === 0 ? "Nothing was removed" : `Removed ${counted(removed.length, "resource")}`} in ${duration(ms)}${place.sandbox ? " of sandbox time" : ""}.`;
  const lines = [`${clean ? style.green("✔") : style.yellow("!")} ${style.bold(done)}`];
  for (const id of snapshots)
    lines.push(`Final snapshot: ${style.bold(id)} (it stays and costs storage until you delete it)`);
  lines.push(...troubles(settled, again, end.verbose ?? false, style, "left"));
  if (left?.length === 0) lines.push(`Looked again: nothing of stack ${place.stack} is left.`);
  else if (left) {
    lines.push(
      style.red(
        `Looked again: ${counted(left.length, "resource")} of stack ${place.stack} ${left.length === 1 ? "is" : "are"} still there:`,
      ),
      ...left.map(({ object, id, name }) => `  ${object} ${oneLine(name)}${id === name ? "" : ` ${id}`}`),
    );
  }
  if (alone.length > 0) lines.push("", leftAloneView(alone, look));
  if (end.bills) lines.push(...billLines(end.bills, place.sandbox, style));
  if (!clean && alone.length === 0 && !settled.some(isTrouble)) lines.push("", `Next: ${style.cyan(again)}`);
  return text(lines);
}

/** What goes on costing: what it is and why, what it costs, and what removes it. Not cut, so that it can be copied. */
function billLines({ found, unseen }: Bills, sandbox: boolean, style: Style): string[] {
  const lines: string[] = [];
  if (found.length === 0 && unseen.length === 0) lines.push("Nothing of it goes on costing.");
  // A command that is copied from the sandbox's screen finds nothing on AWS: the ids are the sandbox's.
  if (found.length > 0) lines.push("", sandbox ? "On AWS this would go on costing:" : "This goes on costing:");
  for (const { what, id, why, gib, monthly, eachGB, commands } of found) {
    const price =
      monthly === undefined ? "price unknown" : `${dollars(monthly)} a ${eachGB ? "GB and month" : "month"}`;
    lines.push(
      `  ${what} ${style.bold(oneLine(id))}${gib === undefined ? "" : `, ${gib} GB`}: ${gib === undefined ? "" : "at most "}${price}`,
      ...indented(why, WIDTH, "    "),
      ...commands.map((command) => `    ${style.cyan(command)}`),
    );
  }
  if (unseen.length > 0)
    lines.push("", "Not looked at, and so perhaps still there:", ...unseen.map((one) => `  ${oneLine(one)}`));
  return lines;
}

// ---- Up -----------------------------------------------------------------------------------------------------------

export interface UpEnd {
  readonly place: Place;
  readonly settled: readonly Settled[];
  /** How long it took on the run's clock and really, milliseconds. */
  readonly ms: number;
  readonly realMs: number;
  readonly siteUrl?: string | undefined;
  /** What a person needs next. */
  readonly outputs: Outputs;
  /** What it costs, in a line. */
  readonly cost?: string | undefined;
  /** The next command to try when all is well: "buddyverse verify --sandbox". */
  readonly next: string;
  /** The command that goes on: "buddyverse up --sandbox". */
  readonly again: string;
  readonly verbose?: boolean;
}

/** The last screen of `up`: what was done, where the site is, what failed or waits and what to do about it. */
export function upEnd(end: UpEnd, look: Look = {}): string {
  const { style = plain } = look;
  const { place, settled, siteUrl, outputs } = end;
  const number = (outcome: Settled["outcome"]) => settled.filter((one) => one.outcome === outcome).length;
  const counts = (["created", "updated", "replaced", "deleted", "unchanged"] as const)
    .filter((outcome) => number(outcome) > 0)
    .map((outcome) => `${number(outcome)} ${outcome}`)
    .join(", ");
  const fine = !settled.some(isTrouble);
  const took = `${duration(end.ms)}${place.sandbox ? ` of sandbox time (${duration(end.realMs)} here)` : ""}`;
  const state = number("failed") > 0 ? "Not all went well" : number("interrupted") > 0 ? "Interrupted" : "Not finished";
  const headline = fine ? `Done in ${took}` : `${state}, after ${took}`;
  const mark = fine ? style.green("✔") : number("failed") > 0 ? style.red("✖") : style.yellow("!");
  const lines = [`${mark} ${style.bold(headline)}${counts === "" ? "" : `: ${counts}`}.`];
  if (fine || Object.values(outputs).some((value) => value !== undefined)) {
    const shown = outputsView({ ...(siteUrl === undefined ? {} : { Site: siteUrl }), ...outputs }, look);
    if (shown !== "") lines.push("", shown);
  }
  if (end.cost !== undefined) lines.push("", end.cost);
  lines.push(...troubles(settled, end.again, end.verbose ?? false, style, "not started"));
  if (fine) lines.push("", `Next: ${style.cyan(end.next)}`);
  return text(lines);
}

const isTrouble = ({ outcome }: Settled): boolean =>
  outcome === "failed" || outcome === "blocked" || outcome === "interrupted" || outcome === "skipped";

/** What failed, waits or was interrupted, each with what to do; then what that holds up, and the command that goes on. */
function troubles(
  settled: readonly Settled[],
  again: string,
  verbose: boolean,
  style: Style,
  held: "left" | "not started",
): string[] {
  const as = (outcome: Settled["outcome"]) => settled.filter((one) => one.outcome === outcome);
  const lines: string[] = [];

  // One cause (a login that ran out) can fail many things; it is explained once.
  const failures = new Map<string, { readonly one: Settled; readonly others: Settled[] }>();
  for (const one of as("failed")) {
    const cause = `${one.error?.code} ${reasonOf(one)}`;
    const known = failures.get(cause);
    if (known) known.others.push(one);
    else failures.set(cause, { one, others: [] });
  }
  for (const { one, others } of failures.values()) {
    lines.push("", ...failureLines(one, verbose, style));
    if (others.length > 0) lines.push(`  so too ${others.map(({ name }) => oneLine(name)).join(", ")}`);
  }
  for (const one of as("blocked")) {
    lines.push("", `${style.yellow("waits for you")}: ${one.step ?? NO_LONGER_WANTED} · ${objectText(one)}`);
    lines.push(`  to do  ${reasonOf(one)}`);
  }
  const interrupted = as("interrupted");
  if (interrupted.length > 0) {
    const names = some(
      interrupted.map(({ name }) => oneLine(name)),
      4,
    );
    lines.push("", `${style.yellow("interrupted")}: ${names}. All that was begun is recorded; nothing is lost.`);
  }
  const reasons = new Map<string, Settled[]>();
  for (const one of as("skipped")) reasons.set(reasonOf(one), [...(reasons.get(reasonOf(one)) ?? []), one]);
  if (reasons.size > 0) lines.push("");
  for (const [reason, those] of reasons) {
    const steps = [...new Set(those.map(({ step }) => step ?? NO_LONGER_WANTED))];
    lines.push(`${style.dim(`${held}:`)} ${counted(those.length, "resource")} of ${steps.join(", ")}: ${reason}`);
  }
  if (lines.length > 0) lines.push("", `To go on: ${style.cyan(again)}`);
  return lines;
}

function failureLines(one: Settled, verbose: boolean, style: Style): string[] {
  const head = `${style.red("failed")}: ${one.step ?? NO_LONGER_WANTED} · ${objectText(one)}`;
  if (one.error === undefined) return [head, `  ${reasonOf(one)}`];
  const [first = "", ...rest] = explain(one.error, { verbose }).split("\n");
  return [head, `  what   ${reasonOf({ ...one, reason: first.replace(/^error: /, "") })}`, ...rest];
}

// ---- Warnings -----------------------------------------------------------------------------------------------------

/** What is odd in the config but not wrong. Empty text when there is nothing. */
export function warningsView(warnings: readonly Problem[], file: string, { style = plain }: Look = {}): string {
  return text(
    warnings.flatMap(({ path, message, hint }) => [
      `${style.yellow("warning")}: ${file}${path === "" ? "" : ` ${path}`}: ${message}`,
      ...(hint === undefined ? [] : [`      → ${hint}`]),
    ]),
  );
}

// ---- Parts --------------------------------------------------------------------------------------------------------

/** "route table Buddy-Routing rtb-0123". */
function objectText({
  object,
  name,
  id,
}: {
  readonly object: string;
  readonly name: string;
  readonly id?: string | undefined;
}): string {
  return [nounOf(object), oneLine(name), ...(id === undefined || id === name ? [] : [id])].join(" ");
}

/** In the order of the steps, numbered as on the live screen; what is of no step comes last. */
function byStep<T extends { readonly step: string | undefined }>(
  items: readonly T[],
  steps: readonly string[],
  restOf: (item: T) => string = () => NO_LONGER_WANTED,
): { readonly title: string; readonly items: readonly T[] }[] {
  const groups = steps.map((name, index) => ({
    title: `${String(index + 1).padStart(2)} ${name}`,
    items: items.filter(({ step }) => step === name),
  }));
  const rest = items.filter(({ step }) => step === undefined || !steps.includes(step));
  const others = [NO_LONGER_WANTED, LEFT_ALONE].map((title) => ({
    title: `   ${title}`,
    items: rest.filter((item) => restOf(item) === title),
  }));
  return [...groups, ...others].filter((group) => group.items.length > 0);
}
