import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { breakLock, takeLock } from "../../src/state/lock.ts";
import { needs } from "../tools.ts";

let folder: string;
let path: string;
let other: ChildProcess | undefined;
const now = new Date(0);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "buddyverse-lock-"));
  path = join(folder, "state.lock");
});
afterEach(() => {
  other?.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

async function anotherProcess(token: string, script = "holder.js"): Promise<ChildProcess> {
  other = spawn(process.execPath, [join(import.meta.dirname, script), path, token], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(other.stdout as NodeJS.ReadableStream, "data");
  return other;
}

test("a lock is held until it is released", () => {
  const lock = takeLock(path, "up", "mine", now);
  expect(() => takeLock(path, "down", "yours", now)).toThrow(expect.objectContaining({ code: "locked" }));
  lock.release();
  expect(existsSync(path)).toBe(false);
  takeLock(path, "down", "yours", now).release();
});

test("who comes second is told who holds it, since when, and how to break it", async () => {
  const holder = await anotherProcess("theirs");
  expect(() => takeLock(path, "up", "mine", now)).toThrow(
    expect.objectContaining({
      code: "locked",
      message: expect.stringMatching(new RegExp(`"up" by somebody on .* \\(pid ${holder.pid}\\) .* 1970`)),
      hint: expect.stringContaining("buddyverse unlock theirs"),
    }),
  );
});

test("a holder that was killed on this machine is taken over from, with a notice", async () => {
  const holder = await anotherProcess("theirs");
  holder.kill("SIGKILL");
  await once(holder, "exit");
  const lock = takeLock(path, "up", "mine", now);
  expect(lock.takenFrom).toMatchObject({ token: "theirs", pid: holder.pid });
  expect(JSON.parse(readFileSync(path, "utf8")).token).toBe("mine");
});

test(
  "a holder that was killed and not reaped is taken over from: its pid is still there",
  needs("/proc or ps"),
  async () => {
    await anotherProcess("theirs", "neglectful.js");
    const { pid } = JSON.parse(readFileSync(path, "utf8"));
    process.kill(pid, "SIGKILL");
    const state = () =>
      existsSync("/proc/self/stat")
        ? readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)
        : spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout;
    while (!state()?.startsWith("Z")) await new Promise((resolve) => setImmediate(resolve));
    process.kill(pid, 0);
    expect(takeLock(path, "up", "mine", now).takenFrom).toMatchObject({ token: "theirs", pid });
  },
);

test("a living process that has the dead holder's pid is not taken for it", () => {
  const lock = takeLock(path, "up", "mine", now);
  const held = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...held, token: "dead", started: "1" }));
  expect(takeLock(path, "up", "next", now).takenFrom?.token).toBe("dead");
  lock.release();
  expect(existsSync(path)).toBe(true);
});

test("another machine's lock is never broken but by its id", () => {
  writeFileSync(
    path,
    JSON.stringify({
      token: "far",
      // Nobody has it here, which says nothing about there.
      pid: spawnSync(process.execPath, ["--version"]).pid,
      host: "another-machine",
      user: "u",
      command: "up",
      since: now.toISOString(),
    }),
  );
  expect(() => takeLock(path, "up", "mine", now)).toThrow(expect.objectContaining({ code: "locked" }));
  expect(() => breakLock(path, "wrong")).toThrow(expect.objectContaining({ code: "usage" }));
  expect(breakLock(path, "far").host).toBe("another-machine");
  takeLock(path, "up", "mine", now).release();
});
