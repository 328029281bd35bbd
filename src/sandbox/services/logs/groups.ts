import * as z from "zod";
import { awsError, operation, type SandboxService, untagged } from "../../service.ts";
import type { Sim } from "../../world.ts";
import {
  filtersOf,
  filterTable,
  type Group,
  groupArn,
  groupFor,
  groupTable,
  invalid,
  noGroup,
  streamKey,
  streamsOf,
  streamTable,
} from "./tables.ts";

// All bounds are those of the service's model in botocore.
export const groupName = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[.\-_/#A-Za-z0-9]+$/);
const word = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const tagKey = z.string().min(1).max(128).regex(word);
const tags = z
  .record(tagKey, z.string().max(256).regex(word))
  .refine((all) => Object.keys(all).length >= 1 && Object.keys(all).length <= 50, "1 to 50 tags");
const resourceArn = z
  .string()
  .min(1)
  .max(1011)
  .regex(/^[\w+=/:,.@-]*$/);

const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const PAGE = 50;

/** The group of an ARN as the calls about tags take it: without `:*` (boto/boto3#4104). */
function taggedGroup(sim: Sim, arn: string): Group {
  const [, name] = /^arn:[^:]+:logs:[^:]+:\d{12}:log-group:([^:]+)$/.exec(arn) ?? [];
  if (name === undefined) throw awsError("ValidationException", "Invalid resourceArn");
  const group = groupTable(sim).visible(name);
  if (!group || groupArn(sim, name) !== arn) throw noGroup();
  return group;
}

const change = (sim: Sim, name: string, changes: Partial<Group>) =>
  groupTable(sim).put(name, { ...(groupTable(sim).get(name) as Group), ...changes });

const shown = (sim: Sim, group: Group) => ({
  logGroupName: group.name,
  creationTime: group.createdAt,
  ...(group.retentionDays === null ? {} : { retentionInDays: group.retentionDays }),
  metricFilterCount: filtersOf(sim, group.name, "metric").length,
  arn: `${groupArn(sim, group.name)}:*`,
  logGroupArn: groupArn(sim, group.name),
  storedBytes: streamsOf(sim, group.name)
    .flatMap(({ events }) => events)
    .reduce((sum, { message }) => sum + message.length + 26, 0),
  logGroupClass: "STANDARD",
  deletionProtectionEnabled: group.deletionProtection,
});

/** The log groups themselves. */
export const groupOperations: SandboxService["operations"] = {
  CreateLogGroup: operation({ logGroupName: groupName, tags: tags.optional() }, ({ logGroupName: name, tags }, sim) => {
    // hashicorp/terraform#10739
    if (name.startsWith("aws/")) throw invalid("Log groups starting with AWS/ are reserved for AWS.");
    if (groupTable(sim).get(name))
      throw awsError("ResourceAlreadyExistsException", "The specified log group already exists");
    groupTable(sim).put(name, {
      name,
      createdAt: sim.now,
      retentionDays: null,
      deletionProtection: false,
      tags: tags ?? {},
    });
    return {};
  }),

  DescribeLogGroups: operation(
    {
      logGroupNamePrefix: groupName.optional(),
      limit: z.int().min(1).max(PAGE).optional(),
      nextToken: z.string().min(1).optional(),
    },
    ({ logGroupNamePrefix = "", limit = PAGE, nextToken }, sim) => {
      // In ASCII order (API reference).
      const all = groupTable(sim)
        .allVisible()
        .filter(({ name }) => name.startsWith(logGroupNamePrefix))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const from = Number(nextToken ?? 0);
      // boto/boto3#1467
      if (!Number.isInteger(from)) throw invalid("The specified nextToken is invalid.");
      const end = from + limit;
      return {
        logGroups: all.slice(from, end).map((group) => shown(sim, group)),
        ...(end < all.length ? { nextToken: String(end) } : {}),
      };
    },
  ),

  PutRetentionPolicy: operation(
    {
      logGroupName: groupName,
      retentionInDays: z.int().refine((days) => RETENTIONS.includes(days), `one of ${RETENTIONS.join(", ")}`),
    },
    ({ logGroupName, retentionInDays }, sim) => {
      groupFor(sim, logGroupName);
      change(sim, logGroupName, { retentionDays: retentionInDays });
      return {};
    },
  ),

  DeleteRetentionPolicy: operation({ logGroupName: groupName }, ({ logGroupName }, sim) => {
    groupFor(sim, logGroupName);
    change(sim, logGroupName, { retentionDays: null });
    return {};
  }),

  PutLogGroupDeletionProtection: operation(
    { logGroupIdentifier: groupName, deletionProtectionEnabled: z.boolean() },
    ({ logGroupIdentifier, deletionProtectionEnabled }, sim) => {
      groupFor(sim, logGroupIdentifier);
      change(sim, logGroupIdentifier, { deletionProtection: deletionProtectionEnabled });
      return {};
    },
  ),

  DeleteLogGroup: operation({ logGroupName: groupName }, ({ logGroupName }, sim) => {
    // Terraform's provider and the model know the code (ValidationException); the words are not known.
    if (groupFor(sim, logGroupName).deletionProtection)
      throw awsError("ValidationException", "The log group has deletion protection enabled");
    groupTable(sim).remove(logGroupName);
    for (const kind of ["subscription", "metric"] as const)
      for (const { name } of filtersOf(sim, logGroupName, kind))
        filterTable(sim).removeNow(`${logGroupName}:${kind}:${name}`);
    for (const stream of streamsOf(sim, logGroupName)) streamTable(sim).removeNow(streamKey(stream.group, stream.name));
    return {};
  }),

  ListTagsForResource: operation({ resourceArn }, (input, sim) => ({
    tags: { ...taggedGroup(sim, input.resourceArn).tags },
  })),

  TagResource: operation({ resourceArn, tags }, (input, sim) => {
    const { name } = taggedGroup(sim, input.resourceArn);
    const all = { ...groupTable(sim).get(name)?.tags, ...input.tags };
    if (Object.keys(all).length > 50)
      throw awsError("TooManyTagsException", "A resource can have no more than 50 tags.");
    change(sim, name, { tags: all });
    return {};
  }),

  UntagResource: operation({ resourceArn, tagKeys: z.array(tagKey).max(50) }, (input, sim) => {
    const { name } = taggedGroup(sim, input.resourceArn);
    change(sim, name, { tags: untagged(groupTable(sim).get(name)?.tags ?? {}, input.tagKeys) });
    return {};
  }),
};
