import { createHash } from "node:crypto";
import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";

interface Bucket {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets. */
  readonly blocks: Readonly<Record<string, boolean>>;
  readonly createdAt: number;
  /** Absent: it never had versioning. */
  readonly versioning?: "Enabled" | "Suspended";
  /** Absent: none. */
  readonly policy?: string;
}
/** In a bucket with versioning: what was stored or deleted once. */
interface Version {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly marker: boolean;
  readonly bytes: number;
  readonly sha256: string;
  readonly storedAt: number;
}
interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly storedAt: number;
}

const bucketTable = (sim: Sim) => sim.table<Bucket>("s3.buckets");
export const objectTable = (sim: Sim) => sim.table<StoredObject>("s3.objects");

const versionTable = (sim: Sim) => sim.table<Version>("s3.versions");
/** The newest first. */
const versionsOf = (sim: Sim, bucket: string, key?: string) =>
  versionTable(sim)
    .all()
    .filter((one) => one.bucket === bucket && (key === undefined || one.key === key))
    .reverse()
    .sort((one, other) => (one.key === other.key ? other.storedAt - one.storedAt : one.key < other.key ? -1 : 1));

/** Keeps one more version. What is stored without versioning, or while it is suspended, is the version "null". */
function keepVersion(sim: Sim, { name, versioning }: Bucket, given: Omit<Version, "versionId" | "bucket">): string {
  const versionId = versioning === "Enabled" ? sim.id("v") : "null";
  versionTable(sim).putNow(`${name}/${given.key}#${versionId}`, { ...given, bucket: name, versionId });
  return versionId;
}

/** S3 is strongly consistent: what was written is read at once, so all rows are written "now". */
function bucketFor(sim: Sim, name: string): Bucket {
  const bucket = bucketTable(sim).get(name);
  if (!bucket) throw awsError("NoSuchBucket", "The specified bucket does not exist", { status: 404 });
  return bucket;
}
const inBucket = (sim: Sim, name: string) =>
  objectTable(sim)
    .all()
    .filter((one) => one.bucket === name);

const NAME = /^(?!xn--|sthree-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const tagSet = z.array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) })).max(50);
const tagsFrom = (list: z.infer<typeof tagSet> = []) => Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
const flags = z.strictObject({
  BlockPublicAcls: z.boolean().optional(),
  IgnorePublicAcls: z.boolean().optional(),
  BlockPublicPolicy: z.boolean().optional(),
  RestrictPublicBuckets: z.boolean().optional(),
});
/** XML cannot hold every key: encoded on request, as the AWS CLI and boto3 always ask for (API reference, ListObjectsV2). */
const encodingType = z.literal("url").optional();
const keyAs = (encoding: "url" | undefined, key: string): string =>
  encoding === undefined ? key : encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+");
const bytes = z.custom<Uint8Array | string>((body) => typeof body === "string" || body instanceof Uint8Array);

