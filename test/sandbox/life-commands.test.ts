/** Run Command on the sandbox's machines: who may be asked, what the shell knows, and what it refuses. */
import { beforeEach, describe, expect, test } from "vitest";
import { jumpingClock } from "../../src/lib/clock.ts";
import { diskOf } from "../../src/sandbox/guests/disk.ts";
import { logRequest } from "../../src/sandbox/guests/web-server.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { membersOf } from "../../src/sandbox/services/auto-scaling/tables.ts";
import { groupTable, type Instance, instanceTable, interfaceTable } from "../../src/sandbox/services/ec2/tables.ts";
import { databaseTable } from "../../src/sandbox/services/rds/tables.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { type Stage, stage } from "../lifecycle/stage.ts";

let grown: { readonly world: World; readonly at: number } | undefined;
async function grow() {
  if (grown) return grown;
  const on = await stage();
  await on.up();
  await on.clock.sleep(180_000);
  on.sandbox.settle();
  grown = { world: copied(on.sandbox.world), at: on.clock.now() };
  return grown;
}
let clock: Stage["clock"];
let sandbox: Stage["sandbox"];
let first: string;
let second: string;
beforeEach(async () => {
  const { world, at } = await grow();
  clock = jumpingClock(at);
  sandbox = openSandbox({ world: copied(world), clock });
  [first, second] = membersOf(sim(), "Buddy-AutoScaling-Group").map(({ instanceId }) => instanceId) as [string, string];
});
const sim = () => {
  sandbox.settle();
  return simAt(sandbox.world, clock.now());
};
const instance = (id: string) => instanceTable(sim()).get(id) as Instance;
const call = async <T>(operation: string, input: object): Promise<T> =>
  (await sandbox.answer("ssm", operation, input)) as T;

interface Invoked {
  readonly Status: string;
  readonly StatusDetails: string;
  readonly ResponseCode: number;
  readonly StandardOutputContent: string;
  readonly StandardErrorContent: string;
}
const send = async (ids: readonly string[], script: string, more: object = {}) =>
  (
    await call<{ Command: { CommandId: string } }>("SendCommand", {
      InstanceIds: ids,
      DocumentName: "AWS-RunShellScript",
      Parameters: { commands: script.split("\n") },
      ...more,
    })
  ).Command.CommandId;
const look = (CommandId: string, InstanceId = first) =>
  call<Invoked>("GetCommandInvocation", { CommandId, InstanceId });
/** What a short script says on one instance: exit code, output, errors. */
async function sh(script: string, id = first, seconds = 4): Promise<[number, string, string]> {
  const command = await send([id], script);
  await clock.sleep(seconds * 1_000);
  const { ResponseCode, StandardOutputContent, StandardErrorContent } = await look(command, id);
  return [ResponseCode, StandardOutputContent, StandardErrorContent];
}
const refused = (script: string, what: RegExp) =>
  expect(send([first], script)).rejects.toMatchObject({ code: "sandbox", message: expect.stringMatching(what) });

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
    const bastion = instanceTable(sim())
      .all()
      .find(({ profileArn, state }) => profileArn === null && state === "running");
    await expect(send([first, bastion?.id ?? ""], "true")).rejects.toMatchObject({ name: "InvalidInstanceId" });
  });

  test("one whose way out is closed is not delivered to, and the command times out", async () => {
    const { groupIds } = instance(first);
    const group = groupTable(sim()).get(groupIds[0] as string);
    groupTable(sim()).putNow(groupIds[0] as string, { ...group, outbound: [] } as never);
    expect(new Set((await online()).map(([, ping]) => ping))).toEqual(new Set(["ConnectionLost"]));
    const command = await send([first], "true", { TimeoutSeconds: 60 });
    await clock.sleep(30_000);
    expect((await look(command)).Status).toBe("Pending");
    await clock.sleep(40_000);
    expect(await look(command)).toMatchObject({
      Status: "TimedOut",
      StatusDetails: "Delivery Timed Out",
      ResponseCode: -1,
    });
  });

  test("a new instance's agent comes some time after its start; a stopped one is not valid", async () => {
    await sandbox.answer("auto-scaling", "UpdateAutoScalingGroup", {
      AutoScalingGroupName: "Buddy-AutoScaling-Group",
      DesiredCapacity: 3,
    });
    let newest: string | undefined;
    while (!newest) {
      await clock.sleep(1_000);
      newest = membersOf(sim(), "Buddy-AutoScaling-Group").find(
        ({ instanceId }) => instanceId !== first && instanceId !== second,
      )?.instanceId;
    }
    await expect(send([newest], "true")).rejects.toMatchObject({ name: "InvalidInstanceId" });
    await clock.sleep(50_000);
    expect(await sh("true", newest)).toEqual([0, "", ""]);
    await sh("init 0");
    await expect(send([first], "true")).rejects.toMatchObject({ name: "InvalidInstanceId" });
  });
});

