import type { Assumption } from "../../engine/charge.ts";
import { HOUR, inRegions, price, type ServicePrices, usageType } from "../price.ts";

// Filters: github.com/infracost/infracost (internal/resources/aws/lb.go). Usage types: the bill of B1.
const application = {
  service: "AWSELB",
  region: "regionCode",
  filters: { productFamily: "Load Balancer-Application", locationType: "AWS Region" },
} as const;

export const balancerHour = price("alb:hour", HOUR, { ...application, usage: usageType("LoadBalancerUsage") });
export const capacityUnits = price(
  "alb:lcu",
  { name: "LCU-hour", hourly: true, aws: ["lcu-hrs", "lcu-hours", "lcu-hour"] },
  { ...application, usage: usageType("LCUUsage") },
);

/** GB sent to the internet. */
export const dataOutGB: Assumption = {
  name: "dataOutGB",
  why: "1 MB a page: 10 thousand, 100 thousand, 1 million pages a month",
  assumed: { low: 10, typical: 100, high: 1000 },
};
/** Load balancer capacity units, on average over the month. */
export const lcu: Assumption = {
  name: "lcu",
  why: "the same pages: one unit carries 1 GB an hour or 25 new connections a second, peaks included",
  assumed: { low: 0.05, typical: 0.2, high: 2 },
};

export const prices: ServicePrices = {
  facts: [
    inRegions(balancerHour, [0.0225, "P1 B1", "2026-10-01", "A"], [0.0225, "I1", "2024-07-01", "C"]),
    inRegions(capacityUnits, [0.008, "P1", "2026-10-01", "B"], [0.008, "I1", "2024-07-01", "C"]),
  ],
  usage: [dataOutGB, lcu],
};
