/** AWS's rules for parameters, as the sandbox keeps them. */
import { beforeEach, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";

const START = Date.UTC(2026, 10, 22);
let clock: Clock;
let sandbox: Sandbox;
let ssm: Aws["ssm"];
beforeEach(async () => {
  clock = jumpingClock(START);
  sandbox = openSandbox({ world: freshWorld({ region: "ap-northeast-2", time: START, seed: 2 }), clock });
  ({ ssm } = await connect({ region: "ap-northeast-2", clock, wire: sandbox, network: sandbox.network }));
});
const settle = () => clock.sleep(5_000);
const refused = (call: Promise<unknown>, name: string) => expect(call).rejects.toMatchObject({ name });
const put = (Name: string, change: object = {}) => ssm.putParameter({ Name, Value: "v", Type: "String", ...change });

test.each(["/aws/x", "aws/x", "AWSthing"])("the name %s is AWS's own", async (name) => {
  await refused(put(name), "AccessDeniedException");
  await refused(ssm.deleteParameter({ Name: name }), "AccessDeniedException");
});
test.each(["/ssm/x", "SSMthing", "a/b", "/a//b", "/a/", "/a b", `/${"x".repeat(1011)}`])(
  "the name %s is refused",
  (name) => refused(put(name), "ValidationException"),
);
test("15 levels are the most", async () => {
  await put(`${"/a".repeat(15)}`);
  await refused(put(`${"/a".repeat(16)}`), "HierarchyLevelLimitExceededException");
});

test("a value has 4 KB at most, and names no other parameter", async () => {
  await put("/a", { Value: "x".repeat(4_096) });
  await refused(put("/b", { Value: "x".repeat(4_097) }), "ValidationException");
  for (const Value of ["{{}}", "a {{ssm:b}} c", "{{a\nb}}"]) await refused(put("/b", { Value }), "ValidationException");
  await put("/b", { Value: '{"a": {"b": 1}, "c": "}}{{"}' });
});

test("a name is taken once; overwriting keeps the tags and takes none", async () => {
  const Tags = [{ Key: "team", Value: "play" }];
  await put("/a", { Tags });
  await refused(put("/a"), "ParameterAlreadyExists");
  await refused(put("/a", { Overwrite: true, Tags }), "ValidationException");
  await put("/a", { Overwrite: true, Value: "new" });
  await settle();
  expect((await ssm.getParameter({ Name: "/a" })).Parameter).toMatchObject({ Value: "new", Version: 2 });
  expect((await ssm.listTagsForResource({ ResourceType: "Parameter", ResourceId: "/a" })).TagList).toEqual(Tags);
});

test("what is new may not show yet", async () => {
  await put("/a");
  await refused(ssm.getParameter({ Name: "/a" }), "ParameterNotFound");
  await settle();
  expect((await ssm.getParameter({ Name: "/a" })).Parameter?.Value).toBe("v");
});

test("a secure string is readable only where its decryption is asked for", async () => {
  await put("/secret", { Type: "SecureString", Value: "s3cret" });
  await settle();
  const masked = (await ssm.getParameters({ Names: ["/secret"] })).Parameters?.[0]?.Value;
  expect(masked).toMatch(/^AQICAH/);
  expect(masked).not.toContain("s3cret");
  expect((await ssm.getParameter({ Name: "/secret", WithDecryption: true })).Parameter?.Value).toBe("s3cret");
});

test("a deleted name is held for half a minute", async () => {
  await put("/a");
  await ssm.deleteParameter({ Name: "/a" });
  await refused(ssm.deleteParameter({ Name: "/a" }), "ParameterNotFound");
  await refused(put("/a"), "ParameterAlreadyExists");
  await clock.sleep(30_000);
  await put("/a");
});

test("are listed by tag, in pages, without values", async () => {
  for (let index = 0; index < 12; index++) await put(`/p/${index}`, { Tags: [{ Key: "stack", Value: "one" }] });
  await put("/other");
  await settle();
  const ParameterFilters = [{ Key: "tag:stack", Values: ["one"] }];
  const first = await ssm.describeParameters({ ParameterFilters });
  expect(first.Parameters).toHaveLength(10);
  expect(first.Parameters?.[0]).not.toHaveProperty("Value");
  const second = await ssm.describeParameters({ ParameterFilters, NextToken: first.NextToken });
  expect(second.Parameters).toHaveLength(2);
  expect(second.NextToken).toBeUndefined();
});

test("ten are read by their names at once, in alphabetical order; those that are not there come apart", async () => {
  for (const name of ["/deep/er/b", "plain", "/a"]) await put(name);
  await settle();
  const answer = await ssm.getParameters({ Names: ["plain", "/none", "/deep/er/b", "/a", "/a"] });
  expect(answer.Parameters?.map(({ Name, Version }) => `${Name} ${Version}`)).toEqual([
    "/a 1",
    "/deep/er/b 1",
    "plain 1",
  ]);
  expect(answer.InvalidParameters).toEqual(["/none"]);
  await refused(ssm.getParameters({ Names: Array.from({ length: 11 }, (_, at) => `/${at}`) }), "ValidationException");
});

test("AWS's public parameters name images; they cannot be written", async () => {
  const Name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
  expect((await ssm.getParameter({ Name })).Parameter?.Value).toMatch(/^ami-/);
  await refused(put(Name, { Overwrite: true }), "AccessDeniedException");
});
