import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { folder } from "./folder.ts";

// What is asked before anything is there: policy, graph, doctor.

test("policy: one JSON document on stdout, without credentials or network; a part alone is a policy", async () => {
  const on = folder();
  const all = await on.run("policy");
  expect(all.code).toBe(0);
  const documents = JSON.parse(all.stdout);
  expect(documents.length).toBeGreaterThan(1);
  expect(all.stderr).toBe(
    `A list of ${documents.length} policies: one may have 6,144 characters. Attach all of them: --output-dir DIR writes a file for each, with the commands.\n`,
  );
  const second = await on.run("policy --part 2");
  expect(JSON.parse(second.stdout)).toEqual(documents[1]);
  expect(documents[1]).toMatchObject({ Version: "2012-10-17", Statement: expect.any(Array) });
  expect(second.stderr).toBe("");
  expect((await on.run("policy --json")).stdout).toBe(all.stdout);
  expect(await on.run(`policy --part ${documents.length + 1}`)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`--part 1 to ${documents.length}`),
  });
  expect(on.files()).toEqual(["buddyverse.config.json"]);
});

test("policy: a stack that stands with the plain names is allowed those; one that comes, its own", async () => {
  const on = folder({ stack: "staging" });
  const named = async () => {
    const { code, stdout } = await on.run("policy");
    expect(code).toBe(0);
    return JSON.stringify(JSON.parse(stdout));
  };
  const today = await named();
  expect(today).toContain("staging-database1");
  const subnet = {
    type: "ec2:subnet",
    status: "ready",
    since: 0,
    token: "t",
    spec: { zone: "ap-northeast-2a" },
    needs: [],
  };
  const state = { version: 1, stack: "staging", account: "1", region: "ap-northeast-2", lineage: "l", serial: 1 };
  const standing = (name: string, more = {}) =>
    writeFileSync(
      join(on.path, "buddyverse.state.json"),
      JSON.stringify({ ...state, ...more, resources: { "subnet-public-1": { ...subnet, name } } }),
    );
  standing("Buddy-Public1");
  const before = await named();
  expect(before).toContain(":database1");
  expect(before).not.toContain("staging-database1");
  standing("Buddy-Public1-staging");
  expect(await named()).toBe(today);
  // Of another region it says nothing of this one.
  standing("Buddy-Public1", { region: "eu-west-1" });
  expect(await named()).toBe(today);
});

test("policy --output-dir: a file for each part, and the commands for all of them, for the region's partition", async () => {
  const on = folder({ stack: "mine" });
  const documents = JSON.parse((await on.run("policy")).stdout);
  const { code, stdout, stderr } = await on.run("policy --output-dir policies");
  expect([code, stderr]).toEqual([0, ""]);
  expect(on.files()).toEqual(["buddyverse.config.json", "policies"]);
  const names = documents.map((_one: unknown, index: number) => `buddyverse-mine-${index + 1}`);
  for (const [index, name] of names.entries())
    expect(JSON.parse(readFileSync(join(on.path, "policies", `${name}.json`), "utf8"))).toEqual(documents[index]);
  expect(stdout.split("\n").filter((line) => line.startsWith("  "))).toEqual(
    [
      "ROLE=the-role-that-runs-buddyverse",
      "ACCOUNT=$(aws sts get-caller-identity --query Account --output text)",
      ...names.map(
        (name: string) => `aws iam create-policy --policy-name ${name} --policy-document file://policies/${name}.json`,
      ),
      ...names.map(
        (name: string) =>
          `aws iam attach-role-policy --role-name "$ROLE" --policy-arn "arn:aws:iam::$ACCOUNT:policy/${name}"`,
      ),
    ].map((line) => `  ${line}`),
  );

  const china = folder({ region: "cn-north-1", domain: null });
  const { commands, files } = JSON.parse((await china.run("policy --output-dir=./a'b --profile=x;y --json")).stdout);
  expect(files[0]).toBe("a'b/buddyverse-buddyverse-cn-north-1-1.json");
  expect(commands[2]).toBe(
    "aws --profile 'x;y' iam create-policy --policy-name buddyverse-buddyverse-cn-north-1-1 --policy-document 'file://a'\\''b/buddyverse-buddyverse-cn-north-1-1.json'",
  );
  expect(commands.at(-1)).toContain('"arn:aws-cn:iam::$ACCOUNT:policy/');
  expect(await on.run("policy --output-dir buddyverse.config.json")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--output-dir"),
  });
  expect(await on.run("policy --output-dir policies --part 1")).toMatchObject({ code: 2 });
});

