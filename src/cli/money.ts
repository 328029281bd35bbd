import type { Config } from "../config/schema.ts";
import { monthlyTotal } from "../cost/estimate.ts";
import type { StateStore } from "../state/store.ts";

/** What the stack costs a month, US dollars; undefined where not even the fixed part has a price. */
export function monthly(
  config: Config,
  store: StateStore | undefined,
): { readonly after: number; readonly change: number; readonly complete: boolean } | undefined {
  const { usd, unknown } = monthlyTotal(config);
  if (usd === null) return undefined;
  // Before the first `up` all of it is new; afterwards only a change of the config changes it.
  const made = Object.keys(store?.resources ?? {}).length > 0;
  return { after: usd, change: made ? 0 : usd, complete: unknown.length === 0 };
}
