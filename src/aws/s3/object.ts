import type { Identified, ResourceType } from "../../engine/resource.ts";
import { createOnly } from "../../lib/compare.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { allPages } from "../pages.ts";
import { ARCHIVE_ENDING } from "./archives.ts";
import { bucketName } from "./bucket.ts";

export interface ObjectSpec {
  readonly bucket: string;
  /** Of the body, hexadecimal. */
  readonly sha256: string;
  readonly body: Uint8Array;
}
export interface ObjectLive extends ObjectSpec, Identified {
  /** `<folder>/<sha256>.tar.gz`. */
  readonly key: string;
}

const NO_BODY = new Uint8Array();

/** Where it lies: by its recorded id, else by its name, `<bucket's owner name>/<folder>`. Undefined: the name tells no place. */
function placeOf(aws: Aws, name: string, id: string | undefined) {
  const [place, named] = id === undefined ? [name, true] : [id.slice(0, id.lastIndexOf("/")), false];
  const slash = place.indexOf("/");
  if (slash < 1) return undefined;
  const [bucket, folder] = [place.slice(0, slash), place.slice(slash + 1)];
  return { bucket: named ? bucketName(aws, bucket) : bucket, folder };
}

/**
 * An archive in a bucket of the stack's own, which carries the tags, named by its content. There is one at a time in its folder. Named `<bucket's owner name>/<folder>`;
 * its id is "bucket/key".
 */
export const object: ResourceType<ObjectSpec, ObjectLive> = {
  name: "s3:object",
  immutable: ["bucket", "sha256"],
  coverage: {
    covers: { bucket: ["Bucket"], sha256: ["Key"], body: "watched" },
    dangers: [{ at: ["ETag", "Size"], danger: "leads elsewhere" }],
  },
  same: { body: createOnly },
  unrecorded: ["body"],
  disposable: true,
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 1 },
  retryable: { create: ["NoSuchBucket"] },

  async find(aws, owner, id) {
    const place = placeOf(aws, owner.name, id);
    if (!place) return undefined;
    const { bucket, folder } = place;
    const found = await undefinedIf(["NoSuchBucket"], () =>
      allPages(
        (ContinuationToken) => aws.s3.listObjectsV2({ Bucket: bucket, Prefix: `${folder}/`, ContinuationToken }),
        (page) => page.Contents,
        (page) => page.NextContinuationToken,
      ),
    );
    const keys = (found ?? []).flatMap(({ Key }) => Key ?? []);
    // Any: one that an earlier run left is replaced, or deleted, like the recorded one.
    const key = keys.find((one) => `${bucket}/${one}` === id) ?? keys[0];
    if (key === undefined) return undefined;
    const sha256 = key.slice(folder.length + 1).replace(ARCHIVE_ENDING, "");
    const shown = found?.find(({ Key }) => Key === key);
    return {
      id: `${bucket}/${key}`,
      bucket,
      key,
      sha256,
      body: NO_BODY,
      described: { ...shown, Bucket: bucket },
    };
  },

  async create(aws, { bucket, sha256, body }, owner) {
    const key = `${placeOf(aws, owner.name, undefined)?.folder}/${sha256}${ARCHIVE_ENDING}`;
    await aws.s3.putObject({
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentType: "application/gzip",
      // S3 refuses it when it was damaged on the way.
      ChecksumSHA256: Buffer.from(sha256, "hex").toString("base64"),
    });
    return `${bucket}/${key}`;
  },

  async delete(aws, { bucket, key }) {
    await undefinedIf(["NoSuchBucket"], () => aws.s3.deleteObject({ Bucket: bucket, Key: key }));
  },

  charges: () => [{ uncounted: "the archives in S3: cents for each GB" }],
};
