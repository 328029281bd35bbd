import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand,
  PutLogGroupDeletionProtectionCommand,
  PutRetentionPolicyCommand,
  ResourceNotFoundException,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { logGroup } from "../../../src/aws/logs/log-group.ts";
import { forgottenLogGroups } from "../../../src/aws/logs/residuals.ts";
import { mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
const logs = mocked(CloudWatchLogsClient);
beforeEach(async () => {
  logs.reset();
  aws = await testAws();
});

const NAME = "/buddyverse/buddyverse/app";
const ARN = `arn:aws:logs:ap-northeast-2:111122223333:log-group:${NAME}`;
const owner = ownerOf("log-app", NAME);
const gone = () => new ResourceNotFoundException({ message: "The specified log group does not exist.", $metadata: {} });
const found = (more: object = {}) =>
  logs.on(DescribeLogGroupsCommand).resolves({
    logGroups: [
      { logGroupName: `${NAME}-else`, arn: `${ARN}-else:*`, retentionInDays: 1 },
      { logGroupName: NAME, arn: `${ARN}:*`, logGroupArn: ARN, retentionInDays: 30, ...more },
    ],
  });

describe("find", () => {
  test("by its whole name; what is not recorded by its tags, which are asked for without `:*`", async () => {
    found();
    logs.on(ListTagsForResourceCommand).resolves({ tags: { ...owner.tags } });
    expect(await logGroup.find(aws, owner)).toMatchObject({
      id: ARN,
      groupName: NAME,
      retentionDays: 30,
      deletionProtection: false,
    });
    expect(logs.commandCalls(ListTagsForResourceCommand)[0]?.args[0].input).toEqual({ resourceArn: ARN });
    expect(await logGroup.find(aws, owner, ARN)).toMatchObject({ id: ARN });
    expect(logs.commandCalls(ListTagsForResourceCommand)).toHaveLength(1);
  });

  test("somebody else's group of that name is not taken; one of a longer name is none", async () => {
    found();
    logs.on(ListTagsForResourceCommand).resolves({});
    await expect(logGroup.find(aws, owner)).rejects.toMatchObject({
      code: "not-ours",
      message: expect.stringContaining(`log group ${NAME} exists already`),
    });
    const other = ownerOf("log-app", "/buddyverse/buddyverse/ap");
    expect(await logGroup.find(aws, other)).toBeUndefined();
  });

  test("the groups of a stack are read in one call, on all its pages", async () => {
    logs
      .on(DescribeLogGroupsCommand, { logGroupNamePrefix: "/buddyverse/buddyverse/" })
      .resolves({ logGroups: [], nextToken: "2" })
      .on(DescribeLogGroupsCommand, { nextToken: "2" })
      .resolves({ logGroups: [{ logGroupName: NAME }, { logGroupName: "/buddyverse/buddyverse/boot" }] });
    const boot = ownerOf("log-boot", "/buddyverse/buddyverse/boot");
    const [one, two] = await Promise.all([
      logGroup.find(aws, owner, ARN),
      logGroup.find(aws, boot, ARN.replace("/app", "/boot")),
    ]);
    expect([one?.groupName, two?.groupName]).toEqual([NAME, "/buddyverse/buddyverse/boot"]);
    // A new group keeps for ever: AWS has no number for that.
    expect(one?.retentionDays).toBeUndefined();
    expect(logs.commandCalls(DescribeLogGroupsCommand)).toHaveLength(2);
  });
});

test("it is made with its tags; how long it keeps is set then, and set back", async () => {
  logs.on(CreateLogGroupCommand).resolves({}).on(PutRetentionPolicyCommand).resolves({});
  expect(await logGroup.create?.(aws, { retentionDays: 30 }, owner, "t")).toBe(ARN);
  expect(logs.commandCalls(CreateLogGroupCommand)[0]?.args[0].input).toEqual({
    logGroupName: NAME,
    tags: { ...owner.tags },
  });
  const live = { id: ARN, groupName: NAME, retentionDays: undefined, deletionProtection: false };
  await logGroup.update?.(aws, live, { retentionDays: 30 }, new Set(["retentionDays"]), owner);
  expect(logs.commandCalls(PutRetentionPolicyCommand)[0]?.args[0].input).toEqual({
    logGroupName: NAME,
    retentionInDays: 30,
  });
  logs.on(TagResourceCommand).resolves({}).on(UntagResourceCommand).resolves({});
  await logGroup.update?.(aws, live, { retentionDays: 30 }, new Set(["tags"]), { ...owner, obsoleteTags: ["Team"] });
  expect(logs.commandCalls(UntagResourceCommand)[0]?.args[0].input).toEqual({ resourceArn: ARN, tagKeys: ["Team"] });
  expect(logs.commandCalls(TagResourceCommand)[0]?.args[0].input).toEqual({ resourceArn: ARN, tags: owner.tags });
});

test("one that is protected says so, how it is lifted, and lifts it when asked", async () => {
  found({ deletionProtectionEnabled: true });
  const live = await logGroup.find(aws, owner, ARN);
  if (!live) throw new Error("not found");
  const [protection] = (await logGroup.protections?.(aws, live, { discardData: false }, owner)) ?? [];
  expect(protection?.lift.commands).toEqual([
    `aws logs put-log-group-deletion-protection --log-group-identifier ${NAME} --no-deletion-protection-enabled --region ap-northeast-2`,
  ]);
  logs.on(PutLogGroupDeletionProtectionCommand).resolves({});
  await protection?.unprotect?.();
  expect(logs.commandCalls(PutLogGroupDeletionProtectionCommand)[0]?.args[0].input).toEqual({
    logGroupIdentifier: NAME,
    deletionProtectionEnabled: false,
  });
  expect(
    await logGroup.protections?.(aws, { ...live, deletionProtection: false }, { discardData: false }, owner),
  ).toEqual([]);
});

test("to delete one that is gone is done", async () => {
  logs.on(DeleteLogGroupCommand).rejects(gone());
  const live = { id: ARN, groupName: NAME, retentionDays: 30, deletionProtection: false };
  expect(await logGroup.delete?.(aws, live, { discardData: false, label: "" })).toBeUndefined();
});

test("what an older version left is named with the command that removes it; others' groups are not", async () => {
  logs.on(DescribeLogGroupsCommand).resolves({
    logGroups: [
      { logGroupName: "/buddyverse/buddyverse/old", storedBytes: 3 * 2 ** 30 },
      { logGroupName: "/buddyverse/buddyverse/theirs", storedBytes: 1 },
    ],
  });
  const of = (name: string) => ({ resourceArn: ARN.replace("/app", `/${name}`) });
  logs
    .on(ListTagsForResourceCommand, of("old"))
    .resolves({ tags: { "buddyverse:stack": "buddyverse" } })
    .on(ListTagsForResourceCommand, of("theirs"))
    .resolves({ tags: { "buddyverse:stack": "other" } });
  const left = await forgottenLogGroups.read(aws, "buddyverse", new Map());
  expect(left).toMatchObject([
    {
      id: "/buddyverse/buddyverse/old",
      gib: 3,
      price: "logs:storage",
      commands: ["aws logs delete-log-group --log-group-name /buddyverse/buddyverse/old --region ap-northeast-2"],
    },
  ]);
});