describe("a command's life", () => {
  test("it is not there for a moment, then pending, under way, and ended with its exit code", async () => {
    const command = await send([first], "sleep 60; exit 7");
    await clock.sleep(2_500);
    expect(await look(command)).toMatchObject({ Status: "InProgress", ResponseCode: -1 });
    await clock.sleep(60_000);
    expect(await look(command)).toMatchObject({ Status: "Failed", ResponseCode: 7 });
    await expect(look("00000000-0000-0000-0000-000000000000")).rejects.toMatchObject({
      name: "InvocationDoesNotExist",
    });
  });

  test("cancelled, it goes no further; over its time, it is ended", async () => {
    const cancelled = await send([first], "sleep 30\necho late > /tmp/late");
    await clock.sleep(5_000);
    await call("CancelCommand", { CommandId: cancelled });
    await clock.sleep(60_000);
    expect((await look(cancelled)).Status).toBe("Cancelled");
    expect(await sh("test -e /tmp/late")).toEqual([1, "", ""]);
    const long = await send([first], "sleep 300", {
      Parameters: { commands: ["sleep 300"], executionTimeout: ["20"] },
    });
    await clock.sleep(30_000);
    expect(await look(long)).toMatchObject({ Status: "TimedOut", StatusDetails: "Execution Timed Out" });
  });

  test("one list for all instances, with their output", async () => {
    const CommandId = await send([first, second], "echo hello");
    await clock.sleep(4_000);
    const { CommandInvocations } = await call<{
      CommandInvocations: { Status: string; CommandPlugins: { Output: string }[] }[];
    }>("ListCommandInvocations", { CommandId, Details: true });
    expect(CommandInvocations.map(({ Status, CommandPlugins }) => [Status, CommandPlugins[0]?.Output])).toEqual([
      ["Success", "hello\n"],
      ["Success", "hello\n"],
    ]);
  });

  test("what Systems Manager refuses", async () => {
    await expect(
      call("SendCommand", { InstanceIds: [first], DocumentName: "AWS-RunPowerShellScript" }),
    ).rejects.toMatchObject({ name: "InvalidDocument" });
    await expect(send([first], "true", { TimeoutSeconds: 10 })).rejects.toMatchObject({ name: "ValidationException" });
    await expect(send([first], "# nothing")).rejects.toMatchObject({ name: "InvalidParameters" });
  });
});

