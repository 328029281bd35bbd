import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { expect, test } from "vitest";
import { inSandboxOf } from "../stranger.ts";
import { ec2Error, KEYS, type Sent, standIn } from "../way/stand-in.ts";
import { folder } from "./folder.ts";

test("stacks: by their tags; cost and last run where the state is here; none when all is gone", async () => {
  const on = folder({ stack: "staging" });
  expect((await on.rehearse("stacks")).stdout).toMatch(/No object in EC2 of ap-northeast-2 bears the tag of a stack/);
  expect((await on.rehearse("up --yes --step routes")).code).toBe(0);
  const { code, stdout } = await on.rehearse("stacks --json");
  expect(code).toBe(0);
  const here = JSON.parse(stdout);
  expect(here).toMatchObject({
    schemaVersion: expect.any(Number),
    region: "ap-northeast-2",
    regions: ["ap-northeast-2"],
    stacks: [
      {
        stack: "staging",
        region: "ap-northeast-2",
        vpc: expect.stringMatching(/^vpc-/),
        objects: expect.any(Number),
        monthly: null,
        lastRun: { command: expect.stringContaining("up"), result: "done" },
        state: "buddyverse.sandbox.json",
        lock: null,
        unknown: "no whole `up` of it has ended",
      },
    ],
    unseen: [],
  });
  expect(here.stacks[0].objects).toBeGreaterThan(8);

  // Somebody else's, whose state is not here, is there all the same.
  const file = JSON.parse(on.read("buddyverse.sandbox.json"));
  writeFileSync(join(on.path, "buddyverse.sandbox.json"), JSON.stringify({ ...file, state: null }));
  const unknown = "its state is not beside the config here";
  expect(JSON.parse((await on.rehearse("stacks --json")).stdout).stacks).toEqual([
    { ...here.stacks[0], lastRun: null, state: null, unknown },
  ]);
  const text = await on.rehearse("stacks");
  expect(text.stdout).toMatch(/staging +\d+ +\? +\?\n {2}vpc-\w+ · \?: its state is not beside the config here\n/);
  writeFileSync(join(on.path, "buddyverse.sandbox.json"), JSON.stringify(file));
  expect((await on.rehearse("down --yes")).code).toBe(0);
  expect(JSON.parse((await on.rehearse("stacks --json")).stdout).stacks).toEqual([]);
});

test("stacks: a state in S3 is found by whose config names the bucket; all regions that the account has are looked at", async () => {
  const state = { bucket: "states" };
  const on = folder({ stack: "staging", state });
  expect((await on.rehearse("up --yes --step vpc")).code).toBe(0);
  const its = { stack: "staging", state: "s3://states/staging.state.json", lastRun: { result: "done" } };
  const listed = async (line: string) => JSON.parse((await on.rehearse(`${line} --json`)).stdout);
  expect(await listed("stacks")).toMatchObject({ stacks: [its] });
  on.configure({ stack: "other", state });
  expect(await listed("stacks")).toMatchObject({ stacks: [its] });
  on.configure({ stack: "other", state: { bucket: "no-such-bucket" } });
  expect(await listed("stacks")).toMatchObject({
    stacks: [
      { state: null, unknown: expect.stringMatching(/^s3:\/\/no-such-bucket\/staging.state.json could not be/) },
    ],
  });

  on.configure({ stack: "staging", state });
  const everywhere = await listed("stacks --all-regions");
  expect(everywhere).toMatchObject({ stacks: [{ ...its, region: "ap-northeast-2" }], unseen: [] });
  expect(everywhere.regions).toHaveLength(17);
  expect((await on.rehearse("stacks --all-regions")).stdout).toMatch(
    /stack +region +in EC2.*\nstaging +ap-northeast-2 +\d+ .*\n {2}vpc-\w+ · state s3:\/\/states\/staging/,
  );
  expect((await on.rehearse("down --yes")).code).toBe(0);
  expect((await on.rehearse("stacks --all-regions")).stdout).toContain("No object in EC2 of the 17 regions bears");
});

/** Somebody's run, as the tags of its lock tell. */
const tagsOf = (marks: Readonly<Record<string, string>>) => ({
  status: 200,
  body: JSON.stringify({
    tags: Object.fromEntries(Object.entries(marks).map(([name, value]) => [`buddyverse:lock:${name}`, value])),
  }),
});

