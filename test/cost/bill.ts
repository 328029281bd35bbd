import { billOf, objectsOf } from "../../src/cli/cost-summary.ts";
import { type Config, type ConfigInput, configSchema } from "../../src/config/schema.ts";
import { alternatives } from "../../src/cost/alternatives.ts";
import { type AfterDown, afterDown, type Choose, type Estimate } from "../../src/cost/estimate.ts";
import type { PriceTable } from "../../src/cost/price-table.ts";
import { shippedPrices } from "../../src/cost/prices.ts";
import type { Usage } from "../../src/cost/usage.ts";
import { alternativesTo } from "../../steps/alternatives.ts";

/** Bills of this stack for tests: a config as a person writes it, at the shipped prices unless others are given. */

export const configOf = (input: ConfigInput = {}): Config => configSchema.parse(input);

interface Options {
  readonly prices?: PriceTable;
  readonly usage?: Usage;
  readonly choose?: Choose;
}

export const bill = (input: ConfigInput = {}, { prices = shippedPrices, usage = {}, choose }: Options = {}): Estimate =>
  billOf(configOf(input), prices, usage, choose);

export const othersOf = (config: Config, { prices = shippedPrices, usage = {} }: Options = {}) =>
  alternatives(config, alternativesTo(config, prices), (variant, choose) => billOf(variant, prices, usage, choose));

export function left(input: ConfigInput, { discardData }: { readonly discardData: boolean }): AfterDown {
  const config = configOf(input);
  const { stack, region } = config;
  return afterDown(objectsOf(config), { stack, region, prices: shippedPrices }, { discardData, deleteKept: false });
}
