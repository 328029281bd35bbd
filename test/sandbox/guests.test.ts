/** What runs on the sandbox's instances: which scripts they take, and what the scripts depend on. */
import * as https from "node:https";
import { describe, expect, test } from "vitest";
import { configSchema } from "../../src/config/schema.ts";
import { serveSite } from "../../src/sandbox/site.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { releaseSettings } from "../../steps/scripts/app-settings.ts";
import { natUserData, webUserData } from "../../steps/scripts/user-data.ts";
import { type Account, fresh, grown } from "./grown.ts";

const NAME = "buddyverse.link";
const LINUX = "ami-0a12023000000a64d";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const NAT = natUserData({ vpcCidr: "172.31.0.0/16", stack: "buddyverse" });
const WEB = webUserData({
  region: "ap-northeast-2",
  stack: "buddyverse",
  fileSystemId: "fs-00000000000000001",
  parameterPath: "/buddyverse/buddyverse/database/",
  database: "django_db",
  user: "admin",
  release: releaseSettings(configSchema.parse({}), undefined, { imageHash: "0123456789ab", siteNames: [NAME] }),
});

async function run(account: Account, userData?: string): Promise<string> {
  const { Subnets } = await account.ask<{ Subnets: { SubnetId: string }[] }>("ec2", "DescribeSubnets");
  const { Instances } = await account.ask<{ Instances: { InstanceId: string }[] }>("ec2", "RunInstances", {
    ImageId: LINUX,
    InstanceType: "t3.micro",
    MinCount: 1,
    MaxCount: 1,
    SubnetId: Subnets[0]?.SubnetId,
    ...(userData === undefined ? {} : { UserData: base64(userData) }),
  });
  return Instances[0]?.InstanceId as string;
}
async function consoleOf(account: Account, InstanceId: string): Promise<string> {
  const { Output = "" } = await account.ask<{ Output?: string }>("ec2", "GetConsoleOutput", {
    InstanceId,
    Latest: true,
  });
  return Buffer.from(Output, "base64").toString();
}

describe("user data", () => {
  test.each([
    ["is no script of the tool", "#!/bin/bash\nreboot\n", /first line does not say what it is/],
    ["is an unknown one", "#!/bin/bash\n# buddyverse: mine\n", /does not know "mine"/],
    ["is reworded in its settings", NAT.replace("VPC_CIDR=", "VPC="), /does not know the setting VPC of "nat-setup"/],
    ["lacks one", NAT.replace(/^VPC_CIDR=.*\n/m, ""), /the setting VPC_CIDR of "nat-setup" is missing/],
    [
      "has one that cannot be read",
      NAT.replace(/^VPC_CIDR=.*$/m, "VPC_CIDR=everybody"),
      /cannot read the setting VPC_CIDR=everybody/,
    ],
    ["has a line that is none", NAT.replace(/^VPC_CIDR=.*$/m, "export VPC_CIDR"), /cannot read the setting "export/],
  ])("that %s is refused: no instance starts, no template takes it", async (_what, text, why) => {
    const account = fresh();
    const refused = { code: "sandbox", message: expect.stringMatching(why) };
    await expect(run(account, text)).rejects.toMatchObject(refused);
    expect((await account.ask<{ Reservations: object[] }>("ec2", "DescribeInstances")).Reservations).toEqual([]);
    const LaunchTemplateData = { ImageId: LINUX, InstanceType: "t3.micro", UserData: base64(text) };
    await expect(
      account.ask("ec2", "CreateLaunchTemplate", { LaunchTemplateName: "web", LaunchTemplateData }),
    ).rejects.toMatchObject(refused);
  });

  test("none is fine", async () => {
    const account = fresh();
    const id = await run(account);
    await account.sleep(60);
    expect(await consoleOf(account, id)).toBe("Linux version 6.8.0-aws, cloud-init: running user data\n");
  });

  test("of a NAT instance is played", async () => {
    const account = fresh();
    const id = await run(account, NAT);
    await account.sleep(120);
    expect(await consoleOf(account, id)).toContain("BUDDYVERSE-NAT SETUP DONE");
  });

  test("of a web instance fails at boot where the image has nothing to start", async () => {
    const account = fresh();
    const id = await run(account, WEB);
    await account.sleep(120);
    expect(await consoleOf(account, id)).toContain(
      "BUDDYVERSE-BOOT FAILED: systemctl start buddyverse-boot.service: Unit buddyverse-boot.service not found",
    );
  });
});

describe("the load balancer's health check", () => {
  interface Health {
    readonly State: string;
    readonly Reason?: string;
    readonly Description?: string;
  }
  const targetGroup = async (account: Account) =>
    (
      await account.ask<{ TargetGroups: { TargetGroupArn: string }[] }>(
        "elastic-load-balancing-v2",
        "DescribeTargetGroups",
      )
    ).TargetGroups[0]?.TargetGroupArn;
  async function healthWith(account: Account, check: object): Promise<readonly Health[]> {
    const TargetGroupArn = await targetGroup(account);
    await account.ask("elastic-load-balancing-v2", "ModifyTargetGroup", { TargetGroupArn, ...check });
    // The group would replace what fails, at once or some seconds later.
    await account.ask("auto-scaling", "UpdateAutoScalingGroup", {
      AutoScalingGroupName: "Buddy-AutoScaling-Group",
      HealthCheckType: "EC2",
    });
    // Three checks of 15 s make a target unhealthy, two a healthy one.
    await account.sleep(50);
    const { TargetHealthDescriptions } = await account.ask<{ TargetHealthDescriptions: { TargetHealth: Health }[] }>(
      "elastic-load-balancing-v2",
      "DescribeTargetHealth",
      { TargetGroupArn },
    );
    return TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth);
  }
  const mismatch = (status: number): Health => ({
    State: "unhealthy",
    Reason: "Target.ResponseCodeMismatch",
    Description: `Health checks failed with these codes: [${status}]`,
  });

  test.each([
    ["the page", "/", "200", { State: "healthy" }],
    ["another path of it", "/health.json", "200", { State: "healthy" }],
    ["a file of the file system", "/static/buddyverse.txt", "200", { State: "healthy" }],
    ["a path that is not there", "/healthz", "200", mismatch(404)],
    ["a path that is not there, where that is expected", "/healthz", "200-299,404", { State: "healthy" }],
    ["the page, where another code is expected", "/", "201-299", mismatch(200)],
  ])("asks for %s, and judges by the matcher", async (_what, HealthCheckPath, HttpCode, expected) => {
    const account = await grown();
    const found = await healthWith(account, { HealthCheckPath, Matcher: { HttpCode } });
    expect(found).toEqual([expected, expected]);
  });

  test("an application of one's own answers every path", async () => {
    const account = await grown({ image: { app: { git: "https://git.example.com/site.git", revision: "v1" } } });
    expect(await healthWith(account, { HealthCheckPath: "/healthz" })).toEqual([
      { State: "healthy" },
      { State: "healthy" },
    ]);
  });
});

