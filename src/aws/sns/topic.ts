import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { assertOurs, tagList, tagsFrom } from "../owned.ts";

/** `id` is the ARN. */
export interface TopicLive extends Identified {
  readonly tags: Tags;
}

/** Of ListTagsForResource, and of the other calls. */
export const NO_TOPIC = ["ResourceNotFoundException", "ResourceNotFound", "NotFoundException", "NotFound"];

export const topicArn = (aws: Aws, name: string): string =>
  `arn:${aws.partition}:sns:${aws.region}:${aws.account}:${name}`;

/** An SNS topic. Named as its owner. Alarms of the same account may publish to it by its default policy. */
export const topic: ResourceType<object, TopicLive> = {
  name: "sns:topic",
  naming: { longest: 256, within: "region" },
  coverage: {
    covers: {},
    unshown: { "access policy, encryption, delivery policy": "another call" },
  },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },
  retryable: { create: ["ConcurrentAccessException"], delete: ["ConcurrentAccessException"] },

  // Before each create: AWS answers a create of an existing topic with that topic, whosever it is.
  async find(aws, owner, recorded) {
    const id = topicArn(aws, owner.name);
    const found = await undefinedIf(NO_TOPIC, () => aws.sns.listTagsForResource({ ResourceArn: id }));
    if (!found) return undefined;
    const tags = tagsFrom(found.Tags);
    assertOurs(owner, id, tags, id === recorded && "name");
    return { id, tags, described: { Tags: tags } };
  },

  async create(aws, _spec, owner) {
    const { TopicArn } = await aws.sns.createTopic({ Name: owner.name, Tags: tagList(owner.tags) });
    return TopicArn as string;
  },

  async update(aws, { id }, _spec, changed, owner) {
    if (!changed.has("tags")) return;
    const { tags, obsoleteTags = [] } = owner;
    if (obsoleteTags.length > 0) await aws.sns.untagResource({ ResourceArn: id, TagKeys: [...obsoleteTags] });
    await aws.sns.tagResource({ ResourceArn: id, Tags: tagList(tags) });
  },

  async delete(aws, { id }) {
    await undefinedIf(NO_TOPIC, () => aws.sns.deleteTopic({ TopicArn: id }));
  },
};
