import type { Assumption } from "../../engine/charge.ts";
import { GB, GB_MONTH, inRegions, price, type ServicePrices, usageType } from "../price.ts";

// Filters and usage types: github.com/infracost/infracost (internal/resources/aws/cloudwatch_log_group.go).

export const logIngestion = price("logs:ingestion", GB, {
  service: "AmazonCloudWatch",
  region: "regionCode",
  filters: { productFamily: "Data Payload" },
  usage: usageType("DataProcessing-Bytes"),
});
export const logStorage = price("logs:storage", GB_MONTH, {
  service: "AmazonCloudWatch",
  region: "regionCode",
  filters: { productFamily: "Storage Snapshot" },
  usage: usageType("TimedStorage-ByteHrs"),
});

/** How the log groups of a stack are shown: together. */
export const LOGS = "logs";

/** GB of lines that the instances send in a month. */
export const logsGB: Assumption = {
  name: "logsGB",
  why: "2 KB of lines a page, and the load balancer's checks of two instances",
  assumed: { low: 0.2, typical: 0.4, high: 2.5 },
};

/** Of what is sent, so much is stored: compressed (aws.amazon.com/cloudwatch/pricing counts with 0.15 in its examples). */
export const STORED_SHARE = 0.15;

export const prices: ServicePrices = {
  facts: [
    inRegions(logIngestion, [0.76, "F1 P1", "2025-09-23", "A"], [0.5, "F1", "2025-09-23", "B"]),
    inRegions(logStorage, [0.0314, "F1 P1", "2025-09-23", "A"], [0.03, "F1", "2025-09-23", "B"]),
  ],
  usage: [logsGB],
};
