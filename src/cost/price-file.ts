import * as z from "zod";
import { BuddyError } from "../lib/errors.ts";
import type { AskedPrices } from "./live.ts";
import type { PriceTable } from "./price-table.ts";

/** Prices that AWS was asked for, by region. Not written in the sandbox. */
export const PRICE_FILE = "buddyverse.prices.json";

/** The version of the file that this program writes, and reads. */
const VERSION = 2;

/** Made where there is such a file: most commands read none. */
const schemaOf = () =>
  z.strictObject({
    version: z.literal(VERSION),
    regions: z.record(
      z.string(),
      z.strictObject({
        asked: z.iso.datetime(),
        sources: z.record(z.string(), z.string()),
        rows: z.array(
          z.strictObject({
            item: z.string().min(1),
            region: z.string().min(1),
            unit: z.string().min(1),
            usd: z.number().positive().lt(10_000),
            from: z.number().nonnegative(),
            source: z.string().min(1),
          }),
        ),
      }),
    ),
  });

export interface PriceFile {
  readonly version: typeof VERSION;
  readonly regions: Readonly<Record<string, AskedPrices>>;
}

/** Reads the file's text; no text is an empty file. Throws `config` when it is not as `cost --live` wrote it. */
export function parsePriceFile(text: string | undefined, path: string): PriceFile {
  if (text === undefined) return { version: VERSION, regions: {} };
  try {
    return schemaOf().parse(JSON.parse(text));
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    throw new BuddyError({
      code: "config",
      message: `the price file ${path} cannot be used: ${issue ? `${issue.path.join(".")}: ${issue.message}` : error instanceof Error ? error.message : String(error)}`,
      about: { file: path },
      hint: "Remove it: the shipped prices are used then. To ask AWS again: buddyverse cost --live",
    });
  }
}

/** The file's text with a region's prices in place of those that it had. */
export function withRegion({ regions }: PriceFile, region: string, prices: AskedPrices): string {
  return `${JSON.stringify({ version: VERSION, regions: { ...regions, [region]: prices } } satisfies PriceFile, null, 2)}\n`;
}

/** The shipped table with what AWS said about a region over it. What AWS did not say stays as it was. */
export function overlaid(shipped: PriceTable, { asked, sources, rows }: AskedPrices): PriceTable {
  const day = asked.slice(0, 10);
  const keyOf = (row: { readonly item: string; readonly region: string }) => `${row.item} ${row.region}`;
  const fresh = new Set(rows.map(keyOf));
  // What is known beside the price (how often AWS takes Spot instances back) AWS does not say with it.
  const notes = new Map(shipped.rows.flatMap((row) => (row.note === undefined ? [] : [[keyOf(row), row.note]])));
  return {
    ...shipped,
    asked: day,
    sources: {
      ...shipped.sources,
      ...Object.fromEntries(Object.entries(sources).map(([id, name]) => [id, `${name}, asked at ${asked}`])),
    },
    rows: [
      ...shipped.rows.filter((row) => !fresh.has(keyOf(row))),
      ...rows.map((row) => {
        const note = notes.get(keyOf(row));
        return { ...row, asOf: day, sure: "A" as const, asked: true as const, ...(note === undefined ? {} : { note }) };
      }),
    ],
  };
}

/** The shipped table, under the file's prices of the region where it has any. Those older than the table are not used. */
export function pricesWith(
  file: PriceFile,
  region: string,
  shipped: PriceTable,
): { readonly prices: PriceTable; readonly tooOld?: string } {
  const asked = file.regions[region];
  if (asked === undefined) return { prices: shipped };
  const day = asked.asked.slice(0, 10);
  return day < shipped.collected ? { prices: shipped, tooOld: day } : { prices: overlaid(shipped, asked) };
}