test("stacks, status: who is at work on a stack, with which command, since when", async () => {
  const seen = new Date(Date.now() - 20_000).toISOString();
  const since = "2026-01-01T10:00:00.000Z";
  const marks = { token: "12ab34cd", pid: "7", host: "build-7", user: "alice", command: "up", since, seen };
  const asked: string[] = [];
  const { url } = await standIn({
    instead: (sent) => {
      if (sent.action === "DescribeTags" && sent.service === "ec2") return SHOP;
      if (sent.action !== "ListTagsForResource" || sent.service !== "logs") return undefined;
      asked.push(sent.body.toString());
      return tagsOf(marks);
    },
  });
  const on = folder({ stack: "shop", region: "us-east-1" });
  const env = { AWS_ENDPOINT_URL: url, ...KEYS };
  const { stdout } = await on.run("stacks", env);
  const who = /"up" by alice on build-7, since 2026-01-01 10:00 UTC; it was last heard of \d+ s ago/;
  expect(stdout).toMatch(new RegExp(`\nshop .*\n {2}at work: ${who.source}\n {2}vpc-1 · `));
  expect(decodeURIComponent(asked[0] as string)).toContain(
    "arn:aws:logs:us-east-1:111122223333:log-group:/buddyverse/shop/lock",
  );
  const lock = { ...marks, pid: 7 };
  expect(JSON.parse((await on.run("stacks --json", env)).stdout)).toMatchObject({ stacks: [{ lock }] });

  // The same of the sandbox's stack.
  const rehearsed = folder({ stack: "shop" });
  expect((await rehearsed.rehearse("up --yes --step vpc")).code).toBe(0);
  expect((await rehearsed.rehearse("status --managed")).stdout).not.toContain("At work");
  await inSandboxOf(rehearsed.path, async ({ logs }, clock) => {
    const { tags } = JSON.parse(tagsOf(marks).body);
    await logs.send(new CreateLogGroupCommand({ logGroupName: "/buddyverse/shop/lock", tags }));
    await clock.sleep(60_000);
  });
  expect((await rehearsed.rehearse("status --managed")).stdout).toMatch(new RegExp(`\nAt work: ${who.source}\\.\n`));
  expect(JSON.parse((await rehearsed.rehearse("status --managed --json")).stdout)).toMatchObject({ lock });
});

test("stacks: a lock that may not be read is no error", async () => {
  const { url } = await standIn({
    instead: (sent) => {
      if (sent.action === "DescribeTags") return SHOP;
      return sent.action === "ListTagsForResource"
        ? { status: 400, body: JSON.stringify({ __type: "AccessDeniedException", message: "No." }) }
        : undefined;
    },
  });
  const on = folder({ stack: "shop", region: "us-east-1" });
  const { code, stdout } = await on.run("stacks --json", { AWS_ENDPOINT_URL: url, ...KEYS });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).stacks).toMatchObject([
    { lock: null, unknown: expect.stringMatching(/; its lock could not be read: .*AccessDeniedException/) },
  ]);
});

const xml = (action: string, body: string) => ({ status: 200, body: `<${action}Response>${body}</${action}Response>` });
const region = (name: string) => `<item><regionName>${name}</regionName></item>`;
const tag = (id: string, kind: string, value: string) =>
  `<item><resourceId>${id}</resourceId><resourceType>${kind}</resourceType><key>buddyverse:stack</key><value>${value}</value></item>`;
const REGIONS = xml(
  "DescribeRegions",
  `<regionInfo>${["eu-west-1", "us-east-1", "us-west-2"].map(region).join("")}</regionInfo>`,
);
const SHOP = xml("DescribeTags", `<tagSet>${tag("vpc-1", "vpc", "shop")}${tag("subnet-1", "subnet", "shop")}</tagSet>`);

test("stacks: without a config, in the region of the environment or the profile; a region that refuses is said", async () => {
  const denied = (refuses: (sent: Sent) => boolean) => (sent: Sent) => {
    if (sent.action === "DescribeRegions") return REGIONS;
    if (sent.action !== "DescribeTags") return undefined;
    return refuses(sent)
      ? ec2Error(403, "UnauthorizedOperation", "Not here.")
      : sent.region === "us-east-1"
        ? SHOP
        : undefined;
  };
  const { url, sent } = await standIn({ instead: denied((one) => one.region === "us-west-2") });
  const on = folder(null);
  const env = { AWS_ENDPOINT_URL: url, ...KEYS };
  const none = await on.run("stacks", env);
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("buddyverse stacks --region ap-northeast-2") });
  expect(sent).toEqual([]);

  const one = await on.run("stacks --json", { ...env, AWS_REGION: "us-east-1" });
  expect(one.stderr).toBe("");
  const shop = {
    stack: "shop",
    region: "us-east-1",
    vpc: "vpc-1",
    objects: 2,
    monthly: null,
    lastRun: null,
    state: null,
  };
  expect(JSON.parse(one.stdout)).toMatchObject({ region: "us-east-1", stacks: [shop], unseen: [] });
  writeFileSync(
    join(on.path, "config"),
    "[profile away]\nregion = eu-west-1\naws_access_key_id = AKIAAWAY\naws_secret_access_key = secret\n",
  );
  const all = await on.run("stacks --all-regions --json --profile away", {
    ...env,
    AWS_CONFIG_FILE: join(on.path, "config"),
  });
  expect(all.code).toBe(3);
  expect(JSON.parse(all.stdout)).toMatchObject({
    region: "eu-west-1",
    regions: ["eu-west-1", "us-east-1"],
    stacks: [shop],
    unseen: [{ region: "us-west-2", reason: expect.stringContaining("UnauthorizedOperation") }],
  });
  const text = await on.run("stacks --all-regions --region us-east-1", env);
  expect(text.stdout).toMatch(/\nshop +us-east-1 +2 .*\n {2}vpc-1 · /);
  expect(text.stdout).toContain("\nNot looked at: us-west-2: UnauthorizedOperation: Not here.\n");

  for (const action of ["DescribeTags", "DescribeRegions"]) {
    const closed = await standIn({
      instead: (one) =>
        one.action === action ? ec2Error(403, "UnauthorizedOperation", "No.") : denied(() => false)(one),
    });
    const refused = await on.run("stacks --all-regions --region us-east-1", { ...KEYS, AWS_ENDPOINT_URL: closed.url });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(
      /UnauthorizedOperation: No\.\n[\s\S]*`buddyverse policy --region us-east-1 --with stacks` prints/,
    );
  }
});
