/** The stack's lock, as `up` takes it. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { CreateLogGroupCommand, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { AuthorizeSecurityGroupIngressCommand, DescribeSecurityGroupsCommand } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import { type Holder, ourselves } from "../../src/state/holder.ts";
import { inSandboxOf } from "../stranger.ts";
import { type Folder, folder, folderThatIsUp, isOfLock, type TracedLine } from "./folder.ts";

const LOCK = "/buddyverse/buddyverse/lock";
let base: string;
beforeAll(async () => {
  base = await folderThatIsUp();
  // A lock that was given back a moment ago is shown for a while.
  await inSandboxOf(base, async (_who, clock) => clock.sleep(60_000));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const traced = (on: Folder): TracedLine[] =>
  on
    .read("trace.jsonl")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const ofLock = (on: Folder) =>
  traced(on)
    .filter(isOfLock)
    .map(({ operation }) => operation);

/** Another run has the lock. */
const takenBy = (on: Folder, holder: Partial<Holder>) =>
  inSandboxOf(on.path, async ({ logs }, clock) => {
    const marks = { ...ourselves("down", "0000000f", new Date(clock.now())), ...holder };
    const tags = Object.fromEntries(
      Object.entries(marks).map(([name, value]) => [`buddyverse:lock:${name}`, String(value)]),
    );
    await logs.send(new CreateLogGroupCommand({ logGroupName: LOCK, tags }));
    await clock.sleep(60_000);
  });
async function isTaken(on: Folder): Promise<boolean> {
  let taken = false;
  await inSandboxOf(on.path, async ({ logs }, clock) => {
    await clock.sleep(60_000);
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: LOCK }));
    taken = logGroups.length > 0;
  });
  return taken;
}
/** Somebody opens a port of the web servers. */
const opened = (on: Folder) =>
  inSandboxOf(on.path, async ({ ec2 }, clock) => {
    const { SecurityGroups: [group] = [] } = await ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: "tag:buddyverse:key", Values: ["group-web"] }] }),
    );
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 23, ToPort: 23, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group?.GroupId, IpPermissions }));
    await clock.sleep(60_000);
  });

test("an `up` with nothing to do changes nothing in the account: it looks whether somebody has the lock, and takes none", async () => {
  const on = folder({}, base);
  const { code, stdout } = await on.rehearse("up --yes --json --trace trace.jsonl");
  expect({ code, changed: JSON.parse(stdout).changed }).toEqual({ code: 0, changed: 0 });
  expect(ofLock(on)).toEqual(["ListTagsForResource"]);
  expect(traced(on).filter(({ operation }) => !isRead(operation))).toEqual([]);
});

test("an `up` with nothing to do is refused while another run is at work, and leaves its lock", async () => {
  const on = folder({}, base);
  await takenBy(on, { host: "far", machine: "m/b/p" });
  const { code, stderr } = await on.rehearse("up --yes --trace trace.jsonl");
  expect(code, stderr).toBe(4);
  expect(stderr).toMatch(/"down" by .* on far \(pid \d+\) has held the stack since .*unlock .*0000000f/s);
  expect(ofLock(on)).not.toContain("DeleteLogGroup");
  expect(await isTaken(on)).toBe(true);
});

test("an `up` with nothing to do takes the lock of a dead run over, looks again, and gives it back", async () => {
  const on = folder({}, base);
  await takenBy(on, { pid: spawnSync(process.execPath, ["--version"]).pid });
  const { code, stderr } = await on.rehearse("up --yes --trace trace.jsonl");
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('Took over the lock of "down"');
  const calls = traced(on);
  const taken = calls.findIndex((one) => isOfLock(one) && one.operation === "TagResource");
  expect(calls.slice(taken).map(({ operation }) => operation)).toEqual(
    expect.arrayContaining(["DescribeVpcs", "DescribeDBInstances", "DeleteLogGroup"]),
  );
  expect(await isTaken(on)).toBe(false);
});

test("what is to be done is looked at again under the lock: another run may have ended just before it was taken", async () => {
  const on = folder({}, base);
  await opened(on);
  const { code, stderr } = await on.rehearse("up --yes --trace trace.jsonl");
  expect(code, stderr).toBe(0);
  const calls = traced(on);
  const [taken, changed] = [
    calls.findIndex((one) => isOfLock(one) && one.operation === "CreateLogGroup"),
    calls.findIndex((one) => !isRead(one.operation) && !isOfLock(one)),
  ];
  const looksBefore = (end: number, start = 0) =>
    calls.slice(start, end).filter(({ operation }) => operation === "DescribeVpcs").length;
  expect(looksBefore(taken)).toBe(1);
  expect(looksBefore(changed, taken)).toBe(1);
  expect(await isTaken(on)).toBe(false);
});

test("what the state or the line says is to be done is looked at once, under the lock", async () => {
  for (const line of ["up --yes --allow-outage", "up --yes --mend group-web"]) {
    const on = folder({}, base);
    const { code, stderr } = await on.rehearse(`${line} --trace trace.jsonl`);
    expect(code, stderr).toBe(0);
    const calls = traced(on);
    const taken = calls.findIndex((one) => isOfLock(one) && one.operation === "CreateLogGroup");
    expect(calls.slice(0, taken).map(({ operation }) => operation)).not.toContain("DescribeVpcs");
    expect(calls.slice(taken).filter(({ operation }) => operation === "DescribeVpcs")).toHaveLength(1);
  }
});
