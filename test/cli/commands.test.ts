import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  ModifySubnetAttributeCommand,
} from "@aws-sdk/client-ec2";
import { DeleteParameterCommand, GetParameterCommand } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ended } from "../command.ts";
import { inSandboxOf } from "../stranger.ts";
import { at, folder, makeFolder, type TracedLine, writesIn } from "./folder.ts";

const STATE = "buddyverse.sandbox.json";
const HISTORY = `${STATE}.history.jsonl`;
// Every test starts from a copy of this stack, which is up.
const base = at(makeFolder());
let first: Ended;
let sent: TracedLine[];
beforeAll(async () => {
  base.configure({});
  first = await base.rehearse("up --yes --trace trace.jsonl");
  sent = base.trace();
  rmSync(join(base.path, "trace.jsonl"));
});
afterAll(() => rmSync(base.path, { recursive: true, force: true }));

const json = async (on: ReturnType<typeof at>, line: string) => {
  const { code, stdout, stderr } = await on.rehearse(`${line} --json`);
  const value = JSON.parse(stdout);
  expect({ line, unfit: unfit(value) }).toEqual({ line, unfit: [] });
  return { code, stderr, value };
};

const MONEY = /(cost|price|monthly|low|typical|high|change|total|fixed|sofar|difference)/i;

/** What a reader of the documents cannot take as it is: moments that are numbers, money with more than cents. */
function unfit(value: unknown, path = ""): string[] {
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, inner]) => unfit(inner, `${path}.${key}`));
  if (typeof value !== "number" || path.endsWith(".unitPrice")) return [];
  const moment = value > 1e12 && value < 1e13;
  return moment || (MONEY.test(path) && value !== Math.round(value * 100) / 100) ? [path] : [];
}

test("up: the result on stdout, progress on stderr, in lines without escape codes", () => {
  const { code, stdout, stderr } = first;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^✔ Done in \d+m\d\ds of sandbox time \(.*\): \d+ created/);
  expect(stdout).toContain("https://buddyverse.link/");
  expect(stdout).toContain("Next: buddyverse status --sandbox\n");
  expect(stderr).toMatch(/^buddyverse · sandbox · ap-northeast-2 · stack buddyverse +SANDBOX/);
  expect(stderr).toMatch(/Plan: \d+ to create\. About \d+ min on AWS/);
  expect(stderr).toContain(" vpc: vpc Buddy-Project created");
  expect(stdout + stderr).not.toContain("\u001b");
});

test("up writes the sandbox's file and the private key, for its owner only, and gives the lock back", () => {
  expect(base.files()).toEqual([
    "Buddy-Project.sandbox.pem",
    "Buddy-Project.sandbox.pem.pub",
    "buddyverse.config.json",
    STATE,
    HISTORY,
  ]);
  for (const file of ["Buddy-Project.sandbox.pem", STATE, HISTORY])
    expect(statSync(join(base.path, file)).mode & 0o777).toBe(0o600);
});

test("--trace: each call with exactly the same keys, and no secret", async () => {
  expect(sent.length).toBeGreaterThan(200);
  for (const line of sent)
    expect(Object.keys(line)).toEqual(["at", "service", "operation", "input", "attempts", "status", "error", "ms"]);
  expect(sent[0]).toMatchObject({
    service: "sts",
    operation: "GetCallerIdentity",
    attempts: 1,
    status: 200,
    error: null,
  });
  expect(sent.find(({ operation }) => operation === "CreateVpc")).toMatchObject({
    service: "ec2",
    input: { CidrBlock: "172.31.0.0/16" },
  });
  expect(sent.find(({ error }) => error !== null)).toMatchObject({ status: expect.any(Number) });
  expect(sent.find(({ operation }) => operation === "CreateDBInstance")).toMatchObject({
    input: { MasterUserPassword: "***" },
  });
  // AWS knows the secret; nothing that was written does, but for the sandbox's world in its file.
  let secret = "";
  await inSandboxOf(folder(null, base.path).path, async ({ ssm }) => {
    const Name = "/buddyverse/buddyverse/database/password";
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
    expect(Parameter?.Type).toBe("SecureString");
    secret = Parameter?.Value ?? "";
  });
  expect(secret.length).toBeGreaterThan(15);
  const forms = [secret, JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString("base64").slice(0, -4)];
  const { state } = JSON.parse(base.read(STATE));
  for (const text of [JSON.stringify(sent), first.stdout, first.stderr, JSON.stringify(state)])
    for (const form of forms) expect(text).not.toContain(form);
});

