import type { Sure } from "../aws/price.ts";
import type { Band } from "../lib/band.ts";
import { exactDollars, roundToCents } from "../lib/money.ts";
import { column, indented, widthOf, wrapped } from "../lib/text.ts";
import type { Alternative, Alternatives, Saving } from "./alternatives.ts";
import type { CostChange } from "./cost-change.ts";
import {
  type AfterDown,
  type Amount,
  type CostLine,
  type Estimate,
  HOURS_PER_MONTH,
  type Totals,
  totalsOf,
} from "./estimate.ts";
import type { NotFound } from "./live.ts";
import type { PriceChange } from "./price-changes.ts";
import { type PriceTable, regionsOf } from "./price-table.ts";
import { assumptions, type Usage } from "./usage.ts";

/** No line is longer, unless by a single word. */
const WIDTH = 100;

export interface ViewOptions {
  /** Every single thing that is paid for, with quantity and price. */
  readonly detail?: boolean;
  /** Columns of the terminal. */
  readonly width?: number;
}

/** The estimate as text for a person: by step and object, totals, what is missing, where the prices come from. */
export function costView(of: Estimate, prices: PriceTable, options: ViewOptions = {}): string {
  const { totals } = of;
  const width = options.width ?? WIDTH;
  const { row, amounts } = tableOf(width);
  return text([
    ...sentence(
      `A month of ${HOURS_PER_MONTH} hours · ${of.region} · stack ${of.stack} · US dollars, without tax`,
      width,
    ),
    "",
    row("", "fixed  ", "low  ", "typical  ", "high  "),
    ...stepsOf(of.lines).flatMap(([step, lines]) => [
      amounts(step, totalsOf(lines)),
      ...objectsOf(lines).flatMap(([object, own]) => [
        amounts(`  ${object}`, totalsOf(own)),
        ...(options.detail ? own.flatMap((line) => detailOf(line, width)) : []),
      ]),
    ]),
    "",
    amounts("all together", totals),
    row("fixed and usage", "", ...bandCells(totals.total, totals.complete)),
    "",
    ...summary(totals, width),
    ...missing(of, prices, width),
    ...list("Beside the stack, in no total:", of.beside.map(besideText), width),
    ...list("Not counted:", of.notCounted, width),
    ...origin(of, prices, width),
  ]);
}

/** The quantities that the usage part assumes, why, and so what a person may set. */
export function usageView(usage: Usage, width = WIDTH): string {
  // A name and its three numbers, or where that is too wide the numbers below.
  const numbers = (cells: readonly string[]) => cells.map((cell) => cell.padStart(8)).join(" ");
  const line = (name: string, cells: readonly string[]) =>
    width >= 54 ? [`${name.padEnd(26)} ${numbers(cells)}`] : [name, `      ${numbers(cells).trimStart()}`];
  return text([
    ...line("Usage assumed for a month", ["low", "typical", "high"]),
    ...[...assumptions.values()].flatMap(({ name, why, assumed }) => {
      const { low, typical, high } = usage[name] ?? assumed;
      const cells = [low, typical, high].map((cell) => (typeof cell === "number" ? trimmed(cell) : cell));
      const reason = name in usage ? "set by you" : why;
      return [...line(`  ${name}`, cells), ...indented(reason, width, "      ")];
    }),
  ]);
}

/** The tables side by side, and the ranking of what saves most. */
export function alternativesView({ tables, savings }: Alternatives, width = WIDTH): string {
  const wide = Math.min(44, width - 31);
  return text([
    "Side by side: the whole stack in an ordinary month",
    "",
    ...tables.flatMap(({ title, rows }) => [
      title,
      ...rows.flatMap(({ name, configured, monthly, difference, unknown, note, ...rest }) => [
        ...beside(
          `${configured ? "→" : " "} ${column(name, wide)} ${amount(monthly).padStart(11)} ${(configured ? "as configured" : signed(difference)).padStart(14)}`,
          means(rest),
          width,
        ),
        ...(note === undefined ? [] : indented(note, width, "      ")),
        ...(unknown.length === 0 ? [] : indented(`no price: ${unknown.join("; ")}`, width, "      ")),
      ]),
      "",
    ]),
    ...savedAlready(tables),
    ...(savings.length === 0 ? ["Nothing in these tables costs less than what is configured."] : []),
    ...ranked(
      "What saves most, one at a time (they do not add up)",
      savings.filter(({ breaks }) => breaks.length === 0),
      width,
    ),
    ...ranked(
      "At the price of a requirement",
      savings.filter(({ breaks }) => breaks.length > 0),
      width,
    ),
  ]);
}

