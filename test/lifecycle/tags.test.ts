import { expect, test } from "vitest";
import { planView } from "../../src/report/views/plan.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { accountIn } from "../sandbox/grown.ts";
import { stranger } from "../stranger.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

const BASE = { domain: { name: "buddyverse.example", zone: "create" }, monitoring: { email: "ops@example.com" } };
const BEFORE = { ...BASE, tags: { team: "platform", Owner: "ops" } };
/** `Owner` in another case is another tag, but not to IAM. */
const AFTER = { team: "platform", owner: "dev" };

type TagLists = readonly { readonly Key: string; readonly Value: string }[];
/** AWS can tag none of these by itself, or counts the tags of what they lie in: the objects of a bucket, which take ten at most. */
const TAGLESS = [
  "acm:issued-certificate",
  "auto-scaling:scaling-policy",
  "ec2:route",
  "route53:alias-records",
  "route53:record",
  "s3:object",
  "sns:subscription",
];
const record = (list: TagLists = []) => Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));

/** The same stack with other tags in its config: what is there, and the state, stay. */
const retagged = (on: Stage, tags: object): Promise<Stage> =>
  stageOn({ ...on.config, tags: { ...tags } as Record<string, string> }, on.clock, on.sandbox, on.text);

/** All tags of all objects of the stack that have tags, by the object's key, as AWS tells them. */
async function tagsOf(on: Stage): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
  const { ask } = accountIn(on.sandbox, on.clock);
  const found: [string, Readonly<Record<string, string>>][] = [];
  for (const { node, look } of (await on.refresh()).entries.values()) {
    const { live } = look;
    if (!live || node.type.external) continue;
    if (live.tags) found.push([node.key, live.tags]);
    else if (node.type.tagsUnread) {
      const { service, operation, input, list } = reader(node.type.name, live.id, on.aws.account);
      found.push([node.key, record(list(await ask(service, operation, input)))]);
    }
  }
  const { Volumes } = await ask<{ Volumes: { VolumeId: string; Tags: TagLists }[] }>("ec2", "DescribeVolumes");
  for (const { VolumeId, Tags } of Volumes) found.push([VolumeId, record(Tags)]);
  return Object.fromEntries(found);
}

function reader(type: string, id: string, account: string) {
  // biome-ignore lint/suspicious/noExplicitAny: AWS's answers
  type Answer = any;
  const forService = (service: string, operation: string, input: object, list: (answer: Answer) => TagLists) => ({
    service,
    operation,
    input,
    list,
  });
  if (type === "elb:listener")
    return forService(
      "elastic-load-balancing-v2",
      "DescribeTags",
      { ResourceArns: [id] },
      (answer) => answer.TagDescriptions[0].Tags,
    );
  if (type.startsWith("rds:")) {
    const kind = type === "rds:subnet-group" ? "subgrp" : "pg";
    return forService(
      "rds",
      "ListTagsForResource",
      { ResourceName: `arn:aws:rds:ap-northeast-2:${account}:${kind}:${id}` },
      (answer) => answer.TagList,
    );
  }
  if (type.startsWith("ssm:"))
    return forService(
      "ssm",
      "ListTagsForResource",
      { ResourceType: "Parameter", ResourceId: id },
      (answer) => answer.TagList,
    );
  if (type === "logs:log-group")
    return forService("cloudwatch-logs", "ListTagsForResource", { resourceArn: id }, ({ tags }) =>
      Object.entries<string>(tags).map(([Key, Value]) => ({ Key, Value })),
    );
  const arn = type === "cloudwatch:dashboard" ? `arn:aws:cloudwatch::${account}:dashboard/${id}` : id;
  return forService("cloudwatch", "ListTagsForResource", { ResourceARN: arn }, (answer) => answer.Tags);
}

test("a tag that the config no longer has is shown in plan, and taken off everything; those of others stay", async () => {
  const first = await stage(BEFORE);
  await first.up();
  const before = await tagsOf(first);
  expect(Object.entries(before).filter(([, tags]) => tags.Owner !== "ops" || tags.team !== "platform")).toEqual([]);
  const untagged = [...(await first.refresh()).entries.values()].filter(
    ({ node, look }) => look.live && !node.type.external && !before[node.key],
  );
  expect([...new Set(untagged.map(({ node }) => node.type.name))].sort()).toEqual(TAGLESS);
  const them = stranger(first.sandbox);
  const { CreateTagsCommand } = await import("@aws-sdk/client-ec2");
  const vpc = first.store.get("vpc")?.id as string;
  await them.ec2.send(new CreateTagsCommand({ Resources: [vpc], Tags: [{ Key: "cost", Value: "4711" }] }));

  const on = await retagged(first, AFTER);
  const plan = await on.plan();
  expect(planView(plan, on.graph.steps)).toMatch(
    /tag Owner taken off \d{2} objects\n.*tag owner = dev on \d{2} objects/,
  );
  expect((await on.status()).filter(({ standing }) => standing === "drift")).toEqual([]);
  const { settled } = await on.up();
  expect(settled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  // The group's instances were replaced; the volumes of the old ones go with them.
  await on.clock.sleep(120_000);
  const after = await tagsOf(on);
  expect(Object.keys(after)).toEqual(expect.arrayContaining(Object.keys(before).filter((key) => !/^vol-/.test(key))));
  expect(Object.entries(after).filter(([, tags]) => "Owner" in tags || tags.owner !== "dev")).toEqual([]);
  expect(after.vpc).toMatchObject({ cost: "4711" });
  on.writes();
  await on.up();
  expect(on.writes().filter((call) => /tag/i.test(call))).toEqual([]);
});

test("with the state lost, tags that may be anybody's stay, and plan says so; from then on they are known again", async () => {
  const first = await stage(BEFORE);
  await first.up();
  for (const key of Object.keys(first.store.resources)) first.store.drop(key);
  const on = await retagged(first, { team: "platform" });
  const plan = await on.plan();
  expect(plan.unrecordedTags).toEqual(["Owner"]);
  expect(planView(plan, on.graph.steps)).toContain("no record of who set them: Owner.");
  on.writes();
  await on.up();
  expect(on.writes().filter((call) => /Tag/.test(call))).toEqual([]);
  expect((await on.plan()).unrecordedTags).toEqual([]);

  const later = await retagged(on, {});
  await later.up();
  await later.clock.sleep(120_000);
  const left = Object.values(await tagsOf(later));
  expect(left.filter((tags) => "team" in tags)).toEqual([]);
  expect(left.filter((tags) => "Owner" in tags).length).toBeGreaterThan(40);
});

test("a run that is interrupted after it set tags does not forget which ones to take off", async () => {
  const first = await stage({ tags: {} });
  await first.up();
  const half: Sandbox = {
    ...first.sandbox,
    async answer(service, operation, input) {
      const answer = await first.sandbox.answer(service, operation, input);
      if (operation === "TagRole") second.interrupt();
      return answer;
    },
  };
  const second = await stageOn({ ...first.config, tags: { Owner: "ops" } }, first.clock, half, first.text);
  await second.up();
  const third = await retagged(first, {});
  await third.up();
  await third.clock.sleep(120_000);
  expect(Object.values(await tagsOf(third)).filter((tags) => "Owner" in tags)).toEqual([]);
});
