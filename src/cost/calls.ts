import type { Call } from "../aws/aws.ts";
import { namedPrices } from "./prices.ts";

/** What `cost --live` sends besides what `up`, `status` and `down` do: the price list, and what tells what it lacks. */
export const liveCostCalls: readonly Call[] = [
  ...new Set<Call>([
    "pricing.getProducts",
    ...namedPrices.flatMap(({ asked }) => (typeof asked === "object" && "ask" in asked ? [asked.call] : [])),
  ]),
];