/** What the configured row saves beside a dearer one, of the tables that tell it. */
function savedAlready(tables: Alternatives["tables"]): string[] {
  return tables
    .filter(({ tellsSaved }) => tellsSaved)
    .flatMap(({ rows }) =>
      rows.filter(({ configured, difference }) => !configured && Number(difference) > 0).slice(0, 1),
    )
    .flatMap(({ name, difference }) => [`Saved already: ${amount(difference)} a month, beside ${name}.`, ""]);
}

function ranked(title: string, savings: readonly Saving[], width: number): string[] {
  if (savings.length === 0) return [];
  return [
    title,
    ...savings.flatMap(({ name, saves, ...rest }, i) =>
      beside(
        `${String(i + 1).padStart(3)}  ${column(name, Math.min(44, width - 24))} ${exactDollars(saves).padStart(10)} a month`,
        means(rest),
        width,
      ),
    ),
  ];
}

/** A word on a row: behind it, or below where there is no room. */
const beside = (row: string, word: string, width: number): string[] =>
  word === "" || widthOf(row) + 2 + widthOf(word) <= width
    ? [`${row}${word === "" ? "" : `  ${word}`}`]
    : [row, ...indented(word, width, "      ")];

/** How to get an alternative, if not by the config, and what it gives up. */
function means({ by, breaks }: Pick<Alternative, "by" | "breaks">): string {
  const how = { config: [], contract: ["a contract"], comparison: ["not by up"] }[by];
  const words = [...how, ...(breaks.length === 0 ? [] : [`breaks ${breaks.join(", ")}`])];
  return words.join("; ");
}

/** What `cost --live` asked AWS, and what came of it. */
export interface LiveReport {
  readonly region: string;
  /** ISO 8601. */
  readonly asked: string;
  /** Where the answer is kept for later commands; undefined in the sandbox. */
  readonly file: string | undefined;
  /** How many prices AWS gave. */
  readonly found: number;
  readonly changes: readonly PriceChange[];
  /** Asked for and not found; `keptFrom` is the date of the price that is used all the same, if there is one. */
  readonly notFound: readonly (NotFound & { readonly keptFrom?: string | undefined })[];
}

/** What AWS said: each price that differs, what it did not say, and where the answer is kept. */
export function liveView({ region, asked, file, found, changes, notFound }: LiveReport): string {
  const price = (usd: number | null) => (usd === null ? "unknown" : `$${significant(usd)}`);
  const differs = new Set(changes.map(({ item }) => item)).size;
  const day = asked.slice(0, 10);
  const whom = file === undefined ? "the sandbox" : "AWS";
  const news = `${differs === 0 ? "none" : differs} ${differs < 2 ? "differs" : "differ"}`;
  return text([
    ...sentence(
      `Asked ${whom} on ${day} for the prices of ${region}: ${found} found, of which ${news} from what was known.`,
    ),
    ...changes.map(({ item, unit, from, old, new: now, oldAsOf }) => {
      const tier = from === 0 ? "" : `, from ${significant(from)}`;
      const before = oldAsOf === undefined ? "" : ` (before: ${oldAsOf})`;
      return `  ${item}${tier}  ${price(old)} → ${now === null ? "no such tier" : price(now)} per ${unit}${before}`;
    }),
    ...list(
      "Not found there, so left as it was:",
      notFound.map(
        ({ item, why, keptFrom }) =>
          `${item}: ${why}; ${keptFrom === undefined ? "unknown here too" : `kept from the table: ${keptFrom}`}`,
      ),
    ),
    ...sentence(
      file === undefined
        ? "A rehearsal: the sandbox answers from the shipped table. Nothing was written, nor counted with."
        : `Written to ${file}: cost, plan, up, status and down count with it from now on.`,
    ),
  ]);
}

/** For `plan`: what the change does to the bill, in a line, and a line for each object that changes. */
export function costChangeView({ typical, fixed, objects, unknown, complete }: CostChange, width = WIDTH): string {
  const wide = Math.min(40, width - 33);
  const sum =
    Math.abs(typical) < 0.005 ? "no change" : `${signed(typical)} in an ordinary month, ${signed(fixed)} of it fixed`;
  return text([
    `Cost a month: ${complete ? "" : "unknown in part; what has a price: "}${sum}`,
    ...objects.map(
      ({ step, object, difference, unknown: gaps }) =>
        `  ${step.padEnd(15)} ${column(object, wide)} ${signed(difference).padStart(12)}${gaps.length === 0 || difference === "unknown" ? "" : "+?"}`,
    ),
    ...list("No price, so not in the sum:", unknown, width),
  ]);
}

/** For `up` and `status`: what the stack costs from now on, and has cost since it was made. */
export function costNowView({ totals }: Pick<Estimate, "totals">, soFar: Totals): string {
  const least = (complete: boolean) => (complete ? "" : "at least ");
  return text([
    `Costs ${least(totals.complete)}${exactDollars(totals.total.typical)} in an ordinary month, ${exactDollars(totals.fixed)} of it fixed, without tax.`,
    `Has cost ${least(soFar.complete)}${exactDollars(soFar.total.typical)} so far, by the estimate.`,
  ]);
}

