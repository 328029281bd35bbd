import * as z from "zod";
import { awsError, operation, type SandboxService, untagged } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { alarmArn, alarmTable, dashboardArn, dashboardTable, tagList, tagsOf } from "./tables.ts";

const missing = (arn: string) => awsError("ResourceNotFoundException", `${arn} does not exist`, { status: 404 });

type Tags = Readonly<Record<string, string>>;

/** The tags of an alarm or a dashboard as reads show them, and how they are changed: as they are. */
function tagged(sim: Sim, arn: string) {
  const alarm = alarmTable(sim)
    .allVisible()
    .find(({ name }) => alarmArn(sim, name) === arn);
  if (alarm)
    return {
      tags: alarm.tags ?? {},
      change(tagsOf: (tags: Tags) => Tags) {
        const now = alarmTable(sim).get(alarm.name) ?? alarm;
        alarmTable(sim).put(alarm.name, { ...now, tags: tagsOf(now.tags ?? {}) });
      },
    };
  const dashboard = dashboardTable(sim)
    .allVisible()
    .find(({ name }) => dashboardArn(sim, name) === arn);
  if (!dashboard) throw missing(arn);
  return {
    tags: dashboard.tags,
    change(tagsOf: (tags: Tags) => Tags) {
      const now = dashboardTable(sim).get(dashboard.name) ?? dashboard;
      dashboardTable(sim).put(dashboard.name, { ...now, tags: tagsOf(now.tags) });
    },
  };
}

const ResourceARN = z.string().min(1).max(1024);

export const tagging: SandboxService["operations"] = {
  ListTagsForResource: operation({ ResourceARN }, (input, sim) => ({
    Tags: Object.entries(tagged(sim, input.ResourceARN).tags).map(([Key, Value]) => ({ Key, Value })),
  })),
  TagResource: operation({ ResourceARN, Tags: tagList }, (input, sim) => {
    tagged(sim, input.ResourceARN).change((tags) => ({ ...tags, ...tagsOf(input.Tags) }));
    return {};
  }),
  UntagResource: operation({ ResourceARN, TagKeys: z.array(z.string().min(1).max(128)) }, (input, sim) => {
    tagged(sim, input.ResourceARN).change((tags) => untagged(tags, input.TagKeys));
    return {};
  }),
};
