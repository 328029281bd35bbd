/** A state in S3, on the sandbox's: what two writers, lost answers and kills make of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { Services } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { sharedText } from "../../src/aws/s3/shared-text.ts";
import { bucketFacts, makeStateBucket, protectStateBucket, unfitFor } from "../../src/aws/s3/state-bucket.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld, SANDBOX_ACCOUNT } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { fileText, type Text } from "../../src/state/file.ts";
import { openSharedState, type SharedText } from "../../src/state/shared.ts";
import type { Recorded } from "../../src/state/state.ts";
import { openStore, readState } from "../../src/state/store.ts";

const START = Date.UTC(2026, 0, 1);
const REGION = "ap-northeast-2";
const identity = { stack: "s", account: SANDBOX_ACCOUNT, region: REGION };
const bucket = { bucket: "states", owner: SANDBOX_ACCOUNT };
const vpc: Recorded = { type: "t", name: "v", status: "creating", since: 1, token: "t", spec: {}, needs: [] };

let sandbox: Sandbox;
let s3: Services["s3"];
let shared: SharedText;

beforeEach(async () => {
  const clock = jumpingClock(START);
  sandbox = openSandbox({ world: freshWorld({ region: REGION, time: START, seed: 4, stateBucket: "states" }), clock });
  const aws = await connect({ region: REGION, clock, wire: sandbox, network: sandbox.network });
  s3 = aws.bookkeeping().s3;
  shared = sharedText(s3, { ...bucket, key: "s.json" }, "application/json");
});

function folder(): Text {
  const path = mkdtempSync(join(tmpdir(), "buddyverse-shared-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return fileText(join(path, "state.unsent"));
}
/** A run on a machine of its own. */
async function machine(run: string, unsent: Text = folder(), at: SharedText = shared) {
  const text = await openSharedState(at, unsent);
  return { text, unsent, store: openStore(text, identity, () => "lineage", run) };
}
const there = async () => {
  const found = await shared.read();
  return readState({ path: shared.path, read: () => found?.text });
};

test("what is recorded is there before anything is sent, and nothing is left on the machine", async () => {
  const { store, text, unsent } = await machine("a");
  store.put("vpc", vpc);
  expect(unsent.read()).toContain('"vpc"');
  await store.secured();
  expect(await there()).toMatchObject({ serial: 1, run: "a", lineage: "lineage", resources: { vpc } });
  store.put("vpc", { ...vpc, id: "vpc-1", status: "ready" });
  await text.settle();
  expect((await there())?.resources.vpc?.id).toBe("vpc-1");
  expect(unsent.read()).toBeUndefined();
});

test("of what is written while a version is on its way only the newest is sent", async () => {
  const { store } = await machine("a");
  for (let number = 0; number < 20; number++) store.put(`k${number}`, vpc);
  await store.secured();
  expect((await there())?.serial).toBe(20);
  expect((await s3.listObjectVersions({ Bucket: "states" })).Versions?.length).toBe(2);
});

test("a run whose lock was broken writes no more from the moment on that the next one may change anything", async () => {
  const slept = await machine("a");
  slept.store.put("vpc", vpc);
  await slept.store.secured();
  const next = await machine("b");
  await next.store.secured();
  expect(await there()).toMatchObject({ serial: 2, run: "b" });
  slept.store.put("subnet", vpc);
  await expect(slept.store.secured()).rejects.toMatchObject({ code: "locked" });
  expect(slept.store.failure).toMatchObject({ code: "locked" });
  expect(await there()).toMatchObject({ serial: 2, run: "b" });
  // What it could not send is left out by its next run, and gone once that is through.
  const again = await machine("c", slept.unsent);
  expect(again.text.outdated).toBe(true);
  expect(again.store.get("subnet")).toBeUndefined();
  await again.store.secured();
  await again.text.settle();
  expect(slept.unsent.read()).toBeUndefined();
});

test("what a killed run could not send is sent by the next one of that folder, while nobody else has written", async () => {
  const killed = await machine("a");
  killed.store.put("vpc", vpc);
  await killed.store.secured();
  // It never came to send this.
  const kept = JSON.stringify({ ...(await there()), serial: 5, resources: { vpc: { ...vpc, id: "vpc-1" } } });
  killed.unsent.write(kept);
  const next = await machine("b", killed.unsent);
  expect(next.store.get("vpc")?.id).toBe("vpc-1");
  await next.store.secured();
  expect(await there()).toMatchObject({ serial: 6, run: "b", resources: { vpc: { id: "vpc-1" } } });
});

