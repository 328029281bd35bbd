import type { SandboxService } from "../../service.ts";
import { bucketOperations, newBucket } from "./buckets.ts";
import { objectOperations } from "./objects.ts";
import { bucketTable } from "./tables.ts";

/** Amazon S3. */
export const s3: SandboxService = {
  everywhere: true,
  errors: { throttled: "SlowDown", throttledStatus: 503 },
  inventory: { "s3.buckets": "buckets", "s3.objects": "S3 objects" },
  fresh(sim, { stateBucket: name }) {
    if (name !== undefined) bucketTable(sim).putNow(name, { ...newBucket(sim, name, {}), versioning: "Enabled" });
  },
  operations: { ...bucketOperations, ...objectOperations },
};
