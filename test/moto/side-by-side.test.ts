/** Two whole stacks in one account and region, by the built command over HTTP, against an AWS that we did not write. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buddyverse } from "../command.ts";
import { needs } from "../tools.ts";
import { type MotoServer, startMoto } from "./server.ts";

const REGION = "ap-northeast-2";
const plain = {
  image: { base: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64" },
  bastion: { allowedCidrs: ["203.0.113.10/32"] },
  domain: null,
};
/** The longest name that a config takes, and tags as people write them. */
const LONGEST = "staging-of-the-shops";

const BUCKET = `
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="states-123456789012", CreateBucketConfiguration={"LocationConstraint": "${REGION}"})
s3.put_bucket_versioning(Bucket="states-123456789012", VersioningConfiguration={"Status": "Enabled"})
s3.put_public_access_block(Bucket="states-123456789012", PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
`;

describe("two stacks, one account", needs("moto_server and python3 with boto3"), () => {
  let server: MotoServer;
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    server = await startMoto();
    folder = mkdtempSync(join(tmpdir(), "buddyverse-beside-"));
    env = {
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: REGION,
    };
    writeFileSync(join(folder, "buddyverse.config.json"), JSON.stringify(plain));
    writeFileSync(
      join(folder, "stage.config.json"),
      JSON.stringify({ ...plain, stack: LONGEST, tags: { 팀: "버디버스 개발팀" } }),
    );
  });
  afterAll(() => {
    server?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  const python = async (script: string): Promise<string> => {
    const { stdout } = await promisify(execFile)("python3", [join(import.meta.dirname, script), REGION], {
      env: { ...process.env, ...env, AWS_DEFAULT_REGION: REGION },
      maxBuffer: 2 ** 26,
    });
    return stdout;
  };
  const inventory = async (): Promise<Record<string, string[]>> => JSON.parse(await python("inventory.py"));
  const run = (line: string, cwd = folder) => buddyverse(line.split(" "), { cwd, env });

  test("both come up and are in sync; each ends and leaves the other as it was", { timeout: 590_000 }, async () => {
    const empty = await inventory();
    const [first] = await Promise.all([run("up --yes"), python("builder.py")]);
    expect(first.code, first.stderr).toBe(0);
    const alone = await inventory();
    const [second] = await Promise.all([run("up --yes --config stage.config.json"), python("builder.py")]);
    expect(second.code, second.stderr).toBe(0);
    for (const stack of ["", " --config stage.config.json"]) {
      const status = await run(`status --managed${stack}`);
      expect(status.code, status.stdout).toBe(0);
    }
    const listed = await run("stacks --json --all-regions");
    expect(JSON.parse(listed.stdout)).toMatchObject({
      stacks: [
        {
          stack: "buddyverse",
          region: REGION,
          monthly: {},
          lastRun: { result: "done" },
          state: "buddyverse.state.json",
        },
        { stack: LONGEST, region: REGION, monthly: {}, lastRun: { result: "done" }, state: "stage.state.json" },
      ],
      unseen: [],
    });

    const gone = await run("down --yes --discard-data --config stage.config.json");
    expect(gone.code, gone.stderr + gone.stdout).toBe(0);
    expect(await inventory()).toEqual(alone);
    const still = await run("status --managed");
    expect(still.code, still.stdout).toBe(0);
    const last = await run("down --yes --discard-data");
    expect(last.code, last.stderr + last.stdout).toBe(0);
    expect(await inventory()).toEqual(empty);
  });

  test("one stack in two regions, their states in one bucket: each needs its key; both are listed from anywhere", {
    timeout: 180_000,
  }, async () => {
    await promisify(execFile)("python3", ["-c", BUCKET], {
      env: { ...process.env, ...env, AWS_DEFAULT_REGION: REGION },
    });
    const before = await inventory();
    const state = { bucket: "states-123456789012", region: REGION };
    const configure = (name: string, config: object) =>
      writeFileSync(join(folder, `${name}.config.json`), JSON.stringify({ ...plain, stack: "shop", state, ...config }));
    configure("home", {});
    configure("eu", { region: "eu-west-1" });
    const home = await run("up --yes --step vpc --config home.config.json");
    expect(home.code, home.stderr).toBe(0);
    const refused = await run("up --yes --step vpc --config eu.config.json");
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining('the config\'s "state" takes a "key"')]);
    configure("eu", { region: "eu-west-1", state: { ...state, key: "eu/shop.json" } });
    const away = await run("up --yes --step vpc --config eu.config.json");
    expect(away.code, away.stderr).toBe(0);

    // moto keeps the tags of what is gone: the stacks of the test before this one would be listed, too.
    const listed = async (line: string, cwd?: string) =>
      JSON.parse((await run(`${line} --json`, cwd)).stdout).stacks.filter(
        ({ stack }: { readonly stack: string }) => stack === "shop",
      );
    const at = (region: string, state: string | null) => expect.objectContaining({ stack: "shop", region, state });
    const url = "s3://states-123456789012";
    expect(await listed("stacks --all-regions")).toEqual([
      at(REGION, `${url}/shop.state.json`),
      at("eu-west-1", `${url}/eu/shop.json`),
    ]);
    const nowhere = join(folder, "nowhere");
    mkdirSync(nowhere);
    expect(await listed("stacks --all-regions", nowhere)).toEqual([at(REGION, null), at("eu-west-1", null)]);
    expect(await listed(`stacks --all-regions --state ${url}/eu/shop.json`, nowhere)).toEqual([
      at(REGION, `${url}/shop.state.json`),
      at("eu-west-1", `${url}/eu/shop.json`),
    ]);
    for (const name of ["home", "eu"]) {
      const down = await run(`down --yes --config ${name}.config.json`);
      expect(down.code, down.stderr).toBe(0);
    }
    // The mock's list of tags still has those of what is gone.
    expect((await inventory()).vpcs).toEqual(before.vpcs);
  });
});
