/** `history`, as it is typed. */
import { rmSync } from "node:fs";
import { AuthorizeSecurityGroupIngressCommand, DescribeSecurityGroupsCommand } from "@aws-sdk/client-ec2";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inSandboxOf } from "../stranger.ts";
import { folder, folderThatIsUp } from "./folder.ts";

let base: string;
beforeAll(async () => {
  base = await folderThatIsUp();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

test("tells of each run who, when, what was planned, found and changed, and how it ended; asks nobody", async () => {
  const on = folder({}, base);
  await inSandboxOf(on.path, async ({ ec2 }, clock) => {
    const { SecurityGroups: [group] = [] } = await ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: "tag:buddyverse:key", Values: ["group-web"] }] }),
    );
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 23, ToPort: 23, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group?.GroupId, IpPermissions }));
    await clock.sleep(60_000);
  });
  const drifted = await on.rehearse("up --yes");
  expect(drifted.code, drifted.stderr).toBe(0);
  await on.rehearse("up --yes");
  on.configure({ database: { instanceClass: "db.t3.small" } });
  expect((await on.rehearse("up --yes")).code).not.toBe(0);
  await on.rehearse("status");
  const { code, stdout, stderr } = await on.run("history --sandbox --trace trace.jsonl");
  expect({ code, stderr, trace: on.trace() }).toEqual({ code: 0, stderr: "", trace: [] });
  expect(stdout.split("\n").map((line) => line.trim().split(/ {2,}/))).toMatchObject([
    ["when", "by", "result", "took", "run", "what changed"],
    ["4", expect.stringMatching(/^20\d\d-.* UTC$/), "sandbox", "refused", expect.any(String), "up", "nothing"],
    ["3", expect.any(String), "sandbox", "done", expect.any(String), "up", "nothing"],
    ["2", expect.any(String), "sandbox", "done", expect.any(String), "up", "1 updated"],
    [
      "1",
      expect.any(String),
      "sandbox",
      "done",
      expect.stringMatching(/^1\dm/),
      "up",
      expect.stringMatching(/^\d+ created/),
    ],
    [""],
    ["`buddyverse history NUMBER --sandbox` shows one, object by object."],
    [""],
  ]);

  const one = await on.run("history 2 --sandbox");
  expect(one.stdout).toContain("by       arn:aws:iam::111122223333:user/sandbox\n");
  expect(one.stdout).toMatch(/plan {5}1 to update, about/);
  expect(one.stdout).toMatch(/Changed by others before it:\n {2}security group \S+: inbound\n/);
  expect(one.stdout).toMatch(/What it did:\n {2}updated {2}\d+s {2}security group \S+ {2}inbound\n/);
  expect(one.stdout).toMatch(/ 1 {2}ec2:RevokeSecurityGroupIngress/);

  const { runs } = JSON.parse((await on.run("history --sandbox --json")).stdout);
  expect(runs[0]).toMatchObject({ number: 4, result: "refused", error: { code: "refused" }, changes: [] });
  expect(JSON.parse((await on.run("history 2 --sandbox --json")).stdout)).toEqual({ schemaVersion: 1, ...runs[2] });
  expect((await on.run("history 9 --sandbox")).stderr).toContain("there is no run 9");
});

test("times of earlier runs are what a plan goes by", async () => {
  const on = folder({ web: { instanceType: "t3.small" } }, base);
  const planned = async () => JSON.parse((await on.rehearse("plan --json")).stdout).seconds;
  const table = await planned();
  expect((await on.rehearse("up --yes")).code).toBe(0);
  const { runs } = JSON.parse((await on.run("history --sandbox --json")).stdout);
  const took = runs[0].changes.find(({ object }: { object: string }) => object === "auto-scaling:group").seconds;
  on.configure({});
  const measured = await planned();
  expect(measured).not.toBe(table);
  expect(measured - took).toBeGreaterThanOrEqual(0);
  expect(measured - took).toBeLessThan(10);
});

test("no secret is in it", async () => {
  const on = folder({}, base);
  expect((await on.rehearse("rotate password --yes")).code).toBe(0);
  const text = on.read("buddyverse.sandbox.json.history.jsonl");
  expect(text).toContain("rotate password");
  let password = "";
  await inSandboxOf(on.path, async ({ ssm }) => {
    const Name = "/buddyverse/buddyverse/database/password";
    password = (await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }))).Parameter?.Value ?? "";
  });
  expect(password).toMatch(/.{16}/);
  expect(text).not.toContain(password);
});

test("where nothing was run there is nothing", async () => {
  const { code, stdout } = await folder().run("history");
  expect(code).toBe(0);
  expect(stdout).toContain("No run is kept yet");
});
