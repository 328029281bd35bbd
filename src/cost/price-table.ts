import type { Sure } from "../aws/price.ts";

/** What a price table is: plain values, so that a shipped file and a live refresh are the same to everything that reads them. */

/** One price. `region` is an AWS region, or "global" where AWS has one price for all. */
export interface PriceRow {
  readonly item: string;
  readonly region: string;
  readonly unit: string;
  /** US dollars for one `unit`, without tax. */
  readonly usd: number;
  /** The first unit of the month that this price holds for; 0 unless the price has tiers. */
  readonly from: number;
  /** Ids of `PriceTable.sources`, separated by spaces. */
  readonly source: string;
  /** The newest date that a source vouches for: a day, a month, or "undated". */
  readonly asOf: string;
  readonly sure: Sure;
  /** What else is known of it, as a clause. */
  readonly note?: string;
  /** AWS itself was asked for it. */
  readonly asked?: true;
}

/** What AWS gives an account each month for nothing. It is shared by everything in the account. */
export interface FreeRow {
  readonly item: string;
  readonly quantity: number;
  /** In words: "dashboards". */
  readonly what: string;
  readonly source: string;
  readonly sure: Sure;
}

export interface PriceTable {
  readonly currency: "USD";
  /** The day the shipped table was put together; each row has its own date. */
  readonly collected: string;
  /** The day on which AWS was asked for the prices that lie over the shipped ones; undefined: none do. */
  readonly asked?: string;
  readonly sources: Readonly<Record<string, string>>;
  readonly rows: readonly PriceRow[];
  readonly free: readonly FreeRow[];
  /** What is known of the tax that comes on top, by region. */
  readonly tax: Readonly<Record<string, string>>;
}

/** All tiers of an item's price in a region, the first first; empty when the table does not know it. */
export function tiersOf(prices: PriceTable, item: string, region: string): readonly PriceRow[] {
  const of = (where: string) => prices.rows.filter((row) => row.item === item && row.region === where);
  const regional = of(region);
  return (regional.length > 0 ? regional : of("global")).toSorted((a, b) => a.from - b.from);
}

/** US dollars for `quantity` units, each at the price of its tier. */
export function tieredCost(tiers: readonly PriceRow[], quantity: number): number {
  return tiers.reduce((sum, tier, i) => {
    const end = Math.min(quantity, tiers[i + 1]?.from ?? Number.POSITIVE_INFINITY);
    return sum + Math.max(0, end - tier.from) * tier.usd;
  }, 0);
}

/** The regions of which the table knows more than the global prices. */
export function regionsOf(prices: PriceTable): readonly string[] {
  return [...new Set(prices.rows.map((row) => row.region))].filter((region) => region !== "global").toSorted();
}

/** What has a price of its own in a region, in the order of the table. */
export const itemsIn = (prices: PriceTable, region: string): readonly string[] => [
  ...new Set(prices.rows.filter((row) => row.region === region).map(({ item }) => item)),
];
