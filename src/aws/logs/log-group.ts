import type { LogGroup } from "@aws-sdk/client-cloudwatch-logs";
import type { Identified, Owner, ResourceType } from "../../engine/resource.ts";
import { mapBand } from "../../lib/band.ts";
import type { Aws } from "../aws.ts";
import { COUNTER } from "../coverage.ts";
import { undefinedIf } from "../errors.ts";
import { assertOurs } from "../owned.ts";
import { allPages } from "../pages.ts";
import { logGroupArn } from "./names.ts";
import { LOGS, logIngestion, logStorage, logsGB, STORED_SHARE } from "./prices.ts";

export interface LogGroupSpec {
  /** How long lines are kept: one of AWS's values (API reference, PutRetentionPolicy). Undefined, as a new group is: for ever. */
  readonly retentionDays: number | undefined;
}
/** `id` is the ARN without `:*`. Tags are not read: that costs a call for each group at each look. */
export interface LogGroupLive extends LogGroupSpec, Identified {
  readonly groupName: string;
  readonly deletionProtection: boolean;
}

export const NO_LOG_GROUP = ["ResourceNotFoundException"];
/** Two calls changed the same group at the same time (API reference). */
export const BUSY = ["OperationAbortedException"];

const protectCommand = ({ cli, region }: Aws, groupName: string, on: boolean): string =>
  `${cli} logs put-log-group-deletion-protection --log-group-identifier ${groupName} --${on ? "" : "no-"}deletion-protection-enabled --region ${region}`;

/** All groups whose names begin so. */
export const logGroupsUnder = (aws: Aws, prefix: string): Promise<readonly LogGroup[]> =>
  aws.coalesce(`logs:groups:${prefix}`, () =>
    allPages(
      (nextToken) => aws.logs.describeLogGroups({ logGroupNamePrefix: prefix, nextToken }),
      (page) => page.logGroups,
      (page) => page.nextToken,
    ),
  );

/** Those of one folder are read together. */
const folderOf = (name: string): string => name.slice(0, name.lastIndexOf("/") + 1) || name;

export const arnOf = (aws: Aws, name: string): string =>
  `arn:${aws.partition}:${logGroupArn(aws.region, aws.account, name)}`;

async function retag(aws: Aws, resourceArn: string, { tags, obsoleteTags = [] }: Owner): Promise<void> {
  if (obsoleteTags.length > 0) await aws.logs.untagResource({ resourceArn, tagKeys: [...obsoleteTags] });
  await aws.logs.tagResource({ resourceArn, tags: { ...tags } });
}

/** A log group of CloudWatch Logs, in AWS's own encryption. Named as its owner. */
export const logGroup: ResourceType<LogGroupSpec, LogGroupLive> = {
  name: "logs:log-group",
  coverage: {
    covers: { retentionDays: ["retentionInDays"] },
    ignores: { storedBytes: COUNTER },
    unshown: { tags: "another call for each group", "subscription filters": "another call for each group" },
    dangers: [{ at: ["kmsKeyId"], danger: "not encrypted", when: (text) => text === "" }],
  },
  tagsUnread: true,
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },
  retryable: { create: BUSY, update: BUSY, delete: BUSY },

  async find(aws, owner, recorded) {
    const found = (await logGroupsUnder(aws, folderOf(owner.name))).find(
      ({ logGroupName }) => logGroupName === owner.name,
    );
    if (!found) return undefined;
    const id = arnOf(aws, owner.name);
    if (id !== recorded) {
      const answer = await undefinedIf(NO_LOG_GROUP, () => aws.logs.listTagsForResource({ resourceArn: id }));
      if (!answer) return undefined;
      assertOurs(owner, `log group ${owner.name}`, answer.tags ?? {});
    }
    return {
      id,
      groupName: owner.name,
      described: found,
      retentionDays: found.retentionInDays,
      deletionProtection: found.deletionProtectionEnabled ?? false,
    };
  },

  // How long it keeps is a call of its own: a difference until that is made.
  async create(aws, _spec, owner) {
    await aws.logs.createLogGroup({ logGroupName: owner.name, tags: { ...owner.tags } });
    return arnOf(aws, owner.name);
  },

  async update(aws, { id, groupName }, { retentionDays }, changed, owner) {
    if (changed.has("retentionDays") && retentionDays !== undefined)
      await aws.logs.putRetentionPolicy({ logGroupName: groupName, retentionInDays: retentionDays });
    if (changed.has("tags")) await retag(aws, id, owner);
  },

  /** With all that is in it. */
  async delete(aws, { groupName }) {
    await undefinedIf(NO_LOG_GROUP, () => aws.logs.deleteLogGroup({ logGroupName: groupName }));
  },

  mend: (aws, { groupName }, { path, before }) =>
    path === "deletionProtectionEnabled" ? { command: protectCommand(aws, groupName, before === "true") } : undefined,

  async protections(aws, { groupName, deletionProtection }) {
    if (!deletionProtection) return [];
    const command = protectCommand(aws, groupName, false);
    return [
      {
        what: "deletion protection is on",
        lift: { to: `lift the deletion protection of ${groupName}`, commands: [command] },
        unprotect: () =>
          aws.logs.putLogGroupDeletionProtection({ logGroupIdentifier: groupName, deletionProtectionEnabled: false }),
      },
    ];
  },

  farewell: () => ({
    note: "The log groups go with all lines in them: `buddyverse logs --since 30d` prints what there is.",
  }),

  // One charge for all groups of the stack: nobody can tell beforehand which of them gets how much.
  charges({ retentionDays }, costing) {
    const sent = costing.use(logsGB);
    return [
      { what: "lines sent", price: logIngestion, quantity: sent, shared: true, under: LOGS },
      {
        what: "lines kept",
        price: logStorage,
        quantity:
          retentionDays === undefined ? "unknown" : mapBand(sent, (gb) => gb * STORED_SHARE * (retentionDays / 30)),
        shared: true,
        under: LOGS,
      },
    ];
  },
};
