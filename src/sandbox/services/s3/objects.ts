import { createHash } from "node:crypto";
import * as z from "zod";
import { BuddyError } from "../../../lib/errors.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import {
  bucketFor,
  ExpectedBucketOwner,
  inBucket,
  keepVersion,
  objectTable,
  type StoredObject,
  versionsOf,
  versionTable,
} from "./tables.ts";

/** All texts that the stack keeps are smaller by far; what is longer is not kept, and cannot be read again. */
const KEPT_BYTES = 4 * 2 ** 20;

/** The text of a body; undefined: it is none, or too long. */
function textOf(body: Uint8Array | string): string | undefined {
  if (Buffer.byteLength(body) > KEPT_BYTES) return undefined;
  if (typeof body === "string") return body;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** What a conditional write asks for (user guide, "How to prevent object overwrites with conditional writes"). */
function checkCondition(
  before: StoredObject | undefined,
  { IfMatch, IfNoneMatch }: { readonly IfMatch?: string | undefined; readonly IfNoneMatch?: "*" | undefined },
): void {
  const failed = (condition: string) =>
    awsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
      status: 412,
      fields: { Condition: condition },
    });
  if (IfNoneMatch !== undefined && before) throw failed("If-None-Match");
  if (IfMatch === undefined) return;
  // With no current version, or a delete marker for one.
  if (!before) throw noKey();
  if (before.etag?.replaceAll('"', "") !== IfMatch.replaceAll('"', "")) throw failed("If-Match");
}
const noKey = () => awsError("NoSuchKey", "The specified key does not exist.", { status: 404 });
/** XML cannot hold every key: encoded on request, as the AWS CLI and boto3 always ask for (API reference, ListObjectsV2). */
const encodingType = z.literal("url").optional();
const keyAs = (encoding: "url" | undefined, key: string): string =>
  encoding === undefined ? key : encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+");
const bytes = z.custom<Uint8Array | string>((body) => typeof body === "string" || body instanceof Uint8Array);

