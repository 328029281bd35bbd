import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import { isOfLock } from "../cli/folder.ts";
import { buddyverse } from "../command.ts";
import { needs } from "../tools.ts";
import { type MotoServer, startMoto } from "./server.ts";

const REGION = "ap-northeast-2";
const DOMAIN = "buddyverse-test.link";
const config = {
  // The mock has no Ubuntu parameter; any image serves there, as instances do not run.
  image: { base: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64" },
  bastion: { allowedCidrs: ["203.0.113.10/32"] },
  domain: { name: DOMAIN },
  monitoring: { email: "ops@example.com" },
  efs: { kmsKey: "alias/data" },
  database: { kmsKey: "alias/data" },
};

const BEFORE = `
import boto3
boto3.client("route53").create_hosted_zone(Name="${DOMAIN}", CallerReference="test")
kms = boto3.client("kms")
kms.create_alias(AliasName="alias/data", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
`;

/** Somebody restores the database beside the primary, and makes a file system, both with the tags that AWS copies; and protects the primary. */
const STRANGER = `
import boto3
rds, efs = boto3.client("rds"), boto3.client("efs")
arn = rds.describe_db_instances(DBInstanceIdentifier="database1")["DBInstances"][0]["DBInstanceArn"]
tags = rds.list_tags_for_resource(ResourceName=arn)["TagList"]
rds.create_db_snapshot(DBInstanceIdentifier="database1", DBSnapshotIdentifier="theirs")
rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="restored", DBSnapshotIdentifier="theirs", Tags=tags)
ours = efs.describe_file_systems()["FileSystems"][0]
efs.create_file_system(CreationToken="restored", Encrypted=True, Tags=ours["Tags"])
rds.modify_db_instance(DBInstanceIdentifier="database1", DeletionProtection=True, ApplyImmediately=True)
`;
const UNPROTECT = `
import boto3
boto3.client("rds").modify_db_instance(DBInstanceIdentifier="database1", DeletionProtection=False, ApplyImmediately=True)
`;
const CLEAR = `
import boto3
rds, efs = boto3.client("rds"), boto3.client("efs")
rds.delete_db_instance(DBInstanceIdentifier="restored", SkipFinalSnapshot=True)
rds.delete_db_snapshot(DBSnapshotIdentifier="theirs")
for f in efs.describe_file_systems()["FileSystems"]:
    if f["CreationToken"] == "restored":
        efs.delete_file_system(FileSystemId=f["FileSystemId"])
# The mock keeps the interfaces of instances that it has terminated, and they would be others' in the stack's VPC.
ec2 = boto3.client("ec2")
for i in ec2.describe_network_interfaces()["NetworkInterfaces"]:
    ec2.delete_network_interface(NetworkInterfaceId=i["NetworkInterfaceId"])
`;

describe("over HTTP, against an AWS that we did not write", needs("moto_server and python3 with boto3"), () => {
  let server: MotoServer;
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    server = await startMoto();
    folder = mkdtempSync(join(tmpdir(), "buddyverse-moto-"));
    env = {
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: REGION,
    };
    writeFileSync(join(folder, "buddyverse.config.json"), JSON.stringify(config));
  });
  afterAll(() => {
    server?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  const python = async (script: string, ...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)("python3", [join(import.meta.dirname, script), ...args], {
      env: { ...process.env, ...env, AWS_DEFAULT_REGION: REGION },
      maxBuffer: 2 ** 26,
    });
    return stdout;
  };
  const inventory = async (): Promise<Record<string, string[]>> => JSON.parse(await python("inventory.py", REGION));
  const calls = (name: string): { service: string; operation: string }[] =>
    readFileSync(join(folder, name), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter((line) => !isOfLock(line));

  test("up, status, up, down", { timeout: 590_000 }, async () => {
    execFileSync("python3", ["-c", BEFORE], { env: { ...process.env, ...env, AWS_DEFAULT_REGION: REGION } });
    const before = await inventory();

    const [up] = await Promise.all([
      buddyverse(["up", "--yes", "--trace", "up.jsonl"], { cwd: folder, env }),
      python("builder.py", REGION),
    ]);
    expect(up.stderr + up.stdout).not.toMatch(/failed/i);
    expect(up).toMatchObject({ code: 0 });

    const there = await inventory();
    const added = Object.fromEntries(
      Object.entries(there).map(([kind, ids]) => [kind, ids.filter((id) => !before[kind]?.includes(id))]),
    );
    expect(added).toMatchObject({
      vpcs: [expect.any(String)],
      subnets: { length: 6 },
      "internet gateways": [expect.any(String)],
      // Four of ours and the VPC's main one.
      "route tables": { length: 5 },
      // Seven of ours and the VPC's default one.
      "security groups": { length: 8 },
      "key pairs": ["Buddy-Project"],
      // Two NAT, two bastions, two web.
      instances: { length: 6 },
      images: [expect.any(String)],
      "launch templates": ["Buddy-WEB-Image-Start"],
      "load balancers": ["Buddy-LoadBalance"],
      "target groups": ["Buddy-LoadBalance-TargetGroup"],
      listeners: ["443 forward", "80 redirect"],
      groups: ["Buddy-AutoScaling-Group"],
      databases: ["database1", "database1-replica"],
      "db subnet groups": ["buddy-db"],
      "db parameter groups": ["utf8encoding"],
      "file systems": [expect.any(String)],
      "mount targets": { length: 2 },
      buckets: [expect.stringMatching(/^buddyverse-buddyverse-\d{12}-/)],
      objects: [expect.stringMatching(/^scripts\/[0-9a-f]{64}\.tar\.gz$/)],
      dashboards: ["CPU-Per-Second"],
      topics: [expect.any(String)],
    });
    expect(added.records).toEqual(expect.arrayContaining([`${DOMAIN}. A`, `www.${DOMAIN}. A`]));

    const status = await buddyverse(["status", "--trace", "status.jsonl"], { cwd: folder, env });
    expect(status.stdout).toContain("in sync");
    // The mock starts a group's instances without the metadata options of their template.
    expect(status).toMatchObject({ code: 3 });
    expect(status.stdout.match(/^ ! .*(?= i-)/gm)).toEqual(Array(2).fill(" ! IMDSv1 allowed: instance"));
    // The mock has no policies of vaults.
    expect(status.stdout.match(/could not be looked at: .*?:/g)).toEqual([
      "could not be looked at: access policies of vaults:",
    ]);
    expect(status.stdout).toContain("2 extras");
    expect(calls("status.jsonl").length).toBeLessThanOrEqual(82);
    const managed = await buddyverse(["status", "--managed", "--trace", "managed.jsonl"], { cwd: folder, env });
    expect(managed).toMatchObject({ code: 0 });
    expect(calls("managed.jsonl").length).toBeLessThanOrEqual(70);

    const again = await buddyverse(["up", "--yes", "--trace", "again.jsonl"], { cwd: folder, env });
    expect(again).toMatchObject({ code: 0 });
    expect(calls("again.jsonl").filter(({ operation }) => !isRead(operation))).toEqual([]);

    const made = await python("strangers.py", REGION, "do");
    const changed = await buddyverse(["status", "--json"], { cwd: folder, env });
    expect(changed.code).toBe(3);
    const { resources, extras, notLookedAt } = JSON.parse(changed.stdout);
    expect(notLookedAt).toEqual([expect.stringContaining("access policies of vaults")]);
    const off = new Map<string, string>(
      resources.flatMap(({ key, standing, drift }: { key: string; standing: string; drift: { field: string }[] }) =>
        standing === "in-sync" ? [] : [[key, [standing, ...drift.map(({ field }) => field)].join(" ")]],
      ),
    );
    expect(Object.fromEntries(off)).toMatchObject({
      vpc: "drift defaultGroupRules dnsHostnames",
      "group-db": "drift inbound",
      "auto-scaling-group": "drift max",
      "target-group": "drift healthCheckPath",
      "alarm-web-cpu": "missing",
    });
    expect(
      extras
        .map(({ what, effect, danger }: { what: string; effect: string; danger?: string }) =>
          [danger ?? "", what, effect].join("; "),
        )
        .sort(),
    ).toEqual([
      "; lifecycle hook; holds up each new instance before it serves",
      "; subnet 172.31.77.0/24; ",
      "IMDSv1 allowed; instance; answers IMDSv1",
      "IMDSv1 allowed; instance; answers IMDSv1",
      "administrator rights; inline policy; allows *",
      "leads elsewhere; event subscription; tells arn:aws:sns:ap-northeast-2:999988887777:spy of its events",
      "leads elsewhere; listener rule 5; /admin* is redirected to https://evil.example",
      "opened to the world; security group theirs; lets in tcp 22 from 0.0.0.0/0",
    ]);
    const mended = await buddyverse(["up", "--yes"], { cwd: folder, env });
    expect(mended).toMatchObject({ code: 0 });
    const mendedStatus = JSON.parse((await buddyverse(["status", "--json"], { cwd: folder, env })).stdout);
    expect(mendedStatus).toMatchObject({ inSync: true, extras: { length: extras.length } });
    await python("strangers.py", REGION, "undo", made);

    // What carries the stack's tags and nobody claims is left alone; what protects is found before anything is touched.
    const act = (script: string) =>
      execFileSync("python3", ["-c", script], { env: { ...process.env, ...env, AWS_DEFAULT_REGION: REGION } });
    act(STRANGER);
    const beside = await inventory();
    const unclaimed = await buddyverse(["up", "--yes", "--trace", "unclaimed.jsonl"], { cwd: folder, env });
    expect(unclaimed).toMatchObject({ code: 0 });
    expect(calls("unclaimed.jsonl").filter(({ operation }) => !isRead(operation))).toEqual([]);
    const stopped = await buddyverse(["down", "--yes", "--discard-files", "--trace", "stopped.jsonl"], {
      cwd: folder,
      env,
    });
    expect(stopped).toMatchObject({ code: 2, stderr: expect.stringContaining("--no-deletion-protection") });
    expect(calls("stopped.jsonl").filter(({ operation }) => !isRead(operation))).toEqual([]);
    expect(await inventory()).toEqual(beside);
    act(UNPROTECT);

    // The mock has vaults, and no backups.
    const down = await buddyverse(["down", "--yes", "--discard-files", "--trace", "down.jsonl"], { cwd: folder, env });
    expect(down.stderr + down.stdout).not.toMatch(/failed/i);
    // What was restored lies in the stack's network, and that stays with it.
    expect(down).toMatchObject({ code: 1, stdout: expect.stringContaining("buddyverse down --remove restored") });
    const left = await inventory();
    expect(left).toMatchObject({ databases: ["restored"], "file systems": [expect.any(String)] });
    expect(left.groups).toEqual([]);
    expect(left["db subnet groups"]).toEqual(["buddy-db"]);
    act(CLEAR);
    const gone = await buddyverse(["down", "--yes", "--discard-files", "--trace", "gone.jsonl"], { cwd: folder, env });
    expect(gone).toMatchObject({ code: 0 });
    const after = await inventory();
    // ACM's validation records stay: certificates of other regions renew by them.
    const records = after.records?.filter((record) => !/^_\S+ CNAME$/.test(record));
    expect({ ...after, records }).toEqual(before);

    const report = JSON.parse(
      await python(
        "validate.py",
        ...["up", "status", "again", "unclaimed", "stopped", "down", "gone"].map((name) =>
          join(folder, `${name}.jsonl`),
        ),
      ),
    );
    expect(report.bad).toEqual([]);
    expect(report.checked).toBeGreaterThan(200);
  });
});
