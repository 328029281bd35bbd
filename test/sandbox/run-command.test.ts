/** Run Command on the sandbox's machines: who may be asked, what the scripts do there, and what is refused. */
import { beforeEach, describe, expect, test } from "vitest";
import { appCommandScript, scriptFor } from "../../src/verify/scripts.ts";
import { type Account, GROUP, grown } from "./grown.ts";

let account: Account;
let first: string;
let second: string;
beforeEach(async () => {
  account = await grown();
  [first, second] = (await account.members()).map(({ id }) => id) as [string, string];
});

const call = <T>(operation: string, input: object): Promise<T> => account.ask("ssm", operation, input);
interface Invoked {
  readonly Status: string;
  readonly StatusDetails: string;
  readonly ResponseCode: number;
  readonly StandardOutputContent: string;
  readonly StandardErrorContent: string;
}
const send = async (ids: readonly string[], script: string, more: object = {}, parameters: object = {}) =>
  (
    await call<{ Command: { CommandId: string } }>("SendCommand", {
      InstanceIds: ids,
      DocumentName: "AWS-RunShellScript",
      Parameters: { commands: script.split("\n"), ...parameters },
      ...more,
    })
  ).Command.CommandId;
const look = (CommandId: string, InstanceId = first) =>
  call<Invoked>("GetCommandInvocation", { CommandId, InstanceId });
const run = (script: string, id = first, seconds?: number) => account.run(script, id, seconds);
const script = scriptFor;

const groupOf = async (id: string): Promise<string> =>
  (await account.running()).find(({ InstanceId }) => InstanceId === id)?.SecurityGroups[0]?.GroupId as string;

describe("who may be asked", () => {
  const online = async () =>
    (
      await call<{ InstanceInformationList: { InstanceId: string; PingStatus: string }[] }>(
        "DescribeInstanceInformation",
        {},
      )
    ).InstanceInformationList.map(({ InstanceId, PingStatus }) => [InstanceId, PingStatus]);

  test("web instances, by their role; bastions and NATs have none", async () => {
    expect((await online()).sort()).toEqual(
      [
        [first, "Online"],
        [second, "Online"],
      ].sort(),
    );
    const other = (await account.running()).find(({ InstanceId }) => InstanceId !== first && InstanceId !== second);
    await expect(send([first, other?.InstanceId ?? ""], script("load-end", "a"))).rejects.toMatchObject({
      name: "InvalidInstanceId",
    });
  });

  test("one whose way out is closed is not delivered to, and the command times out", async () => {
    await account.close(await groupOf(first), "Egress");
    expect(new Set((await online()).map(([, ping]) => ping))).toEqual(new Set(["ConnectionLost"]));
    const command = await send([first], script("load-end", "a"), { TimeoutSeconds: 60 });
    await account.sleep(30);
    expect((await look(command)).Status).toBe("Pending");
    await account.sleep(40);
    expect(await look(command)).toMatchObject({
      Status: "TimedOut",
      StatusDetails: "Delivery Timed Out",
      ResponseCode: -1,
    });
  });

  test("a new instance's agent comes some time after its start; a stopped one is not valid", async () => {
    await account.ask("auto-scaling", "SetDesiredCapacity", { AutoScalingGroupName: GROUP, DesiredCapacity: 3 });
    let newest: string | undefined;
    while (!newest) {
      await account.sleep(1);
      newest = (await account.members()).find(({ id }) => id !== first && id !== second)?.id;
    }
    await expect(send([newest], script("load-end", "a"))).rejects.toMatchObject({ name: "InvalidInstanceId" });
    await account.sleep(50);
    expect(await run(script("load-end", "a"), newest)).toEqual([0, "", ""]);
    expect(await run(script("power-off", "a"))).toEqual([0, "", ""]);
    await expect(send([first], script("load-end", "a"))).rejects.toMatchObject({ name: "InvalidInstanceId" });
  });
});

