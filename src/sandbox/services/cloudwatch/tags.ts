import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { alarmArn, alarmTable, dashboardArn, dashboardTable, tagList, tagsOf } from "./tables.ts";

const missing = (arn: string) => awsError("ResourceNotFoundException", `${arn} does not exist`, { status: 404 });

function tagged(sim: Sim, arn: string) {
  const alarm = alarmTable(sim)
    .allVisible()
    .find(({ name }) => alarmArn(sim, name) === arn);
  if (alarm)
    return {
      tags: alarm.tags ?? {},
      put: (tags: Readonly<Record<string, string>>) => alarmTable(sim).put(alarm.name, { ...alarm, tags }),
    };
  const dashboard = dashboardTable(sim)
    .allVisible()
    .find(({ name }) => dashboardArn(sim, name) === arn);
  if (!dashboard) throw missing(arn);
  return {
    tags: dashboard.tags,
    put: (tags: Readonly<Record<string, string>>) => dashboardTable(sim).put(dashboard.name, { ...dashboard, tags }),
  };
}

const ResourceARN = z.string().min(1).max(1024);

export const tagging: SandboxService["operations"] = {
  ListTagsForResource: operation({ ResourceARN }, (input, sim) => ({
    Tags: Object.entries(tagged(sim, input.ResourceARN).tags).map(([Key, Value]) => ({ Key, Value })),
  })),
  TagResource: operation({ ResourceARN, Tags: tagList }, (input, sim) => {
    const { tags, put } = tagged(sim, input.ResourceARN);
    put({ ...tags, ...tagsOf(input.Tags) });
    return {};
  }),
};