test("a second up changes nothing, and the readers agree", async () => {
  const on = folder({}, base.path);
  const { code, stdout, stderr } = await on.rehearse("up --yes --trace trace.jsonl");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "Everything is as the config says.\n" });
  expect(stderr).toMatch(/Nothing to do: \d+ resources as the config says/);
  expect(on.trace().length).toBeGreaterThan(20);
  expect(writesIn(on.trace())).toEqual([]);

  expect((await on.rehearse("plan --detailed-exit-code")).code).toBe(0);
  const status = await on.rehearse("status");
  expect(status.code).toBe(0);
  expect(status.stdout).toMatch(/Everything is in sync: \d+ resources/);
});

test("plan says what a changed config would do, and does not do it", async () => {
  const on = folder({ database: { storageGiB: 30 } }, base.path);
  const before = on.files();
  const plan = await on.rehearse("plan --trace trace.jsonl");
  expect(plan.code).toBe(0);
  expect(plan.stdout).toContain("storageGiB: 20 → 30");
  expect((await on.rehearse("plan --detailed-exit-code")).code).toBe(3);
  expect((await on.rehearse("status")).code).toBe(3);
  expect(writesIn(on.trace())).toEqual([]);
  expect(on.files()).toEqual([...before, "trace.jsonl"].sort());
});

test("--json: one document on stdout for every command, nothing of it on stderr", async () => {
  const on = folder({}, base.path);
  expect(await json(on, "status")).toMatchObject({
    code: 0,
    stderr: "",
    value: { inSync: true, resources: expect.any(Array) },
  });
  expect(await json(on, "plan")).toMatchObject({
    code: 0,
    stderr: "",
    value: { items: expect.any(Array), seconds: 0 },
  });
  expect(await json(on, "outputs")).toMatchObject({
    code: 0,
    stderr: "",
    value: { site: "https://buddyverse.link/", commands: expect.arrayContaining(["buddyverse ssh web --sandbox"]) },
  });
  expect(await json(on, "cost")).toMatchObject({ code: 0, stderr: "", value: { currency: "USD" } });
  expect(await json(on, "sandbox")).toMatchObject({ code: 0, stderr: "", value: { objects: expect.any(Array) } });
  for (const line of ["history", "releases", "snapshots", "why", "secret list", "plan --refresh-image", "doctor"])
    expect(await json(on, line)).toMatchObject({ code: 0, value: { schemaVersion: 1 } });
  on.configure({ database: { instanceClass: "db.t3.small" }, nat: { mode: "gateway" } });
  expect((await json(on, "plan")).value.costChange).toMatchObject({ typical: expect.any(Number) });
  on.configure({});
  expect(await json(on, "up --yes")).toMatchObject({
    code: 0,
    stderr: "",
    value: { changed: 0, outputs: { site: "https://buddyverse.link/" } },
  });
  expect(await json(on, "down --yes")).toMatchObject({
    code: 0,
    stderr: "",
    value: {
      removed: expect.any(Array),
      left: [],
      copies: [
        {
          what: expect.stringContaining("a recovery point of Buddy-EFS"),
          id: expect.stringContaining(":recovery-point:"),
        },
        { what: "a final snapshot of database1", id: expect.stringMatching(/^database1-final-/) },
      ],
    },
  });
  expect(await json(on, "sandbox reset")).toMatchObject({ code: 0, stderr: "", value: { reset: true } });
});

test("a part of the stack makes no key pair and names no price of the whole", async () => {
  const on = folder();
  const { code, stderr } = await on.rehearse("up --yes --step vpc");
  expect({ code, files: on.files() }).toEqual({ code: 0, files: ["buddyverse.config.json", STATE, HISTORY] });
  expect(stderr).not.toContain("$");
});

test("--json-lines: each line a document, the result last", async () => {
  const on = folder();
  const { code, stdout, stderr } = await on.rehearse("up --yes --step vpc --json-lines");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ type }) => type)).toEqual(["resource.started", "resource.settled", "result"]);
  expect(lines[1]).toMatchObject({ key: "vpc", outcome: "created", id: expect.stringMatching(/^vpc-/) });
});