test("graph --dependencies: Mermaid, SVG, a page, or the drawing as JSON; from the config alone", async () => {
  const on = folder({ nat: { mode: "gateway" } });
  const [mermaid, svg, html, json] = await Promise.all(
    ["", " --format svg", " --format html", " --json"].map((how) => on.run(`graph --dependencies${how}`)),
  );
  expect(mermaid?.stdout).toMatch(/^flowchart LR\n {2}subgraph s1\["1 vpc"\]\n/);
  expect(mermaid?.stdout).toContain("Buddy-NAT1<br/>ec2:nat-gateway");
  expect(svg?.stdout).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>\n$/);
  expect(html?.stdout).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
  expect(JSON.parse(json?.stdout ?? "").groups[0]).toMatchObject({ name: "vpc", nodes: [{ key: "vpc" }] });
  expect(await on.run("graph --format png")).toMatchObject({ code: 2 });
  expect(on.files()).toEqual(["buddyverse.config.json"]);
});

test("doctor: all is well in the sandbox, and nothing is made or written", async () => {
  const on = folder();
  const { code, stdout } = await on.rehearse("doctor");
  expect(stdout).toMatch(/ ✔ {2}credentials +account 111122223333, region ap-northeast-2\n/);
  expect(stdout).toMatch(/ ✔ {2}names +none is taken/);
  expect(stdout).toMatch(/No problem was found; 19 ok\.\n$/);
  expect(code).toBe(0);
  expect(on.files()).toEqual(["buddyverse.config.json"]);
  await on.rehearse("doctor --trace trace.jsonl");
  const changing = on.trace().filter(({ operation }) => !/^(Get|Describe|List|Simulate)/.test(operation));
  expect(changing.map(({ operation, error }) => `${operation} ${error}`)).toEqual([
    "CreateVpc DryRunOperation",
    "CreateInternetGateway DryRunOperation",
    "RunInstances DryRunOperation",
  ]);
});

test("doctor: a name that somebody else's object has, and an image that is not there, are problems", async () => {
  const mine = folder({ stack: "first" });
  expect((await mine.rehearse("up --yes --step load-balancer")).code).toBe(0);
  // The same account, where objects of another stack have the names of this one's.
  const world = JSON.parse(
    mine.read("buddyverse.sandbox.json").replaceAll("Buddy-LoadBalance-first", "Buddy-LoadBalance-second"),
  );
  const on = folder({ stack: "second", image: { base: "ami-0123456789abcdef0" } });
  writeFileSync(join(on.path, "buddyverse.sandbox.json"), JSON.stringify({ ...world, state: null }));
  const { code, stdout } = await on.rehearse("doctor --json");
  expect(code).toBe(1);
  const { ok, findings } = JSON.parse(stdout);
  expect(ok).toBe(false);
  const problems: { about: string; message: string; hint: string }[] = findings.filter(
    ({ verdict }: { verdict: string }) => verdict === "problem",
  );
  expect(problems.filter(({ about }) => about === "image").map(({ message }) => message)).toEqual([
    "ec2:public-image ami-0123456789abcdef0 is not there",
  ]);
  const taken = problems.filter(({ about }) => about === "names");
  expect(taken.filter(({ message }) => message.includes("loadbalancer/app/Buddy-LoadBalance-second/"))).toEqual([
    expect.objectContaining({
      message: expect.stringMatching(/ is that of stack "first"$/),
      hint: expect.stringContaining('Take stack "first" down first'),
    }),
  ]);
  expect(new Set(taken.map(({ message }) => message)).size).toBe(taken.length);
});

test("doctor: without credentials that is the one finding, with what to do", async () => {
  const { code, stdout, stderr } = await folder().run("doctor --json");
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    findings: [{ about: "credentials", verdict: "problem", hint: expect.stringContaining("AWS_PROFILE") }],
  });
  expect(stderr).toBe("");
});

test("doctor: the clock is compared with the date of AWS's answers; what AWS does not answer is unseen", async () => {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      response.setHeader("Date", new Date(Date.now() + 600_000).toUTCString());
      if (body.includes("Action=GetCallerIdentity")) {
        response.setHeader("Content-Type", "text/xml");
        response.end(
          "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/me</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
        );
        return;
      }
      response.statusCode = 403;
      response.setHeader("x-amzn-errortype", "AccessDeniedException");
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  const { code, stdout } = await folder().run("doctor --json", {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
  });
  const { findings } = JSON.parse(stdout);
  const by = (about: string) => findings.find((one: { about: string }) => one.about === about);
  expect(by("clock")).toMatchObject({
    verdict: "problem",
    message: expect.stringMatching(/clock is 10 min slow/),
  });
  expect(by("vCPU quota")).toMatchObject({ verdict: "unseen" });
  expect(by("permissions")).toMatchObject({ verdict: "unseen" });
  expect(code).toBe(1);
});
