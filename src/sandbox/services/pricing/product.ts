import type { PriceRow } from "../../../cost/price-table.ts";

export type Tier = Pick<PriceRow, "from" | "usd">;

export interface Place {
  readonly region: string;
  readonly location: string;
  /** Before usage types; us-east-1 has none for the older services, and USE1 for the younger. */
  readonly prefix: string;
  readonly youngPrefix: string;
}

/** The attributes that say where a product is sold. */
export const at = ({ region, location }: Place) => ({ location, locationType: "AWS Region", regionCode: region });

/** One product of the price list: only what tells it from its neighbours. */
export interface ListedAs {
  /** AWS's ServiceCode, and what it calls the service. */
  readonly service: readonly [code: string, name: string];
  readonly family?: string;
  readonly usagetype: string;
  readonly operation?: string;
  readonly unit: string;
  /** Empty: the sandbox knows no price of it, and does not list it. */
  readonly tiers: readonly Tier[];
  readonly attributes: Readonly<Record<string, string>>;
  /** US dollars an hour, one year, no upfront, by offering class. */
  readonly reserved?: Readonly<Record<string, number | undefined>>;
}

/** What the shipped table knows of an item, in one region or everywhere. */
export type TiersOf = (item: string) => readonly Tier[];

/** What a service lists of itself, with the neighbours that look alike. */
export interface ServiceProducts {
  inRegion?(place: Place, tiers: TiersOf, items: readonly string[]): readonly ListedAs[];
  /** What costs the same everywhere: without a regionCode. */
  everywhere?(tiers: TiersOf): readonly ListedAs[];
}

export const FREE: readonly Tier[] = [{ from: 0, usd: 0 }];