describe("a command's life", () => {
  test("it is not there for a moment, then pending, under way, and ended with its exit code", async () => {
    account.fail("az", "ap-northeast-2a");
    const { DBInstances } = await account.ask<{
      DBInstances: { DBInstanceIdentifier: string; AvailabilityZone: string }[];
    }>("rds", "DescribeDBInstances");
    expect(DBInstances.find(({ AvailabilityZone }) => AvailabilityZone === "ap-northeast-2a")).toMatchObject({
      DBInstanceIdentifier: "database1",
    });
    // It waits ten seconds for the database that does not answer.
    const command = await send([second], script("database", "a"));
    await account.sleep(4);
    expect(await look(command, second)).toMatchObject({ Status: "InProgress", ResponseCode: -1 });
    await account.sleep(12);
    expect(await look(command, second)).toMatchObject({
      Status: "Failed",
      ResponseCode: 1,
      StandardErrorContent: "primary: MySQL error 2003\n",
    });
    await expect(look("00000000-0000-0000-0000-000000000000")).rejects.toMatchObject({
      name: "InvocationDoesNotExist",
    });
  });

  test("cancelled, it stays so; over its time, it is ended", async () => {
    const { MountTargets } = await account.ask<{ MountTargets: { MountTargetId: string }[] }>(
      "efs",
      "DescribeMountTargets",
      {
        FileSystemId: (await account.ask<{ FileSystems: { FileSystemId: string }[] }>("efs", "DescribeFileSystems"))
          .FileSystems[0]?.FileSystemId,
      },
    );
    expect(await run(script("file-write", "abc"))).toEqual([0, "", ""]);
    for (const { MountTargetId } of MountTargets)
      await account.ask("efs", "ModifyMountTargetSecurityGroups", { MountTargetId, SecurityGroups: [] });
    await account.sleep(4);
    // A hard NFS mount that does not answer hangs who asks it.
    const cancelled = await send([first], script("file-read", "abc"));
    const long = await send([first], script("file-read", "abc"), {}, { executionTimeout: ["60"] });
    await account.sleep(30);
    expect((await look(cancelled)).Status).toBe("InProgress");
    await call("CancelCommand", { CommandId: cancelled });
    await account.sleep(60);
    expect((await look(cancelled)).Status).toBe("Cancelled");
    expect(await look(long)).toMatchObject({ Status: "TimedOut", StatusDetails: "Execution Timed Out" });
  });

  test("one list for all instances, with their output", async () => {
    const CommandId = await send([first, second], script("requests", "abc"));
    await account.sleep(4);
    const { CommandInvocations } = await call<{
      CommandInvocations: { Status: string; CommandPlugins: { Output: string }[] }[];
    }>("ListCommandInvocations", { CommandId, Details: true });
    expect(CommandInvocations.map(({ Status, CommandPlugins }) => [Status, CommandPlugins[0]?.Output])).toEqual([
      ["Success", "0\n"],
      ["Success", "0\n"],
    ]);
  });

  test("what Systems Manager refuses", async () => {
    await expect(
      call("SendCommand", { InstanceIds: [first], DocumentName: "AWS-RunPowerShellScript" }),
    ).rejects.toMatchObject({ name: "InvalidDocument" });
    await expect(send([first], script("load", "a"), { TimeoutSeconds: 10 })).rejects.toMatchObject({
      name: "ValidationException",
    });
    await expect(send([first], "\n")).rejects.toMatchObject({ name: "InvalidParameters" });
  });

  test.each([
    ["# buddyverse: magic abc\ntrue", /it does not know "magic"/],
    ["# buddyverse: toString abc\ntrue", /first line does not say what it is/],
    ["# buddyverse: constructor\ntrue", /it does not know "constructor"/],
    ["true", /first line does not say what it is/],
    ["init 0 # buddyverse: power-off", /first line does not say what it is/],
  ])("the sandbox refuses %j by its name, and nothing has run", async (text, why) => {
    await expect(send([first], text)).rejects.toMatchObject({ code: "sandbox", message: expect.stringMatching(why) });
    expect((await account.running()).map(({ InstanceId }) => InstanceId)).toContain(first);
  });
});

