import type { Safety } from "../safety.ts";

export {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketTaggingCommand,
  GetPublicAccessBlockCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client as Client,
} from "@aws-sdk/client-s3";

export const safety: Readonly<Record<string, Safety>> = {
  CreateBucket: "name",
  PutBucketTagging: "same",
  PutPublicAccessBlock: "same",
  DeleteBucket: "same",
  PutObject: "same",
  DeleteObject: "same",
};
