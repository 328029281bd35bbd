import { EventEmitter } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { liveReporter, type Terminal } from "../../src/report/live.ts";
import { plain } from "../../src/report/style.ts";
import { firstMinutes, settled, steps } from "./script.ts";

const ESC = "\u001b";

/** A terminal that keeps what it is sent; cursor movements as the escape codes that Node sends. */
class Screen extends EventEmitter {
  readonly isTTY = true;
  columns = 80;
  rows = 24;
  output = "";
  write(text: string) {
    this.output += text;
    return true;
  }
  cursorTo() {
    return this.write(`${ESC}[1G`);
  }
  moveCursor(_dx: number, dy: number) {
    return this.write(`${ESC}[${-dy}A`);
  }
  clearLine() {
    return this.write(`${ESC}[0K`);
  }
  /** What was written since the last time, without codes. */
  taken(): string {
    const text = stripVTControlCharacters(this.output);
    this.output = "";
    return text;
  }
}

let screen: Screen;
let now: number;
beforeEach(() => {
  vi.useFakeTimers();
  screen = new Screen();
  now = 0;
});
afterEach(() => void vi.useRealTimers());

const start = () =>
  liveReporter({
    stream: screen as unknown as Terminal,
    steps,
    title: ["buddyverse · sandbox", "Plan: 68 to create."],
    clock: { now: () => now },
    style: plain,
  });

test("writes the title once, redraws the block in place, and leaves the last one standing", () => {
  const live = start();
  expect(screen.taken()).toMatch(/^buddyverse · sandbox\nPlan: 68 to create.\n\n {4}1 vpc\n/);
  for (const event of firstMinutes) live.emit(event);
  now = 106_000;
  vi.advanceTimersByTime(100);
  // Seven lines are cleared, so the cursor goes up six.
  expect(screen.output.split(`${ESC}[1A`)).toHaveLength(7);
  const redrawn = screen.taken();
  expect(redrawn).toMatch(/ 1 vpc {14}Buddy-Project {2,}2s\n/);
  expect(redrawn).not.toContain("Plan:");
  live.emit(settled("primary", 540, "created", 535));
  now = 540_000;
  live.stop();
  live.stop();
  const last = screen.taken();
  expect(last.match(/ 5 rds /g)).toHaveLength(1);
  expect(last).toMatch(/ 5 rds .*\n.*\n.* 7 domain.*\n$/);
  vi.advanceTimersByTime(1_000);
  expect(screen.output).toBe("");
  expect(screen.listenerCount("resize")).toBe(0);
});

test("the cursor is hidden meanwhile and shown again", () => {
  const live = start();
  expect(screen.output).toContain(`${ESC}[?25l`);
  screen.output = "";
  live.stop();
  expect(screen.output).toContain(`${ESC}[?25h`);
});

test("a note of the run stands above the block", () => {
  const live = start();
  screen.taken();
  live.emit({ type: "run.note", at: 0, note: "the lock of another run was stale" });
  expect(screen.taken()).toMatch(/^ the lock of another run was stale\n {4}1 vpc/);
  live.stop();
});

test("its timer does not keep the process alive, and others' timers are untouched", () => {
  const timers = vi.spyOn(globalThis, "setInterval");
  const live = start();
  expect(timers).toHaveBeenCalledOnce();
  expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
  expect(globalThis.setInterval).toBe(timers);
  live.stop();
  timers.mockRestore();
});

test("in a narrower terminal the broken lines are cleared, once, and the block fits", () => {
  const live = start();
  for (const event of firstMinutes) live.emit(event);
  now = 106_000;
  vi.advanceTimersByTime(100);
  screen.taken();
  screen.columns = 50;
  screen.emit("resize");
  // The six lines that reach to the right edge became two each; "waits for load-balancer" still fits.
  expect(screen.output).toContain(`${ESC}[6A${ESC}[0J`);
  screen.taken();
  screen.emit("resize");
  expect(screen.output).not.toContain("[0J");
  screen.taken();
  vi.advanceTimersByTime(300);
  const lines = stripVTControlCharacters(screen.output.replaceAll(`${ESC}[1G`, "\n"))
    .split("\n")
    .map((line) => line.trimEnd());
  expect(lines).toContain("    7 domain           waits for load-balancer");
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(50);
  live.stop();
});
