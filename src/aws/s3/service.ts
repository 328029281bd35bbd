import type { Service } from "../service.ts";
import { bucket } from "./bucket.ts";
import { object } from "./object.ts";
import { forgottenBucket } from "./residuals.ts";

export const s3: Service<typeof import("./client.ts")> = {
  package: "s3",
  load: () => import("./client.ts"),
  types: [bucket, object],
  residuals: [forgottenBucket],
  safety: {
    CreateBucket: "name",
    PutBucketTagging: "same",
    PutPublicAccessBlock: "same",
    DeleteBucket: "same",
    PutObject: "same",
    DeleteObject: "same",
  },
};
