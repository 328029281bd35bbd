import { join } from "node:path";
import { PRICE_FILE, type PriceFile, parsePriceFile, pricesWith } from "../cost/price-file.ts";
import type { PriceTable } from "../cost/price-table.ts";
import { shippedPrices } from "../cost/prices.ts";
import { BuddyError } from "../lib/errors.ts";
import { readIfThere } from "../state/file.ts";
import { tell } from "./output.ts";

/** Beside the config. */
export const priceFileIn = (folder: string): string => join(folder, PRICE_FILE);

/** What `cost --live` has written there. Throws `config` when it cannot be used. */
export function readPriceFile(path: string): PriceFile {
  let text: string | undefined;
  try {
    text = readIfThere(path);
  } catch (error) {
    throw new BuddyError({
      code: "config",
      message: error instanceof Error ? error.message : String(error),
      about: { file: path },
      hint: "Make it readable, or move it away: the shipped prices are used then.",
      cause: error,
    });
  }
  return parsePriceFile(text, path);
}

/** The prices of a region that a command without `--live` counts with. Says on stderr when the file's are too old to use. */
export function pricesIn(folder: string, region: string, { quiet }: { readonly quiet?: boolean }): PriceTable {
  const path = priceFileIn(folder);
  const { prices, tooOld } = pricesWith(readPriceFile(path), region, shippedPrices);
  if (tooOld !== undefined && !quiet) {
    tell(
      `The prices of ${region} in ${path} are of ${tooOld}, older than the shipped table of ${shippedPrices.collected}: not used. To ask AWS again: buddyverse cost --live`,
    );
  }
  return prices;
}
