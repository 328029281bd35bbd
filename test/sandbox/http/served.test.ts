/** A world that is served: its doors, the commands that work in it, and that only one ever writes it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSandboxFile } from "../../../src/sandbox/file.ts";
import { freshWorld } from "../../../src/sandbox/fresh.ts";
import { type ServedWorld, serveWorld } from "../../../src/sandbox/http/serve.ts";
import { servedAt } from "../../../src/sandbox/http/served-file.ts";
import { at, type Folder, makeFolder } from "../../cli/folder.ts";

let on: Folder;
const folders: string[] = [];
const emptyFolder = (): Folder => {
  const made = at(makeFolder());
  folders.push(made.path);
  made.configure({});
  return made;
};
let world: ServedWorld;
let env: Record<string, string>;
const problems: string[] = [];
const fileOf = (folder: Folder) => join(folder.path, "buddyverse.sandbox.json");

const serve = (folder: Folder): Promise<ServedWorld> =>
  serveWorld({
    path: fileOf(folder),
    open: () =>
      openSandboxFile(
        fileOf(folder),
        Date.now(),
        () => freshWorld({ region: "ap-northeast-2", time: Date.UTC(2026, 10, 29), seed: 3 }),
        { apart: true },
      ),
    port: 0,
    speed: "max",
    chaos: undefined,
    told: (problem) => problems.push(problem),
  });

beforeAll(async () => {
  on = emptyFolder();
  world = await serve(on);
  env = {
    AWS_ENDPOINT_URL: world.url,
    BUDDYVERSE_SANDBOX_URL: world.url,
    AWS_ACCESS_KEY_ID: "a",
    AWS_SECRET_ACCESS_KEY: "b",
  };
});
afterAll(async () => {
  await world.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: the doors' answers, as JSON
const get = async (path: string): Promise<any> => (await fetch(world.url + path)).json();
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(world.url + path, { method: "POST", headers, body: JSON.stringify(body) });
const vpcs = async (): Promise<string[]> => {
  const answer = await fetch(`${world.url}/?Action=DescribeVpcs`, {
    headers: { authorization: "AWS4-HMAC-SHA256 Credential=a/20261129/ap-northeast-2/ec2/aws4_request" },
  });
  return [...(await answer.text()).matchAll(/<vpcId>(.*?)</g)].map(([, id]) => id as string);
};

/** What a plan would do to the VPC. */
const actions = ({ stdout }: { stdout: string }): string[] =>
  JSON.parse(stdout)
    .items.filter(({ key }: { key: string }) => key === "vpc")
    .map(({ action }: { action: string }) => action);

test("commands with --sandbox work in the served world, which they do not write", async () => {
  const before = await vpcs();
  const up = await on.run("up --yes --sandbox --step vpc");
  expect(up.code, up.stderr + up.stdout).toBe(0);
  expect(await vpcs()).toHaveLength(before.length + 1);
  expect(existsSync(`${fileOf(on)}.state`)).toBe(true);
  const [document = "", ...changes] = readFileSync(fileOf(on), "utf8")
    .trimEnd()
    .split(/\n(?=\{)/);
  expect(JSON.parse(document).state).toBeUndefined();
  for (const change of changes) expect(JSON.parse(change)).not.toHaveProperty("stateText");
  const { happenings } = await get("/buddyverse/timeline");
  expect(happenings).toContainEqual(
    expect.objectContaining({ by: "client", about: "ec2", what: "CreateVpc", why: expect.stringMatching(/^vpc-/) }),
  );
});

test("the same commands find it over HTTP as AWS, with a state of their own", async () => {
  const plan = await on.run("plan --json --step vpc", env);
  expect(plan.code, plan.stderr).toBe(0);
  // Found by their tags, as the state of a real account knows nothing of them.
  expect(actions(plan)).toEqual(["none"]);
});

test("--chaos is for who serves it", async () => {
  const up = await on.run("up --yes --sandbox --chaos throttle=0.5 --step vpc");
  expect(up.code).toBe(2);
  expect(up.stderr).toContain(`POST ${world.url}/buddyverse/chaos`);
});

test("nobody else serves or empties it meanwhile; orders reach it", async () => {
  await expect(serve(on)).rejects.toMatchObject({ code: "locked" });
  expect((await on.run("sandbox reset")).code).toBe(4);
  const fail = await on.run("sandbox fail capacity t3.micro --json");
  expect(JSON.parse(fail.stdout)).toEqual({ schemaVersion: 1, failures: [{ kind: "capacity", about: "t3.micro" }] });
  expect((await get("/buddyverse/world")).failures).toEqual([{ kind: "capacity", about: "t3.micro" }]);
  expect((await on.run("sandbox mend")).code).toBe(0);
});

test("sandbox env says where", async () => {
  const said = await on.run("sandbox env");
  expect(said.stdout).toContain(`export AWS_ENDPOINT_URL=${world.url}\n`);
  const none = await emptyFolder().run("sandbox env");
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("nobody serves") });
});

