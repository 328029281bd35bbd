/** AWS's rules for buckets and objects, as the sandbox keeps them. */
import { createHash } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";

const START = Date.UTC(2026, 10, 22);
const Bucket = "buddyverse-test";
let clock: Clock;
let s3: Aws["s3"];
let sandbox: Sandbox;
beforeEach(async () => {
  clock = jumpingClock(START);
  sandbox = openSandbox({ world: freshWorld({ region: "ap-northeast-2", time: START, seed: 2 }), clock });
  ({ s3 } = await connect({ region: "ap-northeast-2", clock, wire: sandbox, network: sandbox.network }));
});
const refused = (call: Promise<unknown>, name: string) => expect(call).rejects.toMatchObject({ name });

test("a bucket is made once, in the client's own region, and with its tags", async () => {
  await refused(s3.createBucket({ Bucket: "Not_A_Bucket" }), "InvalidBucketName");
  const elsewhere = { LocationConstraint: "eu-west-1" } as const;
  await refused(
    s3.createBucket({ Bucket, CreateBucketConfiguration: elsewhere }),
    "IllegalLocationConstraintException",
  );
  await s3.createBucket({ Bucket, CreateBucketConfiguration: { Tags: [{ Key: "a", Value: "b" }] } });
  await refused(s3.createBucket({ Bucket }), "BucketAlreadyOwnedByYou");
  expect((await s3.getBucketTagging({ Bucket })).TagSet).toEqual([{ Key: "a", Value: "b" }]);
});

test("no tags is an error of its own, no bucket another", async () => {
  await refused(s3.getBucketTagging({ Bucket }), "NoSuchBucket");
  await s3.createBucket({ Bucket });
  await refused(s3.getBucketTagging({ Bucket }), "NoSuchTagSet");
});

test("an object is checked on arrival, and holds its bucket", async () => {
  await s3.createBucket({ Bucket });
  const Body = Buffer.from("archive");
  const put = (ChecksumSHA256: string) => s3.putObject({ Bucket, Key: "app/one.tar.gz", Body, ChecksumSHA256 });
  await refused(put(Buffer.from("x".repeat(32)).toString("base64")), "BadDigest");
  await put(createHash("sha256").update(Body).digest("base64"));
  await s3.putObject({ Bucket, Key: "other", Body });
  const { Contents } = await s3.listObjectsV2({ Bucket, Prefix: "app/" });
  expect(Contents?.map(({ Key }) => Key)).toEqual(["app/one.tar.gz"]);
  await refused(s3.deleteBucket({ Bucket }), "BucketNotEmpty");
  for (const Key of ["app/one.tar.gz", "other", "never-there"]) await s3.deleteObject({ Bucket, Key });
  expect((await s3.listObjectsV2({ Bucket })).Contents).toBeUndefined();
  await s3.deleteBucket({ Bucket });
  await refused(s3.deleteBucket({ Bucket }), "NoSuchBucket");
});

test("public access is blocked from the start, and can be opened", async () => {
  await s3.createBucket({ Bucket });
  const blocks = async () => (await s3.getPublicAccessBlock({ Bucket })).PublicAccessBlockConfiguration;
  expect(Object.values((await blocks()) ?? {})).toEqual([true, true, true, true]);
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: true } });
  expect(await blocks()).toMatchObject({ BlockPublicAcls: true, BlockPublicPolicy: false });
});

test("with versioning nothing is gone but what is deleted by its version, and the bucket stays until all is", async () => {
  await s3.createBucket({ Bucket });
  await s3.putObject({ Bucket, Key: "a", Body: "1" });
  await sandbox.answer("s3", "PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Enabled" } });
  await s3.putObject({ Bucket, Key: "a", Body: "2" });
  await s3.deleteObject({ Bucket, Key: "a" });
  expect((await s3.listObjectsV2({ Bucket })).Contents ?? []).toEqual([]);
  await expect(s3.deleteBucket({ Bucket })).rejects.toMatchObject({
    name: "BucketNotEmpty",
    message: expect.stringContaining("all versions"),
  });
  const { Versions = [], DeleteMarkers = [] } = await s3.listObjectVersions({ Bucket });
  expect([Versions.length, DeleteMarkers.length]).toEqual([2, 1]);
  // Without its marker the newest is there again.
  await s3.deleteObject({ Bucket, Key: "a", VersionId: DeleteMarkers[0]?.VersionId });
  expect((await s3.listObjectsV2({ Bucket })).Contents).toMatchObject([{ Key: "a", Size: 1 }]);
  for (const { VersionId } of Versions) await s3.deleteObject({ Bucket, Key: "a", VersionId });
  await s3.deleteBucket({ Bucket });
});
