import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DescribeVpcsCommand, ModifyVpcAttributeCommand } from "@aws-sdk/client-ec2";
import { expect, onTestFinished, test } from "vitest";
import { inSandboxOf } from "../stranger.ts";
import { needs } from "../tools.ts";
import { folder, writesIn } from "./folder.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Starts a program that is to be interrupted, or to hold a lock, and is ended with the test. */
function start(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, AWS_EC2_METADATA_DISABLED: "true", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  const waiting: { readonly pattern: RegExp; readonly seen: () => void }[] = [];
  const look = () => {
    for (const { pattern, seen } of waiting) if (pattern.test(stdout + stderr)) seen();
  };
  child.stdout.on("data", (text) => {
    stdout += text;
    look();
  });
  child.stderr.on("data", (text) => {
    stderr += text;
    look();
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, stdout, stderr })),
  );
  return {
    interrupt: () => child.kill("SIGINT"),
    ended,
    /** Until it has printed this. */
    says: (pattern: RegExp) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ pattern, seen: resolve });
        look();
        void ended.then(({ code }) => reject(new Error(`it ended with ${code} before it said ${pattern}:\n${stderr}`)));
      }),
  };
}
const command = (line: string, cwd: string, env?: Readonly<Record<string, string>>) =>
  start([join(ROOT, "bin", "buddyverse.js"), ...line.split(" ")], cwd, env);

test("Ctrl-C in the middle of up: said at once, out within 5 s with exit 5, and the next up goes on", async () => {
  const on = folder();
  const up = command("up --sandbox --yes --trace first.jsonl", on.path);
  await up.says(/database1 creating/);
  const pressed = performance.now();
  up.interrupt();
  const { code, stdout, stderr } = await up.ended;
  expect(performance.now() - pressed).toBeLessThan(5_000);
  expect(code).toBe(5);
  expect(stderr).toContain("interrupting: the calls that are under way are finished and recorded");
  expect(stdout).toContain("! Interrupted, after");
  expect(stdout).toContain("To continue: buddyverse up --sandbox\n");
  expect(on.files()).not.toContain("buddyverse.sandbox.json.lock");

  expect((await on.rehearse("status")).code).toBe(3);
  const rest = await on.rehearse("up --yes --trace second.jsonl");
  expect(rest.code).toBe(0);
  const made = [...writesIn(on.trace("first.jsonl")), ...writesIn(on.trace("second.jsonl"))].filter((operation) =>
    /^Create(Vpc|DBInstance|FileSystem|LoadBalancer)$/.test(operation),
  );
  expect(made.sort()).toEqual(["CreateDBInstance", "CreateFileSystem", "CreateLoadBalancer", "CreateVpc"]);
  expect((await on.rehearse("status")).code).toBe(0);
});

test.each([
  ["interrupted", ["bash", "-c", 'stty rows 40 cols 100; exec "$@"', "bash"], "subnets"],
  // What nohup starts is left alone: it says so, and goes on.
  [
    "done",
    ["bash", "-c", 'nohup bash -c "\\"\\$@\\"; : > ended" bash "$@" & sleep 3; echo begun; wait', "bash"],
    "begun",
  ],
] as const)(
  "a terminal that is closed: the run is %s, and its lock is given back",
  needs("python3", "nohup"),
  async (result, before, when) => {
    const on = folder();
    const words = [...before, process.execPath, join(ROOT, "bin", "buddyverse.js"), "up", "--sandbox", "--yes"];
    const closing = [join(import.meta.dirname, "terminal.py"), JSON.stringify([[when, null]]), ...words];
    const env = { PATH: process.env.PATH, HOME: on.path, TERM: "xterm" };
    expect(spawnSync("python3", closing, { cwd: on.path, env }).stderr.toString()).toBe("");
    while (result === "done" && !on.files().includes("ended")) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(on.files()).not.toContain("buddyverse.sandbox.json.lock");
    const { runs } = JSON.parse((await on.rehearse("history --json")).stdout);
    expect(runs).toEqual([expect.objectContaining({ result })]);
  },
);

