import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Event } from "../../src/engine/events.ts";
import { annotation } from "../../src/report/github.ts";
import { type LinesOptions, linesReporter } from "../../src/report/lines.ts";
import { firstMinutes, forecast, noted, settled, started, steps, whole } from "./script.ts";

const NOON = new Date("2026-11-29T12:00:00").getTime();
beforeEach(() => void vi.useFakeTimers({ now: NOON }));
afterEach(() => void vi.useRealTimers());

function reporter(options: Partial<LinesOptions> = {}) {
  let now = 0;
  let output = "";
  const stream = { write: (text: string) => (output += text) };
  const lines = linesReporter({ stream, steps, clock: { now: () => now }, ...options });
  return {
    lines,
    /** Time goes by, on the run's clock and on the wall's. */
    pass(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        now += 1_000;
        vi.setSystemTime(NOON + now);
        vi.advanceTimersByTime(1_000);
      }
    },
    feed(events: readonly Event[]) {
      for (const event of events) {
        now = event.at;
        vi.setSystemTime(NOON + now);
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
    2026-11-29, UTC
    12:00:01 [    1s]  1/23 rds: database database1 creating (usually ~9m)
    12:00:05 [    5s]  1/23 rds: database database1 waits: the subnet group is not visible yet
    12:00:10 [   10s]  1/23 load-balancer: load balancer Buddy-LoadBalance pending (usually ~3m)
    12:01:10 [ 1m10s]  2/23 load-balancer: load balancer Buddy-LoadBalance ready in 1m00s
    12:08:56 [ 8m56s]  2/23 rds: database database1 FAILED in 8m55s: InsufficientDBInstanceCapacity: none left
    12:10:00 [10m00s]  2/23 domain: certificate buddyverse.link BLOCKED: set the name servers
    12:10:01 [10m01s]  3/23 domain: record www.buddyverse.link created in 34s
    12:10:02 [10m02s]  3/23 state saved
    12:10:03 [10m03s]  3/23 interrupting: the calls that are under way are finished and recorded
    12:10:03 [10m03s]  3/23 load-balancer: listener HTTP 80 interrupted
    12:10:03 [10m03s]  3/23 1 resource unchanged
    12:10:03 [10m03s]  3/23 1 resource not started: waits for database1
    "
  `);
});

test("after a minute without a line: what is under way, how long it usually takes, and when all is done", () => {
  const { lines, pass, feed, output } = reporter({ forecast });
  feed(firstMinutes);
  const before = output();
  pass(59);
  expect(output()).toBe(before);
  pass(1);
  expect(output().slice(before.length)).toBe(
    "12:01:48 [ 1m48s] 17/23 still at work: database1 creating 1m43s of ~9m; Buddy-LoadBalance provisioning 1m42s of ~3m · about 15 min left, done about 12:17\n",
  );
  pass(240);
  expect(output().match(/still at work/g)).toHaveLength(5);
  expect(output()).toContain("Buddy-LoadBalance provisioning 5m42s of ~3m, late");
  lines.stop();
  pass(600);
  expect(output().match(/still at work/g)).toHaveLength(5);
});

test("nothing is said to be at work while nothing is, and no timer keeps the process alive", () => {
  const timers = vi.spyOn(globalThis, "setInterval");
  const { feed, pass, output } = reporter();
  feed(whole("vpc", 0, 2));
  pass(300);
  expect(output()).not.toContain("still at work");
  expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
  timers.mockRestore();
});

test("ids are left out, unless they are asked for", () => {
  const { feed, output } = reporter({ ids: true });
  feed([settled("www", 1, "created", 1)]);
  expect(output()).toContain("domain: record www.buddyverse.link created www-id in 1s\n");
});

test("on GitHub it is folded, and what fails or waits for a person is an annotation below, with all that GitHub reads escaped", () => {
  const { lines, feed, output } = reporter({ github: true, forecast });
  feed([
    started("primary", 1),
    settled("primary", 9, "failed", 8, "50%, see: a\r\n::error::b"),
    settled("certificate", 10, "blocked", 1, "set the name servers"),
  ]);
  lines.stop();
  const said = output().split("\n");
  expect(said.filter((line) => line.startsWith("::"))).toEqual([
    "::group::buddyverse up: 23 resources",
    "::endgroup::",
    "::error title=database database1 failed::50%25, see: a ::error::b",
    "::warning title=certificate buddyverse.link waits for you::set the name servers",
  ]);
  expect(said.indexOf("::endgroup::")).toBeGreaterThan(said.findIndex((line) => line.includes("FAILED")));
});

test("a title's colons and commas are escaped too", () => {
  expect(annotation({ level: "error", title: "100%: a, b\u001b[1m", message: "50%\n::x: y" })).toBe(
    "::error title=100%25%3A a%2C b::50%25%0A::x: y\n",
  );
});

test("down says what is deleted", () => {
  const { feed, output } = reporter({ direction: "down" });
  feed([started("alb", 0, "delete", 60), settled("alb", 61, "deleted", 61)]);
  expect(output().split("\n").slice(1, 3)).toEqual([
    "12:00:00 [    0s]  0/23 load-balancer: load balancer Buddy-LoadBalance deleting (usually ~1m)",
    "12:01:01 [ 1m01s]  1/23 load-balancer: load balancer Buddy-LoadBalance deleted in 1m01s",
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
    "12:01:30 [ 1m30s] 17/23 rds: database database1 FAILED in 1m25s: none left\n12:01:30 [ 1m30s] 17/23 The trace ends here\n",
  );
});

test("writes no escape codes, whatever AWS says", () => {
  const { feed, output } = reporter();
  feed([...firstMinutes, settled("primary", 90, "failed", 85, "\u001b[31mred\u001b[0m")]);
  expect(output()).toContain("FAILED in 1m25s: red\n");
  expect(output()).not.toContain("\u001b");
});
