import { onlyAtBirth } from "../../engine/differences.ts";
import type { Identified, ResourceType } from "../../engine/resource.ts";
import { absentAs } from "../errors.ts";
import { allPages } from "../pages.ts";
import { bucketName } from "./bucket.ts";

export interface ObjectSpec {
  readonly bucket: string;
  /** Named by its content: `app/<sha256>.tar.gz`. */
  readonly key: string;
  /** Of the body, hexadecimal. */
  readonly sha256: string;
  readonly body: Uint8Array;
}
export interface ObjectLive extends ObjectSpec, Identified {}

const FOLDER = "app/";
const NO_BODY = new Uint8Array();

/** The name of an application archive. */
export const archiveKey = (sha256: string): string => `${FOLDER}${sha256}.tar.gz`;

/** An application archive in the stack's own bucket. There is one at a time; its id is "bucket/key". */
export const object: ResourceType<ObjectSpec, ObjectLive> = {
  name: "s3:object",
  immutable: ["bucket", "key", "sha256"],
  same: { body: onlyAtBirth },
  unrecorded: ["body"],
  disposable: true,
  patience: { usual: 2, limit: 300, gone: 1 },
  retryable: { create: ["NoSuchBucket"] },

  async find(aws, owner, id) {
    const bucket = bucketName(aws, owner.stack);
    const found = await absentAs(["NoSuchBucket"], () =>
      allPages(
        (ContinuationToken) => aws.s3.listObjectsV2({ Bucket: bucket, Prefix: FOLDER, ContinuationToken }),
        (page) => page.Contents,
        (page) => page.NextContinuationToken,
      ),
    );
    const keys = (found ?? []).flatMap(({ Key }) => Key ?? []);
    // Any: one that an earlier run left is replaced, or deleted, like the recorded one.
    const key = keys.find((one) => `${bucket}/${one}` === id) ?? keys[0];
    if (key === undefined) return undefined;
    const sha256 = key.slice(FOLDER.length).replace(/\.tar\.gz$/, "");
    return { id: `${bucket}/${key}`, bucket, key, sha256, body: NO_BODY };
  },

  async create(aws, { bucket, key, sha256, body }) {
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
    await absentAs(["NoSuchBucket"], () => aws.s3.deleteObject({ Bucket: bucket, Key: key }));
  },

  charges: () => [{ uncounted: "the application's archive in S3: cents for each GB" }],
};
