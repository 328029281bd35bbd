import type { Price } from "../aws/price.ts";
import type { Charge, Costing, Uncounted } from "../engine/charge.ts";
import type { AnyType } from "../engine/resource.ts";
import { type Band, mapBand } from "../lib/band.ts";
import { groupBy } from "../lib/group.ts";
import { exactDollars, roundToCents } from "../lib/money.ts";
import { unknownKey } from "../lib/unknown.ts";
import type { PricedObject } from "./objects.ts";
import { type PriceRow, type PriceTable, tieredCost, tiersOf } from "./price-table.ts";
import { type Usage, usedOf } from "./usage.ts";

/** AWS's own month for estimates. */
export const HOURS_PER_MONTH = 730;

/** Dollars, or "unknown" where there is no price. Unknown is never 0. */
export type Amount = number | "unknown";

/** In which other way an object is paid for or built ("reserved", "standby"); charges that know no such way stay as they are. */
export type Choose = (object: PricedObject) => string | undefined;

export interface CostLine {
  readonly step: string;
  readonly object: string;
  /** The keys of the objects that it is for. */
  readonly keys: readonly string[];
  /** What is paid for, in words. */
  readonly item: string;
  /** The item in the price table. */
  readonly price: string;
  /** In an ordinary month. */
  readonly quantity: Amount;
  readonly unit: string;
  /** Dollars for one unit, of the first tier. */
  readonly unitPrice: Amount;
  /** Dollars in an ordinary month. */
  readonly monthly: Amount;
  readonly kind: "fixed" | "usage";
  /** Dollars in a quiet and a busy month; usage with a price only. */
  readonly band?: Band;
  readonly note?: string;
  /** The price's own date, sources and how sure it is. */
  readonly from?: Pick<PriceRow, "asOf" | "source" | "sure" | "asked">;
}

export interface Totals {
  /** Dollars a month that a running stack costs even when nobody comes. */
  readonly fixed: number;
  readonly usage: Band;
  readonly total: Band;
  /** What has no price. When there is any, the sums hold the rest only: they are "at least". */
  readonly unknown: readonly string[];
  /** Both parts below. */
  readonly complete: boolean;
  /** False when something that is always there has no price. */
  readonly fixedComplete: boolean;
  readonly usageComplete: boolean;
}

export interface Estimate {
  readonly stack: string;
  readonly region: string;
  readonly lines: readonly CostLine[];
  readonly totals: Totals;
  /** Costs that go with the stack, but that `up` does not start and `down` does not stop. In no total. */
  readonly beside: readonly CostLine[];
  /** What is left out, and why. */
  readonly notCounted: readonly string[];
  readonly prices: Pick<PriceTable, "collected" | "asked" | "sources">;
}

/** Where and how a bill is made. */
export interface Terms {
  readonly stack: string;
  readonly region: string;
  readonly prices: PriceTable;
  readonly usage?: Usage;
  readonly choose?: Choose;
}

/** A monthly estimate of some objects. Pure: the same input gives the same output, with no call to AWS. */
export function estimate(objects: readonly PricedObject[], terms: Terms): Estimate {
  const { stack, region, prices } = terms;
  const { charged, uncounted } = chargesOf(objects, terms);
  const of = (beside: boolean) =>
    linesOf(
      charged.filter(({ charge }) => (charge.beside ?? false) === beside),
      terms,
    );
  const lines = of(false);
  return {
    stack,
    region,
    lines,
    totals: totalsOf(lines),
    beside: of(true),
    notCounted: ["tax", ...uncounted, ...freeShares(lines, terms)],
    prices: {
      collected: prices.collected,
      ...(prices.asked === undefined ? {} : { asked: prices.asked }),
      sources: prices.sources,
    },
  };
}

interface Charged {
  readonly object: PricedObject;
  readonly charge: Charge;
}

/** What each object says that it costs, in the ways that are chosen. */
function chargesOf(
  objects: readonly PricedObject[],
  { usage = {}, choose = () => undefined }: Pick<Terms, "usage" | "choose">,
): { readonly charged: readonly Charged[]; readonly uncounted: readonly string[] } {
  const charged: Charged[] = [];
  const uncounted = new Set<string>();
  for (const object of objects) {
    for (const charge of object.type.charges?.(object.spec, costing(object, objects, usage)) ?? []) {
      if (isCounted(charge)) charged.push({ object, charge: chosen(charge, choose(object)) });
      else uncounted.add(charge.uncounted);
    }
  }
  return { charged, uncounted: [...uncounted] };
}

const isCounted = (charge: Charge | Uncounted): charge is Charge => !("uncounted" in charge);

