import { type Database, invalidCombination, invalidValue } from "./tables.ts";

/** From here MySQL's gp3 is four volumes (user guide, "gp3 storage"). */
export const GP3_STRIPED_GIB = 400;

/** What gp3 does by its size, unless more was asked for. */
export const performanceOf = (storageGiB: number) =>
  storageGiB < GP3_STRIPED_GIB ? { Iops: 3_000, StorageThroughput: 125 } : { Iops: 12_000, StorageThroughput: 500 };

/** As AWS shows it: gp2 has none that is set. */
export const shownPerformance = ({
  storageType,
  storageGiB,
  iops,
  throughput,
}: Database): { readonly Iops?: number; readonly StorageThroughput?: number } =>
  storageType === "gp2"
    ? {}
    : {
        ...performanceOf(storageGiB),
        ...(iops === undefined ? {} : { Iops: iops }),
        ...(throughput === undefined ? {} : { StorageThroughput: throughput }),
      };

/** The messages: cloudtools/troposphere#2153, hashicorp/terraform-provider-aws#28382. */
export function checkGp3(
  storageGiB: number,
  { Iops, StorageThroughput }: { readonly Iops?: number | undefined; readonly StorageThroughput?: number | undefined },
): void {
  if (storageGiB < GP3_STRIPED_GIB && (Iops !== undefined || StorageThroughput !== undefined))
    throw invalidCombination(
      `You can't specify IOPS or storage throughput for engine mysql and a storage size less than ${GP3_STRIPED_GIB}.`,
    );
  const least = performanceOf(storageGiB);
  if (Iops !== undefined && Iops < least.Iops)
    throw invalidCombination(`Invalid iops value for engine name mysql and storage type gp3: ${Iops}`);
  if (StorageThroughput !== undefined && StorageThroughput < least.StorageThroughput)
    throw invalidCombination(
      `Invalid storage throughput value for engine name mysql and storage type gp3: ${StorageThroughput}`,
    );
}

/** "At least 10 % more" (user guide, "Managing capacity automatically with Amazon RDS storage autoscaling"). */
export function checkMaxStorage(max: number, storageGiB: number): void {
  if (max < Math.ceil((storageGiB * 11) / 10))
    throw invalidValue(`Invalid max storage size for engine name mysql and storage type gp3: ${max}`);
}
