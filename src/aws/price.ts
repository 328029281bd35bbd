import type { Assumption } from "../engine/charge.ts";
import type { Aws, Call } from "./aws.ts";

/** What a price is for, in our words and in the price list's. */
export interface Unit {
  readonly name: string;
  /** It is paid for as long as it is there: a month has 730 hours of one. */
  readonly hourly?: true;
  /** AWS's words for it, in small letters. */
  readonly aws: readonly string[];
  /** How many of AWS's units are one of ours. */
  readonly times?: number;
}

export const HOUR: Unit = { name: "hour", hourly: true, aws: ["hrs", "hours", "hour"] };
export const VCPU_HOUR: Unit = {
  name: "vCPU-hour",
  hourly: true,
  aws: ["vcpu-hour", "vcpu-hours", "vcpu-hrs", "vcpu hour"],
};
export const GB_MONTH: Unit = { name: "GB-month", aws: ["gb-mo", "gb-month"] };
export const GB: Unit = { name: "GB", aws: ["gb", "gigabytes"] };

/** Where AWS's price list has a price: the filters that AWS applies, and what tells the product from its neighbours. */
export interface Query {
  /** AWS's ServiceCode. */
  readonly service: string;
  /** The attribute that names the region; undefined: one price for all regions. */
  readonly region?: "regionCode" | "fromRegionCode";
  /** Attribute or `productFamily`, and its whole value. */
  readonly filters: Readonly<Record<string, string>>;
  /** The usage type without the prefix of the region, which AWS does not derive from the region's name. */
  readonly usage: RegExp;
  /** Attributes that are compared here, so that one answer serves several prices. */
  readonly also?: Readonly<Record<string, string>>;
  /** The list has it for MySQL, or once for "Any" engine. */
  readonly ofEngine?: true;
  /** One year, no upfront; undefined: on demand. */
  readonly reserved?: "standard" | "convertible";
}

/** Where AWS tells prices that its price list lacks. */
export interface PriceSource {
  /** Its id among the sources of a price table. */
  readonly id: string;
  /** What is asked, and what the caller has to be allowed for it: "EC2 Spot price history (ec2:DescribeSpotPriceHistory)". */
  readonly name: string;
  /** What it sends. */
  readonly call: Call;
  /** `known`: dollars for an item that the price list just gave. */
  ask(
    aws: Aws,
    prices: readonly Price[],
    circumstances: {
      readonly zones: readonly string[];
      /** Milliseconds since 1970. */
      readonly now: number;
      known(item: string): number | undefined;
    },
  ): Promise<readonly Told[]>;
}

/** What AWS told of a price: dollars for a unit, or why there are none, as a clause. */
export interface Told {
  readonly price: Price;
  readonly usd: number | { readonly why: string };
}

/** The name of a price, and where AWS tells it. How much it is stands in a price table. */
export interface Price {
  /** Its name in the table, in `cost --json` and in the price file: "nat:gateway". For ever the same. */
  readonly item: string;
  readonly unit: Unit;
  /** A text says why AWS cannot be asked, as a clause. */
  readonly asked: Query | PriceSource | string;
}

export const price = (item: string, unit: Unit, asked: Price["asked"]): Price => ({ item, unit, asked });

/** `NatGateway-Hours` with a region's prefix or none, and nothing else: not `APN2-RegionalNatGateway-Hours`. */
export const usageType = (name: string): RegExp => new RegExp(`^([A-Z0-9]+-)?${name}$`);

// ---- What the shipped table knows ---------------------------------------------------------------------------------

/** A: asked of AWS itself, or its own price and a second source agrees. B: AWS's own, one copy. C: secondary source only. M: unverified. */
export type Sure = "A" | "B" | "C" | "M";

/** [US dollars, source ids (`price-sources.ts`), as of, how sure] */
export type Cell = readonly [usd: number, source: string, asOf: string, sure: Sure];

export interface KnownPrice {
  /** An AWS region, or "global" where AWS has one price for all. */
  readonly region: string;
  readonly cell: Cell;
  /** The first unit of the month that it holds for; 0 unless the price has tiers. */
  readonly from: number;
  /** What else is known of it, as a clause. */
  readonly note?: string;
}

export interface PriceFact {
  readonly price: Price;
  /** Empty: only AWS knows. */
  readonly known: readonly KnownPrice[];
}

const SEOUL = "ap-northeast-2";
const US_EAST_1 = "us-east-1";

/** A price in the two regions of the shipped table; undefined: not known there. */
export function inRegions(
  price: Price,
  seoul: Cell | undefined,
  usEast1: Cell | undefined,
  { from = 0, notes = [] }: { readonly from?: number; readonly notes?: readonly [string?, string?] } = {},
): PriceFact {
  const known = (region: string, cell: Cell | undefined, note: string | undefined): readonly KnownPrice[] =>
    cell === undefined ? [] : [{ region, cell, from, ...(note === undefined ? {} : { note }) }];
  return { price, known: [...known(SEOUL, seoul, notes[0]), ...known(US_EAST_1, usEast1, notes[1])] };
}

/** A price that is the same in all regions. */
export const everywhere = (price: Price, cell: Cell, from = 0): PriceFact => ({
  price,
  known: [{ region: "global", cell, from }],
});

/** What AWS gives an account each month for nothing, shared by everything in the account. */
export interface FreeShare {
  readonly price: Price;
  readonly quantity: number;
  /** In words: "dashboards". */
  readonly what: string;
  readonly source: string;
  readonly sure: Sure;
}

/** What a service's objects cost, and what has to be assumed to say it. */
export interface ServicePrices {
  readonly facts: readonly PriceFact[];
  readonly usage?: readonly Assumption[];
  readonly free?: readonly FreeShare[];
}
