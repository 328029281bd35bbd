import * as z from "zod";
import type { Aws } from "../aws/aws.ts";
import { classify } from "../aws/classify.ts";
import { allPages } from "../aws/pages.ts";
import type { Config } from "../config/schema.ts";
import { BuddyError } from "../lib/errors.ts";
import { inFamily } from "./alternatives.ts";
import { fixedItems, type Query, queryOf } from "./price-queries.ts";
import type { PriceRow, PriceTable } from "./price-table.ts";

/** A price as AWS gave it. Date and source are those of the asking. */
export type AskedRow = Pick<PriceRow, "item" | "region" | "unit" | "usd" | "from">;

/** How far below on-demand Spot was at the time of asking, on average over the config's zones. */
export interface AskedSpot {
  readonly instanceType: string;
  /** 0 to 1. */
  readonly saving: number;
}

/** What AWS answered about one region. */
export interface AskedPrices {
  /** ISO 8601. */
  readonly asked: string;
  readonly rows: readonly AskedRow[];
  readonly spot: readonly AskedSpot[];
}

/** A price that was asked for and not found, and why, as a clause. */
export interface NotFound {
  readonly item: string;
  readonly why: string;
}

// ---- What to ask for ----------------------------------------------------------------------------------------------

/** Every item that an estimate of this config, its alternatives or the shipped table names. */
export function itemsToAsk({ bastion, nat, web, database }: Config, shipped: PriceTable): readonly string[] {
  const types = [bastion.instanceType, nat.instanceType, web.instanceType].flatMap((type) => [
    type,
    ...["t2", "t3", "t4g"].map((family) => inFamily(type, family)),
  ]);
  const classes = [database.instanceClass, inFamily(database.instanceClass, "db.t4g")];
  return [
    ...new Set([
      ...shipped.rows.map(({ item }) => item),
      ...types.flatMap((type) => [`ec2:${type}`, `ec2:${type}:reserved-1y`, `ec2:${type}:convertible-1y`]),
      ...classes.flatMap((type) =>
        ["single-az", "multi-az"].flatMap((zones) => [`rds:${type}:${zones}`, `rds:${type}:${zones}:reserved-1y`]),
      ),
      ...fixedItems,
    ]),
  ];
}

// ---- Reading AWS's price list -------------------------------------------------------------------------------------

const term = z.object({
  termAttributes: z.record(z.string(), z.string()).optional(),
  priceDimensions: z.record(
    z.string(),
    z.object({
      unit: z.string(),
      beginRange: z.string().optional(),
      pricePerUnit: z.record(z.string(), z.string()),
    }),
  ),
});
const product = z.object({
  product: z.object({ attributes: z.record(z.string(), z.string()) }),
  terms: z
    .object({
      OnDemand: z.record(z.string(), term).optional(),
      Reserved: z.record(z.string(), term).optional(),
    })
    .optional(),
});
export type Product = z.infer<typeof product>;

/**
 * An element of a `PriceList`: AWS sends JSON in a string, and the SDK gives it as an object that reads like one.
 * Throws `failed` when it is no product.
 */
export function parseProduct(element: unknown): Product {
  try {
    return product.parse(JSON.parse(String(element)));
  } catch (error) {
    throw new BuddyError({
      code: "failed",
      message: "AWS's price list holds something that this program cannot read",
      about: { operation: "GetProducts" },
      hint: "Leave --live away: the prices then are the last known ones. Please report it.",
      cause: error,
    });
  }
}

type Tier = Pick<PriceRow, "from" | "usd">;

/**
 * The one price that the answer holds for a query, by tiers; or why there is none, as a clause. Products at one and the
 * same price are one price; at different ones nothing is chosen.
 */
export function priceIn(products: readonly Product[], query: Query): readonly Tier[] | string {
  const fitting = products.filter(({ product: { attributes } }) => {
    const also = Object.entries(query.also ?? {});
    return query.usage.test(attributes.usagetype ?? "") && also.every(([name, value]) => attributes[name] === value);
  });
  const chosen = query.ofEngine ? ofEngine(fitting) : fitting;
  if (chosen.length === 0) return "AWS's price list has no such product";
  const prices = chosen.map((one) => tiersIn(one, query));
  const first = prices[0] as (typeof prices)[number];
  if (prices.every((price) => JSON.stringify(price) === JSON.stringify(first))) return first;
  const names = chosen.map(({ product: { attributes } }) => attributes.usagetype).join(", ");
  return `AWS's price list has ${chosen.length} such products at different prices (${names})`;
}