describe("an application of one's own", () => {
  const GIT = { image: { app: { git: "https://git.example.com/site.git", revision: "v1" } } };
  const parameter = async (account: Account, Name: string) =>
    (await account.ask<{ Parameters: { Value: string }[] }>("ssm", "GetParameters", { Names: [Name] })).Parameters.map(
      ({ Value }) => Value,
    )[0];
  /** Starts one more instance beside those of the group, for another release. */
  async function another(account: Account, secrets: readonly string[] = []) {
    const [beside] = await account.members();
    const { Reservations } = await account.ask<{
      Reservations: {
        Instances: {
          ImageId: string;
          SubnetId: string;
          SecurityGroups: { GroupId: string }[];
          IamInstanceProfile: { Arn: string };
        }[];
      }[];
    }>("ec2", "DescribeInstances", { InstanceIds: [beside?.id] });
    const like = Reservations[0]?.Instances[0];
    const { FileSystems } = await account.ask<{ FileSystems: { FileSystemId: string }[] }>(
      "efs",
      "DescribeFileSystems",
    );
    const release = releaseSettings(configSchema.parse({ ...GIT, app: { secrets } }), undefined, {
      imageHash: "ffffffffffff",
      siteNames: [NAME],
    });
    const { Instances } = await account.ask<{ Instances: { InstanceId: string }[] }>("ec2", "RunInstances", {
      ImageId: like?.ImageId,
      InstanceType: "t3.micro",
      MinCount: 1,
      MaxCount: 1,
      SubnetId: like?.SubnetId,
      SecurityGroupIds: like?.SecurityGroups.map(({ GroupId }) => GroupId),
      IamInstanceProfile: { Arn: like?.IamInstanceProfile.Arn },
      UserData: base64(
        webUserData({
          region: "ap-northeast-2",
          stack: "buddyverse",
          fileSystemId: FileSystems[0]?.FileSystemId as string,
          parameterPath: "/buddyverse/buddyverse/database/",
          database: "django_db",
          user: "admin",
          release,
        }),
      ),
    });
    await account.sleep(120);
    const name = "/buddyverse/buddyverse/release/report";
    return { said: () => consoleOf(account, Instances[0]?.InstanceId as string), name };
  }

  test("is released once, by the first instance; what is not rehearsed is said", async () => {
    const account = await grown(GIT);
    const consoles = await Promise.all((await account.members()).map(({ id }) => consoleOf(account, id)));
    const released = consoles.filter((text) =>
      text.includes("BUDDYVERSE-RELEASE not rehearsed: python manage.py migrate"),
    );
    expect(released).toHaveLength(1);
    for (const text of consoles) expect(text).toContain("BUDDYVERSE-BOOT not rehearsed: the application");
    const { name } = await another(account);
    expect(JSON.parse((await parameter(account, name)) ?? "")).toEqual({
      result: "succeeded",
      stage: "release",
      seconds: 0,
      instance: expect.stringMatching(/^i-/),
      at: expect.stringMatching(/^\d{4}-.*:\d\dZ$/),
      output: "not rehearsed: python manage.py migrate --noinput\n",
    });
  });

  test("does not serve when its release command fails, and the next instance tries it again", async () => {
    const account = await grown(GIT);
    account.fail("release-command");
    const { said, name } = await another(account);
    expect(await said()).toContain("BUDDYVERSE-BOOT FAILED: the release command");
    expect(await said()).not.toContain("BUDDYVERSE-BOOT READY");
    expect(JSON.parse((await parameter(account, name)) ?? "")).toMatchObject({ result: "failed" });
    account.mend("release-command");
    expect(await (await another(account)).said()).toContain("BUDDYVERSE-BOOT READY");
    expect(JSON.parse((await parameter(account, name)) ?? "")).toMatchObject({ result: "succeeded" });
  });

  test("waits for a secret that has no value", async () => {
    const account = await grown(GIT);
    const { said } = await another(account, ["PARTNER_KEY"]);
    expect(await said()).not.toContain("BUDDYVERSE-BOOT READY");
    await account.sleep(660);
    expect(await said()).toMatch(/BUDDYVERSE-BOOT FAILED: .*\/buddyverse\/buddyverse\/app\/PARTNER_KEY/);
  });
});

