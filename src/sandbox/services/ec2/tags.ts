import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { tagTable } from "./tables.ts";

const tag = z.strictObject({ Key: z.string().min(1).max(127), Value: z.string().max(255) });

function checkTaggable(sim: Sim, id: string): void {
  if (!tagTable(sim).get(id)) throw awsError("InvalidID", `The ID '${id}' is not valid`);
}

export const tagging: SandboxService = {
  operations: {
    CreateTags: operation(
      { Resources: z.array(z.string()).min(1), Tags: z.array(tag).min(1).max(50) },
      ({ Resources, Tags }, sim) => {
        const tags = tagTable(sim);
        for (const id of Resources) checkTaggable(sim, id);
        for (const id of Resources) {
          const merged = { ...tags.get(id)?.tags, ...Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])) };
          if (Object.keys(merged).length > 50)
            throw awsError("TagLimitExceeded", `The maximum number of tags for ${id} has been reached`);
          tags.put(id, { tags: merged });
        }
        return {};
      },
    ),
    // A value deletes the tag only where it has that value; no tags, all but AWS's own (EC2 API reference).
    DeleteTags: operation(
      {
        Resources: z.array(z.string()).min(1).max(1000),
        Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string().optional() })).optional(),
      },
      ({ Resources, Tags }, sim) => {
        const goes = (key: string, value: string) =>
          Tags
            ? Tags.some((one) => one.Key === key && (one.Value === undefined || one.Value === value))
            : !key.startsWith("aws:");
        for (const id of Resources) checkTaggable(sim, id);
        for (const id of Resources) {
          const tags = Object.entries(tagTable(sim).get(id)?.tags ?? {}).filter(([key, value]) => !goes(key, value));
          tagTable(sim).put(id, { tags: Object.fromEntries(tags) });
        }
        return {};
      },
    ),
  },
};
