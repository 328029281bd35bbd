/** What becomes of a command that nobody reads any more, or whose output has no room. */
import { spawn } from "node:child_process";
import { closeSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { BIN } from "../command.ts";
import { needs } from "../tools.ts";
import { type Folder, folder, writesIn } from "./folder.ts";

/** Who reads: nobody, or somebody who goes away when they have read this; a file to write to; undefined: somebody to the end. */
type Reader = "nobody" | RegExp | "/dev/full" | undefined;

/** Runs the command with such readers. */
async function run(on: Folder, line: string, stdout: Reader, stderr: Reader) {
  const targets = [stdout, stderr].map((reader) => (reader === "/dev/full" ? openSync(reader, "w") : "pipe"));
  const child = spawn(process.execPath, [BIN, ...line.split(" ")], {
    cwd: on.path,
    env: { PATH: process.env.PATH, HOME: on.path, AWS_EC2_METADATA_DISABLED: "true" },
    stdio: ["ignore", ...targets],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  for (const target of targets) if (typeof target === "number") closeSync(target);
  const said = { stdout: "", stderr: "" };
  for (const [name, reader] of [
    ["stdout", stdout],
    ["stderr", stderr],
  ] as const) {
    const stream = child[name];
    if (reader === "nobody") stream?.destroy();
    stream?.on("data", (part) => {
      said[name] += part;
      if (reader instanceof RegExp && reader.test(said[name])) stream.destroy();
    });
  }
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, ...said };
}
const UP = "up --sandbox --yes";

test.each(["--help", "help up", "--version", "cost", "graph --format html", "plan --offline --json", "plan --sandbox"])(
  "%s: ends without a word when nobody reads, with a shell's code for that",
  async (line) => {
    expect(await run(folder(), line, "nobody", undefined)).toEqual({ code: 141, stdout: "", stderr: "" });
  },
);

test.each([`${UP} --step nowhere`, "nonsense", "status --sandbox --config none.json"])(
  "%s: so does one that has only an error to say",
  async (line) => {
    expect(await run(folder(), line, undefined, "nobody")).toEqual({ code: 141, stdout: "", stderr: "" });
  },
);

describe("up", () => {
  test.each<[string, string, Reader, Reader]>([
    ["the reader of its events", `${UP} --json-lines`, /"resource.settled"/, undefined],
    ["the reader of its progress", UP, undefined, /database1 creating/],
    ["the reader of both", UP, "nobody", /Buddy-NAT1 creating/],
  ])("that loses %s stops as at Ctrl-C, and the next up goes on", async (_what, line, stdout, stderr) => {
    const on = folder();
    const stopped = await run(on, `${line} --trace first.jsonl`, stdout, stderr);
    expect(stopped.code, stopped.stderr).toBe(5);
    if (stderr === undefined) expect(stopped.stderr).toMatch(/^Interrupted, as its output .* it continues where .*\n$/);
    expect(writesIn(on.trace("first.jsonl"))).toContain("CreateVpc");
    expect(on.files()).not.toContain("buddyverse.sandbox.json.lock");

    const next = await on.rehearse("up --yes --trace second.jsonl");
    expect(next.code, next.stderr).toBe(0);
    expect(writesIn(on.trace("second.jsonl"))).not.toContain("CreateVpc");
    expect((await on.rehearse("status")).code).toBe(0);
  });

  test("that has no room for its events stops, too, and says so", needs("/dev/full"), async () => {
    const on = folder();
    const { code, stderr } = await run(on, `${UP} --json-lines`, "/dev/full", undefined);
    expect(code).toBe(5);
    expect(stderr).toMatch(/^error: the output could not be written: ENOSPC.*\nInterrupted, .*\n$/);
    expect(on.files()).not.toContain("buddyverse.sandbox.json.lock");
  });

  test("that has no room for its progress goes on: the result is what counts", needs("/dev/full"), async () => {
    const { code, stdout } = await run(folder(), `${UP} --sandbox-speed max`, undefined, "/dev/full");
    expect(code).toBe(0);
    expect(stdout).toContain("✔ Done");
  });
});

test.each(["--help", "cost", "graph", "plan --sandbox --json"])(
  "%s: a full disk is one line, and no stack trace",
  needs("/dev/full"),
  async (line) => {
    const { code, stderr } = await run(folder(), line, "/dev/full", undefined);
    expect(code).toBe(1);
    expect(stderr).toBe("error: the output could not be written: ENOSPC: no space left on device, write\n");
  },
);

test(
  "a disk that takes only a part of the output is full: nothing is missing without a word",
  needs("bash"),
  async () => {
    const on = folder();
    const limited = `ulimit -f 4; exec "$0" "$1" graph --format html >page.html`;
    const child = spawn("bash", ["-c", limited, process.execPath, BIN], {
      cwd: on.path,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(1);
    expect(stderr).toBe("error: the output could not be written: EFBIG: file too large, write\n");
    expect(statSync(join(on.path, "page.html")).size).toBe(4096);
  },
);
