import type { NodeResult } from "../../engine/node-result.ts";
import type { Remedy } from "../../engine/resource.ts";
import { duration } from "../../lib/duration.ts";
import { dollars } from "../../lib/money.ts";
import { counted, indented, oneLine, pad } from "../../lib/text.ts";
import { namesIn } from "../names.ts";
import { plain, type Style } from "../style.ts";
import { byStep, objectText, remedyLines } from "./items.ts";
import { joined, type Look, type Place, WIDTH } from "./look.ts";
import { isTrouble, troubles } from "./settled.ts";

export interface Doomed {
  readonly name: string;
  readonly object: string;
  readonly step: string | undefined;
  /** It may hold data. */
  readonly holdsData?: boolean;
}

export interface DownFacts {
  /** What goes without a copy, a sentence for each. */
  readonly lost?: readonly string[];
  /** What is left behind on purpose, a sentence for each: "a final snapshot of database1." */
  readonly keeps?: readonly string[];
  /** What else it does, or leaves to a person, a sentence for each. */
  readonly notes?: readonly string[];
}

/** What `down` will remove: first what holds data, then all in the order in which it goes. */
export function downPreview(
  place: Place,
  deletable: readonly Doomed[],
  steps: readonly string[],
  { lost = [], keeps = [], notes = [] }: DownFacts,
  { style = plain, width = WIDTH }: Look = {},
): string {
  const where = place.sandbox
    ? "the sandbox"
    : [place.account && `account ${place.account}`, place.region].filter(Boolean).join(", ");
  if (deletable.length === 0)
    return joined([`Nothing of stack ${place.stack} is in ${where}.`, ...partingLines(keeps, [], width)]);
  const groups = byStep(deletable, steps);
  // What nobody wants any more may use anything, so it goes first.
  const lines = groups.toReversed().map(({ title, items }) => {
    return `  ${pad(title, 20)} ${namesIn(items, Math.max(20, width - 24))}`;
  });
  const holding = deletable.filter(({ holdsData }) => holdsData).map(objectText);
  const data =
    holding.length === 0 ? [] : indented(holding.join(", "), width, " ".repeat(23), `  ${pad("what holds data", 20)} `);
  return joined([
    `${style.bold(`This removes ${counted(deletable.length, "resource")} of stack ${place.stack}`)} from ${where}:`,
    "",
    ...data,
    ...lines,
    ...(lost.length + keeps.length + notes.length === 0 ? [] : [""]),
    ...lost.flatMap((text) => indented(text, width, "").map(style.red)),
    ...partingLines(keeps, notes, width),
  ]);
}

/** Something that others put into the stack's VPC, with what removes it. */
export interface Foreign {
  readonly id: string;
  readonly what: string;
  readonly commands: readonly string[];
}

/** What is in the way of `down`, and what could not be looked for. Undefined: nothing. */
export function foreignView(found: readonly Foreign[], unseen: readonly string[]): string | undefined {
  if (found.length + unseen.length === 0) return undefined;
  return joined([
    ...(found.length > 0
      ? [
          "Others have put these into the stack's VPC. They are not touched, and what they use cannot go before them:",
          ...found.flatMap(({ id, what, commands }) => [
            `  ${id}  ${oneLine(what)}`,
            ...commands.map((one) => `    ${oneLine(one)}`),
          ]),
        ]
      : []),
    ...unseen.map((one) => `Whether there are others' things in the VPC is not known of ${oneLine(one)}`),
  ]);
}

/** What stays on purpose, and what else a person should know: not cut, as it is to be acted on. */
const partingLines = (kept: readonly string[], notes: readonly string[], width: number): string[] =>
  [...kept.map((one) => `Stays: ${one}`), ...notes].flatMap((text) => indented(text, width, ""));

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
export function leftAloneView(alone: readonly LeftAlone[], { style = plain, width = WIDTH }: Look = {}): string {
  if (alone.length === 0) return "";
  return joined([
    style.yellow("Left alone, as it holds data and neither the config nor the state names it (it still costs):"),
    ...alone.flatMap((one) => [
      `  ${objectText(one)}${one.monthly === 0 ? "" : `, at least ${dollars(one.monthly)} a month`}`,
      ...(one.holds.length === 0
        ? []
        : indented(`what it uses stays: ${namesIn(one.holds, 4 * width)}`, width, "    ")),
      ...remedyLines(one.remedies, "    ", style),
      ...remedyLines(
        [{ to: "remove it with the stack", commands: [`buddyverse down --remove ${one.id}`] }],
        "    ",
        style,
      ),
    ]),
  ]);
}

