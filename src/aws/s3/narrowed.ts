import type { Narrowed, PolicyScope } from "../permissions.ts";
import { bucketName, stackBucket } from "./bucket.ts";

/** The stack's own bucket, in whichever account, and the object of its state. */
export function narrowed({ stack, region, arn, inputs }: PolicyScope): readonly Narrowed[] {
  const bucket = arn(`s3:::${bucketName({ account: "*", region }, stackBucket(stack))}`);
  const archives = { Sid: "Archives", Resource: `${bucket}/*` };
  const own = { Sid: "Bucket", Resource: bucket };
  const inOwn: readonly Narrowed[] = [
    { takes: (action) => /Object(Version)?$/.test(action), statements: [archives] },
    { takes: () => true, statements: [own] },
  ];
  // Only calls about a state say whose the bucket must be.
  const ofStates = inputs().filter(({ ExpectedBucketOwner }) => ExpectedBucketOwner !== undefined);
  if (ofStates.length === 0) return inOwn;
  const arns = (named: readonly string[]) => [...new Set(named)].sort().map((name) => arn(`s3:::${name}`));
  const states = {
    Sid: "State",
    Resource: arns(ofStates.flatMap(({ Bucket, Key }) => (Key === undefined ? [] : [`${Bucket}/${Key}`]))),
  };
  const ofState = { Sid: "StateBucket", Resource: arns(ofStates.map(({ Bucket }) => String(Bucket))) };
  return [
    { takes: (action) => action === "GetObject", statements: [states] },
    { takes: (action) => action === "PutObject", statements: [archives, states] },
    {
      takes: (action) => ["GetBucketVersioning", "GetEncryptionConfiguration"].includes(action),
      statements: [ofState],
    },
    {
      // Who may not list a bucket is told of an object that is not there that access is denied (API reference, GetObject).
      takes: (action) => ["GetBucketPolicy", "GetBucketPublicAccessBlock", "ListBucket"].includes(action),
      statements: [own, ofState],
    },
    ...inOwn,
  ];
}
