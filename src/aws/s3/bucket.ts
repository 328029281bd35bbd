import type { BucketLocationConstraint, DeleteMarkerEntry, ObjectVersion } from "@aws-sdk/client-s3";
import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { hasCode, undefinedIf } from "../errors.ts";
import { ownName } from "../names.ts";
import { assertOurs, tagList, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { isArchive } from "./archives.ts";

export interface BucketSpec {
  /** All four switches of S3 Block Public Access. */
  readonly publicAccessBlocked: boolean;
}
export interface BucketLive extends BucketSpec, Identified {
  readonly tags: Tags;
}

/** The name of a stack's bucket in the stack. */
export const stackBucket = (stack: string): string => ownName(stack);

/** Bucket names are unique in the whole world: a bucket of ours is named as its owner, with the account and the region. */
export const bucketName = (aws: Pick<Aws, "account" | "region">, name: string): string =>
  `${name}-${aws.account}-${aws.region}`;

const GONE = ["NoSuchBucket"];
/** So many of others' objects are named. */
const SHOWN = 5;

/** All versions of all objects, and delete markers; of a bucket that never had versioning, the objects. */
async function versionsIn(aws: Aws, Bucket: string): Promise<readonly (ObjectVersion | DeleteMarkerEntry)[]> {
  const found = await undefinedIf(GONE, () =>
    allPages(
      (from: string | undefined) => {
        const [KeyMarker, VersionIdMarker] = from === undefined ? [] : (JSON.parse(from) as string[]);
        return aws.s3.listObjectVersions({ Bucket, KeyMarker, VersionIdMarker });
      },
      ({ Versions = [], DeleteMarkers = [] }) => [...Versions, ...DeleteMarkers],
      (page) => (page.IsTruncated ? JSON.stringify([page.NextKeyMarker, page.NextVersionIdMarker]) : undefined),
    ),
  );
  return found ?? [];
}

/** Removes the versions and delete markers of what the stack itself stored. Answers how many. */
async function deleteVersions(aws: Aws, Bucket: string): Promise<number> {
  const ours = (await versionsIn(aws, Bucket)).filter(({ Key = "" }) => isArchive(Key));
  for (const { Key, VersionId } of ours) await aws.s3.deleteObject({ Bucket, Key, VersionId });
  return ours.length;
}

/** The bucket's tags; none: no tag set; undefined: no bucket. */
async function tagsOf(aws: Aws, Bucket: string): Promise<Tags | undefined> {
  const answer = await undefinedIf(["NoSuchBucket"], async () => {
    const tagging = await undefinedIf(["NoSuchTagSet"], () => aws.s3.getBucketTagging({ Bucket }));
    return tagging ?? { TagSet: [] };
  });
  return answer && tagsFrom(answer.TagSet);
}

/** A private bucket, in the account's own default encryption (SSE-S3, which AWS applies to every new object). Its id is its name (`bucketName`). */
export const bucket: ResourceType<BucketSpec, BucketLive> = {
  name: "s3:bucket",
  coverage: {
    covers: { publicAccessBlocked: ["PublicAccessBlockConfiguration"] },
    unshown: {
      "access list, website": "another call each; with public access blocked they open nothing to everybody",
      "versioning, encryption, lifecycle, replication, logging": "another call each",
    },
    dangers: [{ at: ["publicAccessBlocked"], danger: "made public", when: (text) => text === "false" }],
  },
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 2 },
  // A bucket of this name that was just deleted is still being cleared up.
  retryable: { create: ["OperationAborted"], delete: ["BucketNotEmpty", "OperationAborted"] },

  async find(aws, owner, id) {
    const name = bucketName(aws, owner.name);
    const tags = await tagsOf(aws, name);
    if (!tags) return undefined;
    const untagged = Object.keys(tags).length === 0;
    // Made by us and not tagged yet: `create` goes on with it.
    if (untagged && id !== name) return undefined;
    if (!untagged) assertOurs(owner, `bucket ${name}`, tags, id === name && "name");
    const access = await undefinedIf(["NoSuchPublicAccessBlockConfiguration", "NoSuchBucket"], () =>
      aws.s3.getPublicAccessBlock({ Bucket: name }),
    );
    const { BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets } =
      access?.PublicAccessBlockConfiguration ?? {};
    return {
      id: name,
      tags,
      described: { ...access, $metadata: undefined, Tags: tags },
      publicAccessBlocked: Boolean(BlockPublicAcls && BlockPublicPolicy && IgnorePublicAcls && RestrictPublicBuckets),
    };
  },

  knownBefore: (aws, { name }) => ({ id: bucketName(aws, name) }),

  async create(aws, _spec, owner) {
    const Bucket = bucketName(aws, owner.name);
    const Tags = tagList(owner.tags);
    try {
      const home = aws.region === "us-east-1" ? {} : { LocationConstraint: aws.region as BucketLocationConstraint };
      await aws.s3.createBucket({ Bucket, CreateBucketConfiguration: { ...home, Tags } });
    } catch (error) {
      if (hasCode(error, "BucketAlreadyExists")) assertOurs(owner, `bucket ${Bucket} of another AWS account`, {});
      if (!hasCode(error, "BucketAlreadyOwnedByYou")) throw error;
      const tags = (await tagsOf(aws, Bucket)) ?? {};
      // With our account and name and no tags at all, it is what an interrupted run left.
      if (Object.keys(tags).length > 0) assertOurs(owner, `bucket ${Bucket}`, tags);
      else await aws.s3.putBucketTagging({ Bucket, Tagging: { TagSet: Tags } });
    }
    return Bucket;
  },

  async update(aws, { id: Bucket, tags }, { publicAccessBlocked: on }, changed, owner) {
    // The call sets all tags: those of others stay.
    if (changed.has("tags")) {
      const others = Object.fromEntries(Object.entries(tags).filter(([key]) => !owner.obsoleteTags?.includes(key)));
      await aws.s3.putBucketTagging({ Bucket, Tagging: { TagSet: tagList({ ...others, ...owner.tags }) } });
    }
    if (changed.has("publicAccessBlocked")) {
      await aws.s3.putPublicAccessBlock({
        Bucket,
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: on,
          BlockPublicPolicy: on,
          IgnorePublicAcls: on,
          RestrictPublicBuckets: on,
        },
      });
    }
  },

  /** Where somebody has switched versioning on, what was deleted is still there (terraform-provider-aws#34789). */
  async delete(aws, { id }) {
    const remove = () => undefinedIf(GONE, () => aws.s3.deleteBucket({ Bucket: id }));
    try {
      await remove();
    } catch (error) {
      if (!hasCode(error, "BucketNotEmpty") || (await deleteVersions(aws, id)) === 0) throw error;
      await remove();
    }
  },

  /** Others' objects, which are left alone. */
  async blockers(aws, { id }) {
    const keys = (await versionsIn(aws, id)).map(({ Key = "" }) => Key).filter((key) => !isArchive(key));
    return [...new Set(keys)].slice(0, SHOWN).map((key) => ({
      id: `s3://${id}/${key}`,
      what: "an object that the stack did not put there",
      passing: false,
      commands: [`${aws.cli} s3 rm 's3://${id}/${key}' --region ${aws.region}`],
    }));
  },
};
