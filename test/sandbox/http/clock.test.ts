import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { type ServedClock, type Speed, servedClock } from "../../../src/sandbox/http/clock.ts";

const MINUTE = 60_000;
let clock: ServedClock;
const open = (speed: Speed, event?: number) => {
  clock = servedClock(0, speed, () => (event !== undefined && event > clock.now() ? event : undefined));
  return clock;
};
afterEach(() => clock.close());

test("who sleeps wakes when time is put forward, and not before", async () => {
  open(1);
  let awake = false;
  const sleeping = clock.sleepAway(10 * MINUTE, new AbortController().signal).then(() => {
    awake = true;
  });
  clock.jumpTo(9 * MINUTE);
  await pause(5);
  expect(awake).toBe(false);
  clock.jumpTo(10 * MINUTE);
  await sleeping;
  clock.jumpTo(MINUTE);
  expect(clock.now()).toBeGreaterThanOrEqual(10 * MINUTE);
});

test("another speed counts from now on", async () => {
  open(1);
  const sleeping = clock.sleep(MINUTE);
  clock.setSpeed(60_000);
  await sleeping;
  expect(clock.now()).toBeGreaterThanOrEqual(MINUTE);
  expect(clock.now()).toBeLessThan(60 * MINUTE);
});

test("at max a call on its way takes no real time", async () => {
  open("max");
  const idle = clock.busy();
  await clock.sleep(MINUTE);
  expect(clock.now()).toBe(MINUTE);
  idle();
});

test("at max time jumps to what comes next when nobody asks, for a quarter of an hour at most", async () => {
  open("max", 2 * MINUTE);
  const idle = clock.busy();
  await pause(40);
  expect(clock.now()).toBe(0);
  idle();
  await expect.poll(() => clock.now()).toBeGreaterThanOrEqual(2 * MINUTE);
  await expect.poll(() => clock.now()).toBe(15 * MINUTE);
  await pause(40);
  expect(clock.now()).toBe(15 * MINUTE);
});

test("at max a sleeper elsewhere is not passed by", async () => {
  open("max", 14 * MINUTE);
  await clock.sleepAway(MINUTE, new AbortController().signal);
  expect(clock.now()).toBe(MINUTE);
});

test("a sleeper that is given up is forgotten", async () => {
  open(1);
  const given = new AbortController();
  const sleeping = clock.sleepAway(MINUTE, given.signal);
  given.abort(new Error("gone"));
  await expect(sleeping).rejects.toThrow("gone");
});
