import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";

/** What the account has switched for the region. */
const table = (sim: Sim) => sim.table<{ readonly efs: boolean }>("backup.settings");

/** EFS is among those that are on in an account that has switched nothing (the defaults shown in boto/boto3#3758). */
export const isOptedIn = (sim: Sim): boolean => table(sim).get("region")?.efs ?? true;

export const settings: SandboxService["operations"] = {
  DescribeRegionSettings: operation({}, (_input, sim) => ({
    ResourceTypeOptInPreference: { EBS: true, EC2: true, EFS: isOptedIn(sim), RDS: true, S3: true },
  })),
  UpdateRegionSettings: operation(
    { ResourceTypeOptInPreference: z.strictObject({ EFS: z.boolean() }) },
    ({ ResourceTypeOptInPreference: { EFS } }, sim) => {
      table(sim).put("region", { efs: EFS });
      return {};
    },
  ),
};
