import { describe, expect, test } from "vitest";
import { coloured, plain, styleFor } from "../../src/report/style.ts";

describe("colours", () => {
  const tty = { isTTY: true };
  const on = (stream: { isTTY?: boolean }, env: Record<string, string>, color?: boolean) =>
    styleFor({ stream, env, color }).on;

  test("are on for a terminal, off in a pipe and on a dumb one", () => {
    expect(on(tty, { TERM: "xterm" })).toBe(true);
    expect(on({}, { TERM: "xterm" })).toBe(false);
    expect(on(tty, { TERM: "dumb" })).toBe(false);
  });

  test("NO_COLOR and --no-color turn them off, FORCE_COLOR on, an empty NO_COLOR means nothing", () => {
    expect(on(tty, { NO_COLOR: "1" })).toBe(false);
    expect(on(tty, { NO_COLOR: "" })).toBe(true);
    expect(on(tty, {}, false)).toBe(false);
    expect(on({}, { FORCE_COLOR: "1" })).toBe(true);
    expect(on(tty, { FORCE_COLOR: "0" })).toBe(false);
    expect(on({}, { FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
    expect(on({}, { FORCE_COLOR: "1" }, false)).toBe(false);
  });

  test("write nothing when off, nor around nothing", () => {
    expect(plain.red("text")).toBe("text");
    expect(coloured.red("text")).toBe("\u001b[31mtext\u001b[39m");
    expect(coloured.red("")).toBe("");
  });
});
