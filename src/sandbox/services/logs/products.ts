import { at, type ServiceProducts } from "../pricing/product.ts";

const CLOUDWATCH = ["AmazonCloudWatch", "AmazonCloudWatch"] as const;

export const logsProducts: ServiceProducts = {
  inRegion: (place, tiers) => [
    {
      service: CLOUDWATCH,
      family: "Data Payload",
      usagetype: `${place.prefix}DataProcessing-Bytes`,
      operation: "PutLogEvents",
      unit: "GB",
      tiers: tiers("logs:ingestion"),
      attributes: { ...at(place), group: "Ingested Logs" },
    },
    // Of the class for infrequent access: half the price.
    {
      service: CLOUDWATCH,
      family: "Data Payload",
      usagetype: `${place.prefix}DataProcessingIA-Bytes`,
      operation: "PutLogEvents",
      unit: "GB",
      tiers: tiers("logs:ingestion").map(({ from, usd }) => ({ from, usd: usd / 2 })),
      attributes: { ...at(place), group: "Ingested Logs" },
    },
    {
      service: CLOUDWATCH,
      family: "Storage Snapshot",
      usagetype: `${place.prefix}TimedStorage-ByteHrs`,
      operation: "HourlyStorageMetering",
      unit: "GB-Mo",
      tiers: tiers("logs:storage"),
      attributes: at(place),
    },
  ],
};