/** Something that still costs after the stack is gone. */
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
  readonly settled: readonly NodeResult[];
  /** What a last look found; undefined when it was not taken (an interruption). */
  readonly left: readonly { readonly object: string; readonly id: string; readonly name: string }[] | undefined;
  /** What was left alone on purpose; it is in `left` as well. */
  readonly alone: readonly LeftAlone[];
  /** What stays on purpose, and what else there is to know, as the preview said it. */
  readonly parting: { readonly kept: readonly string[]; readonly notes: readonly string[] };
  /** The copies left behind: "a final snapshot of database1", and its id. */
  readonly copies: readonly { readonly what: string; readonly id: string }[];
  /** What was deleted without a copy, a sentence for each. */
  readonly lost?: readonly string[];
  /** What still costs; undefined when that was not looked for (an interruption). */
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
  const { place, settled, left, alone, parting, copies, lost = [], ms, again } = end;
  const removed = settled.filter(({ outcome }) => outcome === "deleted");
  const clean = left?.length === 0 && !settled.some(({ outcome }) => outcome === "failed");
  const what = removed.length === 0 ? "Nothing was removed" : `Removed ${counted(removed.length, "resource")}`;
  const time = `${duration(ms)}${place.sandbox ? " of sandbox time" : ""}`;
  const lines = [`${clean ? style.green("✔") : style.yellow("!")} ${style.bold(`${what} in ${time}.`)}`];
  for (const { what, id } of copies)
    lines.push(`Stays: ${what}: ${style.bold(id)} (it costs storage until you delete it)`);
  lines.push(...lost.flatMap((text) => indented(text, look.width ?? WIDTH, "")));
  lines.push(...troubles(settled, { again, verbose: end.verbose ?? false, style, held: "left" }));
  if (left) lines.push(...partingLines(parting.kept, clean ? parting.notes : [], look.width ?? WIDTH));
  if (left) lines.push(...leftLines(left, place.stack, style));
  if (alone.length > 0) lines.push("", leftAloneView(alone, look));
  if (end.bills) lines.push(...billLines(end.bills, place.sandbox, style));
  if (!clean && alone.length === 0 && !settled.some(isTrouble)) lines.push("", `Next: ${style.cyan(again)}`);
  return joined(lines);
}

function leftLines(left: NonNullable<DownEnd["left"]>, stack: string, style: Style): string[] {
  if (left.length === 0) return [`Looked again: nothing of stack ${stack} is left.`];
  const are = left.length === 1 ? "is" : "are";
  return [
    style.red(`Looked again: ${counted(left.length, "resource")} of stack ${stack} ${are} still there:`),
    ...left.map(({ object, id, name }) => `  ${object} ${oneLine(name)}${id === name ? "" : ` ${id}`}`),
  ];
}

/** What still costs: what it is and why, what it costs, and what removes it. Not cut, so that it can be copied. */
function billLines({ found, unseen }: Bills, sandbox: boolean, style: Style): string[] {
  const lines: string[] = [];
  if (found.length === 0 && unseen.length === 0) lines.push("Nothing of it still costs money.");
  // A command that is copied from the sandbox's screen finds nothing on AWS: the ids are the sandbox's.
  if (found.length > 0) lines.push("", sandbox ? "On AWS this would still cost money:" : "This still costs money:");
  for (const bill of found) {
    lines.push(
      `  ${bill.what} ${style.bold(oneLine(bill.id))}${priceText(bill)}`,
      ...indented(bill.why, WIDTH, "    "),
      ...bill.commands.map((command) => `    ${style.cyan(command)}`),
    );
  }
  if (unseen.length > 0)
    lines.push("", "Not looked at, and so perhaps still there:", ...unseen.map((one) => `  ${oneLine(one)}`));
  return lines;
}

/** ", 20 GB: at most $1.90 a month", ": price unknown". */
function priceText({ gib, monthly, eachGB }: Bill): string {
  const price = monthly === undefined ? "price unknown" : `${dollars(monthly)} a ${eachGB ? "GB and month" : "month"}`;
  return gib === undefined ? `: ${price}` : `, ${gib} GB: at most ${price}`;
}