/** Every price that a bill of these objects is made of. */
export const pricesOf = (objects: readonly PricedObject[], choose?: Choose): readonly Price[] =>
  chargesOf(objects, choose === undefined ? {} : { choose }).charged.map(({ charge }) => charge.price);

const chosen = (charge: Charge, way: string | undefined): Charge =>
  way === undefined ? charge : { ...charge, ...charge.otherwise?.[way] };

function costing({ name }: PricedObject, objects: readonly PricedObject[], usage: Usage): Costing {
  const specOf = (type: AnyType, id: string) => {
    const key = unknownKey(id);
    return objects.find((one) => one.type === type && (key === undefined ? one.id === id : one.key === key))?.spec;
  };
  return {
    name,
    use: (assumption, own) => usedOf(usage, assumption, own),
    specOf: specOf as Costing["specOf"],
  };
}

/** One line for each thing that is paid for: what objects share, or are shown for together, is one. */
function linesOf(charged: readonly Charged[], { region, prices }: Pick<Terms, "region" | "prices">): CostLine[] {
  const groups = groupBy(charged, ({ object, charge }) =>
    JSON.stringify([
      // Wherever in the stack they are, and also what is of no step any more: it is one quantity.
      charge.shared ? null : object.step,
      charge.shared ? null : (charge.under ?? object.name),
      charge.what,
      charge.price.item,
      charge.note,
      typeof charge.quantity === "object",
    ]),
  );
  const placed = [...groups.values()].map((group) => {
    const [first] = group as [Charged];
    // What objects of several steps share is shown with the last of them.
    const last = first.charge.shared ? group.findLast(({ object }) => object.step !== undefined) : undefined;
    const shown = last ?? first;
    return { group, shown, at: charged.indexOf(shown) };
  });
  placed.sort((one, other) => one.at - other.at);
  return placed.map(({ group, shown: { object, charge } }) => {
    const quantity = charge.shared ? charge.quantity : group.map((one) => one.charge.quantity).reduce(addQuantities);
    const about = {
      step: object.step ?? "",
      object: charge.under ?? [...new Set(group.map((one) => one.object.name))].join(", "),
      keys: group.map((one) => one.object.key),
      item: charge.what,
      ...(charge.note === undefined ? {} : { note: charge.note }),
    };
    return lineOf(about, charge.price, quantity, tiersOf(prices, charge.price.item, region));
  });
}

function addQuantities(a: Charge["quantity"], b: Charge["quantity"]): Charge["quantity"] {
  if (typeof a === "object" && typeof b === "object") return addBands(a, b);
  return typeof a === "number" && typeof b === "number" ? a + b : "unknown";
}

function lineOf(
  about: Pick<CostLine, "step" | "object" | "keys" | "item" | "note">,
  { item, unit }: Price,
  quantity: Charge["quantity"],
  tiers: readonly PriceRow[],
): CostLine {
  const first = tiers[0];
  const shape = {
    ...about,
    price: item,
    unit: first?.unit ?? unit.name,
    kind: typeof quantity === "object" ? ("usage" as const) : ("fixed" as const),
    unitPrice: first?.usd ?? ("unknown" as const),
    ...(first === undefined ? {} : { from: originOf(first) }),
  };
  const amounts = amountsOf(quantity, unit.hourly ?? false);
  if (amounts === "unknown") return { ...shape, quantity: amounts, monthly: amounts };
  // Nothing of something unpriced is still nothing.
  if (first === undefined) return { ...shape, quantity: amounts.typical, monthly: amounts.high === 0 ? 0 : "unknown" };
  const dollars = mapBand(amounts, (amount) => tieredCost(tiers, amount));
  return {
    ...shape,
    quantity: amounts.typical,
    monthly: dollars.typical,
    ...(shape.kind === "fixed" ? {} : { band: dollars }),
  };
}

const originOf = ({ asOf, source, sure, asked }: PriceRow): NonNullable<CostLine["from"]> => ({
  asOf,
  source,
  sure,
  ...(asked === undefined ? {} : { asked }),
});

/** Units in the three months. What a state of an older version does not hold is not known. */
function amountsOf(quantity: Charge["quantity"], hourly: boolean): Band | "unknown" {
  const band = typeof quantity === "number" ? { low: quantity, typical: quantity, high: quantity } : quantity;
  if (typeof band !== "object" || !Object.values(band).every(Number.isFinite)) return "unknown";
  return mapBand(band, (count) => count * (hourly ? HOURS_PER_MONTH : 1));
}

const addBands = (a: Band, b: Band): Band => ({
  low: a.low + b.low,
  typical: a.typical + b.typical,
  high: a.high + b.high,
});

