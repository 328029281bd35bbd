import { at, type ServiceProducts } from "../pricing/product.ts";

/** The file system's, and AWS Backup's of it. */
export const efsProducts: ServiceProducts = {
  inRegion(place, tiers) {
    const files = { service: ["AmazonEFS", "Amazon Elastic File System"], family: "Storage" } as const;
    const prefix = place.youngPrefix;
    const infrequent = { ...at(place), storageClass: "Infrequent Access" };
    return [
      {
        ...files,
        usagetype: `${prefix}TimedStorage-ByteHrs`,
        unit: "GB-Mo",
        tiers: tiers("efs:standard"),
        attributes: { ...at(place), storageClass: "General SessionOptions" },
      },
      {
        ...files,
        usagetype: `${prefix}IATimedStorage-ByteHrs`,
        unit: "GB-Mo",
        tiers: tiers("efs:ia"),
        attributes: infrequent,
      },
      ...["Read", "Write"].map((accessType) => ({
        ...files,
        usagetype: `${prefix}IADataAccess-Bytes`,
        operation: accessType,
        unit: "GB",
        tiers: tiers("efs:ia-access"),
        attributes: { ...infrequent, accessType },
      })),
      {
        service: ["AWSBackup", "AWS Backup"],
        family: "AWS Backup Storage",
        usagetype: `${prefix}WarmStorage-ByteHrs-EFS`,
        operation: "Storage",
        unit: "GB-Month",
        tiers: tiers("efs:backup"),
        attributes: at(place),
      },
    ];
  },
};
