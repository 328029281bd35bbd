import * as z from "zod";
import { awsError } from "../../service.ts";
import type { Sim } from "../../world.ts";

export interface Bucket {
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
export interface Version {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly marker: boolean;
  readonly bytes: number;
  readonly sha256: string;
  readonly storedAt: number;
}
export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly storedAt: number;
  /** With its quotation marks. Absent: an older sandbox stored it. */
  readonly etag?: string;
  /** What is in it, where that is a text. An archive's content is nobody's business here. */
  readonly text?: string;
}

export const bucketTable = (sim: Sim) => sim.table<Bucket>("s3.buckets");
export const objectTable = (sim: Sim) => sim.table<StoredObject>("s3.objects");

export const versionTable = (sim: Sim) => sim.table<Version>("s3.versions");
/** The newest first. */
export const versionsOf = (sim: Sim, bucket: string, key?: string) =>
  versionTable(sim)
    .all()
    .filter((one) => one.bucket === bucket && (key === undefined || one.key === key))
    .reverse()
    .sort((one, other) => (one.key === other.key ? other.storedAt - one.storedAt : one.key < other.key ? -1 : 1));

/** Keeps one more version. What is stored without versioning, or while it is suspended, is the version "null". */
export function keepVersion(
  sim: Sim,
  { name, versioning }: Bucket,
  given: Omit<Version, "versionId" | "bucket">,
): string {
  const versionId = versioning === "Enabled" ? sim.id("v") : "null";
  versionTable(sim).putNow(`${name}/${given.key}#${versionId}`, { ...given, bucket: name, versionId });
  return versionId;
}

/**
 * S3 is strongly consistent: what was written is read at once, so all rows are written "now".
 * @param owner the account that the caller expects it to belong to (user guide, "Verifying bucket ownership")
 */
export function bucketFor(sim: Sim, name: string, owner?: string): Bucket {
  const bucket = bucketTable(sim).get(name);
  if (!bucket) throw awsError("NoSuchBucket", "The specified bucket does not exist", { status: 404 });
  if (owner !== undefined && owner !== sim.account) throw denied();
  return bucket;
}
export const denied = () => awsError("AccessDenied", "Access Denied", { status: 403 });

export const inBucket = (sim: Sim, name: string) =>
  objectTable(sim)
    .all()
    .filter((one) => one.bucket === name);

/** An account. Of the calls that are not asked about whose the bucket is, none takes it here. */
export const ExpectedBucketOwner = z
  .string()
  .regex(/^\d{12}$/)
  .optional();
