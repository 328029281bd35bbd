import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DescribeInstancesCommand, ModifyInstanceMetadataOptionsCommand } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configSchema } from "../../src/config/schema.ts";
import { applicableChecks } from "../../src/verify/check.ts";
import { allChecks } from "../../steps/verify.ts";
import { folder, folderThatIsUp } from "../cli/folder.ts";
import { inSandboxOf, type Stranger } from "../stranger.ts";

const SANDBOX = "buddyverse.sandbox.json";

/** The checks that the default config gives reason to ask. */
const { applicable } = applicableChecks(allChecks, configSchema.parse({}));
const COUNT = applicable.length;

let up: string;
beforeAll(async () => {
  up = await folderThatIsUp();
});
afterAll(() => rmSync(up, { recursive: true, force: true }));

/** What EC2 says of the instances that run. */
async function running({ ec2 }: Stranger) {
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: "instance-state-name", Values: ["running"] }] }),
  );
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

describe("a stack that is up", () => {
  test("exit 0: a table without escape codes on stdout, what it does on stderr; the lock is gone, the stack in sync", async () => {
    const on = folder({}, up);
    const files = on.files();
    const { code, stdout, stderr } = await on.rehearse("verify");
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/^ R1 {2}✔ The group has the sizes/);
    expect(stdout).toMatch(new RegExp(`\\n${COUNT} of ${COUNT} checks passed \\(\\d+m\\d\\ds\\)\\.\\n$`));
    expect(stdout).not.toContain("\u001b");
    expect(stderr).toContain("SANDBOX");
    expect(stderr).toContain(`Asking ${COUNT} questions`);
    expect(on.files()).toEqual(files);
    expect((await on.rehearse("status")).code).toBe(0);
  });

  test("--json: one document, with every check and what was not asked; the trace shows what was sent", async () => {
    const on = folder({}, up);
    const { code, stdout, stderr } = await on.rehearse("verify --json --trace trace.jsonl");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { passed, checks, notAsked } = JSON.parse(stdout);
    expect(passed).toBe(true);
    expect(checks.map(({ id }: { id: string }) => id)).toEqual(applicable.map(({ id }) => id));
    expect(checks[0]).toEqual({
      id: "group-size",
      requirement: "R1",
      title: expect.any(String),
      result: "passed",
      saw: expect.stringContaining("min 2"),
      ms: expect.any(Number),
    });
    expect(notAsked).toEqual([
      { id: "subscription", requirement: "R5", why: "the config names no e-mail address" },
      { id: "app-secrets", requirement: "R6", why: "the application reads no secrets" },
    ]);
    const changing = on.trace().filter(({ operation }) => !/^(Describe|Get|List)/.test(operation));
    expect(new Set(changing.map(({ operation }) => operation))).toEqual(new Set(["SendCommand"]));
  });

  test("exit 1 when a check failed, which is told in its words", async () => {
    const on = folder({}, up);
    await inSandboxOf(on.path, async (who, clock) => {
      for (const { InstanceId } of await running(who))
        await who.ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId, HttpTokens: "optional" }));
      await clock.sleep(5_000);
    });
    const { code, stdout } = await on.rehearse("verify");
    expect(code, stdout).toBe(1);
    expect(stdout).toContain("✖ Every instance answers IMDSv2 only");
    expect(stdout).toContain(`${COUNT - 1} of ${COUNT} checks passed, 1 failed (`);
  });

  test("exit 3 when one could not be looked at, which is not counted as passed", async () => {
    const on = folder({}, up);
    await inSandboxOf(on.path, async (who, clock, { answer }) => {
      const web = (await running(who)).find(({ IamInstanceProfile }) =>
        IamInstanceProfile?.Arn?.includes("/Buddy-WEB"),
      );
      // The role has its profile's name.
      await answer("iam", "PutRolePolicy", {
        RoleName: web?.IamInstanceProfile?.Arn?.split("/").at(-1),
        PolicyName: "no-agents",
        PolicyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: { Effect: "Deny", Action: "ssm:UpdateInstanceInformation", Resource: "*" },
        }),
      });
      await clock.sleep(5_000);
    });
    const { code, stdout } = await on.rehearse("verify --json");
    expect(code).toBe(3);
    const { passed, checks } = JSON.parse(stdout) as {
      passed: boolean;
      checks: { id: string; result: string; saw: string }[];
    };
    expect(passed).toBe(false);
    const open = checks.filter(({ result }) => result === "unknown");
    expect(open.map(({ id }) => id)).toEqual(expect.arrayContaining(["spread", "replica-reads", "outbound-address"]));
    for (const { saw } of open) expect(saw).toContain("its agent is not online");
    expect(checks.filter(({ result }) => result === "failed")).toEqual([]);
  });

  test("exit 4 while another run holds the lock", async () => {
    const on = folder({}, up);
    const lock = {
      token: "ab12cd34",
      pid: process.pid,
      host: "elsewhere",
      user: "kim",
      command: "up",
      since: new Date().toISOString(),
    };
    writeFileSync(join(on.path, `${SANDBOX}.lock`), JSON.stringify(lock));
    expect((await on.rehearse("verify")).code).toBe(4);
  });
});

test("a stack that is not up: exit 1, and the command that makes it", async () => {
  const { code, stdout, stderr } = await folder().rehearse("verify");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("the stack buddyverse is not up: there is nothing to verify");
  expect(stderr).toContain("buddyverse up --sandbox");
});

test("--help: examples, and exit code 3 of a check that could not be made", async () => {
  const { code, stdout } = await folder().run("verify --help");
  expect(code).toBe(0);
  expect(stdout).toContain("$ buddyverse verify --json");
  expect(stdout).toMatch(/3 differences[^;]*a check\s+that could not be made \(verify\);/s);
});
