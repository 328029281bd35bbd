import { EventEmitter } from "node:events";
import { Terminal as Emulator } from "@xterm/headless";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { liveReporter, type Terminal } from "../../src/report/live.ts";
import { plain } from "../../src/report/style.ts";
import { firstMinutes, settled, steps } from "./script.ts";

/** A terminal: what the reporter writes goes through an emulator, and `seen` is what a person then sees, scrolled-off lines first. */
class Screen extends EventEmitter {
  readonly isTTY = true;
  columns = 80;
  rows = 24;
  written = "";
  readonly #emulator = new Emulator({ cols: 80, rows: 24, convertEol: true, allowProposedApi: true });
  write(text: string) {
    this.written += text;
    this.#emulator.write(text);
    return true;
  }
  /** Resized by a person: the terminal breaks or joins its lines, then it tells. @param meanwhile happens between the two */
  async resize(columns: number, rows = this.rows, meanwhile: () => void = () => {}) {
    await this.seen();
    this.#emulator.resize(columns, rows);
    meanwhile();
    [this.columns, this.rows] = [columns, rows];
    this.emit("resize");
  }
  async seen(): Promise<string[]> {
    await new Promise<void>((done) => this.#emulator.write("", done));
    const { active } = this.#emulator.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? "");
    return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
  }
}

let screen: Screen;
let now: number;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
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
/** The title, the steps, and the line for the whole run, which stands apart. */
const BLOCK = 3 + steps.length + 2;
const nextTurn = () => new Promise((done) => setImmediate(done));
/** Until the next block is drawn. */
async function tick() {
  vi.advanceTimersByTime(100);
  await nextTurn();
}

test("writes the title once, redraws the block in place, and leaves the last one standing", async () => {
  const live = start();
  const first = await screen.seen();
  expect(first.slice(0, 4)).toEqual(["buddyverse · sandbox", "Plan: 68 to create.", "", "    1 vpc"]);
  expect(first).toHaveLength(BLOCK);
  for (const event of firstMinutes) live.emit(event);
  now = 106_000;
  await tick();
  const redrawn = await screen.seen();
  expect(redrawn).toHaveLength(BLOCK);
  expect(redrawn[3]).toMatch(/ 1 vpc {14}Buddy-Project {2,}2s$/);
  expect(redrawn[7]).toMatch(/ 5 rds .* creating /);

  live.emit(settled("primary", 540, "created", 535));
  now = 540_000;
  live.stop();
  live.stop();
  const last = await screen.seen();
  expect(last).toHaveLength(3 + steps.length);
  expect(last[7]).toMatch(/ 5 rds .* 8m55s$/);
  screen.written = "";
  vi.advanceTimersByTime(1_000);
  expect(screen.written).toBe("");
  expect(screen.listenerCount("resize")).toBe(0);
});

test("in a short terminal steps are folded; at the end all of them are there", async () => {
  await screen.resize(80, 6);
  const live = start();
  for (const event of firstMinutes) live.emit(event);
  now = 106_000;
  await tick();
  expect(await screen.seen()).toContain(" ✔    4 steps done");
  live.stop();
  const last = await screen.seen();
  for (const [index, { name }] of steps.entries())
    expect(last.filter((line) => line.includes(` ${index + 1} ${name}`))).toHaveLength(1);
});

test("the cursor is hidden meanwhile and shown again", () => {
  const terminal = Object.getOwnPropertyDescriptor(process.stderr, "isTTY");
  Object.defineProperty(process.stderr, "isTTY", { value: true, configurable: true });
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    const live = start();
    expect(write.mock.calls.join("")).toContain("\u001b[?25l");
    live.stop();
    expect(write.mock.lastCall).toEqual(["\u001b[?25h"]);
  } finally {
    write.mockRestore();
    if (terminal) Object.defineProperty(process.stderr, "isTTY", terminal);
    else Reflect.deleteProperty(process.stderr, "isTTY");
  }
});

test("a note of the run stands above the block, and stays", async () => {
  const live = start();
  live.emit({ type: "run.note", at: 0, note: "The trace ends here:\nENOSPC" });
  const noted = await screen.seen();
  expect(noted.slice(2, 5)).toEqual(["", " The trace ends here: ENOSPC", "    1 vpc"]);
  await tick();
  live.stop();
  live.emit({ type: "run.note", at: 1, note: "too late" });
  const last = await screen.seen();
  expect(last.slice(2, 5)).toEqual(noted.slice(2, 5));
  expect(last.at(-1)).toBe(" too late");
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

test("in a narrower terminal and in a wider one nothing of the old block is left, and the new one fits", async () => {
  const live = start();
  for (const event of firstMinutes) live.emit(event);
  now = 106_000;
  await tick();
  for (const columns of [50, 30, 120, 40]) {
    await screen.resize(columns);
    // Terminals tell one change of size more than once.
    screen.emit("resize");
    const lines = await screen.seen();
    expect(lines).toHaveLength(BLOCK);
    expect(lines.slice(0, 3)).toEqual(["buddyverse · sandbox", "Plan: 68 to create.", ""]);
    for (const [index, { name }] of steps.entries()) expect(lines[3 + index]).toContain(`${index + 1} ${name}`);
    await tick();
    expect(await screen.seen()).toHaveLength(BLOCK);
  }
  live.stop();
});

test("a change of size that waits behind a busy moment is told before the next block is drawn", async () => {
  const live = start();
  for (const event of firstMinutes) live.emit(event);
  now = 106_000;
  await tick();
  // The loop runs the timers that are due first, then what the system tells.
  await screen.resize(50, 24, () => vi.advanceTimersByTime(100));
  await nextTurn();
  expect(await screen.seen()).toHaveLength(BLOCK);
  live.stop();
});
