import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import {
  type Bucket,
  bucketFor,
  bucketTable,
  denied,
  ExpectedBucketOwner,
  inBucket,
  keepVersion,
  versionsOf,
} from "./tables.ts";

const NAME = /^(?!xn--|sthree-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const tagSet = z.array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) })).max(50);
const tagsFrom = (list: z.infer<typeof tagSet> = []) => Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
const flags = z.strictObject({
  BlockPublicAcls: z.boolean().optional(),
  IgnorePublicAcls: z.boolean().optional(),
  BlockPublicPolicy: z.boolean().optional(),
  RestrictPublicBuckets: z.boolean().optional(),
});
function letsEverybodyIn(policy: string): boolean {
  const { Statement } = JSON.parse(policy) as { readonly Statement: readonly { readonly Effect?: string }[] };
  return [Statement]
    .flat()
    .some((one) => one.Effect === "Allow" && /"Principal":("\*"|\{"AWS":"\*"\})/.test(JSON.stringify(one)));
}

export const newBucket = (sim: Sim, name: string, tags: Bucket["tags"]): Bucket => ({
  name,
  tags,
  // On for every new bucket since April 2023.
  blocks: {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  },
  createdAt: sim.now,
});

/** The buckets themselves. */
export const bucketOperations: SandboxService["operations"] = {
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
      bucketTable(sim).putNow(name, newBucket(sim, name, tagsFrom(Tags)));
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

  GetPublicAccessBlock: operation({ Bucket: z.string(), ExpectedBucketOwner }, (input, sim) => {
    const { blocks } = bucketFor(sim, input.Bucket, input.ExpectedBucketOwner);
    return { PublicAccessBlockConfiguration: blocks };
  }),

  GetBucketPolicy: operation({ Bucket: z.string(), ExpectedBucketOwner }, (input, sim) => {
    const { policy } = bucketFor(sim, input.Bucket, input.ExpectedBucketOwner);
    if (policy === undefined) throw awsError("NoSuchBucketPolicy", "The bucket policy does not exist", { status: 404 });
    return { Policy: policy };
  }),

  PutBucketPolicy: operation(
    { Bucket: z.string(), Policy: z.string(), ChecksumAlgorithm: z.string().optional(), ExpectedBucketOwner },
    ({ Bucket, Policy, ExpectedBucketOwner }, sim) => {
      const bucket = bucketFor(sim, Bucket, ExpectedBucketOwner);
      // It blocks policies that let everybody in (user guide, "Blocking public access").
      if (bucket.blocks.BlockPublicPolicy && letsEverybodyIn(Policy)) throw denied();
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
    {
      Bucket: z.string(),
      PublicAccessBlockConfiguration: flags,
      ChecksumAlgorithm: z.string().optional(),
      ExpectedBucketOwner,
    },
    ({ Bucket, PublicAccessBlockConfiguration: given, ExpectedBucketOwner }, sim) => {
      const on = (flag: keyof typeof given) => given[flag] ?? false;
      bucketTable(sim).putNow(Bucket, {
        ...bucketFor(sim, Bucket, ExpectedBucketOwner),
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

  // Of one that never had versioning there is no status.
  GetBucketVersioning: operation({ Bucket: z.string(), ExpectedBucketOwner }, (input, sim) => {
    const { versioning } = bucketFor(sim, input.Bucket, input.ExpectedBucketOwner);
    return versioning === undefined ? {} : { Status: versioning };
  }),

  // Every bucket has it, since January 2023 (user guide, "Setting default server-side encryption behavior").
  GetBucketEncryption: operation({ Bucket: z.string(), ExpectedBucketOwner }, (input, sim) => {
    bucketFor(sim, input.Bucket, input.ExpectedBucketOwner);
    const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false };
    return { ServerSideEncryptionConfiguration: { Rules: [rule] } };
  }),

  PutBucketVersioning: operation(
    {
      Bucket: z.string(),
      VersioningConfiguration: z.strictObject({ Status: z.enum(["Enabled", "Suspended"]) }),
      ExpectedBucketOwner,
      ChecksumAlgorithm: z.string().optional(),
    },
    ({ Bucket, VersioningConfiguration: { Status }, ExpectedBucketOwner }, sim) => {
      const bucket = bucketFor(sim, Bucket, ExpectedBucketOwner);
      // What is there already becomes the version "null".
      if (!bucket.versioning)
        for (const { bucket: _, ...one } of inBucket(sim, Bucket)) keepVersion(sim, bucket, { ...one, marker: false });
      bucketTable(sim).putNow(Bucket, { ...bucket, versioning: Status });
      return {};
    },
  ),
};
