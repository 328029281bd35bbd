import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import { tagTable } from "./tables.ts";

const tag = z.strictObject({ Key: z.string().min(1).max(127), Value: z.string().max(255) });

export const tagging: SandboxService = {
  operations: {
    CreateTags: operation(
      { Resources: z.array(z.string()).min(1), Tags: z.array(tag).min(1).max(50) },
      ({ Resources, Tags }, sim) => {
        const tags = tagTable(sim);
        for (const id of Resources) if (!tags.get(id)) throw awsError("InvalidID", `The ID '${id}' is not valid`);
        for (const id of Resources) {
          const merged = { ...tags.get(id)?.tags, ...Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])) };
          if (Object.keys(merged).length > 50)
            throw awsError("TagLimitExceeded", `The maximum number of tags for ${id} has been reached`);
          tags.put(id, { tags: merged });
        }
        return {};
      },
    ),
  },
};
