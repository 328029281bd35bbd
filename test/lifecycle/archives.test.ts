import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { types } from "../../src/aws/services.ts";
import type { Config } from "../../src/config/schema.ts";
import { applyUp } from "../../src/engine/apply.ts";
import { destroy } from "../../src/engine/destroy.ts";
import { graphOf } from "../../src/engine/graph.ts";
import { type Step, step } from "../../src/engine/resource.ts";
import { takeSnapshot } from "../../src/engine/snapshot.ts";
import { inventory } from "../../src/sandbox/inventory.ts";
import { archives } from "../../steps/archives.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { scriptsArchive } from "../../steps/scripts/user-data.ts";
import { accountIn } from "../sandbox/grown.ts";
import { type Stage, stage } from "./stage.ts";

const APP = { image: { app: { folder: "./site" } } };
const packed = (text: string): Inputs["appArchive"] => {
  const bytes = Buffer.from(text);
  return { sha256: createHash("sha256").update(bytes).digest("hex"), bytes, leftOut: [] };
};
const steps =
  (text: string) =>
  (config: Config, inputs: Inputs): readonly Step[] => [
    step("archives", archives(config, { ...inputs, appArchive: packed(text) })),
  ];
const idsOf = (on: Stage, kind: string) => inventory(on.sandbox.world).find((one) => one.kind === kind)?.ids ?? [];
const stored = (on: Stage) => idsOf(on, "S3 objects");
const objectOf = (text: string) =>
  `buddyverse-buddyverse-111122223333-ap-northeast-2/app/${packed(text)?.sha256}.tar.gz`;
const SCRIPTS = `buddyverse-buddyverse-111122223333-ap-northeast-2/scripts/${scriptsArchive().sha256}.tar.gz`;

/** The same stack, after its application has changed. */
async function changed(on: Stage, text: string) {
  const inputs = { publicKey: undefined, allowedCidrs: [], appArchive: undefined };
  const graph = graphOf(steps(text)(on.config, inputs), on.config.stack, on.config.tags);
  return takeSnapshot(on.run, graph, types, { stack: on.config.stack, sweep: "none" });
}

test("a folder is sent once, replaced when it changes, and leaves nothing", async () => {
  const on = await stage(APP, 7, steps("one"));
  await on.up();
  expect(stored(on)).toEqual([SCRIPTS, objectOf("one")]);
  expect(on.text.text).not.toContain("body");
  on.writes();
  await on.up();
  expect(on.writes()).toEqual([]);
  expect((await on.status()).filter(({ standing }) => standing !== "in-sync")).toEqual([]);

  await applyUp(on.run, await changed(on, "two"));
  expect(stored(on)).toEqual([SCRIPTS, objectOf("two")]);

  await destroy(on.run, await changed(on, "two"));
  expect(stored(on)).toEqual([]);
  expect(idsOf(on, "buckets")).toEqual([]);
});

const ask = (on: Stage, operation: string, input: object) =>
  accountIn(on.sandbox, on.clock).ask("s3", operation, { Bucket: on.store.get("app-bucket")?.id, ...input });

test("a bucket whose versioning somebody switched on leaves nothing, neither old versions nor delete markers", async () => {
  const on = await stage(APP, 7, steps("one"));
  await on.up();
  await ask(on, "PutBucketVersioning", { VersioningConfiguration: { Status: "Enabled" } });
  await applyUp(on.run, await changed(on, "two"));
  await on.clock.sleep(1_000);
  expect(await ask(on, "ListObjectVersions", {})).toMatchObject({
    Versions: [
      { Key: expect.stringMatching(/^app/) },
      { VersionId: "null" },
      { Key: expect.stringMatching(/^scripts/) },
    ],
    DeleteMarkers: [{}],
  });
  const began = on.clock.now();
  expect((await destroy(on.run, await changed(on, "two"))).filter(({ error }) => error)).toEqual([]);
  expect(idsOf(on, "buckets")).toEqual([]);
  expect((on.clock.now() - began) / 60_000).toBeLessThan(1);
});

test("what somebody else put into the bucket is named, with the command that removes it, and left", async () => {
  const on = await stage(APP, 7, steps("one"));
  await on.up();
  const bucket = on.store.get("app-bucket")?.id;
  await ask(on, "PutBucketVersioning", { VersioningConfiguration: { Status: "Enabled" } });
  await ask(on, "PutObject", { Key: "reports/2026.csv", Body: "theirs" });
  const began = on.clock.now();
  const settled = await destroy(on.run, await changed(on, "one"));
  expect(settled.find(({ key }) => key === "app-bucket")?.error).toMatchObject({
    code: "blocked",
    message: expect.stringContaining(
      `in use by s3://${bucket}/reports/2026.csv (an object that the stack did not put there)`,
    ),
    hint: expect.stringContaining(`s3 rm 's3://${bucket}/reports/2026.csv'`),
  });
  expect((on.clock.now() - began) / 60_000).toBeLessThan(4);
  expect(await ask(on, "ListObjectVersions", {})).toMatchObject({
    Versions: [{ Key: "reports/2026.csv" }],
    DeleteMarkers: [],
  });
});

test("without a state file the archive of an earlier content goes too", async () => {
  const on = await stage(APP, 7, steps("one"));
  await on.up();
  for (const key of Object.keys(on.store.resources)) on.store.drop(key);
  await destroy(on.run, await changed(on, "two"));
  expect(stored(on)).toEqual([]);
  expect(idsOf(on, "buckets")).toEqual([]);
});

test("a config without a folder sends the scripts alone", async () => {
  const on = await stage({}, 7, steps("one"));
  await on.up();
  expect(stored(on)).toEqual([SCRIPTS]);
});
