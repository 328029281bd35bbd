import { type PriceRow, type PriceTable, spotOf, tiersOf } from "./price-table.ts";

/** A price that differs from what was known before. */
export interface PriceChange {
  readonly item: string;
  readonly unit: string;
  /** The first unit of the month that the price holds for. */
  readonly from: number;
  /** US dollars for a unit; null: it was not known. */
  readonly old: number | null;
  /** US dollars for a unit; null: the tier is gone. */
  readonly new: number | null;
  /** The old price's own date. */
  readonly oldAsOf?: string;
  /** The new price's own date and source ids. */
  readonly asOf: string;
  readonly source: string;
}

/** What is another price in `after` than in `before`, tier by tier, of what AWS was asked for. Spot as a price for an hour. */
export function priceChanges(before: PriceTable, after: PriceTable, region: string): readonly PriceChange[] {
  const items = [...new Set(after.rows.filter(({ source }) => source === "PL").map(({ item }) => item))];
  const types = after.spot.filter((row) => row.region === region && row.source === "SP");
  return [
    ...items.flatMap((item) => changesOf(item, tiersOf(before, item, region), tiersOf(after, item, region))),
    ...types.flatMap(({ instanceType }) =>
      changesOf(
        `ec2:${instanceType}:spot`,
        spotPrice(before, instanceType, region),
        spotPrice(after, instanceType, region),
      ),
    ),
  ];
}

/** The Spot price that a table's saving comes to; empty when the table does not know it. */
function spotPrice(prices: PriceTable, instanceType: string, region: string): readonly PriceRow[] {
  const spot = spotOf(prices, instanceType, region);
  if (spot === undefined) return [];
  const { source, asOf } = spot;
  return tiersOf(prices, `ec2:${instanceType}`, region).map((row) => ({
    ...row,
    usd: Number((row.usd * (1 - spot.saving)).toFixed(4)),
    source,
    asOf,
  }));
}

function changesOf(item: string, old: readonly PriceRow[], now: readonly PriceRow[]): readonly PriceChange[] {
  const first = now[0];
  if (first === undefined) return [];
  const starts = [...new Set([...old, ...now].map(({ from }) => from))].toSorted((a, b) => a - b);
  return starts.flatMap((from): PriceChange[] => {
    const was = old.find((row) => row.from === from);
    const is = now.find((row) => row.from === from);
    if (was?.usd === is?.usd) return [];
    return [
      {
        item,
        unit: first.unit,
        from,
        old: was?.usd ?? null,
        new: is?.usd ?? null,
        ...(was === undefined ? {} : { oldAsOf: was.asOf }),
        asOf: first.asOf,
        source: first.source,
      },
    ];
  });
}

/** The date of the price that stays in use for an item; undefined: none is known. */
export function keptFrom(prices: PriceTable, item: string, region: string): string | undefined {
  const type = /^ec2:(.+):spot$/.exec(item)?.[1];
  return type === undefined ? tiersOf(prices, item, region)[0]?.asOf : spotOf(prices, type, region)?.asOf;
}
