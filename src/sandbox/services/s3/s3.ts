import type { SandboxService } from "../../service.ts";
import { bucketOperations } from "./buckets.ts";
import { objectOperations } from "./objects.ts";

/** Amazon S3. */
export const s3: SandboxService = {
  errors: { throttled: "SlowDown", throttledStatus: 503 },
  inventory: { "s3.buckets": "buckets", "s3.objects": "S3 objects" },
  operations: { ...bucketOperations, ...objectOperations },
};
