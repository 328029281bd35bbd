import type { Assumption } from "../../engine/charge.ts";
import type { ServicePrices } from "../price.ts";

/** Web instances running, on average over the month. */
export const webInstances: Assumption = {
  name: "webInstances",
  why: "the config: min, desired, max all month",
  assumed: { low: "min", typical: "desired", high: "max" },
};

/** A group costs what its instances cost. */
export const prices: ServicePrices = { facts: [], usage: [webInstances] };