describe("the scripts", () => {
  test("a row written on the primary is on the replica some milliseconds later", async () => {
    const [code, out] = await run(script("database", "abc"));
    expect(code).toBe(0);
    expect(JSON.parse(out).lagMs).toBeGreaterThan(0);
    expect(JSON.parse(out).lagMs).toBeLessThan(1_000);
  });

  test("a database that is not reached says so", async () => {
    const { DBInstances } = await account.ask<{
      DBInstances: { VpcSecurityGroups: { VpcSecurityGroupId: string }[] }[];
    }>("rds", "DescribeDBInstances", { DBInstanceIdentifier: "database1" });
    await account.close(DBInstances[0]?.VpcSecurityGroups[0]?.VpcSecurityGroupId as string, "Ingress");
    expect(await run(script("database", "abc"), first, 20)).toEqual([1, "", "primary: MySQL error 2003\n"]);
  });

  test("a file written by one is read by another, and removes itself after ten minutes", async () => {
    expect(await run(script("file-write", "abc"))).toEqual([0, "", ""]);
    expect(await run(script("file-read", "abc"), second)).toEqual([0, "buddyverse-verify abc\n", ""]);
    await account.sleep(600);
    const gone = [1, "", "cat: /mnt/efs/media/buddyverse-verify-abc.txt: No such file or directory\n"];
    expect(await run(script("file-read", "abc"), second)).toEqual(gone);
    await run(script("file-write", "abc"));
    expect(await run(script("file-remove", "abc"))).toEqual([0, "", ""]);
    expect(await run(script("file-read", "abc"), second)).toEqual(gone);
  });

  test("the internet sees a web instance under the address of its own zone's NAT", async () => {
    const seen = [
      (await run(script("outbound-address", "a"), first))[1].trim(),
      (await run(script("outbound-address", "a"), second))[1].trim(),
    ];
    const nats = (await account.running())
      .filter(({ SourceDestCheck }) => SourceDestCheck === false)
      .map(({ PublicIpAddress }) => PublicIpAddress);
    expect(new Set(seen)).toEqual(new Set(nats));
    expect(new Set(seen).size).toBe(2);
  });

  const cpu = (minutesAgo: number) =>
    account.metric(
      "AWS/EC2",
      "CPUUtilization",
      ["InstanceId", first],
      Math.floor(account.clock.now() / 300_000) * 300_000 - minutesAgo * 60_000,
    );
  test("load keeps the processors busy until it is ended", async () => {
    await account.sleep(900);
    expect(await cpu(10)).toBeLessThan(10);
    expect(await run(script("load", "a"))).toEqual([0, "", ""]);
    await account.sleep(900);
    expect(await cpu(10)).toBeGreaterThan(95);
    await run(script("load-end", "a"));
    await account.sleep(900);
    expect(await cpu(5)).toBeLessThan(10);
  });

  test("a command that people give runs once for each token, and not where no image of the stack is", async () => {
    const words = ["echo", "it's", "{{x}}", "a  b", ""];
    expect(await run(appCommandScript(words, "a"))).toEqual([0, "it's {{x}} a  b \n", ""]);
    expect(await run(appCommandScript(words, "a"))).toEqual([98, "", "BUDDYVERSE-RUN twice\n"]);
    expect(await run(appCommandScript(words, "a"), second)).toEqual([0, "it's {{x}} a  b \n", ""]);
    const [code, , said] = await run(appCommandScript(["python", "-c", "print('x')"], "b"));
    expect([code, said]).toEqual([69, expect.stringContaining(`no application to run python -c 'print('\\''x'\\'')'`)]);
  });
});