const NOTHING: Band = { low: 0, typical: 0, high: 0 };

/** The sums of some lines. What has no price is named, and makes the sums incomplete. */
export function totalsOf(lines: readonly CostLine[]): Totals {
  const known = (of: CostLine) => (of.monthly === "unknown" ? 0 : of.monthly);
  const fixed = lines.filter((of) => of.kind === "fixed").reduce((sum, of) => sum + known(of), 0);
  const usage = lines.reduce((sum, of) => addBands(sum, of.band ?? NOTHING), NOTHING);
  const missing = lines.filter((of) => of.monthly === "unknown");
  return {
    fixed,
    usage,
    total: mapBand(usage, (dollars) => fixed + dollars),
    unknown: namesOf(missing),
    complete: missing.length === 0,
    fixedComplete: missing.every((of) => of.kind === "usage"),
    usageComplete: missing.every((of) => of.kind === "fixed"),
  };
}

/** One text for each price that is missing, with all that needs it. */
function namesOf(missing: readonly CostLine[]): string[] {
  return [...groupBy(missing, (of) => of.price)].map(([price, lines]) => {
    const objects = [...new Set(lines.map((of) => of.object))].join(", ");
    return `${lines[0]?.item ?? ""} of ${objects} (${price})`;
  });
}

/** What AWS gives an account for nothing, of what these lines use, and what it would take off at most. */
function freeShares(lines: readonly CostLine[], { prices, region }: Pick<Terms, "prices" | "region">): string[] {
  const used = prices.free.flatMap(({ item, quantity, what }) => {
    const own = lines.filter((line) => line.price === item);
    const typical = own.reduce((sum, line) => sum + (line.quantity === "unknown" ? 0 : line.quantity), 0);
    const usd = tieredCost(tiersOf(prices, item, region), Math.min(quantity, typical));
    return own.length === 0 ? [] : [{ text: `${quantity} ${what}`, usd }];
  });
  if (used.length === 0) return [];
  const off = roundToCents(used.reduce((sum, { usd }) => sum + usd, 0));
  return [
    `the account's free allowances, which its other stacks may use up: ${used.map(({ text }) => text).join(", ")} (at most ${exactDollars(off)} of this bill in an ordinary month)`,
  ];
}

/** For a headline: dollars of an ordinary month. */
export interface MonthlyTotal {
  /** Null when something that is always there has no price. When `unknown` is not empty, say "at least". */
  readonly usd: number | null;
  readonly unknown: readonly string[];
}

/** The estimate in one number. */
export const monthlyTotal = ({ totals }: Pick<Estimate, "totals">): MonthlyTotal => ({
  usd: totals.fixedComplete ? roundToCents(totals.total.typical) : null,
  unknown: totals.unknown,
});

/**
 * What the stack has cost so far, by the estimate.
 * @param hoursOf hours that the object of a key stands; undefined: it has cost nothing yet.
 */
export function costSoFar({ lines }: Pick<Estimate, "lines">, hoursOf: (key: string) => number | undefined): Totals {
  const made = lines.flatMap((line) => {
    // Of what is for several objects each has its part.
    const hours = line.keys.reduce((sum, key) => sum + (hoursOf(key) ?? 0), 0) / line.keys.length;
    if (!(hours > 0)) return [];
    const part = hours / HOURS_PER_MONTH;
    return {
      ...line,
      quantity: line.quantity === "unknown" ? line.quantity : line.quantity * part,
      monthly: line.monthly === "unknown" ? line.monthly : line.monthly * part,
      ...(line.band === undefined ? {} : { band: mapBand(line.band, (dollars) => dollars * part) }),
    };
  });
  return totalsOf(made);
}

export interface AfterDown {
  /** What the stack stops costing. */
  readonly stops: Totals;
  /** What still costs, month by month, until a person removes it. */
  readonly goesOn: readonly CostLine[];
}

/** What `down` stops, and what goes on: what objects leave behind, and what was there before them. */
export function afterDown(
  objects: readonly PricedObject[],
  terms: Terms,
  options: {
    readonly discardData: boolean;
    readonly discardFiles?: boolean;
    readonly deleteKept: boolean;
  },
): AfterDown {
  const { totals, beside } = estimate(objects, terms);
  const left = objects.flatMap((object) =>
    (
      object.type.residual?.(object.spec, costing(object, objects, terms.usage ?? {}), {
        deleteKept: options.deleteKept,
        discardData: options.discardData || (options.discardFiles === true && object.type.holdsFiles === true),
      }) ?? []
    ).map((charge) => ({
      object,
      charge,
    })),
  );
  return { stops: totals, goesOn: [...linesOf(left, terms), ...beside] };
}