export const s3: SandboxService = {
  errors: { throttled: "SlowDown", throttledStatus: 503 },
  inventory: { "s3.buckets": "buckets", "s3.objects": "S3 objects" },
  operations: {
    CreateBucket: operation(
      {
        Bucket: z.string(),
        CreateBucketConfiguration: z
          .strictObject({ LocationConstraint: z.string().optional(), Tags: tagSet.optional() })
          .optional(),
      },
      ({ Bucket: name, CreateBucketConfiguration: { LocationConstraint, Tags } = {} }, sim) => {
        if (!NAME.test(name)) throw awsError("InvalidBucketName", "The specified bucket is not valid.");
        if (LocationConstraint === "us-east-1")
          throw awsError("InvalidLocationConstraint", "The specified location-constraint is not valid");
        if ((LocationConstraint ?? "us-east-1") !== sim.region)
          throw awsError(
            "IllegalLocationConstraintException",
            `The ${LocationConstraint ?? "unspecified"} location constraint is incompatible for the region specific endpoint this request was sent to.`,
          );
        if (bucketTable(sim).get(name)) {
          // Only in us-east-1 a repeat is accepted.
          if (sim.region !== "us-east-1")
            throw awsError(
              "BucketAlreadyOwnedByYou",
              "Your previous request to create the named bucket succeeded and you already own it.",
              { status: 409 },
            );
          return { Location: `/${name}` };
        }
        bucketTable(sim).putNow(name, {
          name,
          tags: tagsFrom(Tags),
          // On for every new bucket since April 2023.
          blocks: {
            BlockPublicAcls: true,
            IgnorePublicAcls: true,
            BlockPublicPolicy: true,
            RestrictPublicBuckets: true,
          },
          createdAt: sim.now,
        });
        return { Location: `http://${name}.s3.${partitionOf(sim.region).dnsSuffix}/` };
      },
    ),

    GetBucketTagging: operation({ Bucket: z.string() }, ({ Bucket }, sim) => {
      const tags = Object.entries(bucketFor(sim, Bucket).tags);
      if (tags.length === 0) throw awsError("NoSuchTagSet", "The TagSet does not exist", { status: 404 });
      return { TagSet: tags.map(([Key, Value]) => ({ Key, Value })) };
    }),

    PutBucketTagging: operation(
      { Bucket: z.string(), Tagging: z.strictObject({ TagSet: tagSet }), ChecksumAlgorithm: z.string().optional() },
      ({ Bucket, Tagging }, sim) => {
        bucketTable(sim).putNow(Bucket, { ...bucketFor(sim, Bucket), tags: tagsFrom(Tagging.TagSet) });
        return {};
      },
    ),

    GetPublicAccessBlock: operation({ Bucket: z.string() }, ({ Bucket }, sim) => {
      const { blocks } = bucketFor(sim, Bucket);
      return { PublicAccessBlockConfiguration: blocks };
    }),

    GetBucketPolicy: operation({ Bucket: z.string() }, ({ Bucket }, sim) => {
      const { policy } = bucketFor(sim, Bucket);
      if (policy === undefined)
        throw awsError("NoSuchBucketPolicy", "The bucket policy does not exist", { status: 404 });
      return { Policy: policy };
    }),

    PutBucketPolicy: operation(
      { Bucket: z.string(), Policy: z.string(), ChecksumAlgorithm: z.string().optional() },
      ({ Bucket, Policy }, sim) => {
        const bucket = bucketFor(sim, Bucket);
        // It blocks policies that let everybody in (user guide, "Blocking public access").
        if (
          bucket.blocks.BlockPublicPolicy &&
          /"Principal":("\*"|\{"AWS":"\*"\})/.test(JSON.stringify(JSON.parse(Policy)))
        )
          throw awsError("AccessDenied", "Access Denied", { status: 403 });
        bucketTable(sim).putNow(Bucket, { ...bucket, policy: Policy });
        return {};
      },
    ),

    DeleteBucketPolicy: operation({ Bucket: z.string() }, ({ Bucket }, sim) => {
      const { policy: _policy, ...bucket } = bucketFor(sim, Bucket);
      bucketTable(sim).putNow(Bucket, bucket);
      return {};
    }),

    PutPublicAccessBlock: operation(
      { Bucket: z.string(), PublicAccessBlockConfiguration: flags, ChecksumAlgorithm: z.string().optional() },
      ({ Bucket, PublicAccessBlockConfiguration: given }, sim) => {
        const on = (flag: keyof typeof given) => given[flag] ?? false;
        bucketTable(sim).putNow(Bucket, {
          ...bucketFor(sim, Bucket),
          blocks: {
            BlockPublicAcls: on("BlockPublicAcls"),
            IgnorePublicAcls: on("IgnorePublicAcls"),
            BlockPublicPolicy: on("BlockPublicPolicy"),
            RestrictPublicBuckets: on("RestrictPublicBuckets"),
          },
        });
        return {};
      },
    ),

    DeleteBucket: operation({ Bucket: z.string() }, ({ Bucket }, sim) => {
      bucketFor(sim, Bucket);
      const versions = versionsOf(sim, Bucket).length;
      if (inBucket(sim, Bucket).length + versions > 0)
        throw awsError(
          "BucketNotEmpty",
          `The bucket you tried to delete is not empty${versions > 0 ? ". You must delete all versions in the bucket." : ""}`,
          { status: 409 },
        );
      bucketTable(sim).removeNow(Bucket);
      return {};
    }),

    PutObject: operation(
      {
        Bucket: z.string(),
        Key: z.string().min(1).max(1024),
        Body: bytes,
        ContentType: z.string().optional(),
        ChecksumSHA256: z.string().optional(),
        ChecksumAlgorithm: z.string().optional(),
      },
      ({ Bucket, Key, Body, ChecksumSHA256 }, sim) => {
        const bucket = bucketFor(sim, Bucket);
        const digest = createHash("sha256").update(Body).digest();
        if (ChecksumSHA256 !== undefined && ChecksumSHA256 !== digest.toString("base64"))
          throw awsError("BadDigest", "The SHA256 you specified did not match the calculated checksum.");
        // Its content is nobody's business here.
        objectTable(sim).putNow(`${Bucket}/${Key}`, {
          bucket: Bucket,
          key: Key,
          bytes: Buffer.byteLength(Body),
          sha256: digest.toString("hex"),
          storedAt: sim.now,
        });
        const kept = { key: Key, bytes: Buffer.byteLength(Body), sha256: digest.toString("hex"), storedAt: sim.now };
        if (bucket.versioning) keepVersion(sim, bucket, { ...kept, marker: false });
        // The MD5 of what came, where S3 encrypts with its own keys (API reference, Object).
        return { ETag: `"${createHash("md5").update(Body).digest("hex")}"`, ServerSideEncryption: "AES256" };
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

    PutBucketVersioning: operation(
      { Bucket: z.string(), VersioningConfiguration: z.strictObject({ Status: z.enum(["Enabled", "Suspended"]) }) },
      ({ Bucket, VersioningConfiguration: { Status } }, sim) => {
        const bucket = bucketFor(sim, Bucket);
        // What is there already becomes the version "null".
        if (!bucket.versioning)
          for (const { bucket: _, ...one } of inBucket(sim, Bucket))
            keepVersion(sim, bucket, { ...one, marker: false });
        bucketTable(sim).putNow(Bucket, { ...bucket, versioning: Status });
        return {};
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
      { Bucket: z.string(), Key: z.string().min(1), VersionId: z.string().optional() },
      ({ Bucket, Key, VersionId }, sim) => {
        const bucket = bucketFor(sim, Bucket);
        if (VersionId !== undefined) versionTable(sim).removeNow(`${Bucket}/${Key}#${VersionId}`);
        const marker = { key: Key, marker: true, bytes: 0, sha256: "", storedAt: sim.now };
        const made = bucket.versioning && VersionId === undefined ? keepVersion(sim, bucket, marker) : undefined;
        const [latest] = versionsOf(sim, Bucket, Key);
        if (latest && !latest.marker) objectTable(sim).putNow(`${Bucket}/${Key}`, latest);
        else objectTable(sim).removeNow(`${Bucket}/${Key}`);
        return made === undefined ? {} : { DeleteMarker: true, VersionId: made };
      },
    ),
  },
};
