/** The lock in the account, on the sandbox: what two machines see of each other before either makes anything. */
import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { beforeEach, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { runLock } from "../../src/aws/logs/run-lock.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { type Holder, isProvablyDead, ourselves } from "../../src/state/holder.ts";
import { BEAT_MS, breakStackLock, type LockPlace, takeStackLock } from "../../src/state/stack-lock.ts";

const START = Date.UTC(2026, 0, 1);
let clock: Clock;
let aws: Aws;
let place: LockPlace;
let now: number;
let notes: string[];

beforeEach(async () => {
  clock = jumpingClock(START);
  const sandbox = openSandbox({ world: freshWorld({ region: "ap-northeast-2", time: START, seed: 3 }), clock });
  aws = await connect({ region: "ap-northeast-2", clock, wire: sandbox, network: sandbox.network });
  // No two tests of this machine share one.
  place = runLock(aws, `s${Math.round(performance.now() * 1_000)}`);
  now = START;
  notes = [];
});

const take = (holder: Partial<Holder> = {}, at: LockPlace = place, signal = new AbortController().signal) =>
  takeStackLock(
    at,
    { ...ourselves("up", "0000000a", new Date(START)), ...holder },
    {
      clock,
      signal,
      now: () => now,
      notice: (text) => notes.push(text),
    },
  );
/** A process of this machine that has ended. */
const deadPid = () => spawnSync(process.execPath, ["--version"]).pid;
const FAR = { token: "0000000f", host: "far", machine: "m/b/p", user: "kim", command: "down", pid: 7 };

test("of two runs that begin at the same moment one is refused, and told who was first", async () => {
  const outcomes = await Promise.allSettled([take(), take({ token: "0000000b", command: "down" })]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const refused = outcomes.find((one) => one.status === "rejected");
  const winner = outcomes[0]?.status === "fulfilled" ? "0000000a" : "0000000b";
  expect(refused?.reason).toMatchObject({ code: "locked", hint: expect.stringContaining(`unlock ${winner}`) });
});

test("it is free as soon as it is given back, also after a run of a moment; nothing of it stays", async () => {
  for (const token of ["00000001", "00000002"]) await (await take({ token })).release();
  await clock.sleep(10_000);
  expect((await aws.logs.describeLogGroups({})).logGroups).toEqual([]);
});

test("a run that is interrupted right after it took it gives it back", async () => {
  const run = new AbortController();
  const lock = await take({}, place, run.signal);
  run.abort();
  await lock.release();
  await clock.sleep(10_000);
  expect((await aws.logs.describeLogGroups({})).logGroups).toEqual([]);
});

test("who holds it on another machine is named with when it was last heard of, and never taken over", async () => {
  const lock = await take(FAR);
  await clock.sleep(10_000);
  now += 7 * 86_400_000;
  await expect(take()).rejects.toMatchObject({
    code: "locked",
    message: expect.stringMatching(
      /^"down" by kim on far \(pid 7\) has held the stack since 2026-01-01T00:00:00.000Z; it was last heard of 7 days ago$/,
    ),
    hint: expect.stringContaining("buddyverse unlock 0000000f"),
  });
  now -= 7 * 86_400_000 - 20_000;
  await expect(take()).rejects.toThrow("20 s ago");
  await lock.release();
});

test("a run that was killed on this machine is taken over from, by one of those that try", async () => {
  await take({ token: "0000000d", pid: deadPid() });
  await clock.sleep(10_000);
  const outcomes = await Promise.allSettled([take({ token: "00000001" }), take({ token: "00000002" })]);
  const [lock, ...more] = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(more).toEqual([]);
  expect(lock?.takenFrom).toMatchObject({ token: "0000000d" });
  await lock?.held();
  await lock?.release();
  await (await take({ token: "00000003" })).release();
});

test("dead for sure is only what this machine knows to be dead", () => {
  const mine = ourselves("up", "a", new Date(START));
  const [id, , table] = (mine.machine ?? "").split("/");
  const pid = deadPid();
  const dead = (more: Partial<Holder>) => isProvablyDead({ ...mine, pid, ...more });
  expect(dead({})).toBe(true);
  expect(isProvablyDead(mine)).toBe(false);
  expect(dead({ host: "far" })).toBe(false);
  // Another machine of that name, and a container with processes of its own.
  expect(dead({ machine: "other/other/1" })).toBe(false);
  expect(dead({ machine: (mine.machine ?? "").replace(/[^/]*$/, "1") })).toBe(false);
  // Started again since, which a machine without an id of its own cannot tell.
  expect(isProvablyDead({ ...mine, machine: `${id}/before/${table}` })).toBe(id !== "");
  const { machine: _, ...older } = mine;
  expect(isProvablyDead({ ...older, pid, host: hostname() })).toBe(false);
});

test("a lock that was broken ends its run before its next change, and is not taken from who has it then", async () => {
  const lock = await take(FAR);
  await clock.sleep(10_000);
  await lock.held();
  expect(await breakStackLock(place, "0000000e")).toBeUndefined();
  expect(await breakStackLock(place, FAR.token)).toMatchObject({ user: "kim", command: "down" });
  const next = await take({ token: "0000000a" });
  await clock.sleep(10_000);
  // Its machine slept.
  now += 3 * BEAT_MS;
  await expect(lock.held()).rejects.toMatchObject({ code: "locked", message: expect.stringContaining("was broken") });
  await lock.release();
  await next.held();
  await expect(take({ token: "0000000b" })).rejects.toMatchObject({ code: "locked" });
  await next.release();
});

test("a dead run that reads still show is not taken over from once somebody elsewhere has the lock", async () => {
  const dead = { token: "0000000d", pid: deadPid() };
  await take(dead);
  await clock.sleep(10_000);
  const marks = await place.read();
  expect(await breakStackLock(place, dead.token)).toMatchObject({ token: dead.token });
  await take(FAR);
  let looks = 0;
  const lagging: LockPlace = { ...place, read: async () => (looks++ === 0 ? marks : place.read()) };
  await expect(take({}, lagging)).rejects.toMatchObject({ hint: expect.stringContaining(FAR.token) });
});

test("the answer to its own creation was lost: it is ours", async () => {
  const unlucky: LockPlace = {
    ...place,
    create: async (marks) => {
      await place.create(marks);
      return false;
    },
  };
  await (await take({}, unlucky)).release();
});

test("a heart that cannot be heard is told of once, and the run goes on", async () => {
  const lock = await take(
    {},
    {
      ...place,
      set: async () => {
        throw new Error("no way there");
      },
    },
  );
  await clock.sleep(10_000);
  for (let beat = 0; beat < 3; beat++) {
    now += 3 * BEAT_MS;
    await lock.held();
  }
  expect(notes).toEqual([expect.stringContaining("no way there")]);
  await lock.release();
});

test("names that no tag can hold are written with what it can", async () => {
  const lock = await take({ ...FAR, user: "kim (work)\u0000", host: "h".repeat(300) });
  await clock.sleep(10_000);
  await expect(take()).rejects.toThrow("kim _work__");
  await lock.release();
});