/** For `down`: what stops, and what goes on. */
export function afterDownView({ stops, goesOn }: AfterDown, width = WIDTH): string {
  return text([
    `Stops: ${stops.complete ? "" : "at least "}${exactDollars(stops.total.typical)} in an ordinary month.`,
    ...(goesOn.length === 0
      ? ["Nothing still costs money."]
      : list("Still costs money:", goesOn.map(besideText), width)),
  ]);
}

function besideText({ object, item, monthly, note }: CostLine): string {
  const price = monthly === "unknown" ? "price unknown" : `${exactDollars(monthly)} a month`;
  return `${item} of ${object}: ${price}${note === undefined ? "" : `; ${note}`}`;
}

/** The whole as one JSON document: dollars rounded to cents, unit prices as they are; "unknown" stays "unknown". */
export function costJson(of: Estimate, others?: Alternatives, live?: LiveReport): object {
  return {
    currency: "USD",
    tax: "not included",
    hoursPerMonth: HOURS_PER_MONTH,
    stack: of.stack,
    region: of.region,
    totals: { ...totalsJson(of.totals) },
    steps: stepsOf(of.lines).map(([step, lines]) => ({ step, ...totalsJson(totalsOf(lines)) })),
    lines: of.lines.map(lineJson),
    beside: of.beside.map(lineJson),
    notCounted: of.notCounted,
    prices: { ...of.prices, ...datesOf(of.lines) },
    ...(live === undefined ? {} : { live: { ...live, file: live.file ?? null } }),
    ...(others === undefined
      ? {}
      : {
          alternatives: others.tables.map(({ title, rows }) => ({
            title,
            rows: rows.map((one) => ({ ...one, monthly: cents(one.monthly), difference: cents(one.difference) })),
          })),
          savings: others.savings.map((one) => ({
            ...one,
            saves: roundToCents(one.saves),
            monthly: cents(one.monthly),
          })),
        }),
  };
}

/** A change as a part of a document, rounded to cents. */
export const costChangeJson = ({ fixed, typical, objects, ...rest }: CostChange): object => ({
  fixed: roundToCents(fixed),
  typical: roundToCents(typical),
  objects: objects.map((one) => ({ ...one, difference: cents(one.difference) })),
  ...rest,
});

const cents = (of: Amount): Amount => (of === "unknown" ? of : roundToCents(of));

const bandJson = ({ low, typical, high }: Band) => ({
  low: roundToCents(low),
  typical: roundToCents(typical),
  high: roundToCents(high),
});

function totalsJson({ fixed, usage, total, ...rest }: Totals) {
  return { fixed: roundToCents(fixed), usage: bandJson(usage), total: bandJson(total), ...rest };
}

function lineJson(line: CostLine) {
  const { unitPrice, quantity } = line;
  return {
    ...line,
    // Prices have four digits at most; six lose nothing of a Spot price either.
    quantity: quantity === "unknown" ? quantity : Number(quantity.toFixed(6)),
    unitPrice: unitPrice === "unknown" ? unitPrice : Number(unitPrice.toFixed(6)),
    monthly: cents(line.monthly),
    ...(line.band === undefined ? {} : { band: bandJson(line.band) }),
  };
}

// ---- Lines of text ------------------------------------------------------------------------------------------------

/** A cell with a sum; `+?` after it says that something in it has no price. */
const cell = (usd: number, complete: boolean) => `${exactDollars(usd)}${complete ? "  " : "+?"}`;

const bandCells = ({ low, typical, high }: Band, complete: boolean) =>
  [low, typical, high].map((usd) => cell(usd, complete));

/** The table of sums: where a terminal is narrow, without the quiet and the busy month. */
function tableOf(width: number) {
  const [name, size, shown] =
    width >= WIDTH ? [36, 16, [0, 1, 2, 3]] : width >= 76 ? [width - 48, 12, [0, 1, 2, 3]] : [width - 22, 11, [0, 2]];
  const row = (title: string, ...cells: string[]): string =>
    column(title, name) + shown.map((index) => (cells[index] ?? "").padStart(size)).join("");
  const amounts = (title: string, { fixed, usage, fixedComplete, usageComplete }: Totals): string => {
    const noUsage = usage.high === 0;
    const noFixed = fixed === 0;
    const unknown = "unknown  ";
    let steady = fixedComplete ? "" : unknown;
    if (!noFixed || (fixedComplete && noUsage && usageComplete)) steady = cell(fixed, fixedComplete);
    if (noUsage) return row(title, steady, ...(usageComplete ? [] : [unknown]));
    return row(title, steady, ...bandCells(usage, usageComplete));
  };
  return { row, amounts };
}

