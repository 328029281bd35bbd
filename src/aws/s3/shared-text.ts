import type { SharedText } from "../../state/shared.ts";
import type { Services } from "../aws.ts";
import { hasCode, undefinedIf } from "../errors.ts";
import { inBucketOf } from "./state-bucket.ts";

/** Where an object lies, and whose the bucket must be. */
export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
  /** The account that must own the bucket: in another's, whoever has its name could read the state, and hand us theirs. */
  readonly owner: string;
}

/**
 * A text in S3. Each write names what it replaces, by its ETag, so that of two writers one is refused
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
 */
export function sharedText(s3: Services["s3"], place: ObjectPlace, contentType: string): SharedText {
  const { bucket: Bucket, key: Key, owner: ExpectedBucketOwner } = place;
  const path = `s3://${Bucket}/${Key}`;
  const read: SharedText["read"] = () =>
    inBucketOf(place, async () => {
      const found = await undefinedIf(["NoSuchKey"], () => s3.getObject({ Bucket, Key, ExpectedBucketOwner }));
      return found && { text: (await found.Body?.transformToString()) ?? "", mark: found.ETag ?? "" };
    });
  return {
    path,
    read,
    write: (text, over) =>
      inBucketOf(place, async () => {
        const condition = over === undefined ? { IfNoneMatch: "*" } : { IfMatch: over };
        try {
          const { ETag = "" } = await s3.putObject({
            Bucket,
            Key,
            Body: text,
            ContentType: contentType,
            ExpectedBucketOwner,
            ...condition,
          });
          return ETag;
        } catch (error) {
          // It was deleted, or somebody else has written.
          if (!hasCode(error, "PreconditionFailed", "NoSuchKey")) throw error;
          // Or we have: the answer was lost, and the SDK asked again. No two writers write the same text.
          const there = await read();
          return there?.text === text ? there.mark : undefined;
        }
      }),
    remove: () =>
      inBucketOf(place, async () => {
        await s3.deleteObject({ Bucket, Key, ExpectedBucketOwner });
      }),
  };
}