test.each([
  ["with nothing there", {}, true],
  ["of another lineage", { lineage: "other" }, false],
  ["older", { serial: 0 }, false],
  ["of another run", { run: "z" }, false],
  ["torn", undefined, false],
] as const)("what was kept is %s: taken or not", async (what, more, taken) => {
  const first = await machine("a");
  first.store.put("vpc", vpc);
  await first.store.secured();
  const kept = { ...(await there()), serial: 9, resources: { kept: vpc }, ...more };
  if (what === "with nothing there") await shared.remove();
  first.unsent.write(more === undefined ? '{"version":1,' : JSON.stringify(kept));
  expect((await machine("b", first.unsent)).store.get("kept") !== undefined).toBe(taken);
});

test("an answer that was lost does not look like another writer", async () => {
  let lost = 0;
  const put: Services["s3"]["putObject"] = async (input) => {
    await s3.putObject(input);
    lost++;
    // What the SDK's own second attempt is told.
    return s3.putObject(input);
  };
  const unlucky = sharedText(
    { ...s3, putObject: put, getObject: (input) => s3.getObject(input) },
    { ...bucket, key: "s.json" },
    "x",
  );
  const { store } = await machine("a", folder(), unlucky);
  store.put("vpc", vpc);
  await store.secured();
  store.drop("vpc");
  await store.secured();
  expect(lost).toBe(2);
  expect(await there()).toMatchObject({ serial: 2, resources: {} });
});

test("a state that was deleted under a run is not made anew by it", async () => {
  const { store } = await machine("a");
  await store.secured();
  await shared.remove();
  store.put("vpc", vpc);
  await expect(store.secured()).rejects.toMatchObject({ code: "locked" });
  expect(await shared.read()).toBeUndefined();
});

test("without a way to S3 the run ends at its next change, and the machine keeps what it recorded", async () => {
  const far: SharedText = { ...shared, write: () => Promise.reject(new Error("no way there")) };
  const { store, unsent, text } = await machine("a", folder(), far);
  store.put("vpc", vpc);
  await expect(store.secured()).rejects.toMatchObject({ code: "state", hint: expect.stringContaining(".unsent") });
  store.put("vpc", { ...vpc, id: "vpc-1" });
  await expect(text.settle()).rejects.toThrow("no way there");
  expect(unsent.read()).toContain("vpc-1");
});

test("who only looks sends nothing", async () => {
  const { text } = await machine("a");
  await text.settle();
  expect(await shared.read()).toBeUndefined();
});

test("a bucket that could lose a state, or show it, is not fit for one, and is set right without losing its policy", async () => {
  const own = { bucket: "mine", owner: SANDBOX_ACCOUNT };
  await expect(bucketFacts(s3, own)).rejects.toMatchObject({ message: "there is no bucket mine" });
  expect(await makeStateBucket(s3, own, REGION)).toBe(true);
  expect(await makeStateBucket(s3, own, REGION)).toBe(false);
  const deny = { Sid: "Theirs", Effect: "Deny", Principal: "*", Action: "s3:DeleteBucket", Resource: "*" };
  await s3.putBucketPolicy({ Bucket: "mine", Policy: JSON.stringify({ Version: "2012-10-17", Statement: deny }) });
  await s3.putPublicAccessBlock({ Bucket: "mine", PublicAccessBlockConfiguration: { BlockPublicAcls: true } });
  const before = await bucketFacts(s3, own);
  expect(before).toEqual({ versioning: false, publicAccessBlocked: false, encryption: "AES256", tlsOnly: false });
  expect(unfitFor(before)).toHaveLength(2);
  await protectStateBucket(s3, own, "aws", before);
  const after = await bucketFacts(s3, own);
  expect(after).toEqual({ versioning: true, publicAccessBlocked: true, encryption: "AES256", tlsOnly: true });
  expect(unfitFor(after)).toEqual([]);
  const policy = JSON.parse((await s3.getBucketPolicy({ Bucket: "mine" })).Policy ?? "");
  expect(policy.Statement).toEqual([deny, expect.objectContaining({ Effect: "Deny", Action: "s3:*" })]);
  expect((await s3.getBucketTagging({ Bucket: "mine" })).TagSet).toEqual([
    { Key: "buddyverse:purpose", Value: "state" },
  ]);
});

test("a bucket of another account is not read", async () => {
  const theirs = sharedText(s3, { bucket: "states", owner: "999999999999", key: "s.json" }, "application/json");
  await expect(theirs.read()).rejects.toMatchObject({ code: "state", hint: expect.stringContaining("999999999999") });
});
