import { type PriceRow, type PriceTable, tiersOf } from "./price-table.ts";

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

/** What is another price in `after` than in `before`, tier by tier, of what AWS was asked for. */
export function priceChanges(before: PriceTable, after: PriceTable, region: string): readonly PriceChange[] {
  const items = [...new Set(after.rows.filter(({ asked }) => asked).map(({ item }) => item))];
  return items.flatMap((item) => changesOf(item, tiersOf(before, item, region), tiersOf(after, item, region)));
}

function changesOf(item: string, old: readonly PriceRow[], now: readonly PriceRow[]): readonly PriceChange[] {
  const first = now[0];
  if (first === undefined) return [];
  const starts = [...new Set([...old, ...now].map(({ from }) => from))].toSorted((a, b) => a - b);
  return starts.flatMap((from): PriceChange[] => {
    const before = old.find((row) => row.from === from);
    const after = now.find((row) => row.from === from);
    if (before?.usd === after?.usd) return [];
    return [
      {
        item,
        unit: first.unit,
        from,
        old: before?.usd ?? null,
        new: after?.usd ?? null,
        ...(before === undefined ? {} : { oldAsOf: before.asOf }),
        asOf: first.asOf,
        source: first.source,
      },
    ];
  });
}

/** The date of the price that stays in use for an item; undefined: none is known. */
export const keptFrom = (prices: PriceTable, item: string, region: string): string | undefined =>
  tiersOf(prices, item, region)[0]?.asOf;