test("Ctrl-C with --json: the document says that it was interrupted", async () => {
  const on = folder();
  const up = command("up --sandbox --sandbox-speed 1 --yes --json --trace trace.jsonl", on.path);
  // With --json nothing is printed before the end: the lock tells that it works.
  while (!on.files().includes("buddyverse.sandbox.json")) await new Promise((resolve) => setImmediate(resolve));
  up.interrupt();
  const { code, stdout } = await up.ended;
  expect(code).toBe(5);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: "interrupted", message: "interrupted before anything was changed" },
  });
});

test("Ctrl-C while AWS does not answer: said at once, out within 5 s; twice: at once", async () => {
  const asked: (() => void)[] = [];
  const server = createServer(() => {
    for (const tell of asked.splice(0)) tell();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  const env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "example",
  };
  const on = folder();
  const took: number[] = [];
  for (const twice of [false, true]) {
    const reached = new Promise<void>((resolve) => asked.push(resolve));
    const up = command("up --yes", on.path, env);
    await reached;
    const pressed = performance.now();
    up.interrupt();
    await up.says(/Interrupting/);
    if (twice) up.interrupt();
    const { code, stderr } = await up.ended;
    expect(code).toBe(5);
    took.push(performance.now() - pressed);
    expect(stderr).toContain("Run the same command again");
  }
  // Each answer would have been waited for for a minute; how long 5 s are on a busy machine nobody knows.
  const [once = 0, twice = 0] = took;
  expect(once).toBeLessThan(30_000);
  expect(twice).toBeLessThan(once / 2);
  // The lock of a run that left at once is no obstacle.
  const next = await on.run("up --yes");
  expect(next.code).toBe(1);
  expect(next.stderr).toContain("Took over the lock");
});

test("a lock that another process holds: exit 4, who holds it, and nothing is sent", async () => {
  const on = folder();
  const lock = join(on.path, "buddyverse.sandbox.json.lock");
  const holder = start([join(ROOT, "test", "state", "holder.js"), lock, "12ab34cd"], on.path);
  await holder.says(/held/);
  for (const line of ["up --yes", "down --yes"]) {
    const { code, stderr } = await on.rehearse(`${line} --trace trace.jsonl`);
    expect({ line, code }).toEqual({ line, code: 4 });
    expect(stderr).toContain('"up" by somebody');
    expect(stderr).toContain("buddyverse unlock --sandbox 12ab34cd");
    expect(on.trace()).toEqual([]);
  }
  expect(JSON.parse((await on.rehearse("up --yes --json")).stdout)).toMatchObject({ error: { code: "locked" } });
  expect((await on.run("sandbox reset")).code).toBe(4);
  // Who only looks need not wait.
  expect((await on.rehearse("plan")).code).toBe(0);

  expect((await on.run("unlock --sandbox 00000000")).code).toBe(2);
  const { code, stdout } = await on.run("unlock --sandbox 12ab34cd");
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("by somebody") });
  expect((await on.rehearse("up --yes --step vpc")).code).toBe(0);
});

test("status --watch looks again, tells what is new and only that, and ends on Ctrl-C with the last look's exit code", async () => {
  const on = folder();
  expect((await on.rehearse("up --yes --quiet --step vpc")).code).toBe(0);
  const watch = command("status --sandbox --watch 1 --managed", on.path);
  await watch.says(/: as before\.\n/);
  await inSandboxOf(on.path, async ({ ec2 }, clock) => {
    const Filters = [{ Name: "tag:buddyverse:key", Values: ["vpc"] }];
    const { Vpcs: [vpc] = [] } = await ec2.send(new DescribeVpcsCommand({ Filters }));
    await ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpc?.VpcId, EnableDnsHostnames: { Value: false } }));
    await clock.sleep(60_000);
  });
  await watch.says(/drift: vpc Buddy-Project/);
  watch.interrupt();
  const { code, stdout } = await watch.ended;
  expect(code).toBe(3);
  expect(stdout.match(/1 vpc +1 of 1 in sync/g)).toHaveLength(1);
  expect(stdout.match(/drift: vpc Buddy-Project/g)).toHaveLength(1);
  expect(stdout).toMatch(/^20\d\d-.* UTC: looks again every 1 s; Ctrl-C ends it\.\n/);
  expect(stdout).not.toContain("\u001b");
});
