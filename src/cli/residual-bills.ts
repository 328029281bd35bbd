import { GB_MONTH } from "../aws/price.ts";
import { tieredCost, tiersOf } from "../cost/price-table.ts";
import { retainedIn } from "../engine/destroy.ts";
import type { Snapshot } from "../engine/snapshot.ts";
import type { Bills, LeftAlone } from "../report/views/down.ts";
import { residualCosts } from "../residuals/residual-costs.ts";
import { fixedMonthly } from "./cost-summary.ts";
import type { Session } from "./session.ts";

/** What holds data and is claimed by nobody, as the views show it. */
export const leftAlone = (session: Session, { entries }: Snapshot): LeftAlone[] =>
  retainedIn(entries).map(({ entry, holds }) => ({
    name: entry.node.name,
    object: entry.node.type.name,
    id: entry.look.live?.id ?? entry.node.name,
    monthly: fixedMonthly(entry, session),
    remedies: entry.remedies,
    holds: holds.map((held) => ({ name: held.node.name, object: held.node.type.name })),
  }));

/** What still costs, with its price. */
export async function residualBills(
  { aws, config, prices }: Session,
  before: Snapshot,
  left: readonly { readonly id: string }[],
): Promise<Bills> {
  const { found, unseen } = await residualCosts(aws, config.stack, before);
  return {
    unseen,
    found: found
      .filter(({ id }) => !left.some((one) => one.id === id))
      .map(({ price, gib, ...rest }) => {
        const tiers = price === undefined ? [] : tiersOf(prices, price, aws.region);
        const eachGB = gib === undefined && tiers[0]?.unit === GB_MONTH.name;
        const monthly = tiers.length === 0 ? undefined : tieredCost(tiers, gib ?? 1);
        return { ...rest, gib, eachGB, monthly };
      }),
  };
}
