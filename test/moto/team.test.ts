/** Two people, each with a folder and processes of their own, on one stack, over HTTP against an AWS that we did not write. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BIN, buddyverse } from "../command.ts";
import { needs } from "../tools.ts";
import { type MotoServer, startMoto } from "./server.ts";

const REGION = "ap-northeast-2";
const plain = { domain: null, bastion: { allowedCidrs: ["203.0.113.10/32"] } };
const shared = { ...plain, state: { bucket: "team-state-123456789012" } };

const MAKE = `
boto3.client("s3").create_bucket(Bucket="team-state-123456789012", CreateBucketConfiguration={"LocationConstraint": "${REGION}"})
print('"made"')`;
const PROTECT = `
s3 = boto3.client("s3")
s3.put_bucket_versioning(Bucket="team-state-123456789012", VersioningConfiguration={"Status": "Enabled"})
s3.put_public_access_block(Bucket="team-state-123456789012", PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
print('"protected"')`;

describe("two folders, one stack", needs("moto_server and python3 with boto3"), () => {
  let server: MotoServer;
  let env: Record<string, string>;

  beforeAll(async () => {
    server = await startMoto();
    env = {
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: REGION,
    };
  });
  afterAll(() => server?.stop());

  function person(config: object) {
    const cwd = mkdtempSync(join(tmpdir(), "buddyverse-team-"));
    onTestFinished(() => rmSync(cwd, { recursive: true }));
    writeFileSync(join(cwd, "buddyverse.config.json"), JSON.stringify(config));
    return { cwd, run: (line: string) => buddyverse(line.split(" "), { cwd, env }) };
  }
  const asked = async (script: string): Promise<unknown> => {
    const { stdout } = await promisify(execFile)("python3", ["-c", `import boto3, json\n${script}`], {
      env: { ...process.env, ...env, AWS_DEFAULT_REGION: REGION },
    });
    return JSON.parse(stdout);
  };
  const vpcs = () =>
    asked(
      'print(json.dumps(len(boto3.client("ec2").describe_vpcs(Filters=[{"Name":"tag:buddyverse:stack","Values":["*"]}])["Vpcs"])))',
    );
  const locks = () =>
    asked(
      'print(json.dumps([g["logGroupName"] for g in boto3.client("logs").describe_log_groups()["logGroups"] if g["logGroupName"].endswith("/lock")]))',
    );

  test("with a state each, at the same moment: one goes, the other is told who does; one of each", {
    timeout: 120_000,
  }, async () => {
    const [ada, kim] = [person(plain), person(plain)];
    const both = await Promise.all([ada, kim].map(({ run }) => run("up --yes --step vpc")));
    expect(both.map(({ code }) => code).sort(), both.map(({ stderr }) => stderr).join("\n")).toEqual([0, 4]);
    expect(both.find(({ code }) => code === 4)?.stderr).toMatch(/"up" by .* has held the stack since .*last heard of/);
    expect(await vpcs()).toBe(1);
    // Who came second finds what the first made by its tags.
    for (const { run } of [ada, kim]) expect((await run("up --yes --step vpc")).code).toBe(0);
    expect(await vpcs()).toBe(1);
    expect((await kim.run("down --yes")).code).toBe(0);
    expect([await vpcs(), await locks()]).toEqual([0, []]);
  });

  test("with one state in S3: killed in the middle, the other goes on; nothing is made twice, nothing stays", {
    timeout: 180_000,
  }, async () => {
    const [ada, kim] = [person(shared), person(shared)];
    const none = await ada.run("up --yes --step vpc");
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("there is no bucket")]);
    // Its policy refuses what does not come by TLS, as the way to the mock does not: the team's is made by hand.
    const made = await ada.run("state init s3://other-state-123456789012/s.json --json");
    expect(JSON.parse(made.stdout)).toMatchObject({ made: true });
    await asked(MAKE);
    const refused = await ada.run("up --yes --step vpc");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("versioning is off")]);
    await asked(PROTECT);

    // After its first objects.
    const killed = spawn(process.execPath, [BIN, ..."up --yes --step nat-bastion --json-lines".split(" ")], {
      cwd: ada.cwd,
      env: { PATH: process.env.PATH, HOME: ada.cwd, AWS_EC2_METADATA_DISABLED: "true", ...env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let told = "";
    killed.stdout.on("data", (text) => {
      told += text;
      if (told.split('"resource.settled"').length > 3) killed.kill("SIGKILL");
    });
    await new Promise((resolve) => killed.on("close", resolve));
    expect(killed.signalCode, told).toBe("SIGKILL");
    expect(await locks()).toHaveLength(1);

    const goes = await kim.run("up --yes --step vpc");
    expect(goes.code, goes.stderr).toBe(0);
    expect(goes.stderr).toContain('Took over the lock of "up"');
    expect(await vpcs()).toBe(1);
    // The mock shows the tags of a log group that is gone.
    expect(await locks()).toEqual([]);
    // Both see the same.
    const [hers, his] = await Promise.all([ada, kim].map(({ run }) => run("state --json")));
    expect(JSON.parse(hers?.stdout ?? "")).toEqual(JSON.parse(his?.stdout ?? ""));
    expect(JSON.parse(hers?.stdout ?? "")).toMatchObject({ found: true });

    const moved = await kim.run("state move buddyverse.state.json");
    expect(moved.code, moved.stderr).toBe(0);
    expect((await ada.run("state pull")).code).toBe(1);
    const back = await kim.run("state move");
    expect(back.code, back.stderr).toBe(0);
    const down = await ada.run("down --yes");
    expect(down.code, down.stderr).toBe(0);
    expect(JSON.parse((await kim.run("state --json")).stdout)).toMatchObject({ objects: 0 });
    expect([await vpcs(), await locks()]).toEqual([0, []]);
  });
});
