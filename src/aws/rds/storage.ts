interface Performance {
  readonly Iops?: number | undefined;
  /** MiB/s. */
  readonly StorageThroughput?: number | undefined;
}

/**
 * From here MySQL's gp3 has four volumes: 12,000 IOPS and 500 MiB/s at least, which must be said when it grows; below, AWS refuses
 * both (hashicorp/terraform-provider-aws#28382 and #28160, cloudtools/troposphere#2153; user guide, "gp3 storage").
 */
const STRIPED_GIB = 400;

/** What gp3 does by its size, unless more is asked for (user guide, "gp3 storage"). */
const givenBy = (storageGiB: number) =>
  storageGiB < STRIPED_GIB ? { Iops: 3_000, StorageThroughput: 125 } : { Iops: 12_000, StorageThroughput: 500 };

/** The same without the performance that its size gives: that is no property of its own, and comes and goes with the size. */
export function withoutGiven<T extends Performance>(storage: T, storageGiB: number): T {
  const { Iops, StorageThroughput, ...rest } = storage;
  const given = givenBy(storageGiB);
  return {
    ...rest,
    ...(Iops === given.Iops ? {} : { Iops }),
    ...(StorageThroughput === given.StorageThroughput ? {} : { StorageThroughput }),
  } as T;
}

/** The performance that is named with a size of storage. */
export const performanceOf = (storageGiB: number, iops = 0, throughput = 0): Performance =>
  storageGiB < STRIPED_GIB ? {} : { Iops: Math.max(12_000, iops), StorageThroughput: Math.max(500, throughput) };