test("--quiet leaves the result; FORCE_COLOR colours, NO_COLOR and --no-color do not", async () => {
  const on = folder();
  const quiet = await on.rehearse("up --yes --step vpc --quiet");
  expect(quiet.stderr).not.toContain("Plan:");
  expect(quiet.stderr).not.toContain("creating");
  expect(quiet.stdout).toContain("Done in");
  const line = "status --sandbox --sandbox-speed max";
  expect((await on.run(line, { FORCE_COLOR: "1" })).stdout).toContain("\u001b[");
  expect((await on.run(line, { FORCE_COLOR: "1", NO_COLOR: "1" })).stdout).not.toContain("\u001b");
  expect((await on.run(`${line} --no-color`, { FORCE_COLOR: "1" })).stdout).not.toContain("\u001b");
});

test("--step brings that step and what it needs, and leaves the rest of what is there alone", async () => {
  const on = folder();
  const { code } = await on.rehearse("up --yes --step load-balancer");
  expect(code).toBe(0);
  const state = () => Object.keys(JSON.parse(on.read(STATE)).state.resources);
  expect(state()).toEqual(expect.arrayContaining(["vpc", "subnet-public-1", "load-balancer", "target-group"]));
  expect(state().filter((key) => /database|builder|auto-scaling|^instance|bastion-|subnet-db/.test(key))).toEqual([]);

  const whole = folder({}, base.path);
  const before = whole.read(STATE).length;
  expect((await whole.rehearse("up --yes --step vpc --trace trace.jsonl")).code).toBe(0);
  expect(writesIn(whole.trace())).toEqual([]);
  expect(whole.read(STATE).length).toBeGreaterThan(before * 0.9);
});

test("a replacement is refused unless --replace is said, and always where data stands on it", async () => {
  const on = folder({ bastion: { instanceType: "t3.small" } }, base.path);
  const refused = await on.rehearse("up --yes --trace trace.jsonl");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("Bastion1 would have to be recreated: instanceType cannot be changed in place");
  expect(refused.stderr).toContain("Say --replace");
  expect(writesIn(on.trace())).toEqual([]);
  const replaced = await on.rehearse("up --yes --replace");
  expect({ code: replaced.code, said: replaced.stdout.split("\n")[0] }).toEqual({
    code: 0,
    said: expect.stringContaining("2 replaced"),
  });
  expect((await on.rehearse("status")).code).toBe(0);

  const ranges = (net: string) => [`172.31.1${net}.0/24`, `172.31.2${net}.0/24`];
  on.configure({ bastion: { instanceType: "t3.small" }, network: { db: ranges("4") } });
  const kept = await on.rehearse("up --yes --replace --trace trace.jsonl");
  expect(kept.code).toBe(2);
  expect(kept.stderr).toMatch(/The data of .*database1.* would be lost/);
  expect(writesIn(on.trace())).toEqual([]);
});

test("status begins with what matters for safety, of what the config asks for and of what others have, the worst first", async () => {
  const on = folder({}, base.path);
  await inSandboxOf(on.path, async ({ ec2 }, clock) => {
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
    const { GroupId } = SecurityGroups.find(({ GroupName }) => GroupName === "Buddy-DB") ?? {};
    const IpRanges = [{ CidrIp: "0.0.0.0/0" }];
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 3306, ToPort: 3306, IpRanges }];
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const { SubnetId } = Subnets.find(({ CidrBlock }) => CidrBlock === "172.31.11.0/24") ?? {};
    await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: true } }));
    await clock.sleep(60_000);
  });
  const { code, stdout } = await on.rehearse("status");
  expect(code).toBe(3);
  expect(stdout.replace(/(sg|subnet)-\w+/g, "$1-…")).toContain(
    [
      "2 things that others did matter for safety:",
      " ! made public: subnet Buddy-Web-Private1 subnet-…, publicAddresses",
      " ! opened to the world: security group Buddy-DB sg-…, inbound",
    ].join("\n"),
  );
  expect(stdout).toContain("opened to the world: inbound");
  const { value } = await json(on, "status");
  expect(value.resources.find(({ key }: { readonly key: string }) => key === "group-db").drift).toMatchObject([
    { field: "inbound", danger: "opened to the world" },
  ]);
});