/** What is in them. */
export const objectOperations: SandboxService["operations"] = {
  PutObject: operation(
    {
      Bucket: z.string(),
      Key: z.string().min(1).max(1024),
      Body: bytes,
      ContentType: z.string().optional(),
      ChecksumSHA256: z.string().optional(),
      ChecksumAlgorithm: z.string().optional(),
      IfMatch: z.string().min(1).optional(),
      // S3 takes no other value in a write (API reference, PutObject).
      IfNoneMatch: z.literal("*").optional(),
      ExpectedBucketOwner,
    },
    ({ Bucket, Key, Body, ChecksumSHA256, ExpectedBucketOwner, ...condition }, sim) => {
      const bucket = bucketFor(sim, Bucket, ExpectedBucketOwner);
      const digest = createHash("sha256").update(Body).digest();
      if (ChecksumSHA256 !== undefined && ChecksumSHA256 !== digest.toString("base64"))
        throw awsError("BadDigest", "The SHA256 you specified did not match the calculated checksum.");
      checkCondition(objectTable(sim).get(`${Bucket}/${Key}`), condition);
      // The MD5 of what came, where S3 encrypts with its own keys (API reference, Object).
      const etag = `"${createHash("md5").update(Body).digest("hex")}"`;
      const text = textOf(Body);
      objectTable(sim).putNow(`${Bucket}/${Key}`, {
        bucket: Bucket,
        key: Key,
        bytes: Buffer.byteLength(Body),
        sha256: digest.toString("hex"),
        storedAt: sim.now,
        etag,
        ...(text === undefined ? {} : { text }),
      });
      const kept = { key: Key, bytes: Buffer.byteLength(Body), sha256: digest.toString("hex"), storedAt: sim.now };
      const VersionId = bucket.versioning && keepVersion(sim, bucket, { ...kept, marker: false });
      return { ETag: etag, ServerSideEncryption: "AES256", ...(VersionId === undefined ? {} : { VersionId }) };
    },
  ),

  GetObject: operation(
    { Bucket: z.string(), Key: z.string().min(1).max(1024), ExpectedBucketOwner, ChecksumMode: z.string().optional() },
    ({ Bucket, Key, ExpectedBucketOwner }, sim) => {
      bucketFor(sim, Bucket, ExpectedBucketOwner);
      const found = objectTable(sim).get(`${Bucket}/${Key}`);
      if (!found) throw noKey();
      if (found.text === undefined)
        throw new BuddyError({
          code: "sandbox",
          message: `the sandbox keeps of ${Key} in ${Bucket} only its size and digest`,
          hint: "It keeps the content of texts up to 4 MiB.",
        });
      return {
        Body: new TextEncoder().encode(found.text),
        ContentLength: found.bytes,
        LastModified: new Date(found.storedAt),
        ...(found.etag === undefined ? {} : { ETag: found.etag }),
        ServerSideEncryption: "AES256",
      };
    },
  ),

  ListObjectsV2: operation(
    {
      Bucket: z.string(),
      Prefix: z.string().optional(),
      ContinuationToken: z.string().optional(),
      EncodingType: encodingType,
    },
    ({ Bucket, Prefix = "", ContinuationToken, EncodingType }, sim) => {
      bucketFor(sim, Bucket);
      const found = inBucket(sim, Bucket)
        .filter(({ key }) => key.startsWith(Prefix))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      const from = Number(ContinuationToken ?? 0);
      const items = found.slice(from, from + 1000);
      return {
        Name: Bucket,
        Prefix: keyAs(EncodingType, Prefix),
        MaxKeys: 1000,
        ...(EncodingType ? { EncodingType } : {}),
        KeyCount: items.length,
        // S3 gives no empty list.
        ...(items.length > 0
          ? {
              Contents: items.map(({ key, bytes: Size, storedAt }) => ({
                Key: keyAs(EncodingType, key),
                Size,
                LastModified: new Date(storedAt),
                StorageClass: "STANDARD",
              })),
            }
          : {}),
        IsTruncated: from + 1000 < found.length,
        ...(from + 1000 < found.length ? { NextContinuationToken: String(from + 1000) } : {}),
      };
    },
  ),

  ListObjectVersions: operation(
    {
      Bucket: z.string(),
      KeyMarker: z.string().optional(),
      VersionIdMarker: z.string().optional(),
      EncodingType: encodingType,
    },
    ({ Bucket, EncodingType }, sim) => {
      const { versioning } = bucketFor(sim, Bucket);
      const all = versioning
        ? versionsOf(sim, Bucket)
        : inBucket(sim, Bucket).map((one) => ({ ...one, versionId: "null", marker: false }));
      const shown = (marker: boolean) =>
        all
          .filter((one) => one.marker === marker)
          .map(({ key, versionId }) => ({ Key: keyAs(EncodingType, key), VersionId: versionId }));
      return {
        Name: Bucket,
        ...(EncodingType ? { EncodingType } : {}),
        IsTruncated: false,
        Versions: shown(false),
        DeleteMarkers: shown(true),
      };
    },
  ),

  // Deleting what is not there is fine. With versioning only the deletion of a version deletes anything.
  DeleteObject: operation(
    { Bucket: z.string(), Key: z.string().min(1), VersionId: z.string().optional(), ExpectedBucketOwner },
    ({ Bucket, Key, VersionId, ExpectedBucketOwner }, sim) => {
      const bucket = bucketFor(sim, Bucket, ExpectedBucketOwner);
      if (VersionId !== undefined) versionTable(sim).removeNow(`${Bucket}/${Key}#${VersionId}`);
      const marker = { key: Key, marker: true, bytes: 0, sha256: "", storedAt: sim.now };
      const made = bucket.versioning && VersionId === undefined ? keepVersion(sim, bucket, marker) : undefined;
      const [latest] = versionsOf(sim, Bucket, Key);
      if (latest && !latest.marker) objectTable(sim).putNow(`${Bucket}/${Key}`, latest);
      else objectTable(sim).removeNow(`${Bucket}/${Key}`);
      return made === undefined ? {} : { DeleteMarker: true, VersionId: made };
    },
  ),
};
