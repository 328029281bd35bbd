import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { STATE_VERSION } from "../../src/state/state.ts";
import { folder } from "./folder.ts";

const CONFIG = "buddyverse.config.json";

test.each([
  ["upp", "unknown command 'upp'", "Did you mean up?"],
  ["verify --drill deadweb", "Allowed choices are dead-web, ", "Did you mean dead-web?"],
  ["logs app bot", "argument 'log'", "Did you mean boot?"],
  ["sandbox fail natt", 'the sandbox cannot fail "natt"', "Did you mean nat?"],
  ["history 99 --sandbox", "there is no run 99", "`buddyverse history --sandbox` lists"],
  ["up --sandbx", "unknown option '--sandbx'", "Did you mean --sandbox?"],
  ["plan --offline --step load-balncer", 'there is no step "load-balncer"', "Did you mean load-balancer?"],
  ["up --concurrency 0", "It must be a whole number from 1.", ""],
  ["up --sandbox --sandbox-speed fast", 'a number above 0 and up to 100000, or "max"', ""],
  ["up --sandbox --yes --chaos lose=1", '--chaos does not know "lose=1"', "lose-answer="],
  ["up --yes --chaos throttle=0.1", "--chaos is for the sandbox", "--sandbox"],
  ["up --sandbox --yes --sandbox-speed Infinity", "above 0 and up to 100000", ""],
  ["up --yes --trace --sandbox", "option '--trace <file>' argument '--sandbox'", "a value is missing before it"],
  ["down --yes --state=", "option '--state <file>' argument ''", "It is empty."],
  ["up --sandbox --yes --state .", ". is a folder, not a state file", "--state buddyverse.state.json"],
  ["plan --offline --region Seoul", '--region: "Seoul" is not a region', 'such as "ap-northeast-2".'],
  ["plan --offline --out x.plan", "option '--offline' cannot be used with option '--out <file>'", ""],
  ["plan --offline --from-snapshot latest", "option '--offline' cannot be used with option '--from-snapshot <id>'", ""],
  ["up --from-snapshot a --empty-database", "'--empty-database' cannot be used with option '--from-snapshot <id>'", ""],
  ["plan --sandbox --out nowhere/x.plan", "nowhere/x.plan cannot be written", "--out FILE"],
  ["plan --sandbox --upgrade databse1", "--upgrade databse1: the stack has no object of that name", "mean database1?"],
  ["graph --output stack.png", "--output stack.png: its name does not say what it is to be", ".svg"],
  ["graph --format svg --output pictures/", "pictures/ cannot be written", "--output FILE"],
  ["sandbox reset stage", 'sandbox reset takes nothing more, not "stage"', "Say only: buddyverse sandbox reset"],
  ["sandbox fail az ap-northeast-2a now", 'takes only what shall fail and which, not "now"', "az ap-northeast-2a"],
  ["sandbox fail release latest", '"sandbox fail release" needs the number of a release', ""],
  ["sandbox delegate", "sandbox delegate needs the domain", "--help"],
  ["up more", "the plan more cannot be read", "`buddyverse plan --out FILE` writes one"],
  ["down more", "too many arguments", ""],
  ["sandbox rest", "'rest' is invalid for argument 'action'", "show, reset, fail, mend, delegate, confirm, serve, env"],
  ["cost --usage clicks=1", '"clicks" is not', "dataOutGB"],
  ["unlock 12ab", "there is no lock", ""],
  ["plan --sandbox --trace nowhere/trace", "nowhere/trace cannot be written", "--trace FILE"],
  ["status --config other.json", "There is no other.json", "buddyverse init --config other.json"],
])("%s: exit 2, and says what would be right", async (line, what, right) => {
  const on = folder();
  const { code, stdout, stderr } = await on.run(line);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(what);
  expect(stderr).toContain(right);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stderr).not.toContain("\u001b");
  expect(on.files()).toEqual([CONFIG]);

  // Once, where a program reads it.
  const message = expect.stringContaining(what.split("'")[0] ?? "");
  const json = await folder().run(`${line} --json`);
  expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 2, stderr: "" });
  expect(JSON.parse(json.stdout)).toMatchObject({ schemaVersion: 1, error: { message } });
  const lines = await folder().run(`${line} --json-lines`);
  expect({ code: lines.code, stderr: lines.stderr }).toEqual({ code: 2, stderr: "" });
  expect(JSON.parse(lines.stdout)).toMatchObject({ schemaVersion: 1, type: "error", error: { message } });
});