test("a lost password is told by plan and status, and refused by up, with the commands that bring it back", async () => {
  const on = folder({}, base.path);
  const name = "/buddyverse/buddyverse/database/password";
  await inSandboxOf(on.path, async ({ ssm }, clock) => {
    await ssm.send(new DeleteParameterCommand({ Name: name }));
    await clock.sleep(60_000);
  });

  const planned = await on.rehearse("plan --detailed-exit-code");
  expect(planned.code).toBe(2);
  expect(planned.stdout).toContain(`! blocked  generated secret ${name}`);
  const put = `ssm put-parameter --region ap-northeast-2 --name ${name} --type SecureString`;
  expect(planned.stdout).toContain(put);
  const status = await on.rehearse("status");
  expect({ code: status.code, put: status.stdout.includes(put) }).toEqual({ code: 3, put: true });

  const refused = await on.rehearse("up --yes --trace trace.jsonl");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`error: ${name} is gone, but database1, database1-replica still have the value`);
  expect(refused.stderr).toContain("Nothing was changed.");
  // Told once, and not as a command that would reach AWS.
  expect(refused.stderr.split("put the old value back").length).toBe(2);
  expect(refused.stderr).toContain(`aws --endpoint-url SANDBOX ${put}`);
  expect(writesIn(on.trace())).toEqual([]);
  expect(JSON.parse((await on.rehearse("up --yes --json")).stdout)).toMatchObject({
    error: { code: "refused", hint: expect.stringContaining(put) },
  });
});

test("changed application code is rolled out by an ordinary up", async () => {
  const on = folder({ image: { app: { folder: "site" } } });
  mkdirSync(join(on.path, "site"));
  const ids = (type: string) =>
    Object.values<{ type: string; id: string }>(JSON.parse(on.read(STATE)).state.resources)
      .filter((one) => one.type === type)
      .map(({ id }) => id);
  writeFileSync(join(on.path, "site", "wsgi.py"), "application = 1");
  expect((await on.rehearse("up --yes")).code).toBe(0);
  const sent = () => ids("s3:object").filter((id) => id.includes("/app/"));
  const [archives, images] = [sent(), ids("ec2:image")];
  expect([archives, images]).toEqual([[expect.anything()], [expect.anything()]]);
  writeFileSync(join(on.path, "site", "wsgi.py"), "application = 2");
  writeFileSync(join(on.path, "site", ".env"), "SECRET=1");
  expect((await on.rehearse("status")).code).toBe(3);
  const notSent = "image.app.folder: Not sent: .env.";
  expect((await on.rehearse("plan")).stdout).toContain(notSent);
  const { code, stdout, stderr } = await on.rehearse("up --yes");
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("Done in") });
  expect(stderr).toContain(notSent);
  expect(sent()).not.toEqual(archives);
  // The image before it stays, to go back to.
  expect(ids("ec2:image")).toEqual([...images, expect.anything()]);
  expect((await on.rehearse("status")).code).toBe(0);

  // What is gone from this machine is no reason to leave something behind on AWS, or not to look at what is there.
  rmSync(join(on.path, "site"), { recursive: true });
  expect((await on.rehearse("up --yes")).code).toBe(2);
  expect(await on.rehearse("doctor")).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/ ✖ {2}application +image\.app\.folder: .*site is not there\n/),
  });
  const gone = await on.rehearse("status");
  expect({ code: gone.code, said: gone.stderr }).toEqual({
    code: 0,
    said: expect.stringMatching(/site is not there\. Goes by what `up` last sent of it\.\n$/),
  });
  const down = await on.rehearse("down --yes");
  expect(down.stdout).toContain("nothing of stack buddyverse is left");
  expect(down.code).toBe(0);
});

test("a hosted zone that is not there: the rest is finished, and what waits for a person is said", async () => {
  const on = folder();
  await on.rehearse("up --yes --step vpc");
  on.configure({ domain: { name: "elsewhere.example" } });
  const { code, stdout } = await on.rehearse("up --yes");
  expect(code).toBe(0);
  expect(stdout).toMatch(/waits for you: domain · .*elsewhere\.example/);
  expect(stdout).toContain('create the public hosted zone in Route 53, or set domain.zone to "create"');
  // To doctor that is one problem, not two.
  const doctor = await on.rehearse("doctor");
  expect(doctor.stdout).toMatch(/^1 problem; /m);
  expect(stdout).toMatch(/Site +http:\/\/Buddy-LoadBalance-/);
  const again = await on.rehearse("up --yes --trace trace.jsonl");
  expect({ code: again.code, lines: again.stdout.trimEnd().split("\n").length }).toEqual({ code: 0, lines: 1 });
  expect(again.stdout).toMatch(/^! waits for you: elsewhere\.example: .*is not there/);
  expect(writesIn(on.trace())).toEqual([]);
  const status = await on.rehearse("status");
  expect(status.code).toBe(3);
  expect(status.stdout).toContain("waits for you: existing zone elsewhere.example");
});

