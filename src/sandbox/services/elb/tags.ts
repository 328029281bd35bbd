import * as z from "zod";
import { operation, type SandboxService, untagged } from "../../service.ts";
import type { Sim, Table } from "../../world.ts";
import {
  invalid,
  listenerTable,
  loadBalancerTable,
  modelled,
  noListener,
  noLoadBalancer,
  noTargetGroup,
  type Tags,
  tagsOf,
  tagsSchema,
  targetGroupTable,
} from "./tables.ts";

function tagged(
  sim: Sim,
  arn: string,
): { readonly table: Table<{ readonly tags: Tags }>; readonly missing: () => Error } {
  const table = (one: Table<never>) => one as unknown as Table<{ readonly tags: Tags }>;
  if (arn.includes(":loadbalancer/"))
    return { table: table(loadBalancerTable(sim) as Table<never>), missing: noLoadBalancer };
  if (arn.includes(":targetgroup/"))
    return { table: table(targetGroupTable(sim) as Table<never>), missing: noTargetGroup };
  if (arn.includes(":listener/")) return { table: table(listenerTable(sim) as Table<never>), missing: noListener };
  throw invalid(`'${arn}' is not a valid ARN`);
}

// 20 at most for both (API reference).
const arns = z.array(z.string()).min(1).max(20);

export const tagging: SandboxService = {
  operations: {
    DescribeTags: operation({ ResourceArns: arns }, ({ ResourceArns }, sim) => ({
      TagDescriptions: ResourceArns.map((ResourceArn) => {
        const { table, missing } = tagged(sim, ResourceArn);
        const row = table.visible(ResourceArn);
        if (!row) throw missing();
        return { ResourceArn, Tags: Object.entries(row.tags).map(([Key, Value]) => ({ Key, Value })) };
      }),
    })),

    AddTags: operation({ ResourceArns: arns, Tags: tagsSchema }, (input, sim) => {
      const added = tagsOf(input.Tags);
      for (const arn of input.ResourceArns) {
        const { table, missing } = tagged(sim, arn);
        const row = table.visible(arn) && table.get(arn);
        if (!row) throw missing();
        const tags = { ...row.tags, ...added };
        if (Object.keys(tags).length > 50) throw modelled("TooManyTags", "The maximum number of tags has been reached");
        table.put(arn, { ...row, tags });
      }
      return {};
    }),

    RemoveTags: operation({ ResourceArns: arns, TagKeys: z.array(z.string().min(1).max(128)) }, (input, sim) => {
      for (const arn of input.ResourceArns) {
        const { table, missing } = tagged(sim, arn);
        const row = table.visible(arn) && table.get(arn);
        if (!row) throw missing();
        table.put(arn, { ...row, tags: untagged(row.tags, input.TagKeys) });
      }
      return {};
    }),
  },
};