test("help of a command that there is not names the nearest", async () => {
  const { code, stdout, stderr } = await folder().run("help upp");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^error: unknown command 'upp'\n\(Did you mean up\?\)\n/);
});

test("--json and --json-lines are two answers to one question", async () => {
  const { code, stdout } = await folder().run("up --sandbox --yes --json --json-lines");
  expect(code).toBe(2);
  expect(stdout).toContain("cannot be used with");
});

test.each(["plan --offline", "cost", "graph", "sandbox", "init --yes", "policy --output-dir parts"])(
  "%s: one document with --json, one line that says it is the result with --json-lines",
  async (line) => {
    const on = () => folder(line.startsWith("init") ? null : {});
    const [document, lines] = await Promise.all([on().run(`${line} --json`), on().run(`${line} --json-lines`)]);
    expect([document.code, lines.code]).toEqual([0, 0]);
    expect(JSON.parse(lines.stdout)).toEqual({ type: "result", ...JSON.parse(document.stdout) });
    expect(lines.stdout.match(/\n/g)).toHaveLength(1);
  },
);

test.each(["up", "down", "init"])("%s refuses where nobody can be asked", async (command) => {
  const on = folder(command === "init" ? null : {});
  const before = on.files();
  const { code, stdout, stderr } = await on.run(`${command} --sandbox`);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("there is no terminal to ask on");
  expect(stderr).toMatch(new RegExp(`Say --yes: buddyverse ${command} --sandbox --yes`));
  expect(on.files()).toEqual(before);
});

test("all mistakes of a config are named with their places; nothing is written", async () => {
  const on = folder();
  writeFileSync(
    join(on.path, CONFIG),
    JSON.stringify({ nat: { mode: "box" }, regin: "x", network: { web: ["172.31.11.0/24", "172.31.11.0/24"] } }),
  );
  const { code, stdout, stderr } = await on.rehearse("up --yes --trace trace.jsonl");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  for (const said of [
    `${CONFIG} has 3 mistakes`,
    'nat.mode: must be "instance" or "gateway", but is "box"',
    "regin: is not a known key",
    "did you mean region?",
    "network.web[1]: 172.31.11.0/24 overlaps network.web[0]",
  ])
    expect(stderr).toContain(said);
  expect(on.files()).toEqual([CONFIG, "trace.jsonl"]);

  const json = await on.rehearse("plan --json");
  expect(json.code).toBe(2);
  expect(JSON.parse(json.stdout).error).toMatchObject({
    code: "config",
    problems: [{ path: "nat.mode" }, { path: "regin" }, { path: "network.web[1]" }],
  });
});

test.each(["", "not json", '{"version": 99}', "{}"])(
  "a state file that holds %j stops everything before a call is sent",
  async (text) => {
    const on = folder();
    writeFileSync(join(on.path, "buddyverse.state.json"), text);
    const { code, stderr } = await on.run("up --yes --trace trace.jsonl");
    expect(code).toBe(2);
    expect(stderr).toContain("buddyverse.state.json");
    expect(stderr).toContain("to do");
    expect(on.read("trace.jsonl")).toBe("");
    expect(on.read("buddyverse.state.json")).toBe(text);
    expect(on.files()).not.toContain("buddyverse.state.json.lock");
  },
);

