import { describe, expect, test } from "vitest";
import {
  about,
  coloured,
  counted,
  dollars,
  duration,
  namesIn,
  nounOf,
  plain,
  roughly,
  styleFor,
} from "../../src/report/style.ts";

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

describe("words", () => {
  test("durations", () => {
    expect([0, 2_000, 41_900, 372_000, 3_720_000].map(duration)).toEqual(["0s", "2s", "41s", "6m12s", "1h02m"]);
    expect([45, 540, 7200].map(roughly)).toEqual(["~45s", "~9m", "~2h"]);
    expect([45, 1080, 5760].map(about)).toEqual(["45 s", "18 min", "1.6 h"]);
  });

  test("money", () => {
    expect([150.4, 4.2, 0, -12.3, 1234.5].map(dollars)).toEqual(["$150", "$4.20", "$0", "-$12", "$1,235"]);
  });

  test("counts", () => {
    expect([counted(1, "subnet"), counted(6, "subnet"), counted(2, "policy"), counted(2, "gateway")]).toEqual([
      "1 subnet",
      "6 subnets",
      "2 policies",
      "2 gateways",
    ]);
    expect(nounOf("ec2:route-table")).toBe("route table");
  });

  test("names give way to counts, the longest row first", () => {
    const tables = ["Buddy-Routing", "Buddy-Private-GW1"].map((name) => ({ name, object: "ec2:route-table" }));
    const things = [{ name: "Buddy-GW", object: "ec2:internet-gateway" }, ...tables];
    expect(namesIn(things, 80)).toBe("Buddy-GW, Buddy-Routing, Buddy-Private-GW1");
    expect(namesIn(things, 30)).toBe("Buddy-GW, 2 route tables");
    expect(namesIn(things, 12)).toBe("Buddy-GW, 2…");
  });
});
