import { PRIMARY } from "../../steps/databases.ts";
import { stepsFor } from "../../steps/index.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { types } from "../aws/services.ts";
import { cidrsOf } from "../config/allowed-cidrs.ts";
import { parseConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { type CostChange, costChange, costChangeByKey } from "../cost/cost-change.ts";
import {
  type AfterDown,
  afterDown,
  type Choose,
  costSoFar,
  type Estimate,
  estimate,
  monthlyTotal,
  type Totals,
} from "../cost/estimate.ts";
import { observedObjects, type PricedObject, plannedObjects, standingObjects } from "../cost/objects.ts";
import type { PriceTable } from "../cost/price-table.ts";
import type { Usage } from "../cost/usage.ts";
import { costNowView } from "../cost/view.ts";
import { type Graph, graphOf } from "../engine/graph.ts";
import type { Observed, Snapshot } from "../engine/snapshot.ts";
import { roundToCents } from "../lib/money.ts";
import type { StackState } from "../state/state.ts";
import type { Session } from "./session.ts";

const HOUR_MS = 3_600_000;

/** The objects of the stack that a config describes, none of them there yet. Asks nobody, reads no file but the config. */
export const objectsOf = (config: Config): readonly PricedObject[] =>
  plannedObjects(graphOf(stepsFor(config, inputsOf(config)), config.stack, config.tags));

const inputsOf = ({ image: { app }, bastion }: Config): Inputs => ({
  publicKey: undefined,
  allowedCidrs: cidrsOf(bastion.allowedCidrs),
  // What is in it does not change what anything costs.
  appArchive: app !== null && "folder" in app ? { sha256: "", bytes: new Uint8Array(), leftOut: [] } : undefined,
});

/**
 * What the stack of a state costs a month, whatever its use, by its objects as they were last applied. Undefined: its config is not
 * recorded, as no `up` of it has ended.
 */
export function costOfState(
  { config: recorded, resources, stack, region }: StackState,
  prices: PriceTable,
): { readonly usd: number; readonly complete: boolean } | undefined {
  if (recorded === undefined) return undefined;
  const config = parseConfig(recorded, "state");
  const graph = graphOf(stepsFor(config, inputsOf(config)), stack, config.tags);
  const { fixed, complete } = estimate(standingObjects(resources, types, graph), { stack, region, prices }).totals;
  return { usd: roundToCents(fixed), complete };
}

/** The bill of the stack that a config describes. */
export const billOf = (config: Config, prices: PriceTable, usage: Usage = {}, choose?: Choose): Estimate =>
  estimate(objectsOf(config), {
    stack: config.stack,
    region: config.region,
    prices,
    usage,
    ...(choose === undefined ? {} : { choose }),
  });

type Place = Pick<Session, "config" | "prices">;

const termsOf = ({ config: { stack, region }, prices }: Place) => ({ stack, region, prices });

/** What a plan changes in the bill. */
export function costOfChange(snapshot: Snapshot, place: Place): CostChange {
  const { before, after } = observedObjects(snapshot);
  return costChange(estimate(before, termsOf(place)), estimate(after, termsOf(place)));
}

/** What a plan changes in the bill, object by object. */
export function costOfChangeByKey(snapshot: Snapshot, place: Place): ReadonlyMap<string, number | null> {
  const { before, after } = observedObjects(snapshot);
  return costChangeByKey(estimate(before, termsOf(place)), estimate(after, termsOf(place)));
}

/** What an object that is there costs a month, whatever its use, in US dollars. */
export function fixedMonthly({ node, look }: Observed, place: Place): number {
  const { key, step, name, type } = node;
  const objects = look.live ? [{ key, step, name, type, spec: look.live, id: look.live.id }] : [];
  return roundToCents(estimate(objects, termsOf(place)).totals.fixed);
}

/** What the primary that is there costs a month, and one like it beside; undefined: there is none. */
export async function primaryMonthly(session: Session): Promise<number | undefined> {
  const found = (await session.stack.refresh({ step: "rds" })).entries.get(PRIMARY);
  return found?.look.live ? fixedMonthly(found, session) : undefined;
}

/** For a headline: US dollars a month. */
export interface Monthly {
  /** What the stack costs. */
  readonly after: number;
  /** How much more that is than now; null: nobody can tell, as something has no price on one side. */
  readonly change: number | null;
  readonly complete: boolean;
}

/** What a stack costs a month, made in an empty account; undefined where not even the fixed part has a price. */
export function monthlyOf(graph: Graph, place: Place): Monthly | undefined {
  const { usd, unknown } = monthlyTotal(estimate(plannedObjects(graph), termsOf(place)));
  return usd === null ? undefined : { after: usd, change: usd, complete: unknown.length === 0 };
}

/** What the stack costs a month when a plan is done; undefined where not even the fixed part has a price. */
export function monthlyAfter(snapshot: Snapshot, place: Place): Monthly | undefined {
  const { usd, unknown } = monthlyTotal(estimate(observedObjects(snapshot).after, termsOf(place)));
  if (usd === null) return undefined;
  const { objects, typical } = costOfChange(snapshot, place);
  const untold = objects.some(({ difference }) => difference === "unknown");
  return { after: usd, change: untold ? null : roundToCents(typical), complete: unknown.length === 0 };
}

type SyncStatus = Place & Pick<Session, "stack">;

const objectsIn = ({ stack: { run, graph } }: SyncStatus): readonly PricedObject[] =>
  standingObjects(run.store.resources, types, graph);

/**
 * What stands costs a month, and has cost since it was made, as a line and as values. It is priced as it was last applied;
 * what was changed since it was made counts as if it had always been as it is now. Undefined when nothing stands.
 */
export function costNow(standing: SyncStatus): { readonly text: string; readonly value: object } | undefined {
  const { prices } = standing;
  const { store, clock } = standing.stack.run;
  const bill = estimate(objectsIn(standing), termsOf(standing));
  if (bill.lines.length === 0) return undefined;
  const now = clock.now();
  const soFar = costSoFar(bill, (key) => {
    const recorded = store.get(key);
    return recorded && (now - (recorded.madeAt ?? recorded.since)) / HOUR_MS;
  });
  const brief = ({ fixed, total, complete }: Totals) => ({
    fixed: roundToCents(fixed),
    typical: roundToCents(total.typical),
    complete,
  });
  return {
    text: `${costNowView(bill, soFar).replace("\n", " ")}${askedText(prices)}`,
    value: {
      currency: "USD",
      monthly: brief(bill.totals),
      soFar: brief(soFar),
      prices: { collected: prices.collected, ...(prices.asked === undefined ? {} : { asked: prices.asked }) },
    },
  };
}

/** For the end of a text: of when the prices are that AWS was asked for; empty where only the shipped ones are used. */
export const askedText = ({ asked }: PriceTable): string =>
  asked === undefined ? "" : ` AWS was asked for the prices on ${asked}.`;

/** What `down` stops, and what goes on. `discardData`: it leaves no copy of data; `deleteKept`: nothing that it keeps otherwise. */
export const costAfterDown = (
  standing: SyncStatus,
  options: { readonly discardData: boolean; readonly discardFiles: boolean; readonly deleteKept: boolean },
): AfterDown => afterDown(objectsIn(standing), termsOf(standing), options);
