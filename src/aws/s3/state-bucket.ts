import type { BucketLocationConstraint } from "@aws-sdk/client-s3";
import { BuddyError } from "../../lib/errors.ts";
import type { Services } from "../aws.ts";
import { hasCode, undefinedIf } from "../errors.ts";

/** A bucket that states lie in, and whose it must be. */
export interface StateBucket {
  readonly bucket: string;
  readonly owner: string;
}

/** How a bucket keeps what is in it. */
export interface BucketFacts {
  readonly versioning: boolean;
  readonly publicAccessBlocked: boolean;
  /** As S3 names it: "AES256", "aws:kms". */
  readonly encryption: string;
  /** Its policy refuses what does not come by TLS. */
  readonly tlsOnly: boolean;
}

/** Says what an error of S3's means where a state is concerned. */
export async function inBucketOf<T>({ bucket, owner }: StateBucket, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const parts = wordsFor(error, bucket, owner);
    throw parts ? new BuddyError({ code: "state", about: { id: bucket }, cause: error, ...parts }) : error;
  }
}

function wordsFor(error: unknown, bucket: string, owner: string) {
  if (hasCode(error, "NoSuchBucket"))
    return {
      message: `there is no bucket ${bucket}`,
      hint: `Nothing was changed. \`buddyverse state init s3://${bucket}\` makes it, as a state needs it; or name another in the config's state.bucket.`,
    };
  if (hasCode(error, "AccessDenied"))
    return {
      message: `S3 does not let us into the bucket ${bucket}`,
      hint: `The role needs what \`buddyverse policy\` prints for this config; and the bucket must belong to account ${owner}: in another's, whoever has the name could read the state.`,
    };
  // What S3 says to a request for a bucket that lies in another region (API reference, "List of error codes").
  if (hasCode(error, "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"))
    return {
      message: `the bucket ${bucket} is in another region`,
      hint: "Say which in the config's state.region. Nothing was changed.",
    };
  return undefined;
}

const TLS_ONLY = "OnlyByTls";

interface Policy {
  readonly Version?: string;
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}

async function policyOf(s3: Services["s3"], { bucket: Bucket, owner }: StateBucket): Promise<Policy> {
  const found = await undefinedIf(["NoSuchBucketPolicy"], () =>
    s3.getBucketPolicy({ Bucket, ExpectedBucketOwner: owner }),
  );
  const policy = JSON.parse(found?.Policy ?? '{"Statement":[]}') as Policy;
  return { ...policy, Statement: [policy.Statement].flat() };
}

const refusesPlain = ({ Statement }: Policy): boolean =>
  Statement.some(
    ({ Effect, Condition }) =>
      Effect === "Deny" && /"aws:SecureTransport":\[?"?false/i.test(JSON.stringify(Condition ?? {})),
  );

/** Reads how a bucket keeps what is in it. Throws `state` where there is none, or it is another account's. */
export const bucketFacts = (s3: Services["s3"], place: StateBucket): Promise<BucketFacts> =>
  inBucketOf(place, async () => {
    const of = { Bucket: place.bucket, ExpectedBucketOwner: place.owner };
    const [{ Status }, access, encryption, policy] = await Promise.all([
      s3.getBucketVersioning(of),
      undefinedIf(["NoSuchPublicAccessBlockConfiguration"], () => s3.getPublicAccessBlock(of)),
      undefinedIf(["ServerSideEncryptionConfigurationNotFoundError"], () => s3.getBucketEncryption(of)),
      policyOf(s3, place),
    ]);
    const blocks = access?.PublicAccessBlockConfiguration ?? {};
    const [rule] = encryption?.ServerSideEncryptionConfiguration?.Rules ?? [];
    return {
      versioning: Status === "Enabled",
      publicAccessBlocked: ALL_BLOCKED.every((flag) => blocks[flag]),
      // Since January 2023 S3 encrypts every new object, by its own keys where nothing else is said.
      encryption: rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? "AES256",
      tlsOnly: refusesPlain(policy),
    };
  });

const ALL_BLOCKED = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] as const;

/** What of a bucket a state must not be begun in. */
export const unfitFor = ({ versioning, publicAccessBlocked }: BucketFacts): readonly string[] => [
  ...(versioning ? [] : ["versioning is off: a state that was overwritten could not be had back"]),
  ...(publicAccessBlocked ? [] : ["public access is not blocked"]),
];

/** Makes the bucket, where there is none. Answers whether it did. */
export async function makeStateBucket(
  s3: Services["s3"],
  { bucket: Bucket, owner }: StateBucket,
  region: string,
): Promise<boolean> {
  const home = region === "us-east-1" ? {} : { LocationConstraint: region as BucketLocationConstraint };
  const there = await undefinedIf(["NoSuchBucket"], () =>
    s3.getBucketVersioning({ Bucket, ExpectedBucketOwner: owner }),
  );
  if (there) return false;
  try {
    const Tags = [{ Key: "buddyverse:purpose", Value: "state" }];
    await s3.createBucket({ Bucket, CreateBucketConfiguration: { ...home, Tags } });
    return true;
  } catch (error) {
    if (hasCode(error, "BucketAlreadyOwnedByYou")) return false;
    if (!hasCode(error, "BucketAlreadyExists")) throw error;
    throw new BuddyError({
      code: "state",
      message: `the name ${Bucket} is taken by another AWS account: bucket names are unique in the whole world`,
      about: { id: Bucket },
      hint: `Choose another for the config's state.bucket, with the account's number in it: NAME-${owner}.`,
      cause: error,
    });
  }
}

/** Has the bucket keep versions, block public access and refuse what does not come by TLS. Sets only what is not so yet. */
export async function protectStateBucket(
  s3: Services["s3"],
  place: StateBucket,
  partition: string,
  { versioning, publicAccessBlocked, tlsOnly }: BucketFacts,
): Promise<void> {
  const of = { Bucket: place.bucket, ExpectedBucketOwner: place.owner };
  if (!publicAccessBlocked)
    await s3.putPublicAccessBlock({
      ...of,
      PublicAccessBlockConfiguration: Object.fromEntries(ALL_BLOCKED.map((flag) => [flag, true])),
    });
  if (!versioning) await s3.putBucketVersioning({ ...of, VersioningConfiguration: { Status: "Enabled" } });
  if (tlsOnly) return;
  const { Version = "2012-10-17", Statement } = await policyOf(s3, place);
  const arn = `arn:${partition}:s3:::${place.bucket}`;
  const tls = {
    Sid: TLS_ONLY,
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [arn, `${arn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  await s3.putBucketPolicy({ ...of, Policy: JSON.stringify({ Version, Statement: [...Statement, tls] }) });
}
