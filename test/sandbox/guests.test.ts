/** What runs on the sandbox's instances: which scripts they take, and what the scripts depend on. */
import { describe, expect, test } from "vitest";
import { natUserData, webUserData } from "../../steps/scripts/user-data.ts";
import { type Account, fresh } from "./grown.ts";

const LINUX = "ami-0a12023000000a64d";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const NAT = natUserData({ vpcCidr: "172.31.0.0/16" });
const WEB = webUserData({
  region: "ap-northeast-2",
  stack: "buddyverse",
  fileSystemId: "fs-00000000000000001",
  parameterPath: "/buddyverse/buddyverse/database/",
  database: "django_db",
  user: "admin",
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
  const { Output = "" } = await account.ask<{ Output?: string }>("ec2", "GetConsoleOutput", { InstanceId });
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
