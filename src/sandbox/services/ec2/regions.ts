import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { operation, type SandboxService } from "../../service.ts";
import type { World } from "../../world.ts";
import { filters, passes } from "./shared.ts";

/** Those that every account has, by partition (Account Management guide, "Enable or disable Regions"; the guides of China's regions and of GovCloud). */
const OF_EVERY_ACCOUNT: Readonly<Record<string, readonly string[]>> = {
  aws: [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
  ],
  "aws-cn": ["cn-north-1", "cn-northwest-1"],
  "aws-us-gov": ["us-gov-east-1", "us-gov-west-1"],
};

/** The regions that are enabled in the account: its own, and those that every account has. */
export function enabledRegions({ region }: Pick<World, "region">): readonly string[] {
  return [...new Set([region, ...(OF_EVERY_ACCOUNT[partitionOf(region).name] ?? [])])].sort();
}

export const regions: Partial<SandboxService> = {
  operations: {
    DescribeRegions: operation({ Filters: filters, AllRegions: z.literal(false).optional() }, ({ Filters }, sim) => {
      const { name, dnsSuffix } = partitionOf(sim.region);
      const all = enabledRegions(sim).map((RegionName) => ({
        RegionName,
        Endpoint: `ec2.${RegionName}.${dnsSuffix}`,
        OptInStatus: OF_EVERY_ACCOUNT[name]?.includes(RegionName) ? "opt-in-not-required" : "opted-in",
      }));
      return {
        Regions: all.filter(({ RegionName, Endpoint, OptInStatus }) =>
          passes(sim, RegionName, Filters, {
            "region-name": [RegionName],
            endpoint: [Endpoint],
            "opt-in-status": [OptInStatus],
          }),
        ),
      };
    }),
  },
};
