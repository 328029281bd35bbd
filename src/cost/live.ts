import * as z from "zod";
import type { Aws } from "../aws/aws.ts";
import { classify } from "../aws/classify.ts";
import { denialHint } from "../aws/denial.ts";
import { allPages } from "../aws/pages.ts";
import type { Price, PriceSource, Query, Told, Unit } from "../aws/price.ts";
import { BuddyError } from "../lib/errors.ts";
import type { PriceRow } from "./price-table.ts";

/** A price as AWS gave it, and the id of what was asked. */
export type AskedRow = Pick<PriceRow, "item" | "region" | "unit" | "usd" | "from" | "source">;

/** What AWS answered about one region. */
export interface AskedPrices {
  /** ISO 8601. */
  readonly asked: string;
  /** What was asked, by its id. */
  readonly sources: Readonly<Record<string, string>>;
  readonly rows: readonly AskedRow[];
}

/** A price that was asked for and not found, and why, as a clause. */
export interface NotFound {
  readonly item: string;
  readonly why: string;
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
export function priceIn(products: readonly Product[], query: Query, unit: Unit): readonly Tier[] | string {
  const fitting = products.filter(({ product: { attributes } }) => {
    const also = Object.entries(query.also ?? {});
    return query.usage.test(attributes.usagetype ?? "") && also.every(([name, value]) => attributes[name] === value);
  });
  const chosen = query.ofEngine ? ofEngine(fitting) : fitting;
  if (chosen.length === 0) return "AWS's price list has no such product";
  const prices = chosen.map((one) => tiersIn(one, query, unit));
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

function tiersIn({ terms }: Product, { reserved }: Query, unit: Unit): readonly Tier[] | string {
  const fitting =
    reserved === undefined
      ? Object.values(terms?.OnDemand ?? {})
      : Object.values(terms?.Reserved ?? {}).filter(
          ({ termAttributes: of }) =>
            of?.LeaseContractLength === "1yr" && of.PurchaseOption === "No Upfront" && of.OfferingClass === reserved,
        );
  const what = reserved === undefined ? "on-demand" : `${reserved} one-year no-upfront`;
  if (fitting.length !== 1) return `its product has ${fitting.length} ${what} terms, not one`;
  const { aws: words, times = 1 } = unit;
  const dimensions = Object.values(fitting[0]?.priceDimensions ?? {});
  const tiers: Tier[] = [];
  for (const { unit: word, beginRange = "0", pricePerUnit } of dimensions) {
    if (!words.includes(word.toLowerCase())) return `AWS gives it by "${word}", which this program does not know`;
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

const PRICE_LIST = { id: "PL", name: "AWS Price List API (pricing:GetProducts)" };

/**
 * Asks AWS for prices of the connection's region. What has no clear answer is named, never guessed.
 * @param zones the Availability Zones whose prices count, where they differ.
 * @param now milliseconds since 1970.
 * @throws BuddyError "denied" when the caller may not read the price list, "usage" outside of AWS's commercial regions.
 */
export async function askPrices(
  aws: Aws,
  wanted: readonly Price[],
  { zones, now }: { readonly zones: readonly string[]; readonly now: number },
): Promise<{ readonly prices: AskedPrices; readonly notFound: readonly NotFound[] }> {
  if (aws.partition !== "aws") {
    throw new BuddyError({
      code: "usage",
      message: `the price list of the partition ${aws.partition} is not the one that this program knows`,
      hint: "Leave --live away, or use credentials of an account of AWS's commercial regions.",
    });
  }
  const prices = [...new Map(wanted.map((price) => [price.item, price])).values()];
  const listed = await askPriceList(aws, prices);
  const known = (item: string) => listed.rows.find((row) => row.item === item)?.usd;
  const elsewhere = await askSources(aws, prices, { zones, now, known });
  return {
    prices: {
      asked: new Date(now).toISOString(),
      sources: { [PRICE_LIST.id]: PRICE_LIST.name, ...elsewhere.sources },
      rows: [...listed.rows, ...elsewhere.rows],
    },
    notFound: [...listed.notFound, ...elsewhere.notFound],
  };
}

interface Answer {
  readonly rows: readonly AskedRow[];
  readonly notFound: readonly NotFound[];
}

async function askPriceList(aws: Aws, prices: readonly Price[]): Promise<Answer> {
  const queries = prices.flatMap(({ item, unit, asked }) => (isQuery(asked) ? [{ item, unit, query: asked }] : []));
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
  for (const { item, unit, query } of queries) {
    const price = priceIn(answers.get(requestOf(query)) ?? [], query, unit);
    if (typeof price === "string") notFound.push({ item, why: price });
    else {
      const region = query.region === undefined ? "global" : aws.region;
      rows.push(...price.map((tier) => ({ item, region, unit: unit.name, ...tier, source: PRICE_LIST.id })));
    }
  }
  return { rows, notFound };
}

const isSource = (asked: Price["asked"]): asked is PriceSource => typeof asked === "object" && "ask" in asked;
const isQuery = (asked: Price["asked"]): asked is Query => typeof asked === "object" && !isSource(asked);

const requestOf = ({ service, filters, region }: Query): string => JSON.stringify([service, filters, region]);

/** What the price list does not have, of whoever tells it. */
async function askSources(
  aws: Aws,
  prices: readonly Price[],
  circumstances: Parameters<PriceSource["ask"]>[2],
): Promise<Answer & { readonly sources: Readonly<Record<string, string>> }> {
  const sources = new Set(prices.flatMap(({ asked }) => (isSource(asked) ? [asked] : [])));
  const rows: AskedRow[] = [];
  const notFound: NotFound[] = [];
  for (const source of sources) {
    const told = await askSource(
      aws,
      source,
      prices.filter(({ asked }) => asked === source),
      circumstances,
    );
    for (const { price, usd } of told) {
      if (typeof usd === "object") notFound.push({ item: price.item, why: usd.why });
      else rows.push({ item: price.item, region: aws.region, unit: price.unit.name, usd, from: 0, source: source.id });
    }
  }
  return { rows, notFound, sources: Object.fromEntries([...sources].map(({ id, name }) => [id, name])) };
}

/** Who may not ask knows no more than before. */
async function askSource(
  aws: Aws,
  source: PriceSource,
  prices: readonly Price[],
  circumstances: Parameters<PriceSource["ask"]>[2],
): Promise<readonly Told[]> {
  try {
    return await source.ask(aws, prices, circumstances);
  } catch (error) {
    if (classify(error) !== "denied") throw error;
    return prices.map((price) => ({ price, usd: { why: `you may not read the ${source.name}` } }));
  }
}

async function products(aws: Aws, { service, filters, region }: Query): Promise<readonly Product[]> {
  const wanted = { ...(region === undefined ? {} : { [region]: aws.region }), ...filters };
  const Filters = Object.entries(wanted).map(([Field, Value]) => ({ Type: "TERM_MATCH" as const, Field, Value }));
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
      hint: `${denialHint(error, aws.cli) ?? 'Allow pricing:GetProducts on "*" (it has no narrower resource).'} Or leave --live away: the prices then are the last known ones.`,
      cause: error,
    });
  }
}
