import { alternativesTo } from "../../../steps/alternatives.ts";
import type { Price } from "../../aws/price.ts";
import type { Config } from "../../config/schema.ts";
import { alternatives } from "../../cost/alternatives.ts";
import { pricesOf } from "../../cost/estimate.ts";
import { askPrices } from "../../cost/live.ts";
import { keptFrom, priceChanges } from "../../cost/price-changes.ts";
import { overlaid, withRegion } from "../../cost/price-file.ts";
import type { PriceTable } from "../../cost/price-table.ts";
import { namedPrices, shippedPrices } from "../../cost/prices.ts";
import { usageWith } from "../../cost/usage.ts";
import { alternativesView, costJson, costView, type LiveReport, liveView, usageView } from "../../cost/view.ts";
import { writeAtomically } from "../../state/file.ts";
import { billOf, objectsOf } from "../cost-summary.ts";
import { lookOf } from "../look.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";
import { configOf, pathsOf } from "../paths.ts";
import { priceFileIn, pricesIn, readPriceFile } from "../prices.ts";
import { withSession } from "../session.ts";

export interface CostOptions extends CommonOptions {
  readonly usage?: readonly string[];
  readonly live?: boolean;
}

/** The estimate. Asks nobody, but with `--live`: then AWS for its prices. */
export async function cost(options: CostOptions): Promise<number> {
  const config = configOf(options);
  const usage = usageWith(options.usage ?? []);
  // Who asks anew need not be told that the last answer is old.
  const quiet = Boolean(options.quiet || options.live);
  const known = pricesIn(pathsOf(options).folder, config.region, { quiet });
  const { prices, report } = options.live ? await askedNow(options, known) : { prices: known, report: undefined };
  const now = billOf(config, prices, usage);
  const others = alternatives(config, alternativesTo(config, prices), (variant, choose) =>
    billOf(variant, prices, usage, choose),
  );
  const { width } = lookOf(options, process.stdout);
  const parts = [
    costView(now, prices, { detail: options.verbose ?? false, width: Math.min(width, 100) }),
    alternativesView(others, Math.min(width, 100)),
    usageView(usage, Math.min(width, 100)),
    ...(report ? [liveView(report)] : []),
  ];
  printResult(options, parts.join("\n\n"), costJson(now, others, report));
  return 0;
}

/** Every price that the bill of a config, or of an alternative to it, is made of, and all others that the services name. */
export function pricesToAsk(config: Config): readonly Price[] {
  const variants = alternativesTo(config, shippedPrices).flatMap(({ rows }) => rows);
  return [
    ...namedPrices,
    ...variants.flatMap((variant) => pricesOf(objectsOf(variant.config ?? config), variant.choose)),
  ];
}

/**
 * Asks AWS, counts with the answer, and keeps it beside the config for later commands. The sandbox's answer is the shipped
 * table again: it is neither kept nor counted with.
 */
async function askedNow(
  options: CostOptions,
  known: PriceTable,
): Promise<{ readonly prices: PriceTable; readonly report: LiveReport }> {
  return withSession(
    options,
    { command: "cost", writes: false, resolvesAddress: false, stateless: true },
    async (session) => {
      const { aws, config, paths, clock } = session;
      const { prices: asked, notFound } = await askPrices(aws, pricesToAsk(config), {
        zones: config.zones,
        now: clock.now(),
      });
      const file = options.sandbox ? undefined : priceFileIn(paths.folder);
      if (file !== undefined) writeAtomically(file, withRegion(readPriceFile(file), aws.region, asked));
      // Over the shipped table, not over what AWS said the last time: what it does not say today is not today's.
      const prices = overlaid(shippedPrices, asked);
      return {
        prices: file === undefined ? known : prices,
        report: {
          region: aws.region,
          asked: asked.asked,
          file,
          found: new Set(asked.rows.map(({ item }) => item)).size,
          changes: priceChanges(known, prices, aws.region),
          notFound: notFound.map(({ item, why }) => ({ item, why, keptFrom: keptFrom(prices, item, aws.region) })),
        },
      };
    },
  );
}
