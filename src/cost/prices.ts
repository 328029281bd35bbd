import type { Price } from "../aws/price.ts";
import { COLLECTED, SOURCES, TAX } from "../aws/price-sources.ts";
import { eachService } from "../aws/services.ts";
import type { PriceTable } from "./price-table.ts";

const facts = eachService.flatMap(({ prices }) => prices?.facts ?? []);

/** Every price that the services name, whether the shipped table knows it or not. */
export const namedPrices: readonly Price[] = [...new Map(facts.map(({ price }) => [price.item, price])).values()];

/** The table that is shipped, put together from what the services know. */
export const shippedPrices: PriceTable = {
  currency: "USD",
  collected: COLLECTED,
  sources: SOURCES,
  rows: facts.flatMap(({ price: { item, unit }, known }) =>
    known.map(({ region, cell: [usd, source, asOf, sure], from, note }) => ({
      item,
      region,
      unit: unit.name,
      usd,
      from,
      source,
      asOf,
      sure,
      ...(note === undefined ? {} : { note }),
    })),
  ),
  free: eachService.flatMap(({ prices }) =>
    (prices?.free ?? []).map(({ price: { item }, ...share }) => ({ item, ...share })),
  ),
  tax: TAX,
};