function ofEngine(products: readonly Product[]): readonly Product[] {
  const of = (engine: string) => products.filter(({ product: { attributes } }) => attributes.databaseEngine === engine);
  const own = of("MySQL");
  return own.length > 0 ? own : of("Any");
}

function tiersIn({ terms }: Product, { reserved, awsUnits, times = 1 }: Query): readonly Tier[] | string {
  const fitting =
    reserved === undefined
      ? Object.values(terms?.OnDemand ?? {})
      : Object.values(terms?.Reserved ?? {}).filter(
          ({ termAttributes: of }) =>
            of?.LeaseContractLength === "1yr" && of.PurchaseOption === "No Upfront" && of.OfferingClass === reserved,
        );
  const what = reserved === undefined ? "on-demand" : `${reserved} one-year no-upfront`;
  if (fitting.length !== 1) return `its product has ${fitting.length} ${what} terms, not one`;
  const dimensions = Object.values(fitting[0]?.priceDimensions ?? {});
  const tiers: Tier[] = [];
  for (const { unit, beginRange = "0", pricePerUnit } of dimensions) {
    if (!awsUnits.includes(unit.toLowerCase())) return `AWS gives it by "${unit}", which this program does not know`;
    const [usd, from] = [Number(pricePerUnit.USD), Number(beginRange)];
    if (!(usd >= 0) || !(from >= 0)) return "AWS gives no price in US dollars";
    // Prices have ten digits after the point: what binary fractions add is taken off again.
    tiers.push({ from: from / times, usd: Number((usd * times).toPrecision(10)) });
  }
  tiers.sort((a, b) => a.from - b.from);
  if (new Set(tiers.map(({ from }) => from)).size < tiers.length) return "two of its prices begin at the same quantity";
  // A first tier at 0 dollars is the account's free share: the estimate counts that apart, if at all.
  const paid = tiers.findIndex(({ usd }) => usd > 0);
  if (paid === -1) return "AWS's price list says 0 dollars";
  return tiers.slice(paid).map((tier, i) => (i === 0 ? { ...tier, from: 0 } : tier));
}

// ---- Asking -------------------------------------------------------------------------------------------------------

/** AWS takes 10 at once, then 5 a second (Billing guide, "Using the AWS Price List Query API"): more would only be retried. */
const AT_ONCE = 4;

/**
 * Asks AWS for the prices of the config's region. What has no clear answer is named, never guessed.
 * @param now milliseconds since 1970.
 * @throws BuddyError "denied" when the caller may not read the price list, "usage" outside of AWS's commercial regions.
 */
export async function askPrices(
  aws: Aws,
  config: Config,
  shipped: PriceTable,
  now: number,
): Promise<{ readonly prices: AskedPrices; readonly notFound: readonly NotFound[] }> {
  if (aws.partition !== "aws") {
    throw new BuddyError({
      code: "usage",
      message: `the price list of the partition ${aws.partition} is not the one that this program knows`,
      hint: "Leave --live away, or use credentials of an account of AWS's commercial regions.",
    });
  }
  const queries = itemsToAsk(config, shipped).flatMap((item) => {
    const query = queryOf(item, aws.region);
    return typeof query === "string" ? [] : [{ item, query }];
  });
  const answers = new Map<string, readonly Product[]>();
  const left = new Map(queries.map(({ query }) => [requestOf(query), query]));
  const work = async () => {
    for (const [request, query] of left) {
      left.delete(request);
      answers.set(request, await products(aws, query));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));

  const rows: AskedRow[] = [];
  const notFound: NotFound[] = [];
  for (const { item, query } of queries) {
    const price = priceIn(answers.get(requestOf(query)) ?? [], query);
    if (typeof price === "string") notFound.push({ item, why: price });
    else {
      const region = query.global ? "global" : aws.region;
      rows.push(...price.map((tier) => ({ item, region, unit: query.unit, ...tier })));
    }
  }
  const spot = await askSpot(aws, config, rows, now);
  return {
    prices: { asked: new Date(now).toISOString(), rows, spot: spot.found },
    notFound: [...notFound, ...spot.notFound],
  };
}

