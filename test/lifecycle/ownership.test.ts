/** One ownership tag that somebody has taken off blinds nobody: what the state names is the stack's, and gets its tags back. */
import { describe, expect, test } from "vitest";
import { KEY_TAG, STACK_TAG } from "../../src/aws/owned.ts";
import type { Observed } from "../../src/engine/snapshot.ts";
import { accountIn } from "../sandbox/grown.ts";
import { type Stage, stage } from "./stage.ts";

const CONFIGS = [
  { monitoring: { email: "ops@example.com" } },
  { nat: { mode: "gateway" }, domain: { name: "buddyverse.example", zone: "create" } },
];

/** How a stranger takes a tag off an object, by the type's service and name. */
function untag(type: string, id: string, tag: string, account: string): [string, string, object] | undefined {
  const [service = ""] = type.split(":");
  const arn = (rest: string) => `arn:aws:${rest.replace("ACCOUNT", `ap-northeast-2:${account}`)}`;
  switch (service) {
    case "ec2":
      return ["ec2", "DeleteTags", { Resources: [id], Tags: [{ Key: tag }] }];
    case "elb":
      return ["elastic-load-balancing-v2", "RemoveTags", { ResourceArns: [id], TagKeys: [tag] }];
    case "auto-scaling":
      return [
        "auto-scaling",
        "DeleteTags",
        { Tags: [{ Key: tag, ResourceId: id, ResourceType: "auto-scaling-group" }] },
      ];
    case "efs":
      return ["efs", "UntagResource", { ResourceId: id, TagKeys: [tag] }];
    case "rds": {
      const kind = { "rds:subnet-group": "subgrp", "rds:parameter-group": "pg" }[type] ?? "db";
      return ["rds", "RemoveTagsFromResource", { ResourceName: arn(`rds:ACCOUNT:${kind}:${id}`), TagKeys: [tag] }];
    }
    case "iam":
      return type === "iam:role"
        ? ["iam", "UntagRole", { RoleName: id, TagKeys: [tag] }]
        : ["iam", "UntagInstanceProfile", { InstanceProfileName: id, TagKeys: [tag] }];
    case "ssm":
      return ["ssm", "RemoveTagsFromResource", { ResourceType: "Parameter", ResourceId: id, TagKeys: [tag] }];
    case "acm":
      return ["acm", "RemoveTagsFromCertificate", { CertificateArn: id, Tags: [{ Key: tag }] }];
    case "sns":
      return ["sns", "UntagResource", { ResourceArn: id, TagKeys: [tag] }];
    case "cloudwatch": {
      const ResourceARN = type === "cloudwatch:dashboard" ? `arn:aws:cloudwatch::${account}:dashboard/${id}` : id;
      return ["cloudwatch", "UntagResource", { ResourceARN, TagKeys: [tag] }];
    }
    case "logs":
      return ["cloudwatch-logs", "UntagResource", { resourceArn: id, tagKeys: [tag] }];
    case "route53":
      return [
        "route-53",
        "ChangeTagsForResource",
        { ResourceType: "hostedzone", ResourceId: id, RemoveTagKeys: [tag] },
      ];
    case "backup":
      return ["backup", "UntagResource", { ResourceArn: arn(`backup:ACCOUNT:backup-vault:${id}`), TagKeyList: [tag] }];
    default:
      return undefined;
  }
}

const TAGLESS = /route$|redirect|policy|record|issued|subscription|object|builder/;
/** All that is there and bears tags, one object of each type or all of them. */
const tagged = async (on: Stage): Promise<readonly Observed[]> =>
  [...(await on.refresh()).entries.values()].filter(
    ({ node, look }) => look.live && !node.type.external && !TAGLESS.test(node.type.name),
  );