test("without a config: on AWS an error, a rehearsal goes by the defaults and says so", async () => {
  const on = folder(null);
  expect(await on.run("plan")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("There is no buddyverse.config"),
  });
  const { code, stdout, stderr } = await on.rehearse("plan");
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: "There is no buddyverse.config.json: this is a rehearsal of the defaults.\n",
  });
  expect(stdout).toContain("buddyverse.link");
  expect(await on.rehearse("plan --config buddyverse.config.json")).toMatchObject({ code: 2 });
  expect(on.files()).toEqual([]);
});

test("without credentials: an error at once, and no lock stays", async () => {
  const on = folder();
  for (const command of ["up --yes", "down --yes", "plan", "status", "outputs"]) {
    const { code, stdout, stderr } = await on.run(command);
    expect({ command, code, stdout }).toEqual({ command, code: 1, stdout: "" });
    expect(stderr).toContain("there are no AWS credentials");
    expect(stderr).toContain("AWS_PROFILE");
    expect(stderr).toContain("--sandbox");
  }
  expect(JSON.parse((await on.run("status --json")).stdout)).toMatchObject({ error: { code: "credentials" } });
  expect(on.files()).toEqual([CONFIG]);
});

/** An AWS that knows the caller, and nothing else. */
async function callerIn(account: string): Promise<{ readonly env: Record<string, string>; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (text) => {
      body += text;
    });
    request.on("end", () => {
      asked.push(new URLSearchParams(body).get("Action") ?? `${request.method} ${request.url}`);
      response.setHeader("content-type", "text/xml");
      response.end(
        `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::${account}:user/kim</Arn><UserId>AIDA</UserId><Account>${account}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "example",
    },
    asked,
  };
}

const stateOf = (account: string, region: string) =>
  JSON.stringify({
    version: STATE_VERSION,
    stack: "buddyverse",
    account,
    region,
    lineage: "0f",
    serial: 1,
    resources: {},
  });

test("the state of another account, region or stack: exit 6, and nothing is touched", async () => {
  const { env, asked } = await callerIn("222222222222");
  const on = folder();
  for (const [account, region, stack, said] of [
    ["111111111111", "ap-northeast-2", "buddyverse", "account 111111111111, but this run is for account 222222222222"],
    ["222222222222", "eu-west-1", "buddyverse", "region eu-west-1, but this run is for region ap-northeast-2"],
    ["222222222222", "ap-northeast-2", "other", "stack buddyverse, but this run is for stack other"],
  ] as const) {
    on.configure({ stack });
    writeFileSync(join(on.path, "buddyverse.state.json"), stateOf(account, region));
    for (const command of ["up --yes", "down --yes", "status", "plan"]) {
      const { code, stderr } = await on.run(command, env);
      expect({ command, code }).toEqual({ command, code: 6 });
      expect(stderr).toContain(said);
      expect(stderr).toContain("--state FILE");
    }
    expect(JSON.parse((await on.run("status --json", env)).stdout)).toMatchObject({ error: { code: "wrong-account" } });
    expect(on.read("buddyverse.state.json")).toBe(stateOf(account, region));
    expect(on.files()).toEqual([CONFIG, "buddyverse.state.json"]);
  }
  expect(new Set(asked)).toEqual(new Set(["GetCallerIdentity"]));
});

test("init writes a config that plan --offline takes; never over one that is there", async () => {
  const on = folder(null);
  const { code, stdout, stderr } = await on.run("init --yes");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^Wrote buddyverse\.config\.json:\n\n {2}stack {8}buddyverse, in ap-northeast-2 /);
  expect(stdout).toMatch(/\nNext: buddyverse up --sandbox --yes \(a rehearsal\), or buddyverse plan\.\n$/);
  expect(on.files()).toEqual([CONFIG, "buddyverse.config.schema.json"]);
  const written = on.read(CONFIG);
  expect(JSON.parse(written)).toMatchObject({
    $schema: "./buddyverse.config.schema.json",
    stack: "buddyverse",
    domain: { name: "buddyverse.link" },
  });
  expect((await on.run("plan --offline")).code).toBe(0);

  const again = await on.run("init --yes --json");
  expect(again.code).toBe(2);
  expect(JSON.parse(again.stdout).error.message).toBe("buddyverse.config.json is there already");
  expect(on.read(CONFIG)).toBe(written);
  expect((await on.run("init --yes --config nowhere/my.json")).code).toBe(2);
  const other = await on.run("init --yes --config stage.json --json");
  expect(JSON.parse(other.stdout)).toEqual({ schemaVersion: 1, written: "stage.json" });
});

test("plan --offline asks nobody, and takes what is looked up to be there", async () => {
  const on = folder();
  // Whoever is asked does not answer.
  const nobody = {
    AWS_ENDPOINT_URL: "http://127.0.0.1:1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "example",
  };
  const { code, stdout, stderr } = await on.run("plan --offline", nobody);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/Plan: \d+ to create\. About \d+ min, .*\$\d+ a month\.\n$/);
  expect(stdout).not.toMatch(/blocked|waits? for/);
  for (const name of ["Buddy-Project", "Buddy-NAT1", "database1-replica", "Buddy-AutoScaling-Group", "CPU-Per-Second"])
    expect(stdout).toContain(name);
  const json = JSON.parse((await on.run("plan --offline --json", nobody)).stdout);
  expect(new Set(json.items.map(({ action }: { action: string }) => action))).toEqual(new Set(["create"]));
  expect((await on.run("plan --offline --detailed-exit-code", nobody)).code).toBe(3);
  const part = JSON.parse((await on.run("plan --offline --step subnets --json", nobody)).stdout);
  expect(part.items.map(({ step }: { step: string }) => step)).toEqual(["vpc", ...Array(6).fill("subnets")]);
  expect(on.files()).toEqual([CONFIG]);
});

test("cost asks nobody, and --usage changes the answer", async () => {
  const on = folder();
  const { code, stdout, stderr } = await on.run("cost");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/\$\d/);
  const totals = async (line: string) => JSON.parse((await on.run(line)).stdout).totals.total.typical;
  expect(await totals("cost --json --usage dataOutGB=500")).toBeGreaterThan(await totals("cost --json"));
});

test("an application's folder is packed for the plan; a missing one is a mistake of the config", async () => {
  const on = folder({ image: { app: { folder: "./site" } } });
  const missing = await on.run("plan --offline");
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain("site is not there");
  expect(missing.stderr).toContain("image.app.folder");

  mkdirSync(join(on.path, "site"));
  writeFileSync(join(on.path, "site", "wsgi.py"), "");
  for (const line of ["plan --offline --json", "plan --sandbox --json"]) {
    const { code, stdout } = await on.run(line);
    expect(code).toBe(0);
    const keys = JSON.parse(stdout).items.map(({ key }: { key: string }) => key);
    expect(keys).toContain("app-bucket");
    expect(keys).toContain("app-archive");
  }
});

test("the config's own folder may be the application's: what this program writes stays out of the image", async () => {
  const on = folder({ image: { app: { folder: "." } } });
  writeFileSync(join(on.path, "wsgi.py"), "");
  const image = async () => {
    const { items } = JSON.parse((await on.run("plan --offline --json")).stdout) as { items: { key: string }[] };
    return items.find(({ key }) => key.startsWith("image-") && !key.startsWith("image-base"))?.key;
  };
  const before = await image();
  for (const name of [
    "buddyverse.state.json",
    "buddyverse.state.json.backup",
    "buddyverse.sandbox.json",
    "buddyverse.config.schema.json",
    "Buddy-Project.pem",
  ])
    writeFileSync(join(on.path, name), "secret");
  expect(await image()).toBe(before);
  writeFileSync(join(on.path, "views.py"), "");
  expect(await image()).not.toBe(before);
});