test("the clock is asked, set and put forward", async () => {
  const first = await get("/buddyverse/clock");
  expect(first).toMatchObject({ server: "buddyverse sandbox", speed: "max" });
  await post("/buddyverse/clock", { speed: 1 });
  const slow = await get("/buddyverse/clock");
  expect(slow.speed).toBe(1);
  await post("/buddyverse/clock", { jump: 3_600 });
  const later = await get("/buddyverse/clock");
  expect(later.now - slow.now).toBeGreaterThanOrEqual(3_600_000);
  expect((await post("/buddyverse/clock", { jump: "next" })).status).toBe(200);
  for (const bad of [{}, { speed: 0 }, { jump: "2020-01-01T00:00:00Z" }, { pace: 2 }])
    expect((await post("/buddyverse/clock", bad)).status, JSON.stringify(bad)).toBe(400);
  await post("/buddyverse/clock", { speed: "max" });
});

test("chaos is set and taken back", async () => {
  expect(await (await post("/buddyverse/chaos", { chaos: "throttle=1" })).json()).toMatchObject({
    chaos: { throttle: 1 },
  });
  expect(await vpcs()).toEqual([]);
  expect((await post("/buddyverse/chaos", { chaos: "nonsense=1" })).status).toBe(400);
  await post("/buddyverse/chaos", { chaos: null });
  expect((await vpcs()).length).toBeGreaterThan(0);
});

test("a page of the internet reaches no door", async () => {
  const foreign = await post("/buddyverse/clock", { speed: 1 }, { origin: "https://evil.example" });
  expect(foreign.status).toBe(403);
  const rebound = await new Promise<number | undefined>((resolve) =>
    request(`${world.url}/buddyverse/world`, { headers: { host: "evil.example" } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).end(),
  );
  expect(rebound).toBe(403);
  expect((await get("/buddyverse/clock")).speed).toBe("max");
});

test("the page needs nothing from elsewhere", async () => {
  const page = await fetch(`${world.url}/`);
  const text = await page.text();
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(text.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:\/\/|src=|@import|url\(/);
  expect(await get("/buddyverse/world")).toMatchObject({ region: "ap-northeast-2", things: expect.any(Array) });
  const site = await fetch(`${world.url}/site/`);
  expect([site.status, await site.text()]).toEqual([503, expect.stringContaining("no load balancer")]);
  expect((await fetch(`${world.url}/buddyverse/nothing`)).status).toBe(404);
});

test("once it has ended, its file holds the world and the state, and nothing else is left", async () => {
  const there = await vpcs();
  await world.close();
  expect(servedAt(fileOf(on))).toBeUndefined();
  expect(on.files().filter((name) => /sandbox\.json\.(served|state)/.test(name))).toEqual([]);
  const again = await on.rehearse("plan --json --step vpc");
  expect(actions(again)).toEqual(["none"]);
  world = await serve(on);
  expect(await vpcs()).toEqual(there);
});

test("what a killed server has left is taken over", async () => {
  const dead = {
    token: "1",
    pid: 2 ** 22 + 1,
    host: (await import("node:os")).hostname(),
    user: "x",
    command: "sandbox serve",
    since: "",
  };
  await world.close();
  const state = JSON.parse(readFileSync(fileOf(on), "utf8")).state;
  const { state: _, ...rest } = JSON.parse(readFileSync(fileOf(on), "utf8"));
  writeFileSync(fileOf(on), JSON.stringify(rest));
  writeFileSync(`${fileOf(on)}.state`, JSON.stringify(state));
  writeFileSync(`${fileOf(on)}.served`, "http://127.0.0.1:1\n");
  writeFileSync(`${fileOf(on)}.served.lock`, JSON.stringify(dead));
  const plan = await on.rehearse("plan --json --step vpc");
  expect(plan.code, plan.stderr).toBe(0);
  expect(actions(plan)).toEqual(["none"]);
  const up = await on.rehearse("up --yes --step vpc");
  expect(up.code, up.stderr).toBe(0);
  expect(on.files().filter((name) => /sandbox\.json\.(served|state)/.test(name))).toEqual([]);
  expect(JSON.parse(readFileSync(fileOf(on), "utf8")).state.lineage).toBe(state.lineage);
  world = await serve(on);
});

test("nothing was its own fault", () => {
  expect(problems).toEqual([]);
});