function detailOf({ item, quantity, unit, unitPrice, monthly, note }: CostLine, width: number): string[] {
  const units = quantity === 1 || !/(hour|month)$/.test(unit) ? unit : `${unit}s`;
  const count = quantity === "unknown" ? quantity : trimmed(quantity);
  const how = `${count} ${units} × ${unitPrice === "unknown" ? "unknown" : `$${trimmed(unitPrice)}`}`;
  return [
    `      ${column(item, Math.min(44, Math.max(10, width - 54)))} ${how.padStart(34)} ${amount(monthly).padStart(12)}`,
    ...(note === undefined ? [] : indented(note, width, "        ")),
  ];
}

function summary({ fixed, total, complete, fixedComplete }: Totals, width: number): string[] {
  const least = (whole: boolean) => (whole ? "" : "at least ");
  return [
    ...sentence(
      `Fixed: ${least(fixedComplete)}${exactDollars(fixed)} a month. With usage: ${least(complete)}${exactDollars(total.typical)} in an ordinary month, ${exactDollars(total.low)} in a quiet and ${exactDollars(total.high)} in a busy one.`,
      width,
    ),
    ...(complete ? [] : ["+? is at least: something in the sum has no price."]),
  ];
}

function missing({ totals, region }: Estimate, prices: PriceTable, width: number): string[] {
  const known = regionsOf(prices);
  const foreign = `The price table covers ${known.join(" and ")}. Of ${region} it knows only what costs the same everywhere.`;
  return [
    ...(known.includes(region) ? [] : sentence(foreign, width)),
    ...list("No price, so not in the sums (unknown is not 0):", totals.unknown, width),
  ];
}

function origin({ lines, region }: Estimate, prices: PriceTable, width: number): string[] {
  const priced = lines.filter((line) => line.from !== undefined);
  const tax = prices.tax[region];
  const copies = priced.filter((line) => !line.from?.asked);
  const { oldest, newest, undated } = datesOf(copies);
  const dates = oldest === undefined ? "none used" : `dated ${oldest} to ${newest}${undated ? ", some undated" : ""}`;
  const asked =
    prices.asked === undefined
      ? ""
      : `${priced.length - copies.length} of ${priced.length} lines as AWS itself said on ${prices.asked}; the others `;
  const count = (sure: Sure) => lines.filter((line) => line.from?.sure === sure).length;
  const weak = count("C") + count("M");
  return [
    ...sentence(`Prices: ${asked}collected on ${prices.collected} from sources ${dates}; --json names them.`, width),
    ...(weak === 0 ? [] : [`${weak} of ${lines.length} lines rest on a secondary source.`]),
    `Tax comes on top${tax === undefined ? "" : `: ${tax}`}.`,
  ];
}

interface Dates {
  readonly oldest?: string;
  readonly newest?: string;
  readonly undated: boolean;
}

function datesOf(lines: readonly CostLine[]): Dates {
  const all = lines.flatMap((line) => line.from?.asOf ?? []);
  const dated = all.filter((date) => date !== "undated").toSorted();
  const [oldest, newest] = [dated[0], dated.at(-1)];
  return {
    ...(oldest === undefined || newest === undefined ? {} : { oldest, newest }),
    undated: dated.length < all.length,
  };
}

function stepsOf(lines: readonly CostLine[]): [string, CostLine[]][] {
  return [...new Set(lines.map((line) => line.step))].map((step) => [step, lines.filter((line) => line.step === step)]);
}

function objectsOf(lines: readonly CostLine[]): [string, CostLine[]][] {
  const groups = [...new Set(lines.map((line) => line.object))].map((object): [string, CostLine[]] => [
    object,
    lines.filter((line) => line.object === object),
  ]);
  // What is shown for several objects stands below them.
  const several = ([, [first]]: [string, CostLine[]]) => ((first?.keys.length ?? 0) > 1 ? 1 : 0);
  return groups.toSorted((one, other) => several(one) - several(other));
}

function list(title: string, items: readonly string[], width = WIDTH): string[] {
  return items.length === 0 ? [] : [title, ...items.flatMap((item) => indented(item, width, "    ", "  - "))];
}

const sentence = (words: string, width = WIDTH) => wrapped(words, width);

const text = (lines: readonly string[]) => lines.map((line) => line.trimEnd()).join("\n");

const trimmed = (of: number) => String(Number(of.toFixed(4)));

/** All digits of a price, without the noise of binary fractions. */
const significant = (of: number) => String(Number(of.toPrecision(10)));

const amount = (of: Amount) => (of === "unknown" ? of : exactDollars(of));

function signed(of: Amount): string {
  if (of === "unknown") return of;
  if (Math.abs(of) < 0.005) return "the same";
  return `${of > 0 ? "+" : ""}${exactDollars(of)}`;
}