describe("the shell", () => {
  test.each([
    ["true && echo yes || echo no", [0, "yes\n", ""]],
    ["false && echo yes || echo no", [0, "no\n", ""]],
    ["! false && echo 'a  b' \"c\"", [0, "a  b c\n", ""]],
    ["set -e\nfalse\necho late", [1, "", ""]],
    ["set -e\nfalse || true\necho late", [0, "late\n", ""]],
    ["false\necho late # not strict", [0, "late\n", ""]],
    ["echo out; echo err >&2; exit 3; echo late", [3, "out\n", "err\n"]],
    ["echo gone >/dev/null 2>&1", [0, "", ""]],
    ["printf '%s-%s\\n' a b", [0, "a-b\n", ""]],
    ["cat /tmp/none", [1, "", "cat: /tmp/none: No such file or directory\n"]],
    ["cat /tmp/none 2>/dev/null || echo none", [0, "none\n", ""]],
    ["echo x > /tmp/no/file", [2, "", "sh: 1: cannot create /tmp/no/file: Directory nonexistent\n"]],
    [
      "mkdir -p /tmp/a/b && echo x > /tmp/a/b/c && echo y >> /tmp/a/b/c && cat /tmp/a/b/c && rm -f /tmp/a/b/c && test -e /tmp/a/b/c",
      [1, "x\ny\n", ""],
    ],
    ["nproc", [0, "2\n", ""]],
    ["mountpoint -q /mnt/efs && echo mounted", [0, "mounted\n", ""]],
    ["systemctl is-active apache2", [0, "active\n", ""]],
    ["pkill stress-ng", [1, "", ""]],
    ["curl -sS --max-time 5 -o /dev/null -w '%{http_code}' http://127.0.0.1/", [0, "200", ""]],
    ["curl -sSf http://127.0.0.1/nowhere", [22, "", "curl: (22) The requested URL returned error: 404\n"]],
  ])("%s", async (script, expected) => expect(await sh(script as string)).toEqual(expected));

  test("load shows in /proc/loadavg, and ends with its time or by pkill", async () => {
    const load = async () => Number((await sh("cat /proc/loadavg"))[1].split(" ")[0]);
    expect(await load()).toBeLessThan(0.1);
    await sh("nohup stress-ng --cpu 0 --timeout 10m >/dev/null 2>&1 &");
    await clock.sleep(60_000);
    expect(await load()).toBeGreaterThan(1.8);
    await sh("pkill stress-ng");
    await clock.sleep(60_000);
    expect(await load()).toBeLessThan(0.3);
  });

  test("a closed Apache refuses, and comes back", async () => {
    await sh("systemctl stop apache2");
    expect(await sh("curl -sS http://127.0.0.1/")).toEqual([
      7,
      "",
      "curl: (7) Failed to connect to 127.0.0.1 port 80 after 0 ms: Connection refused\n",
    ]);
    await sh("systemctl start apache2");
    expect((await sh("curl -sS http://127.0.0.1/health.json"))[1]).toContain(first);
  });

  test("/mnt/efs is one for all, /tmp is each one's own; a mount that does not answer lets nobody go on", async () => {
    await sh("printf %s shared > /mnt/efs/media/a.txt; printf %s mine > /tmp/a.txt");
    expect(await sh("cat /mnt/efs/media/a.txt", second)).toEqual([0, "shared", ""]);
    expect((await sh("cat /tmp/a.txt", second))[0]).toBe(1);
    const eni = interfaceTable(sim())
      .all()
      .filter(({ type }) => type === "efs");
    for (const one of eni) interfaceTable(sim()).putNow(one.id, { ...one, groupIds: [] });
    const command = await send([first], "cat /mnt/efs/media/a.txt", {
      Parameters: { commands: ["cat /mnt/efs/media/a.txt"], executionTimeout: ["60"] },
    });
    await clock.sleep(30_000);
    expect((await look(command)).Status).toBe("InProgress");
    await clock.sleep(60_000);
    expect((await look(command)).Status).toBe("TimedOut");
  });

  test("the internet sees a web instance under the address of its own zone's NAT", async () => {
    const seen = await Promise.all(
      [first, second].map(async (id) => (await sh("curl -sS https://checkip.amazonaws.com", id))[1].trim()),
    );
    const nats = instanceTable(sim())
      .all()
      .filter(({ routesFrom }) => routesFrom !== null)
      .map(({ publicIp }) => publicIp);
    expect(new Set(seen)).toEqual(new Set(nats));
    expect(new Set(seen).size).toBe(2);
  });

  test.each([
    ["reboot", /the command reboot/],
    ["true\napt-get update", /the command apt-get/],
    ["echo $HOME", /"\$" outside quotes/],
    ['echo "$HOME"', /variables/],
    ["cat /tmp/a | wc", /"\|" outside quotes/],
    ["cat /etc/passwd", /the file \/etc\/passwd/],
    ["cat /tmp/../etc/passwd", /the file/],
    ["echo x > /etc/motd", /it writes to \/tmp/],
    ["curl https://example.com", /curl/],
    ["curl -X POST http://127.0.0.1/", /curl -X/],
    ["systemctl stop mysql", /systemctl stop mysql/],
    ["stress-ng --cpu 1 --timeout 5s", /all of them/],
    ["stress-ng --vm 2", /--vm/],
    ["init 6", /init 6/],
    ["A=1", /"A=1"/],
    ["echo 'open", /does not end/],
    ["# buddyverse-verify: magic abc\ntrue", /verify's script "magic"/],
  ])("refuses %s, and has run nothing", async (script, what) => {
    await refused(`echo x > /tmp/ran\n${script}`.replace(/^echo x > \/tmp\/ran\n(# buddy)/, "$1"), what);
    expect((await sh("test -e /tmp/ran"))[0]).toBe(1);
  });
});

describe("verify's own scripts", () => {
  test("a row written on the primary is on the replica some milliseconds later", async () => {
    const [code, out] = await sh(scriptFor("database", "abc"));
    expect(code).toBe(0);
    expect(JSON.parse(out).lagMs).toBeGreaterThan(0);
    expect(JSON.parse(out).lagMs).toBeLessThan(1_000);
  });

  test("a database that is not reached says so", async () => {
    const replica = databaseTable(sim()).get("database1-replica");
    databaseTable(sim()).putNow("database1-replica", { ...replica, groupIds: [] } as never);
    expect(await sh(scriptFor("database", "abc"), first, 20)).toEqual([1, "", "replica: MySQL error 2003\n"]);
  });

  test("a file written by one is read by another, served, and goes by itself after ten minutes", async () => {
    const path = "/mnt/efs/media/buddyverse-verify-abc.txt";
    expect((await sh(scriptFor("file-write", "abc")))[0]).toBe(0);
    expect(await sh(scriptFor("file-read", "abc"), second)).toEqual([0, "buddyverse-verify abc\n", ""]);
    expect(diskOf(sim(), instance(second)).read(path)).toBe("buddyverse-verify abc\n");
    await clock.sleep(600_000);
    expect(diskOf(sim(), instance(second)).exists(path)).toBe(false);
    await sh(scriptFor("file-write", "abc"));
    expect((await sh(scriptFor("file-remove", "abc")))[0]).toBe(0);
    expect((await sh(scriptFor("file-read", "abc"), second))[0]).toBe(1);
  });

  test("requests are counted by their mark; the outbound address is the NAT's", async () => {
    logRequest(sim(), first, "buddyverse-verify/abca");
    logRequest(sim(), first, "buddyverse-verify/abca");
    logRequest(sim(), first, "Mozilla/5.0");
    expect(await sh(scriptFor("requests", "abca"))).toEqual([0, "2\n", ""]);
    expect(await sh(scriptFor("requests", "abcb"))).toEqual([0, "0\n", ""]);
    expect((await sh(scriptFor("outbound-address", "abc")))[1]).toMatch(/^198\.18\.\d+\.\d+\n$/);
  });
});
