import type { Safety } from "../safety.ts";

export { HeadBucketCommand, S3Client as Client } from "@aws-sdk/client-s3";

export const safety: Readonly<Record<string, Safety>> = {};
