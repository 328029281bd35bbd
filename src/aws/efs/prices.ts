import type { Assumption } from "../../engine/charge.ts";
import { GB, GB_MONTH, inRegions, price, type ServicePrices, usageType } from "../price.ts";

// Filters: github.com/infracost/infracost (internal/resources/aws); usage types: EFS guide, "Understanding your Amazon EFS bills".

export const standardStorage = price("efs:standard", GB_MONTH, {
  service: "AmazonEFS",
  region: "regionCode",
  filters: { storageClass: "General SessionOptions" },
  usage: usageType("TimedStorage-ByteHrs"),
});
// Three products: storage; reads and writes at one price.
const infrequent = {
  service: "AmazonEFS",
  region: "regionCode",
  filters: { storageClass: "Infrequent Access" },
} as const;
export const infrequentStorage = price("efs:ia", GB_MONTH, {
  ...infrequent,
  usage: usageType("IATimedStorage-ByteHrs"),
});
export const infrequentAccess = price("efs:ia-access", GB, { ...infrequent, usage: usageType("IADataAccess-Bytes") });
export const backupStorage = price("efs:backup", GB_MONTH, {
  service: "AWSBackup",
  region: "regionCode",
  filters: { productFamily: "AWS Backup Storage" },
  usage: usageType("WarmStorage-ByteHrs-EFS"),
});

/** GB in the standard class of the file system, on average over the month. */
export const efsStandardGB: Assumption = {
  name: "efsStandardGB",
  why: "static files and new uploads",
  assumed: { low: 1, typical: 5, high: 50 },
};
/** GB in its Infrequent Access class; counted as standard when files are never moved there. */
export const efsIaGB: Assumption = {
  name: "efsIaGB",
  why: "uploads not touched for some weeks",
  assumed: { low: 0, typical: 5, high: 100 },
};
/** GB read from and written to Infrequent Access. */
export const efsIaAccessGB: Assumption = {
  name: "efsIaAccessGB",
  why: "old uploads looked at again",
  assumed: { low: 0, typical: 1, high: 20 },
};
/** GB of recovery points of the file system. */
export const efsBackupGB: Assumption = {
  name: "efsBackupGB",
  why: "as much as the file system holds: each day's backup adds only what changed",
  assumed: { low: 1, typical: 10, high: 150 },
};

export const prices: ServicePrices = {
  facts: [
    inRegions(standardStorage, [0.33, "F1", "2025-09-25", "B"], [0.3, "F1 I1", "2025-09-25", "B"]),
    // The price of bursting file systems; elastic throughput has another.
    inRegions(infrequentStorage, [0.0272, "F1", "2025-09-25", "B"], [0.025, "F1 I1", "2025-09-25", "B"]),
    inRegions(infrequentAccess, [0.011, "F1", "2025-09-25", "B"], [0.01, "F1 I1", "2025-09-25", "B"]),
    // No source has Seoul's.
    inRegions(backupStorage, undefined, [0.05, "W2", "2026-06-13", "C"]),
  ],
  usage: [efsStandardGB, efsIaGB, efsIaAccessGB, efsBackupGB],
};
