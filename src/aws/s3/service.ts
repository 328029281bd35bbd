import type { Service } from "../service.ts";
import { bucket } from "./bucket.ts";
import { extras } from "./extras.ts";
import { narrowed } from "./narrowed.ts";
import { object } from "./object.ts";

export const s3: Service<typeof import("./client.ts")> = {
  package: "s3",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "s3",
    actions: {
      ListObjectsV2: "ListBucket",
      ListObjectVersions: "ListBucketVersions",
      GetBucketEncryption: "GetEncryptionConfiguration",
      GetPublicAccessBlock: "GetBucketPublicAccessBlock",
      PutPublicAccessBlock: "PutBucketPublicAccessBlock",
    },
    tagging: "s3:TagResource",
    // What it lists is deleted by DeleteObject with a version, for which IAM has an action of its own (API reference).
    implied: { ListObjectVersions: ["s3:DeleteObjectVersion"] },
    changes: { CreateBucket: ["ListObjectVersions", "PutBucketTagging", "PutPublicAccessBlock"] },
    narrowed,
  },
  errors: {
    throttled: ["SlowDown"],
    // Two writes under a condition at the same moment: the next attempt tells who came first (API reference, PutObject).
    transient: ["ConditionalRequestConflict"],
    credentials: ["InvalidAccessKeyId", "RequestTimeTooSkewed"],
    // S3 API reference, "List of error codes".
    notActivated: ["NotSignedUp", "AccountProblem"],
  },
  extras,
  types: [bucket, object],
  colour: "#3f8f3a",
  safety: {
    CreateBucket: "name",
    PutBucketPolicy: "same",
    PutBucketTagging: "same",
    PutBucketVersioning: "same",
    PutPublicAccessBlock: "same",
    DeleteBucket: "same",
    PutObject: "same",
    DeleteObject: "same",
  },
};
