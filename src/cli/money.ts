import { type Config, configSchema } from "../config/schema.ts";
import {
  type AfterDown,
  afterDown,
  type CostChange,
  costChange,
  costSoFar,
  estimate,
  monthlyTotal,
  roundToCents,
  totalsOf,
} from "../cost/estimate.ts";
import type { PriceTable } from "../cost/price-table.ts";
import { costNowView } from "../cost/view.ts";
import type { Graph } from "../engine/graph.ts";
import type { StateStore } from "../state/store.ts";

const HOUR_MS = 3_600_000;

/** The config that stands, by the last whole `up`; undefined when none is kept, or an older version wrote it otherwise. */
export const standingConfig = (store: StateStore): Config | undefined =>
  configSchema.safeParse(store.config ?? null).data;

const isThere = (store: StateStore | undefined): store is StateStore => Object.keys(store?.resources ?? {}).length > 0;

/**
 * What this config changes in the bill, against the one that stands; undefined where that one is not known.
 * @param store undefined: as for an empty account.
 */
export function costOfChange(
  config: Config,
  store: StateStore | undefined,
  prices: PriceTable,
): CostChange | undefined {
  const after = estimate(config, prices);
  if (!isThere(store)) return costChange(null, after);
  const before = standingConfig(store);
  return before && costChange(estimate(before, prices), after);
}

/** What the stack costs a month, US dollars; undefined where not even the fixed part has a price. */
export function monthly(
  config: Config,
  store: StateStore | undefined,
  prices: PriceTable,
): { readonly after: number; readonly change: number; readonly complete: boolean } | undefined {
  const { usd, unknown } = monthlyTotal(config, prices);
  if (usd === null) return undefined;
  const change = isThere(store) ? (costOfChange(config, store, prices)?.typical ?? 0) : usd;
  return { after: usd, change, complete: unknown.length === 0 };
}

/** Hours since the first object of each step was made; a step of which nothing is recorded is left out. */
function hoursOf({ nodes }: Graph, store: StateStore, now: number): Readonly<Record<string, number>> {
  const hours: Record<string, number> = {};
  for (const [key, { id, madeAt, since }] of Object.entries(store.resources)) {
    const step = nodes.get(key)?.step;
    if (step === undefined || id === undefined) continue;
    hours[step] = Math.max(hours[step] ?? 0, (now - (madeAt ?? since)) / HOUR_MS);
  }
  return hours;
}

/** What of the stack stands and has a price. */
const standingLines = (config: Config, hours: Readonly<Record<string, number>>, prices: PriceTable) =>
  estimate(config, prices).lines.filter(({ step }) => hours[step] !== undefined);

/**
 * What stands costs a month, and has cost since it was made, as a line and as values. Steps of which nothing is recorded
 * cost nothing; what was changed since counts as if it had always been as it is now. Undefined when nothing stands.
 * @param now milliseconds since 1970, on the run's clock.
 */
export function costNow(
  config: Config,
  graph: Graph,
  store: StateStore,
  now: number,
  prices: PriceTable,
): { readonly text: string; readonly value: object } | undefined {
  const hours = hoursOf(graph, store, now);
  const lines = standingLines(config, hours, prices);
  if (lines.length === 0) return undefined;
  const totals = totalsOf(lines);
  const soFar = costSoFar({ lines }, hours);
  const brief = ({ fixed, total, complete }: typeof totals) => ({
    fixed: roundToCents(fixed),
    typical: roundToCents(total.typical),
    complete,
  });
  return {
    text: `${costNowView({ totals }, soFar).replace("\n", " ")}${askedText(prices)}`,
    value: {
      currency: "USD",
      monthly: brief(totals),
      soFar: brief(soFar),
      prices: { collected: prices.collected, ...(prices.asked === undefined ? {} : { asked: prices.asked }) },
    },
  };
}

/** For the end of a text: of when the prices are that AWS was asked for; empty where only the shipped ones are used. */
export const askedText = ({ asked }: PriceTable): string =>
  asked === undefined ? "" : ` AWS was asked for the prices on ${asked}.`;

/** What `down` stops, and what goes on. @param finalSnapshot the database goes, and leaves one. */
export function costAfterDown(
  config: Config,
  graph: Graph,
  store: StateStore,
  finalSnapshot: boolean,
  prices: PriceTable,
): AfterDown {
  const standing = standingConfig(store) ?? config;
  const hours = hoursOf(graph, store, 0);
  const { goesOn } = afterDown(standing, prices, { finalSnapshot });
  return {
    stops: totalsOf(standingLines(standing, hours, prices)),
    goesOn: goesOn.filter(({ step }) => step === "domain" || hours[step] !== undefined),
  };
}
