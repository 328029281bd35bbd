/** What Ctrl-C says of work in steps of its own: what is done, what is not, and how it goes on. */
import { spawn, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BIN } from "../command.ts";
import { needs } from "../tools.ts";
import { folder, folderThatIsUp } from "./folder.ts";

let up: string;
beforeAll(async () => {
  up = await folderThatIsUp();
});
afterAll(() => rmSync(up, { recursive: true, force: true }));

/** Runs a command on a terminal, and types what is to be typed when these texts are on it. */
function typing(cwd: string, line: string, steps: readonly (readonly [string, string | null])[]) {
  const { stdout, stderr } = spawnSync(
    "python3",
    [
      join(import.meta.dirname, "terminal.py"),
      JSON.stringify(steps),
      ...[process.execPath, BIN, ...line.split(" "), "--sandbox", "--sandbox-speed", "100"],
    ],
    { cwd, env: { PATH: process.env.PATH, HOME: cwd, TERM: "xterm", NO_COLOR: "1" }, encoding: "utf8" },
  );
  expect(stderr).toBe("");
  const { screen, code } = JSON.parse(stdout);
  // On this terminal lines are broken between words.
  return { code, said: screen.slice(screen.indexOf("error:")).replace(/\s+/g, " "), screen };
}

/** Interrupts a command once it has said something. Answers all that it said. */
async function inPipe(cwd: string, line: string, when: RegExp): Promise<string> {
  const args = [BIN, ...line.split(" "), "--sandbox", "--sandbox-speed", "100"];
  const child = spawn(process.execPath, args, { cwd, env: { PATH: process.env.PATH, HOME: cwd } });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => {
      if (!when.test(said) && when.test(said + text)) child.kill("SIGINT");
      said += text;
    });
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(code, said).toBe(5);
  return said;
}

const CTRL_C = "\u0003";
const UNTOUCHED =
  "error: interrupted before anything was changed to do Run the same command again when you want it done.";

describe("Ctrl-C", needs("python3"), () => {
  test.each([
    ["failover", "to have it done:"],
    ["rotate password", "Continue? [y/N]"],
    ["restore database --to latest", "Continue? [y/N]"],
    ["refresh", "Continue? [y/N"],
  ])("%s: at the question nothing was changed, though scripts have looked", (line, question) => {
    const on = folder({}, up);
    const asked = typing(on.path, line === "refresh" ? "up --refresh-image" : line, [[question, CTRL_C]]);
    expect(asked.code, asked.screen).toBe(5);
    expect(asked.said).toContain(UNTOUCHED);
  });

  test("verify: what its checks wrote does not stay", async () => {
    const said = await inPipe(folder({}, up).path, "verify", /Asking \d+ questions/);
    expect(said.replace(/\s+/g, " ")).toContain(
      "error: interrupted: what the checks wrote is put back to do Run it again when you like.",
    );
  });

  test("failover: in the middle; the same command goes on, and says how it stands without the new replica", async () => {
    const on = folder({}, up);
    const first = typing(on.path, "failover --yes", [["promotes database1-replica", CTRL_C]]);
    expect(first.code, first.screen).toBe(5);
    expect(first.said).toMatch(
      /^error: interrupted\. Done: shuts database1 off.*; waits until .* Under way: promotes database1-replica.* to do What is done stays: .* To go on where it stopped: buddyverse failover --sandbox/,
    );
    const second = await inPipe(on.path, "failover --yes", /database1-replica-2 creating/);
    expect(second).toMatch(
      /database1-replica is the primary\. .*\nKept: database1, .*\n.*\nThe new replica is not there yet: interrupted\. To continue: buddyverse up --sandbox/,
    );
  });

  test("rotate password: in the middle, and the same command goes on", () => {
    const on = folder({}, up);
    const first = typing(on.path, "rotate password --yes", [["putting it into Parameter Store", CTRL_C]]);
    expect(first.code, first.screen).toBe(5);
    expect(first.said).toMatch(
      /^error: interrupted\. Done: making up a new password; .* Under way: putting it into Parameter Store to do Each web instance has a password that the databases take\. To go on where it stopped: buddyverse rotate password --sandbox/,
    );
    expect(typing(on.path, "rotate password --yes", []).screen).toContain("Finishes the rotation of the password");
  });

  test("restore database: while it is restored, and at the second question, whose answer is no then", () => {
    const on = folder({}, up);
    const first = typing(on.path, "restore database --to latest --yes", [
      ["restores database1-restored-latest", CTRL_C],
    ]);
    expect(first.code, first.screen).toBe(5);
    expect(first.said).toMatch(
      /^error: interrupted\. Under way: restores database1-restored-latest.* to do The site goes on with database1\. To go on where it stopped: buddyverse restore database --sandbox --to latest/,
    );
    const second = typing(on.path, "restore database --to latest", [
      ["Continue? [y/N]", "y\r"],
      ["to have the site write to", CTRL_C],
    ]);
    expect(second.code, second.screen).toBe(5);
    expect(second.screen.replace(/\s+/g, " ")).toMatch(
      /database1-restored-latest is beside database1, .* To have it take the other's place: buddyverse restore database --sandbox --to latest/,
    );
  });
});
