import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { breakLock, takeLock } from "../../src/state/lock.ts";

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

async function anotherProcess(token: string): Promise<ChildProcess> {
  other = spawn(process.execPath, [join(import.meta.dirname, "holder.js"), path, token], {
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
