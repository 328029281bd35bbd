import type { Sim } from "../../world.ts";
import { trafficTable } from "./tables.ts";

const MINUTE_MS = 60_000;
/** Minutes with requests that are kept for CloudWatch. */
const MINUTES = 180;

/**
 * Counts a request to a load balancer under the metric of its answer, such as HTTPCode_Target_2XX_Count. RequestCount has only
 * those for which a target was chosen (user guide, "CloudWatch metrics").
 */
export function countRequest(sim: Sim, loadBalancerArn: string, metric: string, chosen: boolean): void {
  const at = Math.floor(sim.now / MINUTE_MS) * MINUTE_MS;
  const minutes = trafficTable(sim).get(loadBalancerArn)?.minutes ?? [];
  const minute = minutes.find((one) => one.at === at) ?? { at, requests: 0, codes: {} };
  const total = /^HTTPCode_ELB_5\d\d_Count$/.test(metric) ? ["HTTPCode_ELB_5XX_Count"] : [];
  const codes = { ...minute.codes };
  for (const name of [metric, ...total]) codes[name] = (codes[name] ?? 0) + 1;
  const counted = { at, requests: minute.requests + (chosen ? 1 : 0), codes };
  trafficTable(sim).putNow(loadBalancerArn, {
    loadBalancerArn,
    minutes: [...minutes.filter((one) => one.at !== at), counted].slice(-MINUTES),
  });
}
