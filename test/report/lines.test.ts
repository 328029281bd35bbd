import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Event } from "../../src/engine/events.ts";
import { type LinesOptions, linesReporter } from "../../src/report/lines.ts";
import { firstMinutes, noted, settled, started, steps, whole } from "./script.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function reporter(options: Partial<LinesOptions> = {}) {
  let now = 0;
  let output = "";
  const stream = { write: (text: string) => (output += text) };
  const lines = linesReporter({ stream, steps, clock: { now: () => now }, ...options });
  return {
    lines,
    at(seconds: number) {
      now = seconds * 1000;
    },
    feed(events: readonly Event[]) {
      for (const event of events) {
        now = event.at;
        lines.emit(event);
      }
    },
    output: () => output,
  };
}

test("a line when something starts, one when it settles, what is unchanged or held up at the end", () => {
  const { lines, feed, output } = reporter({ title: ["buddyverse · sandbox"] });
  feed([
    settled("vpc", 0, "unchanged", 0),
    started("primary", 1, "create", 540),
    noted("primary", 5, "the subnet group\nis not visible yet"),
    noted("primary", 8, "the subnet group\nis not visible yet"),
    started("alb", 10, "wait", 180),
    settled("alb", 70, "unchanged", 60),
    settled("primary", 536, "failed", 535, "rds:database database1: InsufficientDBInstanceCapacity: none left"),
    settled("replica", 536, "skipped", 0, "waits for database1"),
    settled("certificate", 600, "blocked", 2, "set the name servers"),
    settled("www", 601, "created", 34),
    { type: "run.note", at: 602_000, note: "state saved" },
    { type: "run.interrupting", at: 603_000 },
    settled("http", 603, "interrupted", 3, "interrupted"),
  ]);
  lines.stop();
  lines.stop();
  expect(output()).toMatchInlineSnapshot(`
    "buddyverse · sandbox
    [    1s] rds: rds:database database1 creating (usually ~9m)
    [    5s] rds: rds:database database1 waits: the subnet group is not visible yet
    [   10s] load-balancer: elb:load-balancer Buddy-LoadBalance pending (usually ~3m)
    [ 1m10s] load-balancer: elb:load-balancer Buddy-LoadBalance ready in 1m00s
    [ 8m56s] rds: rds:database database1 FAILED in 8m55s: InsufficientDBInstanceCapacity: none left
    [10m00s] domain: acm:certificate buddyverse.link BLOCKED: set the name servers
    [10m01s] domain: route53:record www.buddyverse.link created www-id in 34s
    [10m02s] state saved
    [10m03s] interrupting: the calls that are under way are finished and recorded
    [10m03s] load-balancer: elb:listener HTTP 80 interrupted
    [10m03s] 1 resource unchanged
    [10m03s] 1 resource not started: waits for database1
    "
  `);
});

test("a heartbeat each minute of real time while something is under way, on the run's clock", () => {
  const { lines, at, feed, output } = reporter();
  feed(firstMinutes);
  const before = output();
  at(372);
  vi.advanceTimersByTime(59_999);
  expect(output()).toBe(before);
  vi.advanceTimersByTime(1);
  expect(output().slice(before.length)).toBe(
    "[ 6m12s] still at work: database1 creating 6m07s of ~9m; Buddy-LoadBalance provisioning 6m06s of ~3m\n",
  );
  vi.advanceTimersByTime(60_000);
  expect(output().match(/still at work/g)).toHaveLength(2);
  lines.stop();
  vi.advanceTimersByTime(600_000);
  expect(output().match(/still at work/g)).toHaveLength(2);
});

test("no heartbeat while nothing is under way, and none that keeps the process alive", () => {
  const timers = vi.spyOn(globalThis, "setInterval");
  const { feed, output } = reporter();
  feed(whole("vpc", 0, 2));
  vi.advanceTimersByTime(300_000);
  expect(output()).not.toContain("still at work");
  expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
  timers.mockRestore();
});

test("down says what is deleted", () => {
  const { feed, output } = reporter({ direction: "down" });
  feed([started("alb", 0, "delete", 60), settled("alb", 61, "deleted", 61)]);
  expect(output().split("\n").slice(0, 2)).toEqual([
    "[    0s] load-balancer: elb:load-balancer Buddy-LoadBalance deleting (usually ~60s)",
    "[ 1m01s] load-balancer: elb:load-balancer Buddy-LoadBalance deleted in 1m01s",
  ]);
});

test("--quiet prints only failures and the run's notes", () => {
  const { lines, feed, output } = reporter({ quiet: true, title: ["title"] });
  feed([...firstMinutes, settled("certificate", 60, "blocked", 2, "set the name servers")]);
  vi.advanceTimersByTime(60_000);
  feed([settled("primary", 90, "failed", 85, "none left")]);
  feed([{ type: "run.note", at: 90_000, note: "The trace ends here" }]);
  lines.stop();
  expect(output()).toBe(
    "[ 1m30s] rds: rds:database database1 FAILED in 1m25s: none left\n[ 1m30s] The trace ends here\n",
  );
});

test("writes no escape codes, whatever AWS says", () => {
  const { feed, output } = reporter();
  feed([...firstMinutes, settled("primary", 90, "failed", 85, "\u001b[31mred\u001b[0m")]);
  expect(output()).toContain("FAILED in 1m25s: red\n");
  expect(output()).not.toContain("\u001b");
});
