import type { Narrowed, PolicyScope } from "../permissions.ts";
import { bucketName, stackBucket } from "./bucket.ts";

/** The stack's own bucket, in whichever account. */
export function narrowed({ stack, region, arn }: PolicyScope): readonly Narrowed[] {
  const bucket = arn(`s3:::${bucketName({ account: "*", region }, stackBucket(stack))}`);
  return [
    {
      takes: (action) => /Object(Version)?$/.test(action),
      statements: [{ Sid: "Archives", Resource: `${bucket}/*` }],
    },
    { takes: () => true, statements: [{ Sid: "Bucket", Resource: bucket }] },
  ];
}
