import {
  BucketAlreadyExists,
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketTaggingCommand,
  GetPublicAccessBlockCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { type BucketLive, bucket } from "../../../src/aws/s3/bucket.ts";
import { type ObjectLive, object } from "../../../src/aws/s3/object.ts";
import { differences } from "../../../src/engine/differences.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

const owner = ownerOf("app-bucket", "buddyverse-test");
const Bucket = "buddyverse-test-111122223333-ap-northeast-2";
const metadata = { $metadata: { httpStatusCode: 400, attempts: 1 }, message: "no" };
const failure = (name: string) => new S3ServiceException({ name, $fault: "client", ...metadata });
const ON = { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true };
const spec = { publicAccessBlocked: true };

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const s3 = mocked(S3Client);
beforeEach(() => {
  s3.reset();
  s3.on(GetPublicAccessBlockCommand).resolves({ PublicAccessBlockConfiguration: ON });
});

describe("the bucket", () => {
  test("is found by its name, which account and region make ours alone", async () => {
    s3.on(GetBucketTaggingCommand, { Bucket }).resolves({ TagSet: awsTags(owner.key, owner.name) });
    const live = (await bucket.find(aws, owner)) as BucketLive;
    expect(live.id).toBe(Bucket);
    expect(differences(bucket, spec, live, owner.tags)).toEqual([]);
  });

  test("absent is undefined, other tags are not ours, denied is neither", async () => {
    s3.on(GetBucketTaggingCommand).rejects(failure("NoSuchBucket"));
    expect(await bucket.find(aws, owner)).toBeUndefined();
    s3.on(GetBucketTaggingCommand).resolves({ TagSet: [{ Key: "team", Value: "other" }] });
    await expect(bucket.find(aws, owner)).rejects.toMatchObject({ code: "not-ours" });
    s3.on(GetBucketTaggingCommand).rejects(failure("AccessDenied"));
    await expect(bucket.find(aws, owner)).rejects.toMatchObject({ name: "AccessDenied" });
  });

  test("with one switch open is open", async () => {
    s3.on(GetBucketTaggingCommand).resolves({ TagSet: awsTags(owner.key, owner.name) });
    s3.on(GetPublicAccessBlockCommand).resolves({
      PublicAccessBlockConfiguration: { ...ON, BlockPublicPolicy: false },
    });
    const live = (await bucket.find(aws, owner)) as BucketLive;
    expect(live.publicAccessBlocked).toBe(false);
    await bucket.update?.(aws, live, spec, new Set(["publicAccessBlocked"]), owner);
    expect(s3.commandCalls(PutPublicAccessBlockCommand)[0]?.args[0].input.PublicAccessBlockConfiguration).toEqual(ON);
  });

  test("is made with its tags, in our region", async () => {
    s3.on(CreateBucketCommand).resolves({});
    expect(await bucket.create?.(aws, spec, owner, "token")).toBe(Bucket);
    expect(s3.commandCalls(CreateBucketCommand)[0]?.args[0].input.CreateBucketConfiguration).toMatchObject({
      LocationConstraint: "ap-northeast-2",
      Tags: expect.arrayContaining([{ Key: "buddyverse:key", Value: "app-bucket" }]),
    });
  });

  test("that an interrupted run left without tags is gone on with; a foreign one never", async () => {
    s3.on(CreateBucketCommand).rejects(new BucketAlreadyOwnedByYou(metadata));
    s3.on(GetBucketTaggingCommand).rejects(failure("NoSuchTagSet"));
    expect(await bucket.find(aws, owner)).toBeUndefined();
    expect(await bucket.create?.(aws, spec, owner, "token")).toBe(Bucket);
    expect(s3.commandCalls(PutBucketTaggingCommand)).toHaveLength(1);
    expect(await bucket.find(aws, owner, Bucket)).toMatchObject({ id: Bucket, tags: {} });
    s3.on(GetBucketTaggingCommand).resolves({ TagSet: [{ Key: "team", Value: "other" }] });
    await expect(bucket.create?.(aws, spec, owner, "token")).rejects.toMatchObject({ code: "not-ours" });
    s3.on(CreateBucketCommand).rejects(new BucketAlreadyExists(metadata));
    await expect(bucket.create?.(aws, spec, owner, "token")).rejects.toMatchObject({ code: "not-ours" });
  });

  test("keeps the tags of others when ours are put back: the call sets all of them", async () => {
    const live = { id: Bucket, publicAccessBlocked: true, tags: { team: "play" } };
    await bucket.update?.(aws, live, spec, new Set(["tags"]), owner);
    const { Tagging } = s3.commandCalls(PutBucketTaggingCommand)[0]?.args[0].input ?? {};
    expect(Tagging?.TagSet).toEqual(expect.arrayContaining([{ Key: "team", Value: "play" }]));
    expect(Tagging?.TagSet).toEqual(expect.arrayContaining([{ Key: "buddyverse:stack", Value: "test" }]));
  });
});

describe("the archive", () => {
  const sha256 = "ab".repeat(32);
  const keyOf = (hash: string, folder = "app") => `${folder}/${hash}.tar.gz`;
  const key = keyOf(sha256);
  const archive = { bucket: Bucket, sha256, body: Buffer.from("x") };
  const ours = ownerOf("app-archive", "buddyverse-test/app");

  test("is found in the bucket and folder of its name, the recorded one first; its body is no difference", async () => {
    s3.on(ListObjectsV2Command).resolves({ Contents: [{ Key: keyOf("00".repeat(32)) }, { Key: key }] });
    const live = (await object.find(aws, ours, `${Bucket}/${key}`)) as ObjectLive;
    expect(live).toMatchObject({ bucket: Bucket, key, sha256 });
    expect(differences(object, archive, live, undefined)).toEqual([]);
    const other = (await object.find(aws, ours)) as ObjectLive;
    expect(differences(object, archive, other, undefined).every(({ replaces }) => replaces)).toBe(true);
    const inputs = s3.commandCalls(ListObjectsV2Command).map(({ args }) => args[0].input);
    for (const input of inputs) expect(input).toMatchObject({ Bucket, Prefix: "app/" });
  });

  test("recorded by a version that named it otherwise is found by its id", async () => {
    s3.on(ListObjectsV2Command).resolves({ Contents: [{ Key: key }] });
    const old = ownerOf("app-archive", "application archive");
    expect(await object.find(aws, old, `${Bucket}/${key}`)).toMatchObject({ bucket: Bucket, key, sha256 });
    expect(await object.find(aws, old)).toBeUndefined();
  });

  test("no bucket, no archive", async () => {
    s3.on(ListObjectsV2Command).rejects(failure("NoSuchBucket"));
    expect(await object.find(aws, ours)).toBeUndefined();
  });

  test("is sent with its checksum, and removed by its name", async () => {
    s3.onAnyCommand().resolves({});
    expect(await object.create?.(aws, archive, ours, "token")).toBe(`${Bucket}/${key}`);
    expect(s3.commandCalls(PutObjectCommand)[0]?.args[0].input).toMatchObject({
      Bucket,
      Key: key,
      ChecksumSHA256: Buffer.from(sha256, "hex").toString("base64"),
    });
    await object.delete?.(aws, { ...archive, key, id: "" }, { discardData: false, label: "1" });
    expect(s3.commandCalls(DeleteObjectCommand)[0]?.args[0].input).toEqual({ Bucket, Key: key });
  });
});
