/**
 * From here MySQL's gp3 has four volumes: 12,000 IOPS and 500 MiB/s at least, which must be said when it grows; below, AWS refuses
 * both (hashicorp/terraform-provider-aws#28382 and #28160, cloudtools/troposphere#2153; user guide, "gp3 storage").
 */
const STRIPED_GIB = 400;

/** The performance that is named with a size of storage. */
export const performanceOf = (
  storageGiB: number,
  iops = 0,
  throughput = 0,
): { readonly Iops?: number; readonly StorageThroughput?: number } =>
  storageGiB < STRIPED_GIB ? {} : { Iops: Math.max(12_000, iops), StorageThroughput: Math.max(500, throughput) };