const requestOf = ({ service, filters }: Query): string => JSON.stringify([service, filters]);

async function products(aws: Aws, { service, filters }: Query): Promise<readonly Product[]> {
  const Filters = Object.entries(filters).map(([Field, Value]) => ({ Type: "TERM_MATCH" as const, Field, Value }));
  try {
    const elements = await allPages(
      (NextToken) =>
        aws.pricing.getProducts({
          ServiceCode: service,
          Filters,
          FormatVersion: "aws_v1",
          MaxResults: 100,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      ({ PriceList }) => PriceList,
      ({ NextToken }) => NextToken,
    );
    return elements.map(parseProduct);
  } catch (error) {
    if (classify(error) !== "denied") throw error;
    throw new BuddyError({
      code: "denied",
      message: `AWS does not let you read its price list: ${error instanceof Error ? error.message : String(error)}`,
      about: { operation: "GetProducts" },
      hint: 'Allow pricing:GetProducts on "*" (it has no narrower resource); or leave --live away: the prices then are the last known ones.',
      cause: error,
    });
  }
}

const HOUR_MS = 3_600_000;

/** Spot is not in the price list: EC2 tells it, by zone. */
async function askSpot(
  aws: Aws,
  { zones }: Config,
  rows: readonly AskedRow[],
  now: number,
): Promise<{ readonly found: readonly AskedSpot[]; readonly notFound: readonly NotFound[] }> {
  const onDemand = rows.flatMap(({ item, usd }) => {
    const type = /^ec2:([^:]+)$/.exec(item)?.[1];
    return type === undefined ? [] : [{ type, usd }];
  });
  if (onDemand.length === 0) return { found: [], notFound: [] };
  const none = (why: string) => (type: string) => ({ item: `ec2:${type}:spot`, why });
  let history: { readonly type: string; readonly zone: string; readonly usd: number; readonly at: number }[];
  try {
    // An hour back: the answer begins with what held then, and this machine's clock may be ahead.
    const StartTime = new Date(now - HOUR_MS);
    const entries = await allPages(
      (NextToken) =>
        aws.ec2.describeSpotPriceHistory({
          InstanceTypes: onDemand.map(({ type }) => type as "t3.micro"),
          ProductDescriptions: ["Linux/UNIX"],
          Filters: [{ Name: "availability-zone", Values: [...zones] }],
          StartTime,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      ({ SpotPriceHistory }) => SpotPriceHistory,
      ({ NextToken }) => NextToken,
    );
    history = entries.map(({ InstanceType = "", AvailabilityZone = "", SpotPrice, Timestamp }) => ({
      type: InstanceType,
      zone: AvailabilityZone,
      usd: Number(SpotPrice),
      at: Timestamp?.getTime() ?? 0,
    }));
  } catch (error) {
    if (classify(error) !== "denied") throw error;
    const why = "you may not call ec2:DescribeSpotPriceHistory";
    return { found: [], notFound: onDemand.map(({ type }) => none(why)(type)) };
  }
  const found: AskedSpot[] = [];
  const notFound: NotFound[] = [];
  for (const { type, usd } of onDemand) {
    const last = zones.flatMap((zone) => {
      const here = history.filter((entry) => entry.type === type && entry.zone === zone);
      return here.toSorted((a, b) => b.at - a.at)[0]?.usd ?? [];
    });
    const mean = last.reduce((sum, price) => sum + price, 0) / last.length;
    const saving = 1 - mean / usd;
    // Above on-demand nobody would take it; below 0 dollars is no price.
    if (saving > 0 && saving < 1) found.push({ instanceType: type, saving: Number(saving.toFixed(4)) });
    else notFound.push(none(last.length === 0 ? "EC2 tells no Spot price in these zones" : "Spot costs no less")(type));
  }
  return { found, notFound };
}
