import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { UpdateAutoScalingGroupCommand } from "@aws-sdk/client-auto-scaling";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folder, folderThatIsUp } from "../../cli/folder.ts";
import { BIN } from "../../command.ts";
import { inSandboxOf } from "../../stranger.ts";

let up: string;
beforeAll(async () => {
  up = await folderThatIsUp();
});
afterAll(() => rmSync(up, { recursive: true, force: true }));

test("says what it will do, does it, reports it as JSON and as a page, and remembers it for the next time", async () => {
  const on = folder({}, up);
  const first = await on.rehearse("verify --drill lost-instance --yes --report drill.html");
  expect(first.code, first.stdout + first.stderr).toBe(0);
  expect(first.stderr).toMatch(/lost-instance \(R3\) shuts one web instance down \(init 0\)\.\n +Takes about 5 min/);
  expect(first.stderr).toContain("Everything is put back, also after Ctrl-C.");
  expect(first.stderr).toMatch(/ +\+0s {2}drill {2}shuts i-\w+ \(ap-northeast-2c\) down\n/);
  expect(first.stdout).toMatch(/(\d+) of \1 checks passed[\s\S]*✔ lost-instance \(R3\) passed in/);
  expect(first.stdout).toContain("the first time");
  const page = on.read("drill.html");
  expect(page).toMatch(/^<!doctype html>/i);
  expect(page).toContain("lost-instance");

  const second = await on.rehearse("verify --drill lost-instance --yes --json");
  expect(second).toMatchObject({ code: 0, stderr: "" });
  const { passed, checks, drills } = JSON.parse(second.stdout);
  expect(passed).toBe(true);
  expect(new Set(checks.map(({ result }: { result: string }) => result))).toEqual(new Set(["passed"]));
  expect(drills).toHaveLength(1);
  expect(drills[0]).toMatchObject({
    drill: "lost-instance",
    ending: "passed",
    notAsBefore: [],
    compared: { same: true },
  });
  expect((await on.rehearse("status")).code).toBe(0);
});

test("nothing is broken on a stack that is not well: exit 1, and the checks say why", async () => {
  const on = folder({}, up);
  await inSandboxOf(on.path, async ({ autoScaling }, clock) => {
    const AutoScalingGroupName = "Buddy-AutoScaling-Group";
    await autoScaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, MaxSize: 5 }));
    await clock.sleep(5_000);
  });
  const { code, stdout, stderr } = await on.rehearse("verify --drill scale-out --yes --trace trace.jsonl");
  expect(code).toBe(1);
  expect(stderr).toContain("Not everything is as it should be: no drill is done.");
  expect(stdout).toContain("min 2, desired 2, max 5");
  const changed = on.trace().filter(({ operation }) => !/^(Describe|Get|List)/.test(operation));
  expect(new Set(changed.map(({ operation }) => operation))).toEqual(new Set(["SendCommand"]));
  expect(JSON.stringify(changed)).not.toContain("stress-ng");
});

test.each([
  ["verify --drill lost-instance", /there is no terminal to ask on[\s\S]*--yes/],
  [
    "verify --drill nonsense --yes",
    /dead-web, lost-instance, lost-nat, lost-zone, restore, restore-files, lost-primary, scale-out, all/,
  ],
  ["verify --drill dead-web --yes --report no/such/folder.html", /the report no\/such\/folder\.html cannot be written/],
])("%s: exit 2, and nothing was sent", async (line, said) => {
  const on = folder({}, up);
  const { code, stderr } = await on.rehearse(`${line} --trace trace.jsonl`);
  expect(code).toBe(2);
  expect(stderr).toMatch(said);
  expect(on.trace()).toEqual([]);
});

test("Ctrl-C in the middle: puts everything back, exit 5, and the stack is in sync", async () => {
  const on = folder({}, up);
  const words = "verify --drill lost-zone --yes --sandbox --sandbox-speed 60".split(" ");
  const child = spawn(process.execPath, [BIN, ...words], { cwd: on.path, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  let stopped = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    if (!stopped && /drill {2}takes ap-northeast-2c from the group/.test(err)) {
      stopped = true;
      child.kill("SIGINT");
    }
  });
  const code = await new Promise((done) => child.on("close", done));
  expect(code, out + err).toBe(5);
  expect(err).toContain("Interrupting: puts everything back first.");
  expect(out).toMatch(/! lost-zone \(R3\) interrupted/);
  expect(out).toContain("the group may launch in");
  expect((await on.rehearse("status")).code).toBe(0);
});