describe("the database's password", () => {
  const PASSWORD = "/buddyverse/buddyverse/database/password";
  const modify = (account: Account, MasterUserPassword: string) =>
    account.ask("rds", "ModifyDBInstance", { DBInstanceIdentifier: "database1", MasterUserPassword });
  const write = (account: Account, Value: string) =>
    account.ask("ssm", "PutParameter", { Name: PASSWORD, Value, Overwrite: true });
  const first = async (account: Account) => (await account.members())[0]?.id ?? "";
  const verify = async (account: Account) => account.run(scriptFor("database", "a"), await first(account), 10);
  async function page(account: Account): Promise<{ primary: object; replica: object }> {
    const site = await serveSite(account.sandbox, account.clock);
    const answer = await account.clock.hold(
      new Promise<string>((done, refuse) => {
        const to = site.addressOf(NAME);
        const options = {
          host: to?.address,
          port: to?.port,
          path: "/health.json",
          headers: { host: NAME },
          agent: false,
        };
        https
          .get({ ...options, servername: NAME, ca: site.ca }, (response) => {
            let body = "";
            response.on("data", (part) => {
              body += part;
            });
            response.on("end", () => done(body));
          })
          .on("error", refuse);
      }),
    );
    await site.close();
    return JSON.parse(answer);
  }
  const denied = { ok: false, why: "not reachable (MySQL error 1045)" };

  test("is what the instances read in SSM: another one there is refused, a minute later, on the page and in verify", async () => {
    const account = await grown();
    expect((await verify(account))[0]).toBe(0);
    await write(account, "not-the-databases");
    await account.sleep(61);
    expect(await verify(account)).toEqual([1, "", "primary: MySQL error 1045\n"]);
    expect(await page(account)).toMatchObject({ primary: denied, replica: denied });
  });

  test("changed at the database, it is refused until the parameter says it too and the instances have read it", async () => {
    const account = await grown();
    await modify(account, "a-new-password");
    expect((await verify(account))[0]).toBe(0);
    await account.sleep(60);
    expect(await verify(account)).toEqual([1, "", "primary: MySQL error 1045\n"]);
    await write(account, "a-new-password");
    await account.sleep(61);
    expect((await verify(account))[0]).toBe(0);
    expect(await page(account)).toMatchObject({ primary: { ok: true }, replica: { ok: true } });
  });
});
