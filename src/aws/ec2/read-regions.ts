import type { Aws } from "../aws.ts";

/** The regions that are enabled in the account, sorted: AWS names those alone (EC2 API reference, DescribeRegions). */
export async function enabledRegions(aws: Aws): Promise<readonly string[]> {
  const { Regions = [] } = await aws.ec2.describeRegions({});
  return Regions.flatMap(({ RegionName }) => RegionName ?? []).sort();
}
