/** What a price table is: plain values, so that a shipped file and a live refresh are the same to everything that reads them. */

/** A: asked of AWS itself, or its own price and a second source agrees. B: AWS's own, one copy. C: secondary source only. M: unverified. */
export type Sure = "A" | "B" | "C" | "M";

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
}

/** How far below on-demand Spot was, by AWS's Spot Instance Advisor. Spot moves all the time: a rough figure only. */
export interface SpotRow {
  readonly instanceType: string;
  readonly region: string;
  /** 0 to 1. */
  readonly saving: number;
  /** Share of instances taken back in a month, and when, as the advisor words it. Only the advisor knows it. */
  readonly interruption?: string;
  readonly source: string;
  readonly asOf: string;
  readonly sure: Sure;
}

/** What AWS gives an account each month for nothing. It is shared by everything in the account. */
export interface FreeRow {
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
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
  readonly spot: readonly SpotRow[];
  readonly free: readonly FreeRow[];
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

/** The Spot row of an instance type in a region, if the table has one. */
export function spotOf(prices: PriceTable, instanceType: string, region: string): SpotRow | undefined {
  return prices.spot.find((row) => row.instanceType === instanceType && row.region === region);
}

/** The regions of which the table knows more than the global prices. */
export function regionsOf(prices: PriceTable): readonly string[] {
  return [...new Set(prices.rows.map((row) => row.region))].filter((region) => region !== "global").toSorted();
}

/** Everything of one sort that has a price in a region: `pricedTypes(p, "ec2", r)` → ["c5.large", …]. */
export function pricedTypes(prices: PriceTable, sort: "ec2" | "rds", region: string): readonly string[] {
  const wanted = sort === "ec2" ? /^ec2:([^:]+)$/ : /^rds:(db\.[^:]+):single-az$/;
  return prices.rows.filter((row) => row.region === region).flatMap((row) => wanted.exec(row.item)?.[1] ?? []);
}