test("before up: outputs and status say that nothing is there, down that nothing is to go", async () => {
  const on = folder();
  expect(await on.rehearse("outputs")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^error: stack buddyverse is not up\n.*`buddyverse up --sandbox` brings it up/),
  });
  expect(await on.rehearse("outputs site --json")).toMatchObject({ code: 1, stderr: "" });
  const status = await on.rehearse("status");
  expect(status.code).toBe(3);
  expect(status.stdout).toContain("Nothing is there yet");
  expect(status.stdout).toContain("`buddyverse up --sandbox`");
  const down = await on.rehearse("down --yes --trace trace.jsonl");
  expect(down.code).toBe(0);
  expect(down.stderr).toContain("Nothing of stack buddyverse is in the sandbox.");
  expect(writesIn(on.trace())).toEqual([]);
});

test("down removes all of it and names the snapshot that stays; a second one has nothing to do", async () => {
  const on = folder({}, base.path);
  const down = await on.rehearse("down --yes");
  expect(down.code).toBe(0);
  expect(down.stderr).toContain("Stays: a final snapshot of database1.");
  expect(down.stdout).toMatch(/^✔ Removed \d+ resources/);
  expect(down.stdout).toMatch(/Stays: a final snapshot of database1: database1-final-\w+ /);
  expect(down.stdout).toMatch(
    /\nOn AWS this would still cost money:\n {2}DB snapshot (database1-final-\w+), 20 GB: at most \$1\.90 a month\n.*\n {4}aws --endpoint-url SANDBOX rds delete-db-snapshot --db-snapshot-identifier \1 --region ap-northeast-2\n/,
  );
  expect(down.stdout).toContain("Looked again: nothing of stack buddyverse is left.");
  const again = await on.rehearse("down --yes --trace trace.jsonl");
  expect(again.code).toBe(0);
  expect(writesIn(on.trace())).toEqual([]);

  const discarded = folder({}, base.path);
  const { code, stdout, stderr } = await discarded.rehearse("down --yes --discard-data");
  expect(code).toBe(0);
  expect(stderr).toMatch(/Buddy-EFS and database1 go with all data: --discard-data leaves no copy\./);
  expect(stdout).not.toContain("snapshot");
});

test("sandbox shows what is in it and reset empties it, keys and all", async () => {
  const on = folder({}, base.path);
  const shown = await on.run("sandbox");
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/^Account \d{12}, ap-northeast-2/);
  expect(shown.stdout).toMatch(/ instances +\d+ +i-/);
  expect((await on.run("sandbox reset")).stdout).toMatch(
    /^The sandbox is empty: .+ is gone, and with it stack buddyverse with \d\d resources\.\n$/,
  );
  expect(on.files()).toEqual(["buddyverse.config.json"]);
  expect((await on.run("sandbox reset")).stdout).toBe("The sandbox was empty already.\n");
  expect((await on.run("sandbox")).stdout).toContain("buddyverse up --sandbox");

  writeFileSync(join(on.path, STATE), "{torn");
  const torn = await on.rehearse("status");
  expect(torn.code).toBe(2);
  expect(torn.stderr).toContain("buddyverse sandbox reset");
  expect((await on.run("sandbox reset")).code).toBe(0);
  expect(existsSync(join(on.path, STATE))).toBe(false);
});

test("where there is no config, what is broken in the sandbox is of the defaults, as a rehearsal is", async () => {
  const on = folder(null);
  expect(await on.run("sandbox fail nat hangs")).toMatchObject({ code: 0, stderr: "" });
  expect((await on.run("sandbox mend")).code).toBe(0);
});

test("a sandbox of another region or stack is not this one: exit 6", async () => {
  const on = folder({ region: "eu-west-1" }, base.path);
  const before = on.read(STATE);
  for (const [config, said] of [
    [{ region: "eu-west-1" }, "belongs to region ap-northeast-2"],
    [{ stack: "other" }, "belongs to stack buddyverse"],
  ] as const) {
    on.configure(config);
    for (const line of ["up --yes", "down --yes", "status"]) {
      const { code, stderr } = await on.rehearse(line);
      expect({ line, code }).toEqual({ line, code: 6 });
      expect(stderr).toContain(said);
    }
  }
  expect(JSON.parse(on.read(STATE)).state).toEqual(JSON.parse(before).state);
});
