/** What the screens say, and how commands end, where something is left alone or protected. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import { ModifyLoadBalancerAttributesCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  CreateDBSnapshotCommand,
  ModifyDBInstanceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
} from "@aws-sdk/client-rds";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inSandboxOf } from "../stranger.ts";
import { type Folder, folder, folderThatIsUp, writesIn } from "./folder.ts";

const STATE = "buddyverse.sandbox.json";
const HOUR = 3_600_000;

let base: string;
beforeAll(async () => {
  base = await folderThatIsUp();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const stateIn = (on: Folder) => JSON.parse(on.read(STATE)).state as { resources: Record<string, { id?: string }> };

test("a restored database: plan, status and up show it and change nothing; down names it and ends with 1", async () => {
  const on = folder({}, base);
  await inSandboxOf(on.path, async ({ rds }, clock) => {
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "database1", DBSnapshotIdentifier: "good" }));
    await clock.sleep(HOUR);
    await rds.send(
      new RestoreDBInstanceFromDBSnapshotCommand({
        DBInstanceIdentifier: "database1-restored",
        DBSnapshotIdentifier: "good",
        DBSubnetGroupName: "buddy-db",
      }),
    );
    await clock.sleep(HOUR);
  });
  const remove = "aws --endpoint-url SANDBOX rds delete-db-instance --db-instance-identifier database1-restored ";

  const plan = await on.rehearse("plan --detailed-exit-code");
  expect(plan.code).toBe(0);
  expect(plan.stdout).toMatch(/ = retain {3}database database1 database1-restored\n/);
  expect(plan.stdout).toContain(remove);
  // It is not of the stack, so the stack does not become cheaper without it.
  expect(plan.stdout).not.toContain("Cost a month");
  expect(plan.stdout).toMatch(/Nothing to do: \d+ resources as the config says\. 1 resource left alone\.\n/);

  const status = await on.rehearse("status");
  expect(status.code).toBe(3);
  expect(status.stdout).toMatch(/left alone: database database1 database1-restored\n/);

  const up = await on.rehearse("up --yes --trace trace.jsonl");
  expect(up).toMatchObject({ code: 0, stdout: "Everything is as the config says.\n" });
  expect(up.stderr).toContain(remove);
  expect(writesIn(on.trace())).toEqual([]);

  const down = await on.rehearse("down --yes");
  expect(down.code, down.stderr).toBe(1);
  for (const text of [down.stderr, down.stdout]) {
    expect(text).toContain("Left alone, as it holds data");
    expect(text).toMatch(/ {2}database database1 database1-restored, at least \$\d+ a month\n/);
    expect(text).toMatch(/what it uses stays: .*Buddy-Project/);
    expect(text).toContain(remove);
  }
  expect(down.stdout).toMatch(/Looked again: 5 resources of stack buddyverse are still there:\n/);
  expect(down.stdout).not.toContain("Next:");

  const again = await on.rehearse("down --yes --json");
  expect(again.code).toBe(1);
  expect(JSON.parse(again.stdout)).toMatchObject({
    removed: [],
    leftAlone: [{ id: "database1-restored", monthly: expect.any(Number), remedies: [{ to: "remove it" }, {}] }],
  });

  const typo = await on.rehearse("down --yes --remove database1-restord --trace trace.jsonl");
  expect({ code: typo.code, stdout: typo.stdout }).toEqual({ code: 2, stdout: "" });
  expect(typo.stderr).toContain("What is left alone: database1-restored. Nothing was changed.");
  expect(writesIn(on.trace())).toEqual([]);
  const asked = await on.rehearse("down --yes --remove database1-restored");
  expect(asked.code, asked.stderr).toBe(0);
  expect(asked.stderr).toContain("Stays: a final snapshot of database1-restored.");
  expect(asked.stdout).toMatch(/Stays: a final snapshot of database1-restored: database1-restored-final-\d+ /);
  expect(asked.stdout).toContain("Looked again: nothing of stack buddyverse is left.");
});

test("something of others' in the VPC: down names it with what removes it, exit 2, and nothing is sent", async () => {
  const on = folder({}, base);
  const VpcId = stateIn(on).resources.vpc?.id;
  await inSandboxOf(on.path, async ({ ec2 }, clock) => {
    await ec2.send(new CreateSecurityGroupCommand({ GroupName: "theirs", Description: "theirs", VpcId }));
    await clock.sleep(5_000);
  });
  const { code, stdout, stderr } = await on.rehearse("down --yes --trace trace.jsonl");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/error: sg-\w+ \(security group theirs\) is in the stack's VPC, which cannot go before it\n/);
  expect(stderr).toMatch(/ to remove sg-\w+: aws --endpoint-url SANDBOX ec2 delete-security-group --group-id sg-/);
  expect(stderr).toContain("Nothing was changed.");
  expect(writesIn(on.trace())).toEqual([]);
});

test("a renamed primary: up refuses with 2, sends nothing, and says the two ways to go on", async () => {
  const on = folder({}, base);
  await inSandboxOf(on.path, async ({ rds }, clock) => {
    await rds.send(
      new ModifyDBInstanceCommand({
        DBInstanceIdentifier: "database1",
        NewDBInstanceIdentifier: "database1-old",
        ApplyImmediately: true,
      }),
    );
    await clock.sleep(HOUR);
  });
  const { code, stdout, stderr } = await on.rehearse("up --yes --trace trace.jsonl");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/error: database1 is not there, but database1-old carries the stack's tags/);
  // That its replica would have to be recreated follows from it, and is not said.
  expect(stderr).toMatch(/replica database1-replica\n +waits for database1\n/);
  expect(stderr).not.toContain("--replace");
  expect(stderr).toMatch(
    /to have database1-old as database1: aws --endpoint-url SANDBOX rds modify-db-instance .*--new-db-instance-identifier/,
  );
  expect(stderr).toMatch(
    /to have a new, empty database1, .*: aws --endpoint-url SANDBOX rds remove-tags-from-resource /,
  );
  expect(writesIn(on.trace())).toEqual([]);
});

test("down with what is protected: all of it at once, with what lifts it, exit 2, and nothing is sent", async () => {
  const on = folder({ database: { deletionProtection: true } }, base);
  await on.rehearse("up --yes --quiet");
  const LoadBalancerArn = stateIn(on).resources["load-balancer"]?.id;
  await inSandboxOf(on.path, async ({ elb }, clock) => {
    const Attributes = [{ Key: "deletion_protection.enabled", Value: "true" }];
    await elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
    await clock.sleep(5_000);
  });
  const before = stateIn(on);
  const { code, stdout, stderr } = await on.rehearse("down --yes --trace trace.jsonl");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/error: AWS would refuse to delete database1: deletion protection is on/);
  expect(stderr).toMatch(/; AWS would refuse to delete Buddy-LoadBalance: deletion protection is on\n/);
  expect(stderr).toMatch(/ to lift the deletion protection of database1: aws .* rds modify-db-instance /);
  expect(stderr).toMatch(/ to lift the deletion protection of Buddy-LoadBalance: aws .* elbv2 modify-load-bal/);
  expect(stderr).toContain("Nothing was changed.");
  expect(writesIn(on.trace())).toEqual([]);
  expect(stateIn(on)).toEqual(before);
});

test("a lost state is written anew by an up that has nothing to do: down knows the stack's data by it", async () => {
  const on = folder({}, base);
  const { state, ...rest } = JSON.parse(on.read(STATE));
  writeFileSync(join(on.path, STATE), JSON.stringify(rest));
  const up = await on.rehearse("up --yes --trace trace.jsonl");
  expect(up).toMatchObject({ code: 0, stdout: "Everything is as the config says.\n" });
  expect(writesIn(on.trace())).toEqual([]);
  const ids = (resources: Record<string, { id?: string }>) =>
    Object.fromEntries(Object.entries(resources).map(([key, { id }]) => [key, id]));
  expect(ids(stateIn(on).resources)).toEqual(ids(state.resources));
  const down = await on.rehearse("down --yes");
  expect(down.code, down.stderr).toBe(0);
  expect(down.stdout).toContain("nothing of stack buddyverse is left");
});

test("state and private key lost: status is in sync, up writes the state again and says what to do about the key; no other is made", async () => {
  const on = folder({}, base);
  const { state, ...world } = JSON.parse(on.read(STATE));
  expect(state).toBeDefined();
  writeFileSync(join(on.path, STATE), JSON.stringify(world));
  for (const file of on.files().filter((name) => name.includes(".pem"))) rmSync(join(on.path, file));
  expect(await on.rehearse("status")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Everything is in sync"),
  });
  const up = await on.rehearse("up --yes");
  expect(up).toMatchObject({ code: 0, stdout: expect.stringContaining("Everything is as the config says.") });
  expect(up.stderr.replaceAll(/\s+/g, " ")).toContain("the private key of the key pair Buddy-Project is not at");
  expect(Object.keys(stateIn(on).resources)).toEqual(expect.arrayContaining(Object.keys(state.resources)));
  on.configure({ web: { max: 5 } });
  expect(await on.rehearse("up --yes")).toMatchObject({ code: 0 });
  expect(on.files().filter((name) => name.includes(".pem"))).toEqual([]);
  expect((await on.rehearse("outputs")).stderr).toContain("delete-key-pair --key-name Buddy-Project");
});

test("my-ip adds the caller's address beside those of others, and plan shows that", async () => {
  const on = folder({ bastion: { allowedCidrs: ["my-ip"] } }, base);
  const theirs = "192.0.2.7/32";
  await inSandboxOf(on.path, async ({ ec2 }, clock) => {
    const { SecurityGroups } = await ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: ["BastionHost"] }] }),
    );
    const GroupId = SecurityGroups?.[0]?.GroupId as string;
    const range = (CidrIp: string, Description?: string) => ({
      GroupId,
      IpPermissions: [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp, Description }] }],
    });
    // As alice's run leaves it, from another machine, before there was this one.
    await ec2.send(new AuthorizeSecurityGroupIngressCommand(range(theirs, "Buddy-SSH my-ip of user/alice")));
    await ec2.send(new RevokeSecurityGroupIngressCommand(range("203.0.113.10/32")));
    await clock.sleep(60_000);
  });
  const { state: _state, ...world } = JSON.parse(on.read(STATE));
  writeFileSync(join(on.path, STATE), JSON.stringify(world));
  expect(await on.rehearse("status")).toMatchObject({ code: 0 });
  const plan = await on.rehearse("plan");
  expect(plan.stdout).toMatch(/\+ tcp 22 from 203\.0\.113\.10\/32 \(Buddy-SSH my-ip of /);
  expect(plan.stdout).not.toMatch(/- tcp 22/);
  expect(await on.rehearse("up --yes")).toMatchObject({ code: 0 });
  const inbound = () => {
    const { resources } = stateIn(on) as { resources: Record<string, { spec?: { inbound?: { cidr: string }[] } }> };
    return resources["group-bastion"]?.spec?.inbound?.map(({ cidr }) => cidr).sort();
  };
  expect(inbound()).toEqual([theirs, "203.0.113.10/32"]);
  expect(await on.rehearse("status")).toMatchObject({ code: 0 });
  // Whoever takes my-ip out of the config closes the door for all.
  on.configure({ bastion: { allowedCidrs: ["198.51.100.0/24"] } });
  expect(await on.rehearse("up --yes")).toMatchObject({ code: 0 });
  expect(inbound()).toEqual(["198.51.100.0/24"]);
});
