import { alternatives } from "../../cost/alternatives.ts";
import { estimate } from "../../cost/estimate.ts";
import { shippedPrices } from "../../cost/prices.ts";
import { usageWith } from "../../cost/usage.ts";
import { alternativesView, costJson, costView, usageView } from "../../cost/view.ts";
import type { CommonOptions } from "../program.ts";
import { configOf } from "../session.ts";

export async function cost(options: CommonOptions & { readonly usage: readonly string[] }): Promise<number> {
  const config = configOf(options);
  const usage = usageWith(options.usage);
  const now = estimate(config, shippedPrices, usage);
  const others = alternatives(config, shippedPrices, usage);
  if (options.json) process.stdout.write(`${JSON.stringify(costJson(now, others), null, 2)}\n`);
  else
    process.stdout.write(
      `${[costView(now, shippedPrices, { detail: options.verbose ?? false }), alternativesView(others), usageView(usage)].join("\n\n")}\n`,
    );
  return 0;
}
