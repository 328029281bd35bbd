import { createHash } from "node:crypto";
import { itemsIn, tiersOf } from "../../../cost/price-table.ts";
import { shippedPrices } from "../../../cost/prices.ts";
import { cloudWatchProducts } from "../cloudwatch/products.ts";
import { ec2Products } from "../ec2/products.ts";
import { efsProducts } from "../efs/products.ts";
import { elbProducts } from "../elb/products.ts";
import { logsProducts } from "../logs/products.ts";
import { rdsProducts } from "../rds/products.ts";
import { route53Products } from "../route53/products.ts";
import type { ListedAs, Place, ServiceProducts, Tier } from "./product.ts";

const services: readonly ServiceProducts[] = [
  ec2Products,
  rdsProducts,
  elbProducts,
  efsProducts,
  cloudWatchProducts,
  logsProducts,
  route53Products,
];

/** The regions of the shipped table: of others the sandbox knows no prices. */
const PLACES: readonly Place[] = [
  { region: "ap-northeast-2", location: "Asia Pacific (Seoul)", prefix: "APN2-", youngPrefix: "APN2-" },
  { region: "us-east-1", location: "US East (N. Virginia)", prefix: "", youngPrefix: "USE1-" },
];

/** One element of AWS's price list, before it becomes a string. */
export interface ListedProduct {
  readonly serviceCode: string;
  readonly product: {
    readonly productFamily?: string;
    readonly attributes: Readonly<Record<string, string>>;
    readonly sku: string;
  };
  readonly terms: object;
}

/** AWS's ids look like this: sixteen, or ten, capital letters and digits. */
const idOf = (text: string, length: number): string => {
  const bytes = createHash("sha256").update(text).digest();
  return Array.from({ length }, (_, i) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789"[(bytes[i] ?? 0) % 34]).join("");
};

// AWS's own codes of the terms, the same for all products.
const ON_DEMAND = "JRTCKXETXF";
const RESERVED = { standard: "4NA7Y494T4", convertible: "7NE97W5U4E" } as const;
const HOURLY = "6YS6EN2CT7";

const decimal = (usd: number): string => usd.toFixed(10);

function listed(made: ListedAs): ListedProduct {
  const { family, usagetype, operation = "", unit, tiers, attributes, reserved } = made;
  const [servicecode, servicename] = made.service;
  const sku = idOf(JSON.stringify([servicecode, usagetype, operation, attributes]), 16);
  const dated = { sku, effectiveDate: `${shippedPrices.collected.slice(0, 7)}-01T00:00:00Z` };
  const dimension = (term: string, rate: string, { from, usd }: Tier, end: number | undefined) => ({
    [`${sku}.${term}.${rate}`]: {
      unit,
      endRange: end === undefined ? "Inf" : String(end),
      description: `$${usd} per ${unit}`,
      appliesTo: [],
      rateCode: `${sku}.${term}.${rate}`,
      beginRange: String(from),
      pricePerUnit: { USD: decimal(usd) },
    },
  });
  const rateOf = (i: number) => (tiers.length === 1 ? HOURLY : idOf(`tier ${i}`, 10));
  return {
    serviceCode: servicecode,
    product: {
      ...(family === undefined ? {} : { productFamily: family }),
      attributes: { servicecode, servicename, usagetype, operation, ...attributes },
      sku,
    },
    terms: {
      OnDemand: {
        [`${sku}.${ON_DEMAND}`]: {
          priceDimensions: Object.assign(
            {},
            // AWS sends them in no order.
            ...tiers.map((tier, i) => dimension(ON_DEMAND, rateOf(i), tier, tiers[i + 1]?.from)).reverse(),
          ),
          ...dated,
          offerTermCode: ON_DEMAND,
          termAttributes: {},
        },
      },
      ...(reserved === undefined
        ? {}
        : {
            Reserved: Object.fromEntries(
              Object.entries(RESERVED).flatMap(([OfferingClass, code]) => {
                const usd = reserved[OfferingClass];
                if (usd === undefined) return [];
                const termAttributes = { LeaseContractLength: "1yr", OfferingClass, PurchaseOption: "No Upfront" };
                const priceDimensions = dimension(code, HOURLY, { from: 0, usd }, undefined);
                return [[`${sku}.${code}`, { priceDimensions, ...dated, offerTermCode: code, termAttributes }]];
              }),
            ),
          }),
    },
  };
}

let all: readonly ListedProduct[] | undefined;

/** The sandbox's price list: all regions in one, as AWS's API has it, as far as the shipped table knows. */
export function listedProducts(): readonly ListedProduct[] {
  const tiersIn = (region: string) => (item: string) => tiersOf(shippedPrices, item, region);
  all ??= services
    .flatMap(({ inRegion, everywhere }) => [
      ...PLACES.flatMap(
        (place) => inRegion?.(place, tiersIn(place.region), itemsIn(shippedPrices, place.region)) ?? [],
      ),
      ...(everywhere?.(tiersIn("global")) ?? []),
    ])
    .filter(({ tiers }) => tiers.length > 0)
    .map(listed);
  return all;
}

export const isServiceCode = (code: string): boolean =>
  listedProducts().some(({ serviceCode }) => serviceCode === code);
