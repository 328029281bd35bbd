import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateVpcBlockPublicAccessExclusionCommand,
  DescribeVpcsCommand,
  EnableAllowedImagesSettingsCommand,
  ModifyEbsDefaultKmsKeyIdCommand,
  ModifyVpcBlockPublicAccessOptionsCommand,
  ReplaceImageCriteriaInAllowedImagesSettingsCommand,
} from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConfigInput } from "../../src/config/schema.ts";
import { grantKeyToGroups, grantQuota } from "../../src/sandbox/outside.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { stage } from "../lifecycle/stage.ts";
import { inSandboxOf } from "../stranger.ts";
import { type Folder, folder, folderThatIsUp, writesIn } from "./folder.ts";

// What `plan` and `up` refuse before anything is touched.

let standing: string;
beforeAll(async () => {
  standing = await folderThatIsUp();
});
afterAll(() => rmSync(standing, { recursive: true, force: true }));

/** `plan` and `up` say it, exit 2, and change nothing. */
async function expectRefused(on: Folder, ...said: readonly (string | RegExp)[]): Promise<void> {
  const plan = await on.rehearse("plan");
  const up = await on.rehearse("up --yes --replace --allow-outage --trace trace.jsonl");
  for (const one of said) {
    expect(plan.stdout).toMatch(one);
    expect(up.stderr).toMatch(one);
  }
  expect(up.stderr).toContain("Nothing was changed.");
  expect([plan.code, up.code]).toEqual([2, 2]);
  expect(writesIn(on.trace())).toEqual([]);
}

/** A folder with a fresh account of which something is set beforehand. */
async function freshFolder(config: ConfigInput, set: Parameters<typeof inSandboxOf>[1]): Promise<Folder> {
  const on = folder(config);
  // A sandbox begins with the first run.
  await on.rehearse("up --yes --step vpc");
  await on.rehearse("down --yes");
  await inSandboxOf(on.path, set);
  return on;
}

test("a new account's five vCPUs are too few: that is told with the command that asks for more", async () => {
  const on = await freshFolder({}, async (_who, clock, { world }) =>
    grantQuota(simAt(world, clock.now()), "ec2/L-1216C47A", 5),
  );
  await expectRefused(
    on,
    /vCPU quota.*5 allowed, 0 in use, 14 to be added/,
    /aws --endpoint-url SANDBOX service-quotas request-service-quota-increase --service-code ec2 --quota-code L-1216C47A --desired-value 18 --region ap-northeast-2/,
  );
  const { code, stdout } = await on.rehearse("plan --json");
  expect(code).toBe(2);
  expect(JSON.parse(stdout).findings).toMatchObject([{ about: "vCPU quota", verdict: "problem" }]);
});

test("NAT instances that are replaced: the first new one stands beside both old ones", async () => {
  const on = folder({ nat: { instanceType: "t3.small" } }, standing);
  const allow = (count: number) =>
    inSandboxOf(on.path, async (_who, clock, { world }) =>
      grantQuota(simAt(world, clock.now()), "ec2/L-1216C47A", count),
    );
  await allow(13);
  await expectRefused(on, /vCPU quota.*13 allowed, 12 in use, 2 to be added/);
  await allow(14);
  const plan = await on.rehearse("plan --replace");
  expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining("the new one is made beside it") });
  expect(plan.stdout).toContain("beside it, after Buddy-NAT1;");
});

test("DB instances, of which Service Quotas may know AWS's default only, and VPCs", async () => {
  const on = await freshFolder({}, async (_who, clock, { world }) => {
    grantQuota(simAt(world, clock.now()), "rds/L-7B6409FD", 1);
    grantQuota(simAt(world, clock.now()), "vpc/L-F678F1CE", 1);
  });
  await expectRefused(
    on,
    /DB instance quota.*1 allowed, 0 in use, 2 to be added/,
    /VPC quota.*1 allowed, 1 in use, 1 to be added/,
  );
});