/** Takes the tag off all of them. Answers the keys of those of which a look shows that. */
async function strip(on: Stage, tag: string): Promise<readonly string[]> {
  const { ask } = accountIn(on.sandbox, on.clock);
  const shown: string[] = [];
  for (const { node, look } of await tagged(on)) {
    const id = look.live?.id as string;
    if (node.type.name === "s3:bucket") {
      const TagSet = Object.entries(look.live?.tags ?? {}).flatMap(([Key, Value]) =>
        Key === tag ? [] : { Key, Value },
      );
      await ask("s3", "PutBucketTagging", { Bucket: id, Tagging: { TagSet } });
    } else {
      const [service, operation, input] = untag(node.type.name, id, tag, on.aws.account) ?? [];
      expect(service, node.type.name).toBeDefined();
      await ask(service as string, operation as string, input as object);
    }
    if (look.live?.tags) shown.push(node.key);
  }
  await on.clock.sleep(120_000);
  return shown.sort();
}

test.each(CONFIGS)("off all objects at once, with %j: drift, mended, and taken down", async (config) => {
  const on = await stage(config);
  await on.up();
  for (const tag of [STACK_TAG, KEY_TAG]) {
    const stripped = await strip(on, tag);
    const drifted = (await on.status()).filter(({ standing }) => standing === "drift");
    expect(drifted.map(({ key }) => key).sort()).toEqual(stripped);
    expect(drifted.flatMap(({ pending }) => pending.map(({ field }) => field))).toEqual(stripped.map(() => "tags"));
    const planned = (await on.plan()).items.filter(({ action }) => action !== "none" && action !== "blocked");
    expect(planned.filter(({ action }) => action !== "update").map(({ key, action }) => [key, action])).toEqual([]);
    const { settled } = await on.up();
    expect(settled.filter(({ outcome }) => /failed|created|deleted|replaced/.test(outcome))).toEqual([]);
    expect((await on.status()).filter(({ standing }) => standing === "drift")).toEqual([]);
    const left = (await tagged(on)).filter(({ look }) => look.live?.tags && look.live.tags[tag] === undefined);
    expect(left.map(({ node }) => node.key)).toEqual([]);
  }
  await strip(on, STACK_TAG);
  const ended = await on.down();
  expect(ended.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  expect(await on.left()).toEqual([]);
});

describe("with the state lost, too, nothing is made beside it unsaid", () => {
  const lost = async (
    key: string,
    ...tags: readonly string[]
  ): Promise<{ readonly on: Stage; readonly id: string }> => {
    const on = await stage({ domain: null });
    await on.up();
    const { node, look } = (await on.refresh()).entries.get(key) as Observed;
    const id = look.live?.id as string;
    for (const tag of tags) {
      const [service, operation, input] = untag(node.type.name, id, tag, on.aws.account) as [string, string, object];
      await accountIn(on.sandbox, on.clock).ask(service, operation, input);
    }
    await on.clock.sleep(120_000);
    for (const other of Object.keys(on.store.resources)) on.store.drop(other);
    on.writes();
    return { on, id };
  };

  test.each([
    ["vpc", STACK_TAG],
    ["vpc", KEY_TAG],
    ["bastion-1", STACK_TAG],
    ["file-system", STACK_TAG],
    ["file-system", KEY_TAG],
    ["load-balancer", STACK_TAG],
  ])("%s without its %s: said with its name, and the run refused", async (key, tag) => {
    const { on, id } = await lost(key, tag);
    // What hangs on it would only have to change for its sake: nothing is offered for that.
    await expect(on.up()).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining(id),
      hint: expect.not.stringContaining("--replace"),
    });
    expect(on.writes()).toEqual([]);
    expect((await on.plan()).items.filter(({ action }) => action === "delete")).toEqual([]);
  });

  test("without any of the two it is somebody's, and the plan names it", async () => {
    const { on, id } = await lost("bastion-1", STACK_TAG, KEY_TAG);
    const planned = (await on.plan()).items.find(({ key }) => key === "bastion-1");
    expect(planned).toMatchObject({ action: "create", note: expect.stringContaining(`${id} is named Bastion1, too`) });
  });
});
