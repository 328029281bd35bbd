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
  const objectsOf = (operation: string) =>
    inputs(operation).flatMap(({ Bucket, Key, ExpectedBucketOwner }) =>
      ExpectedBucketOwner === undefined ? [] : [`${Bucket}/${Key}`],
    );
  const written = objectsOf("PutObject");
  const states = { Sid: "State", Resource: arns(written) };
  // Who lists the stacks of the account reads those of others.
  const read = objectsOf("GetObject").filter((one) => !written.includes(one));
  const among = (one: string) =>
    read.some((many) => {
      const [start = "", end = ""] = many.split("*");
      return one.startsWith(start) && one.endsWith(end);
    });
  const toRead = [
    ...(written.every(among) ? [] : [states]),
    ...(read.length > 0 ? [{ Sid: "OtherStates", Resource: arns(read) }] : []),
  ];
  const ofState = { Sid: "StateBucket", Resource: arns(ofStates.map(({ Bucket }) => String(Bucket))) };
  return [
    { takes: (action) => action === "GetObject", statements: toRead },
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