test("a second stack beside one that stands: names that are taken and quotas that are used up are told at once", async () => {
  const on = folder({ stack: "staging" }, standing);
  await inSandboxOf(on.path, async (_who, clock, { world }) => {
    for (const quota of ["vpc/L-F678F1CE", "vpc/L-A4707A72", "rds/L-7B6409FD"])
      grantQuota(simAt(world, clock.now()), quota, 2);
  });
  // The other stack's state is somewhere else.
  const file = join(on.path, "buddyverse.sandbox.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(on.read("buddyverse.sandbox.json")), state: null }));
  await expectRefused(
    on,
    /www\.buddyverse\.link/,
    /VPC quota.*2 allowed, 2 in use, 1 to be added/,
    /internet gateway quota.*2 allowed, 2 in use, 1 to be added/,
    /DB instance quota.*2 allowed, 2 in use, 2 to be added/,
  );
  expect((await on.rehearse("up --yes")).stderr).toMatch(/error: \d things are in the way/);
});

test.each<[string, ConfigInput, RegExp]>([
  ["a Graviton type", { web: { instanceType: "t4g.small" } }, /web\.instanceType: t4g\.small has no x86_64 processor/],
  [
    "an early generation",
    { nat: { instanceType: "t1.micro" } },
    /nat\.instanceType: t1\.micro is of an earlier generation/,
  ],
  [
    "a type that is not there",
    { bastion: { instanceType: "t3.gigantic" } },
    /bastion\.instanceType: t3\.gigantic is not offered/,
  ],
  [
    "a class that RDS does not offer in the replica's zone",
    { database: { instanceClass: "db.m7g.large" } },
    /database\.instanceClass: RDS does not offer db\.m7g\.large for MySQL 8\.4 in ap-northeast-2c/,
  ],
])("a stack that stands: %s is refused before anything is touched", async (_name, config, said) => {
  await expectRefused(folder(config, standing), said);
});

test("a zone added to a stack that stands must offer the types that are launched there", async () => {
  const network = {
    public: ["172.31.10.0/24", "172.31.20.0/24", "172.31.30.0/24"],
    web: ["172.31.11.0/24", "172.31.21.0/24", "172.31.31.0/24"],
    db: ["172.31.12.0/24", "172.31.22.0/24", "172.31.32.0/24"],
  };
  const zones = ["ap-northeast-2a", "ap-northeast-2c", "ap-northeast-2d"];
  const old = folder({ web: { instanceType: "t2.micro" } });
  expect((await old.rehearse("up --yes --quiet")).code).toBe(0);
  old.configure({ web: { instanceType: "t2.micro" }, zones, network });
  await expectRefused(old, /web\.instanceType: t2\.micro is not offered in ap-northeast-2d/);
  old.configure({ web: { instanceType: "t2.micro" }, zones: [...zones.slice(0, 2), "ap-northeast-2z"], network });
  await expectRefused(old, /zones\[2\]: ap-northeast-2z is not an available zone/);
});

test("a zone in which a database is stays in the config, as RDS moves none; one that comes has ranges of its own", async () => {
  const ranges = (from: number) => ({
    public: [`172.31.${from}0.0/24`, "172.31.30.0/24"],
    web: [`172.31.${from}1.0/24`, "172.31.31.0/24"],
    db: [`172.31.${from}2.0/24`, "172.31.32.0/24"],
  });
  const on = folder({ zones: ["ap-northeast-2a", "ap-northeast-2d"], network: ranges(1) }, standing);
  await expectRefused(on, /database1-replica is in ap-northeast-2c, and RDS moves no database/, /database\.replica/);
  on.configure({ zones: ["ap-northeast-2c", "ap-northeast-2d"], network: ranges(2) });
  await expectRefused(on, /database1 is in ap-northeast-2a, and RDS moves no database/, /buddyverse failover/);
  on.configure({ zones: ["ap-northeast-2a", "ap-northeast-2d"] });
  await expectRefused(on, /172\.31\.20\.0\/24 in ap-northeast-2d is not free: Buddy-Public2/);
});

test("what stands and stays as it is is not asked about", async () => {
  const on = folder({ monitoring: { email: "ops@example.com" } }, standing);
  expect((await on.rehearse("up --yes --trace trace.jsonl")).code).toBe(0);
  expect(on.trace().filter(({ operation }) => /Quota|Offering|Orderable/.test(operation))).toEqual([]);
});

test("without that guard AWS refuses half way", async () => {
  const failures = async (given: object) =>
    (await (await stage(given)).up()).settled.flatMap(({ outcome, reason }) => (outcome === "failed" ? reason : []));
  expect((await failures({ web: { instanceType: "t4g.small" } })).join()).toMatch(
    /architecture 'arm64'.*does not match/,
  );
  expect((await failures({ bastion: { instanceType: "t1.micro" } })).join()).toMatch(/virtualization type of 'hvm'/);
  expect((await failures({ database: { instanceClass: "db.m7g.large" } })).join()).toMatch(
    /replica.*InsufficientDBInstanceCapacity/,
  );
});

test("VPC Block Public Access: the VPC is made alone and excluded, then the rest", async () => {
  const on = await freshFolder({ domain: null }, async ({ ec2 }) => {
    await ec2.send(new ModifyVpcBlockPublicAccessOptionsCommand({ InternetGatewayBlockMode: "block-ingress" }));
  });
  await expectRefused(on, /VPC Block Public Access.*block-ingress/, /up .*--step vpc/);
  expect((await on.rehearse("up --yes --step vpc")).code).toBe(0);
  await expectRefused(on, /Exclude the VPC: .*create-vpc-block-public-access-exclusion .*--vpc-id vpc-/);
  await inSandboxOf(on.path, async ({ ec2 }) => {
    const { Vpcs = [] } = await ec2.send(
      new DescribeVpcsCommand({ Filters: [{ Name: "tag:Name", Values: ["Buddy-Project"] }] }),
    );
    await ec2.send(
      new CreateVpcBlockPublicAccessExclusionCommand({
        VpcId: Vpcs[0]?.VpcId,
        InternetGatewayExclusionMode: "allow-bidirectional",
      }),
    );
  });
  expect((await on.rehearse("up --yes --quiet")).code).toBe(0);
});

test("Allowed AMIs: an account that allows Amazon's images alone has no Ubuntu", async () => {
  const on = await freshFolder({ domain: null }, async ({ ec2 }) => {
    await ec2.send(
      new ReplaceImageCriteriaInAllowedImagesSettingsCommand({ ImageCriteria: [{ ImageProviders: ["amazon"] }] }),
    );
    await ec2.send(new EnableAllowedImagesSettingsCommand({ AllowedImagesSettingsState: "enabled" }));
  });
  await expectRefused(on, /Allowed AMIs.*allows only images of amazon: ubuntu-22\.04 cannot be seen/, /099720109477/);
  await inSandboxOf(on.path, async ({ ec2 }) => {
    await ec2.send(
      new ReplaceImageCriteriaInAllowedImagesSettingsCommand({
        ImageCriteria: [{ ImageProviders: ["amazon", "099720109477"] }],
      }),
    );
  });
  expect(await on.rehearse("plan")).toMatchObject({ code: 0, stdout: expect.not.stringContaining("Allowed AMIs") });
});

test("a default key for EBS of the account's own: said before, as the group's instances may not start with it", async () => {
  const key = "arn:aws:kms:ap-northeast-2:111122223333:key/0b0b0b0b-0000-4000-8000-000000000000";
  const on = await freshFolder({ domain: null }, async ({ ec2 }) => {
    await ec2.send(new ModifyEbsDefaultKmsKeyIdCommand({ KmsKeyId: key }));
  });
  const first = await on.rehearse("up --yes");
  expect(first.stderr).toContain(`kms create-grant --region ap-northeast-2 --key-id ${key}`);
  expect(first.stderr).toContain("role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling");
  expect(first.code).toBe(1);
  expect(first.stdout + first.stderr).toContain("Client.InternalError: Client error on launch");
  await inSandboxOf(on.path, async (_who, clock, { world }) => grantKeyToGroups(simAt(world, clock.now())));
  expect((await on.rehearse("up --yes --quiet")).code).toBe(0);
  const { stdout, code } = await on.rehearse("doctor");
  expect(stdout).toContain(key);
  expect(code).toBe(0);
});
